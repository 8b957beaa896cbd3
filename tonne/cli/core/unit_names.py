"""Units and their ids as people write them."""

from __future__ import annotations

from typing import Final

from tonne.errors import TonneError

#: `Party` of IPledges.
PARTIES: Final = ("nobody", "pledgor", "lender")

#: Class of a unit, the highest bits of its id.
KINDS: Final = {1: "allowance", 2: "credit", 3: "energy credit", 4: "certificate"}


def unit_name(unit: int) -> str:
    """A unit as text, e.g. `allowance 2020` or `credit 2020 #3`."""
    from tonne.units.lineage import EX_ANTE, IMMOBILISED

    kind = KINDS.get(unit >> 96, "unit")
    batch = unit & (1 << 64) - 1
    foreign, ahead = (kind == "credit" and batch >= limit for limit in (IMMOBILISED, EX_ANTE))
    number = batch % EX_ANTE if ahead else batch
    name = f"{kind} {unit >> 64 & 0xFFFF}" + (f" #{number}" if number else "")
    return name + (" of another registry" if foreign else " ex ante" if ahead else "")


def unit_contract(unit: int) -> str:
    """Name of the contract that holds balances of an allowance or an offset credit."""
    return "Allowances" if unit >> 96 == 1 else "OffsetCredits"


def credit_id(text: str) -> int:
    """The id of an offset credit; raises OFFSET_ARGUMENT for anything else."""
    from tonne.units.retirement_certificates import OFFSET_CREDIT

    try:
        unit = int(text, 0)
    except ValueError:
        unit = 0
    if unit >> 96 != OFFSET_CREDIT:
        raise TonneError(
            "OFFSET_ARGUMENT",
            "This is not the id of an offset credit.",
            field="unit",
            value=text,
            remedy="Give the id that `tonne status` or `tonne offsets list` shows.",
        )
    return unit
