"""What `tonne meters status` shows: a file that the daemon writes whole, since its journal is its own."""

from __future__ import annotations

import json
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from oracles.meters.challenges import Challenges
from oracles.meters.intake import Intake
from oracles.meters.journal import MeterJournal
from oracles.meters.mqtt import MqttSource
from oracles.meters.posting import Posting
from oracles.meters.registry import MeterRegistry
from oracles.runtime.metrics import Metrics
from tonne import files

FILE: Final = "status.json"

#: [s] Between two writings, and incidents shown.
EVERY_S: Final = 1.0
MOST_INCIDENTS: Final = 200

_written: dict[Path, float] = {}


@dataclass(frozen=True, slots=True)
class Parts:
    """What the oracle is made of at the moment."""

    registry: MeterRegistry
    posting: Posting
    challenges: Challenges
    intake: Intake | None  # absent before the first records


def write(
    path: Path,
    parts: Parts,
    journal: MeterJournal,
    source: MqttSource,
    now: int,
    force: bool = False,
) -> None:
    """Writes the state of things, at most once a second."""
    if not force and time.monotonic() - _written.get(path, -EVERY_S) < EVERY_S:
        return
    _written[path] = time.monotonic()
    files.write(path, json.dumps(gathered(parts, journal, source, now), indent=1) + "\n")


def observe(
    metrics: Metrics, parts: Parts, journal: MeterJournal, source: MqttSource, now: int
) -> None:
    """Metrics of this daemon, in addition to the common ones."""
    metrics.put("late_intervals", sum(len(b.due(now)) for b in parts.posting.books.values()))
    deadlines = [event["deadline"] - now for event in parts.challenges.open.values()]
    metrics.put("open_challenges", len(deadlines))
    metrics.put_all("challenge_seconds", {(): min(deadlines)} if deadlines else {})
    metrics.put("broker_up", int(source.down_since is None))
    metrics.put("broker_outages", source.outages)
    counts = journal.incident_counts()
    metrics.put_all("incidents", {(code,): count for code, count in counts.items()})


def gathered(parts: Parts, journal: MeterJournal, source: MqttSource, now: int) -> dict[str, Any]:
    """The state of things; times are the chain's, except `written` and the broker's."""
    meters = parts.intake.meters if parts.intake else {}
    down = source.down_since
    return {
        "written": int(time.time()),
        "chainTime": now,
        "broker": {
            "url": source.settings.url,
            "connected": down is None,
            "downSince": None if down is None else int(down),
            "outages": source.outages,
            "code": None if down is None else "METER_BROKER_DOWN",
        },
        "counts": journal.counts(),
        "transactions": journal.job_counts(),
        "challenges": len(parts.challenges.open),
        "nodes": [
            {
                "node": book.node.id,
                "carrier": book.node.carrier.name.lower(),
                "meters": len(parts.registry.at_node(book.node.id)),
                "open": len(book.rows),
                "posted": len(book.runs),
                "firstOpen": book.first,
            }
            for book in parts.posting.books.values()
        ],
        "meters": {
            "registered": len(parts.registry.meters),
            "heard": len(meters),
            "missingRecords": sum(
                counter.missing for s in meters.values() for counter in s.counters.values()
            ),
        },
        "incidents": [
            {
                "code": item.code,
                "meter": item.meter or None,
                "count": item.count,
                "lastAt": item.last_at,
                "reason": item.reason,
            }
            for item in journal.incidents()[:MOST_INCIDENTS]
        ],
    }
