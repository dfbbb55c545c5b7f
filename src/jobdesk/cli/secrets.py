"""Commands about secrets."""

from __future__ import annotations

import click

from jobdesk.cli.output import local, say, table
from jobdesk.cli.session import Session, pass_session
from jobdesk.cli.typed import read_value
from jobdesk.desk.documents import secret_document
from jobdesk.domain.references import check_secret_name


@click.group("secret")
def secret() -> None:
    """Set, list and remove secrets: what ${secret:NAME} stands for."""


@secret.command("set")
@click.argument("name")
@pass_session
def set_secret(session: Session, name: str) -> None:
    """Set a secret, or change it. The value is read from standard input."""
    check_secret_name(name)  # before anybody types a value
    made = session.desk.secrets.set(name, read_value("value"))
    session.answer(
        lambda: secret_document(made), lambda: say(f"set secret {made.name} ({_where(made.place)})")
    )


@secret.command("list")
@pass_session
def list_secrets(session: Session) -> None:
    """List the names of all secrets; values are never shown."""
    found = session.desk.secrets.all()

    def text() -> None:
        if not found:
            say("no secrets; `jobdesk secret set NAME` reads one from standard input")
            return
        table(
            ("NAME", "KEPT IN", "SET", "USED BY"),
            [
                (one.name, one.place, local(one.updated_at), ", ".join(one.used_by) or None)
                for one in found
            ],
        )

    session.answer(lambda: [secret_document(one) for one in found], text)


@secret.command("remove")
@click.argument("name")
@pass_session
def remove_secret(session: Session, name: str) -> None:
    """Forget a secret."""
    users = next((one.used_by for one in session.desk.secrets.all() if one.name == name), [])
    session.desk.secrets.remove(name)
    if users:
        say(f"warning: {', '.join(users)} can't run without it")
    session.answer(lambda: {"removed": name}, lambda: say(f"removed secret {name}"))


def _where(place: str) -> str:
    return "in the system's keyring" if place == "keyring" else "in the encrypted file"
