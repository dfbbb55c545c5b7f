"""Small parts that every page is built of."""

from jobdesk.gui.widgets.action_button import ActionButton
from jobdesk.gui.widgets.badge import Badge, badge_size, draw_badge
from jobdesk.gui.widgets.empty_state import EmptyState
from jobdesk.gui.widgets.icon_label import IconLabel
from jobdesk.gui.widgets.inherit_field import InheritField
from jobdesk.gui.widgets.page_header import PageHeader
from jobdesk.gui.widgets.search_field import SearchField
from jobdesk.gui.widgets.toast import Toast

__all__ = [
    "ActionButton",
    "Badge",
    "EmptyState",
    "IconLabel",
    "InheritField",
    "PageHeader",
    "SearchField",
    "Toast",
    "badge_size",
    "draw_badge",
]
