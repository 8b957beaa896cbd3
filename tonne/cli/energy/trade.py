"""`tonne energy trade`: energy at an agreed price, from the ticket to what the meters say of it."""

from __future__ import annotations

import secrets
from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any

import typer

from tonne.chain.reverts import ChainError
from tonne.cli.core.officer_act import Act, Change, DryRun, Hand, acting
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
    address_named,
    connect,
    key,
    many,
    parse_money,
    party,
    show,
)
from tonne.cli.energy import trade_view as view
from tonne.cli.energy.trade_view import file_lines, rate
from tonne.cli.evidence.meters_run import METERS
from tonne.crypto.accounts import checksum
from tonne.crypto.eip712 import Domain
from tonne.deployment import record
from tonne.errors import TonneError
from tonne.power import bilateral_trades
from tonne.power.bilateral_trades import NO_LEAF, NOBODY, Agreed, TradeFile
from tonne.power.trade_settlement import PowerContract, trades_domain

app = typer.Typer(
    help="Energy at an agreed price: offer, sign and register it, book and carry it out, see it.",
    no_args_is_help=True,
)

DAY_S = 86_400
#: How a side is named: by the key it signs with.
SIDE = "A pseudonym's address, or: " + WHO

File = Annotated[Path, typer.Argument(help="The file that goes from hand to hand.")]
Number = Annotated[int, typer.Argument(help="Number of the contract, see `show`.", min=1)]
Since = Annotated[
    str | None, typer.Option(help="Start of the first interval; else of the first that can.")
]
Until = Annotated[
    str | None, typer.Option(help="End of the last interval; else of the last that can.")
]
Missing = Annotated[
    bool,
    typer.Option(
        "--missing", help="Count readings that are not here as nothing; only after the grace."
    ),
]


