"""Files of decisions: each bad row is named with its remedy, all of them at once."""

from __future__ import annotations

import pytest

from tonne.cli.core import decision_files
from tonne.errors import TonneError


def once(path):
    found = decision_files.read(path, decision_files.Tabled)
    decision_files.check_once(path, [(row.installation,) for row in found])


@pytest.fixture
def refused(tmp_path):
    """Reads rows of a table of allocation, and returns the refusal."""

    def read(*rows: str) -> TonneError:
        path = tmp_path / "table.csv"
        path.write_text(
            "\n".join(("installation,allocation_t,kind", *rows)) + "\n", encoding="utf-8"
        )
        with pytest.raises(TonneError) as caught:
            once(path)
        return caught.value

    return read


def test_every_bad_row_is_listed_at_once(refused):
    error = refused("1,10,table", "2,-1,table", "3,1.5,", "4,1", "0,1,", "5,1,gift")
    assert error.code == "DECISIONS_ROWS"
    for expected in (
        "5 rows of ",
        "line 3, column allocation_t: ",
        "line 4, column allocation_t: ",
        "line 5: the row has 2 values for 3 columns. Write thousands without commas",
        "line 6, column installation: ",
        "line 7, column kind: ",
    ):
        assert expected in error.message, expected


@pytest.mark.parametrize("amount", ["-1", "1.5", "", str(2**40), "1e3"])
def test_one_bad_row_is_refused_as_it_is(refused, amount):
    error = refused("1,10,table", f"2,{amount},")
    assert (error.code, error.field) == ("DECISIONS_VALUE", "allocation_t")
    assert "line 3" in error.message and error.remedy


def test_all_double_entries_are_named(refused):
    assert refused("1,10,", "1,11,").code == "DECISIONS_TWICE"
    error = refused("1,10,", "2,3,", "1,11,", "2,3,", "3,4,")
    assert error.code == "DECISIONS_ROWS"
    assert "twice about installation 1." in error.message
    assert "twice about installation 2." in error.message
