"""`tonne credit`: energy credits of a local government, from the collateral to the last of them."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from tonne.chain.client import Event
from tonne.cli.core.officer_act import Act, Change, Hand, acting, command_of
from tonne.cli.core.session import (
    DEFAULT_RPC,
    WHO,
    As,
    AsJson,
    Desk,
    Folder,
    Keystore,
    Passphrase,
    Rpc,
    SchemeNumber,
    connect,
    key,
    many,
    parse_day,
    parse_money,
    participant_named,
    party,
    show,
    table,
)
from tonne.crypto.accounts import Account, keccak
from tonne.deployment import record as deployments
from tonne.errors import TonneError
from tonne.units import energy_credits
from tonne.units.energy_credits import COLLATERAL, DECIMALS, KINDS, USES, bits, credits

app = typer.Typer(help="Energy credits: issue, supervise, recover.", no_args_is_help=True)

SeriesNumber = Annotated[int, typer.Argument(help="Number of the series, see `report`.", min=1)]
Credits = Annotated[str, typer.Argument(help="Credits, such as 1,000 or 0.25.")]
Reason = Annotated[str, typer.Option(help="Why; its hash goes on record.")]

DAY_S = 86_400
SWEPT = 200  # wallets in one call


def micro(text: str) -> int:
    """Credits as a person wrote them [micro-credit]."""
    return parse_money(text, DECIMALS)


def find(desk: Desk, number: int) -> int:
    return energy_credits.series_id(desk.chain, number, desk.deployment.first_block)


def approve(desk: Desk, account: Account, house: str) -> None:
    """Lets a contract that holds credits for others move the account's, once."""
    address = desk.chain[house]
    if not desk.chain.call("EnergyCredits", "isApprovedForAll", account, address):
        desk.chain.send(account, "EnergyCredits", "setApprovalForAll", address, True)


def open_(
    hand: Hand,
    until: Annotated[str, typer.Option(help="Last day its credits are good, like 2026-12-31.")],
    purpose: Annotated[str, typer.Option(help="What it is for; its hash goes on record.")],
    use: Annotated[
        list[str] | None,
        typer.Option(help="transfer, power or bills; may be repeated. Without it all three."),
    ] = None,
    kind: Annotated[
        list[str] | None,
        typer.Option(help="Kind of participant that may be given it; may be repeated."),
    ] = None,
    scheme: SchemeNumber = 1,
) -> None:
    """Open a series, as the local government. A supervisor sets its limit before any is issued."""
    chain = hand.desk.chain
    day_ends = (parse_day(until, "until") + 1) * DAY_S - 1
    expiry = day_ends - chain.call("Schemes", "schemeInfo", scheme).utcOffset
    terms = (
        scheme,
        expiry,
        bits(use or list(USES), USES, "use"),
        bits(kind or [], KINDS, "kind"),
        keccak(purpose.encode()),
    )
    change = Change("series", "none", f"open, good until {hand.desk.when(expiry)}; its limit is 0")
    act = Act("EnergyCredits", "openSeries", (terms,), [change])
    hand.do("Open a series of energy credits", [act], {"expiry": expiry}, outcome=_opened)


app.command("open")(command_of(open_))


def _opened(hand: Hand) -> tuple[dict[str, Any], str]:
    event = _only(hand, "SeriesOpened")
    number = energy_credits.number_of(event["id"])
    data = {"series": number, "id": hex(event["id"]), "issuer": event["issuer"]}
    return data, f"  It is series {number}."


@acting(app)
def collateral(
    hand: Hand,
    series: SeriesNumber,
    amount: Credits,
    kind: Annotated[str, typer.Option(help="deposit, revenue, energy or service.")] = "deposit",
    document: Annotated[str | None, typer.Option(help="The deed; its hash goes on record.")] = None,
    withdraw: Annotated[
        int | None, typer.Option(help="Take it off this record instead.", min=1)
    ] = None,
    reason: Annotated[str | None, typer.Option(help="Why it is taken off.")] = None,
) -> None:
    """Put collateral on record, as the issuer; or with --withdraw take off what nothing needs."""
    id_, value = find(hand.desk, series), micro(amount)
    text = reason if withdraw else document
    if not text:
        raise TonneError(
            "CREDIT_NO_DOCUMENT",
            "Collateral goes on record with its deed, and off it with a reason.",
            field="reason" if withdraw else "document",
            remedy="Give --reason." if withdraw else "Give --document.",
        )
    held = _series(hand, id_).collateral
    after = held - value if withdraw else held + value
    change = Change(f"collateral of series {series}", credits(held), credits(max(after, 0)))
    data: dict[str, Any] = {"series": series, "amount": value, "collateral": after}
    why = keccak(text.encode())
    if withdraw:
        act = Act("EnergyCredits", "withdrawCollateral", (id_, withdraw, value, why), [change])
        hand.do(f"Take collateral off record {withdraw}", [act], {**data, "record": withdraw})
        return
    number = bits([kind], {k: i for i, k in enumerate(COLLATERAL) if i}, "kind")
    act = Act("EnergyCredits", "recordCollateral", (id_, number, value, why), [change])
    hand.do("Put collateral on record", [act], data, outcome=_recorded)


