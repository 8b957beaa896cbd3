"""A line that its account asked for: the request with its one-time key, the answer, the disputes it allows.

The key's secret reads the answer and convicts a false one: the file of a request is its account's alone. What
counts as false the chain says: each dispute that may hold is tried there before one is sent.
"""

from __future__ import annotations

import json
import operator
import secrets
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, fields
from enum import StrEnum
from pathlib import Path
from typing import Any, Final

from tonne import files
from tonne.chain.client import Chain
from tonne.chain.contract import Event
from tonne.constants import DAY_S, ZERO_WORD
from tonne.crypto.merkle_sum import Sums
from tonne.errors import TonneError, why
from tonne.meters.leaves import Leaf, OpenedLeaf, salted
from tonne.meters.readings import Quality
from tonne.meters.series import Flow, IntervalReading
from tonne.power.settlement_runs import LINE_SUMS, AccountLine, line_under
from tonne.power.shown_lines import LineAnswer, Point, decrypt, digest_of, point_of
from tonne.power.standing import (
    CONTRACT,
    chunk_with,
    complete_list,
    left_out,
    standing_run,
    topics_of,
)

#: Words of an answer ahead of the proof: index, and the line's four.
LINE_WORDS: Final = 5
#: `LeafProof` of IMeterOracle where none is needed.
NO_LEAF: Final = ((ZERO_WORD, 0, ZERO_WORD), 0, 0, b"")

#: Bits of a request's numbers, as PowerSettlement takes them.
BITS: Final = {"node": 8, "interval": 32, "account": 32, "deadline": 40}

#: Errors of reading a file that is not what it is to be.
UNREADABLE = (OSError, ValueError, KeyError, TypeError, AttributeError)

Call = tuple[str, tuple[Any, ...]]  # function of PowerSettlement, arguments


class Answered(StrEnum):
    """What became of a request."""

    OPEN = "open"  # there is time left for the answer
    SILENT = "silent"  # there is none, and no answer
    SHOWN = "shown"  # a line of the account under the run's root
    FALSE = "false"  # something else
    OVER = "over"  # the run or the list that it was about does not stand any more


@dataclass(frozen=True, slots=True)
class AskedLine:
    """A request as its account keeps it."""

    chain: int
    contract: str
    node: int
    interval: int
    account: int
    by_key: bool  # the account's key asks, not a wallet of the participant or the sponsor
    secret: str  # of the one-time key, in hex
    deadline: int = 0  # [s] for the answer; 0 while it was not made

    @classmethod
    def make(
        cls, chain: Chain, node: int, interval: int, account: int, *, by_key: bool
    ) -> AskedLine:
        """With a one-time key of its own."""
        place = (chain[CONTRACT].address, node, interval, account)
        return cls(chain.chain_id, *place, by_key, secrets.token_hex(32))

    @property
    def key(self) -> bytes:
        return bytes.fromhex(self.secret)

    @property
    def point(self) -> Point:
        """The answer is encrypted to it."""
        return point_of(self.key)

    @property
    def about(self) -> tuple[int, int, int]:
        return self.node, self.interval, self.account

    @property
    def place(self) -> tuple[int, int, int, bool]:
        """Its place on the chain: beside that of its account's key or sponsor."""
        return *self.about, self.by_key

    def write(self, path: Path) -> None:
        """Where its owner alone may read it."""
        files.write(path, json.dumps(asdict(self), indent=1) + "\n", files.PRIVATE)


def read_request(path: Path, chain: Chain) -> AskedLine:
    """The request of a file.

    LINE_REQUEST_UNREADABLE, LINE_REQUEST_ELSEWHERE where it is of another deployment.
    """
    try:
        raw = files.read_json(path)
        lacking = [f.name for f in fields(AskedLine) if f.name != "deadline" and f.name not in raw]
        if lacking:
            raise ValueError(f"it has no {', '.join(lacking)}")
        found = AskedLine(**raw)
        found.point  # noqa: B018  # a secret that is none is found here
        _require_numbers(found)
        told = found.chain, found.contract.lower()
    except UNREADABLE as error:
        by = "`tonne energy line ask --help` writes it"
        raise _unreadable(
            "LINE_REQUEST_UNREADABLE", "request for a line", path, error, by
        ) from error
    if told != (chain.chain_id, chain[CONTRACT].address.lower()):
        raise TonneError(
            "LINE_REQUEST_ELSEWHERE",
            "The request is of another chain or another deployment.",
            field="contract" if found.chain == chain.chain_id else "chain",
            value=found.contract if found.chain == chain.chain_id else found.chain,
            remedy="Connect to its chain: `tonne status --rpc URL`.",
        )
    return found