@app.command()
def offer(
    file: File,
    seller: Annotated[str, typer.Option(help=SIDE)],
    buyer: Annotated[str, typer.Option(help=SIDE)],
    node: Annotated[
        int, typer.Option(help="Node of the seller, and of the buyer.", min=0, max=255)
    ],
    price: Annotated[str, typer.Option(help="Of the energy, in credits/kWh, e.g. 0.12.")],
    since: Annotated[str, typer.Option(help="Start of the first interval, 2026-06-01T12:00.")],
    until: Annotated[
        str | None, typer.Option(help="End of the last interval; without it there is one.")
    ] = None,
    energy: Annotated[int, typer.Option(help="Energy of each interval [Wh].", min=0)] = 0,
    profile: Annotated[
        Path | None,
        typer.Option(help="Instead: file with the Wh of each interval of a day, one to a line."),
    ] = None,
    buyer_node: Annotated[
        int | None, typer.Option(help="Node of the buyer, where it is another.", min=0, max=255)
    ] = None,
    carrier: Annotated[str | None, typer.Option(help="Who wheels it there; as above.")] = None,
    wheeling_fee: Annotated[str, typer.Option(help="To the carrier, in credits/kWh.")] = "0",
    max_grid_fee: Annotated[
        str | None, typer.Option(help="The most the grid may charge; else what it charges now.")
    ] = None,
    penalty: Annotated[
        str, typer.Option(help="For each kWh a side falls short by, in credits/kWh.")
    ] = "0",
    seller_meter: Annotated[
        int, typer.Option(help="Meter that shows what is delivered; everybody can read it.", min=0)
    ] = 0,
    buyer_meter: Annotated[
        int, typer.Option(help="Meter that shows what is taken; everybody can read it.", min=0)
    ] = 0,
    deadline: Annotated[
        str | None,
        typer.Option(help="Last moment to register it; else the first interval's start."),
    ] = None,
    rpc: Rpc = DEFAULT_RPC,
    folder: Folder = record.FOLDER,
    as_json: AsJson = False,
) -> None:
    """Write down what seller and buyer have agreed; nobody has signed yet."""
    desk = connect(rpc, folder)
    step = _step(desk)
    begin = _moment(desk, since, step)
    end = begin + step if until is None else _moment(desk, until, step)
    words = () if profile is None else bilateral_trades.read_profile(profile, DAY_S // step)
    to = node if buyer_node is None else buyer_node
    charged = desk.chain.call("PowerTrades", "gridFeeOf", to).fee
    terms = PowerContract(
        seller=_side(desk, seller, "seller"),
        buyer=_side(desk, buyer, "buyer"),
        carrier=NOBODY if carrier is None else _side(desk, carrier, "carrier"),
        sellerNode=node,
        buyerNode=to,
        fromInterval=begin // step,
        untilInterval=end // step - 1,
        price=_rate(price),
        wheelingFee=_rate(wheeling_fee),
        maximumGridFee=charged if max_grid_fee is None else _rate(max_grid_fee),
        penalty=_rate(penalty),
        energyWh=energy,
        profile=bilateral_trades.hash_of(words),
        sellerMeter=seller_meter,
        buyerMeter=buyer_meter,
        deadline=begin if deadline is None else _moment(desk, deadline),
        salt=secrets.randbits(64),
    )
    made = TradeFile(terms, _domain(desk), {}, words)
    _check_terms(desk, made)
    made.write(file)
    show(
        made.as_json(),
        as_json,
        *file_lines(desk, made),
        f"Written to {file}. Each side signs it: tonne energy trade sign {file}",
    )


@app.command()
def sign(
    file: File,
    rpc: Rpc = DEFAULT_RPC,
    folder: Folder = record.FOLDER,
    name: As = None,
    keystore_file: Keystore = None,
    passphrase_file: Passphrase = None,
    as_json: AsJson = False,
) -> None:
    """Add your signature to a contract, as one of the sides it names."""
    desk = connect(rpc, folder)
    signed = _read(desk, file).signed(key(name, keystore_file, passphrase_file))
    signed.write(file)
    left = " and the ".join(signed.missing)
    open_ = f"The {left} has still to sign." if left else "All have signed."
    show(signed.as_json(), as_json, *file_lines(desk, signed), open_)


@app.command()
def register(
    file: File,
    rpc: Rpc = DEFAULT_RPC,
    folder: Folder = record.FOLDER,
    name: As = None,
    keystore_file: Keystore = None,
    passphrase_file: Passphrase = None,
    dry_run: DryRun = False,
    as_json: AsJson = False,
) -> None:
    """Put a contract that all have signed on record; it binds what it can cost. Anybody may send it."""
    desk = connect(rpc, folder)
    found = _read(desk, file)
    if found.missing:
        raise TonneError(
            "TRADE_SIGNATURE_MISSING",
            f"The {' and the '.join(found.missing)} has not signed.",
            field="signatures",
            value=str(file),
            remedy=f"tonne energy trade sign {file}",
        )
    if dry_run:
        number = desk.chain.call("PowerTrades", "agree", *found.arguments())
        said = f"It would be contract {number}. Nothing was sent (--dry-run)."
        show({"contract": number, "dryRun": True}, as_json, *file_lines(desk, found), said)
        return
    account = key(name, keystore_file, passphrase_file)
    desk.chain.fund([account])
    receipt = desk.chain.send(account, "PowerTrades", "agree", *found.arguments())
    event = next(e for e in desk.chain.events(receipt) if e.name == "ContractAgreed")
    booked = any(e.name == "IntervalsBooked" for e in desk.chain.events(receipt))
    number = event["id"]
    data = {"contract": number, "booked": booked, "transaction": receipt.hash}
    then = "Its one interval is booked." if booked else f"Book it: tonne energy trade book {number}"
    show(data, as_json, f"Contract {number} is on record. {then}")


@acting(app)
def revoke(hand: Hand, file: File) -> None:
    """Take back your signature, as long as the contract is not on record."""
    found = _read(hand.desk, file)
    change = Change(f"Signature of {hand.officer}", "counts", "taken back")
    hand.do("Take back a signature", [Act("PowerTrades", "revoke", (found.hash,), [change])])


@acting(app)
def book(hand: Hand, number: Number, since: Since = None, until: Until = None) -> None:
    """Book intervals that have not ended: the energy changes hands in settlement. Anybody may."""
    found, step = _contract(hand.desk, number), _step(hand.desk)
    can = found.bookable(hand.desk.chain.now(), step)
    chosen = _chosen(hand.desk, can, since, until, "booked")
    _do(hand, found, "book", dict.fromkeys(chosen, ()))


@acting(app)
def execute(
    hand: Hand,
    number: Number,
    since: Since = None,
    until: Until = None,
    leaves: Annotated[
        Path, typer.Option(help="Folder of leaves, as the meters' oracle keeps it.")
    ] = METERS / "leaves",
    missing: Missing = False,
) -> None:
    """Carry out booked intervals that have ended, by final readings of the meters named. Anybody may."""
    desk, step = hand.desk, _step(hand.desk)
    found = _contract(desk, number)
    due = _chosen(desk, found.due(desk.chain.now(), step), since, until, "carried out")
    readings = bilateral_trades.Readings(desk.chain, leaves, step)
    chosen: dict[int, Sequence[Any]] = {}
    for interval in due:
        # Where there is no energy no reading is asked for, but it has its place.
        asked = found.meters if found.energy_wh(interval, step) else ()
        row = [readings.leaf(meter, interval) for meter in asked]
        if missing or None not in row:
            row = [NO_LEAF if leaf is None else leaf for leaf in row]
            chosen[interval] = row or [NO_LEAF] * len(found.meters)
    if not chosen:
        raise TonneError(
            "TRADE_NO_READINGS",
            f"No final readings are here for {many(len(due), 'interval')} from"
            f" {desk.when(due[0] * step)} on.",
            field="leaves",
            value=str(leaves),
            remedy="Wait until they are final, or name the oracle's folder. When the contract's grace"
            " is over, --missing counts them as nothing.",
        )
    _do(hand, found, "execute", chosen, len(due) - len(chosen))


@acting(app)
def lapse(hand: Hand, number: Number, since: Since = None, until: Until = None) -> None:
    """Free what intervals bind that ended without having been booked. Anybody may."""
    found, step = _contract(hand.desk, number), _step(hand.desk)
    can = found.lost(hand.desk.chain.now(), step)
    chosen = _chosen(hand.desk, can, since, until, "freed")
    _do(hand, found, "lapse", dict.fromkeys(chosen, ()))


@acting(app)
def grid_fee(
    hand: Hand,
    node: Annotated[int, typer.Argument(help="Node that energy is sold to.", min=0, max=255)],
    fee: Annotated[str, typer.Argument(help="For contracts from now on, in credits/kWh.")],
    to: Annotated[str, typer.Option(help="The grid's operator: " + WHO)],
) -> None:
    """Set what the grid charges for energy sold to a node. For market officers."""
    operator, _ = party(hand.desk, to, "operator")
    before = hand.desk.chain.call("PowerTrades", "gridFeeOf", node)
    amount = _rate(fee)
    change = Change(f"Grid fee of node {node}", rate(before.fee), rate(amount))
    act = Act("PowerTrades", "setGridFee", (node, amount, operator), [change])
    hand.do("Set a grid fee", [act], {"node": node, "fee": amount, "to": operator})


@app.command("show")
def show_(
    what: Annotated[
        str | None, typer.Argument(help="Number of a contract, or a file; without it, all.")
    ] = None,
    intervals: Annotated[
        bool, typer.Option("--intervals", help="Tell each interval, with what both sides have.")
    ] = False,
    rpc: Rpc = DEFAULT_RPC,
    folder: Folder = record.FOLDER,
    as_json: AsJson = False,
) -> None:
    """Show what is agreed, what was delivered and paid, and who fell short by how much."""
    desk = connect(rpc, folder)
    if what is None:
        view.show_all(desk, _step(desk), as_json)
    elif what.isdigit():
        view.show_one(desk, _contract(desk, int(what)), _step(desk), intervals, as_json)
    else:
        found = _read(desk, Path(what))
        number = desk.chain.call("PowerTrades", "idOf", found.hash)
        state = f"It is contract {number}." if number else "It is not on record."
        show({**found.as_json(), "contract": number}, as_json, *file_lines(desk, found), state)


# Inside

_DONE = {
    "book": ("Book energy", "agreed", "booked"),
    "execute": ("Carry out a contract", "booked", "carried out"),
    "lapse": ("Free what was not booked", "bound", "free"),
}


def _do(
    hand: Hand,
    found: Agreed,
    function: str,
    rows: Mapping[int, Sequence[Any]],
    waiting: int = 0,
) -> None:
    """One call for each stretch of intervals; `rows` has the leaves of each."""
    title, before, after = _DONE[function]
    step, acts = _step(hand.desk), []
    for first, count in bilateral_trades.stretches(rows):
        args = [found.number, first, count, found.profile]
        if function == "execute":
            args.append([leaf for i in range(first, first + count) for leaf in rows[i]])
        about = f"{many(count, 'interval')} from {hand.desk.when(first * step)}"
        acts.append(Act("PowerTrades", function, args, [Change(about, before, after)]))
    lines = [f"  {many(waiting, 'interval')} wait for final readings."] if waiting else []
    data = {"contract": found.number, "intervals": list(rows), "waiting": waiting}
    hand.do(f"{title}, contract {found.number}", acts, data, lines)


def _domain(desk: Desk) -> Domain:
    return trades_domain(desk.chain.chain_id, checksum(desk.chain["PowerTrades"].address))


def _read(desk: Desk, file: Path) -> TradeFile:
    """The file, which must be for this market."""
    found = bilateral_trades.read(file)
    if found.domain != _domain(desk):
        raise TonneError(
            "TRADE_ELSEWHERE",
            "The file is for another chain or another deployment.",
            field="contract",
            value=found.domain.contract,
            remedy="Connect to its chain, or make a new one here.",
        )
    return found


def _contract(desk: Desk, number: int) -> Agreed:
    return bilateral_trades.contract(desk.chain, number, desk.deployment.first_block)


def _step(desk: Desk) -> int:
    """[s] of an interval."""
    return desk.chain.call("PowerMarket", "terms").intervalS


def _side(desk: Desk, who: str, field: str) -> str:
    """The key of a side: a pseudonym's as it is, else a participant's wallet."""
    address = address_named(who)
    if address is not None and desk.chain.call("PowerMarket", "pseudonymOf", address):
        return checksum(address)
    return checksum(party(desk, who, field)[1])


def _rate(text: str) -> int:
    """[micro-credit/kWh] of an amount in credits."""
    return parse_money(text, 6)


def _moment(desk: Desk, text: str, step: int = 1) -> int:
    """A moment in the market's own time unless the text says another [s]; of intervals, a boundary."""
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise TonneError(
            "TRADE_TIME",
            "This is not a moment.",
            field="time",
            value=text,
            remedy="Write it like 2026-06-01T12:00.",
        ) from None
    found = int((moment if moment.tzinfo else moment.replace(tzinfo=desk.zone)).timestamp())
    if found % step:
        raise TonneError(
            "TRADE_TIME",
            f"No interval begins then; each has {step // 60} minutes.",
            field="time",
            value=text,
            remedy="Name the start or the end of an interval, like 2026-06-01T12:00.",
        )
    return found


def _chosen(
    desk: Desk, can: list[int], since: str | None, until: str | None, what: str
) -> list[int]:
    """Intervals of those that can, between two moments."""
    step = _step(desk)
    first = 0 if since is None else _moment(desk, since, step) // step
    last = None if until is None else _moment(desk, until, step) // step
    found = [i for i in can if i >= first and (last is None or i < last)]
    if not found:
        raise TonneError(
            "TRADE_NOTHING_DUE",
            f"No interval can be {what} now.",
            field="interval",
            value=None if since is None else since,
            remedy="`tonne energy trade show` tells where each contract stands.",
        )
    return found


def _check_terms(desk: Desk, made: TradeFile) -> None:
    """Whether the market would take these terms; that nobody has signed them yet is what it says last."""
    try:
        desk.chain.call("PowerTrades", "agree", *made.arguments())
    except ChainError as refusal:
        if refusal.revert.name != "TradesBadSignature":
            raise
