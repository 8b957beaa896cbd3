"""Compiled contracts: which changes make an artifact stale, and the errors of a failed build."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.full_disk import KINDS
from tests.toolchain import trees
from tonne.deployment import artifacts, compiler
from tonne.errors import TonneError

COUNTER = """\
// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {ICounter} from "../../interfaces/rules/ICounter.sol";

contract Counter is ICounter {
    uint256 public count;

    function add(uint256 amount) external {
        count += amount;
    }
}
"""
INTERFACE = """\
// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

interface ICounter {
    function add(uint256 amount) external;
}
"""
ALONE = """\
// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

contract Alone {
    uint256 public constant ANSWER = 42;
}
"""


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A project with two contracts, of which one has an interface."""
    return project(tmp_path)


def project(folder: Path) -> Path:
    trees.link_tools(folder)
    shutil.copy(compiler.ROOT / "foundry.toml", folder)
    trees.write(folder / "contracts/rules/Counter.sol", COUNTER)
    trees.write(folder / "contracts/units/Alone.sol", ALONE)
    trees.write(folder / "interfaces/rules/ICounter.sol", INTERFACE)
    return folder


class Steps(list[str]):
    """The sentences of a build."""

    @property
    def compiled(self) -> set[str]:
        """Names of the contracts that were compiled."""
        return {
            name
            for step in self
            if step.startswith("compiled ")
            for name in step.partition(": ")[2].split(", ")
        }


def built(root: Path) -> tuple[dict[str, artifacts.Artifact], Steps]:
    steps = Steps()
    return compiler.contracts(root=root, progress=steps.append), steps


def refused(root: Path, code: str) -> TonneError:
    with pytest.raises(TonneError) as caught:
        compiler.contracts(root=root)
    assert caught.value.code == code
    return caught.value


def without_node(root: Path) -> None:
    """Every further compilation fails."""
    (root / ".tools" / "bin" / "node").unlink()


def test_contracts_are_compiled_once(root):
    found, steps = built(root)
    assert list(found) == ["Alone", "Counter"]
    assert found["Counter"].source == "contracts/rules/Counter.sol"
    assert {entry["name"] for entry in found["Counter"].abi} == {"add", "count"}
    assert steps[0] == "compiling 2 of 2 contracts: Counter, Alone (no artifact)"
    assert steps.compiled == {"Counter", "Alone"}

    without_node(root)
    assert built(root) == (found, [])


def test_artifacts_of_the_same_sources_are_used_in_another_folder(root, tmp_path_factory):
    """As in a fresh clone: no build folder, other times of files."""
    found, _ = built(root)
    clone = project(tmp_path_factory.mktemp("clone"))
    shutil.copytree(root / "artifacts", clone / "artifacts")
    without_node(clone)
    assert built(clone) == (found, [])


def test_equal_sources_give_equal_files(root, tmp_path_factory):
    built(root)
    again = project(tmp_path_factory.mktemp("again"))
    built(again)
    for name in ("Alone", "Counter"):
        here, there = (artifacts.path_of(folder, name).read_bytes() for folder in (root, again))
        assert here == there


@pytest.mark.parametrize(
    "file, old, new, reason",
    [
        (
            "contracts/rules/Counter.sol",
            "+= amount",
            "+= amount + 1",
            "contracts/rules/Counter.sol",
        ),
        (
            "interfaces/rules/ICounter.sol",
            "interface",
            "/// @title A\ninterface",
            "interfaces/rules",
        ),
    ],
)
def test_a_changed_source_is_compiled_with_its_dependents_alone(root, file, old, new, reason):
    before, _ = built(root)
    text = (root / file).read_text(encoding="utf-8")
    assert old in text
    (root / file).write_text(text.replace(old, new), encoding="utf-8")
    after, steps = built(root)
    assert after["Counter"].bytecode != before["Counter"].bytecode
    assert after["Counter"].digest != before["Counter"].digest
    assert steps.compiled == {"Counter"}
    assert "Counter (" + reason in steps[0] and steps[0].endswith("changed)")


def test_a_changed_setting_compiles_all(root):
    before, _ = built(root)
    settings = (root / "foundry.toml").read_text()
    old = "optimizer = true\noptimizer_runs = 10_000\nadditional"
    assert settings.count(old) == 1
    (root / "foundry.toml").write_text(settings.replace(old, old.replace("10_000", "1")))
    after, steps = built(root)
    assert steps.compiled == {"Alone", "Counter"}
    assert "other compiler settings" in steps[0]
    assert after["Counter"].digest != before["Counter"].digest


def test_a_source_with_an_older_time_is_compiled(root):
    before, _ = built(root)
    source = root / "contracts/rules/Counter.sol"
    source.write_text(COUNTER.replace("+=", "-="), encoding="utf-8")
    os.utime(source, (0, 0))
    assert built(root)[0]["Counter"].bytecode != before["Counter"].bytecode


