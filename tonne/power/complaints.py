"""Complaints about a line that a customer asked for: by which call, on which ground.

The chain is asked whether it would take a call before one is named. Any account may send it; half of the
penalty is the customer's.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

from tonne.chain.client import Chain
from tonne.errors import TonneError
from tonne.power.asked_lines import Answered, disputes_of, holds, reply_to
from tonne.power.line_requests import LineInquiry, proof_of
from tonne.power.meter_bills import legs

#: Ground and sentence of each call.
GROUNDS: Final = {
    "disputeSilence": ("silence", "The operator did not answer in time: its run has failed."),
    "disputeAnswer": ("false answer", "The answer is not your line: its run has failed."),
    "disputeLine": ("figures", "The line's figures are wrong: its run has failed."),
    "disputeSums": ("sums", "The line's sums of the day are wrong: its run has failed."),
    "disputePayment": (
        "payment",
        "The day's list has another amount than your lines come to: it has failed.",
    ),
}


@dataclass(frozen=True, slots=True)
class Complaint:
    """A ground, in a word and in a sentence, and the call of PowerSettlement that acts on it, if any."""

    ground: str
    says: str
    function: str | None = None
    arguments: tuple[Any, ...] = ()


def about(
    chain: Chain,
    asked: LineInquiry,
    key: bytes,
    first_block: int = 0,
    reading: tuple[Any, ...] | None = None,
) -> Complaint:
    """What can be done about a request's line; `reading` is its meter's leaf (`asked_lines.read_leaf`)."""
    request = asked.opened_by(key, chain)
    reply = reply_to(chain, request, first_block)
    if reply.state is Answered.OVER:
        return Complaint(
            "failed", "No run stands for this interval any more: another one will be posted."
        )
    if reply.state is Answered.OPEN:
        return Complaint("waiting", f"The operator has until {asked.deadline} [s] to answer.")
    for function, arguments in disputes_of(chain, request, reply, first_block, reading=reading):
        if holds(chain, (function, arguments), None):
            return Complaint(*GROUNDS[function], function, arguments)
    try:
        legs(chain, proof_of(asked, reply))
    except TonneError as fault:
        needed = "The chain takes it with your meter's reading: give its receipt with --reading."
        return Complaint("arithmetic", f"{fault.message} {needed}")
    return Complaint(
        "none",
        "Your line is the one that the operator posted, and its figures agree as far as it shows them.",
    )
