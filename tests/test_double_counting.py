"""docs/double-counting.md names lines that stand in the contracts and tests that exist."""

from __future__ import annotations

import re
from pathlib import Path

from tests.test_specification import named_in

ROOT = Path(__file__).resolve().parent.parent
DOCUMENT = ROOT / "docs" / "double-counting.md"

ROW = re.compile(
    r"^\| .+ \| `(contracts/\S+)`, `(\w+)` \| `(.+)` \| (?:`(\w+)`|none: .+) \| `(\S+)`: `(\w+)` \|$",
    re.MULTILINE,
)


def body_of(function: str, source: str) -> str:
    """The lines of all functions of a name, in a contract as the formatter leaves it."""
    found = re.findall(rf"^    function {function}\(.*?^    }}", source, re.MULTILINE | re.DOTALL)
    return "\n".join(found)


def faults(document: str) -> list[str]:
    """What is wrong with the document, a sentence each."""
    found = []
    for file, function, line, error, suite, test in ROW.findall(document):
        path = ROOT / file
        body = body_of(function, path.read_text()) if path.is_file() else ""
        lines = {written.strip() for written in body.splitlines()}
        if line.replace("\\|", "|") not in lines:
            found.append(f"{file}, {function}: no line {line}")
        if test not in named_in(suite):
            found.append(f"no {test} in {suite}")
        elif error and error not in (ROOT / "tests" / suite).read_text():
            # A balance that is too small is looked for through a helper that names the error.
            found.append(f"{suite} does not expect {error}")
    return found


def test_every_attack_names_its_line_and_its_test():
    document = DOCUMENT.read_text()
    attacks = document.split("## The trust that remains")[0]
    rows = ROW.findall(attacks)
    assert len(rows) == attacks.count("\n| ") - attacks.count("\n| attack |") > 35
    assert faults(document) == []

    tried = {(suite, test) for *_, suite, test in rows}
    suites = sorted({suite for suite, _ in tried})
    assert tried == {(suite, test) for suite in suites for test in named_in(suite)}


def test_a_line_that_has_changed_is_seen():
    document = DOCUMENT.read_text()
    assert "no line" in faults(document.replace("made) != 0", "made) == 0", 1))[0]
    assert (
        "no test_issueTwice_x"
        in faults(document.replace("test_issueTwice_f", "test_issueTwice_x", 1))[0]
    )
    assert "does not expect" in faults(document.replace("`SignersRepeated`", "`SignersOnce`", 1))[0]
