"""Everything of docs/assurance.md: `python -m tools.assurance [--full] [--if-changed] [STEP...]`.

The short form takes minutes: all proofs, all static findings and campaigns of insiders. The full form takes a
night, and plants mutants. With `--if-changed` nothing runs if the recorded pass is one of the same sources
(`tools.assurance.passed`). Steps: proofs, static, invariants, mutation; all by default.
"""

from __future__ import annotations

import argparse
import os
import re
import resource
import subprocess
import sys
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Final

from tools.assurance import environments, mutation, passed, proofs, static

ROOT: Final = environments.ROOT
CAMPAIGNS: Final = "tests/invariant/**"
#: Forge's lines about a file of tests and about an invariant.
SUITE: Final = re.compile(r"^Ran \d+ tests? for tests/invariant/(\w+)")
CAMPAIGN: Final = re.compile(r"^\[(PASS|FAIL).*calls: (\d+)")


@dataclass(frozen=True, slots=True)
class Form:
    """How much of everything."""

    profile: str  # of foundry.toml: calls of a campaign
    mutants: int


SHORT: Final = Form(profile="ci", mutants=0)
FULL: Final = Form(profile="nightly", mutants=300)
STEPS: Final = ("proofs", "static", "invariants", "mutation")


def main() -> int:
    parser = argparse.ArgumentParser(prog="make assurance")
    parser.add_argument("steps", nargs="*", metavar="STEP", help=", ".join(STEPS))
    parser.add_argument("--full", action="store_true", help="the form of a night")
    parser.add_argument("--if-changed", action="store_true", help="nothing if the sources passed")
    given = parser.parse_args()
    if unknown := set(given.steps) - set(STEPS):
        parser.error(f"no step {min(unknown)}; use {', '.join(STEPS)}")
    if given.if_changed and passed.is_current(ROOT):
        print(f"assurance: the sources are those of the pass in {passed.RECORD}: nothing runs")
        return 0
    form = FULL if given.full else SHORT
    wanted = given.steps or STEPS
    all_steps: list[dict[str, Callable[[], int]]] = [
        {"proofs": prove},  # alone: a solver's time runs out on a busy core
        # A reader of syntax trees leaves a core idle, which campaigns take.
        {"static": static.main, "invariants": lambda: campaigns(form.profile)},
        {"mutation": lambda: sample(form)} if form.mutants else {},
    ]
    failed = []
    for beside in all_steps:
        if chosen := [step for step in beside.items() if step[0] in wanted]:
            failed += together(*chosen)
    if not failed and not given.steps:
        passed.record(ROOT)
    for name in failed:
        print(f"assurance: failed in {name}", file=sys.stderr)
    return int(bool(failed))


def together(*steps: tuple[str, Callable[[], int]]) -> list[str]:
    """Runs the steps at the same time and prints what each took; names of those that failed."""
    began, processor = time.monotonic(), _processor()

    def run(step: tuple[str, Callable[[], int]]) -> bool:
        isWell = step[1]() == 0
        print(f"assurance: {step[0]} took {time.monotonic() - began:.0f} s", flush=True)
        return isWell

    names = " and ".join(name for name, _ in steps)
    print(f"assurance: {names}", flush=True)
    with ThreadPoolExecutor(len(steps)) as pool:
        ended = list(pool.map(run, steps))
    print(f"assurance: {names} took {_processor() - processor:.0f} s of processor", flush=True)
    return [name for (name, _), isWell in zip(steps, ended, strict=True) if not isWell]


def _processor() -> float:
    """Processor time of all programs that have ended [s]."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def prove() -> int:
    return proofs.prove(ROOT)


def sample(form: Form) -> int:
    """Mutants, none of them known before."""
    mutation.RESULTS.unlink(missing_ok=True)
    return mutation.judge(mutation.Sample(form.mutants), mutation.RESULTS)


def campaigns(profile: str) -> int:
    """Campaigns of insiders, each with the profile's number of calls; prints each as it ends."""
    forge = subprocess.Popen(
        [str(ROOT / ".tools" / "bin" / "forge"), "test", "--match-path", CAMPAIGNS],
        cwd=ROOT,
        env={**os.environ, "FOUNDRY_PROFILE": profile, "NO_COLOR": "1"},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    said, ended = "", []
    assert forge.stdout is not None
    for line in forge.stdout:
        said += line
        if suite := SUITE.search(line):
            name = suite[1]
        if campaign := CAMPAIGN.search(line):
            ended.append((campaign[1] == "PASS", int(campaign[2])))
            print(f"invariants: {name}, {campaign[2]} calls, {campaign[1].lower()}", flush=True)
    hold = sum(isWell for isWell, _ in ended)
    calls = sum(number for _, number in ended)
    print(f"invariants: {hold} of {len(ended)} hold, {calls} calls, profile {profile}", flush=True)
    if forge.wait() != 0:
        print(said[-6000:])
    return int(forge.returncode != 0 or not ended)


if __name__ == "__main__":
    sys.exit(main())
