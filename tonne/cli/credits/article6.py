"""`tonne article6`: what Parties authorise, transfer, use and adjust, by serial number."""

from __future__ import annotations

from typing import Annotated, Any, Final

import typer

from tonne import countries
from tonne.audit.compliance.article6 import Article6Replay, ItmoBlock
from tonne.audit.export.rebuild import rebuild
from tonne.cli.chain.deploy_status import credit_id, unit_name
from tonne.cli.core.officer_act import Act, Change, Hand, acting
from tonne.cli.core.session import DEFAULT_RPC, AsJson, Desk, Folder, Rpc, connect, show, table
from tonne.crypto.accounts import keccak
from tonne.deployment import record
from tonne.errors import TonneError

app = typer.Typer(
    help="Follow mitigation outcomes between Parties (Paris Agreement, Article 6).",
    no_args_is_help=True,
)

#: `ItmoState`, `AdjustmentStatus`, `ItmoPurpose` and `FirstTransfer` of IArticle6, as people say them.
STATES: Final = ("none", "authorised", "first transferred", "acquired", "used", "cancelled")
STATUSES: Final = ("not required", "not started", "pending", "completed")
PURPOSES: Final = {"ndc": 1, "other": 2, "both": 3}
DEFINITIONS: Final = {"none": 0, "authorisation": 1, "issuance": 2, "use": 3}

Unit = Annotated[str, typer.Argument(help="Id of the credits.")]
First = Annotated[int, typer.Argument(help="First serial number.", min=1)]
Last = Annotated[int, typer.Argument(help="Last serial number.", min=1)]
Party = Annotated[str, typer.Argument(help="Three letters of ISO 3166-1, e.g. CHN; - for none.")]


def _outcomes(desk: Desk) -> Article6Replay:
    return rebuild(desk.chain, desk.deployment.first_block).article6


@acting(app)
def focal_point(
    hand: Hand,
    officer: Annotated[str, typer.Argument(help="Address that speaks for the Party.")],
    party: Party,
) -> None:
    """Name who speaks for a Party; for the authority that gives offices."""
    number = 0 if party == "-" else countries.by_alpha3(party)
    before = _party(hand.desk.chain.call("Article6", "partyOf", officer))
    change = Change(f"{officer} speaks for", before, _party(number))
    act = Act("Article6", "setFocalPoint", (officer, number), [change])
    hand.do("Name a focal point", [act], {"party": number})


@acting(app)
def authorise(
    hand: Hand,
    unit: Unit,
    first: First,
    last: Last,
    approach: Annotated[str, typer.Option(help="Cooperative approach, e.g. CA0001.")],
    document: Annotated[str, typer.Option(help="The authorisation; its hash goes on record.")],
    purpose: Annotated[str, typer.Option(help="ndc, other or both.")] = "ndc",
    first_transfer: Annotated[
        str, typer.Option(help="For other purposes: authorisation, issuance or use.")
    ] = "none",
) -> None:
    """Authorise serial numbers, as the host Party."""
    for value, known, field in (
        (purpose, PURPOSES, "purpose"),
        (first_transfer, DEFINITIONS, "first-transfer"),
    ):
        if value not in known:
            raise TonneError(
                "ARTICLE6_UNKNOWN_WORD",
                f"There is no {value} here.",
                field=field,
                value=value,
                remedy=f"Known: {', '.join(known)}.",
            )
    number = credit_id(unit)
    starts = [start for start in _outcomes(hand.desk).blocks.get(number, {}) if start < first]
    args = (
        number,
        first,
        last,
        PURPOSES[purpose],
        DEFINITIONS[first_transfer],
        _approach(approach),
        keccak(document.encode()),
        max(starts, default=0),
    )
    change = Change(_run(number, first, last), STATES[0], STATES[1])
    data = {"unit": unit, "first": first, "last": last}
    act = Act("Article6", "authorise", args, [change])
    hand.do(f"Authorise {last - first + 1:,} t", [act], data, outcome=_authorised)


def _authorised(hand: Hand) -> tuple[dict[str, Any], str]:
    number = next(e for e in hand.events() if e.name == "OutcomeAuthorised")["authorisation"]
    return {"authorisation": number}, f"  It is authorisation {number}."


@acting(app)
def transfer(hand: Hand, unit: Unit, first: First, last: Last, party: Party) -> None:
    """Transfer authorised outcomes to another Party, as the host Party."""
    _act(hand, "transfer", unit, first, last, 2, countries.by_alpha3(party))


@acting(app)
def acquire(hand: Hand, unit: Unit, first: First, last: Last) -> None:
    """Confirm the acquisition, as the acquiring Party."""
    _act(hand, "acquire", unit, first, last, 3)


@acting(app)
def use(
    hand: Hand,
    unit: Unit,
    first: First,
    last: Last,
    certificate: Annotated[int, typer.Argument(help="That retired them.", min=1)],
) -> None:
    """Record the use that a certificate proves."""
    _act(hand, "use", unit, first, last, 4, certificate)


@acting(app)
def use_in_surrender(
    hand: Hand,
    unit: Unit,
    first: First,
    last: Last,
    installation: Annotated[int, typer.Argument(help="Whose obligation it was.", min=1)],
    period: Annotated[int, typer.Argument(help="Number of the compliance period.", min=1)],
) -> None:
    """Record the use that the surrender of these serial numbers is."""
    plant = period << 32 | installation
    obligation, blocks = _surrender_of(hand.desk, credit_id(unit), first, plant)
    _act(hand, "useInSurrender", unit, first, last, 4, obligation.to_bytes(32, "big"), blocks)


