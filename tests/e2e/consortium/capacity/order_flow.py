"""Order flow through the pools of all validators, as fast as blocks take it.

Each account asks one node, always the same. A cancellation goes out once its order's number is known from a
receipt, as a trader would send it; what was filled meanwhile is refused then, and counted.
"""

from __future__ import annotations

import time
from collections import Counter, deque
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from itertools import groupby
from typing import Any, Final

from tests.e2e.consortium.drill import FINAL
from tonne.chain.client import Call, Chain
from tonne.chain.rpc import RpcFailure
from tonne.chain.sender import Pending
from tonne.crypto.accounts import Account, Fees
from tonne.market.order_encoding import OrderRequest, PlacedOrder
from tonne.market.order_flow import BUY, CANCEL, MARKET, POST_ONLY, SELL, Command, Grid, match
from tonne.sandbox import order_replay
from tonne.sandbox.trial_market import TrialMarket
from tonne.types.ids import MarketId

#: Transactions that wait at once: those of about seven blocks, of which the last two are not final yet.
WAITING: Final = 5_000
#: [gas] of an order: room for some thirty fills.
ORDER_GAS: Final = 900_000
CANCEL_GAS: Final = 200_000
#: Times the base fee that is offered, since fees rise with each block that is more than half full.
MARGIN: Final = 64
#: [s] without one more mined, after which what waits counts as lost.
PATIENCE_S: Final = 90
#: Transactions posted in one body.
BODY: Final = 100
#: [s] Between looks at the head, and between words about it.
LOOK_S: Final = 0.2
TELL_S: Final = 20
#: More is deposited than a plain book needs: orders of one block may come in another order.
DEPOSIT: Final = 4


@dataclass(slots=True)
class Fate:
    """What became of the commands."""

    sent: int = 0
    mined: int = 0
    refused: int = 0
    never_rested: int = 0  # cancellations of orders that were filled or refused at once: not sent
    lost: list[str] = field(default_factory=list)
    first: int = 0  # block
    last: int = 0  # block of those that were fed
    seconds: float = 0.0
    signing: float = 0.0  # [s]
    posting: float = 0.0  # [s]
    waits: list[float] = field(default_factory=list)  # [s] from posting to a final receipt


class Validators(TrialMarket):
    """The trial market on nodes that keep the order of a sender's transactions, and none between senders."""

    def send_all(self, calls: Any, check: bool = True) -> list[Any]:
        offices = {self.authority, self.issuer, self.administrator}
        receipts = []
        for _, part in groupby(calls, lambda call: call[0] if call[0] in offices else None):
            receipts += TrialMarket.send_all(self, list(part), check)
        return receipts


def players() -> dict[str, list[Account]]:
    """Those of each side."""
    return {
        side: [Account.from_seed("bench", "flow", side, n) for n in range(order_replay.OWNERS)]
        for side in (BUY, SELL)
    }


