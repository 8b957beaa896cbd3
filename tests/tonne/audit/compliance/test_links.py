"""What of another scheme was recognised, worked out again."""

from __future__ import annotations

import pytest

from tests.tonne.audit.events import compliance, dated, feed, struct
from tonne.audit.compliance.links import LinksReplay
from tonne.audit.compliance.penalties import Obligation
from tonne.audit.parties.participants import ParticipantsReplay
from tonne.audit.replay.compare import Tally
from tonne.audit.rules.schemes import SchemesReplay
from tonne.audit.units.unit_balances import SURRENDERED
from tonne.types import references, unit_id

SCHEME, OTHER, PERIOD, PLANT, DUE = 1, 2, 3, 4, 1_000
OWN, FOREIGN = unit_id.allowance(SCHEME, 2020), unit_id.allowance(OTHER, 2020)
PARAMS = {"scheme": OTHER, "limit_ppm": 100_000}


def a_room(**changed):
    rules = feed(
        SchemesReplay(),
        dated("SchemeCreated", scheme=SCHEME, utcOffset=0, noticeDays=30),
        *(
            dated("ParamSet", scheme=SCHEME, keyText=f"link.{key}", fromDay=0, value=value)
            for key, value in {**PARAMS, **changed}.items()
        ),
        dated(
            "PeriodSet",
            scheme=SCHEME,
            periodId=PERIOD,
            period=struct(firstYear=2020, lastYear=2020, vintage=2020, surrenderDeadline=10**9),
        ),
    )
    obligations = compliance(ParticipantsReplay(), rules)
    obligations.owed[SCHEME, PERIOD, PLANT] = Obligation(SCHEME, PERIOD, PLANT, DUE, False)
    return LinksReplay(obligations)


def _recognised(given, amount=None, source=FOREIGN, into=OWN):
    told = {
        "scheme": SCHEME,
        "periodId": PERIOD,
        "installation": PLANT,
        "into": into,
        "given": given,
    }
    amount = given if amount is None else amount
    return dated("UnitsRecognised", **told, amount=amount, **{"from": source})


def test_the_share_of_the_obligation_is_the_limit():
    room = feed(a_room(), _recognised(60), _recognised(40))
    assert room.faults == []
    feed(room, _recognised(1))
    assert len(room.faults) == 1


def test_nothing_is_recognised_once_all_is_met():
    room = a_room()
    room.compliance.stated_surrendered[references.obligation(SCHEME, PERIOD, PLANT)] = [DUE, 0]
    feed(room, _recognised(1))
    assert len(room.faults) == 1


@pytest.mark.parametrize(
    "changed, event",
    [
        ({"scheme": 7}, _recognised(1)),
        ({"oldest_vintage": 2021}, _recognised(1)),
        ({}, _recognised(1, source=OWN)),
    ],
)
def test_units_the_rules_do_not_link_to_are_found(changed, event):
    assert len(feed(a_room(**changed), event).faults) == 1


def test_measure_and_vintage_are_worked_out():
    room = feed(a_room(ratio_ppm=907_184), _recognised(100, 90))
    assert room.faults == []
    feed(room, _recognised(1, 1))
    assert len(room.faults) == 1
    assert len(feed(a_room(), _recognised(1, into=unit_id.allowance(SCHEME, 2021))).faults) == 1


def test_what_is_told_must_have_left_and_come():
    room = feed(a_room(), _recognised(60))
    ref = references.link(SCHEME, PERIOD, PLANT)
    room.allowances.exits_for[SURRENDERED, ref, FOREIGN] = 60
    room.allowances.issues_for[ref, OWN] = 60
    tally = Tally()
    room.invariants(tally)
    room.compliance.invariants(tally)  # not taken for a surrender of the obligation's own
    assert tally.differences == []

    room.allowances.exits_for[SURRENDERED, ref, FOREIGN] = 59
    room.allowances.issues_for[ref, OWN] = 61
    room.invariants(tally)
    assert len(tally.differences) == 2
