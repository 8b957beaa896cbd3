"""The Exchange against its plain model: 50,000 random operations, in under two minutes."""

from __future__ import annotations

import os
import re
import resource
import subprocess

import pytest

from tests.toolchain import trees

OPERATIONS = re.compile(r"uint256 internal constant OPERATIONS = ([\d_]+);")
# Processor time on one core [s], compiling left out: what else the machine does must not decide.
# Forge runs the two markets side by side: on two cores it takes about half as long.
LIMIT = 120


def forge_test(*options: str) -> str:
    """Run the differential tests in their long form; give what Forge prints."""
    done = subprocess.run(
        [".tools/bin/forge", "test", "--match-path", "tests/market/Differential.t.sol", *options],
        cwd=trees.ROOT,
        env={**os.environ, "FOUNDRY_PROFILE": "long"},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stdout[-4000:] + done.stderr[-2000:]
    return done.stdout


def processor_time() -> float:
    """Seconds that finished child processes have computed."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


@pytest.mark.long
@pytest.mark.nightly
def test_fifty_thousand_operations_take_less_than_two_minutes():
    forge_test("--list")  # compiles
    before = processor_time()
    printed = forge_test()
    taken = processor_time() - before

    source = (trees.ROOT / "tests" / "market" / "Differential.t.sol").read_text()
    each = int(OPERATIONS.search(source)[1])
    runs = [int(count) for count in re.findall(r"\(runs: (\d+),", printed)]
    assert len(runs) == 2, "a market with a band and a lasting one"
    assert each * sum(runs) >= 50_000
    assert taken < LIMIT, f"{taken:.0f} s"
