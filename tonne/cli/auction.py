"""`tonne auction`: announce one, bid in it, open bids, bring it to its end."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Annotated, Any, Final

import typer

from tonne import auctions as rules
from tonne import clock, deployments, sealed
from tonne.auctions import FORMS, PRICES, SHORTS, STAGES, STATUSES, TIES, Terms, Wanted
from tonne.cli.common import (
    DEFAULT_RPC,
    As,
    AsJson,
    Desk,
    Folder,
    Keystore,
    MarketNumber,
    Passphrase,
    Rpc,
    connect,
    key,
    money,
    parse_money,
    participant_of,
    show,
    table,
)
from tonne.errors import TonneError
from tonne.sealed import Sealed
from tonne.signing import Account, keccak

app = typer.Typer(help="Sell and buy by auction.", no_args_is_help=True)

LEDGER_PER_CENT: Final = 100
CHUNK: Final = 200  # bids a call
LEVELS: Final = 2_000  # prices a call

Number = Annotated[int, typer.Argument(help="Number of the auction.", min=1)]
Kept = Annotated[
    Path,
    typer.Option("--sealed", envvar="TONNE_SEALED", help="Folder for what opens your commitments."),
]
Lots = Annotated[int, typer.Option(help="Lots on offer.", min=1)]


@app.command()
def announce(
    lots: Lots,
    seller: Annotated[int, typer.Option(help="Participant whose lots are sold.")],
    proceeds: Annotated[int | None, typer.Option(help="Participant that is paid.")] = None,
    forfeits: Annotated[int | None, typer.Option(help="Gets forfeited deposits.")] = None,
    market: MarketNumber = 1,
    multiple: Annotated[int, typer.Option(help="Bids are multiples of this.", min=1)] = 1,
    form: Annotated[str, typer.Option(help="sealed, or open: one-way bidding.")] = "sealed",
    tie: Annotated[str, typer.Option(help="pro-rata, random or time.")] = "pro-rata",
    pricing: Annotated[
        str | None,
        typer.Option(help="uniform or as-bid; without it as-bid in open bidding, else uniform."),
    ] = None,
    short: Annotated[str, typer.Option(help="Too few bids: cancel or sell.")] = "cancel",
    reserve: Annotated[str | None, typer.Option(help="Reserve price, e.g. 45.00.")] = None,
    hide_reserve: Annotated[
        bool, typer.Option(help="Commit to the reserve, open it later.")
    ] = False,
    limit: Annotated[int, typer.Option(help="Lots of one bidder; 0 = no limit.", min=0)] = 0,
    limit_percent: Annotated[int, typer.Option(help="The same as a share.", min=0, max=100)] = 0,
    deposit_percent: Annotated[int, typer.Option(help="Least deposit.", min=1, max=100)] = 10,
    floor_percent: Annotated[
        int, typer.Option(help="Cancel below this share of the exchange's price.", min=0)
    ] = 0,
    spread: Annotated[int, typer.Option(help="Later auctions for unsold lots.", min=0, max=4)] = 0,
    begins: Annotated[str, typer.Option(help="When bids begin, e.g. +1h.")] = "+1h",
    hours: Annotated[
        tuple[int, int, int, int],
        typer.Option(help="For bids, for the drawing, for reveals, until delivery."),
    ] = (2, 1, 2, 1),
    notice: Annotated[Path | None, typer.Option(help="File of the notice to publish.")] = None,
    rpc: Rpc = DEFAULT_RPC,
    folder: Folder = deployments.FOLDER,
    kept: Kept = sealed.FOLDER,
    name: As = None,
    keystore_file: Keystore = None,
    passphrase_file: Passphrase = None,
    as_json: AsJson = False,
) -> None:
    """Announce an auction; needs the office of the market."""
    desk = connect(rpc, folder)
    account = key(name, keystore_file, passphrase_file)
    is_open = _choice("form", form, FORMS) == rules.OPEN_BIDS
    start = clock.parse(begins, desk.chain.now(), desk.zone)
    ends = start + 3600 * hours[0]
    reveal_from = ends if is_open else ends + 3600 * hours[1]
    reveal_until = ends if is_open else reveal_from + 3600 * hours[2]
    tick = _ledger(reserve) // LEDGER_PER_CENT if reserve else 0
    tie_rule = _choice("tie", tie, TIES)
    terms = Terms(
        market,
        seller,
        seller if proceeds is None else proceeds,
        seller if forfeits is None else forfeits,
        lots=lots,
        multiple=multiple,
        reserveTick=0 if hide_reserve else tick,
        form=FORMS.index(form),
        tie=tie_rule,
        pricing=_choice("pricing", pricing or ("as-bid" if form == "open" else "uniform"), PRICES),
        spread=spread,
        limitLots=limit,
        limitPpm=limit_percent * 10_000,
        depositPpm=deposit_percent * 10_000,
        floorPpm=floor_percent * 10_000,
        commitFrom=start,
        commitUntil=ends,
        short=_choice("short", short, SHORTS),
        revealFrom=reveal_from,
        revealUntil=reveal_until,
        deliverFrom=reveal_until + 3600 * hours[3],
        reserveCommitment=_hide_reserve(kept, tick) if hide_reserve else bytes(32),
        seedCommitment=_hide_secret(kept) if tie_rule == rules.RANDOM else bytes(32),
    )
    text = keccak(notice.read_bytes()) if notice else bytes(32)
    desk.chain.fund([account])
    receipt = desk.chain.send(account, "Auction", "announce", terms.as_tuple(), text)
    number = next(e["id"] for e in desk.chain.events(receipt) if e.name == "AuctionAnnounced")
    show(
        {"auction": number, "transaction": receipt.hash},
        as_json,
        f"Auction {number} of {lots:,} lots is announced; bids from {desk.when(start)}.",
        f"Before then the seller brings the lots in: `tonne auction open {number}`.",
    )


def _hide_reserve(kept: Path, tick: int) -> bytes:
    if not tick:
        raise TonneError(
            "AUCTION_NO_RESERVE",
            "A reserve that is hidden must still be one.",
            field="reserve",
            remedy="Give --reserve PRICE as well.",
        )
    salt = sealed.fresh()
    commitment = rules.reserve_hash(tick, salt)
    Sealed(kept).keep(commitment, {"what": "reserve", "tick": tick, "salt": salt})
    return commitment


def _hide_secret(kept: Path) -> bytes:
    secret = sealed.fresh()
    commitment = rules.secret_hash(secret)
    Sealed(kept).keep(commitment, {"what": "seed", "secret": secret})
    return commitment


@app.command("open")
def open_(
    number: Number,
    rpc: Rpc = DEFAULT_RPC,
    folder: Folder = deployments.FOLDER,
    name: As = None,
    keystore_file: Keystore = None,
    passphrase_file: Passphrase = None,
    as_json: AsJson = False,
) -> None:
    """Bring the lots of the seller in, out of its account on the exchange."""
    desk = connect(rpc, folder)
    account = key(name, keystore_file, passphrase_file)
    terms = terms_of(desk, number)
    desk.chain.fund([account])
    receipt = desk.chain.send(account, "Auction", "open", number)
    show(
        {"auction": number, "lots": terms.lots, "transaction": receipt.hash},
        as_json,
        f"{terms.lots:,} lots are in. Bids from {desk.when(terms.commitFrom)}"
        f" until {desk.when(terms.commitUntil)}.",
    )


@app.command()
def bid(
    number: Number,
    lots: Annotated[int, typer.Argument(help="Lots you bid for.", min=1)],
    price: Annotated[str, typer.Option(help="What you bid for each, e.g. 48.00.")],
    deposit: Annotated[
        str | None, typer.Option(help="Of a sealed bid; without it enough, and not telling.")
    ] = None,
    raises: Annotated[
        int | None, typer.Option(help="Of open bids: your lower bid that gives way.", min=0)
    ] = None,
    rpc: Rpc = DEFAULT_RPC,
    folder: Folder = deployments.FOLDER,
    kept: Kept = sealed.FOLDER,
    name: As = None,
    keystore_file: Keystore = None,
    passphrase_file: Passphrase = None,
    as_json: AsJson = False,
) -> None:
    """Bid. A sealed bid is opened later by `tonne auction reveal`; else its deposit is lost."""
    desk = connect(rpc, folder)
    account = key(name, keystore_file, passphrase_file)
    terms = terms_of(desk, number)
    participant = participant_of(desk, account)
    tick = _tick(terms, price)
    if lots % terms.multiple:
        raise TonneError(
            "AUCTION_NOT_MULTIPLE",
            f"Bids are multiples of {terms.multiple:,} lots.",
            field="lots",
            value=lots,
            remedy=f"Bid for {lots - lots % terms.multiple + terms.multiple:,}.",
        )
    desk.chain.fund([account])
    if terms.form == rules.OPEN_BIDS:
        replaced = rules.NO_BID if raises is None else raises
        receipt = desk.chain.send(account, "Auction", "place", number, tick, lots, replaced)
        held, path = lots * tick * terms.tickSize, None
    else:
        held = _ledger(deposit) if deposit else _deposit(terms, lots * tick * terms.tickSize)
        salt = sealed.fresh()
        args = (number, participant, tick, lots, salt)
        house = desk.chain["Auction"].address_bytes
        commitment = rules.bid_hash(desk.chain.chain_id, house, *args)
        opening = {"what": "bid", "auction": number, "tick": tick, "lots": lots, "salt": salt}
        path = Sealed(kept).keep(commitment, opening)
        receipt = desk.chain.send(account, "Auction", "commit", number, commitment, held)
    place = next(
        e["bid"] for e in desk.chain.events(receipt) if e.name in ("BidCommitted", "BidRevealed")
    )
    lines = [f"Bid {place} in auction {number}: {money(held)} is held."]
    if path:
        lines.append(f"What opens it is kept in {path}.")
        lines.append(
            f"Open it from {desk.when(terms.revealFrom)} until {desk.when(terms.revealUntil)}:"
            f" `tonne auction reveal {number}`."
        )
    data = {"auction": number, "bid": place, "held": money(held), "transaction": receipt.hash}
    show(data, as_json, *lines)


def _deposit(terms: Any, value: int) -> int:
    """Enough, in steps of twice the last, so that a deposit tells little of the bid."""
    needed, deposit = rules.share_up(value, terms.depositPpm), terms.leastDeposit
    while deposit < needed:
        deposit *= 2
    return deposit


@app.command()
def reveal(
    number: Number,
    rpc: Rpc = DEFAULT_RPC,
    folder: Folder = deployments.FOLDER,
    kept: Kept = sealed.FOLDER,
    name: As = None,
    keystore_file: Keystore = None,
    passphrase_file: Passphrase = None,
    as_json: AsJson = False,
) -> None:
    """Open all your bids in an auction whose files are here."""
    desk = connect(rpc, folder)
    account = key(name, keystore_file, passphrase_file)
    participant = participant_of(desk, account)
    opened, missing = [], []
    desk.chain.fund([account])
    for place, found, commitment in _committed(desk, number):
        if found.participant != participant:
            continue
        opening = Sealed(kept).find(commitment)
        if opening is None:
            missing.append(place)
            continue
        args = (number, place, opening["tick"], opening["lots"], opening["salt"])
        desk.chain.send(account, "Auction", "reveal", *args)
        opened.append(place)
    lines = [f"Opened: {_listed(opened)}."]
    if missing:
        lines.append(f"No file here opens {_listed(missing)}: name its folder by --sealed.")
    show({"opened": opened, "missing": missing}, as_json, *lines)


def _committed(desk: Desk, number: int) -> list[tuple[int, Any, bytes]]:
    count = desk.chain.call("Auction", "auction", number).bids
    asked = [(f, (number, n)) for n in range(count) for f in ("bidOf", "commitmentOf")]
    answers = desk.chain.call_many(("Auction", function, args) for function, args in asked)
    pairs = zip(range(count), answers[::2], answers[1::2], strict=True)
    return [(n, b, c) for n, b, c in pairs if STATUSES[b.status] == "committed"]


@app.command()
def draw(
    number: Number,
    rpc: Rpc = DEFAULT_RPC,
    folder: Folder = deployments.FOLDER,
    kept: Kept = sealed.FOLDER,
    name: As = None,
    keystore_file: Keystore = None,
    passphrase_file: Passphrase = None,
    as_json: AsJson = False,
) -> None:
    """End the bids and draw the order of ties, before bids are opened; for the auctioneer."""
    desk = connect(rpc, folder)
    account = key(name, keystore_file, passphrase_file)
    secret = Sealed(kept).need(terms_of(desk, number).seedCommitment, "the seed")["secret"]
    desk.chain.fund([account])
    if desk.chain.call("Auction", "auction", number).drawBlock == 0:
        desk.chain.send(account, "Auction", "endCommitments", number)
    _await_block_after(desk, desk.chain.call("Auction", "auction", number).drawBlock)
    receipt = desk.chain.send(account, "Auction", "drawSeed", number, secret)
    seed = desk.chain.call("Auction", "auction", number).seed
    show(
        {"auction": number, "seed": "0x" + seed.hex(), "transaction": receipt.hash},
        as_json,
        f"The order of ties of auction {number} is drawn: 0x{seed.hex()}.",
    )


def _await_block_after(desk: Desk, block: int) -> None:
    """The hash of a block is there only for the blocks after it."""
    if desk.chain.kind != "other":
        desk.chain.mine()
    while desk.chain.block_number() <= block:
        time.sleep(1)


@app.command()
def clear(
    number: Number,
    rpc: Rpc = DEFAULT_RPC,
    folder: Folder = deployments.FOLDER,
    kept: Kept = sealed.FOLDER,
    name: As = None,
    keystore_file: Keystore = None,
    passphrase_file: Passphrase = None,
    as_json: AsJson = False,
) -> None:
    """Do what can be done now: find the price, rank ties, settle bids. Anyone can."""
    desk = connect(rpc, folder)
    chain = desk.chain
    account = key(name, keystore_file, passphrase_file)
    terms = terms_of(desk, number)
    chain.fund([account])
    calls = 0
    state = chain.call("Auction", "auction", number)
    if not state.reserve and (found := Sealed(kept).find(terms.reserveCommitment)):
        chain.send(account, "Auction", "openReserve", number, found["tick"], found["salt"])
    while STAGES[state.stage] == "open":
        chain.send(account, "Auction", "clear", number, LEVELS)
        state, calls = chain.call("Auction", "auction", number), calls + 1
    if STAGES[state.stage] == "cleared" and state.drawn and state.rest < state.marginal:
        calls += _rank(desk, account, number, state)
    ready = STAGES[state.stage] == "cancelled" or chain.now() >= terms.deliverFrom
    while STAGES[state.stage] in ("cleared", "cancelled") and ready:
        chain.send(account, "Auction", "settle", number, CHUNK)
        state, calls = chain.call("Auction", "auction", number), calls + 1
    data = _summary(desk, terms, number)
    lines = _lines(desk, terms, data)
    if not ready:
        lines.append(f"Bids are settled from {desk.when(terms.deliverFrom)}: clear again then.")
    show({**data, "calls": calls}, as_json, *lines)


def _rank(desk: Desk, account: Account, number: int, state: Any) -> int:
    """Gives the bids at the clearing price their places, from where others have left off."""
    answers = desk.chain.call_many(("Auction", "bidOf", (number, n)) for n in range(state.bids))
    tied = [Wanted(n, b.tick, b.lots) for n, b in enumerate(answers) if b.tick == state.tick]
    order = rules.ranking(tied, state.seed)[state.ranked :]
    for first in range(0, len(order), CHUNK):
        desk.chain.send(account, "Auction", "rank", number, order[first : first + CHUNK])
    return -(-len(order) // CHUNK)


@app.command("show")
def show_(
    number: Number,
    rpc: Rpc = DEFAULT_RPC,
    folder: Folder = deployments.FOLDER,
    as_json: AsJson = False,
) -> None:
    """Tell an auction's terms, how it stands and what is bid."""
    desk = connect(rpc, folder)
    terms = terms_of(desk, number)
    data = _summary(desk, terms, number)
    show(data, as_json, *_lines(desk, terms, data))


