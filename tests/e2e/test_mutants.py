"""Every planted fault of `mutants.py` must make the audit of a small period find a difference."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest

from tests.e2e.mutants import MUTANTS, Mutant
from tests.e2e.planting import planted, some_by_day
from tests.toolchain import trees

ROOT = Path(__file__).resolve().parents[2]
COPIED = ("contracts", "interfaces", "schemes", "scenarios", "tonne", "oracles", "tools")
LINKED = (".tools", ".venv")
EMITTERS = "30"

#: All are planted by `make test-nightly`: each is a compilation and a period of its own.
SOON = 0

#: The run's own audit says this and stops; anything else is no find.
FOUND = "PERIOD_DIFFERENCES"

pytestmark = pytest.mark.long


def test_there_are_at_least_twenty_mutants_and_each_has_its_place():
    assert len(MUTANTS) >= 20
    assert len({mutant.name for mutant in MUTANTS}) == len(MUTANTS)
    for mutant in MUTANTS:
        assert (ROOT / mutant.source).read_text().count(mutant.old) == 1, mutant.name


@pytest.fixture(scope="module")
def tree(tmp_path_factory) -> Path:
    """A copy of what a run needs, with everything compiled."""
    tree = tmp_path_factory.mktemp("mutants") / "tree"
    tree.mkdir()
    for name in COPIED:
        shutil.copytree(ROOT / name, tree / name)
    for name in LINKED:
        (tree / name).symlink_to(ROOT / name)
    shutil.copy(ROOT / "foundry.toml", tree)
    trees.copy_packages(tree)
    trees.copy_build(tree)
    for options in {mutant.run for mutant in MUTANTS}:
        assert _period(tree, options).returncode == 0, f"{options} does not close without a fault"
    return tree


@pytest.mark.parametrize("mutant", some_by_day(MUTANTS, lambda _: "a period", SOON))
def test_the_audit_finds(mutant: Mutant, tree: Path):
    with planted(mutant, tree):
        ended = _period(tree, mutant.run)
    said = ended.stdout + ended.stderr
    assert ended.returncode == 1, said[-2000:]
    assert FOUND in said, said[-2000:]


def _period(tree: Path, options: Sequence[str]) -> subprocess.CompletedProcess[str]:
    """A small period in the tree; what its contracts compile to is remembered there."""
    command = [sys.executable, "-m", "tonne.cli", "period", "--emitters", EMITTERS]
    environment = {**os.environ, "PYTHONPATH": str(tree), "PYTHONDONTWRITEBYTECODE": "1"}
    return subprocess.run(
        [*command, *options, "--out", str(tree / "out")],
        cwd=tree,
        env=environment,
        capture_output=True,
        text=True,
        timeout=600,
    )