def _require_numbers(request: AskedLine) -> None:
    for name, bits in BITS.items():
        number = getattr(request, name)
        if type(number) is not int or not 0 <= number < 2**bits:
            raise ValueError(f"{name} is {number!r}, no whole number below 2^{bits}")
    if type(request.by_key) is not bool:
        raise ValueError(f"by_key is {request.by_key!r}, neither true nor false")


@dataclass(frozen=True, slots=True)
class LineReply:
    """A request's answer, as the chain has it."""

    state: Answered
    deadline: int  # [s]
    run: Event | None = None  # that stands
    answer: LineAnswer | None = None
    shown: tuple[Any, ...] | None = None  # `ShownLine` of IPowerSettlement
    line: AccountLine | None = None

    @property
    def totals(self) -> Any:
        """`RunTotals` of the run."""
        return self.run and self.run["totals"]


def reply_to(chain: Chain, request: AskedLine, first_block: int) -> LineReply:
    """The state of a request, from the chain's events since its deployment.

    NODE_LEAVES_OUT where the chain has a run or an answer that the node does not tell.
    """
    node, interval, _ = request.about
    asked = chain.call(CONTRACT, "askOf", *request.place)
    run = standing_run(chain, node, interval, first_block)
    over = LineReply(Answered.OVER, request.deadline)
    if run is None or asked.deadline != request.deadline:
        return over
    if not int.from_bytes(asked.answer, "big"):
        if not is_present(chain, node, interval, asked):
            return over
        silent = chain.now() > asked.deadline
        return LineReply(Answered.SILENT if silent else Answered.OPEN, asked.deadline, run)
    topics = topics_of(*request.about)
    told = chain.logs(CONTRACT, "LineAnswered", first=first_block, topics=topics)
    answers = [LineAnswer(*e["answer"]) for e in told if e["byKey"] == request.by_key]
    answer = next((one for one in answers if digest_of(one) == asked.answer), None)
    if answer is None:
        raise left_out(chain, f"an answer to the request for the line of account {request.account}")
    found = _opened(request, run["totals"], answer)
    if found is None:  # of an earlier list it may be the line of a run that fell since
        is_false = is_present(chain, node, interval, asked)
        return LineReply(Answered.FALSE, asked.deadline, run, answer) if is_false else over
    return LineReply(Answered.SHOWN, asked.deadline, run, answer, *found)


def is_present(chain: Chain, node: int, interval: int, asked: Any) -> bool:
    """Whether a request (`LineAsk`) is of the list that its day has now."""
    day = interval // (DAY_S // chain.call("PowerMarket", "terms").intervalS)
    list_, its = chain.call_many([(CONTRACT, view, (node, day)) for view in ("listOf", "dayOf")])
    return bool(asked.listAt and asked.listAt == list_.postedAt + its.failures)


def _opened(
    request: AskedLine, totals: Any, answer: LineAnswer
) -> tuple[tuple[Any, ...], AccountLine] | None:
    """`ShownLine` and the line of an answer; None where it has no line of the account under the root."""
    words = decrypt(answer, request.key)
    if len(words) < LINE_WORDS:
        return None
    index = int.from_bytes(words[0], "big")
    *numbers, salt = words[1:LINE_WORDS]
    sums = LINE_SUMS.pack(
        imports=totals.importWh, exports=totals.exportWh, long=totals.longWh, short=totals.shortWh
    )
    proof = b"".join(words[LINE_WORDS:])
    whole = [int.from_bytes(word, "big") for word in numbers]
    line = line_under(totals.lines, sums, whole, salt, index, totals.count, proof)
    if line is None or line.account != request.account:
        return None
    return (request.interval, index, totals, (*whole, salt), proof), line


# What may be false


def read_leaf(path: Path) -> tuple[Any, ...]:
    """`LeafProof` of a reading, from the receipt that its oracle gave; LINE_READING_UNREADABLE."""
    return leaf_of(read_opened(path))


