"""Rules of an active scheme change with a reason and with notice; what does not is found."""

from __future__ import annotations

from datetime import date

import pytest

from tests.tonne.audit.events import dated, feed
from tonne.audit.replay.compare import Tally
from tonne.audit.replay.contract_replay import FAULTS
from tonne.audit.rules.schemes import SchemesReplay

DAY_S = 86_400
NOTICE = 30
#: [s] 1 September 2021, 12:00 UTC, where the scheme is.
NOW = ((date(2021, 9, 1) - date(1970, 1, 1)).days * 2 + 1) * DAY_S // 2


@pytest.fixture
def room():
    return feed(
        SchemesReplay(),
        dated("SchemeCreated", scheme=1, utcOffset=0, noticeDays=NOTICE),
        dated("SchemeActivated", scheme=1, tx="0x2"),
    )


def _set(tx="0x3"):
    return dated("ParamSet", NOW, tx=tx, scheme=1, keyText="k", fromDay=19_000, value=1)


def _amended(number=1, tx="0x3"):
    return dated("RulesAmended", NOW, tx=tx, scheme=1, number=number)


def _cap(vintage, cap=5):
    return dated("CapPlanned", NOW, tx="0x3", scheme=1, vintage=vintage, revision=0, capT=cap)


def _disclosed(revision, holds_from, cap=5, time=NOW, tx="0x3"):
    told = {
        "scheme": 1,
        "vintage": 2022,
        "revision": revision,
        "capT": cap,
        "freeT": 3,
        "auctionT": 2,
    }
    return dated("VintageDisclosed", time, tx=tx, holdsFrom=holds_from, **told)


def _faults(room):
    tally = Tally()
    room.invariants(tally)
    return [d for d in tally.differences if d.about == FAULTS]


def test_a_change_with_its_reason_is_sound(room):
    feed(room, _set(), _cap(2022), _amended(), _set("0x4"), _amended(2, "0x4"))
    assert _faults(room) == [] and room.schemes[1].amendments == 2


@pytest.mark.parametrize(
    "events",
    [
        [_set()],
        [_set(), _set("0x4"), _amended(1, "0x4")],
        [_set(), _amended(2)],
        [_cap(2021), _amended()],
        [_cap(2022), _amended(), _disclosed(0, NOW, cap=6)],
        [_disclosed(0, NOW), _disclosed(1, NOW), _amended()],
        [_disclosed(0, NOW), _disclosed(1, NOW + 29 * DAY_S), _amended()],
        [_disclosed(0, NOW), _disclosed(1, NOW - DAY_S // 2 + NOTICE * DAY_S)],
    ],
)
def test_a_change_without_reason_or_notice_is_found(room, events):
    feed(room, *events)
    assert len(_faults(room)) == 1


def test_a_revision_holds_when_its_notice_is_over(room):
    begins = NOW - DAY_S // 2 + NOTICE * DAY_S
    feed(room, _disclosed(0, NOW), _disclosed(1, begins, cap=7, tx="0x4"), _amended(1, "0x4"))
    assert _faults(room) == []
    assert room.disclosed(1, 2022, begins - 1)["capT"] == 5
    after = room.disclosed(1, 2022, begins)
    assert (after["capT"], after["revision"], after["disclosedAt"]) == (7, 1, NOW)


@pytest.mark.parametrize(
    "hours, day",
    [(0, 18_627), (14, 18_627), (12, 18_627), (-9, 18_627), (-10, 18_626)],
)
def test_rules_of_a_year_are_read_on_its_last_local_day(hours, day):
    room = feed(
        SchemesReplay(),
        dated("SchemeCreated", scheme=1, utcOffset=hours * 3_600, noticeDays=NOTICE),
    )
    assert room.rules_day(1, 2020) == day
