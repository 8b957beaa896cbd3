"""`tonne surrender` and `retire`: units given up against an obligation or for a claim."""

from __future__ import annotations

from typing import Annotated, Any, Final

import typer
from rich.markup import escape

from tonne import countries
from tonne.cli.core.command import command
from tonne.cli.core.output import parse_date
from tonne.cli.core.session import Signer
from tonne.cli.holder.holdings import ALLOWANCE, CREDIT, holdings, latest_period, plant_of
from tonne.cli.holder.unit_choice import Units, chosen, labels_now, parse
from tonne.constants import EPOCH, ZERO_WORD
from tonne.errors import refused
from tonne.text import harmless
from tonne.types import unit_id
from tonne.types.ids import UnitId
from tonne.types.unit_id import unit_name

FromExchange = Annotated[
    bool,
    typer.Option("--from-exchange", help="Take the units from your account on the exchange."),
]
LatestPeriod = Annotated[
    int,
    typer.Option(
        "--period",
        help="Compliance period number; default: the latest.",
        min=0,
        show_default=False,
    ),
]
Purpose = Annotated[str, typer.Option(help="Purpose of the claim; public for ever.")]
Beneficiary = Annotated[str, typer.Option(help="Beneficiary of the claim; public for ever.")]
Commitment = Annotated[
    str,
    typer.Option(
        help="Commitment to a private beneficiary: file of `tonne certificate commit`, or hex.",
        show_default=False,
    ),
]
FirstDay = Annotated[str, typer.Option("--from", help="First day of the claim, e.g. 2021-01-01.")]
LastDay = Annotated[str, typer.Option("--until", help="Last day of the claim, e.g. 2021-12-31.")]
Country = Annotated[str, typer.Option(help="Country of the claim, two capital letters.")]
PLACES: Final = {"wallet": "on this wallet", "free": "free on the exchange"}
NO_COMMITMENT = "0x" + "00" * 32


@command(needs=Signer, scheme=1)
def surrender(
    session: Signer,
    plant: Annotated[int, typer.Argument(help="Installation number.")],
    amount: Annotated[int, typer.Argument(help="Allowances to surrender [t].", min=0)],
    credits_: Annotated[
        int, typer.Option("--credits", help="Offset credits to surrender besides [t].", min=0)
    ] = 0,
    units: Units = None,
    from_exchange: FromExchange = False,
    period: LatestPeriod = 0,
) -> None:
    """Surrender units against a plant's obligation. It cannot be undone."""
    account = session.account
    held = [
        h
        for h in holdings(session, session.participant, account.address)
        if unit_id.class_of(h["unit"]) != ALLOWANCE
        or unit_id.scheme_of(h["unit"]) == session.scheme
    ]
    where = "free" if from_exchange else "wallet"
    if not amount and not credits_:
        raise refused("SURRENDER_NOTHING", amount=amount)
    wanted = {ALLOWANCE: amount, CREDIT: credits_}
    parts = chosen(held, wanted, where, units or (), labels_now(session, units or ()))
    ids, amounts = [unit for unit, _ in parts], [part for _, part in parts]
    period = period or latest_period(session, session.scheme)
    function = "surrenderFromLedger" if from_exchange else "surrender"
    receipt = session.send("Compliance", function, plant, period, ids, amounts)
    found = plant_of(session, session.scheme, period, plant)
    session.show(
        {
            "plant": plant,
            "surrendered": sum(amounts),
            "units": [{"unit": str(unit), "amount": part} for unit, part in parts],
            "open": found["open"],
            "standing": found["standing"],
            "transaction": receipt.hash,
        },
        f"{sum(amounts):,} t surrendered for plant {plant}; {found['open']:,} t still open"
        f" ({found['standing']}).",
    )


