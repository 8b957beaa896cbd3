"""Several schemes at once: which packs, which year, who plays what, and whose turn it is."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

import pytest
from typer.testing import CliRunner

from tonne.cli import app
from tonne.errors import TonneError
from tonne.rules import disclosure
from tonne.rules.pack import Period, RulePack, load, scenario
from tonne.simulation.fleet.plants import generate, select
from tonne.simulation.period import several_schemes
from tonne.simulation.period.model.plan import UNCAST, PeriodOptions, few
from tonne.simulation.period.model.results import PeriodResults
from tonne.simulation.period.model.scheme_run import SchemeRun
from tonne.simulation.period.report import report
from tonne.simulation.period.steps import auction, linked_schemes
from tonne.simulation.period.steps.linked_schemes import _most

ROOT = Path(__file__).resolve().parents[4]
THREE = ("china-national", "china-shenzhen", "eu")
OPTIONS = PeriodOptions(schemes=THREE, emitters=8, sessions=20)


@pytest.fixture(scope="module")
def packs():
    return several_schemes.packs_of(OPTIONS)


@pytest.fixture(scope="module")
def plans():
    return several_schemes.plans(OPTIONS)


def test_packs_are_named_or_begin_so(packs):
    assert [pack.scheme.name for pack in packs] == ["china-national", "china-shenzhen", "eu-ets"]
    assert [pack.lacks() for pack in packs] == [[], [], []]


@pytest.mark.parametrize(
    "schemes, assumed, code",
    [
        (("china-national", "china-national"), (), "PERIOD_TWICE"),
        (("china", "eu"), (), "PACK_NOT_FOUND"),
        (("china-national", "china-beijing"), (), "PACK_DESCRIBES_ONLY"),
        (("china-national", "eu"), ("china-shenzhen-assumed",), "SCENARIO_SCHEME"),
    ],
)
def test_what_cannot_be_set_up_is_refused(schemes, assumed, code):
    paths = tuple(ROOT / "scenarios" / f"{name}.toml" for name in assumed)
    with pytest.raises(TonneError) as caught:
        several_schemes.packs_of(PeriodOptions(schemes=schemes, assumed=paths))
    assert caught.value.code == code
    assert caught.value.remedy


def test_a_scenario_that_is_given_takes_the_place_of_the_usual_one():
    paths = (ROOT / "scenarios" / "china-dates-assumed.toml",)
    (pack,) = several_schemes.packs_of(PeriodOptions(schemes=("china-national",), assumed=paths))
    assert not pack.has("benchmark.power.gas", date(2023, 12, 31))


def test_the_year_is_the_first_that_all_know(packs):
    assert several_schemes.year_in_common(packs, None) == 2023
    assert several_schemes.year_in_common(packs[:1], None) == 2020
    with pytest.raises(TonneError) as caught:
        several_schemes.year_in_common(packs, 2022)
    assert caught.value.code == "PERIOD_NONE_IN_COMMON"
    assert "2023" in caught.value.remedy


def test_a_company_of_the_first_scheme_has_plants_under_each_other_one(plans):
    shared = [plan.cast.shared for plan in plans]
    assert [len(places) for places in shared] == [2, 1, 1]
    for plan in plans:
        others = {plan.cast.late, plan.cast.defaulter}
        assert not others & set(plan.cast.shared)
        assert plan.cast.named().keys() == {"late", "defaulter", "shared", "silent", "group"}
        assert plan.cast.playing("seller", "late") == [plan.cast.late]


def test_output_is_fitted_only_where_something_is_free_for_power(plans):
    assert [plan.options.calibrate for plan in plans] == [True, True, False]
    assert plans[2].fleet.calibration_ppm == 1_000_000


def test_a_scheme_needs_emitters_for_its_parts():
    fleet = select(generate(1), 5, 1)
    with pytest.raises(TonneError) as caught:
        few(fleet, 1, 1)
    assert caught.value.code == "PERIOD_TOO_SMALL"
    cast = few(select(generate(1), 12, 1), 1, 2)
    assert cast.seller == UNCAST and len(cast.shared) == 2


def test_more_money_than_a_market_holds_is_refused():
    with pytest.raises(TonneError) as caught:
        several_schemes.plans(PeriodOptions(schemes=("eu",), emitters=2_162, sessions=20))
    assert caught.value.code == "PERIOD_TOO_DEAR"
    most = int(caught.value.remedy.split(" ")[2].replace(",", ""))
    assert 500 < most < 2_162


@dataclass
class _Clock:
    """A driver's time away."""

    away: float = 0.0


def test_whoever_waits_for_the_earliest_moment_has_the_turn():
    seen: list[tuple[str, int]] = []

    def acts(name, *moments):
        for moment in moments:
            yield moment
            seen.append((name, moment))

    several_schemes.interleave(
        [(_Clock(), acts("a", 10, 40, 50)), (_Clock(), acts("b", 20, 30, 60))]
    )
    assert seen == [
        ("a", 10), ("b", 20), ("b", 30), ("a", 40), ("a", 50), ("b", 60),
    ]  # fmt: skip


def test_no_more_is_given_than_the_limit_lets_come(plans):
    @dataclass
    class PeriodState:
        pack: RulePack

    day = date(2024, 8, 31)
    assert _most(PeriodState(plans[1].pack), 1_000, day) == 1_000
    pack = load("us-rggi")
    ratio = {"link.ratio": (pack.values["cap.amount"][0].model_copy(
        update={"value": 0.907184, "unit": "factor", "from_": date(2000, 1, 1), "to": None}
    ),)}  # fmt: skip
    most = _most(PeriodState(pack.assuming(ratio, {})), 1_000, day)
    assert int(most * 0.907184) == 1_000 < int((most + 1) * 0.907184)


