"""Organisations side by side: the same columns for each inventory, and what hinders a comparison."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping, Sequence
from typing import Any

from tonne.evidence.inventory_records import InventoryOnRecord, PlantsBeside
from tonne.evidence.inventory_types import BOUNDARIES, LEVELS, METHODS, REASONS, SCOPE3, Inventory
from tonne.types.packing import places

#: Columns that must be equal for figures to be compared, and how they are called.
BASES = {
    "boundary": "boundary approach",
    "method": "method",
    "gwpSet": "set of global warming potentials",
    "year": "year",
    "scope3Categories": "categories of Scope 3",
}


def row(
    one: InventoryOnRecord, beside: PlantsBeside, base: InventoryOnRecord | None
) -> dict[str, Any]:
    """The columns of an inventory; masses [kg CO2e], None where nothing is reported.

    `base` is the inventory that stands of the base year, if there is one on record.
    """
    i, record = one.inventory, one.record
    return {
        "organisation": i.organisation,
        "year": i.year,
        "version": i.version,
        "reason": reason(i),
        "boundary": BOUNDARIES[i.boundary - 1],
        "method": METHODS[i.method - 1],
        "gwpSet": i.gwpSet,
        "baseYear": i.baseYear,
        "scope1And2SinceBaseKg": None if base is None else _market_based(one) - _market_based(base),
        "scope1Kg": record.scope1Kg,
        "scope1PlantsKg": i.scope1PlantsKg,
        "scope1OtherKg": i.scope1OtherKg,
        "plantsNotNamedKg": sum(tonnes for _, tonnes in beside.not_named) * 1000,
        "countedElsewhereKg": beside.elsewhere_kg,
        "scope2LocationKg": i.scope2LocationKg,
        "scope2MarketKg": i.scope2MarketKg,
        "electricityWh": i.electricityWh,
        "certificatesWh": i.certificatesWh,
        "otherContractsWh": i.otherContractsWh,
        "scope3Kg": record.scope3Kg if i.scope3Reported else None,
        "scope3Categories": " ".join(str(place + 1) for place in places(i.scope3Reported)),
        **{name: i.category(n) for n, name in enumerate(SCOPE3, start=1)},
        "creditsT": i.creditsT,
        "assuranceScope1": level(record, 1),
        "assuranceScope2": level(record, 2),
        "assuranceScope3": level(record, 3),
        "assuredBy": record.body or None,
        "signedAt": i.signedAt,
    }


def reason(inventory: Inventory) -> str | None:
    """Why an inventory restates another; None for a first one."""
    return REASONS[inventory.reason - 1] if inventory.reason else None


def level(record: Any, scope: int) -> str:
    """Assurance of a scope in words."""
    said = LEVELS[getattr(record, f"scope{scope}Level")]
    return f"{said}, qualified" if record.qualified and said != LEVELS[0] else said


def _market_based(one: InventoryOnRecord) -> int:
    return int(one.record.scope1Kg + one.record.scope2MarketKg)


def hindrances(rows: Sequence[Mapping[str, Any]]) -> list[str]:
    """What differs in the basis of the figures, a sentence each; none where they can be compared."""
    found = []
    for name, words in BASES.items():
        values = {str(each[name]) or "none" for each in rows}
        if len(values) > 1:
            found.append(f"Different {words}: {'; '.join(sorted(values))}.")
    unassured = [str(each["organisation"]) for each in rows if each["assuredBy"] is None]
    if unassured:
        found.append(f"Not assured: participant {', '.join(unassured)}.")
    for each in rows:
        who = f"participant {each['organisation']}"
        if each["otherContractsWh"] and each["scope2MarketKg"] < each["scope2LocationKg"]:
            found.append(
                f"Market-based Scope 2 of {who} rests on contracts that nothing here proves:"
                f" {each['otherContractsWh']:,} of {each['electricityWh']:,} Wh."
            )
        if each["plantsNotNamedKg"]:
            found.append(f"Left out by {who}: plants it operates, {each['plantsNotNamedKg']:,} kg.")
        if each["countedElsewhereKg"]:
            found.append(
                f"In another's Scope 1 too, under another approach: {each['countedElsewhereKg']:,} kg"
                f" of {who}."
            )
    return found


def spreadsheet(rows: Sequence[Mapping[str, Any]]) -> str:
    """The rows as CSV; an empty cell stands for a figure that is not reported."""
    out = io.StringIO()
    if rows:
        writer = csv.DictWriter(out, list(rows[0]), lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)
    return out.getvalue()