def leaf_of(opened: OpenedLeaf) -> tuple[Any, ...]:
    """`LeafProof` of a reading, from a receipt or the oracle's answer to a challenge."""
    leaf = salted(opened.salt, opened.meter), opened.reading, opened.digest
    return leaf, opened.index, opened.count, opened.proof


def read_opened(path: Path) -> OpenedLeaf:
    """A reading's leaf with the meter that it is of, from the receipt; LINE_READING_UNREADABLE."""
    try:
        raw = files.read_json(path)
        registers = Flow(raw["importRegisterWh"], raw["exportRegisterWh"])
        reading = IntervalReading(
            *(raw["importWh"], raw["exportWh"], registers, Quality[raw["quality"].upper()]),
            *(raw["sequence"], bytes.fromhex(raw["record"])),
        )
        salt = bytes.fromhex(raw["registerSalt"])
        leaf = Leaf.of(bytes.fromhex(raw["secret"]), raw["meter"], reading, salt)
        place, count = operator.index(raw["place"]), operator.index(raw["leaves"])
        opened = leaf.meter, leaf.salt, leaf.reading, leaf.digest
        return OpenedLeaf(place, count, *opened, bytes.fromhex(raw["proof"]))
    except UNREADABLE as error:
        by = "the oracle's operator writes it: `tonne meters receipt --help`"
        raise _unreadable(
            "LINE_READING_UNREADABLE", "receipt of a reading", path, error, by
        ) from error


def disputes_of(
    chain: Chain,
    request: AskedLine,
    reply: LineReply,
    first_block: int,
    ahead: tuple[Any, ...] | None = None,
    reading: tuple[Any, ...] | None = None,
) -> Iterator[Call]:
    """Disputes that may hold, most certain first.

    `ahead` is the account's line of the interval before (`ShownLine`), `reading` the leaf of its meter; what
    needs one that is not given is left out. NODE_LEAVES_OUT where the node does not tell the list.
    """
    node, interval, account = request.about
    if reply.state is Answered.SILENT:
        yield "disputeSilence", (*request.place, reply.totals)
    if reply.state is Answered.FALSE:
        secret = int.from_bytes(request.key, "big")
        yield "disputeAnswer", (*request.place, reply.totals, reply.answer, secret)
    own = reply.shown
    if own is None:
        return
    per_day = DAY_S // chain.call("PowerMarket", "terms").intervalS
    if reading is not None or not has_reading(own):
        yield "disputeLine", (node, own, reading or NO_LEAF)
    # One line is enough of an account's first of the day, which need not be the day's first.
    yield "disputeSums", (node, [own])
    if ahead is not None and interval % per_day:
        yield "disputeSums", (node, [ahead, own])
    day = interval // per_day
    if interval == (day + 1) * per_day - 1:
        words = complete_list(chain, node, day, first_block)
        if words:
            yield "disputePayment", (node, day, *chunk_with(words, account), own)


def has_reading(shown: tuple[Any, ...]) -> bool:
    """Whether a line (`ShownLine`) is on a reading; one behind them all is of an account that had none."""
    _, index, totals, *_ = shown
    return bool(index < Sums.of(totals.sums).count)


def holds(chain: Chain, call: Call, sender: Any) -> bool:
    """Whether the chain would take a dispute now."""
    function, args = call
    (answer,) = chain.call_many([(CONTRACT, function, args)], check=False, sender=sender)
    return not isinstance(answer, TonneError)


def told(line: AccountLine) -> Mapping[str, int]:
    """A line's figures, in Wh and micro-credits."""
    return {
        "meteredWh": line.metered_wh,
        "soldWh": line.sold_wh,
        "boughtWh": line.bought_wh,
        "tradedWh": line.traded_wh,
        "lossWh": line.loss_wh,
        "imbalanceWh": line.imbalance_wh,
        "net": line.net,
        "dayNet": line.day.net,
        "dayVolumeWh": line.day.volume_wh,
    }


def _unreadable(code: str, what: str, path: Path, error: Exception, by: str) -> TonneError:
    return TonneError(
        code,
        f"The file is no {what}: {why(error)}.",
        field="file",
        value=str(path),
        remedy=f"Name the file as it was written; {by}.",
    )
