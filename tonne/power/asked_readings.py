"""On whose account's line a meter's reading is: asked by the meter's owner, named by who settles, disputed.

The one-time key of a request follows from the key that asks, as that of a line does (`line_requests`): no
file is needed. A false answer is disputed with the reading; one that names an account of the owner's whose
line is on another reading, with that line, too.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final

from tonne.chain.client import Chain
from tonne.chain.contract import Event
from tonne.constants import DAY_S, HOUR_S, ZERO_WORD
from tonne.errors import TonneError, refused
from tonne.meters.leaves import OpenedLeaf, commitment_of
from tonne.power import line_requests, market_nodes
from tonne.power.asked_lines import Call, LineReply, is_present
from tonne.power.asked_lines import reply_to as line_reply
from tonne.power.shown_lines import Point, SealedAccount, digest_of, named_account, point_of
from tonne.power.standing import CONTRACT, day_name, left_out, standing_run, topics_of

#: Right of a wallet (`WalletRights` of IParticipants).
TRADE: Final = 1
#: Accounts are below it.
ACCOUNTS: Final = 2**32
#: `AccountLine` and `SealedAccount` of IPowerSettlement where none is needed.
NO_LINE: Final = (0, 0, 0, ZERO_WORD)
NO_ANSWER: Final = SealedAccount(ZERO_WORD, False, ZERO_WORD)


class AccountNamed(StrEnum):
    """What became of a request."""

    OPEN = "open"  # there is time left for the answer
    SILENT = "silent"  # there is none, and no answer
    OWN = "own"  # an account of the meter's owner
    IDLE = "idle"  # one of the owner's that has no line at the node in this interval
    OTHER = "other"  # another one's account
    NONE = "none"  # no account: right where the interval has no reading of the meter
    OVER = "over"  # the run or the list that it was about does not stand any more


@dataclass(frozen=True, slots=True)
class EnteredMeter:
    """A meter that its owner entered at a node of the market."""

    meter: int
    node: int
    owner: int  # participant
    since: int  # day, since 1970-01-01, UTC
    interval_s: int

    def day_of(self, interval: int) -> int:
        """Day of an interval, since 1970-01-01, UTC."""
        return interval * self.interval_s // DAY_S

    def start(self, interval: int) -> int:
        """[s]"""
        return interval * self.interval_s

    def on(self, interval: int) -> str:
        """The day of an interval, as commands are given it."""
        return day_name(self.day_of(interval))

    def at(self, interval: int) -> str:
        """Its time of the day, as commands are given it."""
        second = self.start(interval) % DAY_S
        return f"{second // HOUR_S:02}:{second % HOUR_S // 60:02}"


@dataclass(frozen=True, slots=True)
class ReadingInquiry:
    """A request for the account of a meter's reading, as the event tells it."""

    node: int
    interval: int
    meter: int
    point: Point
    deadline: int  # [s] of the answer
    by: str  # wallet
    attempt: int  # requests before it for the same reading

    @property
    def place(self) -> tuple[int, int, int]:
        """Its place on the chain."""
        return self.node, self.interval, self.meter

    def secret(self, key: bytes, chain_id: int) -> bytes:
        """Its one-time key, where `key` made it."""
        return secret_of(key, chain_id, *self.place, self.attempt)

    def is_of(self, key: bytes, chain_id: int) -> bool:
        """Whether that key made it."""
        return point_of(self.secret(key, chain_id)) == self.point


@dataclass(frozen=True, slots=True)
class ReadingReply:
    """A request's answer, as the chain has it."""

    state: AccountNamed
    run: Event | None = None  # that stands
    answer: SealedAccount | None = None
    account: int | None = None  # that it names, if any

    @property
    def totals(self) -> Any:
        """`RunTotals` of the run."""
        return self.run and self.run["totals"]


def secret_of(
    key: bytes, chain_id: int, node: int, interval: int, meter: int, attempt: int
) -> bytes:
    """The one-time key of a request: another one for each reading and each time, and none of a line's."""
    return line_requests.key_for(
        key, f"tonne reading/{chain_id}/{node}/{interval}/{meter}/{attempt}"
    )


