"""A quarter-hour of the power market is weighed whole, and docs/gas.md says what came of it."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import typer

from tests.gas.interval import SIZES, Weighed, main, table, weigh
from tests.gas.power_town import LEAST, Size

DOCUMENTED = Path(__file__).resolve().parents[2] / "docs" / "gas.md"


@pytest.mark.parametrize("size", SIZES, ids=str)
def test_every_customer_has_an_aggregator_that_may_bid_for_it(size):
    groups = list(size.groups())

    assert sum(count for _, _, count in groups) == size.households
    assert min(count for _, _, count in groups) >= LEAST
    assert len({(aggregator, at) for aggregator, at, _ in groups}) == size.nodes * size.at_node


def test_what_is_above_the_aim_is_told():
    weighed = Weighed(Size(10_000, 12, 36, 20, 20), accounts=10_000)
    weighed.gas |= {"runs": 19e6, "list": 1e5, "payments": 9e5}

    assert list(weighed.faults()) == []
    weighed.gas["payments"] += 1e5
    assert len(list(weighed.faults())) == 2


def test_a_number_of_households_without_a_row_is_refused():
    with pytest.raises(typer.BadParameter, match="choose 200, 1000, 10000, or 0 for all"):
        main(households=1)


@pytest.mark.long
def test_the_documented_figures_are_those_of_the_smallest_market():
    text = DOCUMENTED.read_text(encoding="utf-8").split("\n### A quarter-hour\n")[1]

    rows = table([weigh(SIZES[0])]).splitlines()[2:]

    assert rows
    for row in rows:
        name, figure = row.strip("| ").split(" | ")
        documented = re.search(rf"^\| {re.escape(name)} \| ([^|]+) \|", text, re.MULTILINE)
        assert documented is not None, name
        assert documented[1] == figure, name