@pytest.mark.parametrize("damage", ["cut", "flipped", "text", "empty", "of another contract"])
def test_an_unusable_artifact_is_named_and_compiled_again(root, damage):
    before, _ = built(root)
    path = artifacts.path_of(root, "Counter")
    content = path.read_bytes()
    path.write_bytes(
        {
            "cut": content[: len(content) // 2],
            "flipped": content[:100] + bytes([content[100] ^ 1]) + content[101:],
            "text": b"{}",
            "empty": b"",
            "of another contract": artifacts.path_of(root, "Alone").read_bytes(),
        }[damage]
    )
    found, steps = built(root)
    wanted = "artifact of another contract" if damage.startswith("of") else "damaged artifact"
    assert steps[0] == f"compiling 1 of 2 contracts: Counter ({wanted})"
    assert found == before
    assert path.read_bytes() == content


def test_a_damaged_artifact_of_a_package_is_refused_with_its_file(root):
    built(root)
    path = artifacts.path_of(root, "Counter")
    path.write_bytes(path.read_bytes()[:50])
    with pytest.raises(TonneError) as caught:
        artifacts.read(path)
    assert caught.value.code == "ARTIFACT_DAMAGED"
    assert caught.value.value == str(path)


def test_an_incomplete_build_folder_is_filled_again(root):
    found, _ = built(root)
    output = root / "build/foundry/Counter.sol/Counter.json"
    wanted = output.read_text()
    shutil.rmtree(root / "build")
    without_node(root)
    assert built(root) == (found, [])
    assert output.read_text() == wanted


def test_forge_finds_the_bytecode_of_the_artifacts(root):
    found, _ = built(root)
    text = (root / "build/foundry/Counter.sol/Counter.json").read_text()
    assert found["Counter"].bytecode in text and found["Counter"].runtime in text


def test_a_contract_that_was_removed_is_gone(root):
    built(root)
    (root / "contracts/units/Alone.sol").unlink()
    assert list(built(root)[0]) == ["Counter"]
    assert not artifacts.path_of(root, "Alone").exists()
    with pytest.raises(TonneError) as caught:
        compiler.contracts(["Alone"], root=root)
    assert caught.value.code == "COMPILE_UNKNOWN"


def test_a_mistake_is_shown_with_the_compiler_s_sentence_and_place(root):
    trees.write(root / "contracts/rules/Counter.sol", COUNTER.replace("+= amount", "+= more"))
    said = str(refused(root, "COMPILE_FAILED"))
    assert "Undeclared identifier" in said
    assert "contracts/rules/Counter.sol:10" in said


def test_a_failed_build_keeps_the_other_contracts_and_is_tried_again(root):
    trees.write(root / "contracts/rules/Counter.sol", COUNTER.replace("+= amount", "+= more"))
    refused(root, "COMPILE_FAILED")
    trees.write(root / "contracts/rules/Counter.sol", COUNTER)
    assert built(root)[1].compiled == {"Counter"}


def test_a_contract_in_a_folder_of_libraries_is_refused(root):
    for folder in ("lib", "types", "units/lib"):
        path = root / "contracts" / folder / "Other.sol"
        trees.write(path, ALONE.replace("Alone", "Other"))
        assert folder in refused(root, "COMPILE_NOT_DEPLOYABLE").value
        path.unlink()


def test_one_name_for_two_contracts_is_refused(root):
    trees.write(root / "contracts/units/Counter.sol", COUNTER)
    refused(root, "COMPILE_AMBIGUOUS")


def test_a_missing_source_is_named(root):
    (root / "interfaces/rules/ICounter.sol").unlink()
    assert refused(root, "COMPILE_SOURCE_MISSING").value == "interfaces/rules/ICounter.sol"


def test_without_set_up_there_is_a_remedy(root):
    without_node(root)
    assert "make setup" in str(refused(root, "COMPILE_NOT_SET_UP"))


def test_a_compiler_that_ends_early_is_reported_and_the_next_run_succeeds(root):
    index = root / "tools/solc/compile.js"
    sound = index.read_text()
    index.write_text('throw new Error("no memory");\n')
    error = refused(root, "COMPILE_STOPPED")
    assert "no memory" in str(error)
    index.write_text(sound)
    assert built(root)[1].compiled == {"Alone", "Counter"}


def test_an_interrupted_build_leaves_no_compiler_and_goes_on(root):
    pids: list[int] = []

    def stop(said: str) -> None:
        if said.startswith("compiler:"):
            listed = subprocess.run(
                ["ps", "-eo", "pid,args"], capture_output=True, text=True
            ).stdout
            pids.extend(int(line.split()[0]) for line in listed.splitlines() if str(root) in line)
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        compiler.contracts(root=root, progress=stop)
    assert pids
    for pid in pids:
        with pytest.raises(ProcessLookupError):
            os.kill(pid, 0)
    assert built(root)[1].compiled == {"Alone", "Counter"}


def test_two_builds_at_once_compile_once(root):
    script = (
        "import sys; from pathlib import Path; from tonne.deployment import compiler;"
        "compiler.build(Path(sys.argv[1]), lambda said: print(said, flush=True))"
    )
    command = [sys.executable, "-P", "-c", script, str(root)]
    environment = {**os.environ, "PYTHONPATH": str(compiler.ROOT)}
    both = [
        subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True)
        for _ in range(2)
    ]
    said = [process.communicate()[0] for process in both]
    assert [process.returncode for process in both] == [0, 0]
    assert sorted(bool(text) for text in said) == [False, True]


@pytest.mark.parametrize("kind", KINDS)
def test_a_full_disk_is_reported_and_the_next_run_succeeds(kind, tmp_path):
    with KINDS[kind](tmp_path / "disk") as disk:
        root = project(disk.path / "project")
        disk.full()
        try:
            refused(root, "COMPILE_NOT_WRITTEN")
        finally:
            disk.room()
        assert built(root)[1].compiled == {"Alone", "Counter"}
