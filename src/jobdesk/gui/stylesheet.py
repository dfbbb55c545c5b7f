"""The window's style sheet, made of the palette; Fusion draws what it doesn't name."""

from __future__ import annotations

from collections.abc import Mapping
from string import Template

from jobdesk import paths

_TEXT = Template("""
QWidget#page, QWidget#pages { background: $background; }
QLabel { background: transparent; }
QLabel[role="title"] { font-size: ${title}px; font-weight: 600; }
QLabel[role="subtitle"] { color: $muted; }
QLabel[role="heading"] { font-size: ${heading}px; font-weight: 600; }
QLabel[role="muted"] { color: $muted; }
QLabel[role="small"] { color: $muted; font-size: ${small}px; }
QLabel[role="error"] { color: $danger; }
QLabel[role="success"] { color: $success; }
QLabel[role="section"] { color: $muted; font-size: ${small}px; font-weight: 600; }
QLabel[role="figure"] { font-size: ${figure}px; font-weight: 600; }
QLabel[role="mono"] { font-family: "$mono"; }
QToolTip {
    background: $raised; color: $text; border: 1px solid $border; padding: 4px 8px;
}
""")

_BUTTONS = Template("""
QPushButton {
    background: $raised; color: $text; border: 1px solid $border; border-radius: 6px;
    padding: 5px 12px; min-height: 18px;
}
QPushButton:hover { background: $hover; }
QPushButton:pressed { background: $selection; }
QPushButton:focus { border-color: $accent; }
QPushButton:disabled { color: $faint; background: transparent; }
QPushButton[kind="primary"] {
    background: $accent; color: $accent_text; border-color: $accent; font-weight: 600;
}
QPushButton[kind="primary"]:hover, QPushButton[kind="primary"]:pressed {
    background: $accent_hover; border-color: $accent_hover;
}
QPushButton[kind="primary"]:focus { border: 2px solid $text; padding: 4px 11px; }
QPushButton[kind="primary"]:disabled {
    background: $neutral_tint; border-color: $neutral_tint; color: $faint;
}
QPushButton[kind="quiet"] { background: transparent; border-color: transparent; }
QPushButton[kind="quiet"]:hover, QPushButton[kind="quiet"]:checked { background: $hover; }
QPushButton[tight="true"] { padding: 5px 7px; }
QPushButton[kind="quiet"]:focus { border-color: $accent; }
QPushButton[kind="danger"] { color: $danger; }
QPushButton[kind="danger"]:hover { background: $danger_tint; border-color: $danger; }
QPushButton[kind="danger"]:disabled { color: $faint; }
QPushButton[kind="link"] {
    background: transparent; border: none; color: $accent; padding: 2px 0px; text-align: left;
}
QPushButton[kind="link"]:hover, QPushButton[kind="link"]:focus { text-decoration: underline; }
QPushButton::menu-indicator {
    image: url("$down"); width: 14px; subcontrol-origin: padding;
    subcontrol-position: center right; right: 6px;
}
QToolButton {
    background: transparent; border: 1px solid transparent; border-radius: 6px; padding: 4px;
}
QToolButton:hover, QToolButton:checked { background: $hover; }
QToolButton:pressed { background: $selection; }
QToolButton:focus { border-color: $accent; }
QToolButton::menu-indicator { image: none; }
""")

# A pill that takes on its state's tint while it is on.
_CHIPS = Template("""
QPushButton[chip] {
    border: 1px solid $border; border-radius: 13px; padding: 3px 10px;
    background: transparent; color: $muted;
}
QPushButton[chip]:hover { background: $hover; }
$checked
QPushButton[chip]:focus { border-color: $accent; }
""")
_CHIP = Template("""QPushButton[chip="$role"]:checked {
    background: $tint; color: $color; border-color: $color;
}""")
_CHIP_ROLES = ("success", "warning", "danger", "info", "neutral")

