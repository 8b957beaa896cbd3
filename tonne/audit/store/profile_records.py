"""Profiles by the auditor's store; no node is asked."""

from __future__ import annotations

from functools import cached_property
from typing import Any

from tonne.audit.store.database import Store
from tonne.constants import ZERO_WORD
from tonne.evidence.profiles import Subject

_EVENTS = """
SELECT name, num(args, 'kind') AS kind, args ->> 'subject' AS subject, num(args, 'by') AS by,
    args ->> 'documentHash' AS document, args ->> 'wallet' AS wallet
FROM events WHERE contract = 'Profiles' AND name IN ('ProfilePublished', 'ProfileWithdrawn')
ORDER BY block, place
"""

_NAMED = """
SELECT args ->> 'name' AS name FROM events
WHERE contract = 'Projects' AND name = 'ProjectNamed' AND num(args, 'id') = $project ORDER BY block, place
"""


class StoreRecords:
    """Records of profiles by the events of the standing blocks."""

    def __init__(self, store: Store) -> None:
        self.store = store

    @cached_property
    def here(self) -> tuple[int, str] | None:
        found = self.store.rows("SELECT address FROM contract WHERE name = 'Profiles'")
        if not found:
            return None
        return int(self.store.about()["chain"]), "0x" + bytes(found[0]["address"]).hex()

    @cached_property
    def _events(self) -> dict[Subject, list[dict[str, Any]]]:
        found: dict[Subject, list[dict[str, Any]]] = {}
        for event in self.store.rows(_EVENTS):
            subject = bytes.fromhex(event["subject"][2:])
            found.setdefault((int(event["kind"]), subject, int(event["by"])), []).append(event)
        return found

    def current(self, about: Subject) -> bytes | None:
        events = self._events.get(about)
        if not events:
            return None
        withdrawn = events[-1]["name"] == "ProfileWithdrawn"
        return ZERO_WORD if withdrawn else bytes.fromhex(events[-1]["document"][2:])

    def publisher(self, about: Subject, document_hash: bytes) -> str | None:
        of = "0x" + document_hash.hex()
        wallets = [
            event["wallet"]
            for event in self._events.get(about, ())
            if event["name"] == "ProfilePublished" and event["document"] == of
        ]
        return wallets[-1] if wallets else None

    def developer(self, project: int) -> int:
        asked = "SELECT developer FROM projects WHERE id = $project"
        found = self.store.rows(asked, {"project": project})
        return int(found[0]["developer"]) if found else 0

    def registered_name(self, project: int) -> str | None:
        found = self.store.rows(_NAMED, {"project": project})
        return found[-1]["name"] if found else None
