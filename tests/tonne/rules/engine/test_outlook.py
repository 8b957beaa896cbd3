"""What a firm has to expect: its gap within a range, what it can carry over, what waiting costs."""

from __future__ import annotations

from datetime import date
from types import SimpleNamespace
from typing import Any

import pytest

from tests.tonne.cli.holder.test_bank_expire import IN_2025, tonne  # noqa: F401
from tonne.chain.client import Chain
from tonne.cli.holder import outlook
from tonne.crypto.hashing import keccak
from tonne.errors import TonneError
from tonne.rules import engine
from tonne.rules.engine import Output
from tonne.rules.pack import load
from tonne.types import unit_id

PACK = load("china-national")
DEADLINE = date(2021, 12, 31)


def test_a_gap_is_expected_on_the_whole_allocation_within_what_is_immaterial():
    """Ours: 1,000,000 MWh x 0.877 = 877,000 t; 5 % of 900,000 t is 45,000 t; 613,900 t are in hand."""
    found = engine.outlook(
        PACK, "coal_gt300", {2020: Output(1_000_000)}, 900_000, held=613_900, allocated=613_900
    )
    assert found == engine.Outlook(877_000, 23_000, -22_000, 68_000)


def test_a_debt_and_what_is_surrendered_move_the_gap():
    outputs = {2020: Output(1_000_000)}
    before = engine.outlook(PACK, "coal_gt300", outputs, 900_000, held=0, allocated=0)
    after = engine.outlook(
        PACK, "coal_gt300", outputs, 900_000, held=0, allocated=0, debt=1_000, surrendered=400
    )
    assert after.gap - before.gap == 600


def test_an_obligation_is_capped_at_both_ends_of_the_range():
    """A gas plant owes no more than its free allocation, whatever verification finds."""
    found = engine.outlook(
        PACK, "gas", {2020: Output(1_000_000)}, 500_000, held=392_000, allocated=392_000
    )
    assert (found.low, found.gap, found.high) == (0, 0, 0)


def test_waiting_costs_up_to_the_band_and_staying_short_the_fine_and_the_deduction():
    cost = engine.waiting(PACK, 1_000, 5_000, date(2021, 12, 1), DEADLINE)
    assert cost == engine.Waiting(
        now=5_000_000,
        next_day=5_500_000,
        short_min=2_000_000 + 5_000_000,
        short_max=3_000_000 + 5_000_000,
    )
    # From 2024 on five to ten times the price, beside the deduction.
    cost = engine.waiting(PACK, 1_000, 5_000, date(2024, 12, 2), date(2024, 12, 31))
    assert (cost.short_min, cost.short_max) == (30_000_000, 55_000_000)


@pytest.mark.parametrize(("gap", "price"), [(0, 5_000), (-10, 5_000), (10, 0)])
def test_without_gap_or_price_waiting_has_no_cost(gap, price):
    assert engine.waiting(PACK, gap, price, date(2021, 12, 1), DEADLINE) is None


def test_another_s_plant_is_not_shown():
    assert outlook.chosen([2, 5], None) == [2, 5]
    assert outlook.chosen([2, 5], 5) == [5]
    with pytest.raises(TonneError, match="POSITION_NOT_YOURS"):
        outlook.chosen([2, 5], 3)


class FakeChain:
    """Answers of contracts, by function."""

    def __init__(self, now: int, **answers: int) -> None:
        self.time, self.answers = now, answers

    def now(self) -> int:
        return self.time

    def call(self, contract: str, function: str, *args: object) -> int:
        return self.answers[function]


def desk_with(chain: FakeChain) -> Any:
    return SimpleNamespace(chain=chain)


NOVEMBER_2021, LAST_SECOND = 1_637_000_000, 1_640_966_399
UNASSESSED = {
    "plant": 1, "assessed": False, "years": [2020], "allocated": 613_900, "debt": 0,
    "surrendered": 0, "open": 0, "deadline": LAST_SECOND,
}  # fmt: skip


