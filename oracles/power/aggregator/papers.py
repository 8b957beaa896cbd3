"""What the aggregator hands out of an interval: a receipt to each customer, the book to who settles."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path
from typing import Final

from oracles.power.aggregator.journal import Committed
from tonne import files
from tonne.chain.client import Chain
from tonne.crypto.accounts import Account, checksum
from tonne.power.bid_receipts import KINDS, ReceiptFile
from tonne.power.bid_tree import BidReceipt

RECEIPTS: Final = "receipts"
BOOKS: Final = "books"


def write_papers(chain: Chain, folder: Path, made: Committed, sender: Account) -> None:
    """Writes `receipts/INTERVAL/METER-N.json` and `books/INTERVAL.json`; safe to repeat."""
    kind = KINDS["bid"]
    domain = kind.domain(chain.chain_id, checksum(chain[kind.contract].address))
    meters = {account: meter for meter, account in made.turns.items()}
    place = folder / RECEIPTS / str(made.interval)
    place.mkdir(parents=True, exist_ok=True, mode=0o700)
    numbers: Counter[int] = Counter()
    for bid in made.own.bids:
        meter = meters[bid.account]
        numbers[meter] += 1
        receipt = BidReceipt(
            made.interval,
            made.own.bidder,
            bid.account,
            bid.node,
            bid.side,
            bid.price,
            bid.limit,
            bid.salt,
        )
        signed = ReceiptFile(receipt, domain, {}, sender.address).signed(sender)
        signed.write(place / f"{meter}-{numbers[meter]}.json")
    books = folder / BOOKS
    books.mkdir(parents=True, exist_ok=True, mode=0o700)
    files.write(books / f"{made.interval}.json", json.dumps(book(made)) + "\n", files.PRIVATE)


def book(made: Committed) -> dict[str, object]:
    """What who settles needs to know of an interval: bids, how they are opened, whose account is whose."""
    salt, root, leaves, words = made.opening
    return {
        "interval": made.interval,
        "bidder": made.own.bidder,
        "salt": "0x" + salt.hex(),
        "root": f"0x{root:064x}",
        "leaves": leaves,
        "words": [f"0x{word:064x}" for word in words],
        "bids": [
            {
                "account": bid.account,
                "node": bid.node,
                "side": bid.side,
                "price": bid.price,
                "wh": bid.limit,
                "salt": "0x" + bid.salt.hex(),
            }
            for bid in made.own.bids
        ],
        "turns": {str(meter): account for meter, account in made.turns.items()},
    }