def _recorded(hand: Hand) -> tuple[dict[str, Any], str]:
    record = _only(hand, "CollateralRecorded")["record"]
    return {"record": record}, f"  It is record {record}."


@acting(app)
def limit(
    hand: Hand,
    series: SeriesNumber,
    amount: Credits,
    reason: Annotated[str | None, typer.Option(help="Why, for the limit of the series.")] = None,
    participant: Annotated[
        str | None,
        typer.Option(help=f"Limit what this one is issued in all; `all` for the others. {WHO}"),
    ] = None,
) -> None:
    """Limit what is outstanding of a series, as its supervisor; or what a participant is issued,
    as its issuer."""
    id_, value = find(hand.desk, series), micro(amount)
    if participant is not None:
        _limit_receiver(hand, series, id_, value, participant)
        return
    if not reason:
        raise TonneError(
            "CREDIT_NO_REASON",
            "A limit is set with a reason.",
            field="reason",
            remedy="Give --reason; or --participant to limit what one is issued.",
        )
    before = credits(_series(hand, id_).limit)
    change = Change(f"most that is outstanding of series {series}", before, credits(value))
    args = (id_, value, keccak(reason.encode()))
    act = Act("EnergyCredits", "setIssueLimit", args, [change])
    hand.do(f"Limit series {series}", [act], {"series": series, "limit": value})


def _limit_receiver(hand: Hand, series: int, id_: int, value: int, participant: str) -> None:
    who = 0 if participant == "all" else participant_named(hand.desk, participant, "participant")
    own = hand.desk.chain.call("EnergyCredits", "grantOf", id_, who) if who else None
    usual = _series(hand, id_).receiverLimit
    held = own.limit if own and own.limited else usual or None
    whose = f"participant {who}" if who else "a participant without a limit of its own"
    change = Change(f"most that {whose} is issued of series {series}", _most(held), credits(value))
    act = Act("EnergyCredits", "setReceiverLimit", (id_, who, who != 0, value), [change])
    data = {"series": series, "participant": who, "limit": value}
    hand.do(f"Limit what is issued of series {series}", [act], data)


@acting(app)
def issue(
    hand: Hand,
    series: SeriesNumber,
    amount: Credits,
    to: Annotated[list[str], typer.Argument(help=f"Who gets that much each. {WHO}")],
    collateral: Annotated[int, typer.Option(help="Record it stands on.", min=1)],
    decision: Annotated[str, typer.Option(help="The decision; its hash goes on record.")],
) -> None:
    """Issue credits against a record of collateral, as the issuer."""
    id_, value = find(hand.desk, series), micro(amount)
    wallets = [party(hand.desk, who, "receiver")[1] for who in to]
    args = (id_, [(wallet, value) for wallet in wallets], collateral, keccak(decision.encode()))
    change = _outstanding(hand, series, id_, value * len(wallets))
    data = {"series": series, "amount": value, "wallets": wallets}
    title = f"Issue {credits(value)} of series {series} to each of {many(len(wallets), 'wallet')}"
    act = Act("EnergyCredits", "issue", args, [change])
    hand.do(title, [act], data, outcome=lambda sent: _left(sent, id_))


@acting(app)
def freeze(
    hand: Hand,
    series: SeriesNumber,
    amount: Credits,
    holder: Annotated[str, typer.Argument(help=f"Whose wallet. {WHO}")],
    reason: Reason,
) -> None:
    """Freeze so much of a wallet's credits, as an officer; 0 frees them all."""
    chain, id_, value = hand.desk.chain, find(hand.desk, series), micro(amount)
    _, wallet = party(hand.desk, holder, "holder")
    held, frozen = (
        chain.call("EnergyCredits", function, wallet, id_)
        for function in ("balanceOf", "getFrozenTokens")
    )
    change = Change(f"frozen of series {series} in {wallet}", credits(frozen), credits(value))
    args = (wallet, id_, value, keccak(reason.encode()))
    data = {"series": series, "wallet": wallet, "frozen": value, "free": max(held - value, 0)}
    act = Act("EnergyCredits", "freezeByOrder", args, [change])
    hand.do(f"Freeze credits of series {series}", [act], data)


