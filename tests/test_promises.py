"""docs/security.md lists every promise that the campaigns of tests/invariant check, and where."""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).resolve().parent.parent
DOCUMENT = ROOT / "docs" / "security.md"
CAMPAIGNS = ROOT / "tests" / "invariant"

ROW = re.compile(r"^\| ([^|]+) \| (\w+) \| `(\w+(?:\.t)?\.sol)`: `(\w+)` \|$", re.MULTILINE)
FUNCTION = re.compile(r"^    function (\w+)\([^;{]*\{.*?^    }$", re.MULTILINE | re.DOTALL)
#: What fails when a promise is broken.
CHECK = re.compile(r"\b(?:_?assert\w+|_refuse[ds]?|_nothingMoved|_stoppedByPause)\(")
#: The ways to check, and the tests that play acts.
NO_PROMISE = re.compile(r"_refuse[ds]?|_nothingMoved|_stoppedByPause|_play|step|test_\w+")
IMPORT = re.compile(r'^import .*?"\./(\w+\.sol)";', re.MULTILINE | re.DOTALL)


class Promise(NamedTuple):
    """One row of the table."""

    sentence: str
    campaign: str
    file: str
    function: str


def promises(document: str) -> list[Promise]:
    section = document.split("## Promises of the campaigns")[1].split("\n## ")[0]
    rows = [Promise(*found) for found in ROW.findall(section)]
    assert len(rows) == section.count("\n| ") - 1, "a row without campaign, file and function"
    return rows


def checks() -> set[tuple[str, str]]:
    """(file, function) of every check in the sources."""
    return {
        (file.name, function[1])
        for file in CAMPAIGNS.glob("*.sol")
        for function in FUNCTION.finditer(file.read_text())
        if CHECK.search(function[0]) and not NO_PROMISE.fullmatch(function[1])
    }


def campaigns() -> dict[str, set[str]]:
    """Files of each campaign, its handlers among them."""
    return {
        file.name.removesuffix(".t.sol"): _reached(file.name) for file in CAMPAIGNS.glob("*.t.sol")
    }


def _reached(name: str) -> set[str]:
    found: set[str] = set()
    left = [name]
    while left:
        file = left.pop()
        if file not in found:
            found.add(file)
            left += IMPORT.findall((CAMPAIGNS / file).read_text())
    return found


def faults(document: str) -> list[str]:
    """What is wrong with the table, a sentence each."""
    rows = promises(document)
    listed = {(row.file, row.function) for row in rows}
    files = campaigns()
    found = [f"{file}: {function} is not listed" for file, function in checks() - listed]
    found += [f"{file}: {function} checks nothing" for file, function in listed - checks()]
    found += [
        f"{row.campaign} does not play {row.file}"
        for row in rows
        if row.file not in files.get(row.campaign, ())
    ]
    repeated = Counter(row.sentence for row in rows)
    return found + [f"stated twice: {one}" for one, count in repeated.items() if count > 1]


def test_every_promise_is_listed_with_its_campaign():
    document = DOCUMENT.read_text()
    assert faults(document) == []
    assert len(promises(document)) >= 40
    assert {row.campaign for row in promises(document)} == set(campaigns())
    assert len(campaigns()) <= 9


def test_a_changed_table_is_seen():
    document = DOCUMENT.read_text()
    row = "`GuardianInsiders.sol`: `pause`"
    assert faults(document.replace(row, row.replace("pause", "rest"))) == [
        "GuardianInsiders.sol: pause is not listed",
        "GuardianInsiders.sol: rest checks nothing",
    ]
    other = f"| Trading | {row}"
    assert faults(document.replace(other, other.replace("Trading", "Energy"))) == [
        "Energy does not play GuardianInsiders.sol"
    ]
