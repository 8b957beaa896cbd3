"""Every planted fault of `power_mutants.py` must make the audit of its story find a difference."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.e2e.mutants import Mutant
from tests.e2e.planting import planted, some_by_day
from tests.e2e.power_mutants import POWER_MUTANTS, SETTLEMENT_MUTANTS
from tests.e2e.test_mutants import COPIED, LINKED, ROOT
from tests.toolchain import trees

TRADING = "tests/tonne/audit/power/test_power_market.py::test_grid_market_and_losses_are_told_by_their_events"
SETTLING = "tests/tonne/audit/power/test_power_settlement.py::test_settlement_is_told_by_its_events"

PLANTED = (*POWER_MUTANTS, *SETTLEMENT_MUTANTS)

#: So many are planted by `make test-long`, the others by `make test-nightly`.
SOON = 1

#: What the failing test shows: a difference of the audit, not an error of the story.
FOUND = re.compile(r"Difference\(contract='(Power|BidLimits|ReferencePrices)")

pytestmark = pytest.mark.long


def test_each_fault_has_its_place():
    assert len({mutant.name for mutant in PLANTED}) == len(PLANTED) >= 14
    for mutant in PLANTED:
        assert (ROOT / mutant.source).read_text().count(mutant.old) == 1, mutant.name


@pytest.fixture(scope="module")
def tree(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of what the story needs, with everything compiled."""
    tree = tmp_path_factory.mktemp("power") / "tree"
    tree.mkdir()
    for name in (*COPIED, "tests"):
        shutil.copytree(ROOT / name, tree / name)
    for name in LINKED:
        (tree / name).symlink_to(ROOT / name)
    for name in ("foundry.toml", "pyproject.toml"):
        shutil.copy(ROOT / name, tree)
    trees.copy_packages(tree)
    trees.copy_build(tree)
    for story in (TRADING, SETTLING):
        told = _tell(tree, story)
        assert told.returncode == 0, told.stdout[-2000:]
    return tree


def _story(mutant: Mutant) -> str:
    return SETTLING if mutant in SETTLEMENT_MUTANTS else TRADING


@pytest.mark.parametrize("mutant", some_by_day(PLANTED, lambda _: "a story", SOON))
def test_the_audit_finds(mutant: Mutant, tree: Path):
    with planted(mutant, tree):
        told = _tell(tree, _story(mutant))
    assert told.returncode == 1, told.stdout[-2000:]
    assert FOUND.search(told.stdout), told.stdout[-2000:]


def _tell(tree: Path, story: str) -> subprocess.CompletedProcess[str]:
    """The story and its audit in the tree; what its contracts compile to is remembered there."""
    command = [sys.executable, "-P", "-m", "pytest", "-q", "-vv", "-n", "0", story]
    environment = {**os.environ, "PYTHONPATH": str(tree), "PYTHONDONTWRITEBYTECODE": "1"}
    return subprocess.run(
        command, cwd=tree, env=environment, capture_output=True, text=True, timeout=900, check=False
    )
