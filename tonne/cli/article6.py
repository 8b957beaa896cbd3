"""`tonne article6`: what Parties authorise, transfer, use and adjust, by serial number."""

from __future__ import annotations

from typing import Annotated, Any, Final

import typer

from tonne import countries, deployments
from tonne.audit.outcomes import OutcomesReplay
from tonne.cli.chains import unit_name
from tonne.cli.common import (
    DEFAULT_RPC,
    As,
    AsJson,
    Desk,
    Folder,
    Keystore,
    Passphrase,
    Rpc,
    connect,
    key,
    show,
    table,
)
from tonne.cli.export import replayed
from tonne.errors import TonneError
from tonne.signing import keccak

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


def _outcomes(desk: Desk) -> OutcomesReplay:
    return replayed(desk.chain, desk.deployment.first_block, None)[1]


def _block(desk: Desk, unit: int, first: int) -> int:
    """First serial number of the block that has `first`."""
    blocks = _outcomes(desk).blocks.get(unit, {})
    found = next((b.first for b in blocks.values() if b.first <= first <= b.last), None)
    if found is None:
        raise TonneError(
            "ARTICLE6_NOT_AUTHORISED",
            "No Party has authorised this serial number.",
            field="serial",
            value=first,
            remedy="See `tonne article6 list`; the host Party authorises first.",
        )
    return found


def _act(
    desk: Desk, account: Any, function: str, unit: str, first: int, last: int, *more: Any
) -> None:
    number = int(unit, 0)
    desk.chain.fund([account])
    block = _block(desk, number, first)
    desk.chain.send(account, "Article6", function, number, block, first, last, *more)


def _said(as_json: bool, unit: str, first: int, last: int, state: str) -> None:
    data = {"unit": unit, "first": first, "last": last, "state": state}
    show(data, as_json, f"{first:,} to {last:,} of {unit_name(int(unit, 0))}: {state}.")


@app.command("focal-point")
def focal_point(
    officer: Annotated[str, typer.Argument(help="Address that speaks for the Party.")],
    party: Party,
    rpc: Rpc = DEFAULT_RPC,
    folder: Folder = deployments.FOLDER,
    name: As = None,
    keystore_file: Keystore = None,
    passphrase_file: Passphrase = None,
    as_json: AsJson = False,
) -> None:
    """Name who speaks for a Party; for the authority that gives offices."""
    desk = connect(rpc, folder)
    account = key(name, keystore_file, passphrase_file)
    desk.chain.fund([account])
    number = 0 if party == "-" else countries.by_alpha3(party)
    desk.chain.send(account, "Article6", "setFocalPoint", officer, number)
    who = countries.country(number).name if number else "nobody"
    show({"officer": officer, "party": number}, as_json, f"{officer} speaks for {who}.")


