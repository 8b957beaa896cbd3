"""docs/gas.md gives the figures of the snapshots, rounded to the decimals it prints."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import NamedTuple

import pytest

ROOT = Path(__file__).resolve().parents[2]
SECTION = re.compile(r"^## .*\(`(snapshots/\w+\.json)`\)$", re.MULTILINE)
ROW = re.compile(r"^\| `(\w+)` \| ([\d.]+)k \|", re.MULTILINE)

#: Snapshot and key of a goal in the table under "Floors".
GOALS = {
    "place, level in use": ("exchange", "place_live_level"),
    "place, level used before": ("exchange", "place_used_level"),
    "place, new level": ("exchange", "place_new_level"),
    "cancel": ("exchange", "cancel_in_queue"),
    "take one maker": ("exchange", "take_1_maker"),
    "take a hundred makers": ("exchange", "take_100_makers"),
    "report, five signatures": ("oracle", "report_5_signatures"),
    "report, in a batch of 100": ("oracle", "batch_100_per_report"),
    "transfer from wallet to wallet": ("offsets", "transfer_wallet_to_wallet"),
    "clearing, 12 nodes, 480 steps, 36 arcs": ("energy", "clearing_12_nodes_480_steps_36_arcs"),
}
FIGURE = r"([\d.]+)k \| "
PART = r"(?:(−?[\d.]+)k|–) \| "
GOAL = re.compile(rf"^\| ([^|`]+) \| {FIGURE * 2}{PART * 3}([^|]*[a-z%][^|]*) \|$", re.MULTILINE)


class Goal(NamedTuple):
    """A row of the table of goals; figures in thousands of gas, none where there is no floor."""

    name: str
    here: float
    goal: float
    floor: float | None
    left: float | None
    computing: float | None
    reached: str


def goals(text: str) -> list[Goal]:
    """The rows under "Floors" that have one figure."""
    section = text.partition("\n## Floors\n")[2].partition("\n## ")[0]
    return [
        Goal(name, *(float(f.replace("−", "-")) if f else None for f in figures), reached)
        for name, *figures, reached in GOAL.findall(section)
    ]


def wrong(row: Goal, measured: int | None) -> list[str]:
    """What does not follow from the measured gas, or from the other figures of the row."""
    faults = []
    if measured is not None:
        over = measured / (row.goal * 1000) - 1
        told = "yes" if over <= 0 else f"no, by {over:.1%}"
        if row.left is not None and row.left < 0:
            told += ": below the floor"
        faults += [] if row.here == round(measured / 1000, 1) else [f"measured {measured}"]
        faults += [] if row.reached == told else [f"reached: {told}"]
    if row.floor is not None and abs(row.floor + row.computing - row.here) > 0.11:
        faults.append("floor and computing are not the whole")
    if row.floor is not None and abs(row.goal - row.floor - row.left) > 0.11:
        faults.append("the goal less the floor is not what it leaves")
    return faults


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


def test_goals_follow_from_the_snapshots_and_floors_from_their_parts():
    found = goals((ROOT / "docs" / "gas.md").read_text("utf-8"))
    assert set(GOALS) <= {row.name for row in found}
    for row in found:
        measured = None
        if row.name in GOALS:
            file, key = GOALS[row.name]
            snapshot = json.loads((ROOT / "snapshots" / f"{file}.json").read_text("utf-8"))
            measured = int(snapshot[key])
        assert wrong(row, measured) == [], row.name


@pytest.mark.parametrize(
    "here, figures, reached, fault",
    [
        ("49.3k", "46.3k | 2.8k | 2.9k", "no, by 0.2%", "measured 49215"),
        ("49.2k", "46.3k | 2.8k | 2.9k", "yes", "reached: no, by 0.2%"),
        ("49.2k", "46.0k | 3.1k | 2.9k", "no, by 0.2%", "floor and computing are not the whole"),
        ("49.2k", "46.3k | 2.5k | 2.9k", "no, by 0.2%", "the goal less the floor is not"),
        ("49.2k", "49.3k | −0.2k | −0.1k", "no, by 0.2%", "reached: no, by 0.2%: below the floor"),
    ],
)
def test_a_goal_whose_figures_do_not_agree_is_seen(here, figures, reached, fault):
    [row] = goals(f"\n## Floors\n\n| a transfer | {here} | 49.1k | {figures} | {reached} |\n")

    [told] = wrong(row, 49_215)
    assert fault in told
