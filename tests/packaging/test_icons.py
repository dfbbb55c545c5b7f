"""The icons that are kept are what their masters say, and readable where they must be."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from types import ModuleType

import pytest
from PySide6.QtGui import QColor, QImage, QImageReader

from jobdesk import paths

CHECKOUT = Path(__file__).parents[2]
TRAY = ("tray-idle", "tray-running", "tray-attention")


@pytest.fixture(scope="module")
def render() -> ModuleType:
    script = CHECKOUT / "packaging" / "icons" / "render.py"
    spec = importlib.util.spec_from_file_location("render", script)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_pngs_are_up_to_date(render: ModuleType) -> None:
    for size in render.SIZES:
        kept = QImage(str(paths.resource(f"icons/png/jobdesk-{size}.png")))
        fresh = render.render(render.master(size), size)
        assert kept.size() == fresh.size()
        different = sum(
            not alike(kept.pixelColor(x, y), fresh.pixelColor(x, y))
            for x in range(0, size, max(1, size // 64))
            for y in range(0, size, max(1, size // 64))
        )
        assert different == 0, f"size {size}: run {render.__file__}"


def alike(first: QColor, second: QColor) -> bool:
    """Equal but for the rounding of another processor or version of Qt."""
    if first.alpha() < 16 and second.alpha() < 16:
        return True
    return all(abs(a - b) <= 16 for a, b in zip(first.getRgb(), second.getRgb(), strict=True))


@pytest.mark.parametrize("kind", ["ico", "icns"])
def test_the_bundles_formats_hold_every_size(render: ModuleType, kind: str) -> None:
    reader = QImageReader(str(paths.resource(f"icons/jobdesk.{kind}")))
    expected = set(render.ICO_SIZES if kind == "ico" else render.ICNS_TYPES)
    seen = set()
    for number in range(reader.imageCount()):
        reader.jumpToImage(number)
        image = reader.read()
        assert not image.isNull(), reader.errorString()
        seen.add(image.width())
    assert seen == expected


def luminance(color: QColor) -> float:
    """WCAG 2.1, relative luminance."""

    def linear(part: float) -> float:
        return part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4

    return sum(
        weight * linear(part)
        for weight, part in zip(
            (0.2126, 0.7152, 0.0722),
            (color.redF(), color.greenF(), color.blueF()),
            strict=True,
        )
    )


@pytest.mark.parametrize("panel", ["#ffffff", "#f0f0f0", "#202020", "#000000"])
@pytest.mark.parametrize("name", TRAY)
def test_tray_icons_stand_out_on_light_and_dark_panels(
    render: ModuleType, name: str, panel: str
) -> None:
    image = render.render(paths.resource(f"icons/{name}.svg"), 16)
    ground = luminance(QColor(panel))
    visible = 0
    for x in range(16):
        for y in range(16):
            pixel = image.pixelColor(x, y)
            if pixel.alpha() > 200:
                pair = sorted((luminance(pixel), ground))
                visible += (pair[1] + 0.05) / (pair[0] + 0.05) >= 3.0
    assert visible >= 16 * 16 // 4, "at least a quarter of the icon, at WCAG's 3:1 for graphics"


def test_the_states_of_the_tray_differ_at_a_glance(render: ModuleType) -> None:
    images = [render.render(paths.resource(f"icons/{name}.svg"), 16) for name in TRAY]
    for first, second in ((0, 1), (1, 2), (0, 2)):
        different = sum(
            images[first].pixel(x, y) != images[second].pixel(x, y)
            for x in range(16)
            for y in range(16)
        )
        assert different > 30
