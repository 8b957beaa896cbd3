"""Notices for the emission oracle's operator: disputes, ending accreditations, the end of reporting."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime

from oracles.runtime.inbox import Inbox
from oracles.runtime.journal import Journal
from oracles.runtime.news import EventFollower, ahead
from oracles.runtime.notices import Notice
from tonne.chain.client import Chain
from tonne.chain.contract import Event
from tonne.constants import DAY_S
from tonne.evidence.report_encoding import report_days_in

EVENTS = ("OracleConfigured", "ReportDisputed", "DisputeResolved")
OF_PROJECTS = ("MonitoringDisputed", "MonitoringResolved")


class EmissionsNews:
    """Call `look` regularly; the key of a notice prevents a second one."""

    def __init__(self, chain: Chain, journal: Journal, inbox: Inbox, days: Sequence[int]) -> None:
        self._chain = chain
        self._inbox = inbox
        self._days = days
        self._events = EventFollower(chain, journal, "EmissionsOracle", EVENTS)
        self._projects = EventFollower(chain, journal, "Projects", OF_PROJECTS)
        self._disputes: dict[str, Notice] = {}
        self._words: dict[int, list[int]] = {}  # by scheme, see OracleConfigLib

    def look(self, now: int) -> Iterator[Notice]:
        for event in self._events.read():
            if event.name == "OracleConfigured":
                self._words[event["scheme"]] = event["words"]
            elif event.block >= self._events.since:
                notice = _dispute(event)
                self._disputes[notice.key] = notice
        for event in self._projects.read():
            if event.block >= self._projects.since:
                notice = _monitoring_dispute(event)
                self._disputes[notice.key] = notice
        yield from self._disputes.values()
        for scheme, words in self._words.items():
            yield from self._end_of_reporting(scheme, report_days_in(words), now)
            yield from self._accreditations(scheme, now)

    def _end_of_reporting(self, scheme: int, days: int, now: int) -> Iterator[Notice]:
        """Reports of last year are taken until so many days after its end."""
        year = datetime.fromtimestamp(now, UTC).year
        until = int(datetime(year, 1, 1, tzinfo=UTC).timestamp()) + days * DAY_S
        left = until - now
        if left > 0:
            waiting = len(self._inbox.arrivals())
            text = (
                f"Scheme {scheme} takes reports of {year - 1} for {left // DAY_S} more days;"
                f" {waiting} files wait here."
            )
            yield from ahead(f"deadline/{scheme}/{year - 1}", "deadline", text, left, self._days)

    def _accreditations(self, scheme: int, now: int) -> Iterator[Notice]:
        for signer in self._chain.call("EmissionsOracle", "signersOf", scheme):
            left = signer.validUntil * DAY_S - now
            text = (
                f"{signer.key} of body {signer.body} is accredited in scheme {scheme} for"
                f" {left // DAY_S} more days."
            )
            if left > 0:
                key = f"accreditation/{scheme}/{signer.key}/{signer.validUntil}"
                yield from ahead(key, "accreditation", text, left, self._days)


def _dispute(event: Event) -> Notice:
    of = f"revision {event['revision']} of installation {event['installation']}, year {event['year']}"
    if event.name == "ReportDisputed":
        text = f"{event['by']} disputes {of}."
    else:
        text = f"The dispute of {of} is decided: {'upheld' if event['upheld'] else 'dismissed'}."
    return Notice(f"dispute/{event.tx_hash}/{event.log_index}", "dispute", text)


def _monitoring_dispute(event: Event) -> Notice:
    of = f"monitoring report {event['reportId']}"
    if event.name == "MonitoringDisputed":
        text = f"{event['officer']} disputes {of}."
    else:
        text = f"The dispute of {of} is decided: {'upheld' if event['upheld'] else 'dismissed'}."
    return Notice(f"dispute/{event.tx_hash}/{event.log_index}", "dispute", text)
