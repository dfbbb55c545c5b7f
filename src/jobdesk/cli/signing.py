"""Commands about signing what is sent."""

from __future__ import annotations

import click

from jobdesk.cli.output import local, say
from jobdesk.cli.session import Session, pass_session
from jobdesk.cli.typed import read_value
from jobdesk.desk.documents import signing_document
from jobdesk.desk.signing import SHORT, SigningStatus


@click.group("signing")
def signing() -> None:
    """Sign every outgoing request with a secret that its receivers know."""


@signing.command("set")
@click.option("--replace", is_flag=True, help="Drop the present secret at once.")
@pass_session
def set_signing(session: Session, replace: bool) -> None:
    """Sign from now on; the secret is read from standard input.

    Where one is set already it goes on beside the new one until `signing finish`.
    """
    _answer(session, session.desk.signing.set(_read(), replace=replace))


@signing.command()
@pass_session
def rotate(session: Session) -> None:
    """Change the secret: the new one is read, and the old one signs beside it."""
    _answer(session, session.desk.signing.rotate(_read()))


@signing.command()
@pass_session
def finish(session: Session) -> None:
    """Drop the old secret: every receiver knows the new one."""
    _answer(session, session.desk.signing.finish())


@signing.command()
@click.option("--signature", metavar="NAME", help="The header with the signature.")
@click.option("--timestamp", metavar="NAME", help="The header with the time.")
@pass_session
def headers(session: Session, signature: str | None, timestamp: str | None) -> None:
    """Name the headers."""
    _answer(session, session.desk.signing.name_headers(signature, timestamp))


@signing.command()
@pass_session
def status(session: Session) -> None:
    """Say whether requests are signed, and how."""
    _answer(session, session.desk.signing.status())


@signing.command()
@pass_session
def remove(session: Session) -> None:
    """Sign no more."""
    _answer(session, session.desk.signing.remove())


def _read() -> str:
    secret = read_value("signing secret")
    if 0 < len(secret) < SHORT:
        say(f"warning: a secret of fewer than {SHORT} characters can be guessed")
    return secret


def _answer(session: Session, status: SigningStatus) -> None:
    def text() -> None:
        if not status.on:
            say("requests are not signed")
            return
        say(f"requests are signed since {local(status.since)}, in {status.header} with the time"
            f" in {status.timestamp_header}")  # fmt: skip
        if status.rotating:
            say(f"the old secret signs, too, in {status.header}-Previous; `jobdesk signing finish`"
                " when every receiver knows the new one")  # fmt: skip

    session.answer(lambda: signing_document(status), text)
