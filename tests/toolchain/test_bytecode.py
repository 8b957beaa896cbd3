"""Forge, Brownie and our own compile step give one bytecode, wherever the project lies."""

from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.toolchain import trees
from tonne.deployment import compiler


def same_everywhere(tmp_path, names):
    here = tmp_path / "here"
    there = tmp_path / "a folder" / "elsewhere"
    trees.copy_sources(here, names)
    trees.copy_sources(there, names)
    with ThreadPoolExecutor(2) as pool:
        by_forge = pool.submit(trees.bytecode_by_forge, here, names)
        by_brownie = pool.submit(trees.bytecode_by_brownie, there, names, tmp_path / "home")
        built = {"forge": by_forge.result(), "brownie": by_brownie.result()}
    built["solcx"] = trees.bytecode_by_solcx(compiler.ROOT, names)

    for name in names:
        codes = {tool: found[name] for tool, found in built.items()}
        assert len(codes["solcx"][0]) > 2, name
        different = [tool for tool, code in codes.items() if code != codes["solcx"]]
        assert different == [], f"{name} differs by {different}"


def test_a_contract_has_one_bytecode_from_three_tools_in_three_folders(tmp_path):
    same_everywhere(tmp_path, ["SettlementCurrency"])


@pytest.mark.long
def test_every_contract_has_one_bytecode_from_three_tools_in_three_folders(tmp_path):
    same_everywhere(tmp_path, sorted(compiler.deployable()))


@pytest.mark.long
def test_our_own_compile_step_gives_one_bytecode_in_two_folders(tmp_path):
    names = ["AccessManager", "Participants", "Schemes"]
    trees.copy_sources(tmp_path / "elsewhere", names)
    there = trees.bytecode_by_solcx(tmp_path / "elsewhere", names)
    assert there == trees.bytecode_by_solcx(compiler.ROOT, names)
