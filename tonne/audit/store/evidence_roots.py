"""Roots of evidence that reports name, by the events of the auditor's store; no node is asked."""

from __future__ import annotations

from typing import Final

from tonne.audit.store.database import Store
from tonne.evidence import custody

_NAMED: Final = """
SELECT contract, args ->> 'reportId' AS number, args ->> 'report' AS report,
    coalesce(args ->> 'evidenceRoot', args -> 'report' ->> 'evidenceRoot') AS root
FROM events
WHERE (contract = 'Projects' AND name = 'MonitoringReported')
    OR (contract = 'EmissionsOracle' AND name = 'EmissionsReported')
ORDER BY contract DESC, block, place
"""


def named(store: Store) -> dict[bytes, str]:
    """As `custody.named_roots` reads them from a node."""
    found: dict[bytes, str] = {}
    for row in store.rows(_NAMED):
        if row["contract"] == "Projects":
            what = custody.monitoring_report(int(row["number"]))
        else:
            what = custody.emission_report(int(row["report"]))
        found.setdefault(bytes.fromhex(row["root"][2:]), what)
    found.pop(custody.NO_FILES, None)
    return found
