"""docs/gas.md gives the figures of the snapshots, rounded to the decimals it prints."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
SECTION = re.compile(r"^## .*\(`(snapshots/\w+\.json)`\)$", re.MULTILINE)
ROW = re.compile(r"^\| `(\w+)` \| ([\d.]+)k \|", re.MULTILINE)


def rows(text: str) -> list[tuple[str, str, str]]:
    """Snapshot file, key and figure of every row of a table that begins with a key."""
    parts = SECTION.split(text)[1:]
    return [
        (file, key, figure)
        for file, section in zip(parts[::2], parts[1::2], strict=True)
        for key, figure in ROW.findall(section)
    ]


def stale(text: str, snapshots: dict[str, dict[str, str]]) -> list[str]:
    """The rows whose figure is not that of the snapshot."""
    wrong = []
    for file, key, figure in rows(text):
        decimals = len(figure.partition(".")[2])
        measured = f"{int(snapshots[file][key]) / 1000:.{decimals}f}"
        if figure != measured:
            wrong.append(f"{key}: {figure}k, measured {measured}k")
    return wrong


def test_documented_figures_are_those_of_the_snapshots():
    text = (ROOT / "docs" / "gas.md").read_text(encoding="utf-8")
    listed = rows(text)
    snapshots = {
        file: json.loads((ROOT / file).read_text(encoding="utf-8")) for file, _, _ in listed
    }

    assert len(listed) >= 15
    assert {"snapshots/exchange.json", "snapshots/offsets.json"} <= {file for file, _, _ in listed}
    assert stale(text, snapshots) == []


@pytest.mark.parametrize("figure", ["42.1", "42.3", "43"])
def test_a_stale_figure_is_seen(figure):
    text = f"## Orders (`snapshots/exchange.json`)\n\n| `place` | {figure}k | 44.0k |\n"

    assert stale(text, {"snapshots/exchange.json": {"place": "42171"}}) == [
        f"place: {figure}k, measured 42{'.2' if '.' in figure else ''}k"
    ]
