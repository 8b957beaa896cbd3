"""`make test-nightly`: every long form as a process, and one table with a figure for each.

A form that fails does not stop the others. Results are stored in `build/nightly` after each form; the next
run leaves out the forms that passed on the same sources, so an interrupted night is resumed.
`FORMS="soak week"` selects forms, `--again` repeats those that passed, `--table` prints stored results.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import re
import resource
import signal
import subprocess
import sys
import time
from collections.abc import Iterable
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Final

from tonne import files
from tonne.errors import TonneError

ROOT: Final = Path(__file__).resolve().parents[1]
PYTHON: Final = (sys.executable, "-P", "-m")
#: The numbers of pytest's last line.
PYTEST: Final = r"^(\d+ (?:passed|failed).*) in "


@dataclass(frozen=True, slots=True)
class Form:
    """One long form: its command, the pattern of its figure in the output, and the figure's name."""

    name: str
    figure: str
    command: tuple[str, ...]
    pattern: str
    variables: dict[str, str] = field(default_factory=dict)


FORMS: Final = (
    Form(
        "solidity",
        "test files of Forge, 10,000 fuzz runs: passed, failed, skipped",
        ("make", "--no-print-directory", "test-forge-long"),
        r"Ran \d+ test suites.*?: (\d+ tests passed, \d+ failed, \d+ skipped)",
        {"FOUNDRY_FUZZ_RUNS": "10000", "FOUNDRY_INVARIANT_RUNS": "128"},
    ),
    Form(
        "python",
        "tests marked as nightly, planted faults among them",
        (*PYTHON, "pytest", "-m", "nightly"),
        PYTEST,
    ),
    Form(
        "proofs",
        "symbolic proofs and their paths",
        (*PYTHON, "tools.assurance.proofs"),
        r"^proofs: (.* proved, \d+ paths)",
    ),
    Form(
        "analysis",
        "findings of static analysis",
        (*PYTHON, "tools.assurance", "static"),
        r"^slither: (\d+ findings.*triaged)",
    ),
    Form(
        "campaigns",
        "invariants of insiders' campaigns, calls",
        (*PYTHON, "tools.assurance", "--full", "invariants"),
        r"^invariants: (\d+ of \d+ hold, \d+ calls)",
    ),
    Form(
        "mutants",
        "planted mutants of contracts",
        (*PYTHON, "tools.assurance", "--full", "mutation"),
        r"^mutation: (\d+ .*score.*)",
    ),
    Form(
        "faults",
        "reports within the faults of nodes; bad files beside them",
        (*PYTHON, "tests.oracles.campaign", "--plan", "night"),
        r"^\| reports within the faults[^|]*\| ([^|]+) \|",
    ),
    Form(
        "drills",
        "drills of four validators",
        (*PYTHON, "pytest", "-m", "long", "tests/e2e/consortium/test_drills.py"),
        PYTEST,
    ),
    Form(
        "week",
        "quarter-hours of the power market; with a separate price",
        ("make", "--no-print-directory", "energy-live-week"),
        r"^\| intervals, with a price[^|]*\| ([^|]+) \|",
    ),
    Form(
        "wall",
        "one-minute intervals of the power market by the wall clock; with a separate price",
        ("make", "--no-print-directory", "energy-live-wall"),
        r"^\| intervals, with a price[^|]*\| ([^|]+) \|",
    ),
    Form(
        "soak",
        "reports of eight hours of daemons; intervals of meters",
        (*PYTHON, "tests.oracles.campaign.soak", "--hours", "8"),
        r"^\| reports; intervals of meters[^|]*\| ([^|]+) \|",
    ),
)


@dataclass(frozen=True, slots=True)
class FormResult:
    """One run of a form; `sources` is a hash of the sources that it ran on."""

    name: str
    sources: str
    passed: bool
    figure: str  # empty if the output has none
    seconds: float
    processor_s: float
    began: str  # UTC, YYYY-MM-DD HH:MM


