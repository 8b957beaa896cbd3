"""`tonne energy key`, `admit` and `leave`: a customer moves in with its supplier, and out again."""

from __future__ import annotations

from tests.tonne.cli.energy.residents import tonne as tonne
from tonne.units.energy_credits import MICRO


def test_a_customer_moves_in_and_out(street_day, tonne, tmp_path):
    assert tonne("energy", "key", who="south")["account"] is None
    file, meter = tmp_path / "application.json", street_day.town.meters["south"]
    supplier = street_day.town.numbers["retailer"]
    tonne("energy", "apply", file, "--supplier", supplier, "--meter", meter, who="south")
    account = tonne("energy", "admit", file, "--credits", "7.5", who="retailer")["account"]
    chain = street_day.chain
    assert tonne("energy", "key", who="south")["account"] == account
    assert chain.call("PowerMarket", "accountOf", account).free == 7_500_000
    refused = tonne("energy", "leave", account, who="south", status=1)
    assert refused["code"] == "ACCOUNT_OF_ANOTHER"
    left = tonne("energy", "leave", account, who="retailer")
    assert (left["returned"], left["bound"]) == (7_500_000, 0)
    assert chain.call("PowerMarket", "accountOf", account).free == 0
    back = tonne("energy", "admit", file, "--credits", "2", who="retailer")  # comes back
    assert (back["account"], back["credits"]) == (account, 2_000_000)


def test_the_key_of_a_home_is_the_account_that_the_town_opened(street_day, tonne):
    told = tonne("energy", "key", who="household")
    assert told["account"] == street_day.town.accounts["household"]
    assert told["address"] != street_day.town.who["household"].address
    assert tonne("energy", "leave", told["account"], who="retailer")["returned"] == 10 * MICRO


def test_credits_of_a_lost_wallet_are_named_by_their_series(street_day, tonne):
    wallet = street_day.town.who["household"].address
    recover = ("wallet", "recover", wallet)
    assert tonne(*recover, "credit:1", who="retailer", status=1)["code"] == "UNIT_WALLET_NOT_LOST"
    assert tonne(*recover, "credit:9", who="retailer", status=1)["code"] == "CREDIT_UNKNOWN_SERIES"
