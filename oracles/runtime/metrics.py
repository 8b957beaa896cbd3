"""What an operator watches. Served at /metrics, with /live, /ready and /fresh beside it: three
different questions."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from prometheus_client import CollectorRegistry, Counter, Gauge, generate_latest

from oracles.runtime.journal import JobState
from oracles.runtime.loop import CycleResult

PREFIX = "tonne_oracle"


class Metrics:
    """Every series exists from the start with each label value, so that `increase()` works on the
    first event."""

    def __init__(self, oracle: str) -> None:
        self.registry = CollectorRegistry()
        labels = {"oracle": oracle}
        self._cycles = Counter(
            f"{PREFIX}_cycles", "Cycles by result", ["oracle", "result"], registry=self.registry
        )
        self._jobs = Gauge(
            f"{PREFIX}_jobs", "Transactions by state", ["oracle", "state"], registry=self.registry
        )
        self._files = Gauge(
            f"{PREFIX}_files",
            "Input files by outcome",
            ["oracle", "outcome"],
            registry=self.registry,
        )
        self._last = Gauge(
            f"{PREFIX}_last_cycle_timestamp_seconds",
            "When the last cycle without error ended",
            ["oracle"],
            registry=self.registry,
        )
        self._oracle = oracle
        for result in CycleResult:
            self._cycles.labels(**labels, result=result.value)
        for state in JobState:
            self._jobs.labels(**labels, state=state.value).set(0)
        for outcome in ("accepted", "rejected", "repeated"):
            self._files.labels(**labels, outcome=outcome).set(0)
        self.last_success = 0.0

    def cycle(self, result: CycleResult) -> None:
        self._cycles.labels(oracle=self._oracle, result=result.value).inc()
        if result is not CycleResult.ERROR:
            self.last_success = time.time()
            self._last.labels(oracle=self._oracle).set(self.last_success)

    def counts(self, jobs: dict[str, int], files: dict[str, int]) -> None:
        for state in JobState:
            self._jobs.labels(oracle=self._oracle, state=state.value).set(jobs.get(state.value, 0))
        for outcome, count in files.items():
            self._files.labels(oracle=self._oracle, outcome=outcome).set(count)


def serve(
    metrics: Metrics, port: int, ready: Callable[[], bool], fresh_within_s: float = 120
) -> int:
    """Serves the endpoints on the loopback address in a thread; returns the port (0 asks for any
    free one)."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            answers: dict[str, Callable[[], bool]] = {
                "/live": lambda: True,
                "/ready": ready,
                "/fresh": lambda: time.time() - metrics.last_success < fresh_within_s,
            }
            if self.path == "/metrics":
                self._answer(200, generate_latest(metrics.registry), "text/plain; version=0.0.4")
            elif self.path in answers:
                good = answers[self.path]()
                self._answer(
                    200 if good else 503, json.dumps({"ok": good}).encode(), "application/json"
                )
            else:
                self._answer(404, b"{}", "application/json")

        def _answer(self, status: int, body: bytes, kind: str) -> None:
            self.send_response(status)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """Requests for health are not news."""

    server = ThreadingHTTPServer(("127.0.0.1", port), Handler)
    threading.Thread(target=server.serve_forever, name="metrics", daemon=True).start()
    return server.server_address[1]
