"""Commands about tokens of the HTTP API."""

from __future__ import annotations

import click

from jobdesk.cli.output import local, say, table
from jobdesk.cli.session import Session, pass_session
from jobdesk.desk.documents import token_document
from jobdesk.domain.token import Token


@click.group("token")
def token() -> None:
    """Who may come in over HTTP."""


@token.command()
@click.argument("name")
@click.option("--allow-scripts", is_flag=True, help="It may have programs run here.")
@pass_session
def create(session: Session, name: str, allow_scripts: bool) -> None:
    """Make a token and print it, this once: only its hash is kept."""
    secret = session.desk.tokens.create(name, allow_scripts=allow_scripts)
    made = next(one for one in session.desk.tokens.all() if one.name == name)
    session.answer(lambda: token_document(made) | {"token": secret}, lambda: click.echo(secret))


@token.command("list")
@pass_session
def list_tokens(session: Session) -> None:
    """List the tokens; not themselves, which nobody has but their owners."""
    found = session.desk.tokens.all()
    session.answer(lambda: [token_document(one) for one in found], lambda: _show(found))


@token.command()
@click.argument("name")
@pass_session
def revoke(session: Session, name: str) -> None:
    """Let nobody in with it any more."""
    session.desk.tokens.revoke(name)
    session.answer(lambda: {"name": name, "revoked": True}, lambda: say(f"revoked {name}"))


def _show(found: list[Token]) -> None:
    if not found:
        say("no tokens")
        return
    table(
        ("NAME", "SCRIPTS", "CREATED", "LAST USED"),
        [
            (
                one.name,
                "yes" if one.allow_scripts else "no",
                local(one.created_at),
                local(one.last_used_at) if one.last_used_at else "never",
            )
            for one in found
        ],
    )
