"""Several nodes of one chain; no single node is trusted.

A question goes to one node, and to the next if that one does not answer. A final answer (a file refused, a
job done) needs a majority of the nodes named at the start. Chain id and head are checked again for a node
that failed and for its replacement: a node of another chain is banned, a late one is skipped. A node that
does not answer rests, longer each time.
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

#: [s] First time-out of a question if another node can answer. A late node gets twice as long the next time,
#: up to its connection's time-out; a node that answers gets SLACK times its latest duration.
FIRST_PATIENCE_S: Final = 1.0
SLACK: Final = 4

#: Errors of a node about itself, not about the question.
_TROUBLE_CODES: Final = (-32002, -32005, -32603, 429)
_TROUBLE: Final = re.compile(
    r"header not found|unknown block|rate limit|too many requests|timed? ?out|limit exceeded|try again"
    r"|internal error|overloaded|syncing",
    re.IGNORECASE,
)

#: A pool's answers about a transaction, whatever code some nodes gave them.
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
    """The node works and has not yet reached the block of the others."""

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
    head: int = 0  # latest block that it reported
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
    """Replaces a single connection. `rate` is the most requests a second to each node; `chain_id` is
    the operator's option: without it the first node that answers decides which nodes are banned."""

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
        self._due: dict[int, float] = {}  # next request to a node at an even pace
        self._pinned: Endpoint | None = None
        self._chain_id = chain_id
        self._first = 0  # index of the first node to ask
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
        """Rotates the first node, so that a misleading node affects some cycles, not all."""
        self._first = (self._first + 1) % len(self.endpoints)
        if any(endpoint.failures for endpoint in self.endpoints):
            self.endpoints[self._first].admitted = False

    # Of all nodes

    def each(self, question: Callable[[], T]) -> list[T]:
        """The result of `question` for each node; nodes that cannot be asked are absent."""
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
        """The answer or error of a majority of all nodes, tried repeatedly: one honest node that fails
        and one that lies can form a majority of three for a moment."""
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
        """The newest block that a majority of the nodes has reached; never below an earlier one."""
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
        """Refuses the head of a late node: its "now" is in the past."""
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
        """Checks a node's chain and, where any node may answer, that it is at the height of the others."""
        if endpoint.banned:
            raise self._wrong_chain(endpoint, 0)
        if endpoint.admitted:
            return
        patience = endpoint.patience_s
        found, head = self._asked(endpoint, self._who)
        endpoint.patience_s = patience  # the speed of the first answer predicts no other
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
            "RPC_WRONG_CHAIN",
            endpoint_name=endpoint.name,
            found_chain=found,
            chain_id=self._chain_id,
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
