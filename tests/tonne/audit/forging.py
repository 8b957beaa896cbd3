"""A node that tells events otherwise, or not at all, and what an audit makes of it."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import Any

import pytest

from tonne.audit import reconcile
from tonne.audit.reconcile import Audit
from tonne.audit.replay.events import Dated, read
from tonne.chain.client import Chain

#: An event as it is told, or None.
Forge = Callable[[Dated], Dated | None]
Audited = Callable[..., Audit]


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
