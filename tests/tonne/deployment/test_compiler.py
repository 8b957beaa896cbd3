"""Compiled contracts: which changes make a build stale, and what a failed build says."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest

from tests.toolchain import trees
from tonne.deployment import compiler
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


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A project with one contract."""
    trees.link_tools(tmp_path)
    shutil.copy(compiler.ROOT / "foundry.toml", tmp_path)
    write(tmp_path / "contracts/rules/Counter.sol", COUNTER)
    write(tmp_path / "interfaces/rules/ICounter.sol", INTERFACE)
    return tmp_path


def write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")


def counter(root: Path) -> compiler.Artifact:
    return compiler.contracts(["Counter"], root=root)["Counter"]


def refused(root: Path, code: str) -> TonneError:
    with pytest.raises(TonneError) as caught:
        counter(root)
    assert caught.value.code == code
    return caught.value


def without_forge(root: Path) -> None:
    """Every further run of Forge fails."""
    binary = root / ".tools" / "bin" / "forge"
    binary.unlink()
    binary.write_text("#!/bin/sh\nexit 1\n")
    binary.chmod(0o755)


def test_a_contract_is_compiled_once(root):
    steps: list[str] = []
    built = compiler.contracts(root=root, progress=steps.append)
    assert list(built) == ["Counter"]
    assert built["Counter"].source == "contracts/rules/Counter.sol"
    assert {entry["name"] for entry in built["Counter"].abi} == {"add", "count"}
    assert steps[0].startswith("compiling the contracts, once") and len(steps) == 2
    assert steps[1].startswith("compiled 1 contracts in ")

    without_forge(root)
    assert compiler.contracts(root=root, progress=steps.append) == built
    assert len(steps) == 2


def test_a_long_compilation_is_told_of_and_no_compiler_is_left(root, monkeypatch):
    monkeypatch.setattr(compiler, "TOLD_S", 0.05)
    steps: list[str] = []
    slow = root / ".tools" / "bin" / "forge"
    slow.unlink()
    slow.write_text("#!/bin/sh\necho $$ > pid\nexec sleep 30\n")
    slow.chmod(0o755)

    def stop(said: str) -> None:
        steps.append(said)
        if len(steps) == 3:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        compiler.contracts(root=root, progress=stop)
    assert [step.endswith("s so far") for step in steps] == [False, True, True]
    with pytest.raises(ProcessLookupError):
        os.kill(int((root / "pid").read_text()), 0)


@pytest.mark.parametrize(
    "file, old, new",
    [
        ("contracts/rules/Counter.sol", "+= amount", "+= amount + 1"),
        ("interfaces/rules/ICounter.sol", "interface", "/// @title A counter\ninterface"),
        ("foundry.toml", "optimizer_runs = 10_000", "optimizer_runs = 1"),
    ],
)
def test_a_change_of_a_source_or_a_setting_is_compiled(root, file, old, new):
    before = counter(root)
    text = (root / file).read_text(encoding="utf-8")
    assert old in text
    (root / file).write_text(text.replace(old, new), encoding="utf-8")
    after = counter(root)
    assert after.bytecode != before.bytecode
    assert after.digest != before.digest


def test_a_source_that_only_looks_older_is_compiled(root):
    before = counter(root)
    source = root / "contracts/rules/Counter.sol"
    source.write_text(COUNTER.replace("+=", "-="), encoding="utf-8")
    os.utime(source, (0, 0))
    assert counter(root).bytecode != before.bytecode


def test_a_contract_that_was_removed_is_gone(root):
    write(root / "contracts/rules/Other.sol", COUNTER.replace("Counter is", "Other is"))
    assert list(compiler.contracts(root=root)) == ["Counter", "Other"]
    (root / "contracts/rules/Other.sol").unlink()
    assert list(compiler.contracts(root=root)) == ["Counter"]
    with pytest.raises(TonneError) as caught:
        compiler.contracts(["Other"], root=root)
    assert caught.value.code == "COMPILE_UNKNOWN"


def test_a_mistake_is_told_with_the_compiler_s_sentence_and_place(root):
    write(root / "contracts/rules/Counter.sol", COUNTER.replace("+= amount", "+= more"))
    said = str(refused(root, "COMPILE_FAILED"))
    assert "Undeclared identifier" in said
    assert "contracts/rules/Counter.sol:10" in said


def test_a_failed_build_is_tried_again(root):
    write(root / "contracts/rules/Counter.sol", COUNTER.replace("+= amount", "+= more"))
    refused(root, "COMPILE_FAILED")
    write(root / "contracts/rules/Counter.sol", COUNTER)
    assert counter(root).name == "Counter"


def test_a_contract_outside_the_rooms_of_deployed_contracts_is_refused(root):
    write(root / "contracts/lib/Other.sol", COUNTER.replace("Counter is", "Other is"))
    refused(root, "COMPILE_NOT_DEPLOYABLE")


def test_one_name_for_two_contracts_is_refused(root):
    write(root / "contracts/units/Counter.sol", COUNTER)
    refused(root, "COMPILE_AMBIGUOUS")


def test_a_file_name_may_be_used_twice(root):
    write(
        root / "contracts/lib/Counter.sol", "// SPDX-License-Identifier: MIT\nlibrary Counter {}\n"
    )
    assert len(counter(root).bytecode) > 100


def test_without_set_up_there_is_a_remedy(root):
    (root / ".tools" / "bin" / "forge").unlink()
    assert "make setup" in str(refused(root, "COMPILE_NOT_SET_UP"))
