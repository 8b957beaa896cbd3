"""Settlements that were posted and still stand, from the chain's events: a run's totals, a day's list."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from itertools import pairwise
from typing import Final

from tonne.chain.client import Chain
from tonne.chain.contract import Event
from tonne.constants import EPOCH
from tonne.crypto.hashing import keccak
from tonne.errors import TonneError
from tonne.power.encoding import Payment
from tonne.power.settlement_runs import CHUNK, chunks

CONTRACT: Final = "PowerSettlement"


def topics_of(*numbers: int) -> list[str]:
    """Indexed numbers of an event, as a node is asked for them."""
    return [f"0x{number:064x}" for number in numbers]


def day_name(day: int) -> str:
    """A day of the chain's count, in UTC, as people write it, e.g. 2021-06-18."""
    return (EPOCH + timedelta(days=day)).isoformat()


def standing_run(chain: Chain, node: int, interval: int, first_block: int = 0) -> Event | None:
    """The event of the run that stands at a node in an interval, held against its commitment."""
    state = chain.call(CONTRACT, "intervalOf", node, interval)
    if not state.postedAt:
        return None
    topics = topics_of(node, interval)
    posted = chain.logs(CONTRACT, "RunPosted", first=first_block, topics=topics)
    standing = [e for e in posted if commitment_of(e["totals"]) == state.commitment]
    return standing[-1] if standing else None


def commitment_of(told: Sequence[bytes | int]) -> int:
    """The chain's commitment to a run's totals (`RunTotals`)."""
    words = (x if isinstance(x, bytes) else (x % 2**256).to_bytes(32, "big") for x in told)
    return int.from_bytes(keccak(b"".join(words))[:22], "big")


def list_words(chain: Chain, node: int, day: int, first_block: int = 0) -> list[int]:
    """The words of a day's list as it was posted last."""
    found: list[int] = []
    for event in chain.logs(
        CONTRACT, "PaymentsPosted", first=first_block, topics=topics_of(node, day)
    ):
        found = [*found[: event["first"] * CHUNK], *event["words"]]
    return found


def chunk_with(words: Sequence[int], account: int) -> tuple[int, Sequence[int]]:
    """The chunk of a list in whose range an account is: from its first account to the next chunk's."""
    parts = chunks(words)
    firsts = [Payment.unpack(part[0]).account for part in parts]
    last = len(parts) - 1
    index = next((i for i, (_, after) in enumerate(pairwise(firsts)) if account < after), last)
    return index, parts[index]


def listed_amount(chain: Chain, node: int, day: int, account: int, first_block: int = 0) -> int:
    """[micro-credit] An account's amount in the list of a day, 0 where the list leaves it out.

    BILL_NO_LIST where no complete list stands.
    """
    words = list_words(chain, node, day, first_block)
    if not words or not chain.call(CONTRACT, "listOf", node, day).complete:
        raise TonneError(
            "BILL_NO_LIST",
            "The day has no list of payments now: none was posted yet, or it fell in a dispute.",
            field="day",
            value=day_name(day),
            remedy="Wait for the operator's next list: `tonne energy settle show"
            f" {node} {day_name(day)}` tells when it stands.",
        )
    _, part = chunk_with(words, account)
    return next((p.amount for p in map(Payment.unpack, part) if p.account == account), 0)
