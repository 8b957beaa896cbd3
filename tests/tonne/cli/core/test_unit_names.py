"""Batches of credits by name on the command line."""

from __future__ import annotations

import pytest

from tonne.cli.core.unit_names import credit_id, unit_named
from tonne.errors import TonneError
from tonne.types import unit_id
from tonne.types.ids import BatchId, SchemeId

THIRD = unit_id.pack(unit_id.OFFSET_CREDIT, SchemeId(1), 2020, BatchId(3))


@pytest.mark.parametrize("text", ["2020#3", str(THIRD), hex(THIRD)])
def test_a_batch_is_named_by_vintage_and_number_or_by_its_id(text):
    assert credit_id(text) == THIRD


def test_a_unit_is_an_allowance_or_a_batch_of_a_scheme():
    second = SchemeId(2)
    assert unit_named("allowance:2020", 2) == unit_id.allowance(second, 2020)
    assert unit_named("2020#3", 2) == unit_id.pack(unit_id.OFFSET_CREDIT, second, 2020, BatchId(3))
    with pytest.raises(TonneError) as caught:
        unit_named("2020#x", 2)
    assert caught.value.code == "UNIT_UNREADABLE"


@pytest.mark.parametrize("text", ["2020", "2020#", "#3", "2020#x", "1", "99999#1", "2020#-1", ""])
def test_anything_else_is_refused(text):
    with pytest.raises(TonneError) as caught:
        credit_id(text)
    assert caught.value.code in ("OFFSET_ARGUMENT", "PACKED_FIELD_WIDTH")