def entered_meter(chain: Chain, meter: int) -> EnteredMeter:
    """A meter, as its owner entered it; READING_NO_NODE, READING_NOT_ENTERED."""
    nodes = nodes_of(chain, meter)
    told = chain.call_many((CONTRACT, "enteredAt", (node, meter)) for node in nodes)
    step = chain.call("PowerMarket", "terms").intervalS
    for node, entered in zip(nodes, told, strict=True):
        if entered.since:
            return EnteredMeter(meter, node, entered.owner, entered.since, step)
    raise TonneError(
        "READING_NOT_ENTERED",
        f"Meter {meter} was not entered at node {nodes[0]}: its reading may be on any account's line.",
        field="meter",
        value=meter,
        remedy="Its owner enters it, for the days from tomorrow on:"
        f" `tonne energy reading enter {meter} --as NAME`.",
    )


def nodes_of(chain: Chain, meter: int) -> list[int]:
    """Nodes of the market at which a meter counts; READING_NO_NODE where there is none."""
    nodes = market_nodes.of_meter(chain, meter)
    if not nodes:
        raise refused("READING_NO_NODE", meter=meter)
    return nodes


def require_entered_by(chain: Chain, of: EnteredMeter, wallet: str, interval: int) -> None:
    """READING_NOT_OWNER, READING_NOT_ENTERED: what the chain would refuse a request for."""
    _require_trader(chain, of.owner, wallet, of.meter)
    if of.since > of.day_of(interval):
        raise TonneError(
            "READING_NOT_ENTERED",
            f"Meter {of.meter} was entered for the days from {day_name(of.since)} (UTC) on.",
            field="day",
            value=of.on(interval),
            remedy="Name a day from then on:"
            f" `tonne energy reading ask {of.meter} --day {day_name(of.since)} --as NAME`.",
        )


def require_owner(chain: Chain, meter: int, wallet: str) -> None:
    """READING_NOT_OWNER where a wallet does not trade for the owner of a meter."""
    _require_trader(chain, chain.call("MeterOracle", "meter", meter).owner, wallet, meter)


def _require_trader(chain: Chain, owner: int, wallet: str, meter: int) -> None:
    participant, rights, _ = chain.call("Participants", "walletOf", wallet)
    if participant == owner and rights & TRADE:
        return
    raise refused("READING_NOT_OWNER", wallet=wallet, meter=meter, owner=owner)


def requests_of(
    chain: Chain, node: int, interval: int, meter: int, first_block: int = 0
) -> list[ReadingInquiry]:
    """Every request for the account of a reading, in their order."""
    topics = topics_of(node, interval, meter)
    told = chain.logs(CONTRACT, "ReadingAsked", first=first_block, topics=topics)
    return [
        ReadingInquiry(*(node, interval, meter, (e["x"], e["y"]), e["deadline"], e["by"], attempt))
        for attempt, e in enumerate(told)
    ]


def present_request(
    chain: Chain, of: EnteredMeter, interval: int, first_block: int = 0
) -> ReadingInquiry | None:
    """The request of the day's present list; None where there is none yet.

    NODE_LEAVES_OUT where the chain has one that the node does not tell.
    """
    state = chain.call(CONTRACT, "readingAskOf", of.node, interval, of.meter)
    if not is_present(chain, of.node, interval, state):
        return None
    told = requests_of(chain, of.node, interval, of.meter, first_block)
    its = [asked for asked in told if asked.deadline == state.deadline]
    if not its:
        raise left_out(chain, f"a request for the account of meter {of.meter}'s reading")
    return its[-1]


def own_request(
    chain: Chain, key: bytes, of: EnteredMeter, interval: int, first_block: int = 0
) -> ReadingInquiry:
    """The latest request of a key; READING_NOT_ASKED, READING_ASKED_BY_OTHER."""
    present = present_request(chain, of, interval, first_block)
    if present is not None and not present.is_of(key, chain.chain_id):
        raise asked_by_other(of, present)
    for asked in reversed(requests_of(chain, of.node, interval, of.meter, first_block)):
        if asked.is_of(key, chain.chain_id):
            return asked
    raise refused("READING_NOT_ASKED", meter=of.meter, day=of.on(interval), time=of.at(interval))


