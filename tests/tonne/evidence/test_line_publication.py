"""Lines of reports on their way to the chain: their form, and how many go in one transaction."""

from __future__ import annotations

import json
from pathlib import Path

from tonne.crypto.merkle import leaf_hash, merkle_root
from tonne.evidence import manifest
from tonne.evidence.line_publication import ReportLeaves, batches

VECTORS = Path(__file__).parents[2] / "vectors" / "report_lines.json"


def report(number, size):
    return ReportLeaves(number, 2024, 1, (bytes(size),), bytes(32))


def test_roots_are_the_contracts_too():
    """The same values are in tests/evidence/PublishedLines.t.sol."""
    found = json.loads(VECTORS.read_text("utf-8"))["reports"]
    assert [one["count"] for one in found] == [1, 2, 3, 4, 5, 3]
    for one in found:
        lines = manifest.parse_lines([json.loads(line) for line in one["lines"]])
        leaves = [line.encode() for line in one["lines"]]
        assert manifest.leaves(lines) == leaves
        assert "0x" + manifest.lines_root(lines).hex() == one["root"]
        assert merkle_root([leaf_hash(leaf) for leaf in leaves]) == manifest.lines_root(lines)


def test_a_transaction_has_as_many_reports_as_its_bytes_hold():
    sizes = [40, 60, 1, 200, 50, 50]
    parts = list(batches([report(number, size) for number, size in enumerate(sizes)], most=100))
    assert [[one.installation for one in part] for part in parts] == [[0, 1], [2], [3], [4, 5]]
    assert list(batches([])) == []
