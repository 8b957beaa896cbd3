"""Nodes as they are on bad days: in front of one good node, each at a URL of its own, by seeded dice.

What passes through is HTTP as it stands on the wire, so that a cut connection is one. Each keeps geth's
rules of what a pool takes, which Anvil does not have.
"""

from __future__ import annotations

import asyncio
import json
import random
import threading
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

import rlp
from eth_account import Account as AnyAccount

from tests.oracles.campaign.dice import Dice
from tonne.crypto.hashing import keccak

Item = dict[str, Any]

#: What happens to a whole answer, and how often beside one another.
OF_CONNECTION: Final = {
    "cut before": 6,
    "cut after": 6,
    "truncated": 4,
    "HTML": 4,
    "HTML, status 502": 4,
    "wrong id": 4,
    "empty body": 4,
    "status 429": 4,
    "late": 0.1,
}

#: What happens to single answers, with the methods it can happen to; () for all.
OF_CONTENT: Final = {
    "internal error": (),
    "null receipt": ("eth_getTransactionReceipt",),
    "null transaction": ("eth_getTransactionByHash",),
    "null block": ("eth_getBlockByNumber",),
    "empty logs": ("eth_getLogs",),
    "short logs": ("eth_getLogs",),
    "stale head": (
        "eth_blockNumber",
        "eth_getBlockByNumber",
        "eth_call",
        "eth_getTransactionCount",
    ),
    "empty result": ("eth_call",),
}

#: Weight of each content fault that can happen.
CONTENT_WEIGHT: Final = 8

#: [s] A late answer: later than the daemons wait.
LATE_S: Final = 5.5

#: Blocks that a stale node is behind.
STALE: Final = 3


@dataclass
class Weather:
    """How bad it is, for all nodes at once."""

    share: float = 0.0  # of the calls to an honest node that are spoilt
    lies: float = 0.0  # of the calls to the liar that are answered wrongly


@dataclass
class Upstream:
    """The good node, as the bad ones see it: its newest head, and what waits in its pool."""

    url: tuple[str, int]
    head: int = 0
    taken: dict[tuple[str, int], tuple[str, int, int]] = field(default_factory=dict)


