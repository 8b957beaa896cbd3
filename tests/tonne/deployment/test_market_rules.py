"""Rules of later dates reach the markets; what cannot be taken over is refused."""

import json
from datetime import date, time
from types import SimpleNamespace

import pytest

from tests.tonne.rules.packs import altered, dated
from tonne.chain import clock
from tonne.chain.client import Call
from tonne.cli.core.session import Signer
from tonne.cli.market import rules
from tonne.deployment import market_rules, scheme_setup
from tonne.errors import TonneError
from tonne.simulation.period.model.market_state import empty_market
from tonne.simulation.period.steps import market as markets
from tonne.types import unit_id

FRIDAY, MONDAY = date(2021, 7, 16), date(2021, 7, 19)


def changed(old: str, new: str, unit: str) -> str:
    """A rule that is another from Monday on."""
    return dated(old, unit, until="2021-07-18") + dated(new, unit, "2021-07-19")


@pytest.fixture
def later(tmp_path):
    """From Monday on: last price, 5 %, mornings only, a limit for everybody."""
    return altered(
        tmp_path,
        close_rule=changed('"volume_weighted"', '"last_price"', "rule"),
        band=changed("0.10", "0.05", "share"),
        sessions=changed('["09:30-11:30", "13:00-15:00"]', '["09:30-11:30"]', "local time"),
        holding_limit=dated("2_000_000", "t", "2021-07-19"),
    )


@pytest.fixture
def bring(town, later, capsys):
    """The command, with the pack that has other rules on Monday."""

    def run(pack=later, name="authority", as_json=True, dry_run=False, **options):
        session = Signer(rpc=town.chain.url, folder=town.folder, as_json=as_json, dry_run=dry_run)
        if name is not None:
            session.account = town.market.people[name]
        rules.rules.__wrapped__(session, pack_name=str(pack.path), **options)
        said = capsys.readouterr().out
        return json.loads(said) if as_json else " ".join(said.split())

    return run


def test_rules_of_a_later_date_arrive_by_themselves(town, later, bring):
    """It is Friday, in session: what is sent is adopted on Monday, and only then."""
    chain, market = town.chain, town.market.market

    told = bring()

    assert {row["day"] for row in told["changes"]} == {"2021-07-19"}
    assert {row["market"] for row in told["changes"]} == {1, 2}, "every market of the scheme"
    of_one = {
        row["rule"]: (row["stands"], row["pack"]) for row in told["changes"] if row["market"] == 1
    }
    assert of_one == {
        "close": ("volume weighted", "last price"),
        "band": ("10 %", "5 %"),
        "sessions": ("09:30-11:30 13:00-15:00", "09:30-11:30"),
        "holding limit": ("none", "2,000,000"),
    }
    config, _ = chain.call("ExchangeLens", "marketConfig", market)
    assert config.rules.bandPpm == 100_000, "Friday is played by Friday's rules"
    chain.set_time(later.at(MONDAY, time(9, 31)))
    clock.open_day(chain, market)
    config, _ = chain.call("ExchangeLens", "marketConfig", market)
    assert (config.rules.bandPpm, config.rules.closeRule) == (50_000, 1)
    assert list(config.rules.sessions) == [38, 46, 0, 0]
    assert config.rules.maximumLots == 99_999 and config.rules.takerLevels == 5, "the rest stays"
    assert bring()["changes"] == [], "nothing is left to send"


def test_each_row_names_the_line_and_the_source_in_the_pack(later, bring):
    lines = later.path.read_text(encoding="utf-8").splitlines()
    row = next(row for row in bring(dry_run=True)["changes"] if row["rule"] == "close")
    place, source = row["where"].split(", ")
    file, line = place.split(":")
    assert (file, source) == (later.path.name, "trading-rules-2021")
    assert "last_price" in lines[int(line) - 1]


def test_a_dry_run_sends_nothing_and_needs_no_key(town, bring):
    block = town.chain.block_number()
    said = bring(dry_run=True, name=None, as_json=False)
    assert (
        "rule: close stands: volume weighted pack: last price" in said
        and said.count("Nothing was sent.") == 1
    )
    assert town.chain.block_number() == block


def test_the_shipped_pack_has_nothing_new_and_says_what_it_does_not_know(pack, bring):
    told = bring(pack=pack)
    assert told["changes"] == [] and told["transactions"] == []
    assert told["silent"]["1"] == ["holding limit"]


def test_a_rule_that_is_not_known_on_a_day_stays(pack, bring):
    told = bring(pack=pack, at="2023-08-28", dry_run=True)
    assert told["changes"] == []
    assert "close" in told["silent"]["1"]


