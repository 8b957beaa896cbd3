"""Units as people name them on the command line, and the contracts that hold them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from tonne.errors import TonneError
from tonne.types import unit_id
from tonne.types.ids import BatchId, SchemeId, UnitId
from tonne.types.unit_id import IMMOBILISED

if TYPE_CHECKING:
    from tonne.cli.core.session import Session

#: `Party` of IPledges.
PARTIES: Final = ("nobody", "pledgor", "lender")


def project_of(session: Session, unit: UnitId) -> int | None:
    """Project of a credit that was issued here; None for other units."""
    foreign = unit_id.batch_of(unit) >= IMMOBILISED
    if unit_id.class_of(unit) != unit_id.OFFSET_CREDIT or foreign:
        return None
    try:
        return int(session.chain.call("Issuance", "projectOf", unit)) or None
    except TonneError:  # no batch of the issuer: set apart out of another registry's
        return None


def unit_contract(unit: UnitId) -> str:
    """Name of the contract that holds balances of an allowance, an offset credit or an energy credit."""
    return {unit_id.ALLOWANCE: "Allowances", unit_id.ENERGY_CREDIT: "EnergyCredits"}.get(
        unit_id.class_of(unit), "OffsetCredits"
    )


def _id(text: str, scheme: int = 1) -> UnitId:
    """The unit of a number, or of a batch as `2020#3`; 0 where the text is neither."""
    vintage, _, batch = text.partition("#")
    try:
        if not batch:
            return UnitId(int(text, 0))
        return unit_id.pack(
            unit_id.OFFSET_CREDIT, SchemeId(scheme), int(vintage), BatchId(int(batch))
        )
    except ValueError:
        return UnitId(0)


def credit_id(text: str) -> UnitId:
    """The id of an offset credit, or `2020#3` for a batch of scheme 1; else OFFSET_ARGUMENT."""
    unit = _id(text)
    if unit_id.class_of(unit) != unit_id.OFFSET_CREDIT:
        raise TonneError(
            "OFFSET_ARGUMENT",
            "This is not the id of an offset credit.",
            field="unit",
            value=text,
            remedy="Write 2020#3 for a batch of scheme 1, or an id that `tonne status` shows.",
        )
    return unit


def unit_named(text: str, scheme: int) -> UnitId:
    """Id of an allowance or an offset credit, or `allowance:2020` or `2020#3` of a scheme.

    Raises UNIT_UNREADABLE.
    """
    kind, _, vintage = text.partition(":")
    if kind == "allowance" and vintage.isdigit() and int(vintage) < 2**16:
        return unit_id.allowance(SchemeId(scheme), int(vintage))
    unit = _id(text, scheme)
    if unit_id.class_of(unit) not in (unit_id.ALLOWANCE, unit_id.OFFSET_CREDIT):
        raise TonneError(
            "UNIT_UNREADABLE",
            "This is not the id of an allowance or an offset credit.",
            field="unit",
            value=text,
            remedy="Write allowance:2020, 2020#3 for a batch of credits, or an id of `tonne status --json`.",
        )
    return unit


def held_unit(session: Session, text: str, scheme: int) -> UnitId:
    """As `unit_named`; also `credit:1`, energy credits by their series.

    Raises UNIT_UNREADABLE, CREDIT_UNKNOWN_SERIES.
    """
    kind, _, series = text.partition(":")
    if kind == "credit" and series.isdigit():
        from tonne.units.energy_credits import series_id

        return UnitId(series_id(session.chain, int(series), session.first_block))
    return unit_named(text, scheme)
