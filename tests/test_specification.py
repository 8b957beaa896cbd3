"""Every rule of docs/specification.md has a number of its own and names tests that exist."""

from __future__ import annotations

import re
from collections import Counter
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
TESTS = ROOT / "tests"
DOCUMENT = ROOT / "docs" / "specification.md"

RULE = re.compile(r"^- \*\*([A-Z]+-\d+)\*\* (.*?)(?=^- \*\*|^## |\Z)", re.MULTILINE | re.DOTALL)
PROOF = re.compile(r"^  - `([^`]+)`:((?:\s+`[^`]+`,?)+)", re.MULTILINE)
SOLIDITY_TEST = re.compile(r"^    function ((?:test|invariant)\w+)\(", re.MULTILINE)
PYTHON_TEST = re.compile(r"^def (test_\w+)\(", re.MULTILINE)


@cache
def named_in(file: str) -> frozenset[str]:
    """The tests of a file that is run; a base contract is run by the test files that import it."""
    path = TESTS / file
    if not path.is_file():
        return frozenset()
    text = path.read_text()
    if path.suffix == ".py":
        return frozenset(PYTHON_TEST.findall(text) if path.name.startswith("test_") else ())
    run = file.endswith(".t.sol") or any(
        f"/{path.name}" in heir.read_text() for heir in path.parent.glob("*.t.sol")
    )
    return frozenset(SOLIDITY_TEST.findall(text) if run else ())


def faults(document: str) -> list[str]:
    """What is wrong with a specification, a sentence each."""
    rules = RULE.findall(document)
    found = [
        f"{number} is given {count} times"
        for number, count in Counter(number for number, _ in rules).items()
        if count > 1
    ]
    for number, body in rules:
        named = [
            (file, test)
            for file, tests in PROOF.findall(body)
            for test in re.findall(r"`([^`]+)`", tests)
        ]
        if not named:
            found.append(f"{number} names no test")
        found += [
            f"{number}: no {test} in {file}" for file, test in named if test not in named_in(file)
        ]
        # Anything that looks like a test stands where it is checked.
        loose = set(re.findall(r"`((?:test|invariant)\w*_\w+)`", body)) - {
            test for _, test in named
        }
        found += [f"{number}: {test} is not under a file" for test in sorted(loose)]
    return found


def test_every_rule_names_tests_that_exist():
    document = DOCUMENT.read_text()
    assert len(RULE.findall(document)) == document.count("\n- **") > 90
    assert faults(document) == []


def test_a_broken_specification_is_seen():
    sound = (
        "## Rules\n\n- **X-1** One.\n  - `test_specification.py`:\n"
        "    `test_every_rule_names_tests_that_exist`, `test_a_broken_specification_is_seen`\n"
        "- **X-2** Two.\n  - `units/ERC1155Behaviour.sol`: `test_give_addsToTheBalance`\n"
    )
    assert faults(sound) == []

    assert faults(sound.replace("X-2", "X-1")) == ["X-1 is given 2 times"]
    assert faults(sound + "- **X-3** Three.\n") == ["X-3 names no test"]
    assert faults(sound.replace("addsToTheBalance", "adds")) == [
        "X-2: no test_give_adds in units/ERC1155Behaviour.sol"
    ]
    assert faults(sound.replace("Behaviour.sol", "Nowhere.sol")) == [
        "X-2: no test_give_addsToTheBalance in units/ERC1155Nowhere.sol"
    ]
    assert faults(sound.replace("One.", "One, by `test_nothing_at_all`.")) == [
        "X-1: test_nothing_at_all is not under a file"
    ]

    # A copy of the document itself, with one name misspelt.
    document = DOCUMENT.read_text()
    file, tests = PROOF.search(document).groups()
    name = re.search(r"`([^`]+)`", tests)[1]
    assert f": no {name}x in {file}" in faults(document.replace(f"`{name}`", f"`{name}x`"))[0]
