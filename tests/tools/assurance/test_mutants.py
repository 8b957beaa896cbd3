"""Mutants are made at places of the syntax tree; tests are chosen by imports and by names deployed."""

from __future__ import annotations

from pathlib import Path

import pytest

from tools.assurance import dependents, mutants

ROOT = Path(__file__).resolve().parents[3]
LANES = "contracts/types/Lanes.sol"

SOURCE = """// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

contract Counter {
    event Counted(uint256 to);
    error Nothing();

    uint256 private count;

    function add(uint256 n) external {
        if (n == 0) revert Nothing();
        count += n; // not - n
        emit Counted(count < 5 ? count : 5);
    }
}
"""


@pytest.fixture
def made(tmp_path: Path) -> list[mutants.Mutant]:
    (tmp_path / "foundry.toml").write_text("[profile.default]\nremappings = []\n")
    (tmp_path / "Counter.sol").write_text(SOURCE)
    return mutants.of_sources(tmp_path, ["Counter.sol"])


def test_operators_numbers_conditions_and_statements_change(made):
    changes = {(mutant.old, mutant.new) for mutant in made}
    assert ("==", "!=") in changes
    assert ("+=", "-=") in changes
    assert ("n == 0", "false") in changes
    assert ("n == 0", "true") not in changes  # would only refuse every call
    assert ("count < 5", "true") in changes
    assert ("count += n;", "{}") in changes
    assert ("5", "6") in changes
    assert ("emit Counted(count < 5 ? count : 5);", "{}") in changes


def test_each_mutant_is_one_change_with_a_key_of_its_own(made):
    text = SOURCE.encode()
    assert len({mutant.key for mutant in made}) == len(made)
    for mutant in made:
        changed = mutant.apply(text)
        assert changed != text
        assert len(changed) == len(text) + len(mutant.new.encode()) - len(mutant.old.encode())


def test_a_boundary_is_a_comparison_that_moves_by_one(made):
    assert {(mutant.old, mutant.new) for mutant in made if mutant.isBoundary} == {("<", "<=")}


def test_a_changed_source_is_refused(made):
    with pytest.raises(ValueError, match="has changed"):
        made[0].apply(b"// another text\n" * 20)


def test_a_sample_survives_changes_elsewhere(made):
    few = mutants.sample(made, 5, "seed")
    without = [mutant for mutant in made if mutant not in few[4:] or mutant in few[:4]]
    assert mutants.sample(without, 4, "seed") == few[:4]
    assert mutants.sample(made, 5, "other seed") != few


def test_tests_are_chosen_by_imports_and_by_names_deployed():
    lines = dependents.graph(ROOT)
    of_lanes = dependents.tests_of(LANES, lines)
    assert "tests/compliance/Compliance.t.sol" in of_lanes  # deploys Compliance, which imports it
    assert dependents.tests_of("contracts/types/PackedAccount.sol", lines)[0] == (
        "tests/types/PackedAccount.t.sol"
    )
    assert not any("Gas.t.sol" in test or test.startswith("tests/gas/") for test in of_lanes)
