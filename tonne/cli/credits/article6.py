"""`tonne article6`: mitigation outcomes authorised, transferred, used and adjusted by Parties."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, Final

import typer

from tonne import countries
from tonne.cli.core.command import command
from tonne.cli.core.officer_act import Effect, OfficerAct, OfficerCall
from tonne.cli.core.options import ON_RECORD
from tonne.cli.core.output import table
from tonne.cli.core.session import Session, Signer, address_of, text_hash
from tonne.cli.core.unit_names import credit_id
from tonne.errors import refused
from tonne.types.ids import UnitId
from tonne.types.references import Reference
from tonne.types.unit_id import unit_name

if TYPE_CHECKING:
    from tonne.audit.compliance.article6 import Article6Replay, ItmoBlock

app = typer.Typer(
    help="Mitigation outcomes between Parties (Paris Agreement, Article 6).",
    no_args_is_help=True,
)

#: `ItmoState`, `AdjustmentStatus`, `ItmoPurpose` and `FirstTransfer` of IArticle6.
STATES: Final = (
    *("none", "authorised", "first transferred", "acquired", "used", "cancelled"),
    "lapsed",
)
STATUSES: Final = ("not required", "not started", "pending", "completed")
PURPOSES: Final = {"ndc": 1, "other": 2, "both": 3}
DEFINITIONS: Final = {"none": 0, "authorisation": 1, "issuance": 2, "use": 3}

Unit = Annotated[
    str, typer.Argument(help="Batch of the credits: 2020#1 of scheme 1, or its unit id.")
]
First = Annotated[int, typer.Argument(help="First serial number.", min=1)]
Last = Annotated[int, typer.Argument(help="Last serial number.", min=1)]
Party = Annotated[str, typer.Argument(help="Party, ISO 3166-1 alpha-3, e.g. CHN; - for none.")]


def _outcomes(session: Session) -> Article6Replay:
    from tonne.audit.export.rebuild import rebuild

    return rebuild(session.chain, session.first_block).article6


@app.command()
@command(needs=OfficerAct)
def focal_point(
    act: OfficerAct,
    officer: Annotated[
        str, typer.Argument(help="Focal point: address, keystore file or account name.")
    ],
    party: Party,
) -> None:
    """Set the focal point of a Party, as the authority that grants offices."""
    number = 0 if party == "-" else countries.by_alpha3(party)
    wallet = address_of(officer, "officer")
    before = _party(act.chain.call("Article6", "partyOf", wallet))
    change = Effect(f"{wallet} speaks for", before, _party(number))
    call = OfficerCall("Article6", "setFocalPoint", (wallet, number), [change])
    act.do("Name a focal point", [call], {"party": number})


@app.command()
@command(needs=OfficerAct)
def authorise(
    act: OfficerAct,
    unit: Unit,
    amount: Annotated[int, typer.Argument(help="Amount [t CO2e].", min=1)],
    holder: Annotated[int, typer.Argument(help="Participant who may have them set apart.", min=1)],
    approach: Annotated[str, typer.Option(help="Cooperative approach, e.g. CA0001.")],
    document: Annotated[str, typer.Option(help=f"Authorisation document. {ON_RECORD}")],
    towards: Annotated[
        str, typer.Option(help="Party towards whose contribution, e.g. CHE; - for other purposes.")
    ] = "-",
    purpose: Annotated[str, typer.Option(help="Purpose: ndc, other or both.")] = "ndc",
    first_transfer: Annotated[
        str,
        typer.Option(help="First transfer, for other purposes: authorisation, issuance or use."),
    ] = "none",
) -> None:
    """Authorise credits of a batch as mitigation outcomes, as the host Party."""
    for value, known, field in (
        (purpose, PURPOSES, "purpose"),
        (first_transfer, DEFINITIONS, "first-transfer"),
    ):
        if value not in known:
            raise refused(
                "ARTICLE6_UNKNOWN_WORD", word=value, field=field, choices=", ".join(known)
            )
    number = credit_id(unit)
    party = 0 if towards == "-" else countries.by_alpha3(towards)
    terms = (PURPOSES[purpose], DEFINITIONS[first_transfer], _approach(approach))
    args = (number, amount, holder, party, *terms, text_hash(document))
    change = Effect(f"{amount:,} t of {unit_name(number)}", STATES[0], STATES[1])
    data = {"unit": unit, "amount": amount, "holder": holder}
    call = OfficerCall("Article6", "authorise", args, [change])
    act.do(f"Authorise {amount:,} t", [call], data, result=_authorised)


def _authorised(act: OfficerAct) -> tuple[dict[str, Any], str]:
    number = act.event("OutcomeAuthorised")["authorisation"]
    return {"authorisation": number}, f"  It is authorisation {number}."


@app.command()
@command(needs=Signer)
def set_apart(
    session: Signer,
    authorisation: Annotated[int, typer.Argument(help="Number of the authorisation.", min=1)],
    amount: Annotated[int, typer.Argument(help="Amount [t CO2e].", min=1)],
) -> None:
    """Set your authorised credits apart in a batch of their own, first in first out."""
    receipt = session.send("Article6", "setApart", authorisation, amount)
    event = session.sent_event(receipt, "OutcomeSetApart")
    unit, first, last = UnitId(event["unit"]), event["first"], event["last"]
    session.show(
        {"unit": str(unit), "first": first, "last": last, "transaction": receipt.hash},
        f"{amount:,} t are {unit_name(unit)} now ({unit}), serial numbers {first:,} to {last:,}.",
    )


@app.command()
@command(needs=OfficerAct)
def transfer(act: OfficerAct, unit: Unit, first: First) -> None:
    """Transfer the block starting at a serial number to the Party it is authorised for, as the host Party."""
    _hand_over(act, "transfer", unit, first, 2)


@app.command()
@command(needs=OfficerAct)
def acquire(act: OfficerAct, unit: Unit, first: First) -> None:
    """Confirm the acquisition of the block starting at a serial number, as the acquiring Party."""
    _hand_over(act, "acquire", unit, first, 3)


@app.command()
@command(needs=Signer)
def lapse(session: Signer, unit: Unit, first: First) -> None:
    """End an authorisation that no Party took up within a year: the credits are like any other again."""
    receipt = session.send("Article6", "lapse", credit_id(unit), first)
    event = session.sent_event(receipt, "OutcomeLapsed")
    session.show(
        {"unit": unit, "first": event["first"], "last": event["last"], "transaction": receipt.hash},
        f"The authorisation of {_run(event['unit'], event['first'], event['last'])} has lapsed.",
    )


@app.command()
@command(needs=OfficerAct)
def use(
    act: OfficerAct,
    unit: Unit,
    first: First,
    last: Last,
    certificate: Annotated[
        int, typer.Argument(help="Number of the certificate that retired them.", min=1)
    ],
) -> None:
    """Record a use proven by a retirement certificate."""
    _act(act, "use", unit, first, last, 4, certificate)


@app.command()
@command(needs=OfficerAct)
def use_in_surrender(
    act: OfficerAct,
    unit: Unit,
    first: First,
    last: Last,
    installation: Annotated[
        int, typer.Argument(help="Installation number of the obligation.", min=1)
    ],
    period: Annotated[int, typer.Argument(help="Compliance period number.", min=1)],
) -> None:
    """Record a use by surrender of these serial numbers."""
    obligation, blocks = _surrender_of(act, credit_id(unit), first, period, installation)
    _act(act, "useInSurrender", unit, first, last, 4, obligation, blocks)


@app.command()
@command(needs=OfficerAct)
def cancel(
    act: OfficerAct,
    unit: Unit,
    first: First,
    last: Last,
    cancellation: Annotated[int, typer.Argument(help="Cancellation number.", min=1)],
) -> None:
    """Record the cancellation of these serial numbers."""
    taken = _outcomes(act).cancelled.get((credit_id(unit), cancellation), [])
    _act(act, "cancel", unit, first, last, 5, cancellation, taken)


@app.command()
@command(needs=OfficerAct)
def contribution(
    act: OfficerAct,
    first_year: Annotated[int, typer.Argument(help="First year.", min=1990)],
    last_year: Annotated[int, typer.Argument(help="Last year.", min=1990)],
) -> None:
    """Set the years of your Party's contribution (NDC), for which it makes adjustments."""
    chain = act.chain
    told = chain.call("Article6", "contributionOf", chain.call("Article6", "partyOf", act.officer))
    before = f"{told[0]} to {told[1]}" if told[0] else "not told"
    change = Effect("contribution", before, f"{first_year} to {last_year}")
    call = OfficerCall("Article6", "setContributionPeriod", (first_year, last_year), [change])
    data = {"firstYear": first_year, "lastYear": last_year}
    act.do("Tell the years of a contribution", [call], data)


