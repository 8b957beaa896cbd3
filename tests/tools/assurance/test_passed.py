"""The recorded pass counts for exactly the sources that proofs, analysis and campaigns read."""

from __future__ import annotations

import shutil

import pytest

from tools.assurance import passed

ROOT = passed.ROOT


@pytest.fixture
def tree(tmp_path):
    """A copy of all inputs, with a recorded pass."""
    for path in passed.inputs(ROOT):
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / path, tmp_path / path)
    passed.record(tmp_path)
    return tmp_path


def test_every_input_exists():
    assert [name for name in passed.INPUTS if not (ROOT / name).exists()] == []


def test_a_recorded_pass_is_current_in_another_place(tree):
    assert passed.is_current(tree)


@pytest.mark.parametrize(
    "changed",
    [
        "contracts/market/Exchange.sol",
        "interfaces/market/IExchange.sol",
        "tests/symbolic/LaneProofs.sol",
        "tests/invariant/Trading.t.sol",
        "tests/market/MarketBase.sol",  # a campaign imports it
        "tools/assurance/slither-triage.toml",
        "foundry.toml",
        "package-lock.json",
    ],
)
def test_a_changed_input_makes_it_stale(tree, changed):
    with (tree / changed).open("a") as file:
        file.write("\n")
    assert not passed.is_current(tree)


def test_a_new_contract_and_a_deleted_one_make_it_stale(tree):
    new = tree / "contracts/lib/New.sol"
    new.write_text("library New {}\n")
    assert not passed.is_current(tree)
    new.unlink()
    assert passed.is_current(tree)
    (tree / "tests/symbolic/LaneProofs.sol").unlink()
    assert not passed.is_current(tree)


def test_other_files_leave_it_current(tree):
    (tree / "tests/market/Other.t.sol").write_text("contract Other {}\n")
    (tree / "tonne").mkdir(exist_ok=True)
    (tree / "tonne/text.py").write_text("\n")
    assert passed.is_current(tree)


@pytest.mark.parametrize("damage", [None, "", "[]", "{}", '{"sources": 1}', '{"sources": "'])
def test_a_missing_or_damaged_record_is_no_pass(tree, damage):
    record = tree / passed.RECORD
    record.unlink()
    if damage is not None:
        record.write_text(damage)
    assert not passed.is_current(tree)
