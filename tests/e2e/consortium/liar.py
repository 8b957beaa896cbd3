"""A node that lies: it passes questions on to a good one and spoils what matters in the answers."""

from __future__ import annotations

import json
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import requests


def _lie(method: str, result: Any) -> Any:
    """What it says instead."""
    if method == "eth_getLogs" and result:
        return result[:-1]
    if method in ("eth_getTransactionReceipt", "eth_getTransactionByHash"):
        return None
    if method == "eth_getBlockReceipts" and result and result[-1]["logs"]:
        last = result[-1]
        return [*result[:-1], {**last, "logs": last["logs"][:-1]}]
    if method == "eth_call" and len(result) == 66:
        return "0x" + "00" * 31 + "07"
    return result


@contextmanager
def start(behind: str) -> Iterator[tuple[str, Counter[str]]]:
    """Its URL, and how often it lied, by method."""
    told: Counter[str] = Counter()

    class Liar(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            asked = json.loads(body)
            answers = requests.post(behind, data=body, headers=JSON, timeout=60).json()
            alone = isinstance(asked, dict)
            methods = {each["id"]: each["method"] for each in ([asked] if alone else asked)}
            spoilt = [self.spoilt(methods, a) for a in ([answers] if alone else answers)]
            said = json.dumps(spoilt[0] if alone else spoilt).encode()
            self.send_response(200)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(said)))
            self.end_headers()
            self.wfile.write(said)

        def spoilt(self, methods: dict[Any, str], answer: dict[str, Any]) -> dict[str, Any]:
            if "result" not in answer:
                return answer
            method = methods[answer["id"]]
            lie = _lie(method, answer["result"])
            if lie != answer["result"]:
                told[method] += 1
            return {**answer, "result": lie}

        def log_message(self, *_: object) -> None:
            """Says nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Liar)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}", told
    finally:
        server.shutdown()
        server.server_close()


JSON = {"Content-Type": "application/json"}
