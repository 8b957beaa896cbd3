"""Whatever is handed in has one refusal, whatever it does to its reader."""

from __future__ import annotations

import pytest

from oracles.runtime.refusal import refusing
from tonne.errors import TonneError

PLACE = ("FILE_FORM", "file", "a.xml", "Send it again.")


@pytest.mark.parametrize("error", [ZeroDivisionError, RecursionError, KeyError, MemoryError])
def test_what_a_reader_does_not_foresee_is_a_refusal(error):
    with pytest.raises(TonneError) as refused, refusing(*PLACE):
        raise error
    found = refused.value
    assert (found.code, found.field, found.value, found.remedy) == PLACE
    assert error.__name__ in found.message


def test_what_a_reader_says_itself_stays():
    with pytest.raises(TonneError) as refused, refusing(*PLACE):
        raise TonneError("OWN", "Its own.")
    assert refused.value.code == "OWN"


def test_the_end_of_the_process_is_none():
    with pytest.raises(KeyboardInterrupt), refusing(*PLACE):
        raise KeyboardInterrupt