@app.command()
def authorise(
    unit: Unit,
    first: First,
    last: Last,
    approach: Annotated[str, typer.Option(help="Cooperative approach, e.g. CA0001.")],
    document: Annotated[str, typer.Option(help="The authorisation; its hash goes on record.")],
    purpose: Annotated[str, typer.Option(help="ndc, other or both.")] = "ndc",
    first_transfer: Annotated[
        str, typer.Option(help="For other purposes: authorisation, issuance or use.")
    ] = "none",
    rpc: Rpc = DEFAULT_RPC,
    folder: Folder = deployments.FOLDER,
    name: As = None,
    keystore_file: Keystore = None,
    passphrase_file: Passphrase = None,
    as_json: AsJson = False,
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
    desk = connect(rpc, folder)
    account = key(name, keystore_file, passphrase_file)
    chain = desk.chain
    chain.fund([account])
    number = int(unit, 0)
    starts = [start for start in _outcomes(desk).blocks.get(number, {}) if start < first]
    receipt = chain.send(
        account,
        "Article6",
        "authorise",
        number,
        first,
        last,
        PURPOSES[purpose],
        DEFINITIONS[first_transfer],
        _approach(approach),
        keccak(document.encode()),
        max(starts, default=0),
    )
    event = next(e for e in chain.events(receipt) if e.name == "OutcomeAuthorised")
    show(
        {"authorisation": event["authorisation"], "unit": unit, "first": first, "last": last},
        as_json,
        f"Authorisation {event['authorisation']}: {last - first + 1:,} t of {unit_name(number)}.",
    )


@app.command()
def transfer(
    unit: Unit,
    first: First,
    last: Last,
    party: Party,
    rpc: Rpc = DEFAULT_RPC,
    folder: Folder = deployments.FOLDER,
    name: As = None,
    keystore_file: Keystore = None,
    passphrase_file: Passphrase = None,
    as_json: AsJson = False,
) -> None:
    """Transfer authorised outcomes to another Party, as the host Party."""
    desk, account = connect(rpc, folder), key(name, keystore_file, passphrase_file)
    _act(desk, account, "transfer", unit, first, last, countries.by_alpha3(party))
    _said(as_json, unit, first, last, "first transferred")


@app.command()
def acquire(
    unit: Unit,
    first: First,
    last: Last,
    rpc: Rpc = DEFAULT_RPC,
    folder: Folder = deployments.FOLDER,
    name: As = None,
    keystore_file: Keystore = None,
    passphrase_file: Passphrase = None,
    as_json: AsJson = False,
) -> None:
    """Confirm the acquisition, as the acquiring Party."""
    desk, account = connect(rpc, folder), key(name, keystore_file, passphrase_file)
    _act(desk, account, "acquire", unit, first, last)
    _said(as_json, unit, first, last, "acquired")


@app.command()
def use(
    unit: Unit,
    first: First,
    last: Last,
    certificate: Annotated[int, typer.Argument(help="That retired them.", min=1)],
    rpc: Rpc = DEFAULT_RPC,
    folder: Folder = deployments.FOLDER,
    name: As = None,
    keystore_file: Keystore = None,
    passphrase_file: Passphrase = None,
    as_json: AsJson = False,
) -> None:
    """Record the use that a certificate proves."""
    desk, account = connect(rpc, folder), key(name, keystore_file, passphrase_file)
    _act(desk, account, "use", unit, first, last, certificate)
    _said(as_json, unit, first, last, "used")


@app.command("use-in-surrender")
def use_in_surrender(
    unit: Unit,
    first: First,
    last: Last,
    installation: Annotated[int, typer.Argument(help="Whose obligation it was.", min=1)],
    period: Annotated[int, typer.Argument(help="Number of the compliance period.", min=1)],
    rpc: Rpc = DEFAULT_RPC,
    folder: Folder = deployments.FOLDER,
    name: As = None,
    keystore_file: Keystore = None,
    passphrase_file: Passphrase = None,
    as_json: AsJson = False,
) -> None:
    """Record the use that the surrender of these serial numbers is."""
    desk, account = connect(rpc, folder), key(name, keystore_file, passphrase_file)
    obligation, blocks = _surrender_of(desk, int(unit, 0), first, period << 32 | installation)
    word = obligation.to_bytes(32, "big")
    _act(desk, account, "useInSurrender", unit, first, last, word, blocks)
    _said(as_json, unit, first, last, "used")


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


@app.command()
def contribution(
    first_year: Annotated[int, typer.Argument(help="First year.", min=1990)],
    last_year: Annotated[int, typer.Argument(help="Last year.", min=1990)],
    rpc: Rpc = DEFAULT_RPC,
    folder: Folder = deployments.FOLDER,
    name: As = None,
    keystore_file: Keystore = None,
    passphrase_file: Passphrase = None,
    as_json: AsJson = False,
) -> None:
    """Tell the years of your Party's contribution (NDC); its adjustments are for one of them."""
    desk, account = connect(rpc, folder), key(name, keystore_file, passphrase_file)
    desk.chain.fund([account])
    desk.chain.send(account, "Article6", "setContributionPeriod", first_year, last_year)
    data = {"firstYear": first_year, "lastYear": last_year}
    show(data, as_json, f"The contribution runs from {first_year} to {last_year}.")


@app.command()
def entity(
    approach: Annotated[str, typer.Argument(help="Cooperative approach, e.g. CA0001.")],
    entity_name: Annotated[
        str, typer.Argument(help="Name of the legal entity; it stays for ever.")
    ],
    country: Annotated[str, typer.Argument(help="Of incorporation, three letters, e.g. CHN.")],
    registration: Annotated[str, typer.Argument(help="Its number in the register there.")],
    rpc: Rpc = DEFAULT_RPC,
    folder: Folder = deployments.FOLDER,
    name: As = None,
    keystore_file: Keystore = None,
    passphrase_file: Passphrase = None,
    as_json: AsJson = False,
) -> None:
    """Authorise a legal entity for a cooperative approach, on behalf of your Party."""
    desk, account = connect(rpc, folder), key(name, keystore_file, passphrase_file)
    desk.chain.fund([account])
    number = countries.by_alpha3(country)
    word = _approach(approach)
    desk.chain.send(account, "Article6", "authoriseEntity", word, number, entity_name, registration)
    data = {"approach": approach, "name": entity_name, "country": country.upper()}
    show(data, as_json, f"{entity_name} may take part in {approach}.")


def _approach(text: str) -> bytes:
    return text.encode("ascii", "replace")[:16].ljust(16, b"\0")


@app.command()
def cancel(
    unit: Unit,
    first: First,
    last: Last,
    cancellation: Annotated[int, typer.Argument(help="Number of the cancellation.", min=1)],
    rpc: Rpc = DEFAULT_RPC,
    folder: Folder = deployments.FOLDER,
    name: As = None,
    keystore_file: Keystore = None,
    passphrase_file: Passphrase = None,
    as_json: AsJson = False,
) -> None:
    """Record the cancellation that took these serial numbers."""
    desk, account = connect(rpc, folder), key(name, keystore_file, passphrase_file)
    taken = _outcomes(desk).cancelled.get((int(unit, 0), cancellation), [])
    _act(desk, account, "cancel", unit, first, last, cancellation, taken)
    _said(as_json, unit, first, last, "cancelled")


@app.command()
def adjust(
    unit: Unit,
    first: First,
    year: Annotated[int, typer.Argument(help="Year it is made for.", min=2021)],
    amount: Annotated[int, typer.Argument(help="[t CO2e]", min=1)],
    rpc: Rpc = DEFAULT_RPC,
    folder: Folder = deployments.FOLDER,
    name: As = None,
    keystore_file: Keystore = None,
    passphrase_file: Passphrase = None,
    as_json: AsJson = False,
) -> None:
    """Record your Party's corresponding adjustment for the block that begins at a serial number."""
    desk, account = connect(rpc, folder), key(name, keystore_file, passphrase_file)
    chain = desk.chain
    chain.fund([account])
    receipt = chain.send(account, "Article6", "recordAdjustment", int(unit, 0), first, year, amount)
    event = next(e for e in chain.events(receipt) if e.name == "AdjustmentRecorded")
    status = STATUSES[event["status"]]
    show(
        {"unit": unit, "first": first, "year": year, "amount": amount, "status": status},
        as_json,
        f"Corresponding adjustment for {year}: {amount:,} t; {status}.",
    )


@app.command("list")
def list_(
    rpc: Rpc = DEFAULT_RPC,
    folder: Folder = deployments.FOLDER,
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
