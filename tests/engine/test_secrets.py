"""What attempts get from the vault, and what happens when they don't get it."""

from __future__ import annotations

from collections.abc import Iterable

import pytest

from jobdesk.domain.action import HttpAction, ScriptAction
from jobdesk.domain.errors import Unavailable
from jobdesk.domain.log import Stream
from jobdesk.domain.mask import Mask
from jobdesk.domain.outcome import Outcome, Reason, Verdict
from jobdesk.domain.settings import EngineSettings
from jobdesk.engine.secrets import FRESH, MaskingSink, NotReady, Secrets, masked
from jobdesk.store import secrets as store
from jobdesk.store.database import Database
from jobdesk.vault import Vault
from tests.engine.runners.recording import RecordingSink
from tests.support.clock import ManualClock
from tests.support.work import Work

KEY = ScriptAction(["run", "${secret:KEY}"])


class CountedVault(Vault):
    """One that says how often it was asked, and may be out of order."""

    asked = 0
    broken = False

    def get_all(self, names: Iterable[str]) -> dict[str, str]:
        self.asked += 1
        if self.broken:
            raise Unavailable("the keyring is locked")
        return super().get_all(names)


@pytest.fixture
def vault(db: Database) -> CountedVault:
    made = CountedVault.open(db.home)
    assert isinstance(made, CountedVault)
    return made


@pytest.fixture
def secrets(vault: CountedVault, db: Database, clock: ManualClock) -> Secrets:
    settings = EngineSettings(signing_header="X-Sig")
    return Secrets(vault, db, clock, lambda: settings)


def _set(work: Work, vault: Vault, name: str, value: str) -> None:
    place = vault.set(name, value)
    work.write(lambda tx: store.note(tx, name, place, work.clock.now()))


def _not_ready(secrets: Secrets, action: ScriptAction | HttpAction) -> Verdict:
    with pytest.raises(NotReady) as refused:
        secrets.fill(action)
    return refused.value.verdict


def test_a_missing_secret_is_named_and_counts_once_it_is_there(
    secrets: Secrets, vault: CountedVault, work: Work
) -> None:
    both = ScriptAction(["run", "${secret:KEY}"], env={"B": "${secret:OTHER}"})
    verdict = _not_ready(secrets, both)
    assert (verdict.outcome, verdict.reason) == (Outcome.FAILED, Reason.SECRET_MISSING)
    assert verdict.permanent
    assert verdict.error == "KEY, OTHER: the secrets are not set"
    _set(work, vault, "KEY", "value one")
    assert _not_ready(secrets, both).error == "OTHER: the secret is not set"
    filled = secrets.fill(KEY)
    assert isinstance(filled.action, ScriptAction)
    assert filled.action.command == ("run", "value one")


def test_the_vault_is_asked_once_in_a_while_and_a_change_counts_at_once(
    secrets: Secrets, vault: CountedVault, work: Work, clock: ManualClock
) -> None:
    def value() -> str:
        action = secrets.fill(KEY).action
        assert isinstance(action, ScriptAction)
        assert action.command is not None
        return action.command[1]

    _set(work, vault, "KEY", "value one")
    assert [value() for _ in range(3)] == ["value one"] * 3
    assert vault.asked == 1
    clock.advance(0.001)
    _set(work, vault, "KEY", "value two")
    assert value() == "value two"
    vault.set("KEY", "changed behind our back")
    clock.advance(FRESH)
    assert value() == "changed behind our back"


def test_a_vault_that_is_out_of_order_is_no_missing_secret(
    secrets: Secrets, vault: CountedVault, clock: ManualClock
) -> None:
    vault.broken = True
    verdict = _not_ready(secrets, KEY)
    assert (verdict.reason, verdict.permanent) == (Reason.ENGINE_ERROR, False)
    assert "the keyring is locked" in (verdict.error or "")
    _not_ready(secrets, KEY)
    assert vault.asked == 1, "it is not asked by every worker"
    clock.advance(FRESH)
    vault.broken = False
    assert _not_ready(secrets, KEY).reason is Reason.SECRET_MISSING


def test_a_keyring_out_of_reach_is_no_missing_secret(secrets: Secrets, work: Work) -> None:
    work.write(lambda tx: store.note(tx, "KEY", "keyring", work.clock.now()))
    verdict = _not_ready(secrets, KEY)
    assert (verdict.reason, verdict.permanent) == (Reason.ENGINE_ERROR, False)
    assert "KEY: kept in the system's keyring" in (verdict.error or "")


def test_a_value_that_does_not_fit_is_no_secret_in_the_error(
    secrets: Secrets, vault: CountedVault, work: Work
) -> None:
    _set(work, vault, "KEY", "two\nlines")
    call = HttpAction("GET", "http://h/", headers={"X-Key": "${secret:KEY}"})
    verdict = _not_ready(secrets, call)
    assert verdict.reason is Reason.INVALID_URL
    assert "X-Key" in (verdict.error or "")
    assert "lines" not in (verdict.error or "").replace("line breaks", "")


def test_requests_are_signed_from_the_moment_a_secret_is_set(
    secrets: Secrets, vault: CountedVault, work: Work, clock: ManualClock
) -> None:
    assert secrets.signer() is None
    assert vault.asked == 0, "who signs nothing pays nothing"
    _set(work, vault, "signing.current", "new")
    secrets.look_again()
    signer = secrets.signer()
    assert signer is not None
    assert (signer.secret, signer.previous, signer.header) == (b"new", None, "X-Sig")
    _set(work, vault, "signing.previous", "old")
    signer = secrets.signer()
    assert signer is not None
    assert signer.previous == b"old"
    vault.delete("signing.current")
    clock.advance(FRESH)
    with pytest.raises(NotReady) as refused:
        secrets.signer()
    assert refused.value.verdict.reason is Reason.SECRET_MISSING, "never unsigned by mistake"


def test_a_sink_hides_values_in_each_stream_and_in_our_own_lines() -> None:
    inner = RecordingSink()
    sink = MaskingSink(inner, Mask(["hunter22"]))
    for stream, piece in ((Stream.STDOUT, b"a hun"), (Stream.STDERR, b"hunter"),
                          (Stream.STDOUT, b"ter22 b"), (Stream.STDERR, b"22\n")):  # fmt: skip
        sink.write(stream, piece)
    sink.write(Stream.STDOUT, b" hunte")
    sink.system("runs: x --key=hunter22")
    sink.finish()
    assert (inner.stdout, inner.stderr) == (b"a *** b ***", b"***\n")
    assert inner.lines == ["runs: x --key=***"]


def test_a_verdict_is_kept_without_values() -> None:
    verdict = Verdict(
        Outcome.FAILED,
        Reason.HTTP_CLIENT_ERROR,
        "HTTP 404 hunter22 not found",
        http_status=404,
        request={"url": "http://h/hunter22", "headers": {"X": "hunter22"}, "redirects": []},
        response={"headers": {"Location": "/?k=hunter22"}},
    )
    kept = masked(verdict, Mask(["hunter22"]))
    assert "hunter22" not in str((kept.error, kept.request, kept.response))
    assert (kept.reason, kept.http_status) == (verdict.reason, 404)