@dataclass
class BadNode:
    """One of them. `told` counts faults by kind, `calls` all that was asked."""

    upstream: Upstream
    weather: Weather
    dice: Dice
    name: str  # its daemon's and its own place
    liar: bool = False
    calls: int = 0
    spoilt: int = 0
    told: Counter[str] = field(default_factory=Counter)
    url: str = ""

    # HTTP

    async def serve(self) -> None:
        server = await asyncio.start_server(self._client, "127.0.0.1", 0)
        self.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"

    async def _client(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        line = _Line(self.upstream.url)
        try:
            while True:
                body = await _body(reader)
                if body is None or not await self._answer(body, line, writer):
                    break
        except (OSError, asyncio.IncompleteReadError):
            pass
        finally:
            line.close()
            writer.close()

    async def _answer(self, body: bytes, line: _Line, writer: asyncio.StreamWriter) -> bool:
        """Whether the connection is to be kept."""
        asked = json.loads(body)
        items: list[Item] = asked if isinstance(asked, list) else [asked]
        self.calls += len(items)
        kind = sorted({item["method"] for item in items})
        throw = self.dice.next if self.weather.share or self.weather.lies else self.dice.at
        die = throw(self.name, *kind)
        fault = self._fault(items, die)
        if fault in OF_CONNECTION:
            self._count(fault, len(items))
        if fault == "cut before":
            return False
        answers = [await self._one(item, fault, line, die) for item in items]
        return await self._say(answers if isinstance(asked, list) else answers[0], fault, writer)

    async def _say(self, answer: Any, fault: str, writer: asyncio.StreamWriter) -> bool:
        status, kind, cut = "200 OK", "application/json", False
        if fault == "cut after":
            return False
        if fault == "late":
            await asyncio.sleep(LATE_S)
        if fault == "wrong id":
            for one in answer if isinstance(answer, list) else [answer]:
                one["id"] = 10_000 + one["id"]
        text = json.dumps(answer).encode()
        size = len(text)
        if fault == "truncated":
            text, cut = text[: size // 2], True
        elif fault.startswith("HTML"):
            text, kind = b"<html><body>Bad gateway</body></html>", "text/html"
            size = len(text)
            status = "502 Bad Gateway" if "502" in fault else status
        elif fault == "status 429":
            status, text = "429 Too Many Requests", b"slow down"
            size = len(text)
        elif fault == "empty body":
            text, size = b"", 0
        head = f"HTTP/1.1 {status}\r\nContent-Type: {kind}\r\nContent-Length: {size}\r\n\r\n"
        writer.write(head.encode() + text)
        await writer.drain()
        return not cut

    # What is spoilt

    def _fault(self, items: list[Item], die: random.Random) -> str:
        if die.random() >= self.weather.share:
            return ""
        weights = dict(OF_CONNECTION)
        for name, methods in OF_CONTENT.items():
            if any(_applies(methods, item) for item in items):
                weights[name] = CONTENT_WEIGHT
        return die.choices(list(weights), list(weights.values()))[0]

    def _count(self, fault: str, calls: int = 1) -> None:
        self.told[fault] += calls
        self.spoilt += calls

    async def _one(self, item: Item, fault: str, line: _Line, die: random.Random) -> Item:
        method, params = item["method"], list(item.get("params") or [])
        if fault in OF_CONTENT and _applies(OF_CONTENT[fault], item):
            self._count(fault)
            if fault == "stale head":
                behind = hex(max(self.upstream.head - STALE, 0))
                if method == "eth_blockNumber":
                    return _result(item, behind)
                params = [behind if one == "latest" else one for one in params]
            elif fault == "internal error":
                return _error(item, -32603, "Internal error")
            elif fault == "empty logs":
                return _result(item, [])
            elif fault == "empty result":
                return _result(item, "0x")
            elif fault.startswith("null"):
                return _result(item, None)
        if self.liar and die.random() < self.weather.lies:
            lie = LIES.get(method)
            if lie is not None:
                self._count(f"lie: {method}")
                return lie(die, item, await line.ask({**item, "params": params}))
        if method == "eth_sendRawTransaction":
            refused = await self._refused(str(params[0]), line)
            if refused:
                return _error(item, -32000, refused)
        answer = await line.ask({**item, "params": params})
        if method == "eth_blockNumber" and "result" in answer:
            self.upstream.head = int(answer["result"], 16)
        if fault == "short logs" and answer.get("result"):
            logs = answer["result"]
            del logs[die.randrange(len(logs))]
        return answer

    # geth's pool

    async def _refused(self, raw: str, line: _Line) -> str:
        """Why geth's pool would not take a transaction, in its words; "" where it would."""
        data = bytes.fromhex(raw[2:])
        tx_hash = "0x" + keccak(data).hex()
        sender = AnyAccount.recover_transaction(data)
        fields = rlp.decode(data[1:])
        nonce, tip, cap = (int.from_bytes(one, "big") for one in fields[1:4])
        if tip < 1:
            return "transaction underpriced: gas tip cap 0, minimum needed 1"
        used = int((await line.of("eth_getTransactionCount", sender, "latest"))["result"], 16)
        if nonce < used:
            return f"nonce too low: next nonce {used}, tx nonce {nonce}"
        before = self.upstream.taken.get((sender, nonce))
        if before is not None:
            waiting = (await line.of("eth_getTransactionByHash", before[0]))["result"]
            if waiting is not None and waiting.get("blockNumber") is None:
                if before[0] == tx_hash:
                    return "already known"
                if 10 * tip < 11 * before[1] or 10 * cap < 11 * before[2]:
                    return "replacement transaction underpriced"
        self.upstream.taken[sender, nonce] = (tx_hash, tip, cap)
        return ""


def _applies(methods: tuple[str, ...], item: Item) -> bool:
    return not methods or item["method"] in methods


def _result(item: Item, result: Any) -> Item:
    return {"jsonrpc": "2.0", "id": item["id"], "result": result}


def _error(item: Item, code: int, message: str, data: Any = None) -> Item:
    error = {"code": code, "message": message} | ({"data": data} if data else {})
    return {"jsonrpc": "2.0", "id": item["id"], "error": error}


# Lies: each gets the truth and makes something believable of it.


def _lie_head(die: random.Random, item: Item, truth: Item) -> Item:
    head = int(truth["result"], 16)
    return _result(item, hex(max(head + die.choice((-20, -5, 2, 30, 1000)), 0)))


def _lie_count(die: random.Random, item: Item, truth: Item) -> Item:
    if "result" not in truth:
        return truth
    return _result(item, hex(max(int(truth["result"], 16) + die.choice((-3, -1, 1, 5)), 0)))


def _lie_receipt(die: random.Random, item: Item, truth: Item) -> Item:
    receipt = truth.get("result")
    if receipt is None or die.random() < 0.3:
        return _result(item, None)
    kind = die.randrange(3)
    if kind == 0:
        return _result(item, receipt | {"status": "0x0"})
    if kind == 1:
        return _result(item, receipt | {"blockHash": "0x" + "ab" * 32})
    return _result(
        item, receipt | {"blockNumber": hex(max(int(receipt["blockNumber"], 16) - 9, 0))}
    )


def _lie_transaction(die: random.Random, item: Item, truth: Item) -> Item:
    if truth.get("result") is None:
        return _result(item, {"hash": item["params"][0], "blockNumber": None})
    return _result(item, None)


def _lie_block(die: random.Random, item: Item, truth: Item) -> Item:
    block = truth.get("result")
    if not block or die.random() < 0.3:
        return _result(item, None)
    if die.random() < 0.5:
        return _result(item, block | {"hash": f"0x{die.getrandbits(256):064x}"})
    return _result(item, block | {"timestamp": hex(int(block["timestamp"], 16) + 50 * 86_400)})


def _lie_call(die: random.Random, item: Item, truth: Item) -> Item:
    kind = die.randrange(4)
    if kind == 0 or "result" not in truth:
        return _result(item, "0x")
    if kind == 1:
        return _error(item, 3, "execution reverted", f"0x{die.getrandbits(32):08x}")
    words = truth["result"]
    if kind == 2:
        return _result(item, "0x" + "0" * (len(words) - 2))
    return _result(
        item, words[:-1] + "%x" % (int(words[-1:] or "0", 16) ^ 1) if len(words) > 2 else words
    )


def _lie_logs(die: random.Random, item: Item, truth: Item) -> Item:
    logs = truth.get("result") or []
    return _result(item, die.choice(([], logs + logs, logs[: len(logs) // 2], logs[::-1])))


def _lie_price(die: random.Random, item: Item, truth: Item) -> Item:
    return _result(item, die.choice(("0x0", hex(10**15))))


def _lie_send(die: random.Random, item: Item, truth: Item) -> Item:
    """It says that it took the bytes, or that they are worth nothing."""
    kind = die.randrange(3)
    if kind == 0:
        data = bytes.fromhex(str(item["params"][0])[2:])
        return _result(item, "0x" + keccak(data).hex())
    return _error(item, -32000, ("nonce too low", "transaction underpriced")[kind - 1])


LIES: Final[dict[str, Callable[[random.Random, Item, Item], Item]]] = {
    "eth_blockNumber": _lie_head,
    "eth_getTransactionCount": _lie_count,
    "eth_getTransactionReceipt": _lie_receipt,
    "eth_getTransactionByHash": _lie_transaction,
    "eth_getBlockByNumber": _lie_block,
    "eth_call": _lie_call,
    "eth_getLogs": _lie_logs,
    "eth_gasPrice": _lie_price,
    "eth_maxPriorityFeePerGas": _lie_price,
    "eth_sendRawTransaction": _lie_send,
}


class _Line:
    """A connection to the good node, kept."""

    def __init__(self, address: tuple[str, int]) -> None:
        self._address = address
        self._streams: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None

    async def of(self, method: str, *params: Any) -> Item:
        return await self.ask({"jsonrpc": "2.0", "id": 0, "method": method, "params": params})

    async def ask(self, item: Item) -> Item:
        if self._streams is None:
            self._streams = await asyncio.open_connection(*self._address, limit=2**26)
        reader, writer = self._streams
        body = json.dumps(item).encode()
        head = "POST / HTTP/1.1\r\nHost: node\r\nContent-Type: application/json\r\n"
        writer.write(f"{head}Content-Length: {len(body)}\r\n\r\n".encode() + body)
        await writer.drain()
        answer = await _body(reader)
        assert answer is not None, "the good node hung up"
        found: Item = json.loads(answer)
        return found

    def close(self) -> None:
        if self._streams is not None:
            self._streams[1].close()


async def _body(reader: asyncio.StreamReader) -> bytes | None:
    """The body of a request or an answer; None where the other end hung up."""
    try:
        head = await reader.readuntil(b"\r\n\r\n")
    except asyncio.IncompleteReadError:
        return None
    for line in head.split(b"\r\n"):
        name, _, value = line.partition(b":")
        if name.strip().lower() == b"content-length":
            return await reader.readexactly(int(value))
    return b""


class BadNodes:
    """All of them, in a thread of their own: so many for each daemon, at the same places the same liar."""

    def __init__(
        self, host: str, port: int, count: int, liar: int, dice: Dice, daemons: Sequence[str]
    ) -> None:
        self.weather = Weather()
        upstream = Upstream((host, port))
        self._of = {
            daemon: [
                BadNode(upstream, self.weather, dice, f"{daemon}/{place}", place == liar)
                for place in range(count)
            ]
            for daemon in daemons
        }
        self.nodes = [node for nodes in self._of.values() for node in nodes]
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="nodes", daemon=True)

    def __enter__(self) -> BadNodes:
        self._thread.start()
        for node in self.nodes:
            asyncio.run_coroutine_threadsafe(node.serve(), self._loop).result(10)
        return self

    def __exit__(self, *_: object) -> None:
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(10)

    def urls(self, daemon: str) -> list[str]:
        return [node.url for node in self._of[daemon]]

    @property
    def calls(self) -> int:
        return sum(node.calls for node in self.nodes)

    @property
    def spoilt(self) -> int:
        return sum(node.spoilt for node in self.nodes)

    def told(self) -> Counter[str]:
        return sum((node.told for node in self.nodes), Counter())
