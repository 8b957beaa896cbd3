"""What `tonne period` leaves on a screen of 80 columns, in colour, without it, and in a pipe."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.e2e import terminal
from tests.e2e.runs import ROOT

#: Rest of the 40 lines of `make demo` in a fresh clone: set-up prints three, each run of sectors three, the
#: page one for its build and one for its address.
LINES, COLUMNS = 40 - 3 - 2 * 3 - 1 - 1, 80
EMITTERS = 24  # the fewest
#: Control sequences that move the cursor or erase.
MOVES = re.compile(r"\x1b\[[\d;]*[ABCDGHJK]|\x1b\[\?25")


@pytest.fixture
def out() -> Iterator[Path]:
    """A folder for the report below the working folder, as the usual one is."""
    (ROOT / "build").mkdir(exist_ok=True)
    folder = Path(tempfile.mkdtemp(prefix="screen-", dir=ROOT / "build"))
    yield folder.relative_to(ROOT)
    shutil.rmtree(folder)


def environment(temporary: Path, **more: str) -> dict[str, str]:
    unset = ("NO_COLOR", "FORCE_COLOR", "CI", "TTY_INTERACTIVE", "COLUMNS", "LINES")
    kept = {name: value for name, value in os.environ.items() if name not in unset}
    return {**kept, "PYTHONPATH": str(ROOT), "TMPDIR": str(temporary), **more}


def period(out: Path) -> list[str]:
    program = (sys.executable, "-P", "-m", "tonne.cli")
    return [*program, "period", "--emitters", str(EMITTERS), "--sessions", "20", "--out", str(out)]


def check(rows: list[str], out: Path) -> None:
    """Steps, six key figures, report, assumptions, three commands; nothing else."""
    assert len(rows) <= LINES, "\n".join(rows)
    assert [row for row in rows if len(row) > COLUMNS] == []
    assert re.fullmatch(rf"China national .*, 2019-20: {EMITTERS} emitters, \d+ Mt CO2e", rows[0])
    steps, figures, end = "\n".join(rows[1:]).split("\n\n")
    numbers = [int(re.match(r" ?(\d+) \S.* \d+\.\d s", row)[1]) for row in steps.split("\n")]
    assert numbers == list(range(1, len(numbers) + 1))
    assert [row.split("  ")[0] for row in figures.split("\n")] == [
        *("emitters", "verified emissions", "last close (simulated)", "traded (simulated)"),
        *("complied in the end (simulated)", "values compared"),
    ]
    report, assumptions, *following = end.split("\n")
    assert report.split() == ["report", str(out / "index.html")]
    assert re.fullmatch(rf"assumptions +\d+, listed at {out}/index\.html#assumptions", assumptions)
    assert '<h2 id="assumptions">' in (ROOT / out / "index.html").read_text(encoding="utf-8")
    commands = [re.search(r"tonne (up|energy day|period --serve)  ", row) for row in following]
    assert len(commands) == 3 and all(commands)


def test_a_terminal_shows_a_bar_with_the_remaining_time_and_ends_with_40_rows(
    out: Path, tmp_path: Path
) -> None:
    colour = environment(tmp_path, TERM="xterm-256color")
    status, written = terminal.run(period(out), ROOT, colour)
    assert status == 0, written
    left = [int(seconds) for seconds in re.findall(r"about (-?\d+) (?:s|min) left", written)]
    assert left and min(left) > 0
    assert re.search(r"\d+ Trading before the true-up.*\d+%", written)
    check(terminal.rows(written), out)


@pytest.mark.long
@pytest.mark.parametrize(
    "setting", [{"TERM": "dumb"}, {"TERM": "xterm-256color", "NO_COLOR": "1"}], ids=str
)
def test_a_terminal_without_colour_shows_lines_alone(
    out: Path, tmp_path: Path, setting: dict[str, str]
) -> None:
    status, written = terminal.run(period(out), ROOT, environment(tmp_path, **setting))
    assert status == 0, written
    assert not MOVES.search(written)
    check(terminal.rows(written), out)


def test_a_pipe_gets_the_same_lines(out: Path, tmp_path: Path) -> None:
    done = subprocess.run(
        period(out),
        cwd=ROOT,
        env=environment(tmp_path),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert "\x1b" not in done.stdout and done.stderr == ""
    check(done.stdout.splitlines(), out)


def test_rows_are_those_that_a_terminal_shows() -> None:
    bar = "\x1b[?25l\r\x1b[2KTrade \x1b[35m 5%\x1b[0m\r\n\x1b[?25h\r\x1b[1A\x1b[2K 1 Trade\r\n"
    link = "\x1b]8;id=1;file:///a\x1b\\report\x1b]8;;\x1b\\\r\n"
    assert terminal.rows(bar + link + "a line of 18 signs\r\n", 10) == [
        *(" 1 Trade", "report", "a line of", "18 signs"),
    ]
