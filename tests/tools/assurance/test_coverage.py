"""Marks stand before each statement and move no line; what is not reached must be explained."""

from __future__ import annotations

from pathlib import Path

import pytest

from tools.assurance import coverage, mutants

SOURCE = """// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

contract Counter {
    uint256 private count;

    modifier counted() {
        ++count;
        _;
    }

    function add(uint256 n) external counted returns (uint256) {
        if (n == 0) revert();
        else if (n == 1) ++count;
        for (uint256 i = 0; i < n; ++i) count += i;
        unchecked {
            count += n;
        }
        assembly {
            n := 0
        }
        return count;
    }
}
"""


@pytest.fixture
def found(tmp_path: Path) -> list[coverage.Statement]:
    (tmp_path / "foundry.toml").write_text("[profile.default]\nremappings = []\n")
    (tmp_path / "Counter.sol").write_text(SOURCE)
    tree = mutants.syntax_trees(tmp_path, ["Counter.sol"])["Counter.sol"]["ast"]
    statements = coverage.statements_of("contracts/book/Counter.sol", tree, SOURCE.encode())
    return sorted(statements, key=lambda s: s.start)


def test_each_statement_is_found_once(found: list[coverage.Statement]) -> None:
    assert [s.line for s in found] == [8, 13, 13, 14, 14, 15, 15, 17, 19, 22]
    assert [s.text for s in found if s.isBare] == [
        "revert();",
        "if (n == 1) ++count;",
        "++count;",
        "count += i;",
    ]
    assert {s.room for s in found} == {"book"}


def test_marks_move_no_line_and_compile(found: list[coverage.Statement], tmp_path: Path) -> None:
    source = "contracts/book/Counter.sol"
    text = coverage.marked(SOURCE.encode(), source, found, 7)
    assert text.count(b"\n") == SOURCE.count("\n")
    assert b'{_reached("build/reached/00009");revert();}' in text
    for name, content in ((source, text), (coverage.SOURCE, coverage.CODE.encode())):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_bytes(content)
    mutants.syntax_trees(tmp_path, [source])  # raises where the syntax is wrong


@pytest.fixture
def published(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    monkeypatch.setattr(coverage, "PUBLISHED", tmp_path / "coverage.md")
    monkeypatch.setattr(coverage, "EXPLAINED", tmp_path / "unreached.toml")
    coverage.EXPLAINED.write_text("")
    return coverage.PUBLISHED


def test_what_is_not_reached_is_told(
    found: list[coverage.Statement], published: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    everything = set(range(len(found)))
    assert coverage.report(found, everything, []) == 0
    assert coverage.report(found, everything - {2}, ["test_gas"]) == 1
    said = capsys.readouterr().out
    assert "not reached: contracts/book/Counter.sol | revert();  (line 13)" in said
    assert "1 tests failed by the marks: test_gas" in said
    assert "coverage: 9 of 10 statements, 90.00 %" in said
    assert "| `book` | 10 | 1 | 90.00 % |" in published.read_text()


def test_an_explanation_is_for_what_is_not_reached(
    found: list[coverage.Statement], published: Path
) -> None:
    key = "contracts/book/Counter.sol | revert();"
    coverage.EXPLAINED.write_text(f'[[unreached]]\nstatement = "{key}"\nreason = "never"\n')
    everything = set(range(len(found)))
    assert coverage.report(found, everything - {2}, []) == 0
    assert f"- `{key}`: never" in published.read_text()
    assert coverage.report(found, everything, []) == 1
