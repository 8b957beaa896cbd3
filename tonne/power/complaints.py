"""Complaints about a line that a customer asked for: by which call, on which ground.

The chain is asked whether it would take a call before one is named. Any account may send it; half of the
penalty is the account's.
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any, Final

from tonne.chain.client import Chain
from tonne.chain.sender import Receipt
from tonne.constants import DAY_S
from tonne.errors import TonneError
from tonne.meters.leaves import ShownLeaf
from tonne.power.asked_lines import Answered, LineReply, disputes_of, has_reading, holds, reply_to
from tonne.power.encoding import Payment
from tonne.power.line_requests import LineInquiry, proof_of
from tonne.power.meter_bills import legs
from tonne.power.standing import CONTRACT

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
#: Of an answer that does not open to a line here, and that the chain does not convict of being none.
UNREAD: Final = (
    "The chain takes the operator's answer as a line of yours, and this program cannot read it. Its figures"
    " can still be disputed by hand, with your meter's reading: `disputeLine` of PowerSettlement."
)
REFUSED: Final = (
    "The operator did not answer in time, and the chain takes no dispute of that now: give the same command"
    " again."
)


@dataclass(frozen=True, slots=True)
class Complaint:
    """A ground, in a word and in a sentence, and the call of PowerSettlement that acts on it, if any."""

    ground: str
    says: str
    function: str | None = None
    arguments: tuple[Any, ...] = ()
    until: int = 0  # [s] that is waited for, or that was too late; 0 where there is none


def about(
    chain: Chain,
    asked: LineInquiry,
    key: bytes,
    first_block: int = 0,
    reading: tuple[Any, ...] | None = None,
    ahead: LineInquiry | None = None,
) -> Complaint:
    """What can be done about a request's line.

    `reading` is its meter's leaf (`asked_lines.read_leaf`), `ahead` the request of the same key for the
    line of the interval before, which the sums of the day are held against. LINE_READING_OTHER where the
    reading is not the one that the line is on; NODE_LEAVES_OUT where the node tells less than the chain has.
    """
    request = asked.opened_by(key, chain)
    reply = reply_to(chain, request, first_block)
    if reply.state is Answered.OVER:
        return Complaint(
            "failed", "No run stands for this interval any more: another one will be posted."
        )
    if reading is not None and reply.shown is not None:
        _require_its_reading(asked, reply, reading)
    earlier = None if ahead is None else ahead.opened_by(key, chain)
    before = None if earlier is None else reply_to(chain, earlier, first_block)
    shown = None if before is None else before.shown
    calls = [disputes_of(chain, request, reply, first_block, shown, reading)]
    if earlier is not None and before is not None:
        calls.append(disputes_of(chain, earlier, before, first_block))
    for function, arguments in itertools.chain(*calls):
        if holds(chain, (function, arguments), None):
            return Complaint(*GROUNDS[function], function, arguments)
    if reply.state is Answered.OPEN:
        return Complaint("waiting", "The operator has time to answer.", until=asked.deadline)
    until = closed_since(chain, asked.node, asked.interval)
    if until:
        return Complaint(
            "late", "The day's list can be disputed no more: no complaint is taken.", until=until
        )
    if reply.shown is None:
        if reply.answer is None:
            return Complaint("refused", REFUSED)
        return Complaint("unread", UNREAD, until=_window_end(chain, asked.node, asked.interval)[0])
    try:
        legs(chain, proof_of(asked, reply))
    except TonneError as fault:
        needed = "The chain takes it with your meter's reading: give its receipt with --reading."
        return Complaint("arithmetic", f"{fault.message} {needed}")
    if before is not None and before.state is Answered.OPEN:
        said = "The line before it, which its sums are held against, is not shown yet."
        return Complaint("waiting", said, until=before.deadline)
    return Complaint(
        "none",
        "Your line is the one that the operator posted, and its figures agree as far as it shows them.",
    )


def award_of(chain: Chain, receipt: Receipt, account: int) -> int:
    """[micro-credit] That an upheld complaint brought to an account, from the events of its transaction."""
    events = chain.events(receipt)
    settled = [e["words"] for e in events if e.name == "AccountsSettled"]
    paid = [Payment.unpack(word) for words in settled for word in words]
    awarded = [e for e in events if e.name == "CreditsAwarded" and e["account"] == account]
    own = sum(payment.amount for payment in paid if payment.account == account)
    return own + sum(int(event["amount"]) for event in awarded)


def closed_since(chain: Chain, node: int, interval: int) -> int:
    """[s] Until when the list of an interval's day could be disputed; 0 where it can be, or none stands."""
    until, is_complete = _window_end(chain, node, interval)
    return until if is_complete and chain.now() > until else 0


def _window_end(chain: Chain, node: int, interval: int) -> tuple[int, bool]:
    """[s] Until when the list of an interval's day can be disputed, and whether it is complete."""
    day = interval // (DAY_S // chain.call("PowerMarket", "terms").intervalS)
    state = chain.call(CONTRACT, "listOf", node, day)
    return int(state.postedAt + chain.call(CONTRACT, "WINDOW")), bool(state.complete)


def _require_its_reading(asked: LineInquiry, reply: LineReply, reading: tuple[Any, ...]) -> None:
    """LINE_READING_OTHER where the chain would not hold the line against this leaf (`LeafProof`)."""
    assert reply.shown is not None
    index, totals = reply.shown[1:3]
    if not has_reading(reply.shown):
        return
    leaf, place, count, proof = reading
    given = SimpleNamespace(leaf=leaf, index=place, count=count, proof=proof)
    if ShownLeaf.of(given).root != (totals.meterRoot, totals.sums):
        said = "The receipt is of another interval than the line, or of another node's meters."
        remedy = (
            "Give the receipt of the same interval: `tonne meters receipt METER --start"
            " UNIX` has its start [s since 1970, UTC]."
        )
    elif place != index:
        said = (
            f"The receipt is of reading {place} of the interval, and the line is on reading {index}: of"
            " another meter, or the operator put your account's line on it."
        )
        remedy = (
            "Give the receipt of your own meter. If it is: the chain holds the line against reading"
            f" {index} alone, whose receipt the oracle's operator has."
        )
    else:
        return
    raise TonneError(
        "LINE_READING_OTHER", said, field="reading", value=asked.interval, remedy=remedy
    )
