"""Names beside numbers: in JSON by key, in tables by column, in sentences by the word before."""

from __future__ import annotations

import pytest

from tonne.cli.core import named
from tonne.cli.core.output import Printer
from tonne.errors import TonneError
from tonne.evidence.profiles import NOTHING, Named, Names


class Told(Names):
    """Participant 5 is withdrawn, project 7 and participant 3 are named; others have no profile."""

    def __init__(self):
        pass

    def participant(self, number):
        return {3: _Wind(), 5: Named("withdrawn")}.get(number, NOTHING)

    def project(self, number, developer=0):
        return _Wind() if number == 7 else NOTHING


class _Wind(Named):
    def __init__(self):
        super().__init__("named")

    @property
    def name(self):
        return "Wind [b]"


def test_json_has_a_name_under_a_key_of_its_own():
    told = named.data(Told(), {"rows": [{"seller": 3, "buyer": 5, "project": 7, "lots": 3}]})
    (row,) = told["rows"]
    assert row == {
        **{"seller": 3, "sellerName": "Wind [b]", "buyer": 5, "buyerName": None},
        **{"project": 7, "projectName": "Wind [b]", "lots": 3},
    }


@pytest.mark.parametrize(
    "value",
    [
        {"participant": 4},
        {"participant": True},
        {"participant": "3"},
        {"participant": 2**40},
        {"registry": "VERRA", "project": 7},
        {"from": 3},
    ],
)
def test_other_values_stay_as_they_are(value):
    assert named.data(Told(), value) == value


def test_a_table_names_by_column_by_fact_and_in_its_words():
    title, columns, rows = named.table(
        Told(), "Participant 3", (">seller", ">lots", "why"), [("3", "3", "body 5"), ("4", "1", "")]
    )
    assert title == "Participant 3 “Wind [b]”"
    assert columns == ["seller", ">lots", "why"]
    assert rows == [["3 “Wind [b]”", "3", "body 5 (profile withdrawn)"], ["4", "1", ""]]
    _, _, facts = named.table(Told(), "", ("", ""), [("project", "7"), ("lots", "3")])
    assert facts == [["project", "7 “Wind [b]”"], ["lots", "3"]]
    _, _, foreign = named.table(Told(), "", ("registry", "project"), [("VERRA", "7")])
    assert foreign == [["VERRA", "7"]]


@pytest.mark.parametrize(
    "line, told",
    [
        ("Sold to participant 3.", "Sold to participant 3 “Wind \\[b]”."),
        ("Project 7 is open", "Project 7 “Wind \\[b]” is open"),
        ("participant 3 “Other”", "participant 3 “Other”"),
        ("participant 4 and 3", "participant 4 and 3"),
        ("participant 3,000", "participant 3,000"),
    ],
)
def test_a_sentence_names_the_number_after_the_word(line, told):
    assert named.text(Told(), line) == told


class _Silent(Told):
    """A node that gives no events."""

    def participant(self, number):
        raise TonneError("RPC_TIMEOUT", "The node does not answer.")


@pytest.mark.parametrize("as_json", [True, False])
def test_a_node_that_tells_no_names_takes_no_result_away(capsys, as_json):
    class _Reader(Printer):
        def names_at_hand(self):
            return _Silent()

    _Reader(as_json=as_json).show({"seller": 3}, "Sold to participant 3.")
    assert "3" in capsys.readouterr().out
