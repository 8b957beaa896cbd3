"""Every planted fault of `promise_mutants.py` must turn its campaign red, by the promise named."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

from tests.e2e.mutants import Mutant
from tests.e2e.planting import planted
from tests.e2e.promise_mutants import PROMISE_MUTANTS
from tests.e2e.test_mutants import ROOT
from tests.toolchain import trees
from tonne.deployment import compiler

COPIED = ("contracts", "interfaces", "tests", "tools")

pytestmark = pytest.mark.long


def test_each_fault_has_its_place():
    assert len({mutant.name for mutant in PROMISE_MUTANTS}) == len(PROMISE_MUTANTS) >= 60
    for mutant in PROMISE_MUTANTS:
        assert (ROOT / mutant.source).read_text().count(mutant.old) == 1, mutant.name


@pytest.fixture(scope="module")
def tree(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of what the campaigns need, with everything compiled."""
    tree = tmp_path_factory.mktemp("promises") / "tree"
    tree.mkdir()
    for name in COPIED:
        shutil.copytree(ROOT / name, tree / name)
    (tree / ".tools").symlink_to(ROOT / ".tools")
    shutil.copy(ROOT / "foundry.toml", tree)
    trees.copy_packages(tree)
    trees.copy_build(tree)
    for campaign in {mutant.run[0] for mutant in PROMISE_MUTANTS}:
        ended = _play(tree, campaign)
        assert ended.returncode == 0, ended.stdout[-2000:]
    return tree


@pytest.mark.nightly
@pytest.mark.parametrize("mutant", PROMISE_MUTANTS, ids=lambda mutant: mutant.name)
def test_the_campaign_finds(mutant: Mutant, tree: Path):
    campaign, promise = mutant.run
    with planted(mutant, tree):
        ended = _play(tree, campaign)
    assert ended.returncode == 1, ended.stdout[-2000:]
    assert f"[FAIL: {promise}" in ended.stdout, ended.stdout[-2000:]


def _play(tree: Path, campaign: str) -> subprocess.CompletedProcess[str]:
    """Acts of the campaign from its fixed seed, promises checked after each, and its found sequences."""
    compiler.build(tree)
    command = [
        ".tools/bin/forge",
        "test",
        "--match-path",
        f"tests/invariant/{campaign}.t.sol",
        "--match-test",
        "^test_",
    ]
    return subprocess.run(
        command, cwd=tree, capture_output=True, text=True, timeout=1_800, check=False
    )