def test_a_plant_that_is_not_assessed_yet_sees_its_gap_from_its_report():
    report = 900_000 | 1_000_000 << 40
    chain = FakeChain(NOVEMBER_2021, record=report, installation=1 << 56)
    found = outlook.expect(desk_with(chain), PACK, UNASSESSED)
    assert (found["allocation"], found["needs"]) == (877_000, 23_000 + 613_900)
    assert (found["low"], found["high"]) == (-22_000 + 613_900, 68_000 + 613_900)
    plant = {**UNASSESSED, "expected": found}
    assert "it needs 636,900 t of yours, between 591,900 and 681,900 t" in " ".join(
        outlook.lines(plant)
    )
    told = outlook.firm(desk_with(chain), PACK, [plant], 613_900, 5_000)
    assert (told["low"], told["gap"], told["high"]) == (-22_000, 23_000, 68_000)
    assert told["waiting"]["now"] == "1,150,000.00"
    shown = {"allowances": 613_900, "missing": 0, "currency": "CNY", "expected": told}
    text = " ".join(outlook.firm_lines(shown))
    assert "23,000 t missing, between 22,000 t to spare and 68,000 t missing" in text


def _firm(*needs, held, price=5_000):
    """Plants that are assessed, each with what is open of it; None: nothing is known of it."""
    plants = [
        {
            "plant": number,
            "deadline": LAST_SECOND,
            "expected": None if need is None else {"needs": need, "low": need, "high": need},
        }
        for number, need in enumerate(needs, start=1)
    ]
    return outlook.firm(desk_with(FakeChain(NOVEMBER_2021)), PACK, plants, held, price)


def test_a_firm_s_allowances_count_once_for_all_its_plants():
    """900 t for plants that need 600 and 500: 200 t are missing, and not nothing twice."""
    assert _firm(600, 500, held=900)["gap"] == 200
    assert _firm(600, 500, held=1_200)["gap"] == -100
    assert _firm(600, -50, held=0)["gap"] == 550, "what one brings back the other may use"


def test_who_has_several_plants_is_fined_for_one_at_least_and_for_all_at_most():
    """A fine of 20,000 to 30,000 yuan for each plant; the deduction is the same however it is spread."""
    alone, two = _firm(1_100, held=900)["waiting"], _firm(600, 500, held=900)["waiting"]
    assert (alone["now"], two["now"]) == ("10,000.00", "10,000.00")
    assert alone["short"] == ["30,000.00", "40,000.00"]
    assert two["short"] == ["30,000.00", "70,000.00"]
    assert _firm(600, 500, held=1_099)["waiting"]["short"] == ["20,050.00", "30,050.00"]


def test_a_plant_nothing_is_known_of_is_left_out_by_name():
    found = _firm(600, None, held=900)
    assert (found["gap"], found["unknown"], found["waiting"]) == (-300, [2], None)
    told = {"allowances": 900, "missing": -300, "expected": found}
    assert "plants 2" in " ".join(outlook.firm_lines(told))
    assert _firm(None, None, held=900) is None


def test_without_a_report_or_a_pack_nothing_is_expected_and_after_the_deadline_nothing_waits():
    chain = FakeChain(NOVEMBER_2021, record=0, installation=1 << 56)
    assert outlook.expect(desk_with(chain), PACK, UNASSESSED) is None
    assert outlook.expect(desk_with(chain), None, UNASSESSED) is None
    assessed = {**UNASSESSED, "assessed": True, "open": 10}
    assessed["expected"] = outlook.expect(desk_with(chain), PACK, assessed)
    late = desk_with(FakeChain(LAST_SECOND + 1))
    assert outlook.firm(late, PACK, [assessed], 4, 5_000)["waiting"] is None
    assert outlook.firm(desk_with(chain), None, [assessed], 4, 5_000)["waiting"] is None
    assert outlook.firm(desk_with(chain), PACK, [assessed], 4, 5_000)["waiting"] is not None


