"""`tonne energy pay-in` and `pay-out`: credits of a wallet in the power market, and back."""

from __future__ import annotations

from tests.tonne.cli.energy.residents import tonne as tonne


def test_credits_go_into_the_market_and_come_back(street_day, tonne):
    town, chain = street_day.town, street_day.chain
    wallet, number = town.who["household"], town.numbers["household"]
    held = chain.call("EnergyCredits", "balanceOf", wallet, town.series)
    told = tonne("energy", "pay-in", "2.5", who="household")
    assert (told["account"], told["moved"], told["free"]) == (number, 2_500_000, 2_500_000)
    assert chain.call("EnergyCredits", "balanceOf", wallet, town.series) == held - 2_500_000
    told = tonne("energy", "pay-out", "1", who="household")
    assert (told["free"], told["bound"]) == (1_500_000, 0)
    assert chain.call("EnergyCredits", "balanceOf", wallet, town.series) == held - 1_500_000


def test_who_has_too_little_there_is_told_how_to_bring_it(street_day, tonne):
    told = tonne("energy", "pay-out", "1", who="household", status=1)
    assert told["code"] == "POWER_INSUFFICIENT_CREDITS" and "tonne energy pay-in" in told["remedy"]
