"""Calls of the authority are as large as the contracts take: a call's base is shared by all its plants."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tonne.simulation.period.steps import allocation

COMPLIANCE = Path(__file__).resolve().parents[4] / "contracts" / "compliance"


@pytest.mark.parametrize("name", ["Allocation.sol", "ComplianceStore.sol"])
def test_a_call_has_as_many_installations_as_the_contract_takes(name):
    source = (COMPLIANCE / name).read_text(encoding="utf-8")
    (most,) = re.findall(r"MAX_ITEMS = (\d+);", source)
    assert int(most) == allocation.MOST
