"""Several nodes of one chain, none of them trusted alone.

A question goes to one node and, where that one does not answer, to the next. An answer that ends something (a
file refused, a job done) is asked of all, and counts when a majority of the nodes named at the start give the
same. Chain id and head are asked anew of a node that failed, and of the one that is asked in its place: one
on another chain is banned, one that is behind passed over. One that does not answer rests, longer each time.
"""

from __future__ import annotations

import math
import random
import re
import time
from collections import Counter
from collections.abc import Callable, Hashable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import chain
from typing import Any, Final, TypeVar, cast

import structlog

from tonne.chain.client import Chain, Head
from tonne.chain.rpc import Request, Rpc, RpcFailure, RpcUnreachable, StateGone, masked, quantity
from tonne.errors import TonneError, refused

log = structlog.get_logger()

T = TypeVar("T")
H = TypeVar("H", bound=Hashable)

#: How often a question is put before a node that does not answer it rests.
ROUNDS: Final = 3

#: [s] The first rest of a node that does not answer, and the longest; each is half to one and a half of it.
FIRST_REST_S: Final = 0.25
LONGEST_REST_S: Final = 30.0

#: [s] So much of the rate may be used at once: one request waits for the answer to another, and pauses
#: between them would make most of a step's time.
BURST_S: Final = 1.0

#: [s] How long an answer is waited for at first where there is another node to ask. A node that is late gets
#: twice as long the next time, up to its connection's time-out; one that answers, SLACK times what it took.
FIRST_PATIENCE_S: Final = 1.0
SLACK: Final = 4

#: How a node says that it is in trouble itself, not that what it was asked is wrong.
_TROUBLE_CODES: Final = (-32002, -32005, -32603, 429)
_TROUBLE: Final = re.compile(
    r"header not found|unknown block|rate limit|too many requests|timed? ?out|limit exceeded|try again"
    r"|internal error|overloaded|syncing",
    re.IGNORECASE,
)

#: What a pool says of a transaction, whatever the code that some nodes put to it.
_OF_POOL: Final = re.compile(r"nonce|underpriced|known|imported|funds|fee|gas", re.IGNORECASE)


class NoQuorum(RpcUnreachable):
    """Too few nodes agree: nothing is concluded."""

    def __init__(self, question: str, votes: int, needed: int) -> None:
        super().__init__(
            "RPC_NO_QUORUM",
            f"Of the nodes asked about {question}, {votes} agree; {needed} must.",
            field="rpc",
            value=votes,
            remedy="Nothing is concluded until they do. See which node is behind or wrong.",
        )


class NodeBehind(RpcUnreachable):
    """The node is well, and has not yet come to where the others are."""

    def __init__(self, head: int, known: int) -> None:
        super().__init__(
            "RPC_BEHIND",
            f"The node is at block {head}, while block {known} is known.",
            field="rpc",
            value=head,
            remedy="It is asked again. Where it stays behind, look after that node.",
        )


@dataclass(slots=True)
class Endpoint:
    """One node and how it has behaved."""

    rpc: Rpc
    failures: int = 0  # in a row
    rests_until: float = 0.0  # [s] of the pool's clock
    admitted: bool = (
        False  # its chain id and head were checked since it, or the one before it, failed
    )
    banned: bool = False
    head: int = 0  # newest block it told of
    longest_s: float = 0.0  # its connection's time-out
    patience_s: float = FIRST_PATIENCE_S
    requests: int = 0
    errors: Counter[str] = field(default_factory=Counter)

    def __post_init__(self) -> None:
        self.longest_s = self.rpc.timeout_s

    @property
    def name(self) -> str:
        return masked(self.rpc.url)

    def waited(self, seconds: float, answered: bool) -> None:
        """How long the next answer is waited for, after this one."""
        if answered:
            self.patience_s = max(FIRST_PATIENCE_S, SLACK * seconds)
        elif seconds >= self.patience_s:
            self.patience_s = 2 * seconds