def test_rules_of_another_day_than_the_adopting_one_are_not_sent(bring):
    with pytest.raises(TonneError) as refusal:
        bring(at="2021-07-20")
    assert refusal.value.code == "MARKET_RULES_DAY"
    assert "2021-07-19" in refusal.value.message
    assert bring(at="2021-07-20", dry_run=True)["changes"], "but shown"


def test_a_day_that_is_not_open_yet_adopts_today(town, later):
    chain = town.chain
    assert market_rules.adopting_day(chain, later, 1) == MONDAY
    chain.set_time(later.at(MONDAY, time(8)))
    assert market_rules.adopting_day(chain, later, 1) == MONDAY
    chain.set_time(later.at(MONDAY, time(9, 31)))
    clock.open_day(chain, 1)
    assert market_rules.adopting_day(chain, later, 1) == date(2021, 7, 20)


def test_what_is_made_with_a_market_for_good_is_refused(tmp_path, bring):
    coarser = altered(tmp_path, tick=changed("0.01", "0.05", "CNY/t"))
    with pytest.raises(TonneError) as refusal:
        bring(pack=coarser)
    assert refusal.value.code == "MARKET_FIXED" and refusal.value.field == "market.tick"


def test_only_the_office_of_the_market_sends(bring):
    with pytest.raises(TonneError) as refusal:
        bring(name="trader")
    assert refusal.value.code == "SCHEMES_NO_POWER"


def test_a_limit_out_of_the_budget_goes_by_what_was_disclosed(town, tmp_path, bring):
    """California's form; its figures of 2013 when the budget is given."""
    pack = altered(
        tmp_path,
        holding_limit_base=dated("5_000_000", "t"),
        holding_limit_base_share=dated("0.1", "share"),
        holding_limit_rest_share=dated("0.025", "share"),
    )
    cap = town.chain.call("Schemes", "disclosure", 1, 2020).capT
    limit = 500_000 + (cap - 5_000_000) * 25 // 1000
    rows = bring(pack=pack, dry_run=True)["changes"]
    assert [(row["market"], row["pack"]) for row in rows] == [(1, f"{limit:,}")], (
        "credits have none"
    )

    pack = altered(
        tmp_path,
        holding_limit_base=dated("25_000_000", "t"),
        holding_limit_base_share=dated("0.1", "share"),
        holding_limit_rest_share=dated("0.025", "share"),
    )
    row = bring(pack=pack, budget=162_800_000, dry_run=True)["changes"][0]
    assert (row["rule"], row["pack"]) == ("holding limit", "5,945,000")


def test_the_period_takes_over_what_the_pack_changes_between_two_days(town, later):
    """Its plain book follows the close rule too: the last price, not the mean."""
    chain, who = town.chain, town.market.people["authority"]
    driver = SimpleNamespace(
        at=lambda moment: chain.set_time(max(moment, chain.now())),
        next_at=lambda moment: chain.set_next_time(max(moment, chain.now() + 1)),
        call=lambda sender, name, function, *args: Call(sender, chain[name], function, args),
        send_all=chain.send_many,
    )
    state = SimpleNamespace(
        chain=chain, pack=later, officers=SimpleNamespace(operator=who), driver=driver
    )
    market = empty_market(0, 1, "Allowances", town.market.allowance)
    market.rules = market_rules.known(later, FRIDAY)

    markets.open_day(state, market, MONDAY)

    config, _ = chain.call("ExchangeLens", "marketConfig", 1)
    assert (config.rules.bandPpm, config.rules.closeRule) == (50_000, 1)
    market.ticks = [(4_800, 10), (4_900, 30)]
    assert markets.end_day(state, market, MONDAY).close == 4_900
    block = chain.block_number()
    markets.open_day(state, market, date(2021, 7, 20))
    assert chain.block_number() - block == 1, "the opening, at its time, and no rules"


def test_a_market_is_created_with_the_rules_of_its_day(town, later):
    chain, who = town.chain, town.market.people["authority"]
    chain.set_time(later.at(MONDAY, time(8)))
    unit = unit_id.pack(unit_id.ENERGY_CERTIFICATE, 1, 0, 99)
    number = scheme_setup.create_market(
        chain, who, later, unit, "EnergyCertificates", reference_cents=3_000
    )
    _, adopted = chain.call("ExchangeLens", "marketConfig", number)
    assert (adopted.bandPpm, adopted.closeRule) == (50_000, 1)


def test_lots_are_counted_in_the_packs_lots(tmp_path):
    pack = altered(tmp_path, lot=dated("10", "t"), block_min=dated("100_005", "t"))
    known = market_rules.known(pack, FRIDAY)
    assert (known["maximumLots"], known["blockMinimumLots"]) == (9_999, 10_001)
