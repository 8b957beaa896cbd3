"""`make test-nightly` continues after a failure, is resumed, and prints a figure for each form."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import replace

import pytest

from tonne.errors import TonneError
from tools import nightly
from tools.nightly import FORMS, Form, play, select, stored, table


def form(name: str, program: str, pattern: str = r"^found (\d+)$") -> Form:
    return Form(name, "things found", (sys.executable, "-c", program), pattern)


COUNTS = "import pathlib; p = pathlib.Path('ran'); p.write_text(p.read_text() + 'x' if p.exists() else 'x')"
GOOD = form("good", f"{COUNTS}; print('found 1'); print('found 12')")
BROKEN = form("broken", "print('found 3'); raise SystemExit(4)")
MUTE = form("mute", "print('nothing')")


@pytest.fixture
def night(tmp_path):
    """Plays forms in an empty folder; returns whether all passed."""

    def played(*forms, sources="one", again=False):
        return play(forms, tmp_path / "nightly", sources, again, tmp_path)

    return played


def ran(tmp_path) -> int:
    return len((tmp_path / "ran").read_text())


def test_a_failed_form_does_not_stop_the_others(night, tmp_path):
    assert not night(BROKEN, GOOD)
    assert stored(GOOD, tmp_path / "nightly").passed
    assert not stored(BROKEN, tmp_path / "nightly").passed


def test_a_night_is_resumed_without_the_forms_that_passed(night, tmp_path):
    night(GOOD, BROKEN)
    mended = replace(BROKEN, command=GOOD.command)
    assert night(GOOD, mended)
    assert ran(tmp_path) == 2  # one run of each
    assert night(GOOD, mended)
    assert ran(tmp_path) == 2


def test_other_sources_and_again_run_a_form_again(night, tmp_path):
    night(GOOD)
    night(GOOD, sources="two")
    assert ran(tmp_path) == 2
    night(GOOD, sources="two", again=True)
    assert ran(tmp_path) == 3


def test_a_form_without_its_figure_has_failed(night, tmp_path):
    assert not night(MUTE)
    assert stored(MUTE, tmp_path / "nightly").figure == ""


def test_a_damaged_result_is_no_result(night, tmp_path):
    night(GOOD)
    (tmp_path / "nightly/good.json").write_text('{"name": ')
    assert stored(GOOD, tmp_path / "nightly") is None
    assert night(GOOD)
    assert ran(tmp_path) == 2


def test_the_table_has_a_figure_for_each_form(night, tmp_path):
    night(GOOD, BROKEN, MUTE)
    other = form("other", "")
    lines = table([GOOD, BROKEN, MUTE, other], tmp_path / "nightly").splitlines()[2:]
    assert lines[0].startswith("| good | things found | 12 | passed | ")
    assert lines[1].startswith("| broken | things found | 3 | failed | ")
    assert lines[2].startswith("| mute | things found | – | failed | ")
    assert lines[3] == "| other | things found | – | not run | – | – | – |"


def test_an_unknown_form_is_refused_with_the_known_ones():
    with pytest.raises(TonneError) as refused:
        select(["soak", "sock"])
    assert refused.value.code == "NIGHTLY_UNKNOWN"
    assert "soak" in refused.value.remedy


def test_the_sources_change_with_a_commit_and_with_the_working_tree(tmp_path):
    def git(*arguments):
        command = ["git", "-c", "user.name=x", "-c", "user.email=x", *arguments]
        subprocess.run(command, cwd=tmp_path, check=True, capture_output=True)

    git("init")
    (tmp_path / "file").write_text("1")
    git("add", ".")
    git("commit", "-m", "Start")
    first = nightly.sources_of(tmp_path)
    assert nightly.sources_of(tmp_path) == first
    (tmp_path / "file").write_text("2")
    second = nightly.sources_of(tmp_path)
    (tmp_path / "file").write_text("3")
    assert len({first, second, nightly.sources_of(tmp_path)}) == 3


#: Lines of the programs' outputs, as they print them.
PRINTED = {
    "solidity": "Ran 3 test suites in 1.06s (2.03s CPU time):"
    " 17 tests passed, 0 failed, 1 skipped (18 total tests)",
    "python": "93 passed, 2 skipped, 8542 deselected in 208.82s (0:03:28)",
    "proofs": "proofs: 70 of 70 proved, 731 paths",
    "analysis": "slither: 313 findings at 264 places, 264 triaged",
    "campaigns": "invariants: 8 of 8 hold, 2560000 calls, profile nightly",
    "mutants": "mutation: 300 of 21300 mutants, 290 killed, 9 equivalent, score 99.3 %",
    "faults": "| reports within the faults; bad files beside them | 10,000; 31 |",
    "drills": "7 passed in 208.82s (0:03:28)",
    "week": "| intervals, with a price of their own | 672, 670 |",
    "wall": "| intervals, with a price of their own | 120, 119 |",
    "soak": "| reports; intervals of meters | 480; 32 |",
}


@pytest.mark.parametrize("one", FORMS, ids=lambda one: one.name)
def test_the_figure_of_each_form_is_found_in_its_output(one, tmp_path):
    program = f"print({PRINTED[one.name]!r})"
    result = nightly.run(replace(one, command=(sys.executable, "-c", program)), tmp_path, "one")
    assert result.passed
    assert result.figure and result.figure in PRINTED[one.name]
