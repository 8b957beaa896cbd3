"""A node as strangers run it, in front of an Anvil: no test method, geth's pool and body rules, headers of
proof of authority. The Anvil behind it stays reachable for those who move time."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import requests
import rlp
from eth_account import Account
from eth_utils import keccak

from tests.patience import HANGING_S

CLIENT = "Geth/v1.13.15-stable/linux-amd64/go1.21"
#: geth's `--rpc.batch-request-limit`, and the size of a body it reads.
MOST_TOGETHER, MOST_BYTES = 1_000, 5 * 1024 * 1024
#: [%] geth's `--txpool.pricebump`.
BUMP = 10
#: [wei] geth's `--txpool.pricelimit`.
LEAST_TIP = 1
SEAL = "0x" + "00" * 32 + "5a" * 65

_OPEN = ("eth_", "net_", "web3_")
_CLOSED = ("eth_accounts", "eth_sendTransaction", "eth_sign", "eth_sendUnsignedTransaction")


@dataclass(slots=True)
class StrictPool:
    """What geth's pool remembers of those that wait."""

    waiting: dict[tuple[str, int], tuple[str, int, int]] = field(default_factory=dict)
    refused: list[str] = field(default_factory=list)

    def complaint(self, raw: str, mined: Any) -> str | None:
        """Why geth would not take a transaction; `mined` tells an account's nonce."""
        data = bytes.fromhex(raw.removeprefix("0x"))
        sender = Account.recover_transaction(data)
        nonce, tip, cap = _terms(data)
        digest = keccak(data).hex()
        said = self._complaint(sender, nonce, tip, cap, digest, mined(sender))
        if said is None:
            self.waiting[sender, nonce] = (digest, tip, cap)
        else:
            self.refused.append(said)
        return said

    def _complaint(
        self, sender: str, nonce: int, tip: int, cap: int, digest: str, mined: int
    ) -> str | None:
        if tip < LEAST_TIP:
            return f"transaction underpriced: gas tip cap {tip}, minimum needed {LEAST_TIP}"
        known = self.waiting.get((sender, nonce))
        if known is not None and known[0] == digest:
            return "already known"
        if nonce < mined:
            return f"nonce too low: next nonce {mined}, tx nonce {nonce}"
        if known is None:
            return None
        if min(tip * 100 - known[1] * (100 + BUMP), cap * 100 - known[2] * (100 + BUMP)) < 0:
            return "replacement transaction underpriced"
        return None


def _terms(data: bytes) -> tuple[int, int, int]:
    """Nonce, tip and cap of a signed transaction."""
    if data[0] == 2:
        fields = rlp.decode(data[1:])
        nonce, tip, cap = (int.from_bytes(word, "big") for word in fields[1:4])
        return nonce, tip, cap
    fields = rlp.decode(data)
    price = int.from_bytes(fields[1], "big")
    return int.from_bytes(fields[0], "big"), price, price


@dataclass(slots=True)
class StrictProxy:
    """Answers at `url` what the node behind it answers, as far as a stranger's would."""

    behind: str
    url: str = ""
    pool: StrictPool = field(default_factory=StrictPool)
    closed: list[str] = field(default_factory=list)  # methods asked for and refused
    seals: bool = True
    session: requests.Session = field(default_factory=requests.Session)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def answer(self, asked: Any) -> Any:
        if isinstance(asked, list):
            if len(asked) > MOST_TOGETHER:
                return _error(None, -32600, "batch too large")
            return [self._one(each) for each in asked]
        return self._one(asked)

    def _one(self, asked: dict[str, Any]) -> Any:
        method, params, number = asked["method"], asked.get("params", []), asked.get("id")
        if not method.startswith(_OPEN) or method in _CLOSED:
            self.closed.append(method)
            return _error(number, -32601, f"the method {method} does not exist/is not available")
        if method == "web3_clientVersion":
            return {"jsonrpc": "2.0", "id": number, "result": CLIENT}
        if method == "eth_sendRawTransaction":
            with self.lock:
                complaint = self.pool.complaint(params[0], self._mined)
            if complaint is not None:
                return _error(number, -32000, complaint)
        answer = self._ask(asked)
        if self.seals and method.startswith("eth_getBlockBy") and answer.get("result"):
            answer["result"] |= {"extraData": SEAL, "difficulty": "0x2"}
        return answer

    def _mined(self, sender: str) -> int:
        asked = {"jsonrpc": "2.0", "id": 0, "method": "eth_getTransactionCount"}
        return int(self._ask(asked | {"params": [sender, "latest"]})["result"], 16)

    def _ask(self, asked: Any) -> Any:
        return self.session.post(self.behind, json=asked, timeout=HANGING_S).json()


def _error(number: Any, code: int, message: str) -> dict[str, Any]:
    return {"jsonrpc": "2.0", "id": number, "error": {"code": code, "message": message}}


@contextmanager
def start(behind: str, seals: bool = True) -> Iterator[StrictProxy]:
    """The proxy on a free port, for the time of the block."""
    proxy = StrictProxy(behind, seals=seals)

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            size = int(self.headers["Content-Length"])
            body = self.rfile.read(size)
            if size > MOST_BYTES:
                said = _error(None, -32600, "request entity too large")
            else:
                said = proxy.answer(json.loads(body))
            out = json.dumps(said).encode()
            self.send_response(200)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(out)))
            self.end_headers()
            self.wfile.write(out)

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    proxy.url = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield proxy
    finally:
        server.shutdown()
        server.server_close()
        thread.join(HANGING_S)
