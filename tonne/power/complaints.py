"""Complaints about a line that a customer asked for: by which call, on which ground.

In the order in which the chain could know of it: no answer in time, an answer that is not the line, a list
that pays something else than the line comes to. Any account may send the call; half of the penalty is the
customer's.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

from tonne.chain.client import Chain
from tonne.constants import DAY_S
from tonne.errors import TonneError
from tonne.power.line_requests import (
    LineInquiry,
    ProvedLine,
    last_interval,
    proved_line,
    standing_run,
)
from tonne.power.meter_bills import BilledMeter, legs, listed_chunk, returned

#: Failure that a sound line does not have, by its code.
FALSE_ANSWER: Final = "LINE_NOT_PROVED"
#: Of a line that adds up wrongly.
NEEDS_READING: Final = (
    "The chain takes it with the meter's leaf: `tonne meters ask`, then `disputeLine` of"
    " PowerSettlement."
)


@dataclass(frozen=True, slots=True)
class Complaint:
    """A ground, in a word and in a sentence, and the call of PowerSettlement that acts on it, if any."""

    ground: str
    says: str
    function: str | None = None
    arguments: tuple[Any, ...] = ()


def about(
    chain: Chain, of: BilledMeter, asked: LineInquiry, key: bytes, first_block: int = 0
) -> Complaint:
    """What can be done about a request's line."""
    run = standing_run(chain, asked.node, asked.interval, first_block)
    if run is None:
        return Complaint(
            "failed", "No run stands for this interval any more: another one will be posted."
        )
    place = (asked.node, asked.interval, asked.account)
    try:
        found = proved_line(chain, key, asked, first_block)
    except TonneError as fault:
        if fault.code != FALSE_ANSWER:
            raise
        secret = int.from_bytes(asked.secret(key, chain.chain_id), "big")
        answer = answer_of(chain, asked, first_block)
        return Complaint(
            "false answer",
            "The answer is not your line: its run has failed.",
            "disputeAnswer",
            (*place, run["totals"], answer, secret),
        )
    if found is None:
        if chain.now() <= asked.deadline:
            return Complaint("waiting", f"The operator has until {asked.deadline} [s] to answer.")
        return Complaint(
            "silence",
            "The operator did not answer in time: its run has failed.",
            "disputeSilence",
            (*place, run["totals"]),
        )
    return _of_payment(chain, of, found, first_block)


def _of_payment(chain: Chain, of: BilledMeter, found: ProvedLine, first_block: int) -> Complaint:
    """Whether a line's own figures and the day's list agree with it."""
    try:
        legs(chain, found)
    except TonneError as fault:
        return Complaint("arithmetic", f"{fault.message} {NEEDS_READING}")
    day = found.interval * of.interval_s // DAY_S
    if found.interval != last_interval(day, of.interval_s):
        return Complaint("none", "The line is under its root, and its figures are right.")
    state = chain.call("PowerSettlement", "dayOf", of.node, day)
    due = found.line.day.net + returned(state, found.line.day.volume_wh)
    index, words, listed = listed_chunk(chain, of.node, day, of.account, first_block)
    if listed == due:
        return Complaint(
            "none", "The line is under its root, and the day's list has what it comes to."
        )
    shown = (found.interval, found.index, found.totals, found.line.shown(), found.proof)
    return Complaint(
        "payment",
        f"The list has {listed} micro-credits, your lines come to {due}: the list has failed.",
        "disputePayment",
        (of.node, day, index, words, shown),
    )


def answer_of(chain: Chain, asked: LineInquiry, first_block: int = 0) -> Any:
    """The latest answer to a request, as the event has it."""
    topics = [
        "0x" + n.to_bytes(32, "big").hex() for n in (asked.node, asked.interval, asked.account)
    ]
    found = chain.logs("PowerSettlement", "LineAnswered", first=first_block, topics=topics)
    return found[-1]["answer"]