def asked_by_other(of: EnteredMeter, asked: ReadingInquiry) -> TonneError:
    """READING_ASKED_BY_OTHER: the answer is for the one-time key of another wallet of the owner's."""
    return refused(
        "READING_ASKED_BY_OTHER",
        meter=of.meter,
        wallet=asked.by,
        day=of.on(asked.interval),
        time=of.at(asked.interval),
    )


def reply_to(chain: Chain, key: bytes, asked: ReadingInquiry, first_block: int = 0) -> ReadingReply:
    """The state of a request of that key, from the chain's events since its deployment.

    NODE_LEAVES_OUT where the chain has a run or an answer that the node does not tell.
    """
    node, interval, meter = asked.place
    state = chain.call(CONTRACT, "readingAskOf", *asked.place)
    run = standing_run(chain, node, interval, first_block)
    is_same = state.deadline == asked.deadline and is_present(chain, node, interval, state)
    if run is None or not is_same:
        return ReadingReply(AccountNamed.OVER)
    if not int.from_bytes(state.answer, "big"):
        silent = chain.now() > state.deadline
        return ReadingReply(AccountNamed.SILENT if silent else AccountNamed.OPEN, run)
    topics = topics_of(*asked.place)
    told = chain.logs(CONTRACT, "ReadingAnswered", first=first_block, topics=topics)
    answers = [SealedAccount(*e["answer"]) for e in told]
    answer = next((one for one in answers if digest_of(one) == state.answer), None)
    if answer is None:
        raise left_out(chain, f"an answer about the reading of meter {meter}")
    account = named_account(answer, asked.secret(key, chain.chain_id))
    if not 0 < account < ACCOUNTS:
        return ReadingReply(AccountNamed.NONE, run, answer)
    owner = chain.call(CONTRACT, "enteredAt", node, meter).owner
    whose = AccountNamed.OTHER
    if owner_of(chain, account) == owner:
        has_line = _has_line(chain, node, interval, account)
        whose = AccountNamed.OWN if has_line else AccountNamed.IDLE
    return ReadingReply(whose, run, answer, account)


def _has_line(chain: Chain, node: int, interval: int, account: int) -> bool:
    """Whether an account has a line at a node in an interval: one that it can ask for."""
    day = interval * chain.call("PowerMarket", "terms").intervalS // DAY_S
    return 0 < int(chain.call(CONTRACT, "firstLineOf", node, day, account)) <= interval


def owner_of(chain: Chain, account: int) -> int:
    """The participant that answers for an account: its sponsor, or the one with the account's number."""
    sponsor = chain.call("PowerMarket", "accountOf", account).sponsor
    return int(sponsor) or account


def line_of(
    chain: Chain, key: bytes, asked: ReadingInquiry, account: int, first_block: int = 0
) -> LineReply | None:
    """The named account's line, where a request without a file of the same key was shown it."""
    wanted = (asked.node, asked.interval, account)
    for line in reversed(line_requests.requests_of(chain, account, first_block)):
        if line.place[:3] == wanted:
            # One of another key does not open to a line.
            reply = line_reply(chain, line.opened_by(key, chain), first_block)
            if reply.shown is not None:
                return reply
    return None


def is_counted(reply: ReadingReply, opened: OpenedLeaf) -> bool:
    """Whether a leaf is under the root of the readings that the run was made from."""
    totals = reply.totals
    return opened.commitment == commitment_of(totals.meterRoot, totals.sums)


def dispute_of(
    chain: Chain,
    key: bytes,
    asked: ReadingInquiry,
    reply: ReadingReply,
    opened: OpenedLeaf,
    shown: tuple[Any, ...] | None = None,
) -> Call:
    """The dispute that the chain may take, with the reading's leaf.

    `shown` is the line of the account that was named (`ShownLine`), needed of the owner's own alone.
    """
    its = (opened.meter, opened.index, opened.salt, opened.reading, opened.digest, opened.proof)
    line = shown or (asked.interval, 0, reply.totals, NO_LINE, b"")
    secret = 0
    if reply.answer is not None:
        secret = int.from_bytes(asked.secret(key, chain.chain_id), "big")
    return "disputeReading", (asked.node, line, its, reply.answer or NO_ANSWER, secret)