@acting(app)
def reclaim(
    hand: Hand,
    series: SeriesNumber,
    amount: Credits,
    holder: Annotated[str, typer.Argument(help=f"From whom. {WHO}")],
    reason: Reason,
) -> None:
    """Take credits back from a holder with a reason, as the issuer."""
    id_, value = find(hand.desk, series), micro(amount)
    _, wallet = party(hand.desk, holder, "holder")
    change = _outstanding(hand, series, id_, -value)
    args = (id_, wallet, value, keccak(reason.encode()))
    data = {"series": series, "wallet": wallet, "reclaimed": value}
    act = Act("EnergyCredits", "reclaim", args, [change])
    title = f"Reclaim credits of series {series} from {wallet}"
    hand.do(title, [act], data, outcome=lambda sent: _left(sent, id_))


def _most(limit: int | None) -> str:
    return "no limit" if limit is None else credits(limit)


def _series(hand: Hand, id_: int) -> Any:
    return hand.desk.chain.call("EnergyCredits", "seriesOf", id_)


def _outstanding(hand: Hand, series: int, id_: int, more: int) -> Change:
    held = _series(hand, id_).outstanding
    what = f"outstanding of series {series}"
    return Change(what, credits(held), credits(max(held + more, 0)))


def _left(hand: Hand, id_: int) -> tuple[dict[str, Any], str]:
    left = _series(hand, id_).outstanding
    return {"outstanding": left}, f"  {credits(left)} are outstanding."


def _only(hand: Hand, name: str) -> Event:
    return next(event for event in hand.events() if event.name == name)


@app.command()
def redeem(
    series: SeriesNumber,
    amount: Credits,
    against: Annotated[
        str, typer.Option("--for", help="What you give them back for; its hash goes on record.")
    ],
    rpc: Rpc = DEFAULT_RPC,
    folder: Folder = deployments.FOLDER,
    name: As = None,
    keystore_file: Keystore = None,
    passphrase_file: Passphrase = None,
    as_json: AsJson = False,
) -> None:
    """Give your credits back to the issuer for what stands behind them. They are gone then."""
    desk = connect(rpc, folder)
    account = key(name, keystore_file, passphrase_file)
    chain, id_, value = desk.chain, find(desk, series), micro(amount)
    chain.fund([account])
    chain.send(account, "EnergyCredits", "redeem", id_, value, keccak(against.encode()))
    left = chain.call("EnergyCredits", "balanceOf", account, id_)
    show(
        {"series": series, "redeemed": value, "left": left},
        as_json,
        f"{credits(value)} of series {series} are redeemed; you have {credits(left)}.",
    )


@app.command()
def sweep(
    series: SeriesNumber,
    rpc: Rpc = DEFAULT_RPC,
    folder: Folder = deployments.FOLDER,
    name: As = None,
    keystore_file: Keystore = None,
    passphrase_file: Passphrase = None,
    as_json: AsJson = False,
) -> None:
    """End what is left in wallets and pledges of a series that has expired. Anybody may."""
    desk = connect(rpc, folder)
    account = key(name, keystore_file, passphrase_file)
    chain, id_ = desk.chain, find(desk, series)
    before = chain.call("EnergyCredits", "seriesOf", id_).outstanding
    chain.fund([account])
    for number, pledge in energy_credits.open_pledges(chain):
        if pledge.credit == id_:
            chain.send(account, "CreditPledges", "expire", number)
    wallets = energy_credits.holders(chain, id_, desk.deployment.first_block)
    for start in range(0, len(wallets), SWEPT):
        chain.send(account, "EnergyCredits", "sweep", id_, wallets[start : start + SWEPT])
    left = chain.call("EnergyCredits", "seriesOf", id_).outstanding
    show(
        {"series": series, "expired": before - left, "outstanding": left},
        as_json,
        f"{credits(before - left)} of series {series} have expired; {credits(left)} are left with"
        " contracts that owe them to somebody.",
    )


@app.command()
def report(
    rpc: Rpc = DEFAULT_RPC, folder: Folder = deployments.FOLDER, as_json: AsJson = False
) -> None:
    """Show what became of each issuer's credits: issued = outstanding + redeemed + reclaimed +
    expired."""
    desk = connect(rpc, folder)
    lines = energy_credits.report(desk.chain, desk.deployment.first_block)
    columns = (
        *(">issuer", ">series", "good until", ">issued", ">outstanding", ">of it pledged"),
        *(">redeemed", ">reclaimed", ">expired", ">limit", ">collateral"),
    )
    rows = [
        (
            line.issuer,
            line.series,
            desk.when(line.expiry),
            *map(
                credits,
                (
                    *(line.issued, line.outstanding, line.pledged, line.redeemed),
                    *(line.reclaimed, line.expired, line.limit, line.collateral),
                ),
            ),
        )
        for line in sorted(lines, key=lambda line: (line.issuer, line.series))
    ]
    show(
        {"unit": "micro-credit", "series": [line.as_dict() for line in lines]},
        as_json,
        table("", columns, rows) if rows else "No series of energy credits.",
    )
