"""What an HTTP attempt sent and got."""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import Qt, Slot
from PySide6.QtWidgets import (
    QFrame,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QSplitter,
    QVBoxLayout,
    QWidget,
)

from jobdesk.domain.log import Stream
from jobdesk.domain.run import Attempt
from jobdesk.gui.context import Context
from jobdesk.gui.format import counted, duration, size
from jobdesk.gui.models.run.http_body import Body, body_of
from jobdesk.gui.theme import M, S
from jobdesk.gui.views.run.elided_label import ElidedLabel
from jobdesk.gui.views.run.header_table import HeaderTable
from jobdesk.gui.views.run.text_view import TextView
from jobdesk.gui.widgets import Badge

_MOST_SHOWN = 16 * 1_048_576
"""Bytes of a body that are shown; the log has all of it."""


class HttpView(QWidget):
    """The request above, the response below; each with headers and body."""

    def __init__(self, context: Context, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._context = context
        self._shown: tuple[int, object] | None = None
        self.request = _Half(context, "Request")
        self.response = _Half(context, "Response")
        split = QSplitter(Qt.Orientation.Vertical)
        split.addWidget(self.request)
        split.addWidget(self.response)
        split.setSizes([200, 300])
        split.setChildrenCollapsible(False)
        split.setHandleWidth(M)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, S, 0, 0)
        column.addWidget(split)

    def show_attempt(self, run_id: int, attempt: Attempt | None) -> None:
        """Show an attempt; one that is shown already stays as it is until it has ended."""
        key = None if attempt is None else (attempt.id, attempt.outcome)
        if key is not None and key == self._shown:
            return
        self._shown = key
        if attempt is None:
            self.request.show_none("Nothing has been sent yet.")
            self.response.show_none("Nothing has been sent yet.")
            return
        self._show_request(attempt)
        self._show_response(run_id, attempt)

    def _show_request(self, attempt: Attempt) -> None:
        request = attempt.request
        if request is None:
            running = attempt.outcome is None
            self.request.show_none(
                "The request is shown when it has been answered."
                if running
                else "No request was sent. The log says why."
            )
            return
        body = request.get("body")
        told = [size(int(request.get("body_bytes") or 0))] if body is not None else []
        redirects = request.get("redirects") or []
        if redirects:
            told.append(f"redirected {counted(len(redirects), 'time')}")
        half = self.request
        half.show_line(f"{request.get('method', '')} {request.get('url', '')}", " · ".join(told))
        if redirects:
            half.told.setToolTip("\n".join(str(target) for target in redirects))
        half.headers.show_headers(request.get("headers") or {})
        kind = _header(request, "content-type")
        if body is None:
            half.show_no_body("The request has no body.")
        else:
            content = str(body).encode("utf-8", "surrogatepass")
            self._load(half, lambda: body_of(content, kind, None))

    def _show_response(self, run_id: int, attempt: Attempt) -> None:
        response, half = attempt.response, self.response
        if response is None:
            running = attempt.outcome is None
            half.show_none("Waiting for the answer." if running else attempt.error or "No answer.")
            return
        status = int(response.get("status") or 0)
        reason = response.get("reason") or ""
        half.badge.set(f"{status} {reason}".strip(), _status_role(status))
        half.badge.show()
        half.show_line("", " · ".join(_figures(response)))
        half.headers.show_headers(response.get("headers") or {})
        if not response.get("body_bytes"):
            half.show_no_body("The response has no body.")
            return
        desk, number = self._context.desk, attempt.number
        kind, encoding = response.get("content_type"), response.get("encoding")

        def read() -> Body:
            parts: list[bytes] = []
            left = _MOST_SHOWN
            for chunk in desk.log(run_id, attempt=number, stream=Stream.STDOUT):
                parts.append(chunk.data[:left])
                left -= len(parts[-1])
                if left <= 0:
                    break
            return body_of(b"".join(parts), kind, encoding)

        self._load(half, read)

    def _load(self, half: _Half, read: Any) -> None:
        def failed(error: Exception) -> None:
            half.show_no_body(f"The body can't be read: {error}")

        self._context.calls.run(half, read, half.show_body, failed, latest="body")


