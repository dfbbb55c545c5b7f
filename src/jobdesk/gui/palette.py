"""The colours of the window, light and dark, by role.

Text roles reach a contrast of 4.5 : 1 on ``background`` and ``surface``, and a state's
colour reaches it on its own tint (WCAG 2.2, 1.4.3); a test computes it. ``faint`` is for
what is not read: icons of empty states, disabled text.
"""

from __future__ import annotations

LIGHT: dict[str, str] = {
    "background": "#f4f6f8",
    "surface": "#ffffff",
    "raised": "#ffffff",
    "border": "#dde2e8",
    "text": "#18202a",
    "muted": "#586373",
    "faint": "#98a2b0",
    "accent": "#13677d",
    "accent_hover": "#0f576a",
    "accent_text": "#ffffff",
    "hover": "#eceff3",
    "selection": "#d6ebf1",
    "success": "#17693c",
    "success_tint": "#dcf2e4",
    "warning": "#8a4b03",
    "warning_tint": "#fdeccf",
    "danger": "#b3202a",
    "danger_tint": "#fde3e3",
    "info": "#175cb0",
    "info_tint": "#deebfb",
    "neutral": "#505b6b",
    "neutral_tint": "#e9edf1",
}

DARK: dict[str, str] = {
    "background": "#14181d",
    "surface": "#1b2027",
    "raised": "#232a33",
    "border": "#323b46",
    "text": "#e6eaef",
    "muted": "#a4adba",
    "faint": "#66717f",
    "accent": "#4fb3cb",
    "accent_hover": "#6cc4d9",
    "accent_text": "#06222a",
    "hover": "#262d36",
    "selection": "#1e4451",
    "success": "#6fd398",
    "success_tint": "#173626",
    "warning": "#f3b75e",
    "warning_tint": "#3d2d12",
    "danger": "#ff8f8f",
    "danger_tint": "#452022",
    "info": "#83b9f7",
    "info_tint": "#1a3250",
    "neutral": "#b3bcc8",
    "neutral_tint": "#2c343e",
}