@app.command()
@command(needs=OfficerAct)
def entity(
    act: OfficerAct,
    approach: Annotated[str, typer.Argument(help="Cooperative approach, e.g. CA0001.")],
    entity_name: Annotated[str, typer.Argument(help="Name of the legal entity; public for ever.")],
    country: Annotated[
        str, typer.Argument(help="Country of incorporation, three letters, e.g. CHN.")
    ],
    registration: Annotated[str, typer.Argument(help="Registration number there.")],
) -> None:
    """Authorise a legal entity for a cooperative approach, as a focal point."""
    args = (_approach(approach), countries.by_alpha3(country), entity_name, registration)
    change = Effect(f"{entity_name} in {approach}", "not authorised by this act", "authorised")
    data = {"approach": approach, "name": entity_name, "country": country.upper()}
    act.do(
        "Authorise an entity", [OfficerCall("Article6", "authoriseEntity", args, [change])], data
    )


@app.command()
@command(needs=OfficerAct)
def adjust(
    act: OfficerAct,
    unit: Unit,
    first: First,
    year: Annotated[int, typer.Argument(help="Year of the adjustment.", min=2021)],
    amount: Annotated[int, typer.Argument(help="Adjustment [t CO2e].", min=1)],
) -> None:
    """Record your Party's corresponding adjustment for the block starting at a serial number."""
    number = credit_id(unit)
    what = f"corresponding adjustment of {year} for {unit_name(number)} from {first:,}"
    change = Effect(what, "not recorded by your Party", f"{amount:,} t")
    data = {"unit": unit, "first": first, "year": year, "amount": amount}
    call = OfficerCall("Article6", "recordAdjustment", (number, first, year, amount), [change])
    act.do("Record a corresponding adjustment", [call], data, result=_adjusted)


