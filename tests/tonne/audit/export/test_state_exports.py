"""What exports say of a batch in each state: their cells of state_acts.toml, tried on a chain."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Final

import pytest

from tests.tonne.cli.credits.test_project import DAY_S, FIRST_S
from tests.tonne.cli.credits.test_project import _report as reported
from tonne.audit.export import cad_trust, credit_search
from tonne.audit.export.cad_trust_source import source_of
from tonne.types import unit_id
from tonne.types.ids import UnitId

TABLE: Final = tomllib.loads((Path("tests") / "attacks" / "state_acts.toml").read_text())
WHY: Final = b"\1" * 32
CHINA: Final = 156
#: For other purposes, first transferred by its authorisation.
OTHER, BY_AUTHORISATION = 2, 1


def _part(town):
    """A part of the developer's batch, set apart while that is active."""
    chain, people = town.chain, town.market.people
    holder = chain.call("Participants", "walletOf", people["developer"])[0]
    chain.send(people["authority"], "Article6", "setFocalPoint", people["authority"], CHINA)
    terms = (
        town.market.credit,
        100,
        holder,
        0,
        OTHER,
        BY_AUTHORISATION,
        b"CA0001".ljust(16, b"\0"),
        WHY,
    )
    chain.send(people["authority"], "Article6", "authorise", *terms)
    receipt = chain.send(people["developer"], "Article6", "setApart", 1, 100)
    return next(e["unit"] for e in chain.events(receipt) if e.name == "OutcomeSetApart")


def _enter(town, state):
    """The batch that is in a state, which it gets into as officers bring it there."""
    chain, authority, batch = town.chain, town.market.people["authority"], town.market.credit
    unit = _part(town) if state.startswith("part_of_") else batch
    match state.removeprefix("part_of_"):
        case "ex_ante":
            year = unit_id.vintage_of(UnitId(batch)) + 1
            receipt = chain.send(authority, "Issuance", "issueExAnte", 1, year, 500, WHY)
            return next(e["id"] for e in chain.events(receipt) if e.name == "ExAnteIssued")
        case "pending":
            ends = FIRST_S + 3_650 * DAY_S
            place = (b"another".ljust(32), (41_200_000, -114_710_001), [], WHY)
            terms = (1, CHINA, FIRST_S, ends, *place)
            chain.send(town.market.people["developer"], "Projects", "register", *terms)
            chain.send(authority, "Projects", "validate", 2, 90_000, WHY)
            reported(town, 2)
            assert chain.call("Projects", "reportCount") == 2
            return batch + 1  # the second report is its number
        case "suspended":
            chain.send(authority, "BatchDesk", "setSuspended", 1, True, WHY)
        case "locked" | "invalidated" as own:
            chain.send(authority, "BatchDesk", "setLocked", batch, True, WHY)
            if own == "invalidated":
                chain.send(authority, "BatchDesk", "invalidate", batch, WHY)
    return unit


@pytest.mark.parametrize("state", TABLE)
def test_an_export_says_the_state_of_a_batch(town, state):
    unit = _enter(town, state)
    source, _ = source_of(town.chain, 0)
    link = source.link("erc1155", unit)
    left = {
        (row.unitStatus, row.unitStatusReason)
        for row in cad_trust.units(source)
        if row.unitRegistryLink == link and row.unitStatus in ("Held", "Cancelled")
    }
    said = {f"{status}: {reason}" if reason else "done" for status, reason in left} or {"none"}
    assert said == {TABLE[state]["export_cadt"]}
    offered = unit in {one.unit for one in credit_search.search(town.chain, 0)}
    assert ("done" if offered else "none") == TABLE[state]["export_find"]
