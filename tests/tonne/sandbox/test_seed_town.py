"""The town of the small market: its credits add up, its day is paid, the audit finds nothing."""

from __future__ import annotations

from tonne.audit import reconcile
from tonne.sandbox import seed_town, town_day
from tonne.units import energy_credits
from tonne.units.energy_credits import MICRO


def _played(street_day):
    town, day = street_day.town, street_day.day
    town_day.show(town, day)
    town_day.pay(town, day)
    seed_town._pay_bills(town, day)
    seed_town._recover(town)
    return town, day


def test_what_the_town_issued_is_outstanding_redeemed_or_reclaimed(street_day):
    town, _ = _played(street_day)
    (line,) = energy_credits.report(town.chain)
    issued = sum(seed_town.ISSUED.values()) + seed_town.TWICE
    assert line.issued == issued * MICRO
    assert line.reclaimed == seed_town.TWICE * MICRO
    assert line.redeemed > 0
    assert line.issued == line.outstanding + line.redeemed + line.reclaimed
    assert line.limit == seed_town.LIMIT_AFTER * MICRO
    assert reconcile.audit(town.chain).differences == []


def test_who_issued_and_who_limited_are_two(street_day):
    _played(street_day)
    chain, who = street_day.chain, street_day.town.who
    (opened,) = chain.logs("EnergyCredits", "SeriesOpened")
    limits = chain.logs("EnergyCredits", "IssueLimitSet")
    frozen = chain.logs("EnergyCredits", "FreezeOrdered")
    assert opened["by"] == who["town_hall"].address
    assert {e["officer"] for e in (*limits, *frozen)} == {who["supervisor"].address}


def test_all_that_homes_pay_goes_to_plant_and_grid(street_day):
    town, day = _played(street_day)
    (paid,) = town.chain.logs("PowerSettlement", "OperatorPaid")
    last = {name: day.last_line(town.accounts[name]).day.net for name in town.accounts}
    assert paid["payee"] == town.numbers["grid_operator"]
    assert last["household"] < 0
    assert last[seed_town.PLANT] > 0
    # Roundings stay where they are: less than two micro-credits a line.
    assert 0 <= -sum(last.values()) - paid["amount"] < 2 * 3 * town_day.PER_DAY


def test_the_neighbours_roof_feeds_in_at_noon(street_day):
    town, day = street_day.town, street_day.day
    account = town.accounts["neighbour"]
    nets = [day.line(index, account)[1].metered_wh for index in range(town_day.PER_DAY)]
    assert min(nets) < 0 < max(nets)
