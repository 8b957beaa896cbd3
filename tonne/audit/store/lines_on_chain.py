"""Lines of reports out of events of PublishedLines: tonnes of product that are read from the chain alone.

Any account publishes, so that an event by itself says nothing. Its root is the contract's own work; the query
`lines` of the register leaves events whose plant, year, revision and root are those of a report, the first of
each. Whatever else was published is passed over there, before any line is read.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any

from tonne.audit.store import report_lines
from tonne.audit.store.register_products import ON_CHAIN
from tonne.audit.store.report_lines import LinesFigures, ReportKey
from tonne.evidence import manifest
from tonne.evidence.manifest import EvidenceError, ReportLine


def figures(rows: Iterable[Mapping[str, Any]]) -> dict[ReportKey, LinesFigures]:
    """Products of each report whose lines were published, by rows of the query `lines`.

    Lines that are not of the form of lines count nothing, though operator and bodies signed their root.
    """
    found = {}
    for row in rows:
        lines = parsed(json.loads(row["lines"]))
        if lines is not None:
            key = (int(row["plant"]), int(row["year"]), int(row["revision"]))
            where = (int(row["block"]), int(row["place"]))
            found[key] = LinesFigures(ON_CHAIN, where, list(report_lines.products(lines)))
    return found


def parsed(texts: Iterable[str]) -> tuple[ReportLine, ...] | None:
    """Lines out of an event's bytes, 0x-hex; None unless they are lines in the form that is hashed."""
    leaves = [bytes.fromhex(text[2:]) for text in texts]
    try:
        lines = manifest.parse_lines([json.loads(leaf) for leaf in leaves])
    except (ValueError, RecursionError, EvidenceError):
        return None
    return lines if manifest.leaves(lines) == leaves else None