def test_what_a_scenario_supplies_is_marked_in_the_same_columns(packs):
    day = date(2023, 12, 31)
    found = disclosure.compared(packs, day)
    assert {len(row) for row in found["Linking"]} == {len(disclosure.TOPICS["Linking"])}
    national, shenzhen, eu = found["Linking"]
    assert national[1].text == eu[1].text == disclosure.NOT_IN_PACK
    assert (shenzhen[1].text, shenzhen[1].assumed) == ("5 % (assumed)", True)
    fines = disclosure.compared(packs, day, [date(2024, 12, 31), day, day])["Shortfall"]
    assert [cell.text for cell in fines[0][3:5]] == ["5 times", "10 times"], (
        "of the day of surrender"
    )
    assert fines[0][0].text == disclosure.NOT_APPLIED, "another form of fine is in force"
    deadlines = [row[0].text for row in found["Surrender"]]
    assert deadlines == ["2024-12-31", "2024-08-31 (assumed)", "2024-09-30"]


@pytest.mark.parametrize("option", [("--years", "2"), ("--scheme", "eu-ets"), ("--fleet", "x.csv")])
def test_options_of_one_scheme_are_refused_beside_several(option):
    done = CliRunner().invoke(app, ["period", "--schemes", "china-national,eu", *option])
    assert isinstance(done.exception, TonneError)
    assert done.exception.code == "PERIOD_OPTIONS"


def test_an_assumed_scenario_may_not_correct_what_a_pack_says(tmp_path):
    head = 'format = 1\n[scenario]\ntitle = "x"\nscheme = "china-national"\n'
    tables = {
        'keys = ["class"]': "class is known",
        'keys = ["calendar"]': "calendar is known",
        'keys = ["penalty.closing"]': "says nothing of penalty.closing",
    }
    for keys, words in tables.items():
        path = tmp_path / "like.toml"
        like = f'[[assume_like]]\nscheme = "china-national"\non = 2024-06-30\nfrom = 2024-01-01\n{keys}'
        path.write_text(f'{head}{like}\nwhy = "x"\n', encoding="utf-8")
        with pytest.raises(TonneError, match=words):
            scenario.assume(load("china-national"), path)


@pytest.mark.parametrize(
    "text, code",
    [
        ('[assume_scheme]\nnotice_days = 10\nwhy = "x"\n', "SCENARIO_KNOWN"),
        ('[assume_scheme]\nfirst_day = 2020-01-01\nwhy = "x"\n', "SCENARIO_KNOWN"),
        ('[[assume_calendar]]\nyear = 2024\nholidays = []\nwhy = "x"\n', "SCENARIO_KNOWN"),
        ('[[assume_period]]\nname = "2099"\nvintage = 2099\nwhy = "x"\n', "SCENARIO_PERIOD"),
    ],
)
def test_a_table_the_pack_has_is_not_assumed(tmp_path, text, code):
    head = 'format = 1\n[scenario]\ntitle = "x"\nscheme = "china-national"\n'
    path = tmp_path / "known.toml"
    path.write_text(head + text, encoding="utf-8")
    with pytest.raises(TonneError) as caught:
        scenario.assume(load("china-national"), path)
    assert caught.value.code == code
    assert caught.value.message.startswith(f"{path}:")


def test_what_is_assumed_is_said_as_a_pack_writes_it(packs):
    said = {what for what, _ in packs[1].assumed_in(date(2023, 1, 1), date(2024, 12, 31))}
    assert "market.sessions = 09:30-11:30, 13:00-15:00 local time" in said
    assert "market.same_day_resale = false flag" in said
    assert "allocation.preallocation = 0.70 share" in said


def test_a_book_without_trades_has_no_mean_price():
    assert report.mean_price(4_285.6, "CNY") == "42.86 CNY/t"
    assert report.mean_price(0.0, "CNY") == "none"


def test_bids_are_numbered_as_the_chain_took_them():
    @dataclass
    class Event:
        args: dict
        name: str = "BidCommitted"

        def __getitem__(self, key):
            return self.args[key]

    @dataclass
    class PeriodState:
        participants = (7, 8, 9)

        @property
        def chain(self):
            return self

        def events(self, receipt):
            return receipt

    bids = [auction.Bid(place, 100, 500, bytes(32)) for place in (0, 1, 2)]
    mined = [[Event({"participant": who, "bid": bid})] for who, bid in ((9, 0), (7, 1), (8, 2))]
    found = auction._numbered(PeriodState(), mined, bids)
    assert [bid.place for bid in found] == [2, 0, 1]


@pytest.mark.parametrize("others, said", [((), "is not run"), ((7,), "No company has plants")])
def test_a_link_that_nobody_can_use_is_told(plans, others, said):
    @dataclass
    class PeriodState:
        pack: RulePack
        period: Period
        participants: tuple[int, ...]
        results: PeriodResults = field(default_factory=PeriodResults)

        @property
        def scheme(self):
            return self.pack.scheme.number

    here = SchemeRun(PeriodState(plans[1].pack, plans[1].period, (8, 9)))
    there = [SchemeRun(PeriodState(plans[0].pack, plans[0].period, others))] if others else []
    linked_schemes.recognise(here, [*there, here], None)
    ((rule, why),) = here.state.results.not_applied
    assert rule == "Recognised allowances of another scheme" and said in why
