"""Lines that an account's key asked the operator for, found, opened and proved from the chain alone.

The one-time key of a request follows from the key that asks, so that its holder reads the answer on any
machine, at any time, without a file. It is shown only where an answer is disputed; each request has its own.
"""

from __future__ import annotations

import hmac
from dataclasses import dataclass
from typing import Any

from tonne.chain.client import Chain
from tonne.constants import DAY_S, HOUR_S
from tonne.crypto.eip712 import CURVE_ORDER
from tonne.errors import TonneError, refused
from tonne.power.asked_lines import Answered, AskedLine, LineReply, reply_to
from tonne.power.settlement_runs import AccountLine
from tonne.power.shown_lines import point_of
from tonne.power.standing import CONTRACT, day_name, topics_of


@dataclass(frozen=True, slots=True)
class LineInquiry:
    """A request for an account's line of an interval at a node, as the event tells it."""

    node: int
    interval: int
    account: int
    by_key: bool  # the account's key made it, not a wallet of the participant or the sponsor
    point: tuple[bytes, bytes]
    deadline: int  # [s] of the answer
    attempt: int  # requests before it of the same side for the same line

    @property
    def place(self) -> tuple[int, int, int, bool]:
        """Its place on the chain."""
        return self.node, self.interval, self.account, self.by_key

    def secret(self, key: bytes, chain_id: int) -> bytes:
        """Its one-time key, where `key` made it."""
        return secret_of(key, chain_id, self.node, self.interval, self.account, self.attempt)

    def opened_by(self, key: bytes, chain: Chain) -> AskedLine:
        """The request with its one-time key, for the holder of `key`."""
        secret = self.secret(key, chain.chain_id).hex()
        address = chain[CONTRACT].address
        return AskedLine(chain.chain_id, address, *self.place, secret, self.deadline)

    def is_of(self, key: bytes, chain_id: int) -> bool:
        """Whether that key made it."""
        return point_of(self.secret(key, chain_id)) == self.point


@dataclass(frozen=True, slots=True)
class ProvedLine:
    """An account's line with the run whose root it is under."""

    request: LineInquiry
    index: int
    line: AccountLine
    totals: Any  # `RunTotals`
    proof: bytes
    transaction: str  # of the run

    @property
    def interval(self) -> int:
        """Number of the market's interval."""
        return self.request.interval


def secret_of(
    key: bytes, chain_id: int, node: int, interval: int, account: int, attempt: int
) -> bytes:
    """The one-time key of a request: another one for each line and each time that it is asked for.

    Requests of the other side do not count: one that comes in between would leave the answer unread.
    """
    return key_for(key, f"tonne line/{chain_id}/{node}/{interval}/{account}/{attempt}")


def key_for(key: bytes, purpose: str) -> bytes:
    """A key that follows from another one and what it is for."""
    number = int.from_bytes(hmac.digest(key, purpose.encode(), "sha512"), "big")
    return (number % (CURVE_ORDER - 1) + 1).to_bytes(32, "big")


def requests_of(chain: Chain, account: int, first_block: int = 0) -> list[LineInquiry]:
    """Every request for a line of an account, in their order."""
    (topic,) = topics_of(account)
    found: list[LineInquiry] = []
    for event in chain.logs(CONTRACT, "LineAsked", first=first_block, topics=[None, None, topic]):
        place = (event["node"], event["interval"], account, event["byKey"])
        attempt = sum(r.place == place for r in found)
        found.append(LineInquiry(*place, (event["x"], event["y"]), event["deadline"], attempt))
    return found


def proved_line(
    chain: Chain, key: bytes, asked: LineInquiry, first_block: int = 0
) -> ProvedLine | None:
    """The answer to a request of that key, proved under the run that stands; None where there is none yet.

    LINE_NOT_PROVED where the answer is not the account's line under the root; LINE_RUN_FELL where the run
    that it was asked of, or the list, stands no more.
    """
    reply = reply_to(chain, asked.opened_by(key, chain), first_block)
    if reply.state is Answered.OVER:
        raise run_fell(chain, asked)
    if reply.state in (Answered.OPEN, Answered.SILENT):
        return None
    if reply.state is not Answered.SHOWN:
        raise _not_proved(asked)
    return proof_of(asked, reply)


def proof_of(asked: LineInquiry, reply: LineReply) -> ProvedLine:
    """The line of a reply that shows one."""
    assert reply.shown is not None
    assert reply.line is not None
    assert reply.run is not None
    _, index, totals, _, proof = reply.shown
    return ProvedLine(asked, index, reply.line, totals, proof, reply.run.tx_hash)


def last_interval(day: int, interval_s: int) -> int:
    """The interval of a day whose lines have the day's sums."""
    return (day + 1) * DAY_S // interval_s - 1


def run_fell(chain: Chain, asked: LineInquiry) -> TonneError:
    """LINE_RUN_FELL: that the run of a request, or the list that it was made under, stands no more."""
    step = chain.call("PowerMarket", "terms").intervalS
    start = asked.interval * step
    on, at = day_name(start // DAY_S), f"{start % DAY_S // HOUR_S:02}:{start % HOUR_S // 60:02}"
    state = chain.call(CONTRACT, "intervalOf", asked.node, asked.interval)
    stands = bool(state.postedAt)
    said = (
        f"The list under which this line of {on} {at} (UTC) was asked for fell in a dispute, and the request"
        " with it."
        if stands
        else f"The operator's run of {on} {at} (UTC) fell in a dispute, and the day's list with it; a new one"
        " is awaited."
    )
    return TonneError(
        "LINE_RUN_FELL",
        said,
        field="day",
        value=on,
        remedy="Ask again once the day's new list is posted, in the first half of its window:"
        f" `tonne energy interval METER --day {on} --at {at} --as NAME`; `tonne energy settle show"
        f" {asked.node} {on}` tells when.",
    )


def _not_proved(asked: LineInquiry) -> TonneError:
    return refused("LINE_NOT_PROVED", interval=asked.interval, account=asked.account)
