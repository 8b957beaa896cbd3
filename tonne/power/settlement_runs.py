"""Runs of settlement as `PowerSettlement` takes them: lines, totals, the day's list, and names that rotate.

Lines and words are those of `contracts/lib/AccountLine.sol` and `interfaces/power/IPowerSettlement.sol`.
A line carries the account's sums since the day's begin: the last one shows all that the account is owed.
Lines stand in a tree whose nodes carry sums of energy, `contracts/lib/LineTree.sol`: a run's totals are
those of its root.
Its salt keeps it from being guessed beside its hash; a rotation keeps lines of different intervals apart.
"""

from __future__ import annotations

import hmac
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from hashlib import sha256
from typing import Final, NamedTuple

from tonne.constants import DAY_S
from tonne.crypto.hashing import keccak
from tonne.crypto.merkle import leaf_hash
from tonne.crypto.merkle_sum import HASH_BYTES, Tree, climb_by, tree
from tonne.errors import TonneError
from tonne.power.encoding import Payment
from tonne.power.settlement import IntervalSettlement, Position
from tonne.types.ids import PowerAccountId
from tonne.types.packing import Layout

_ENERGY: Final = Layout(account=32, metered=48, sold=48, bought=48, traded=48)
_MONEY: Final = Layout(net=88, loss=48)
_DAY: Final = Layout(net=88, volume=72)
#: Sums of a run's tree of lines, in Wh; the top bit of each field stays free.
LINE_SUMS: Final = Layout(imports=48, exports=48, long=48, short=48)
_GUARDS: Final = LINE_SUMS.pack(**dict.fromkeys(LINE_SUMS.names, 2**47))
#: Bits that no sum of a tree of lines has.
_ABOVE: Final = _GUARDS | ~(2**LINE_SUMS.width - 1)
#: [B] A proof is filled up to whole words.
_WORD: Final = 32
#: [s] After a day's end, when it is closed unless its list is complete.
END_S: Final = 7 * DAY_S
#: Words of one chunk of a day's list.
CHUNK: Final = 96
_CHUNK: Final = Layout(hash=224, first=32)


class DaySums(NamedTuple):
    """What an account's lines of a day come to, up to one of them."""

    net: int = 0
    volume_wh: int = 0  # metered, without sign


@dataclass(frozen=True, slots=True)
class AccountLine:
    """One account at one node in one interval; energy in Wh, amounts in micro-credits."""

    account: int
    metered_wh: int
    sold_wh: int
    bought_wh: int
    traded_wh: int
    loss_wh: int
    net: int
    day: DaySums  # with this line
    salt: bytes

    @classmethod
    def of(cls, words: Sequence[int], salt: bytes) -> AccountLine:
        """The line of three words and a salt; bits beyond the fields are not read, as on the chain."""
        energy, money, day = (
            layout.unpack(word) for layout, word in zip((_ENERGY, _MONEY, _DAY), words, strict=True)
        )
        return cls(
            account=energy["account"],
            metered_wh=_unsigned(energy["metered"], 48),
            sold_wh=energy["sold"],
            bought_wh=energy["bought"],
            traded_wh=_unsigned(energy["traded"], 48),
            loss_wh=money["loss"],
            net=_unsigned(money["net"], 88),
            day=DaySums(_unsigned(day["net"], 88), day["volume"]),
            salt=salt,
        )

    def shown(self) -> tuple[int, int, int, bytes]:
        """Its words, as the contract takes them."""
        energy = _ENERGY.pack(
            account=self.account,
            metered=_signed(self.metered_wh, 48),
            sold=self.sold_wh,
            bought=self.bought_wh,
            traded=_signed(self.traded_wh, 48),
        )
        money = _MONEY.pack(net=_signed(self.net, 88), loss=self.loss_wh)
        net, volume = self.day
        day = _DAY.pack(net=_signed(net, 88), volume=volume)
        return energy, money, day, self.salt

    @property
    def imbalance_wh(self) -> int:
        """Delivered beyond contracts and losses; negative when short."""
        sold = self.sold_wh - self.bought_wh + self.traded_wh
        return self.metered_wh - sold - self.loss_wh

    def sums(self) -> int:
        """What it adds to the sums of the tree: metered energy by direction, imbalance by sign."""
        metered, open_ = self.metered_wh, self.imbalance_wh
        return LINE_SUMS.pack(
            imports=max(-metered, 0),
            exports=max(metered, 0),
            long=max(open_, 0),
            short=max(-open_, 0),
        )

    def leaf(self) -> bytes:
        """Its leaf among the lines of the interval."""
        *words, salt = self.shown()
        return leaf_hash(b"".join((*(word.to_bytes(32, "big") for word in words), salt)))


