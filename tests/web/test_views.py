"""The public views: what they show, on which screens, and that they run no code of others."""

from __future__ import annotations

import itertools
import shutil
from datetime import UTC, datetime

import pytest

from tests.tonne.cli.energy import test_certificate as energy
from tests.tonne.evidence.test_statements import PLANT, YEAR, qualified
from tests.web import acts
from tests.web.conftest import ROOT, needs_chromium
from tonne.constants import HOUR_S

pytestmark = needs_chromium

HOSTILE = "<img src=x onerror=alert(1)>\u202e<script>alert(2)</script>"


def test_every_view_shows_the_chain_without_an_error(visit):
    seen = visit("everyView")
    for view, words in {
        "market/1": ("Allowance 2020", "48.20", "47.80", "20,000"),
        "market/2": ("Credit 2020 #1", "30.10"),
        "schemes": ("China national emissions trading system", "6,110,400", "2021-12-31", "20 %"),
        "register": (
            "Jiangsu",
            "verification body",
            "3,150,000",
            "Conventional coal above 300 MW",
            "not yet judged",
            "electricity 3,500,000 MWh, on chain",
            "No penalty has been noticed.",
        ),
        "intensity": ("900", "986", "385"),
        "projects": ("Wind farm on the plain", "60,000", "China"),
        "certificates": ("Nothing has been retired yet.",),
        "energy": ("No interval has been cleared.",),
        "powers": ("Office Granted", "Participant Approved"),
        "verify": ("reported", "1,480,000"),
        "about": ("TradingView Lightweight Charts", "Natural Earth"),
    }.items():
        for word in words:
            assert word in seen[view], (view, word, seen[view])


@pytest.mark.parametrize("language", ["en-GB", "zh-CN"])
def test_nothing_is_wider_than_a_phone(visit, language):
    seen = visit("everyView", width=375, height=740, language=language, overflow=True)
    assert ("涨跌停价" in seen["market/1"]) == (language == "zh-CN")


#: [px] Width and height.
SCREENS = ((375, 740), (980, 900), (1440, 900))


@pytest.mark.nightly
@pytest.mark.long
@pytest.mark.parametrize("wallet", [None, "trader"])
def test_pictures_of_every_view_are_kept_to_be_looked_at(busy, wallet):
    """`build/pictures`: each view on three screens, light and dark, in both languages."""
    folder = ROOT / "build" / "pictures" / (wallet or "public")
    shutil.rmtree(folder, ignore_errors=True)
    for (width, height), dark, language in itertools.product(
        SCREENS, (False, True), ("en-GB", "zh-CN")
    ):
        name = f"{width}-{language[:2]}-{'dark' if dark else 'light'}"
        screen = {"width": width, "height": height, "dark": dark, "language": language}
        busy("shots", folder=str(folder), name=name, wallet=wallet, **screen)
    assert len(list(folder.glob("*.png"))) == 12 * busy("listed")


@pytest.mark.parametrize(
    "dark", [False, pytest.param(True, marks=[pytest.mark.long, pytest.mark.nightly])]
)
def test_no_serious_finding_of_axe(visit, dark):
    assert visit("accessible", dark=dark, wallet="east") == []


def test_the_keyboard_reaches_views_and_sorts_tables(visit):
    visit("keyboard")


PUBLIC = (
    "market/1", "market/2", "auctions", "schemes", "register", "intensity", "projects",
    "certificates", "certificates/1", "energy", "powers", "verify",
)  # fmt: skip


def test_every_figure_links_to_an_event_of_the_chain(busy):
    seen = busy("links", views=PUBLIC)
    assert seen["bare"] == []
    chain = busy.chain
    assert len(seen["links"]) > 80
    for link in seen["links"]:
        *_, tx, log = link.split("/")
        logs = chain.rpc.call("eth_getTransactionReceipt", tx)["logs"]
        assert int(log) in {int(one["logIndex"], 16) for one in logs}, link


