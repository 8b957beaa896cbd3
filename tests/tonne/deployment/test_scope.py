"""Every act that asks for an office, tried from inside and from outside its scope.

By scheme and jurisdiction: a provincial bureau acts on what is in its province only, an exchange operator on
the markets of its own only, and no power stands for another.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.tonne.deployment import bench as benches
from tests.tonne.deployment import guards
from tests.tonne.deployment.bench import Bench, tried
from tests.tonne.deployment.scope_table import ELSEWHERE, TABLE
from tonne.deployment.offices import OFFICES

TESTS = Path(__file__).resolve().parents[2]
#: What says that somebody is outside the scope of an act.
OUTSIDE = {
    "SCHEMES_NO_POWER",
    "PARTICIPANTS_NOT_REGISTRAR",
    "REGISTRAR_DESK_NOT_REGISTRAR",
    "EMISSIONS_NO_STANDING",
    "PROJECTS_NO_STANDING",
    "PARTICIPANTS_NOT_YOURS",
}
#: Who holds every power of another scheme or place, in the tests of Forge.
ABROAD = re.compile(r"\b_?abroad\b|\botherOfficer\b")


def test_the_table_has_every_act_that_asks_for_an_office():
    listed = [(act.contract, act.function) for act in TABLE]
    assert len(set(listed)) == len(listed)
    assert set(listed) | set(ELSEWHERE) == guards.guarded()
    assert not set(listed) & set(ELSEWHERE)


def test_the_matrix_of_offices_is_what_the_contracts_ask_for():
    matrix = {(row.contract, row.function): row for row in OFFICES}
    assert len(matrix) == len(OFFICES)
    assert set(matrix) == guards.guarded()
    for act in TABLE:
        assert act.power in matrix[act.contract, act.function].power.split(" or "), act


@pytest.mark.parametrize(("act", "where"), ELSEWHERE.items(), ids=lambda value: str(value)[:60])
def test_an_act_of_another_table_is_tried_from_abroad(act, where):
    body = guards.forge_test(TESTS, where)
    assert re.search(rf"\b{act[1]}\b", body), "the test makes no such call"
    assert ABROAD.search(body), "no officer of another scheme or place tries it"


@pytest.fixture(scope="module")
def bench(_town) -> Iterator[Bench]:
    yield from benches.made(_town)


@pytest.mark.parametrize("act", TABLE, ids=str)
def test_an_act_is_refused_outside_its_scope(bench, act):
    found = {who: tried(bench, act, address) for who, address, _ in bench.people(act)}
    inside = {who for who, _, is_inside in bench.people(act) if is_inside}
    for who, code in found.items():
        if who in inside:
            assert code not in OUTSIDE, f"{who}: {code}"
        else:
            assert code in OUTSIDE, f"{who}: {code}"
