"""The desk's door to channels."""

from __future__ import annotations

from jobdesk.clock import Clock
from jobdesk.desk.vault import VaultDoor
from jobdesk.domain.alert import DESKTOP, Channel
from jobdesk.domain.errors import InvalidInput, Unavailable
from jobdesk.domain.parsing import check_name
from jobdesk.domain.references import CHANNEL
from jobdesk.messenger import NotSent, masked, send
from jobdesk.store import channels
from jobdesk.store.database import Database

_TITLE = "A message from JobDesk"
_TEXT = "If you can read this, alerts over this channel reach you."


class Channels:
    """The ways to reach somebody: ``desk.channels``. An address is a secret; it is in the
    vault, and nobody is shown it again."""

    def __init__(self, database: Database, clock: Clock, vault: VaultDoor) -> None:
        self._db, self._clock, self._vault = database, clock, vault

    def all(self) -> list[Channel]:
        """All channels; the desktop is always the first."""
        with self._db.reading() as conn:
            return channels.all_channels(conn)

    def add(self, name: str, url: str) -> Channel:
        """A channel to an address that Apprise can read (``mailto://…``, ``slack://…``)."""
        return self._put(name, url, new=True)

    def change(self, name: str, url: str) -> Channel:
        """Give a channel another address."""
        return self._put(name, url, new=False)

    def enable(self, name: str, enabled: bool = True) -> Channel:
        """Switch a channel on or off; what waits for one that is off is given up."""
        self._refuse_desktop(name)
        now = self._clock.now()
        self._db.writer.run(lambda tx: channels.enable(tx, name, enabled, now))
        return self._get(name)

    def remove(self, name: str) -> None:
        """Forget a channel and its address."""
        self._refuse_desktop(name)
        now = self._clock.now()
        self._db.writer.run(lambda tx: channels.remove(tx, name, now))
        self._vault.forget(CHANNEL + name)

    def test(self, name: str) -> None:
        """Send a message over a channel, now and from here. Raises Unavailable with what
        the service says if it can't be sent."""
        self._refuse_desktop(name)
        self._get(name)
        address = self._vault.values([CHANNEL + name]).get(CHANNEL + name)
        if address is None:
            raise Unavailable(f"the address of the channel {name!r} is not in the vault")
        self.test_address(address)

    def test_address(self, url: str) -> None:
        """The same with an address that is not kept yet."""
        try:
            send(url, _TITLE, _TEXT)
        except NotSent as error:
            raise Unavailable(f"the message was not sent: {error}") from None

    def _put(self, name: str, url: str, *, new: bool) -> Channel:
        check_name(name, "name")
        self._refuse_desktop(name)
        shown, now = masked(url.strip()), self._clock.now()
        with self._db.reading() as conn:
            channels.check_free(conn, name, new=new)
        # The vault first: a channel without an address would be there for nothing.
        self._vault.keep(CHANNEL + name, url.strip())
        self._db.writer.run(lambda tx: channels.put(tx, name, "apprise", shown, now, new=new))
        return self._get(name)

    def _get(self, name: str) -> Channel:
        with self._db.reading() as conn:
            return channels.get(conn, name)

    @staticmethod
    def _refuse_desktop(name: str) -> None:
        if name == DESKTOP:
            raise InvalidInput("name", name, f"another channel: {DESKTOP} is always there")
