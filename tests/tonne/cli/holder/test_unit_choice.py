"""Which units are surrendered and retired: chosen by the holder, listed where a choice fits several."""

from __future__ import annotations

import pytest

from tonne.audit.reconcile import audit
from tonne.cli.holder import unit_choice
from tonne.errors import TonneError
from tonne.types import unit_id
from tonne.types.ids import BatchId, SchemeId

CHINA = SchemeId(1)
ALLOWANCE, CREDIT = unit_id.ALLOWANCE, unit_id.OFFSET_CREDIT
A19, A20 = (unit_id.allowance(CHINA, year) for year in (2019, 2020))
ONE, TWO = (unit_id.pack(CREDIT, CHINA, 2020, BatchId(n)) for n in (1, 2))
LATER = unit_id.pack(CREDIT, CHINA, 2021, BatchId(3))
FOREIGN = unit_id.immobilised(CHINA, 2020, 1)
HELD = [
    {"unit": unit, "wallet": amount, "free": 0}
    for unit, amount in ((A19, 50), (A20, 100), (ONE, 30), (TWO, 40), (LATER, 60), (FOREIGN, 70))
]


LABELS = {TWO: frozenset({"corsia first phase", "1"}), LATER: frozenset({"insured", "2"})}


def _chosen(*texts, allowances=0, credits=0, held=None):
    wanted = {ALLOWANCE: allowances, CREDIT: credits}
    return unit_choice.chosen(HELD if held is None else held, wanted, "wallet", texts, LABELS)


def _code(*texts, **wanted):
    with pytest.raises(TonneError) as refused:
        _chosen(*texts, **wanted)
    assert refused.value.remedy
    return refused.value.code


def test_without_a_choice_the_oldest_allowances_go_and_the_only_batch():
    assert _chosen(allowances=120) == [(A19, 50), (A20, 70)]
    assert _chosen(credits=20, held=HELD[:3]) == [(ONE, 20)]


def test_a_choice_is_a_vintage_a_batch_or_an_id():
    assert _chosen("2020", allowances=60) == [(A20, 60)]
    assert _chosen("2020#2", credits=40) == [(TWO, 40)]
    assert _chosen("2021", credits=60) == [(LATER, 60)]
    assert _chosen(hex(FOREIGN), credits=1) == [(FOREIGN, 1)]
    assert _chosen(str(FOREIGN), credits=1) == [(FOREIGN, 1)]


def test_a_choice_is_a_label_that_holds_or_says_its_kind():
    assert _chosen("label:CORSIA first phase", credits=40) == [(TWO, 40)]
    assert _chosen("label:2=60", credits=60) == [(LATER, 60)]
    assert _chosen("allowance:2020", allowances=60) == [(A20, 60)]
    assert _chosen("credit:2021", "allowance:2020=3", allowances=3, credits=5) == [
        (A20, 3),
        (LATER, 5),
    ]


def test_several_choices_share_the_amount_stated_parts_first():
    assert _chosen("2021", "2020#2=25", credits=45) == [(LATER, 20), (TWO, 25)]
    assert _chosen("2020#2", "2021#3", credits=50) == [(TWO, 40), (LATER, 10)]
    both = _chosen("2020#2", allowances=10, credits=40)
    assert both == [(A19, 10), (TWO, 40)]


def test_batches_of_credits_are_never_chosen_for_their_holder():
    """Before, the oldest batch went without a word."""
    assert _code(credits=10) == "UNIT_AMBIGUOUS"
    assert _code("2020", credits=10) == "UNIT_AMBIGUOUS"
    assert _code("2020", allowances=1, credits=1) == "UNIT_AMBIGUOUS"


def test_the_list_has_what_to_type_for_each():
    with pytest.raises(TonneError) as refused:
        _chosen("2020", credits=10)
    rows = refused.value.message.splitlines()[1:]
    assert [row.split()[1] for row in rows] == [hex(ONE), "2020#2", hex(FOREIGN)]
    assert "30 t, credit 2020 #1" in rows[0] and "of another registry" in rows[2]
    for row in rows:
        _chosen(row.split()[1], credits=1)


WRONG = {
    "nothing of it": (("2018",), "UNIT_NOT_HELD"),
    "another batch": (("2020#9",), "UNIT_NOT_HELD"),
    "another id": (("0x99",), "UNIT_NOT_HELD"),
    "too much of one": (("2020#2=41",), "UNIT_AMOUNT"),
    "too little in all": (("2020#2",), "UNIT_AMOUNT"),
    "parts that do not add up": (("2020#2=10", "2021=20"), "UNIT_AMOUNT"),
    "more than is wanted": (("2021=60",), "UNIT_AMOUNT"),
    "twice": (("2021", "2021#3"), "UNIT_TWICE"),
    "words": (("the old ones",), "UNIT_UNREADABLE"),
    "no year": (("99999",), "UNIT_UNREADABLE"),
    "no amount": (("2020#2=",), "UNIT_UNREADABLE"),
    "a negative part": (("2020#2=-1",), "UNIT_UNREADABLE"),
    "a sign in front": (("#2",), "UNIT_UNREADABLE"),
    "a label of none": (("label:ICVCM",), "UNIT_NOT_HELD"),
    "a label without name": (("label:",), "UNIT_UNREADABLE"),
    "an allowance as credit": (("allowance:2020",), "UNIT_NOT_HELD"),
    "another kind": (("certificate:2020",), "UNIT_UNREADABLE"),
}


@pytest.mark.parametrize("name", WRONG)
def test_a_choice_that_cannot_be_is_refused(name):
    texts, code = WRONG[name]
    assert _code(*texts, credits=50) == code


def test_a_surrender_takes_the_chosen_vintage_and_a_retirement_the_chosen_batch(town, tonne):
    chain, people = town.chain, town.market.people
    done = tonne("surrender", 2, 1000, "--unit", "2020=1000", "--as", "east")
    assert done["units"] == [{"unit": str(town.market.allowance), "amount": 1000}]
    refused = tonne("surrender", 2, 1000, "--unit", "2019", "--as", "east", status=1)
    assert refused["code"] == "UNIT_NOT_HELD"
    claim = ("--beneficiary", "A. Company", "--purpose", "fleet", "--from", "2020-01-01")
    retire = ("retire", 5, *claim, "--until", "2020-12-31", "--as", "trader")
    first = tonne(*retire)
    assert first["unit"] == str(town.market.credit)
    assert tonne(*retire, "--unit", "2020")["unit"] == str(town.market.credit)
    assert tonne(*retire, "--unit", "2019", status=1)["code"] == "UNIT_NOT_HELD"
    assert tonne(*retire, "--unit", "old", status=1)["code"] == "UNIT_UNREADABLE"
    assert tonne(*retire, "--unit", "label:CORSIA", status=1)["code"] == "UNIT_NOT_HELD"
    chain.send(people["trader"], "OffsetCredits", "safeTransferFrom", people["trader"],
               chain["Exchange"], town.market.credit, 100, b"")  # fmt: skip
    there = tonne(*retire, "--from-exchange", "--unit", "2020")
    assert there["unit"] == str(town.market.credit)
    both = tonne(*retire, "--from-exchange", "--towards", "CHE", status=1)
    assert both["code"] == "RETIRE_TOWARDS_EXCHANGE"
    emitter = ("retire", 5, *claim, "--until", "2020-12-31", "--as", "east")
    given_up = tonne(*emitter, "--unit", "allowance:2020")
    assert given_up["unit"] == str(town.market.allowance)
    assert chain.call("OffsetCredits", "balanceOf", people["trader"], town.market.credit) > 0
    assert audit(chain).differences == []
