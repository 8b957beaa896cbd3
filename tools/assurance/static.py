"""Static analysis: slither's findings of high and medium impact, each compared with `slither-triage.toml`.

`python -m tools.assurance.static` exits with 1 if a finding has no entry, or an entry no finding. Reads the
compiler's syntax trees; nothing is compiled to code.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
import tomllib
from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

from tools.assurance import environments, syntax

ROOT: Final = environments.ROOT
TRIAGE: Final = Path(__file__).with_name("slither-triage.toml")
#: Contracts of the ERC-1155 standard.
UNITS: Final = ("Allowances", "OffsetCredits", "EnergyCredits", "EnergyCertificates")
#: slither-check-erc marks what is missing or wrong so.
WRONG: Final = "[ ]"
#: Functions of a receiver, which no unit contract is.
OPTIONAL: Final = "is missing (optional)"

#: Detector and place: `Contract.function` or `Contract.function.variable`.
Finding = tuple[str, str]

#: Places that slither finds in one reading of the same sources and not in another: gone, they are no news.
UNSTEADY: Final = frozenset({("incorrect-equality", "MeterOracle._isUnder")})


def main() -> int:
    environments.ready("slither")
    print("slither: reading all contracts", flush=True)
    with _project("contracts") as project:
        wrong = compare(findings(project), triaged(TRIAGE))
    # The four contracts and what they import: each of slither's programs reads all that there is.
    with _project("contracts/units") as project:
        for name in UNITS:
            wrong += [f"{name}: {line}" for line in _standard(project, name)]
    for line in wrong:
        print(f"  {line}")
    return int(bool(wrong))


@contextmanager
def _project(sources: str) -> Iterator[Path]:
    """A project with the sources of a folder, which slither takes for one compiled by Forge."""
    with tempfile.TemporaryDirectory() as folder:
        project = Path(folder)
        info = project / "out" / "build-info"
        info.mkdir(parents=True)
        (info / "assurance.json").write_text(json.dumps(syntax.build_info(ROOT, sources)))
        (project / "foundry.toml").write_text('[profile.default]\nsrc = "contracts"\nout = "out"\n')
        for name in ("contracts", "interfaces", "node_modules"):
            (project / name).symlink_to(ROOT / name)
        yield project


def findings(project: Path) -> list[Finding]:
    answer = project / "slither.json"
    options = ["--filter-paths", "node_modules", "--exclude-low", "--exclude-informational"]
    done = _slither(
        ["slither", ".", *options, "--exclude-optimization", "--json", str(answer)], project
    )
    if not answer.is_file():
        raise RuntimeError(f"slither ended without an answer:\n{done.stdout[-3000:]}")
    said = json.loads(answer.read_text("utf-8"))
    if not said["success"]:
        raise RuntimeError(f"slither failed: {said['error']}")
    return sorted(
        (result["check"], place(result["elements"][0])) for result in said["results"]["detectors"]
    )


def _slither(command: list[str], project: Path) -> subprocess.CompletedProcess[str]:
    compiled = [
        "--compile-force-framework",
        "foundry",
        "--ignore-compile",
        "--foundry-out-directory",
        "out",
    ]
    return subprocess.run(
        [*command, *compiled],
        cwd=project,
        env=environments.variables("slither"),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def place(element: dict[str, Any]) -> str:
    """Names from the contract down to the element, without what changes with every line."""
    names: list[str] = []
    while element and element["type"] in ("contract", "function", "variable"):
        names.insert(0, element["name"])
        element = element.get("type_specific_fields", {}).get("parent", {})
    return ".".join(names)


def triaged(file: Path) -> list[Finding]:
    """Findings that the file gives a reason for."""
    entries = tomllib.loads(file.read_text("utf-8"))["finding"]
    return [
        (entry["detector"], place)
        for entry in entries
        for place in entry["places"]
        if entry["reason"]
    ]


def compare(found: Iterable[Finding], known: Iterable[Finding]) -> list[str]:
    """What differs, in sentences; a detector may find several things at one place."""
    now, then = set(found), Counter(known)
    print(
        f"slither: {len(list(found))} findings at {len(now)} places, {len(then)} triaged",
        flush=True,
    )
    twice = [
        f"triaged twice: {detector} at {where}"
        for (detector, where), times in then.items()
        if times > 1
    ]
    new = [f"new: {detector} at {where}" for detector, where in sorted(now - then.keys())]
    gone = [
        f"gone: {detector} at {where}" for detector, where in sorted(then.keys() - now - UNSTEADY)
    ]
    return [*new, *gone, *twice]


def _standard(project: Path, name: str) -> list[str]:
    """Deviations of a contract from ERC-1155."""
    done = _slither(["slither-check-erc", ".", name, "--erc", "ERC1155"], project)
    if "## Check functions" not in done.stdout:
        return [f"slither-check-erc did not run: {done.stdout[-500:]}"]
    lines = [line.strip() for line in done.stdout.splitlines() if WRONG in line]
    lines = [line for line in lines if not line.endswith(OPTIONAL)]
    print(f"ERC-1155: {name}, {len(lines)} deviations", flush=True)
    return lines


if __name__ == "__main__":
    sys.exit(main())
