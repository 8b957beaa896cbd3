"""The role matrix names every restricted function of the contracts, and no other."""

from __future__ import annotations

import re
from pathlib import Path

from tests.tonne.deployment.guards import DELEGATES
from tonne.deployment import roles

CONTRACTS = Path(roles.__file__).resolve().parents[2] / "contracts"


#: A function with its modifiers and the first line of its body.
RESTRICTED = re.compile(r"function\s+(\w+)\s*\([^)]*\)([^{;]*\{\s*[^\n]*)")
#: Modifiers and first lines that ask the FoundedManager for the function's role.
GUARD = re.compile(r"\b(restricted|onlyAuthorized|_requireGuardian)\b")
INHERITS = re.compile(r"^(abstract )?contract\s+(\w+)\s+(?:is\s+([^{]+))?\{", re.MULTILINE)


def restricted_functions() -> set[tuple[str, str]]:
    """(deployed contract, function) of everything marked `restricted`, by reading the sources."""
    own: dict[str, set[str]] = {}
    parents: dict[str, list[str]] = {}
    deployed: set[str] = set()
    for path in CONTRACTS.rglob("*.sol"):
        text = re.sub(r"//[^\n]*", "", path.read_text(encoding="utf-8"))
        for match in INHERITS.finditer(text):
            abstract, name, bases = match.groups()
            body = text[match.end() :]
            own[name] = {f for f, after in RESTRICTED.findall(body) if GUARD.search(after)}
            parents[name] = [b.strip().split("(")[0] for b in (bases or "").split(",") if b.strip()]
            if not abstract:
                deployed.add(name)

    def collected(name: str) -> set[str]:
        found = set(own.get(name, set()))
        for parent in parents.get(name, []):
            found |= collected(parent)
        return found

    return {(DELEGATES.get(name, name), f) for name in deployed for f in collected(name)}


def test_the_matrix_is_what_the_contracts_restrict():
    assert {(row.contract, row.function) for row in roles.FULL} == restricted_functions()


def test_no_function_has_two_roles():
    assert len({(row.contract, row.function) for row in roles.FULL}) == len(roles.FULL)


def test_a_role_has_one_name_and_one_holder():
    assert len({(row.role, row.name, row.holder) for row in roles.FULL}) == len(
        {row.role for row in roles.FULL}
    )


def test_no_granted_role_is_the_administrators():
    assert all(row.role != roles.ADMIN for row in roles.MATRIX)
    assert all(row.role == roles.ADMIN for row in roles.WIRING)


def test_every_role_but_the_daily_ones_waits():
    assert {row.name for row in roles.FULL if not row.waits} == {"rules", "issuer", "guardian"}
    assert all(row.waits for row in roles.WIRING)


def test_the_guardian_stops_and_does_nothing_else():
    stops = {row.function for row in roles.FULL if row.role == roles.GUARDIAN}
    assert stops == {"pause", "unpause"}
    assert not {row.role for row in roles.FULL if row.function in stops} - {roles.GUARDIAN}


def test_the_pausable_contracts_are_those_of_the_sources():
    assert {row.contract for row in roles.FULL if row.function == "pause"} == set(roles.PAUSABLE)
    assert {c for c, f in restricted_functions() if f == "pause"} == set(roles.PAUSABLE)