_INPUTS = Template("""
QLineEdit, QPlainTextEdit, QTextEdit, QComboBox, QAbstractSpinBox {
    background: $surface; color: $text; border: 1px solid $border; border-radius: 6px;
    selection-background-color: $accent; selection-color: $accent_text;
}
QLineEdit, QComboBox, QAbstractSpinBox { padding: 4px 8px; min-height: 20px; }
QLineEdit[search="true"] { padding-left: 2px; }
QPlainTextEdit, QTextEdit { padding: 4px; }
QLineEdit:focus, QPlainTextEdit:focus, QTextEdit:focus, QComboBox:focus, QAbstractSpinBox:focus {
    border-color: $accent;
}
QLineEdit:disabled, QComboBox:disabled, QAbstractSpinBox:disabled, QPlainTextEdit:disabled {
    color: $faint; background: $background;
}
QLineEdit[invalid="true"], QComboBox[invalid="true"], QAbstractSpinBox[invalid="true"],
QPlainTextEdit[invalid="true"], QTextEdit[invalid="true"] { border-color: $danger; }
QAbstractSpinBox QLineEdit, QComboBox QLineEdit {
    border: none; background: transparent; padding: 0px; min-height: 0px;
}
QAbstractSpinBox QLineEdit { padding-left: 7px; }
QComboBox::drop-down { border: none; width: 22px; }
QComboBox::down-arrow { image: url("$down"); width: 14px; height: 14px; }
QComboBox QAbstractItemView {
    background: $raised; color: $text; border: 1px solid $border; outline: none;
    selection-background-color: $selection; selection-color: $text; padding: 4px;
}
QAbstractSpinBox::up-button, QAbstractSpinBox::down-button {
    border: none; width: 18px; background: transparent;
}
QAbstractSpinBox::up-arrow { image: url("$up"); width: 11px; height: 11px; }
QAbstractSpinBox::down-arrow { image: url("$down"); width: 11px; height: 11px; }
QCheckBox, QRadioButton { spacing: 8px; background: transparent; }
QCheckBox:disabled, QRadioButton:disabled { color: $faint; }
QCheckBox::indicator, QRadioButton::indicator {
    width: 15px; height: 15px; border: 1px solid $faint; border-radius: 4px;
    background: $surface;
}
QRadioButton::indicator { border-radius: 8px; }
QCheckBox::indicator:hover, QRadioButton::indicator:hover { border-color: $accent; }
QCheckBox::indicator:focus, QRadioButton::indicator:focus {
    border: 2px solid $accent; width: 13px; height: 13px;
}
QCheckBox::indicator:checked {
    background: $accent; border-color: $accent; image: url("$check");
}
QRadioButton::indicator:checked {
    background: $accent; border-color: $accent; image: url("$dot");
}
QCheckBox::indicator:checked:disabled, QRadioButton::indicator:checked:disabled {
    background: $faint; border-color: $faint;
}
""")

_VIEWS = Template("""
QAbstractScrollArea { border: none; background: transparent; }
QTableView, QTreeView, QListView {
    background: $surface; alternate-background-color: $surface; color: $text;
    border: 1px solid $border; border-radius: 8px; outline: none; gridline-color: transparent;
    selection-background-color: $selection; selection-color: $text;
}
QFrame[card="true"] > QTableView { border: none; border-radius: 0px; }
QTableView::item, QListView::item { padding: 0px 8px; border: none; }
QListView::item:hover { background: $hover; }
QTableView::item:selected, QListView::item:selected { background: $selection; color: $text; }
QHeaderView { background: transparent; border: none; }
QHeaderView::section {
    background: $surface; color: $muted; font-size: ${small}px; font-weight: 600;
    border: none; border-bottom: 1px solid $border; padding: 7px 8px; text-align: left;
}
QHeaderView::section:first { border-top-left-radius: 8px; }
QHeaderView::section:last { border-top-right-radius: 8px; }
QHeaderView::section:hover { color: $text; }
QTableCornerButton::section { background: $surface; border: none; }
QScrollBar:vertical { background: transparent; width: 12px; margin: 0px; }
QScrollBar:horizontal { background: transparent; height: 12px; margin: 0px; }
QScrollBar::handle { background: $faint; border-radius: 4px; margin: 2px; }
QScrollBar::handle:vertical { min-height: 28px; }
QScrollBar::handle:horizontal { min-width: 28px; }
QScrollBar::handle:hover { background: $muted; }
QScrollBar::add-line, QScrollBar::sub-line { width: 0px; height: 0px; }
QScrollBar::add-page, QScrollBar::sub-page { background: transparent; }
QSplitter::handle { background: transparent; }
QSplitter::handle:hover { background: $border; }
QTabWidget::pane { border: none; }
QTabBar { qproperty-drawBase: 0; background: transparent; }
QTabBar::tab {
    background: transparent; color: $muted; padding: 6px 12px; margin-right: 4px;
    border: none; border-bottom: 2px solid transparent;
}
QTabBar::tab:hover { color: $text; }
QTabBar::tab:selected { color: $text; border-bottom-color: $accent; }
QTabBar::tab:focus { color: $accent; }
QTabBar::tab:disabled { color: $faint; }
QProgressBar {
    background: $neutral_tint; border: none; border-radius: 3px; max-height: 6px;
    min-height: 6px; text-align: center;
}
QProgressBar::chunk { background: $accent; border-radius: 3px; }
QGroupBox {
    border: 1px solid $border; border-radius: 8px; margin-top: 10px; padding: 12px;
}
QGroupBox::title { subcontrol-origin: margin; left: 10px; color: $muted; }
""")

