"""Verified output by year and product: on chain, proved, or the word that stands for the rest."""

from __future__ import annotations

from datetime import date
from types import SimpleNamespace

import pytest

from tests.tonne.audit.store.paper_events import CHINA, EUROPE, PaperEvents
from tests.tonne.audit.store.test_report_lines import MILL, WORKS, kiln
from tonne.audit.store import register_search
from tonne.audit.store.report_lines import PublishedReport
from tonne.errors import TonneError
from tonne.evidence import manifest
from tonne.rules.pack import load, names
from tonne.rules.unpublished import NOT_DISCLOSED, NOT_IN_PACK, PRODUCTS, delays_of, word_of

#: Nobody has a profile.
NAMELESS = SimpleNamespace(participant=lambda number: SimpleNamespace(file=None))
POWER = manifest.power_plant_lines(power_mwh=3_000, heat_gj=100, emissions_t=2_640, fuel="coal")


@pytest.fixture
def events():
    """A cement works in China, a power station there, steel works in Europe."""
    found = PaperEvents()
    for plant, scheme in ((1, CHINA), (2, CHINA), (3, EUROPE)):
        found.plant(plant, scheme)
    found.report(1, 2024, WORKS)
    found.report(2, 2024, POWER)
    found.report(3, 2024, MILL)
    return found


def published(plant, lines, revision=1):
    return PublishedReport("a.report.json", plant, 2024, revision, tuple(lines))


def told(register, plant, year=2024):
    return [(p["product"], p["quantity"], p["state"]) for p in register.products[plant, year]]


def test_totals_are_on_chain_and_the_rest_is_named_by_its_word(events):
    register = events.register()
    assert told(register, 1) == [("other products", None, NOT_IN_PACK)]
    assert told(register, 2) == [
        ("electricity", 3_000, "on chain"), ("heat", 100, "on chain"),
        ("other products", None, NOT_IN_PACK),
    ]  # fmt: skip
    assert told(register, 3) == [("other products", None, NOT_DISCLOSED)]


def test_a_proved_product_stands_at_the_report_whose_root_it_comes_to(events):
    register = events.register([published(1, WORKS), published(2, POWER)])
    (clinker,) = register.products[1, 2024]
    assert clinker == {
        "product": "clinker", "unit": "t", "quantity": 1_000, "state": "proved",
        "block": 4, "place": 0,
    }  # fmt: skip
    assert told(register, 2) == [("electricity", 3_000, "on chain"), ("heat", 100, "on chain")]
    assert told(register, 3)[-1][2] == NOT_DISCLOSED


def test_lines_that_do_not_fit_end_the_answer(events):
    with pytest.raises(TonneError) as error:
        events.register([published(1, MILL)]).listed()
    assert error.value.code == "REGISTER_LINES_PLANT"


def test_a_corrected_report_needs_its_own_lines(events):
    more = [*WORKS, kiln(250, "kiln 2")]
    events.report(1, 2024, more, revision=2)
    old = published(1, WORKS)
    assert told(events.register([old]), 1) == [("other products", None, NOT_IN_PACK)]
    both = [old, published(1, more, revision=2)]
    assert told(events.register(both), 1) == [("clinker", 1_250, "proved")]


def test_a_figure_that_the_authority_determined_has_no_lines(events):
    figures = {"emissionsT": 9, "powerMwh": 8, "heatGj": 0, "revision": 1}
    about = {"installation": 1, "year": 2024, **figures}
    events.event("EmissionsOracle", "EmissionsDetermined", about)
    register = events.register([published(1, WORKS)])
    assert told(register, 1) == [
        ("electricity", 8, "on chain"), ("other products", None, NOT_IN_PACK),
    ]  # fmt: skip


def test_list_page_and_search_have_them(events):
    register = events.register([published(1, WORKS)])
    rows = {row["plant"]: row for row in register.listed()}
    assert [p["product"] for p in rows[1]["products"]] == ["clinker"]
    (shown,) = register.plant(1)["products"]
    assert (shown["year"], shown["product"], shown["quantity"]) == (2024, "clinker", 1_000)
    found = register_search.found(register, "Clinker", NAMELESS)
    assert [(row["number"], row["by"]) for row in found] == [(1, "clinker 1,000 t, 2024, proved")]


# The word, by what packs say


@pytest.mark.parametrize("name", names())
def test_the_word_is_that_of_the_loaded_pack(name):
    pack = load(name)
    keys = {PRODUCTS, *(key for rule in pack._unapplied for key in rule.undisclosed)}
    for key in keys:
        for year in (2005, 2020, 2024, 2026):
            hidden = pack.undisclosed(key, date(year, 12, 31))
            assert (word_of(pack.scheme.number, key, year) == NOT_DISCLOSED) == hidden
    held = pack.values.get("disclosure.transactions_delay", ())
    told = [(one.first, one.last, one.days) for one in delays_of(pack.scheme.number)]
    assert told == [(v.from_, v.to, v.value) for v in held]