def _adjusted(act: OfficerAct) -> tuple[dict[str, Any], str]:
    event = act.event("AdjustmentRecorded")
    status = STATUSES[event["status"]]
    return {"status": status}, f"  The adjustment is {status}."


def _act(
    act: OfficerAct, function: str, unit: str, first: int, last: int, state: int, *more: Any
) -> None:
    """Moves serial numbers of one block to another state."""
    number = credit_id(unit)
    block = _block(act, number, first)
    change = Effect(_run(number, first, last), STATES[block.state], STATES[state])
    call = OfficerCall("Article6", function, (number, block.first, first, last, *more), [change])
    data = {"unit": unit, "first": first, "last": last, "state": STATES[state]}
    act.do(f"Record mitigation outcomes as {STATES[state]}", [call], data)


def _hand_over(act: OfficerAct, function: str, unit: str, first: int, state: int) -> None:
    """Moves a whole block from Party to Party."""
    number = credit_id(unit)
    block = _block(act, number, first)
    change = Effect(_run(number, block.first, block.last), STATES[block.state], STATES[state])
    call = OfficerCall("Article6", function, (number, block.first), [change])
    data = {"unit": unit, "first": block.first, "last": block.last, "state": STATES[state]}
    act.do(f"Record mitigation outcomes as {STATES[state]}", [call], data)


def _block(session: Session, unit: UnitId, first: int) -> ItmoBlock:
    """Block of outcomes that contains `first`; raises ARTICLE6_NOT_AUTHORISED."""
    blocks = _outcomes(session).blocks.get(UnitId(unit), {})
    found = next((b for b in blocks.values() if b.first <= first <= b.last), None)
    if found is None:
        raise refused("ARTICLE6_NOT_AUTHORISED", serial=first)
    return found


def _surrender_of(
    session: Session, unit: UnitId, first: int, period: int, installation: int
) -> tuple[bytes, list[Any]]:
    """Obligation and blocks of the surrender of `first`; the obligation is of any scheme."""
    for (of, number), exits in _outcomes(session).surrendered.items():
        obligation = number.to_bytes(32, "big")
        about = Reference.unpack(obligation)
        if of != unit or (about.period, about.party) != (period, installation):
            continue
        for blocks in exits:
            if _has(blocks, first):
                return obligation, blocks
    raise refused("ARTICLE6_NOT_SURRENDERED", serial=first, installation=installation)


def _has(blocks: list[Any], serial: int) -> bool:
    return any(block.first <= serial <= block.last for block in blocks)


def _party(number: int) -> str:
    return countries.country(number).name if number else "nobody"


def _run(unit: UnitId, first: int, last: int) -> str:
    return f"{first:,} to {last:,} of {unit_name(unit)}"


def _approach(text: str) -> bytes:
    return text.encode("ascii", "replace")[:16].ljust(16, b"\0")


@app.command("list")
@command(needs=Session)
def list_(session: Session) -> None:
    """List every block with its state, its Parties and its adjustment."""
    outcomes = _outcomes(session)
    data = [
        {
            "unit": str(unit),
            "first": b.first,
            "last": b.last,
            "state": STATES[b.state],
            "host": countries.country(outcomes.authorisations[b.authorisation]["party"]).alpha3,
            "acquirer": countries.country(b.acquirer).alpha3 if b.acquirer else None,
            "adjustment": STATUSES[outcomes.status(unit, b)],
        }
        for unit, blocks in sorted(outcomes.blocks.items())
        for _, b in sorted(blocks.items())
    ]
    rows = [
        (
            unit_name(UnitId(int(str(d["unit"])))),
            f"{d['first']:,}",
            f"{d['last']:,}",
            d["state"],
            d["host"],
            d["acquirer"] or "-",
            d["adjustment"],
        )
        for d in data
    ]
    columns = ("unit", ">first", ">last", "state", "host", "acquirer", "adjustment")
    session.show({"blocks": data}, table("", columns, rows) if rows else "Nothing is authorised.")
