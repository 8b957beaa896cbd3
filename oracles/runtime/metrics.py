"""Metrics for the operator, at /metrics, with three separate health questions: /live, /ready and
/fresh."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Final, NamedTuple

from prometheus_client import CollectorRegistry, Counter, Gauge, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from oracles.runtime.journal import JobState
from oracles.runtime.loop import CycleResult

PREFIX = "tonne_oracle"


class MetricSeries(NamedTuple):
    """One series that is observed from outside of the loop's own counting."""

    name: str
    help: str
    labels: tuple[str, ...] = ()
    counts: bool = False  # it only rises: a counter


SERIES: Final = (
    MetricSeries("balance_wei", "Balance of the sender"),
    MetricSeries("head_block", "Newest block known"),
    MetricSeries("head_age_seconds", "Since the newest block known has changed"),
    MetricSeries("finality_lag_blocks", "Blocks between the newest and the newest final one"),
    MetricSeries(
        "node_head_lag_blocks", "Blocks by which a node is behind the newest known", ("node",)
    ),
    MetricSeries("node_up", "1: in use, 0: resting, -1: banned, being of another chain", ("node",)),
    MetricSeries("rpc_requests", "Requests to a node", ("node",), True),
    MetricSeries(
        "rpc_errors", "Requests that a node did not answer, or wrongly", ("node", "code"), True
    ),
    MetricSeries("broadcasts", "Transactions handed to the nodes", (), True),
    MetricSeries("bumps", "Transactions replaced by dearer ones", (), True),
    MetricSeries("gap_fills", "Nonces consumed for nothing, to close a gap", (), True),
    MetricSeries("foreign_nonces", "Nonces that something else consumed", (), True),
    MetricSeries("fee_waits", "Times that gas was above what may be paid", (), True),
    MetricSeries("nonce_gap", "Nonces below those in flight that no job has"),
    MetricSeries("stopped", "1: nothing is sent until an operator has looked", ("code",)),
    MetricSeries("waiting_files", "Files by place and age", ("place", "age")),
    MetricSeries("oldest_file_seconds", "Age of the oldest file of a place", ("place",)),
    MetricSeries("disk_free_bytes", "Room on the disk of the journal"),
    MetricSeries("journal_bytes", "Size of the journal"),
    MetricSeries("notices", "Notices by result", ("result",), True),
    MetricSeries(
        "late_intervals", "Ended intervals that are not yet as they should be on the chain"
    ),
    MetricSeries("open_challenges", "Challenged leaves without an answer"),
    MetricSeries("challenge_seconds", "Chain time until the first answer is due"),
    MetricSeries("broker_up", "1: connected to the broker"),
    MetricSeries("broker_outages", "Connections to the broker that were lost", (), True),
    MetricSeries("intervals", "Intervals of the power market by outcome", ("result",), True),
    MetricSeries("incidents", "Readings that were refused or are worth a look", ("code",), True),
)


class _Observed(Collector):
    """Values as they were put last; scraped in another thread."""

    def __init__(self, oracle: str) -> None:
        self._oracle = oracle
        self.rows: dict[str, dict[tuple[str, ...], float]] = {
            series.name: {(): 0.0} if series.counts and not series.labels else {}
            for series in SERIES
        }

    def collect(self) -> Iterator[Metric]:
        for series in SERIES:
            kind = CounterMetricFamily if series.counts else GaugeMetricFamily
            family = kind(f"{PREFIX}_{series.name}", series.help, labels=["oracle", *series.labels])
            for labels, value in list(self.rows[series.name].items()):
                family.add_metric([self._oracle, *labels], value)
            yield family


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
        self._observed = _Observed(oracle)
        self.registry.register(self._observed)
        self.health = Health()

    def cycle(self, result: CycleResult) -> None:
        self._cycles.labels(oracle=self._oracle, result=result.value).inc()
        self.health.turned(result is not CycleResult.ERROR)
        if result is not CycleResult.ERROR:
            self._last.labels(oracle=self._oracle).set(time.time())

    def put(self, name: str, value: float, *labels: str) -> None:
        """The value of a series of `SERIES` from now on."""
        self._observed.rows[name][labels] = value

    def put_all(self, name: str, values: Mapping[tuple[str, ...], float]) -> None:
        """Sets all values of a labelled series; labels that are absent are removed."""
        self._observed.rows[name] = dict(values)

    def value(self, name: str, *labels: str) -> float | None:
        return self._observed.rows[name].get(labels)

    def labels(self, name: str) -> list[tuple[str, ...]]:
        """Labels of a series' values."""
        return list(self._observed.rows[name])

    def counts(self, jobs: dict[str, int], files: dict[str, int]) -> None:
        for state in JobState:
            self._jobs.labels(oracle=self._oracle, state=state.value).set(jobs.get(state.value, 0))
        for outcome, count in files.items():
            self._files.labels(oracle=self._oracle, outcome=outcome).set(count)


class Health:
    """Three questions: does the loop turn, does its work succeed, is the chain it sees a recent one.

    Times are those of a clock that is never set; the chain's own are compared with one another only.
    """

    #: [s] The loop counts as alive, and its work as good, for so long.
    ALIVE_S: Final = 120.0
    READY_S: Final = 60.0

    #: [s] Chain time by which the last good cycle may lie behind the newest block known.
    FRESH_S: Final = 120.0

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._turned = clock()
        self._succeeded: float | None = None
        self._seen_s = 0  # chain time of the newest block known
        self._handled_s = 0  # chain time up to which the last good cycle worked
        self._moved = clock()
        #: [s] Longest time without a new block; None where blocks come only with transactions.
        self.silence_s: float | None = None

    def turned(self, good: bool) -> None:
        """A cycle has ended."""
        self._turned = self._clock()
        if good:
            self._succeeded = self._turned
            self._handled_s = self._seen_s

    def saw(self, block_time: int) -> None:
        """A block's time [s], by the chain's clock."""
        if block_time > self._seen_s:
            self._moved = self._clock()
        self._seen_s = max(self._seen_s, block_time)

    @property
    def live(self) -> bool:
        return self._clock() - self._turned < self.ALIVE_S

    @property
    def ready(self) -> bool:
        return self._succeeded is not None and self._clock() - self._succeeded < self.READY_S

    @property
    def head_age_s(self) -> float:
        """Time since the latest new block, by a monotonic clock."""
        return self._clock() - self._moved

    @property
    def fresh(self) -> bool:
        moving = self.silence_s is None or self.head_age_s < self.silence_s
        return self.ready and moving and self._seen_s - self._handled_s < self.FRESH_S


def serve(metrics: Metrics, port: int) -> int:
    """Serves the endpoints on the loopback address in a thread; returns the port (0 asks for any
    free one)."""
    health = metrics.health

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            answers: dict[str, Callable[[], bool]] = {
                "/live": lambda: health.live,
                "/ready": lambda: health.ready,
                "/fresh": lambda: health.fresh,
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