_SHELL = Template("""
QMainWindow, QDialog { background: $background; }
QDialogButtonBox { dialogbuttonbox-buttons-have-icons: 0; button-layout: 3; }
QMessageBox { dialogbuttonbox-buttons-have-icons: 0; button-layout: 3; }
QMessageBox QLabel#qt_msgbox_label { font-size: ${heading}px; font-weight: 600; }
QMessageBox QLabel#qt_msgbox_informativelabel { color: $muted; }
QListWidget#sections { background: transparent; border: none; }
QListWidget#sections::item { border-radius: 6px; margin: 1px 0px; }
QFrame[card="true"] { background: $surface; border: 1px solid $border; border-radius: 8px; }
QFrame[tint="danger"] { background: $danger_tint; border: none; border-radius: 8px; }
QFrame[tint="warning"] { background: $warning_tint; border: none; border-radius: 8px; }
QFrame[tint="info"] { background: $info_tint; border: none; border-radius: 8px; }
QFrame[line="true"] { background: $border; border: none; max-height: 1px; min-height: 1px; }
QFrame#sidebar { background: $surface; border: none; border-right: 1px solid $border; }
QFrame#sidebar QToolButton {
    border: 1px solid transparent; border-radius: 6px; padding: 7px 10px; text-align: left;
    color: $muted; font-weight: 500;
}
QFrame#sidebar QToolButton:hover { background: $hover; color: $text; }
QFrame#sidebar QToolButton:checked { background: $selection; color: $text; font-weight: 600; }
QFrame#sidebar QToolButton:focus { border-color: $accent; }
QFrame#statusbar { background: $surface; border: none; border-top: 1px solid $border; }
QFrame#statusbar QLabel { color: $muted; font-size: ${status}px; }
QFrame#statusbar QPushButton { font-size: ${status}px; padding: 1px 8px; min-height: 16px; }
QFrame#toast { background: $text; border: none; border-radius: 8px; }
QFrame#toast QLabel { color: $background; }
QFrame#toast QPushButton {
    color: $background; background: transparent; border: 1px solid $muted; padding: 3px 10px;
}
QFrame#toast QPushButton:hover, QFrame#toast QPushButton:focus { border-color: $background; }
QMenuBar { background: $surface; border-bottom: 1px solid $border; padding: 2px 4px; }
QMenuBar::item { padding: 4px 10px; border-radius: 4px; background: transparent; }
QMenuBar::item:selected { background: $hover; }
QMenu { background: $raised; color: $text; border: 1px solid $border; padding: 4px; }
QMenu::item { padding: 5px 28px 5px 12px; border-radius: 4px; }
QMenu::item:selected { background: $selection; }
QMenu::item:disabled { color: $faint; background: transparent; }
QMenu::icon { padding-left: 8px; }
QMenu::separator { height: 1px; background: $border; margin: 4px 8px; }
""")


def stylesheet(colors: Mapping[str, str], *, dark: bool, base: int, mono: str) -> str:
    """The whole sheet. ``base`` is the height of the UI font in px, which the other sizes
    follow; ``mono`` the family of the fixed font."""
    values = {
        **colors,
        **_glyphs("dark" if dark else "light"),
        "title": round(base * 20 / 13),
        "heading": round(base * 15 / 13),
        "figure": round(base * 26 / 13),
        "small": max(9, round(base * 11 / 13)),
        "status": max(9, round(base * 12 / 13)),
        "mono": mono.replace('"', ""),
    }
    values["checked"] = "\n".join(
        _CHIP.substitute(role=role, color=colors[role], tint=colors[f"{role}_tint"])
        for role in _CHIP_ROLES
    )
    parts = (_TEXT, _BUTTONS, _CHIPS, _INPUTS, _VIEWS, _SHELL)
    return "".join(part.substitute(values) for part in parts)


def _glyphs(scheme: str) -> dict[str, str]:
    """Where the small pictures inside controls lie, as style sheets want it written."""
    names = ("down", "up", "check", "dot")
    return {name: paths.resource(f"glyphs/{name}-{scheme}.svg").as_posix() for name in names}
