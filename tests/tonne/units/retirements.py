"""Certificates of the small market, for tests of what is read from them."""

from __future__ import annotations

from typing import Any

from tests.conftest import Town
from tonne.units import foreign_serials, registry_descriptors

#: Markup, a terminal's escape, a turn of direction, and bytes that are no UTF-8.
HOSTILE = "中国 <script>&\"'[/red]\x1b[31m\u202e\udcff"


def claim(beneficiary: str = "Example Airlines", commitment: bytes = bytes(32)) -> tuple[Any, ...]:
    return (beneficiary, commitment, "flights of 2020", 18_262, 18_627, b"CN")


def retire(town: Town, amount: int = 100, words: tuple[Any, ...] | None = None) -> int:
    """The developer retires some of its wind farm's credits; returns the certificate's number."""
    developer = town.market.people["developer"]
    args = (town.market.credit, amount, words or claim())
    receipt = town.chain.send(developer, "RetirementRegistry", "retire", *args)
    return next(e for e in town.chain.events(receipt) if e.name == "UnitsRetired")["certificate"]


#: Two blocks of one Verra issuance, as that registry writes them.
VERRA = (
    "13488-505972385-505973109-VCS-VCU-576-VER-PY-14-2498-01012020-19112020-0",
    "13488-505982056-505982352-VCS-VCU-576-VER-PY-14-2498-01012020-19112020-0",
)


def immobilise(town: Town, country: int = 600) -> int:
    """Brings both blocks here, for the trader; returns the unit."""
    chain, people = town.chain, town.market.people
    authority, trader = people["authority"], people["trader"]
    verra = registry_descriptors.named("VERRA")
    about = (verra.counts_through, verra.largest_block, verra.digest)
    chain.send(authority, "Immobilisation", "addRegistry", 1, verra.name, *about)
    registry = chain.call("Immobilisation", "registryCount") + 1
    terms = (1, 2020, registry, 2, 1, country, 0, "2498", "VM0015", "account 7")
    chain.send(authority, "Immobilisation", "openBatch", terms)
    unit = chain.call("Immobilisation", "batchAt", 1)
    hint = 0
    for raw in VERRA:
        block = foreign_serials.parse("VERRA", raw)
        lodging = (unit, block.issuance, block.first, block.last, raw, b"\1" * 32)
        chain.send(authority, "Immobilisation", "immobilise", lodging, trader, hint)
        hint = block.first
    return unit


def retire_immobilised(town: Town, amount: int) -> int:
    """The trader retires of both blocks; returns the certificate's number."""
    unit = immobilise(town)
    trader = town.market.people["trader"]
    args = (unit, amount, claim("Importers Ltd"))
    receipt = town.chain.send(trader, "RetirementRegistry", "retire", *args)
    return next(e for e in town.chain.events(receipt) if e.name == "UnitsRetired")["certificate"]
