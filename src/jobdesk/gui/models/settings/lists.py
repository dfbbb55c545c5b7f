"""Tokens and secrets as rows."""

from __future__ import annotations

from jobdesk.desk.secrets import SecretInfo
from jobdesk.domain.token import Token
from jobdesk.gui import format as fmt
from jobdesk.gui.models.cells import BadgeCell, Cell, TextCell
from jobdesk.gui.models.list_model import ListModel
from jobdesk.gui.models.settings.words import place_words
from jobdesk.gui.models.table_model import Column


class TokensModel(ListModel[Token]):
    """The tokens that are not revoked."""

    NAME, SCRIPTS, CREATED, USED = range(4)
    columns = (
        Column("Name", 0),
        Column("Scripts", 112),
        Column("Created", 112),
        Column("Last used", 112),
    )

    def key(self, row: Token) -> int:
        return row.id

    def make_cell(self, row: Token, column: int) -> Cell:
        if column == self.NAME:
            return TextCell(row.name, icon="mdi6.key-variant", bold=True)
        if column == self.SCRIPTS:
            if row.allow_scripts:
                return BadgeCell("May run", "warning", "mdi6.console")
            return TextCell("no", "muted")
        when = row.created_at if column == self.CREATED else row.last_used_at
        if when is None:
            return TextCell("never", "muted")
        return TextCell(fmt.moment(when, self._now))

    def hint(self, row: Token, column: int) -> str:
        if column == self.CREATED:
            return fmt.moment_full(row.created_at)
        if column == self.USED and row.last_used_at is not None:
            return fmt.moment_full(row.last_used_at)
        if column == self.SCRIPTS and row.allow_scripts:
            return "Whoever has this token can run any program on this computer"
        return ""


class SecretsModel(ListModel[SecretInfo]):
    """The secrets, without their values."""

    NAME, USED_BY, UPDATED, PLACE = range(4)
    columns = (
        Column("Name", 0),
        Column("Used by", 132),
        Column("Updated", 112),
        Column("Kept in", 104),
    )

    def key(self, row: SecretInfo) -> str:
        return row.name

    def make_cell(self, row: SecretInfo, column: int) -> Cell:
        if column == self.NAME:
            return TextCell(row.name, icon="mdi6.lock-outline", bold=True)
        if column == self.USED_BY:
            if not row.used_by:
                return TextCell("no job", "muted")
            alone = len(row.used_by) == 1
            return TextCell(row.used_by[0] if alone else fmt.counted(len(row.used_by), "job"))
        if column == self.UPDATED:
            return TextCell(fmt.moment(row.updated_at, self._now))
        return TextCell("keyring" if row.place == "keyring" else "file")

    def hint(self, row: SecretInfo, column: int) -> str:
        if column == self.NAME:
            return f"${{secret:{row.name}}}"
        if column == self.USED_BY:
            return "\n".join(row.used_by)
        if column == self.UPDATED:
            return fmt.moment_full(row.updated_at)
        return f"Kept in {place_words(row.place)}"
