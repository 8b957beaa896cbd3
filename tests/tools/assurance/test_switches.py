"""Many mutants in one build: where no number is chosen, the source says what it said before."""

from __future__ import annotations

from pathlib import Path

import pytest

from tools.assurance import mutants, switches
from tools.assurance.mutants import Mutant

NAME = "contracts/book/Counter.sol"
SOURCE = """// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

contract Counter {
    uint256 private constant MOST = 7 days;
    uint256 internal constant STEP = 3;
    uint256 private count;

    function add(uint256 n) external {
        if (n > 4) count += n;
        else delete count;
    }

    function packed(uint256 n) external pure returns (uint256 word) {
        assembly ("memory-safe") {
            word := shl(8, n)
        }
        return (word << 16) + MOST + STEP;
    }
}
"""


@pytest.fixture
def root(tmp_path: Path) -> Path:
    (tmp_path / "foundry.toml").write_text("[profile.default]\nremappings = []\n")
    for folder in ("book", "lib"):
        (tmp_path / "contracts" / folder).mkdir(parents=True)
    (tmp_path / NAME).write_text(SOURCE)
    return tmp_path


def made(root: Path, *changes: tuple[str, str]) -> list[Mutant]:
    found = mutants.of_sources(root, [NAME])
    return [next(m for m in found if (m.old, m.new) == change) for change in changes]


@pytest.mark.parametrize(
    ("change", "branch"),
    [
        ((">", ">="), "if ((_isMutant(1) ? (n >= 4) : (n > 4))) count += n;"),
        (("n > 4", "false"), "if ((!_isMutant(1) && (n > 4))) count += n;"),
        (("n > 4", "true"), "if ((_isMutant(1) || (n > 4))) count += n;"),
        (("count += n;", "{}"), "if (n > 4) { if (!_isMutant(1)) { count += n; } }"),
        (("16", "17"), "(word << (_isMutant(1) ? (17) : (16)))"),
        (("8", "9"), "word := shl(add(8, _m1), n)"),
        (
            ("shl", "shr"),
            "word := add(mul(_m1, shr(8, n)), mul(iszero(_m1), shl(8, n)))",
        ),
        (("7", "8"), "return uint256(_isMutant(1) ? (8 days) : (7 days)); }"),
    ],
)
def test_a_mutant_is_a_branch(root: Path, change: tuple[str, str], branch: str) -> None:
    (mutant,) = made(root, change)
    assert switches.plant(root, [mutant]) == {1: mutant}
    text = (root / NAME).read_text()
    assert branch in text
    assert text.count("\n") == SOURCE.count("\n")


def test_a_constant_becomes_a_function_where_its_file_alone_knows_it(root: Path) -> None:
    private, shared = made(root, ("7", "8"), ("3", "4"))
    assert switches.plant(root, [shared, private]) == {2: private}
    assert "(word << 16) + MOST() + STEP;" in (root / NAME).read_text()


def test_one_may_be_inside_of_another(root: Path) -> None:
    outer, inner = made(root, ("count += n;", "{}"), ("+=", "-="))
    assert switches.plant(root, [outer, inner]) == {1: outer, 2: inner}
    branch = "{ if (!_isMutant(1)) { (_isMutant(2) ? (count -= n) : (count += n)); } }"
    assert branch in (root / NAME).read_text()


def test_two_changes_of_one_expression_are_one_inside_of_the_other(root: Path) -> None:
    moved, never = made(root, (">", ">="), ("n > 4", "false"))
    assert switches.plant(root, [moved, never]) == {1: moved, 2: never}
    branch = "if ((_isMutant(1) ? (n >= 4) : ((!_isMutant(2) && (n > 4))))) count += n;"
    assert branch in (root / NAME).read_text()


def test_none_is_inside_of_what_another_replaces(root: Path) -> None:
    call, number = made(root, ("shl", "shr"), ("8", "9"))
    assert switches.plant(root, [call, number]) == {1: call}


def test_what_the_compiler_refuses_is_left_out(root: Path) -> None:
    text = SOURCE.replace("n > 4", "n > 4 ether / 2 ether").replace("count += n;", "_pay(300);")
    text = text.replace(
        "    function add", "    function _pay(uint8) private {}\n\n    function add"
    )
    (root / NAME).write_text(text.replace("_pay(300)", "_pay(255)"))
    pay, good = made(root, ("255", "256"), (">", ">="))
    assert switches.plant(root, [pay, good]) == {2: good}


def test_all_branches_of_a_source_are_taken_back(root: Path) -> None:
    source = "contracts/lib/MerkleSum.sol"
    mutant = Mutant(source, 1, 0, "<", "<=", "a mutant")
    assert switches.without(root, {1: mutant}, {source}) == {}
    assert (root / source).read_bytes() == (switches.compiler.ROOT / source).read_bytes()


def test_numbers_are_proposers() -> None:
    assert switches.proposer(0) == "0x" + 40 * "0"
    assert switches.proposer(300) == "0x" + 37 * "0" + "12c"