# What is told


def _summary(desk: Desk, terms: Any, number: int) -> dict[str, Any]:
    state = desk.chain.call("Auction", "auction", number)
    answers = desk.chain.call_many(("Auction", "bidOf", (number, n)) for n in range(state.bids))
    settled = {
        e["bid"]: e
        for e in desk.chain.logs("Auction", "BidSettled", desk.deployment.first_block)
        if e["id"] == number
    }
    return {
        "auction": number,
        "stage": STAGES[state.stage],
        "form": FORMS[terms.form],
        "lots": state.volume,
        "multiple": terms.multiple,
        "price": money(state.tick * terms.tickSize) if state.tick else None,
        "delivered": state.delivered,
        "proceeds": money(state.proceeds),
        "forfeited": money(state.forfeited),
        "unsold": state.unsold,
        "bids": [
            {
                "bid": n,
                "participant": b.participant,
                "status": STATUSES[b.status],
                "price": money(b.tick * terms.tickSize) if b.tick else None,
                "lots": b.lots or None,
                "got": settled[n]["lots"] if n in settled else None,
            }
            for n, b in enumerate(answers)
        ],
    }


def _lines(desk: Desk, terms: Any, data: dict[str, Any]) -> list[Any]:
    stage = data["stage"]
    lines: list[Any] = [
        f"Auction {data['auction']} in market {terms.market}: {data['lots']:,} lots in multiples of"
        f" {data['multiple']:,}, {data['form']} bids, {PRICES[terms.pricing]} price; {stage}.",
        f"Bids {desk.when(terms.commitFrom)} to {desk.when(terms.commitUntil)}; opened from"
        f" {desk.when(terms.revealFrom)} to {desk.when(terms.revealUntil)}; settled from"
        f" {desk.when(terms.deliverFrom)}.",
    ]
    if data["price"]:
        lines.append(
            f"Clears at {data['price']}; delivered {data['delivered']:,},"
            f" proceeds {data['proceeds']}, forfeited {data['forfeited']}."
        )
    columns = (">bid", ">participant", "status", ">price", ">lots", ">got")
    rows = [tuple("-" if v is None else v for v in bid.values()) for bid in data["bids"]]
    return [*lines, table("", columns, rows)] if rows else lines