@command(needs=Signer)
def retire(
    session: Signer,
    amount: Annotated[int, typer.Argument(help="Credits to retire [t].", min=1)],
    purpose: Purpose,
    first_day: FirstDay,
    last_day: LastDay,
    beneficiary: Beneficiary = "",
    commitment: Commitment = NO_COMMITMENT,
    country: Country = "CN",
    unit: Annotated[
        str | None,
        typer.Option(
            help="Unit: vintage 2020, batch 2020#3, label:NAME, allowance:2020 or id;"
            " default: the only batch of credits."
        ),
    ] = None,
    from_exchange: FromExchange = False,
    towards: Annotated[
        str | None,
        typer.Option(
            help="For credits authorised for use abroad: Party that acquired them, e.g. CHE, or other."
        ),
    ] = None,
) -> None:
    """Retire credits for a claim and get a certificate. It cannot be undone."""
    from tonne.units import retirement_certificates

    if from_exchange and towards is not None:
        raise refused("RETIRE_TOWARDS_EXCHANGE")
    retired = _unit(session, unit, amount, "free" if from_exchange else "wallet")
    claim = claim_of(
        beneficiary,
        purpose,
        first_day,
        last_day,
        country,
        retirement_certificates.commitment_of(commitment),
    )
    if from_exchange:
        account = session.account.address
        receipt = session.send(
            "RetirementRegistry", "retireFromLedger", retired, amount, claim, account
        )
    elif towards is None:
        receipt = session.send("RetirementRegistry", "retire", retired, amount, claim)
    else:
        party = 0 if towards == "other" else countries.by_alpha3(towards)
        marked = (retired, amount, claim, session.account.address, party)
        receipt = session.send("RetirementRegistry", "retireOutcome", *marked)
    event = session.sent_event(receipt, "UnitsRetired")
    blocks = [(block.first, block.last) for block in event["blocks"]]
    serials = ", ".join(f"{first:,} to {last:,}" for first, last in blocks)
    session.show(
        {
            "certificate": event["certificate"],
            "unit": str(retired),
            "amount": amount,
            "serials": blocks,
            "transaction": receipt.hash,
        },
        f"Certificate {event['certificate']}: {amount:,} t of {unit_name(retired)} retired for"
        f" {escape(harmless(beneficiary)) or 'a beneficiary under commitment'}"
        + (f", serial numbers {serials}." if blocks else "."),
    )


def claim_of(
    beneficiary: str,
    purpose: str,
    first_day: str,
    last_day: str,
    country: str,
    commitment: bytes = ZERO_WORD,
) -> dict[str, Any]:
    """A claim as the RetirementRegistry takes it, its beneficiary named or as a commitment.

    Raises RETIRE_BENEFICIARY for none or both, RETIRE_PERIOD for days in the wrong order.
    """
    if bool(beneficiary) == (commitment != ZERO_WORD):
        raise refused("RETIRE_BENEFICIARY", beneficiary=beneficiary)
    if _day(last_day) < _day(first_day):
        raise refused("RETIRE_PERIOD", last_day=last_day, first_day=first_day)
    return {
        "beneficiary": beneficiary,
        "commitment": commitment,
        "purpose": purpose,
        "periodStart": _day(first_day),
        "periodEnd": _day(last_day),
        "country": countries.alpha2(country).encode(),
    }


def _unit(session: Signer, text: str | None, amount: int, where: str) -> UnitId:
    """The unit to retire: an id as it is, else the batch of credits that is named, or the only one held."""
    choice = parse(text) if text is not None else None
    if choice is not None and choice.unit is not None:
        return UnitId(choice.unit)
    held = holdings(session, session.participant, session.account.address)
    if text is None:
        held = [h for h in held if unit_id.class_of(h["unit"]) == CREDIT and h[where] >= amount]
        if not held:
            raise refused("RETIRE_NOT_HELD", amount=amount, places=PLACES[where])
    kind = CREDIT if choice is None or choice.kind is None else choice.kind
    texts = [text] if text is not None else []
    ((unit, _),) = chosen(held, {kind: amount}, where, texts, labels_now(session, texts))
    return unit


def _day(text: str) -> int:
    """Days since 1970-01-01; raises RETIRE_BAD_DAY."""
    return (parse_date(text, "from/until", "RETIRE_BAD_DAY") - EPOCH).days
