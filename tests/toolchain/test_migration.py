"""docs/migration.md has a row for every deployed contract, and names storage and events that exist."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.tonne.deployment.guards import DELEGATES
from tonne.deployment import compiler
from tonne.deployment.plan import PLAN

ROOT = Path(__file__).resolve().parents[2]
DOCUMENT = (ROOT / "docs" / "migration.md").read_text(encoding="utf-8")
ROW = re.compile(r"^\| `(\w+)` \|(.*)\|$", re.MULTILINE)
ROWS = {name: cells.split(" | ") for name, cells in ROW.findall(DOCUMENT)}
NAME = re.compile(r"`(\w+)`")
CONTRACT = re.compile(r"^(?:abstract )?contract\s+(\w+)(?:\s+is\s+([^{]+))?\s*\{", re.MULTILINE)
VARIABLE = re.compile(
    r"^    [\w\[\]. =>()]+?\b(?:private|internal|public) (_?[a-z]\w*)(?: =|;)", re.MULTILINE
)


def _contracts() -> dict[str, tuple[list[str], set[str]]]:
    """Bases and own storage variables, by contract."""
    found = {}
    for path in (ROOT / "contracts").rglob("*.sol"):
        text = path.read_text(encoding="utf-8")
        for name, bases in CONTRACT.findall(text):
            found[name] = (re.findall(r"\w+", bases), set(VARIABLE.findall(text)))
    return found


CONTRACTS = _contracts()
EXTENSIONS = {whole: part for part, whole in DELEGATES.items()}


def storage_of(contract: str) -> set[str]:
    """Storage of a contract, its bases and its extension."""
    bases, own = CONTRACTS.get(contract, ([], set()))
    parts = [*bases, EXTENSIONS.get(contract, "")]
    return own.union(*(storage_of(part) for part in parts if part in CONTRACTS))


def test_every_deployed_contract_has_its_row():
    assert sorted(ROWS) == sorted(PLAN)


def test_every_row_says_what_leaves_by_which_way_and_where_it_enters():
    assert {name: cells for name, cells in ROWS.items() if len(cells) != 4 or not all(cells)} == {}


@pytest.mark.parametrize("contract", PLAN)
def test_the_storage_and_the_events_exist(contract):
    storage, events, *_ = ROWS[contract]
    assert set(NAME.findall(storage)) - storage_of(contract) == set()
    abi = compiler.contracts([contract])[contract].abi
    known = {entry["name"] for entry in abi if entry["type"] == "event"}
    assert set(NAME.findall(events)) - known == set()


@pytest.mark.parametrize("contract", PLAN)
def test_ways_that_are_not_reserved_stand_today(contract):
    abi = compiler.contracts([contract])[contract].abi
    functions = {entry["name"] for entry in abi if entry["type"] == "function"}
    elsewhere = {
        ("Exchange", "freezeAccount"),
        ("RegistrarDesk", "setRegistrar"),
        ("Projects", "setClaimant"),
    }
    for cell in ROWS[contract][2:]:
        standing = cell.partition("reserved:")[0]
        named = {name for name in NAME.findall(standing) if (contract, name) not in elsewhere}
        assert named - functions == set()


def test_a_contract_with_storage_hands_something_over():
    silent = [name for name, cells in ROWS.items() if "it has no storage" in cells[0]]
    assert {name: storage_of(name) for name in silent if storage_of(name)} == {}
