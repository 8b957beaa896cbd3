"""Every date that a call may give, drawn from the ABIs, has a bound by a named error or a reason for none."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from tests.tonne.deployment.date_table import BOUNDED, UNBOUNDED
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
    file, _, name = place.partition(": ")
    text = (ROOT / "tests" / file).read_text(encoding="utf-8")
    body = text[text.index(f"function {name}(") :]
    body = body[: body.index("\n    }\n")]
    helpers = "".join(
        text[at.start() : text.index("\n    }\n", at.start())]
        for called in set(re.findall(r"\b(_?[a-z]\w+)\(", body))
        for at in re.finditer(rf"function {called}\(", text)
    )
    assert error in body + helpers
