"""Every date that a call may give, drawn from the ABIs, has a bound by a named error or a reason for none."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from tests.tonne.deployment import bench as benches
from tests.tonne.deployment import guards
from tests.tonne.deployment.bench import Bench, person, tried
from tests.tonne.deployment.date_table import BOUNDED, TOGETHER, UNBOUNDED
from tests.tonne.deployment.scope_table import TABLE
from tonne.deployment.plan import PLAN

ROOT = Path(__file__).resolve().parents[3]
#: Parts of an argument's name that a date has.
DATE = re.compile(
    "since|until|from|deadline|day|year|vintage|time|start|end|expir|valid|interval|period|month|first|at$|date"
    "|age|commit|reveal|deliver",
    re.IGNORECASE,
)


def _numbers(inputs: list[Mapping[str, Any]], path: str = "") -> Iterator[str]:
    """Paths of all unsigned numbers in a function's arguments."""
    for given in inputs:
        if given["type"].startswith("tuple"):
            yield from _numbers(given["components"], f"{path}{given['name']}.")
        elif given["type"].startswith("uint") and DATE.search(given["name"]):
            yield path + given["name"]


def dates() -> set[tuple[str, str, str]]:
    """(contract, function, argument) of every date of a state-changing function of the deployment."""
    return {
        (contract, entry["name"], argument)
        for contract in PLAN
        for entry in json.loads((ROOT / "abi" / f"{contract}.json").read_text(encoding="utf-8"))
        if entry["type"] == "function" and entry["stateMutability"] not in ("view", "pure")
        for argument in _numbers(entry["inputs"])
    }


def test_every_date_has_a_bound_or_a_reason_for_none():
    assert set(BOUNDED) | set(UNBOUNDED) == dates()
    assert not set(BOUNDED) & set(UNBOUNDED)


@pytest.mark.parametrize("where", sorted({*BOUNDED.values()}), ids=lambda where: where[0])
def test_the_bound_of_a_date_has_a_test_of_its_error(where):
    place, error = where
    assert error in guards.forge_test(ROOT / "tests", place)


#: Bounded dates of acts that ask for an office; those of other acts are sent by their Forge tests.
OF_OFFICES = {
    date: error
    for date, (_, error) in BOUNDED.items()
    if date[:2] in {(act.contract, act.function) for act in TABLE}
}


@pytest.fixture(scope="module")
def bench(_town) -> Iterator[Bench]:
    yield from benches.made(_town)


@pytest.mark.parametrize("date", OF_OFFICES, ids=".".join)
def test_the_furthest_date_is_refused_by_its_bound(bench, date):
    """The largest number of its type, by an officer who may."""
    contract, function, argument = date
    act = next(act for act in TABLE if (act.contract, act.function) == (contract, function))
    officer = person(act.power, bench.places[act.where], "everywhere").address
    code = re.sub(r"(?<=[a-z])(?=[A-Z])", "_", OF_OFFICES[date]).upper()
    together = TOGETHER.get((contract, function), "")
    furthest = together if argument in together.split() else argument
    assert tried(bench, act, officer, furthest) == code


def test_a_date_of_another_act_is_sent_as_far_as_it_goes():
    for date, (place, _) in BOUNDED.items():
        if date not in OF_OFFICES:
            assert re.search(r"type\(uint\d+\)\.max", guards.forge_test(ROOT / "tests", place)), (
                date
            )