@pytest.mark.parametrize(
    ("owed", "room", "amount"),
    [(0, 10_000, 500), (400, 10_000, 250), (0, 90, 90), (700, 10_000, 0), (0, 2**256 - 1, 500)],
)
def test_what_is_to_spare_can_be_carried_over_within_the_room(owed, room, amount):
    """500 t of 2020 and 150 t of 2025, into which they would go; another scheme's do not count."""
    held = [
        {
            "unit": unit_id.allowance(scheme, vintage),
            "wallets": count,
            "exchange": 0,
        }
        for scheme, vintage, count in ((1, 2020, 500), (1, 2025, 150), (7, 2020, 9_000))
    ]
    chain = FakeChain(IN_2025, roomOf=room)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(outlook, "banking_vintage", lambda desk, scheme: 2025)
        assert outlook.bankable(desk_with(chain), 1, 4, held, owed)["amount"] == amount
        patch.setattr(outlook, "banking_vintage", lambda desk, scheme: 0)
        assert outlook.bankable(desk_with(chain), 1, 4, held, owed) == {"into": 0, "amount": 0}


def test_position_tells_what_to_expect(tonne, town):  # noqa: F811
    before = tonne("position", "--as", "north")
    (plant,), firm = before["plants"], before["firm"]
    gap = plant["open"] - sum(h["wallets"] + h["exchange"] for h in before["units"])
    expected = firm["expected"]
    assert plant["expected"]["needs"] == plant["open"]
    assert expected["gap"] == expected["low"] == expected["high"] == firm["missing"] == gap > 0
    assert expected["waiting"]["short"][0] > expected["waiting"]["now"]
    assert before["bankable"] == {"into": 0, "amount": 0}
    assert tonne("position", plant["plant"], "--as", "north")["plants"] == before["plants"]
    assert "POSITION_NOT_YOURS" in tonne("position", 99, "--as", "north", status=1, as_json=False)
    said = tonne("position", "--as", "north", as_json=False)
    assert f"Closing the gap costs {expected['waiting']['now']} CNY at the last price" in said
    least, most = firm["fine"]
    fine = f"Staying short: a fine of {least} to {most} CNY, and the missing tonnes"
    assert f"{fine} come off the next allocation." in " ".join(said.split())

    key = keccak(b"penalty.deduction_ppm")
    paramor = town.chain.call

    def without(contract: str, function: str, *args: Any) -> Any:
        asked = function == "paramOr" and args[1] == key
        return args[-1] if asked else paramor(contract, function, *args)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Chain, "call", lambda self, *asked, **rest: without(*asked, **rest))
        said = tonne("position", "--as", "north", as_json=False)
    assert f"{fine} stay due." in " ".join(said.split())

    town.chain.set_time(IN_2025)
    later = tonne("position", "--as", "north")
    assert later["bankable"] == {"into": 2025, "amount": 0}  # all it holds it owes
    assert later["firm"]["expected"]["waiting"] is None


def test_position_of_a_firm_with_several_plants_has_one_stock_of_allowances(tonne, town):  # noqa: F811
    chain, people = town.chain, town.market.people
    first = tonne("position", "--as", "north")
    (mine,) = first["plants"]
    other = next(
        n
        for n, word in enumerate(_words(chain), start=1)
        if word & 0xFFFFFF == _number(town, "east")
    )
    chain.send(people["east"], "Participants", "offerInstallation", other, _number(town, "north"))
    chain.send(people["north"], "Participants", "acceptInstallation", other)

    both = tonne("position", "--as", "north")
    assert [p["plant"] for p in both["plants"]] == sorted([mine["plant"], other])
    open_ = sum(p["open"] for p in both["plants"])
    own = first["firm"]["allowances"]
    assert (both["firm"]["allowances"], both["firm"]["open"]) == (own, open_)
    assert both["firm"]["missing"] == both["firm"]["expected"]["gap"] == open_ - own
    alone = tonne("position", other, "--as", "north")
    assert [p["plant"] for p in alone["plants"]] == [other]
    assert alone["firm"] == both["firm"], "the stock is the firm's, whichever plant is looked at"
    said = tonne("position", "--as", "north", as_json=False)
    assert said.count("You hold") == 1


def _words(chain):
    count = chain.call("Participants", "installationCount")
    return [chain.call("Participants", "installation", n) for n in range(1, count + 1)]


def _number(town, name):
    return town.market.participants[name]
