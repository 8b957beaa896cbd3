"""Forge, Brownie and py-solc-x give one bytecode, wherever the project lies."""

from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.toolchain import trees
from tonne.deployment import compiler


def same_everywhere(tmp_path, names):
    """Compares the project's build with Brownie's of a copy and with single contracts by standard JSON."""
    there = tmp_path / "a folder" / "elsewhere"
    trees.copy_sources(there, names)
    with ThreadPoolExecutor(2) as pool:
        by_brownie = pool.submit(trees.bytecode_by_brownie, there, names, tmp_path / "home")
        by_solcx = pool.submit(trees.bytecode_by_solcx, names)
        built = {"brownie": by_brownie.result(), "solcx": by_solcx.result()}
    deployed = trees.bytecode_by_forge(compiler.ROOT, names)

    for name in names:
        assert len(deployed[name][0]) > 2, name
        different = [tool for tool, found in built.items() if found[name] != deployed[name]]
        assert different == [], f"{name} differs by {different}"


@pytest.mark.long
def test_a_contract_has_one_bytecode_from_three_tools(tmp_path):
    same_everywhere(tmp_path, ["SettlementCurrency"])


@pytest.mark.long
@pytest.mark.nightly
def test_every_contract_has_one_bytecode_from_three_tools(tmp_path):
    same_everywhere(tmp_path, sorted(compiler.deployable()))


@pytest.mark.long
@pytest.mark.nightly
def test_forge_gives_one_bytecode_in_two_folders(tmp_path):
    names = ["AccessManager", "SettlementCurrency"]
    trees.copy_sources(tmp_path / "elsewhere", names)
    there = trees.bytecode_by_forge(tmp_path / "elsewhere", names)
    assert there == trees.bytecode_by_forge(compiler.ROOT, names)
