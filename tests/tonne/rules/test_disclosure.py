"""Cells of the comparison: what a pack says on a day, what ended, and the words for the rest."""

from __future__ import annotations

from collections import Counter
from datetime import date
from decimal import Decimal

import pytest

from tonne.rules import disclosure
from tonne.rules.disclosure import NOT_APPLIED, NOT_DISCLOSED, NOT_IN_PACK
from tonne.rules.pack import load, names

DAY = date(2026, 11, 30)


@pytest.fixture(scope="module")
def packs():
    return {name: load(name) for name in names()}


def text(packs, name, key, day=DAY):
    return disclosure.cell(packs[name], key, day).text


@pytest.mark.parametrize(
    ("name", "key", "told"),
    [
        ("us-rggi", "cap.amount", "69,401,609 short ton (until 2024)"),
        ("us-rggi", "auction.reserve_price", "2.62 USD/short ton (until 2025)"),
        ("china-guangdong", "cap.amount", "297,000,000 t (until 2023)"),
        ("china-national", "benchmark", "6 (until 2022)"),
        ("china-national", "period", "2025-12-31 (of 2024)"),
        ("eu-ets", "period", "2025-09-30 (of 2024)"),
    ],
)
def test_what_ended_stands_with_its_last_year(packs, name, key, told):
    assert text(packs, name, key) == told


def test_what_is_yet_to_begin_and_what_is_assumed_are_not_carried_on(packs):
    assert text(packs, "us-rggi", "cap.amount", date(2013, 12, 31)) == NOT_IN_PACK
    rggi = packs["us-rggi"]
    entry = rggi.values["cap.amount"][0].model_copy(
        update={"confidence": "assumed", "value": Decimal(1), "to": date(2010, 12, 31)}
    )
    supplied = rggi.assuming({"cap.added": (entry,)}, {})
    assert disclosure._ended(supplied, "cap.added", DAY) is None


def test_a_cap_that_the_reduction_leads_to_is_marked(packs):
    assert (
        text(packs, "eu-ets", "cap.amount", date(2024, 12, 31))
        == "1,386,051,745 t (by the reduction)"
    )
    assert text(packs, "eu-ets", "cap.amount", date(2021, 12, 31)) == "1,571,583,007 t"


@pytest.mark.parametrize(
    ("name", "key"),
    [
        ("eu-ets", "penalty.min"), ("eu-ets", "penalty.multiple_max"), ("eu-ets", "penalty.units_for_each"),
        ("eu-ets", "penalty.cap"), ("china-national", "penalty.min"), ("us-rggi", "penalty.max_per_unit"),
        ("eu-ets", "offset.programmes"), ("china-chongqing", "borrowing.limit"),
    ],
)  # fmt: skip
def test_what_the_packs_own_words_exclude_does_not_apply(packs, name, key):
    cell = disclosure.cell(packs[name], key, DAY)
    assert (cell.text, cell.disclosed, cell.assumed) == (NOT_APPLIED, True, False)


def test_a_scheme_without_a_known_fine_excludes_none(packs):
    day = date(2025, 6, 30)
    assert text(packs, "china-hubei", "penalty.max_per_unit", day) == NOT_IN_PACK
    assert text(packs, "china-hubei", "penalty.cap", day) == "150,000 CNY (until 2024)"
    assert text(packs, "china-beijing", "penalty.cap", day) == NOT_IN_PACK, "its form may have one"


def test_the_schemes_own_silence_goes_before_all_else(packs):
    assert text(packs, "china-national", "cap.amount") == NOT_DISCLOSED


def test_fewer_cells_than_five_hundred_are_not_in_the_packs(packs):
    found = disclosure.compared(list(packs.values()), DAY)
    count = Counter(cell.text for rows in found.values() for row in rows for cell in row)
    assert (count.total(), count[NOT_IN_PACK], count[NOT_DISCLOSED]) == (672, 477, 2)
