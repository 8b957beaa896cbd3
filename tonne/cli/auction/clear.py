"""`tonne auction draw` and `clear`: from the last bid to the last payment."""

from __future__ import annotations

import time
from typing import Any, Final

from tonne.cli.auction.show import Kept, Number, lines_of, summary, terms_of
from tonne.cli.core.session import (
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
)
from tonne.crypto.accounts import Account
from tonne.deployment import record
from tonne.market import auction_rules as rules
from tonne.market import sealed_bids
from tonne.market.auction_rules import STAGES, Wanted
from tonne.market.sealed_bids import Sealed

CHUNK: Final = 200  # bids a call
LEVELS: Final = 2_000  # prices a call


def draw(
    number: Number,
    rpc: Rpc = DEFAULT_RPC,
    folder: Folder = record.FOLDER,
    kept: Kept = sealed_bids.FOLDER,
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


def clear(
    number: Number,
    rpc: Rpc = DEFAULT_RPC,
    folder: Folder = record.FOLDER,
    kept: Kept = sealed_bids.FOLDER,
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
    sealed_reserve = STAGES[state.stage] == "open" and not state.reserve
    if sealed_reserve and (found := Sealed(kept).find(terms.reserveCommitment)):
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
    data = summary(desk, terms, number)
    lines = lines_of(desk, terms, data)
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