class _Half(QWidget):
    """A request or a response."""

    def __init__(self, context: Context, title: str) -> None:
        super().__init__()
        self._body: Body | None = None
        name = QLabel(title)
        name.setProperty("role", "heading")
        self.badge = Badge(context.theme)
        self.line = ElidedLabel()
        self.line.setProperty("role", "mono")
        self.told = ElidedLabel()
        self.told.setProperty("role", "muted")
        self.pretty = QPushButton("Formatted")
        self.pretty.setProperty("kind", "quiet")
        self.pretty.setCheckable(True)
        self.pretty.setChecked(True)
        self.pretty.setToolTip("Lay out JSON; off: the body as it came")
        self.pretty.toggled.connect(self._show_text)
        self.headers = HeaderTable(context, f"{title} headers")
        self.text = TextView(context, f"{title} body")
        self.none = QLabel()
        self.none.setProperty("role", "muted")
        self.none.setWordWrap(True)
        top = QHBoxLayout()
        top.setSpacing(M)
        for widget in (name, self.badge):
            top.addWidget(widget)
        top.addWidget(self.line)
        top.addStretch(1)
        top.addWidget(self.told)
        top.addWidget(self.pretty)
        split = QSplitter(Qt.Orientation.Horizontal)
        split.addWidget(self.headers)
        split.addWidget(self.text)
        split.setSizes([340, 460])
        split.setChildrenCollapsible(False)
        split.setHandleWidth(M)
        self._split = split
        self._card = QFrame()
        self._card.setProperty("card", True)
        inside = QVBoxLayout(self._card)
        inside.setContentsMargins(M, M, M, M)
        inside.addWidget(self.none)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(S)
        column.addLayout(top)
        column.addWidget(split, 1)
        column.addWidget(self._card)
        column.addStretch(0)
        self.show_none("")

    def show_none(self, why: str) -> None:
        """There is no request or response."""
        self._body = None
        self.none.setText(why)
        self._card.setVisible(True)
        self._split.hide()
        self.badge.hide()
        self.line.set_text("")
        self.told.set_text("")
        self.pretty.hide()

    def show_line(self, line: str, told: str) -> None:
        self._card.hide()
        self._split.show()
        self.line.set_text(line)
        self.told.set_text(told)

    def show_no_body(self, why: str) -> None:
        self._body = None
        self.pretty.hide()
        self.text.show_nothing(why)

    def show_body(self, body: Body) -> None:
        self._body = body
        self.pretty.setVisible(body.laid_out is not None)
        self._show_text()

    @Slot()
    def _show_text(self) -> None:
        body = self._body
        if body is None:
            return
        text = body.laid_out if body.laid_out is not None and self.pretty.isChecked() else body.text
        if text is None:
            self.text.show_nothing(f"{size(body.size)} that are not text. The log has them.")
        else:
            shown = text
            self.text.show_made(lambda: shown, lambda error: self.text.show_nothing(str(error)))


def _figures(response: dict[str, Any]) -> list[str]:
    """Size and timing in words."""
    told = [size(int(response.get("body_bytes") or 0))]
    if response.get("truncated"):
        told[0] = f"first {told[0]} kept"
    timing = response.get("timing") or {}
    for key, words in (("first_byte_ms", "answered after"), ("total_ms", "in all")):
        if timing.get(key) is not None:
            took = duration(int(timing[key]))
            told.append(f"{words} {took}" if key == "first_byte_ms" else f"{took} {words}")
    return told


def _status_role(status: int) -> str:
    if 200 <= status < 300:
        return "success"
    return "danger" if status >= 400 else "warning"


def _header(message: dict[str, Any], name: str) -> str | None:
    headers = message.get("headers") or {}
    return next((str(v) for k, v in headers.items() if k.lower() == name), None)
