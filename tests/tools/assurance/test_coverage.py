"""Lines of contracts are read from Forge's report; sources that only other tests reach are told apart."""

from __future__ import annotations

import pytest

from tools.assurance import coverage

REPORT = """TN:
SF:contracts/lib/A.sol
DA:3,7
DA:4,0
end_of_record
SF:contracts/lib/B.sol
DA:9,0
end_of_record
SF:tests/lib/A.t.sol
DA:5,0
end_of_record
"""


def test_lines_of_contracts_are_read() -> None:
    assert coverage.read(REPORT) == {
        "contracts/lib/A.sol": {3: True, 4: False},
        "contracts/lib/B.sol": {9: False},
    }


def test_what_is_not_reached_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    coverage.report(coverage.read(REPORT))
    said = capsys.readouterr().out
    assert "contracts/lib/A.sol: not reached 4" in said
    assert "coverage: 1 of 2 lines of 1 libraries, 50.0 %" in said
    assert "1 lines of 1 libraries have other tests alone" in said
