"""Settlements that were posted and still stand, from the chain's events: a run's totals, a day's list."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from itertools import pairwise
from typing import Final

from tonne.chain.client import Chain
from tonne.chain.contract import Event
from tonne.chain.rpc import masked
from tonne.constants import EPOCH
from tonne.crypto.hashing import keccak
from tonne.errors import TonneError, refused
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
    """The event of the run that stands at a node in an interval, held against its commitment.

    NODE_LEAVES_OUT where the chain has a run that the node does not tell.
    """
    state = chain.call(CONTRACT, "intervalOf", node, interval)
    if not state.postedAt:
        return None
    topics = topics_of(node, interval)
    posted = chain.logs(CONTRACT, "RunPosted", first=first_block, topics=topics)
    standing = [e for e in posted if commitment_of(e["totals"]) == state.commitment]
    if not standing:
        raise left_out(chain, f"a run of node {node}, interval {interval}")
    return standing[-1]


def left_out(chain: Chain, what: str) -> TonneError:
    """NODE_LEAVES_OUT: the chain's state has something of which the node that is asked tells no event."""
    return refused("NODE_LEAVES_OUT", chain_url=masked(chain.url), detail=what)


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


def complete_list(chain: Chain, node: int, day: int, first_block: int = 0) -> list[int]:
    """The words of a day's list that stands and is complete; none where there is no such list.

    NODE_LEAVES_OUT where the node does not tell all of its chunks.
    """
    state = chain.call(CONTRACT, "listOf", node, day)
    if not state.complete:
        return []
    words = list_words(chain, node, day, first_block)
    if len(chunks(words)) != state.chunks:
        raise left_out(chain, f"a list of {day_name(day)} at node {node}")
    return words


def chunk_with(words: Sequence[int], account: int) -> tuple[int, Sequence[int]]:
    """The chunk of a list in whose range an account is: from its first account to the next chunk's."""
    parts = chunks(words)
    firsts = [Payment.unpack(part[0]).account for part in parts]
    last = len(parts) - 1
    index = next((i for i, (_, after) in enumerate(pairwise(firsts)) if account < after), last)
    return index, parts[index]


def listed_amount(chain: Chain, node: int, day: int, account: int, first_block: int = 0) -> int:
    """[micro-credit] An account's amount in the list of a day, 0 where the list leaves it out.

    BILL_NO_LIST where no complete list stands; errors as of `complete_list`.
    """
    words = complete_list(chain, node, day, first_block)
    if not words:
        raise refused("BILL_NO_LIST", day=day_name(day), node=node)
    _, part = chunk_with(words, account)
    return next((p.amount for p in map(Payment.unpack, part) if p.account == account), 0)