# Reading


def terms_of(desk: Desk, number: int) -> Any:
    """The terms as they were announced."""
    topic = "0x" + number.to_bytes(32, "big").hex()
    first = desk.deployment.first_block
    for event in desk.chain.logs("Auction", "AuctionAnnounced", first, topics=[topic]):
        return event["terms"]
    raise TonneError(
        "AUCTION_UNKNOWN",
        f"There is no auction {number}.",
        field="auction",
        value=number,
        remedy=f"So far there are {desk.chain.call('Auction', 'auctionCount')}.",
    )


def _choice(field: str, text: str, known: tuple[str, ...]) -> int:
    if text not in known:
        raise TonneError(
            "AUCTION_CHOICE",
            f"This is none of {', '.join(known)}.",
            field=field,
            value=text,
            remedy="Choose one of these.",
        )
    return known.index(text)


def _ledger(text: str) -> int:
    return parse_money(text) * LEDGER_PER_CENT


def _tick(terms: Any, text: str) -> int:
    price = _ledger(text)
    if price % terms.tickSize:
        raise TonneError(
            "AUCTION_OFF_GRID",
            f"Prices go in steps of {money(terms.tickSize)}.",
            field="price",
            value=text,
            remedy="Round it to a step.",
        )
    return price // terms.tickSize


def _listed(numbers: list[int]) -> str:
    return ", ".join(f"bid {n}" for n in numbers) or "nothing"
