"""Work on one library is quick: its test alone compiles and runs within half a minute of processor time.

Nothing is taken from an earlier build: a copy without one is compiled, as after a change.
"""

import resource
import shutil
import subprocess

import pytest

from tests.toolchain import trees

#: Bound of one change and its test [s of processor time].
BOUND_S = 30

pytestmark = [pytest.mark.long, pytest.mark.nightly]


@pytest.mark.parametrize("source", ["types/PackedAccount", "lib/IntervalSet", "lib/MerkleSum"])
def test_a_changed_library_is_tested_in_seconds(source, tmp_path):
    project = tmp_path / "project"
    project.mkdir()
    for name in ("contracts", "interfaces", "tests", "tools"):
        shutil.copytree(trees.ROOT / name, project / name)
    for name in (
        "Makefile",
        "foundry.toml",
        "requirements.lock",
        "requirements-node.lock",
        "package-lock.json",
    ):
        shutil.copy(trees.ROOT / name, project / name)
    for name in (".venv", "node_modules", ".tools"):
        (project / name).symlink_to((trees.ROOT / name).resolve())
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    done = subprocess.run(
        ["make", "test-forge", f"FORGE_ARGS=--match-path tests/{source}.t.sol"],
        cwd=project,
        capture_output=True,
        text=True,
        timeout=300,
    )
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    assert done.returncode == 0, done.stdout + done.stderr
    assert " 0 failed" in done.stdout
    assert after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime <= BOUND_S