def run(form: Form, folder: Path, sources: str, root: Path = ROOT) -> FormResult:
    """Runs one form with its output in a log, and stores the result."""
    folder.mkdir(parents=True, exist_ok=True)
    log = folder / f"{form.name}.log"
    began, clock, before = time.gmtime(), time.monotonic(), _processor_s()
    with log.open("w") as output:
        process = subprocess.Popen(
            form.command,
            cwd=root,
            env={**os.environ, **form.variables},
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        try:
            status = process.wait()
        except BaseException:
            os.killpg(process.pid, signal.SIGTERM)
            process.wait()
            raise
    found = re.findall(form.pattern, log.read_text("utf-8", errors="replace"), re.MULTILINE)
    figure = found[-1].strip() if found else ""
    result = FormResult(
        form.name,
        sources,
        status == 0 and bool(figure),
        figure,
        round(time.monotonic() - clock, 1),
        round(_processor_s() - before, 1),
        time.strftime("%Y-%m-%d %H:%M", began),
    )
    files.write(folder / f"{form.name}.json", json.dumps(asdict(result), indent=2) + "\n")
    return result


def _processor_s() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def stored(form: Form, folder: Path) -> FormResult | None:
    """The latest result of a form; None without one, or if its file is damaged."""
    try:
        return FormResult(**json.loads((folder / f"{form.name}.json").read_text("utf-8")))
    except (FileNotFoundError, ValueError, TypeError):
        return None


def sources_of(root: Path = ROOT) -> str:
    """A hash of the commit and of all changes in the working tree."""
    found = hashlib.sha256()
    for command in (("rev-parse", "HEAD"), ("diff", "HEAD"), ("status", "--porcelain")):
        done = subprocess.run(["git", *command], cwd=root, capture_output=True, check=True)
        found.update(done.stdout)
    return found.hexdigest()[:16]


def table(forms: Iterable[Form], folder: Path) -> str:
    """The stored results as a table of Markdown; a form without a result has a dash."""
    lines = [
        "| form | figure | | result | time [min] | processor [min] | began (UTC) |",
        "|---|---|---|---|---|---|---|",
    ]
    for form in forms:
        result = stored(form, folder)
        if result is None:
            lines.append(f"| {form.name} | {form.figure} | – | not run | – | – | – |")
        else:
            verdict = "passed" if result.passed else "failed"
            lines.append(
                f"| {form.name} | {form.figure} | {result.figure or '–'} | {verdict}"
                f" | {result.seconds / 60:.1f} | {result.processor_s / 60:.1f} | {result.began} |"
            )
    return "\n".join(lines)


def select(names: Iterable[str], forms: Iterable[Form] = FORMS) -> list[Form]:
    """The forms of these names; all without names. Raises NIGHTLY_UNKNOWN for another name."""
    known = {form.name: form for form in forms}
    for name in names:
        if name not in known:
            raise TonneError(
                "NIGHTLY_UNKNOWN",
                f"There is no long form {name}.",
                "form",
                name,
                f"Use one of: {', '.join(known)}.",
            )
    return [known[name] for name in names] or list(known.values())


def play(forms: Iterable[Form], folder: Path, sources: str, again: bool, root: Path = ROOT) -> bool:
    """Runs the forms that did not pass on these sources yet; whether all of them passed now."""
    allPassed = True
    for form in forms:
        result = stored(form, folder)
        if result is None or again or not result.passed or result.sources != sources:
            print(f"nightly: {form.name} runs", flush=True)
            result = run(form, folder, sources, root)
        verdict = "passed" if result.passed else f"failed, see {folder / form.name}.log"
        print(f"nightly: {form.name} {verdict}", flush=True)
        allPassed &= result.passed
    return allPassed


def main() -> int:
    parser = argparse.ArgumentParser(prog="make test-nightly", description=__doc__)
    parser.add_argument("forms", nargs="*", metavar="FORM", help="all by default")
    parser.add_argument("--again", action="store_true", help="run forms again that passed")
    parser.add_argument("--table", action="store_true", help="print the stored results alone")
    given = parser.parse_args()
    folder = ROOT / "build" / "nightly"
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    try:
        forms = select(given.forms)
    except TonneError as error:
        print(error, file=sys.stderr)
        return 2
    passed = given.table or play(forms, folder, sources_of(), given.again)
    print(table(forms, folder))
    return int(not passed)


if __name__ == "__main__":
    sys.exit(main())