class RpcPool(Rpc):
    """Stands where one connection stands. `rate` is the most requests a second to each node; `chain_id` is
    what the operator says: without it the first node that answers decides which ones are banned."""

    def __init__(
        self,
        endpoints: Sequence[Rpc],
        rate: float = 200.0,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
        chain_id: int | None = None,
    ) -> None:
        if not endpoints:
            raise refused("ORACLE_NO_NODE", rpc="")
        self.endpoints = [Endpoint(rpc) for rpc in endpoints]
        self.url = endpoints[0].url
        self.quorum = len(self.endpoints) // 2 + 1
        self._pace = 1.0 / rate
        self._clock = clock
        self._sleep = sleep
        self._due: dict[int, float] = {}  # when a node would be asked at an even pace
        self._pinned: Endpoint | None = None
        self._chain_id = chain_id
        self._first = 0  # place of the node that is asked first
        self.height = 0  # newest block known
        self._jitter = random.Random()

    # As one connection

    def call(self, method: str, *params: Any) -> Any:
        def ask(rpc: Rpc) -> Any:
            answer = rpc.call(method, *params)
            if answer is None and method == "eth_getBlockByNumber" and params[0] == "latest":
                raise RpcUnreachable.of("RPC_NO_LATEST_BLOCK", rpc_url=masked(rpc.url))
            return answer

        return self._try_each(method, ask)

    def batch(self, requests_: Iterable[Request], size: int = 500) -> list[Any]:
        asked = list(requests_)
        if not asked:
            return []

        def ask(rpc: Rpc) -> list[Any]:
            answers = rpc.batch(asked, size)
            for answer in answers:
                if isinstance(answer, RpcFailure) and _in_trouble(answer):
                    raise answer
            return answers

        return self._try_each(asked[0][0], ask)

    def close(self) -> None:
        for endpoint in self.endpoints:
            endpoint.rpc.close()

    def turn(self) -> None:
        """From now on the next node is asked first: one that misleads does so in some cycles, not in all."""
        self._first = (self._first + 1) % len(self.endpoints)
        if any(endpoint.failures for endpoint in self.endpoints):
            self.endpoints[self._first].admitted = False

    # Of all nodes

    def each(self, question: Callable[[], T]) -> list[T]:
        """What `question` comes to with each node alone; nodes that cannot be asked are left out."""
        answers = []
        for endpoint in self._usable():
            with self._only(endpoint):
                try:
                    answers.append(question())
                except TonneError as error:
                    log.warning("node_left_out", node=endpoint.name, code=error.code)
                except (TypeError, ValueError, KeyError, AttributeError) as error:
                    self._failed(endpoint, type(error).__name__)
        return answers

    def agreed(self, about: str, question: Callable[[], H]) -> H:
        """What a majority of all nodes answers; `NoQuorum` when there is none."""
        votes = Counter(self.each(question))
        for value, count in votes.most_common(1):
            if count >= self.quorum:
                return value
        raise NoQuorum(about, max(votes.values(), default=0), self.quorum)

    def settled(self, about: str, question: Callable[[], H]) -> H:
        """What a majority of all nodes answers, or the error that a majority comes to, time and again: one
        honest node that stumbles beside one that lies is a majority of three for a moment."""
        errors: dict[str, TonneError] = {}

        def ask() -> tuple[H | None, str]:
            try:
                return question(), ""
            except RpcUnreachable:
                raise
            except TonneError as error:
                errors[error.code] = error
                return None, error.code

        for _ in range(ROUNDS):
            answer, code = self.agreed(about, ask)
            if not code:
                return cast(H, answer)
            self._sleep(FIRST_REST_S)
        raise errors[code]

    def look(self) -> int:
        """The newest block that a majority of the nodes has reached; never below what was seen before."""
        heads = self.each(self._head)
        if len(heads) >= self.quorum:
            self.height = max(self.height, sorted(heads, reverse=True)[self.quorum - 1])
        return self.height

    def _head(self) -> int:
        head = quantity(self.call("eth_blockNumber"), "eth_blockNumber")
        if self._pinned is not None:
            self._pinned.head = head
        return head

    def require_recent(self, head: int) -> int:
        """Refuses the head of a node that lags: what it says of "now" is of a time gone by."""
        if head < self.height:
            raise NodeBehind(head, self.height)
        return head

    def broadcast(self, raws: Sequence[str]) -> list[list[str]]:
        """Hands signed bytes to every node, all in one body; of each, what the nodes that answer say, "" for
        taken. A node in trouble has not answered: the bytes are not yet where they were to go."""
        said: list[list[str]] = [[] for _ in raws]
        asked: list[Request] = [("eth_sendRawTransaction", [raw]) for raw in raws]
        for endpoint in self._usable():
            with self._only(endpoint):
                try:
                    answers = self._try_each("eth_sendRawTransaction", lambda rpc: rpc.batch(asked))
                except RpcUnreachable as silence:
                    log.warning("send_unanswered", node=endpoint.name, code=silence.code)
                    continue
            for own, answer in zip(said, answers, strict=True):
                if not isinstance(answer, RpcFailure):
                    own.append("")
                elif _in_trouble(answer) and not _OF_POOL.search(answer.rpc_message):
                    log.warning("send_unanswered", node=endpoint.name, code=answer.rpc_code)
                else:
                    own.append(answer.rpc_message[:200] or str(answer.rpc_code))
        return said

    def resting(self, endpoint: Endpoint) -> bool:
        """Whether a node is not asked for the moment."""
        return endpoint.rests_until > self._clock()

    # Inside

    @contextmanager
    def _only(self, endpoint: Endpoint) -> Iterator[None]:
        before, self._pinned = self._pinned, endpoint
        try:
            yield
        finally:
            self._pinned = before

    def _usable(self) -> list[Endpoint]:
        if self._pinned is not None:
            return [self._pinned]
        now = self._clock()
        turned = self.endpoints[self._first :] + self.endpoints[: self._first]
        return [e for e in turned if not e.banned and e.rests_until <= now]

    def _try_each(self, method: str, ask: Callable[[Rpc], T]) -> T:
        """Signed bytes are handed over once; a question is put again, since nodes stumble now and then."""
        failure: TonneError | None = None
        failed: Endpoint | None = None
        sends = method == "eth_sendRawTransaction"
        for endpoint in chain.from_iterable(self._usable() for _ in range(1 if sends else ROUNDS)):
            if endpoint.banned or endpoint.rests_until > self._clock():
                continue
            if failed is not None and endpoint is not failed:
                endpoint.admitted = False
            failed = endpoint
            try:
                self._admit(endpoint)
                answer = self._asked(endpoint, ask)
            except NodeBehind as error:
                endpoint.errors[error.code] += 1
                failure = error
                continue
            except RpcUnreachable as error:
                self._failed(endpoint, error.code)
                failure = error
                continue
            except RpcFailure as error:
                if sends or not _in_trouble(error):
                    endpoint.failures = 0
                    raise
                if not isinstance(error, StateGone):  # the node is well: it has no such old state
                    self._failed(endpoint, f"{error.rpc_code}")
                failure = error
                continue
            endpoint.failures = 0
            return answer
        if isinstance(failure, RpcFailure) and not isinstance(failure, StateGone) and not sends:
            raise _all_in_trouble(failure)
        raise failure or RpcUnreachable.of(
            "RPC_ALL_RESTING",
            url=self.url and masked(self.url),
            endpoints_count=len(self.endpoints),
        )

    def _asked(self, endpoint: Endpoint, ask: Callable[[Rpc], T]) -> T:
        """Not more often than the rate allows; after a rest some may follow one another at once."""
        now = self._clock()
        due = max(self._due.get(id(endpoint), now), now)
        if due - now > BURST_S:
            self._sleep(due - now - BURST_S)
        self._due[id(endpoint)] = due + self._pace
        endpoint.requests += 1
        alone = len(self.endpoints) == 1
        endpoint.rpc.timeout_s = min(endpoint.longest_s, math.inf if alone else endpoint.patience_s)
        begun, answered = self._clock(), True
        try:
            return ask(endpoint.rpc)
        except RpcUnreachable:
            answered = False
            raise
        finally:
            endpoint.waited(self._clock() - begun, answered)

    def _admit(self, endpoint: Endpoint) -> None:
        """Checks that a node is of the chain and, where any node might be asked, where the others are."""
        if endpoint.banned:
            raise self._wrong_chain(endpoint, 0)
        if endpoint.admitted:
            return
        patience = endpoint.patience_s
        found, head = self._asked(endpoint, self._who)
        endpoint.patience_s = patience  # how soon it says who it is tells nothing of other answers
        if self._chain_id is None:
            self._chain_id = found
        if found != self._chain_id:
            endpoint.banned = True
            log.error("node_banned", node=endpoint.name, chain=found, expected=self._chain_id)
            raise self._wrong_chain(endpoint, found)
        if self._pinned is None:
            self.require_recent(head)
        endpoint.admitted = head >= self.height

    def _who(self, rpc: Rpc) -> tuple[int, int]:
        """A node's chain id and, once a height is known, its head."""
        asked = ["eth_chainId", "eth_blockNumber"] if self.height else ["eth_chainId"]
        answers = rpc.batch([(method, []) for method in asked])
        for answer in answers:
            if isinstance(answer, RpcFailure):
                raise _all_in_trouble(answer)
        numbers = [quantity(a, method) for a, method in zip(answers, asked, strict=True)]
        return numbers[0], numbers[-1] if self.height else 0

    def _wrong_chain(self, endpoint: Endpoint, found: int) -> RpcUnreachable:
        return RpcUnreachable.of(
            "RPC_WRONG_CHAIN", endpoint_name=endpoint.name, rpc=found, chain_id=self._chain_id
        )

    def _failed(self, endpoint: Endpoint, code: str) -> None:
        endpoint.errors[code] += 1
        endpoint.failures += 1
        endpoint.admitted = False
        if endpoint.failures < ROUNDS:
            return
        rest = min(FIRST_REST_S * 2 ** min(endpoint.failures - ROUNDS, 16), LONGEST_REST_S)
        endpoint.rests_until = self._clock() + rest * self._jitter.uniform(0.5, 1.5)
        log.warning("node_rests", node=endpoint.name, code=code, failures=endpoint.failures)


def agreed_head(chain: Chain, pool: RpcPool) -> Head:
    """The newest block that a majority of the nodes has, as it has it."""
    height = hex(pool.look())
    return pool.agreed(f"block {height}", lambda: chain.block(height))


def _all_in_trouble(failure: RpcFailure) -> RpcUnreachable:
    return RpcUnreachable.of(
        "RPC_IN_TROUBLE", rpc_code=failure.rpc_code, rpc_message=failure.rpc_message[:100]
    )


def _in_trouble(failure: RpcFailure) -> bool:
    """Whether another node should be asked."""
    if isinstance(failure, StateGone):
        return True
    if failure.revert_data() is not None or "revert" in failure.rpc_message.lower():
        return False
    return failure.rpc_code in _TROUBLE_CODES or bool(_TROUBLE.search(failure.rpc_message))
