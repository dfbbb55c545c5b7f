from __future__ import annotations

import pytest
from PySide6.QtGui import QColor
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from jobdesk.domain.run import RunState
from jobdesk.gui.palette import DARK, LIGHT
from jobdesk.gui.stylesheet import stylesheet
from jobdesk.gui.theme import Theme

TINTED = ["success", "warning", "danger", "info", "neutral"]
READ_ON_SURFACES = ["text", "muted", "accent", *TINTED]


def luminance(name: str) -> float:
    """Relative luminance: WCAG 2.2, "relative luminance"."""
    color = QColor(name)
    parts = [color.redF(), color.greenF(), color.blueF()]
    linear = [p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: str, other: str) -> float:
    dark, light = sorted((luminance(one), luminance(other)))
    return (light + 0.05) / (dark + 0.05)


def test_contrast_is_computed_right() -> None:
    assert contrast("#000000", "#ffffff") == pytest.approx(21)
    assert contrast("#777777", "#ffffff") == pytest.approx(4.48, abs=0.01)


@pytest.mark.parametrize("palette", [LIGHT, DARK], ids=["light", "dark"])
@pytest.mark.parametrize("ground", ["background", "surface", "raised", "hover", "selection"])
@pytest.mark.parametrize("role", READ_ON_SURFACES)
def test_text_is_legible(palette: dict[str, str], ground: str, role: str) -> None:
    least = 4.5 if ground in ("background", "surface", "raised") else 4.0
    assert contrast(palette[role], palette[ground]) >= least


@pytest.mark.parametrize("palette", [LIGHT, DARK], ids=["light", "dark"])
@pytest.mark.parametrize("role", TINTED)
def test_badges_are_legible(palette: dict[str, str], role: str) -> None:
    assert contrast(palette[role], palette[f"{role}_tint"]) >= 4.5


@pytest.mark.parametrize("palette", [LIGHT, DARK], ids=["light", "dark"])
def test_primary_buttons_are_legible(palette: dict[str, str]) -> None:
    assert contrast(palette["accent_text"], palette["accent"]) >= 4.5
    assert contrast(palette["accent_text"], palette["accent_hover"]) >= 4.5


def test_both_palettes_know_the_same_roles() -> None:
    assert LIGHT.keys() == DARK.keys()


@pytest.mark.parametrize("state", list(RunState))
def test_every_state_has_a_colour_with_a_tint_and_an_icon(
    qapp: QApplication, state: RunState
) -> None:
    theme = Theme("light")
    role = theme.state_color(state)
    assert theme.color(role) != theme.color(f"{role}_tint")
    assert not theme.icon(theme.state_icon(state), role).pixmap(16, 16).isNull()


def test_an_unknown_role_is_a_defect(qapp: QApplication) -> None:
    with pytest.raises(KeyError):
        Theme("light").color("mauve")


def test_switching_the_appearance_says_so_and_changes_the_colours(
    qapp: QApplication, qtbot: QtBot
) -> None:
    theme = Theme("light")
    before = theme.color("surface")
    with qtbot.waitSignal(theme.changed):
        theme.set_appearance("dark")
    assert theme.dark
    assert theme.color("surface") != before
    with qtbot.assertNotEmitted(theme.changed):
        theme.set_appearance("dark")


def test_icons_are_painted_anew_after_a_switch(qapp: QApplication) -> None:
    theme = Theme("light")
    light = theme.icon("mdi6.play").pixmap(16, 16).toImage()
    theme.set_appearance("dark")
    assert theme.icon("mdi6.play").pixmap(16, 16).toImage() != light


def test_nonsense_as_an_appearance_means_the_system_s(qapp: QApplication) -> None:
    assert Theme("mauve").appearance == "system"


@pytest.mark.parametrize("dark", [True, False])
def test_the_style_sheet_is_complete(qapp: QApplication, dark: bool) -> None:
    sheet = stylesheet(DARK if dark else LIGHT, dark=dark, base=13, mono='A "B"')
    assert "$" not in sheet
    assert 'font-family: "A B"' in sheet
    assert sheet.count("{") == sheet.count("}")
