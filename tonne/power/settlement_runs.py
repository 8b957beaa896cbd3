"""Runs of settlement as `PowerSettlement` takes them: lines, totals, payments, and names that rotate.

Lines and words are those of `interfaces/power/IPowerSettlement.sol`. A line's salt keeps it from being
guessed by who sees the hash beside it; a rotation keeps lines of different intervals apart.
"""

from __future__ import annotations

import hmac
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import Final

from tonne.crypto.hashing import keccak
from tonne.crypto.merkle import leaf_hash, merkle_root
from tonne.power.encoding import Payment
from tonne.power.settlement import IntervalSettlement, Position
from tonne.types.ids import PowerAccountId

#: Bits of the numbers of an `AccountLine`, and whether they have a sign; its salt comes last.
LINE: Final = (
    *((32, False), (48, True), (48, False), (48, False)),
    *((48, True), (48, False), (88, True), (96, False)),
)
#: Words of one chunk of payments.
CHUNK: Final = 200


@dataclass(frozen=True, slots=True)
class AccountLine:
    """One account at one node in one interval; energy in Wh, the amount in micro-credits."""

    account: int
    metered_wh: int
    sold_wh: int
    bought_wh: int
    traded_wh: int
    loss_wh: int
    net: int
    unbound: int  # what its accepted orders bound
    salt: bytes

    def shown(self) -> tuple[int, int, int, int, int, int, int, int, bytes]:
        """As the contract takes it."""
        return (
            self.account,
            self.metered_wh,
            self.sold_wh,
            self.bought_wh,
            self.traded_wh,
            self.loss_wh,
            self.net,
            self.unbound,
            self.salt,
        )

    def leaf(self) -> bytes:
        """Of `abi.encode` of the line: a word each."""
        *numbers, salt = self.shown()
        words = [_padded(number, *form) for number, form in zip(numbers, LINE, strict=True)]
        return leaf_hash(b"".join((*words, salt)))


def _padded(number: int, bits: int, signed: bool) -> bytes:
    """A number that fits its type, as a word of `abi.encode`."""
    return number.to_bytes(bits // 8, "big", signed=signed).rjust(
        32, b"\xff" if number < 0 else b"\0"
    )


def lines_of(
    positions: Sequence[Position],
    settled: IntervalSettlement,
    salts: Sequence[bytes],
    unbound: Mapping[int, int] | None = None,
) -> list[AccountLine]:
    """Lines of an interval, in the order of its readings.

    `unbound` is what each account's accepted orders bound."""
    freed = unbound or {}
    return [
        AccountLine(
            account=p.account,
            metered_wh=p.metered_wh,
            sold_wh=p.sold_wh,
            bought_wh=p.bought_wh,
            traded_wh=p.traded_wh,
            loss_wh=p.loss_wh,
            net=line.net,
            unbound=freed.get(p.account, 0),
            salt=salt,
        )
        for p, line, salt in zip(positions, settled.lines, salts, strict=True)
    ]


def totals(
    lines: Sequence[AccountLine],
    settled: IntervalSettlement,
    meter_root: bytes,
    sums: int,
    charged_wh: int,
) -> tuple[bytes | int, ...]:
    """`RunTotals`, in the order of its fields."""
    imbalances = [line.imbalance_wh for line in settled.lines]
    metered = [line.metered_wh for line in lines]
    return (
        merkle_root([line.leaf() for line in lines]),
        meter_root,
        sums,
        len(lines),
        sum(line.sold_wh for line in lines),
        sum(line.bought_wh for line in lines),
        charged_wh,
        sum(wh for wh in imbalances if wh > 0),
        -sum(wh for wh in imbalances if wh < 0),
        -sum(wh for wh in metered if wh < 0),
        sum(wh for wh in metered if wh > 0),
        settled.net,
        settled.fees,
        settled.rounding,
    )


def chunks(
    amounts: Mapping[PowerAccountId, int], unbound: Mapping[PowerAccountId, int] | None = None
) -> list[tuple[int, list[int]]]:
    """A day's payments in chunks, each with its sum. Who pays comes first, so that nothing has to be lent."""
    freed = unbound or {}
    ordered = sorted(amounts.items(), key=lambda item: (item[1], item[0]))
    parts = [ordered[first : first + CHUNK] for first in range(0, len(ordered), CHUNK)]
    return [
        (
            sum(amount for _, amount in part),
            [Payment(account, amount, freed.get(account, 0)).pack() for account, amount in part],
        )
        for part in parts
    ]


def chunk_leaf(total: int, words: Sequence[int]) -> bytes:
    """Leaf of a chunk under the root of a day's payments."""
    hashed = keccak(b"".join(w.to_bytes(32, "big") for w in words))
    return leaf_hash(hashed + total.to_bytes(32, "big", signed=True))


@dataclass(frozen=True, slots=True)
class Rotation:
    """Accounts of a sponsor that its households take turns in: each interval everybody has another one.

    An observer of an account in one interval does not know whose it is in the next; over a day an account's
    amount is made of many households'. The sponsor, who has the secret, bills each household what is its own.
    """

    secret: bytes
    accounts: tuple[int, ...]

    def of(self, interval: int) -> tuple[int, ...]:
        """The account of each household, in their order."""
        return tuple(
            sorted(self.accounts, key=lambda account: self._mac("turn", interval, account))
        )

    def salt(self, interval: int, account: int) -> bytes:
        """The salt of an account's line."""
        return self._mac("salt", interval, account)

    def blocks(self, total_wh: int) -> list[int]:
        """Energy that the sponsor needs for all, in equal orders: who knows one knows none."""
        count = len(self.accounts)
        return [total_wh * (i + 1) // count - total_wh * i // count for i in range(count)]

    def _mac(self, use: str, interval: int, account: int) -> bytes:
        return hmac.digest(self.secret, f"{use} {interval} {account}".encode(), sha256)