@acting(app)
def cancel(
    hand: Hand,
    unit: Unit,
    first: First,
    last: Last,
    cancellation: Annotated[int, typer.Argument(help="Number of the cancellation.", min=1)],
) -> None:
    """Record the cancellation that took these serial numbers."""
    taken = _outcomes(hand.desk).cancelled.get((credit_id(unit), cancellation), [])
    _act(hand, "cancel", unit, first, last, 5, cancellation, taken)


@acting(app)
def contribution(
    hand: Hand,
    first_year: Annotated[int, typer.Argument(help="First year.", min=1990)],
    last_year: Annotated[int, typer.Argument(help="Last year.", min=1990)],
) -> None:
    """Tell the years of your Party's contribution (NDC); its adjustments are for one of them."""
    chain = hand.desk.chain
    told = chain.call("Article6", "contributionOf", chain.call("Article6", "partyOf", hand.officer))
    before = f"{told[0]} to {told[1]}" if told[0] else "not told"
    change = Change("contribution", before, f"{first_year} to {last_year}")
    act = Act("Article6", "setContributionPeriod", (first_year, last_year), [change])
    data = {"firstYear": first_year, "lastYear": last_year}
    hand.do("Tell the years of a contribution", [act], data)


@acting(app)
def entity(
    hand: Hand,
    approach: Annotated[str, typer.Argument(help="Cooperative approach, e.g. CA0001.")],
    entity_name: Annotated[
        str, typer.Argument(help="Name of the legal entity; it stays for ever.")
    ],
    country: Annotated[str, typer.Argument(help="Of incorporation, three letters, e.g. CHN.")],
    registration: Annotated[str, typer.Argument(help="Its number in the register there.")],
) -> None:
    """Authorise a legal entity for a cooperative approach, on behalf of your Party."""
    args = (_approach(approach), countries.by_alpha3(country), entity_name, registration)
    change = Change(f"{entity_name} in {approach}", "not authorised by this act", "authorised")
    data = {"approach": approach, "name": entity_name, "country": country.upper()}
    hand.do("Authorise an entity", [Act("Article6", "authoriseEntity", args, [change])], data)


@acting(app)
def adjust(
    hand: Hand,
    unit: Unit,
    first: First,
    year: Annotated[int, typer.Argument(help="Year it is made for.", min=2021)],
    amount: Annotated[int, typer.Argument(help="[t CO2e]", min=1)],
) -> None:
    """Record your Party's corresponding adjustment for the block that begins at a serial number."""
    number = credit_id(unit)
    what = f"corresponding adjustment of {year} for {unit_name(number)} from {first:,}"
    change = Change(what, "not recorded by your Party", f"{amount:,} t")
    data = {"unit": unit, "first": first, "year": year, "amount": amount}
    act = Act("Article6", "recordAdjustment", (number, first, year, amount), [change])
    hand.do("Record a corresponding adjustment", [act], data, outcome=_adjusted)


def _adjusted(hand: Hand) -> tuple[dict[str, Any], str]:
    event = next(e for e in hand.events() if e.name == "AdjustmentRecorded")
    status = STATUSES[event["status"]]
    return {"status": status}, f"  The adjustment is {status}."


def _act(
    hand: Hand, function: str, unit: str, first: int, last: int, state: int, *more: Any
) -> None:
    """Takes serial numbers of one block to another state."""
    number = credit_id(unit)
    block = _block(hand.desk, number, first)
    change = Change(_run(number, first, last), STATES[block.state], STATES[state])
    act = Act("Article6", function, (number, block.first, first, last, *more), [change])
    data = {"unit": unit, "first": first, "last": last, "state": STATES[state]}
    hand.do(f"Record mitigation outcomes as {STATES[state]}", [act], data)


def _block(desk: Desk, unit: int, first: int) -> ItmoBlock:
    """The block that has `first`."""
    blocks = _outcomes(desk).blocks.get(unit, {})
    found = next((b for b in blocks.values() if b.first <= first <= b.last), None)
    if found is None:
        raise TonneError(
            "ARTICLE6_NOT_AUTHORISED",
            "No Party has authorised this serial number.",
            field="serial",
            value=first,
            remedy="See `tonne article6 list`; the host Party authorises first.",
        )
    return found


def _surrender_of(desk: Desk, unit: int, first: int, plant: int) -> tuple[int, list[Any]]:
    """Obligation and blocks of the surrender that took `first`; `plant` is all of it but the scheme."""
    for (of, obligation), exits in _outcomes(desk).surrendered.items():
        for blocks in exits:
            if of == unit and obligation & (1 << 48) - 1 == plant and _has(blocks, first):
                return obligation, blocks
    raise TonneError(
        "ARTICLE6_NOT_SURRENDERED",
        "No surrender against this obligation took this serial number.",
        field="serial",
        value=first,
        remedy="See where it went: `tonne trace`.",
    )


def _has(blocks: list[Any], serial: int) -> bool:
    return any(block.first <= serial <= block.last for block in blocks)


def _party(number: int) -> str:
    return countries.country(number).name if number else "nobody"


def _run(unit: int, first: int, last: int) -> str:
    return f"{first:,} to {last:,} of {unit_name(unit)}"


def _approach(text: str) -> bytes:
    return text.encode("ascii", "replace")[:16].ljust(16, b"\0")


@app.command("list")
def list_(
    rpc: Rpc = DEFAULT_RPC,
    folder: Folder = record.FOLDER,
    as_json: AsJson = False,
) -> None:
    """List every block: its state, its Parties, and how far its adjustment is."""
    desk = connect(rpc, folder)
    outcomes = _outcomes(desk)
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
            unit_name(int(d["unit"])),
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
    show({"blocks": data}, as_json, table("", columns, rows) if rows else "Nothing is authorised.")
