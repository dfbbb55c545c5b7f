"""The pictures of the document, as SVG. Needs matplotlib."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path
from typing import Any

from benchmarks.harness import Missing
from benchmarks.registry import Figure
from benchmarks.results import Lines, Measured

_OURS, _PEER, _LIMIT = "#2f6fde", "#9aa5b1", "#d9dee4"


def draw(figure: Figure, measured: list[Measured], folder: Path) -> list[Path]:
    """Pictures of a figure: its lines, and bars where others were measured too.

    Raises :class:`Missing` where there is no matplotlib.
    """
    if find_spec("matplotlib") is None:
        raise Missing("there are no plots: matplotlib is not installed")
    import matplotlib as mpl

    mpl.use("svg")
    # The same values make the same file.
    mpl.rcParams["svg.hashsalt"] = figure.name
    folder.mkdir(parents=True, exist_ok=True)
    made = []
    compared = [one for one in measured if one.peers]
    if compared:
        made.append(_save(_bars(compared), folder / f"bench-{figure.name}.svg"))
    for one in measured:
        if one.plot is not None:
            made.append(_save(_lines(one.plot), folder / f"bench-{figure.name}-lines.svg"))
    return made


def _save(picture: Any, file: Path) -> Path:
    from matplotlib import pyplot

    picture.savefig(file, metadata={"Date": None}, bbox_inches="tight", facecolor="white")
    pyplot.close(picture)
    return file


def _bars(compared: list[Measured]) -> Any:
    """One row of bars for each measurement: the median, with the spread as a whisker."""
    from matplotlib import pyplot

    picture, axes = pyplot.subplots(
        len(compared), 1, figsize=(8, 2.6 * len(compared)), squeeze=False, layout="constrained"
    )
    for axis, one in zip(axes[:, 0], compared, strict=True):
        everybody = [(s, _OURS) for s in one.ours] + [(s, _PEER) for s in one.peers]
        everybody += [(s, _LIMIT) for s in one.limits]
        everybody.reverse()
        medians = [series.median for series, _ in everybody]
        reach = [
            [series.median - series.low for series, _ in everybody],
            [series.high - series.median for series, _ in everybody],
        ]
        colours = [colour for _, colour in everybody]
        names = [series.name for series, _ in everybody]
        axis.barh(names, medians, xerr=reach, color=colours, ecolor="#555555", capsize=2)
        better = "more" if one.higher_is_better else "less"
        axis.set_title(f"{one.title} ({one.unit}; {better} is better)", fontsize=10)
        if max(medians) > 50 * min(medians) > 0:
            axis.set_xscale("log")
        axis.spines[["top", "right"]].set_visible(False)
    return picture


def _lines(plot: Lines) -> Any:
    from matplotlib import pyplot

    picture, axis = pyplot.subplots(figsize=(8, 4), layout="constrained")
    for name, values in plot.ys.items():
        axis.plot(plot.x, values, marker="o", label=name)
    if plot.log_x:
        axis.set_xscale("log")
    axis.set_ylim(bottom=0)
    axis.set_title(plot.title, fontsize=10)
    axis.set_xlabel(plot.x_label)
    axis.set_ylabel(plot.y_label)
    axis.grid(alpha=0.3)
    axis.legend()
    axis.spines[["top", "right"]].set_visible(False)
    return picture
