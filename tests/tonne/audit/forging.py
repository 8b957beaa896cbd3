"""Audits of forged events, and of replays that lack a handler."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import Any

import pytest

from tonne.audit import reconcile
from tonne.audit.market_replay import MarketReplay
from tonne.audit.reconcile import Audit
from tonne.audit.replay.compare import Difference, Tally, compare
from tonne.audit.replay.dispatcher import Kind
from tonne.audit.replay.events import Dated, pin, read
from tonne.chain.client import Chain

#: An event as it is told, or None.
Forge = Callable[[Dated], Dated | None]
Audited = Callable[..., Audit]


class Recorded:
    """A chain's events and answers, read once, and audits of replays that lack a handler."""

    def __init__(self, chain: Chain) -> None:
        self.chain, self.head = chain, pin(chain)
        self.events = [at for _, events in read(chain, 0, self.head, []) for at in events]
        self._answers: dict[str, Any] = {}
        occurring = {(at.event.contract, at.event.name) for at in self.events}
        #: Handled kinds of events that occur.
        self.kinds = occurring & MarketReplay(chain).handled.keys()

    def differences(self, without: Kind | None = None) -> list[Difference]:
        """Those of an audit; without one handler, if named."""
        replay = MarketReplay(self.chain)
        if without is not None:
            owner = replay.handled[without]
            replay._routes[without] = [r for r in replay._routes[without] if r[0] is not owner]
        replay.feed(self.events)
        tally = Tally()
        replay.invariants(tally)
        compare(self, list(replay.checks(self.head.time, tally)), self.head.number, tally)
        return tally.differences

    def unnoticed(self) -> list[Kind]:
        """Kinds of events whose handler the audit does not miss."""
        return sorted(kind for kind in self.kinds if not self.differences(kind))

    def call_many(self, calls: Iterable[Any], **options: Any) -> list[Any]:
        """As the chain's, each call asked once."""
        keys = [(str(call), call) for call in calls]
        fresh = {key: call for key, call in keys if key not in self._answers}
        answers = self.chain.call_many(fresh.values(), **options)
        self._answers.update(zip(fresh, answers, strict=True))
        return [self._answers[key] for key, _ in keys]


def auditing(chain: Chain, monkeypatch: pytest.MonkeyPatch) -> Audited:
    """Audits a chain whose events go through a forger's hands."""

    def audit(forge: Forge = lambda event: event) -> Audit:
        def forged(*args: Any) -> Any:
            for blocks, events in read(*args):
                yield blocks, [kept for event in events if (kept := forge(event)) is not None]

        monkeypatch.setattr(reconcile, "read", forged)
        return reconcile.audit(chain)

    return audit


def unseen(
    audited: Audited, names: Iterable[str], values: Iterable[tuple[str, str, int]]
) -> list[Any]:
    """Events whose first one can be left out, and (event, field) that can be off, with nothing found.

    An event or a field that never occurs counts as unseen too.
    """
    found: list[Any] = []
    for name in names:
        if not _found(audited, name, lambda _event: None):
            found.append(name)
    for name, field, delta in values:

        def off(event: Dated, field: str = field, delta: int = delta) -> Dated:
            args = {**event.event.args, field: event.event.args[field] + delta}
            return replace(event, event=replace(event.event, args=args))

        if not _found(audited, name, off):
            found.append((name, field))
    return found


def _found(audited: Audited, name: str, forge: Forge) -> bool:
    """Whether the audit finds what is done to the first event of a name."""
    forged: list[Dated] = []

    def once(event: Dated) -> Dated | None:
        if event.event.name != name or forged:
            return event
        forged.append(event)
        return forge(event)

    return audited(once).differences != [] and bool(forged)
