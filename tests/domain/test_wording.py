from __future__ import annotations

from enum import StrEnum

import pytest

from jobdesk.domain.outcome import Reason
from jobdesk.domain.run import RunState
from jobdesk.domain.wording import REASON_WORDS, STATE_WORDS


@pytest.mark.parametrize(
    ("words", "kind"), [(STATE_WORDS, RunState), (REASON_WORDS, Reason)], ids=["state", "reason"]
)
def test_each_has_one_sentence_of_its_own(words: dict[str, str], kind: type[StrEnum]) -> None:
    assert list(words) == list(kind)
    assert len(set(words.values())) == len(words)
    for sentence in words.values():
        assert sentence[0].isupper()
        assert sentence.endswith(".")
        assert sentence.strip() == sentence