def _signed(value: int, bits: int) -> int:
    """In two's complement; OverflowError where it does not fit."""
    return int.from_bytes(value.to_bytes(bits // 8, "big", signed=True), "big")


def _unsigned(value: int, bits: int) -> int:
    """A number from its two's complement."""
    half: int = 2 ** (bits - 1)
    return value - value // half * 2 * half


def lines_of(
    positions: Sequence[Position],
    settled: IntervalSettlement,
    salts: Sequence[bytes],
    before: Mapping[int, DaySums] | None = None,
) -> list[AccountLine]:
    """Lines of an interval, in the order of its readings.

    `before` has the sums of each account's lines of the day so far.
    """
    sums = before or {}
    found = []
    for p, line, salt in zip(positions, settled.lines, salts, strict=True):
        past = sums.get(p.account, DaySums())
        day = DaySums(past.net + line.net, past.volume_wh + abs(p.metered_wh))
        found.append(
            AccountLine(
                account=p.account,
                metered_wh=p.metered_wh,
                sold_wh=p.sold_wh,
                bought_wh=p.bought_wh,
                traded_wh=p.traded_wh,
                loss_wh=p.loss_wh,
                net=line.net,
                day=day,
                salt=salt,
            )
        )
    return found


def sums_of(lines: Iterable[AccountLine]) -> dict[int, DaySums]:
    """Sums that the lines that follow these start from, by account."""
    return {line.account: line.day for line in lines}


def hash_of(lines: Iterable[AccountLine]) -> bytes:
    """Hash of an interval's lines, which a run names beside its totals."""
    return keccak(b"".join(line.leaf() for line in lines))


def line_tree(lines: Sequence[AccountLine]) -> Tree:
    """The tree of an interval's lines; its proofs are those of `ShownLine`."""
    return tree([(line.leaf()[:HASH_BYTES], line.sums()) for line in lines], _GUARDS)


def line_under(
    root: bytes, sums: int, words: Sequence[int], salt: bytes, index: int, count: int, proof: bytes
) -> AccountLine | None:
    """The line of these words, where it is number `index` of `count` under a run's root with these sums; else
    None. As `LineTree.isUnder`: the proof may be filled up to a whole word."""
    line = AccountLine.of(words, salt)
    whole = b"".join((*(word.to_bytes(32, "big") for word in words), salt))
    try:
        own = line.sums()
    except TonneError:  # more energy than any tree holds
        return None
    found = climb_by(leaf_hash(whole)[:HASH_BYTES], own, index, count, proof, _ABOVE)
    its = found is not None and found[:2] == (root[:HASH_BYTES], sums) and len(found[2]) < _WORD
    return line if its else None


def totals(
    lines: Sequence[AccountLine],
    settled: IntervalSettlement,
    meter_root: bytes,
    sums: int,
    charged_wh: int,
) -> tuple[bytes | int, ...]:
    """`RunTotals`, in the order of its fields."""
    own = line_tree(lines)
    energy = LINE_SUMS.unpack(own.sums)
    return (
        own.root,
        meter_root,
        sums,
        len(lines),
        sum(line.sold_wh for line in lines),
        sum(line.bought_wh for line in lines),
        charged_wh,
        energy["long"],
        energy["short"],
        energy["imports"],
        energy["exports"],
        settled.net,
        settled.fees,
        settled.operator + settled.fees,
        settled.surplus,
        settled.rounding,
        *settled.prices,
    )


def is_backed(run: Sequence[bytes | int]) -> bool:
    """Whether at least half of a run's metered energy was accepted and delivered (`RunTotals`), so that its
    price counts for the references: `SettlementPrices.isBacked`."""
    sold, bought, _, long, short, imports, exports = (int(word) for word in run[4:11])
    metered = imports + exports
    return metered != 0 and 2 * (sold + bought - long - short) >= metered


def day_amounts(
    sums: Mapping[int, DaySums], returning: int, volume_wh: int
) -> dict[PowerAccountId, int]:
    """[micro-credit] What each account is owed of a day: its lines, and its share by metered volume in what
    the day returns, rounded down. `volume_wh` is the day's."""
    return {
        PowerAccountId(account): day.net
        + (returning * day.volume_wh // volume_wh if returning else 0)
        for account, day in sums.items()
    }


def day_list(amounts: Mapping[PowerAccountId, int]) -> list[int]:
    """The words of a day's payments, by account."""
    return [Payment(account, amount, 0).pack() for account, amount in sorted(amounts.items())]


def chunks(words: Sequence[int]) -> list[Sequence[int]]:
    """A list in the chunks that are paid at once."""
    return [words[first : first + CHUNK] for first in range(0, len(words), CHUNK)]


def chunk_word(words: Sequence[int]) -> int:
    """The word that the chain keeps of a chunk: its first account, and the lower bits of its hash."""
    hashed = keccak(b"".join(word.to_bytes(32, "big") for word in words))
    return _CHUNK.pack(
        hash=int.from_bytes(hashed[4:], "big"), first=Payment.unpack(words[0]).account
    )


@dataclass(frozen=True, slots=True, eq=False)
class Rotation:
    """Accounts of a sponsor that its households take turns in: each interval everybody has another one.

    An observer of an account in one interval does not know whose it is in the next; over a day an account's
    amount is made of many households'. The sponsor, who has the secret, bills each household its own.
    """

    secret: bytes
    accounts: tuple[int, ...]

    def of(self, interval: int) -> tuple[int, ...]:
        """The account of each household, in their order."""
        return _turns(self, interval)

    def salt(self, interval: int, account: int) -> bytes:
        """The salt of an account's line."""
        return self._mac("salt", interval, account)

    def blocks(self, total_wh: int) -> list[int]:
        """Energy that the sponsor needs for all, in equal orders: who knows one knows none."""
        count = len(self.accounts)
        return [total_wh * (i + 1) // count - total_wh * i // count for i in range(count)]

    def _mac(self, use: str, interval: int, account: int) -> bytes:
        return hmac.digest(self.secret, f"{use} {interval} {account}".encode(), sha256)


@lru_cache(maxsize=128)
def _turns(rotation: Rotation, interval: int) -> tuple[int, ...]:
    """Of two intervals at least, at 64 nodes: a run asks for each of them several times."""
    return tuple(
        sorted(rotation.accounts, key=lambda account: rotation._mac("turn", interval, account))
    )
