"""The histories of several deployments side by side: no tonne is alive in two of them.

Each store is proven by itself. What contracts cannot hold, since none sees another chain, is found here:
what left a passage account while it was on the other chain, what came without a lock, and what came twice.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from itertools import combinations

from tonne.audit.passages.history import Account, History
from tonne.audit.proofs.findings import Finding
from tonne.errors import refused
from tonne.types.unit_id import unit_name
from tonne.units import passages
from tonne.units.foreign_serials import SerialBlock
from tonne.units.immobilisation_state import CANCELLED


def findings(histories: Sequence[History]) -> list[Finding]:
    """What does not hold, each with a stable code; none where every tonne is alive in one place at most."""
    by_place = {(each.chain, each.credits): each for each in histories}
    if len(by_place) < len(histories):
        raise refused("PASSAGE_STORES", each_name=", ".join(each.name for each in histories))
    origins = _Origins(by_place)
    return [
        *origins.without_lock(histories),
        *_twice(histories),
        *origins.alive_in_both(histories),
        *origins.not_held(histories),
        *origins.invalid_at_home(histories),
        *_ended_alone(histories),
        *_unrecorded(histories),
    ]


def unread(histories: Sequence[History]) -> list[tuple[int, str]]:
    """Deployments that units came from and of which no store is given: chain and credits."""
    known = {(each.chain, each.credits) for each in histories}
    named = {account[:2] for each in histories for account in each.here()}
    return sorted(named - known)


class _Origins:
    """Where units came from, by chain and address of the credits."""

    def __init__(self, by_place: dict[tuple[int, str], History]) -> None:
        self._by_place = by_place

    def of(self, account: Account) -> History | None:
        return self._by_place.get(account[:2])

    def without_lock(self, histories: Sequence[History]) -> Iterator[Finding]:
        """Units that came from a deployment on which no transfer locked them."""
        for each in histories:
            for _, block, account in each.came():
                origin = None if account is None else self.of(account)
                if account is None or origin is None:
                    continue
                moved = origin.lock_of(block)
                right = moved is not None and (moved.target, moved.unit) == (account[3], account[2])
                if moved is None or not right or block.last > moved.amount:
                    yield Finding(
                        "PASSAGE_WITHOUT_LOCK",
                        f"{block.quantity:,} t came to chain {each.chain} as {block.raw}; no transfer on"
                        f" chain {origin.chain} locked them.",
                        passages.place_of(block)[0],
                    )

    def alive_in_both(self, histories: Sequence[History]) -> Iterator[Finding]:
        """A passage account that has less than other chains have out of it."""
        out: dict[Account, int] = defaultdict(int)
        for each in histories:
            for account, amount in each.here().items():
                out[account] += amount
        for account, amount in out.items():
            origin = self.of(account)
            if origin is None:
                continue
            held = origin.balances[account[3], account[2]]
            if held < amount:
                yield Finding(
                    "PASSAGE_ALIVE_IN_BOTH",
                    f"{amount - held:,} t of {unit_name(account[2])} of chain {origin.chain} are on another"
                    f" chain and have left the passage account {account[3]}, which has {held:,} t of"
                    f" {amount:,} t.",
                    origin.block,
                )

    def not_held(self, histories: Sequence[History]) -> Iterator[Finding]:
        """A passage account out of which its holder can take units."""
        for account in sorted({a for each in histories for a in each.here()}):
            origin = self.of(account)
            if origin is None:
                continue
            key = (account[3], account[2])
            free = origin.balances[key] - origin.frozen[key]
            if free > 0:
                yield Finding(
                    "PASSAGE_NOT_HELD",
                    f"{free:,} t of {unit_name(account[2])} in the passage account {account[3]} of chain"
                    f" {origin.chain} are not frozen.",
                    origin.block,
                )

    def invalid_at_home(self, histories: Sequence[History]) -> Iterator[Finding]:
        """Units that are good here, of a batch that their own deployment has declared invalid since."""
        for each in histories:
            for account, unit, tonnes in each.alive():
                origin = self.of(account)
                if origin is not None and account[2] in origin.invalid:
                    yield Finding(
                        "PASSAGE_INVALID_AT_HOME",
                        f"{tonnes:,} t of {unit_name(unit)} on chain {each.chain} are of"
                        f" {unit_name(account[2])} of chain {origin.chain}, which is invalid there.",
                        each.block,
                    )


def _twice(histories: Sequence[History]) -> Iterator[Finding]:
    """Tonnes of a lock that came to two chains, or to one again."""
    came = [(each, block) for each in histories for _, block, _ in each.came()]
    for (one, first), (other, second) in combinations(came, 2):
        if _overlap(first, second):
            yield Finding(
                "PASSAGE_TWICE",
                f"Tonnes of one lock came to chain {one.chain} as {first.raw} and to chain {other.chain} as"
                f" {second.raw}.",
                passages.place_of(first)[0],
            )


def _ended_alone(histories: Sequence[History]) -> Iterator[Finding]:
    """Tonnes that a deployment gave back, and no other one gave up; or that went to another wallet."""
    given_up = [
        (each, block, told)
        for each in histories
        for block, use, told in each.ended()
        if use == CANCELLED and not each.is_own(block)
    ]
    for each in histories:
        for block, use, told in each.ended():
            if use != CANCELLED or not each.is_own(block):
                continue
            there = [(o, b, t) for o, b, t in given_up if _covers(b, block)]
            if not there:
                yield Finding(
                    "PASSAGE_ENDED_ALONE",
                    f"{block.quantity:,} t were given back on chain {each.chain} as {block.raw}; no other"
                    " chain has given them up.",
                    each.block,
                )
            elif all(t.lower() != told.lower() for _, _, t in there):
                yield _to_another(each, block, told, there[0][2])
    for each, block, told in given_up:
        place = each.book.place_of(block)
        wallet = each.released.get((*place, block.last)) if place else None
        if wallet is not None and wallet.lower() != told.lower():
            yield _to_another(each, block, told, wallet)


def _to_another(each: History, block: SerialBlock, told: str, right: str) -> Finding:
    return Finding(
        "PASSAGE_OTHER_RECEIVER",
        f"On chain {each.chain} {block.raw} goes back to {told}; it is {right}'s.",
        each.block,
    )


def _unrecorded(histories: Sequence[History]) -> Iterator[Finding]:
    """More left a passage account than was recorded as given back."""
    for each in histories:
        recorded: dict[tuple[str, int], int] = defaultdict(int)
        for block, use, _ in each.ended():
            lock = each.lock_of(block) if each.is_own(block) else None
            if lock is not None and use == CANCELLED:
                recorded[lock.target, lock.unit] += block.quantity
        accounts = {
            a for other in histories for a in other.here() if a[:2] == (each.chain, each.credits)
        }
        for _, _, unit, account in sorted(accounts):
            gone = each.gone[account, unit]
            if gone > recorded[account, unit]:
                yield Finding(
                    "PASSAGE_UNRECORDED",
                    f"{gone - recorded[account, unit]:,} t of {unit_name(unit)} left the passage account"
                    f" {account} of chain {each.chain} without a record that they came back.",
                    each.block,
                )


def _overlap(one: SerialBlock, other: SerialBlock) -> bool:
    return one.issuance == other.issuance and one.first <= other.last and other.first <= one.last


def _covers(whole: SerialBlock, part: SerialBlock) -> bool:
    same = whole.issuance == part.issuance
    return same and whole.first <= part.first and part.last <= whole.last
