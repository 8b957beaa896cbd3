"""Everything of docs/assurance.md: `python -m tools.assurance [--full]`.

The short form takes minutes: all proofs, all static findings, campaigns of insiders and a few mutants. The
full form takes a night.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from tools.assurance import environments, mutation, proofs, static

ROOT: Final = environments.ROOT
CAMPAIGNS: Final = "tests/invariant/**"


@dataclass(frozen=True, slots=True)
class Form:
    """How much of everything."""

    profile: str  # of foundry.toml: calls of a campaign
    mutants: int
    minutes: float  # no mutant is begun after these; 0 for no end


SHORT: Final = Form(profile="ci", mutants=6, minutes=2)
FULL: Final = Form(profile="nightly", mutants=300, minutes=0)


def main() -> int:
    form = FULL if sys.argv[1:] == ["--full"] else SHORT
    steps: list[tuple[str, Callable[[], int]]] = [
        ("symbolic proofs", lambda: proofs.prove(ROOT)),
        ("static analysis", static.main),
        ("invariants", lambda: campaigns(form.profile)),
        ("mutation", lambda: sample(form)),
    ]
    failed = []
    for name, step in steps:
        began = time.monotonic()
        if step() != 0:
            failed.append(name)
        print(f"assurance: {name} took {time.monotonic() - began:.0f} s", flush=True)
    for name in failed:
        print(f"assurance: failed in {name}", file=sys.stderr)
    return int(bool(failed))


def sample(form: Form) -> int:
    """Mutants, none of them known before."""
    mutation.RESULTS.unlink(missing_ok=True)
    return mutation.sample(form.mutants, form.minutes, mutation.RESULTS)


def campaigns(profile: str) -> int:
    """Campaigns of insiders, each with the profile's number of calls."""
    done = subprocess.run(
        [str(ROOT / ".tools" / "bin" / "forge"), "test", "--match-path", CAMPAIGNS],
        cwd=ROOT,
        env={**os.environ, "FOUNDRY_PROFILE": profile, "NO_COLOR": "1"},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    counted = [int(calls) for calls in re.findall(r"calls: (\d+)", done.stdout)]
    passed = len(re.findall(r"^\[PASS\].*calls: ", done.stdout, re.MULTILINE))
    print(
        f"invariants: {passed} of {len(counted)} hold, {sum(counted)} calls, profile {profile}",
        flush=True,
    )
    if done.returncode != 0:
        print(done.stdout[-6000:])
    return int(done.returncode != 0 or not counted)


if __name__ == "__main__":
    sys.exit(main())
