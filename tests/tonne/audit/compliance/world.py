"""A scheme with two classes of plants, for the replays of Allocation and Compliance."""

from __future__ import annotations

from tests.tonne.audit.events import compliance, dated, feed, struct
from tonne.audit.evidence.emissions_oracle import EmissionsRecord
from tonne.audit.parties.participants import Installation, ParticipantsReplay
from tonne.audit.rules.schemes import SchemesReplay

SCHEME, PERIOD, YEAR = 1, 1, 2020
COAL, GAS, NONE = 1, 2, 3
FREE_T = 1_000_000
DEADLINE = 10**9
PARAMS = {
    "benchmark.power.coal_gt300": 8_770,
    "benchmark.heat.coal": 1_260,
    "benchmark.power.gas": 3_920,
    "benchmark.heat.gas": 590,
    "allocation.preallocation_ppm": 700_000,
    "obligation.cap_over_free_ppm": 200_000,
    "obligation.gas_deficit_exempt": 1,
    "penalty.min_cents": 2_000_000,
    "penalty.max_cents": 3_000_000,
    "penalty.deduction_ppm": 1_000_000,
}


def a_room():
    """Compliance and its Allocation: a coal and a gas plant, and one without a class."""
    rules = feed(
        SchemesReplay(),
        dated("SchemeCreated", scheme=SCHEME, utcOffset=28_800, noticeDays=30),
        *(
            dated("ParamSet", scheme=SCHEME, keyText=key, fromDay=0, value=value)
            for key, value in PARAMS.items()
        ),
        dated(
            "PeriodSet",
            scheme=SCHEME,
            periodId=PERIOD,
            period=struct(firstYear=YEAR, lastYear=YEAR, vintage=YEAR, surrenderDeadline=DEADLINE),
        ),
        disclosed(FREE_T),
    )
    parties = ParticipantsReplay()
    for number, class_ in ((COAL, 1), (GAS, 4), (NONE, 0)):
        parties.installations[number] = Installation(1, SCHEME, 1, class_, 660_000)
    return compliance(parties, rules)


def disclosed(free):
    """The free share of the vintage, before the scheme is active."""
    told = {"revision": 0, "holdsFrom": 0, "capT": FREE_T, "freeT": free, "auctionT": 0}
    return dated("VintageDisclosed", scheme=SCHEME, vintage=YEAR, **told)


def key(plant, **more):
    return {"scheme": SCHEME, "periodId": PERIOD, "installation": plant, **more}


def verified(room, plant, emissions=0, power=0, heat=0):
    room.oracle.records[plant, YEAR] = EmissionsRecord(emissions, power, heat)