def repeated(commands: Sequence[Command], count: int, divisor: int) -> list[Command]:
    """Flow repeated up to so many commands, with numbers of its own each time, in parts of the quantities."""
    step = max(command.order for command in commands)
    found: list[Command] = []
    for n in range(-(-count // len(commands))):
        for each in commands:
            lots = -(-each.lots // divisor)
            found.append(each._replace(seq=len(found), order=each.order + n * step, lots=lots))
    return found[:count]


def prepare(stage: TrialMarket, commands: Sequence[Command]) -> tuple[MarketId, Grid]:
    """Members, a market for the flow, and deposits."""
    who = players()
    stage.register([*who[BUY], *who[SELL]])
    grid = Grid.of(commands)
    market = order_replay.list_market(stage, grid, commands)
    needed = order_replay.needs(commands, match(commands))
    order_replay.deposit(stage, market, who, {k: DEPOSIT * v for k, v in needed.items()})
    stage.send(stage.authority, "Exchange", "openDay", market)
    return MarketId(market), grid


class Feed:
    """Keeps every node's pool filled for a time, and waits until all that was sent is mined."""

    def __init__(
        self, chain: Chain, nodes: Sequence[Chain], market: MarketId, grid: Grid, worst: Any
    ) -> None:
        self.chain, self.nodes = chain, nodes
        self.market, self.grid, self.worst = market, grid, worst
        self.players = players()
        self.fate = Fate()
        self._nonces: Counter[Account] = Counter()
        self._node: dict[Account, Chain] = {}
        self._owners: dict[int, Account] = {}  # by order
        self._numbers: dict[int, int] = {}  # on chain, by order that rests
        self._gone: set[int] = set()  # orders that do not rest
        self._later: deque[Command] = deque()  # cancellations of orders not mined yet
        self._waiting: dict[str, tuple[Command, float]] = {}

    def run(self, commands: Sequence[Command], feed_s: float, tell: Callable[[str], None]) -> Fate:
        """Sends the commands in order, until all are sent or `feed_s` are over."""
        fate, rest = self.fate, deque(commands)
        everybody = [*self.players[BUY], *self.players[SELL]]
        self._nonces.update(
            {w: int(self.chain.rpc.call("eth_getTransactionCount", w.address, "latest"), 16)
             for w in everybody}
        )  # fmt: skip
        self._node = {w: self.nodes[n % len(self.nodes)] for n, w in enumerate(everybody)}
        began = moved = told = time.monotonic()
        seen = self.chain.block_number()
        fate.first = seen + 1
        feeding = True
        while feeding or self._waiting:
            if feeding:
                self._top_up(rest)
                fate.last = seen
                feeding = bool(rest or self._later) and time.monotonic() - began < feed_s
            head = self.chain.block_number() - (FINAL - 1)  # a younger one may be replaced
            if sum(self._look(number) for number in range(seen + 1, head + 1)):
                moved = time.monotonic()
            seen = max(seen, head)
            now = time.monotonic()
            if now - moved > PATIENCE_S:
                break
            if now - told > TELL_S:
                tell(f"{fate.mined:,} of {fate.sent:,} commands mined")
                told = now
            time.sleep(LOOK_S)
        fate.lost = [*self._waiting]
        fate.seconds = time.monotonic() - began
        return fate

    def _top_up(self, rest: deque[Command]) -> None:
        chosen: list[Command] = []
        held = [self._later.popleft() for _ in range(len(self._later))]
        for command in held:
            self._choose(command, chosen)
        while rest and len(self._waiting) + len(chosen) < WAITING:
            self._choose(rest.popleft(), chosen)
        if not chosen:
            return
        began = time.monotonic()
        base = int(
            self.chain.rpc.call("eth_getBlockByNumber", "latest", False)["baseFeePerGas"], 16
        )
        fees = Fees(base * MARGIN + 10**9, 10**9)
        by_node: dict[int, list[tuple[Command, Pending]]] = {}
        for command in chosen:
            pending = self._signed(command, fees)
            node = self.nodes.index(self._node[pending.sender])
            by_node.setdefault(node, []).append((command, pending))
        signed = time.monotonic()
        self.fate.signing += signed - began
        now = time.monotonic()
        for pairs in by_node.values():
            self._waiting.update((p.signed.hash, (command, now)) for command, p in pairs)
        with ThreadPoolExecutor(len(self.nodes), thread_name_prefix="tonne-bench") as posters:
            jobs = [
                posters.submit(self._post, node, [p for _, p in by_node[node]]) for node in by_node
            ]
            for job in jobs:
                job.result()
        self.fate.posting += time.monotonic() - signed
        self.fate.sent += len(chosen)

    def _post(self, node: int, pendings: Sequence[Pending]) -> None:
        asked = [("eth_sendRawTransaction", [p.signed.raw]) for p in pendings]
        for answer in self.nodes[node].rpc.batch(asked, BODY):
            if isinstance(answer, RpcFailure):
                raise answer

    def _choose(self, command: Command, chosen: list[Command]) -> None:
        if command.kind != CANCEL or command.order in self._numbers:
            chosen.append(command)
        elif command.order in self._gone:
            self.fate.never_rested += 1
        else:
            self._later.append(command)

    def _signed(self, command: Command, fees: Fees) -> Pending:
        exchange = self.chain["Exchange"]
        if command.kind == CANCEL:
            who, gas = self._owners[command.order], CANCEL_GAS
            pending = Call(who, exchange, "cancel", (self._numbers[command.order],)).pending()
        else:
            owners = self.players[command.side]
            who, gas = owners[len(self._owners) % len(owners)], ORDER_GAS  # as `needs` counts
            self._owners[command.order] = who
            pending = Call(who, exchange, "place", (self._request(command).pack(),)).pending()
        pending.nonce = self._nonces[who]
        self._nonces[who] += 1
        pending.signed = who.sign_transaction(
            self.chain.chain_id, pending.nonce, pending.to, pending.data, gas, fees, 0
        )
        return pending

    def _request(self, command: Command) -> OrderRequest:
        free = command.kind == MARKET
        return OrderRequest(
            market=self.market,
            side=order_replay.SIDES[command.side],
            tick=self.worst[command.side] if free else self.grid.tick(command.price),
            lots=command.lots,
            time_in_force=order_replay.FORCE.get(command.kind, order_replay.REST),
            post_only=command.kind == POST_ONLY,
        )

    def _look(self, number: int) -> int:
        """Takes the receipts of a block; how many were ours."""
        receipts = self.chain.rpc.call("eth_getBlockReceipts", hex(number))
        now, ours = time.monotonic(), 0
        for receipt in receipts:
            command, posted = self._waiting.pop(receipt["transactionHash"], (None, 0.0))
            if command is None:
                continue
            ours += 1
            self.fate.mined += 1
            self.fate.waits.append(now - posted)
            self.fate.refused += receipt["status"] == "0x0"
            if command.kind == CANCEL:
                continue
            rests = False
            for event in self.chain.events(receipt["logs"]):
                if event.name == "OrderPlaced":
                    self._numbers[command.order] = PlacedOrder.unpack(event["order"]).key.pack()
                    rests = True
            if not rests:
                self._gone.add(command.order)
        return ours