def test_a_figure_leads_to_its_event(visit, town):
    text = visit("eventLink")
    (first, *_) = town.chain.logs("Participants", "InstallationRegistered", 0)
    assert first.tx_hash in text
    assert "660000" in text


#: Columns of a standing whose figures come of an event each, and the event.
FIGURES = {
    3: "AllocationTruedUp",
    5: "EmissionsReported",
    7: "ObligationAssessed",
    8: "ObligationAssessed",
}


def test_each_figure_of_a_standing_links_to_its_own_event(visit, town):
    rows = visit("standingLinks")
    events = {
        (event.tx_hash, event.log_index): event.name
        for event in town.chain.logs(first=0)
        if event.name
    }
    told = 0
    for row in rows:
        for column, name in FIGURES.items():
            if row[column]["text"] == "–":
                continue
            *_, tx, log = row[column]["link"].split("/")
            assert events[tx, int(log)] == name, (column, row)
            told += 1
    assert told >= 8


def test_a_penalty_stands_with_its_notice_and_decision(visit, town):
    chain, market = town.chain, town.market
    plant, period = market.installations["north"], market.period.number
    officer = market.people["authority"]
    chain.set_time(market.period.surrender_deadline + 1)
    chain.send(officer, "Compliance", "notify", period, [plant])
    chain.send(officer, "Compliance", "decide", plant, period, 2_500_000, 0, b"\x05" * 32)
    rows = visit("penaltyRows")
    assert [row[:3] for row in rows] == [
        [str(plant), str(period), "notice"],
        [str(plant), str(period), "decision"],
    ]
    assert (rows[0][3], rows[1][4]) == ("3,150,000", "25,000.00")


def test_text_of_the_chain_stays_text(visit, town):
    acts.retire(town, beneficiary=HOSTILE, purpose="javascript:alert(3)")
    seen = visit("certificate", number=1)
    assert seen["images"] == 0
    assert HOSTILE.replace("\u202e", "") in seen["text"]
    assert "\u202e" not in seen["text"]


#: A town where a plant's hours are certified.
place = energy.place


def test_energy_that_was_claimed_is_shown_in_its_own_measure(visit, place, town):
    run, first, _ = place
    energy.certified(place, town)
    claim = ("--purpose", "a day", "--beneficiary", "East Works")
    run("east", "claim", 1, energy.said(first), 300_000, *claim)
    acts.retire(town)
    seen = visit("certificate", number=1)["text"]
    assert "300 kWh" in seen and "300,000" not in seen
    hour = datetime.fromtimestamp(first + 8 * HOUR_S, UTC).strftime("%Y-%m-%d %H:%M")
    assert f"Energy certificate 2021, device 1, hour from {hour}" in seen
    assert seen.count("passed") == 3 and "monitoring report" not in seen
    rows = visit("seen", views=["certificates"])["certificates"]
    assert "5 t" in rows and "300 kWh" in rows
    assert "300 kWh · 5 t retired" in rows


def test_a_report_that_a_dispute_annulled_is_ranked_no_more(visit, town, people):
    qualified(town, people)
    before = visit("seen", views=["intensity"])["intensity"]
    assert "2,700,000" in before and "qualified" in before
    dispute = ("EmissionsOracle", "dispute", PLANT, YEAR, bytes(32))
    town.chain.send(people["north"], *dispute)
    resolve = ("EmissionsOracle", "resolve", PLANT, YEAR, True, bytes(32))
    town.chain.send(people["authority"], *resolve)
    after = visit("seen", views=["intensity"])["intensity"]
    assert "2,700,000" not in after and "3,150,000" in after


def test_a_silent_node_is_told_and_what_was_read_stays(visit):
    seen = visit("nodeDown", wallet="trader")
    assert "does not answer" in seen["said"]
    assert seen["kept"]


def test_a_node_that_gives_few_events_at_a_time_is_asked_in_parts(visit):
    seen = visit("boundedNode", most=20)
    assert seen["refused"] > 3
    for word in ("Jiangsu", "3,150,000", "Conventional coal above 300 MW"):
        assert word in seen["text"]
