"""From a failing job to the message: a real engine, a real mail server, a real webhook."""

from __future__ import annotations

import json
import socket
import threading
import time
from collections.abc import Iterator
from email import message_from_bytes, policy
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from aiosmtpd.controller import Controller

from jobdesk.desk import Desk
from tests.support.command import command, serving

SECRET = "s3cret-Pass"


class Mailbox:
    """Takes every mail, and keeps it."""

    def __init__(self) -> None:
        self.mails: list[Any] = []

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:
        self.mails.append(message_from_bytes(envelope.content, policy=policy.default))
        return "250 taken"


@pytest.fixture
def mailbox() -> Iterator[tuple[Mailbox, int]]:
    box = Mailbox()
    with socket.socket() as free:
        # It wants to be told its port.
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    controller = Controller(box, hostname="127.0.0.1", port=port, ready_timeout=20)
    controller.start()
    yield box, port
    controller.stop()


@pytest.fixture
def hook() -> Iterator[tuple[list[dict[str, Any]], int]]:
    heard: list[dict[str, Any]] = []

    class Hook(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            heard.append(json.loads(body))
            self.send_response(200)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *args: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Hook)
    thread = threading.Thread(target=server.serve_forever, args=(0.05,))
    thread.start()
    yield heard, server.server_address[1]
    server.shutdown()
    thread.join()
    server.server_close()


def until(look: Any) -> None:
    end = time.monotonic() + 40
    while not look():
        assert time.monotonic() < end
        time.sleep(0.05)


def test_a_job_that_fails_and_works_again_is_told_by_mail_and_webhook(
    own_home: Path,
    mailbox: tuple[Mailbox, int],
    hook: tuple[list[dict[str, Any]], int],
    tmp_path: Path,
) -> None:
    box, smtp = mailbox
    heard, http = hook
    mail = f"mailto://127.0.0.1:{smtp}?from=desk@example.com&to=me@example.com&mode=insecure"
    assert command(own_home, "channel", "add", "mail", mail).code == 0
    assert (
        command(own_home, "channel", "add", "hook", f"json://u:{SECRET}@127.0.0.1:{http}/").code
        == 0
    )
    assert command(own_home, "channel", "test", "mail").code == 0
    assert [one["subject"] for one in box.mails] == ["A message from JobDesk"]
    box.mails.clear()
    flag = tmp_path / "flag"
    told = ["--alert-channel", "mail", "--alert-channel", "hook", "--alert-on", "failure",
            "--alert-on", "recovery"]  # fmt: skip
    line = f"test -e '{flag}' || exit 7"
    command(own_home, "job", "add", "report", "--retries", "0", *told, "--shell", line)
    with serving(own_home):
        command(own_home, "job", "run", "report")
        until(lambda: box.mails and heard)
        flag.touch()
        command(own_home, "job", "run", "report")
        until(lambda: len(box.mails) == 2 and len(heard) == 2)
    assert [one["subject"] for one in box.mails] == [
        "“report” failed for good",
        "“report” works again",
    ]
    assert "exit code 7" in box.mails[0].get_body().get_content()
    assert [one["title"] for one in heard] == [one["subject"] for one in box.mails]
    listed = command(own_home, "alert", "list", "--json").json
    assert [one["kind"] for one in listed] == ["recovery", "failure"]
    assert {d["state"] for one in listed for d in one["deliveries"]} == {"sent"}
    shown = command(own_home, "channel", "list", "--json").out
    assert SECRET.encode() not in shown
    for file in own_home.rglob("*"):
        assert not file.is_file() or SECRET.encode() not in file.read_bytes(), file


def test_what_can_not_be_sent_says_why(own_home: Path) -> None:
    nobody = "json://127.0.0.1:9/"
    assert command(own_home, "channel", "add", "hook", nobody).code == 0
    result = command(own_home, "channel", "test", "hook")
    assert result.code == 4
    assert "not sent" in result.err
    assert "Connection error" in result.err
    refused = command(own_home, "channel", "add", "b", "nope://x")
    assert (refused.code, refused.out) == (2, b"")
    assert "mailto://" in refused.err
    assert command(own_home, "channel", "add", "desktop", nobody).code == 2
    assert command(own_home, "channel", "test", "nobody").code == 3
    told = ("--alert-channel", "hook")
    command(own_home, "queue", "set", "default", *told)
    command(own_home, "push", "--retries", "0", "--", "false")
    with serving(own_home), Desk.open(own_home) as desk:
        until(lambda: any(d.error for one in desk.alerts.recent() for d in one.deliveries))
        (alert,) = desk.alerts.recent()
        (delivery,) = alert.deliveries
        assert delivery.state == "waiting"
        assert "Connection error" in (delivery.error or "")
        assert desk.channels.all()[1].trouble == delivery.error
