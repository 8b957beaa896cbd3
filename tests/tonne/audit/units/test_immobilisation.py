"""Blocks of other registries on a real small market: the events tell all of it, and nothing else fits."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.tonne.audit.forging import auditing, unseen
from tonne.units import foreign_serials, immobilisation, registry_extracts
from tonne.units.immobilisation_state import SerialBook

PROOF = b"\x07" * 32
SERIES = "ACR-US-192-2010-203"


def _row(first: int, last: int, event: str = "issuance") -> dict[str, str]:
    return {
        "registry": "ACR",
        "event": event,
        "date": "2026-01-01",
        "project_id": "ACR192",
        "project_type": "Wind",
        "methodology": "ACM0002",
        "country": "US",
        "vintage_start": "2010-01-01",
        "vintage_end": "2010-12-31",
        "quantity_t": str(last - first + 1),
        "serial": f"{SERIES}-{first} to {last}",
    }


@pytest.fixture
def busy(town, monkeypatch):
    """The market after an import, two requests (one made final, one reverted), and three releases (one made
    final, one reverted, one that waits)."""
    chain, people = town.chain, town.market.people
    officer, holder = people["authority"], people["trader"]
    first_block = town.deployment.first_block

    def book() -> SerialBook:
        return SerialBook.read(chain, first_block)

    rows = [_row(1, 100), _row(101, 150), _row(301, 400), _row(201, 300, "retirement")]
    plan = registry_extracts.plan(list(enumerate(rows, 2)), book(), 1)
    args = (chain, plan, book(), officer, holder.address, PROOF, lambda _count: None)
    immobilisation.carry_out(*args)
    batch = next(iter(book().batches.values()))
    for first, last in ((151, 160), (161, 170)):
        block = foreign_serials.parse("ACR", f"{SERIES}-{first} to {last}")
        immobilisation.request(chain, book(), holder, batch, block, PROOF)
    immobilisation.finalise(chain, book(), officer, book().requests[1], PROOF)
    immobilisation.revert(chain, book(), holder, book().requests[2], PROOF)
    data = immobilisation.release_data(batch)
    for tonnes in (120, 10, 5):
        to = chain["Immobilisation"]
        chain.send(holder, "OffsetCredits", "safeTransferFrom", holder, to, batch.id, tonnes, data)
    immobilisation.finalise(chain, book(), officer, book().requests[3], PROOF)
    immobilisation.revert(chain, book(), officer, book().requests[4], PROOF)

    return auditing(chain, monkeypatch)


def test_blocks_of_other_registries_are_told_by_their_events(busy):
    found = busy()
    assert found.differences == []
    assert found.compared["Immobilisation"] >= 30


@pytest.mark.parametrize(
    "name",
    [
        *("BlockUsedElsewhere", "BlockImmobilised", "ImmobilisationReverted", "ReleaseRequested"),
        *("UnitsReleased", "ReleaseReverted", "BlockIssued"),
    ],
)
def test_an_event_left_out_is_found(busy, name):
    assert unseen(busy, [name], []) == []


@pytest.mark.parametrize(
    ("name", "change"),
    [
        ("BlockUsedElsewhere", {"used": lambda used: used._replace(last=299)}),
        ("BlockUsedElsewhere", {"used": lambda used: used._replace(use=4)}),
        ("BlockUsedElsewhere", {"used": lambda used: used._replace(serial=f"{SERIES}-201 to 299")}),
        ("ImmobilisationReverted", {"expired": True}),
        ("ImmobilisationRequested", {"bond": 1}),
        ("ImmobilisationRequested", {"until": 1}),
        ("BlockImmobilised", {"serial": f"{SERIES}-01 to 101"}),
        ("BlockImmobilised", {"serial": "ACR-US-193-2010-203-1 to 100"}),
        ("BlockImmobilised", {"serial": "no serial number"}),
        ("ReleaseRequested", {"amount": 119}),
        ("UnitsReleased", {"account": "somebody else's"}),
        ("RegistryAdded", {"terms": lambda terms: terms._replace(countsThrough=True)}),
        ("RegistryAdded", {"terms": lambda terms: terms._replace(descriptor=bytes(32))}),
        ("SeriesNumbered", {"issuance": 204}),
        # The serial number says another country, and another year.
        ("BatchOpened", {"terms": lambda terms: terms._replace(hostCountry=156)}),
        ("BlockImmobilised", {"serial": "ACR-BR-192-2010-203-1 to 100"}),
        ("BlockImmobilised", {"serial": "ACR-US-192-2009-203-1 to 100"}),
    ],
)
def test_a_value_that_is_off_is_found(busy, name, change):
    changed = []

    def forge(event):
        if event.event.name == name and not changed:
            changed.append(event)
            args = event.event.args
            other = {
                name: new(args[name]) if callable(new) else new for name, new in change.items()
            }
            told = replace(event.event, args={**args, **other})
            return replace(event, event=told)
        return event

    assert busy(forge).differences != []
    assert len(changed) == 1


def test_a_block_that_came_here_twice_is_found(busy):
    def forge(event):
        if event.event.name == "BlockImmobilised" and event.event.args["block_"].first == 301:
            block = event.event.args["block_"]._replace(first=300)
            return replace(
                event, event=replace(event.event, args={**event.event.args, "block_": block})
            )
        return event

    assert any("overlaps" in str(d) for d in busy(forge).differences)
