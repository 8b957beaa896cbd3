"""Rules beyond sums: a sound market breaks none; each breach that is planted is found at its log."""

from __future__ import annotations

import json

import eth_abi
import pytest

from tonne.audit.store import breaches
from tonne.constants import DAY_S, ZERO_ADDRESS
from tonne.market.fills import Fill
from tonne.market.order_encoding import OrderRequest, Side
from tonne.types.ids import MarketId, ParticipantId

HALF_A_DAY = 12 * 3600
YEARS = 5 * 365 * 86_400


class Planter:
    """Puts forged events behind the last block of a store, each in a block of its own."""

    def __init__(self, store, town):
        self.store, self.town = store, town
        self.planted = (0, 0)

    def event(self, contract, name, args, data=b"", topics=b"", later=0):
        db = self.store.db
        ((number, time, last),) = db.execute(
            "SELECT max(number), max(time), max(id) FROM block WHERE NOT replaced"
        ).fetchall()
        db.execute(
            "INSERT INTO block SELECT id + 1, number + 1, hash, parent, ?, state_root, 1, 1, digest, false"
            " FROM block WHERE id = ?",
            [time + later, last],
        )
        db.execute(
            "INSERT INTO event VALUES (?, 0, ?, ?, ?)", [last + 1, contract, name, json.dumps(args)]
        )
        log = [last + 1, bytes(32), bytes(20), topics, data]
        db.execute("INSERT INTO log VALUES (?, 0, 0, ?, ?, ?, ?)", log)
        self.planted = (number + 1, 0)

    def fill(self, market, taker, maker, tick, lots=1, later=0):
        request = OrderRequest(MarketId(market), Side.BUY, tick, lots).pack().to_bytes(32, "big")
        record = Fill(tick, False, 0, ParticipantId(maker), lots).pack()
        args = {"taker": market << 24 | taker, "request": "0", "fills": "0x" + record.hex()}
        self.event("Exchange", "OrdersFilled", args, topics=bytes(64) + request, later=later)


def band(p, m):
    p.fill(m.market, m.participants["trader"], m.participants["east"], 9_000)


def session(p, m):
    p.fill(m.market, m.participants["trader"], m.participants["east"], 4_800, later=HALF_A_DAY)


def self_trade(p, m):
    p.fill(m.market, m.participants["trader"], m.participants["trader"], 4_800)


def halt(p, m):
    p.fill(m.credit_market, m.participants["trader"], m.participants["east"], 3_000)


def limit(p, m):
    word = (100_000 << 128) | (m.market << 72) | (4_800 << 48)
    account = m.market << 24 | m.participants["trader"]
    p.event("Exchange", "OrderPlaced", {"account": account}, data=word.to_bytes(32, "big"))


def pause(p, m):
    p.event("Auction", "Paused", {"by": "0x", "until": p.town.chain.now() + 90_000})


def independence(p, m):
    interest(p, 3)
    verified(p, m, 3)


def interest(p, body, scheme=1):
    told = {"scheme": scheme, "body": body, "participant": 4, "interested": True}
    p.event("EmissionsOracle", "InterestSet", told)


def verified(p, m, *bodies):
    """A report with the opinions of bodies, whose persons are the signer set in this order."""
    signers = [body << 160 for body in bodies for _ in ("lead", "reviewer")]
    rules = len(signers) | 2 << 8  # bounds of two classes of plants stand before the signers
    words = eth_abi.encode(
        ["bytes32", "address", "uint256[]"], [bytes(32), ZERO_ADDRESS, [0, rules, 0, 0, *signers]]
    )
    version = 70 + len(bodies)
    p.event("EmissionsOracle", "OracleConfigured", {"scheme": 1, "version": version}, data=words)
    persons = int.from_bytes(bytes(range(len(signers))), "little")
    terms = version << 32 | bodies[0] << 48 | len(bodies) << 72 | persons << 80
    report = {"installation": m.installations["north"], "operator": 4}
    p.event(
        "EmissionsOracle", "EmissionsReported", report, data=bytes(96) + terms.to_bytes(32, "big")
    )


def penalty(p, m):
    case = {"scheme": 1, "periodId": 9, "installation": 1}
    for bound, value in (("min", 5_000_000), ("max", 10_000_000)):
        key = f"penalty.multiple_{bound}_ppm"
        rule = {"scheme": 1, "keyText": key, "fromDay": 40_000, "value": value}
        p.event("Schemes", "ParamSet", rule)
    p.event("Compliance", "FinePriceFixed", {**case, "priceCents": 5_000})
    p.event("Compliance", "ShortfallNoticed", {**case, "shortfall": 10})
    p.event("Compliance", "PenaltyDecided", {**case, "fineCents": 249_999})


def notice(p, m):
    today = p.town.chain.now() // 86_400
    rule = {"scheme": 1, "keyText": "offset.limit", "fromDay": today + 1, "value": 5}
    p.event("Schemes", "ParamSet", rule)


def deadline(p, m):
    surrendered(p, m, YEARS)


def surrendered(p, m, later):
    """Five allowances, told as in time."""
    case = {"scheme": 1, "periodId": m.period.number, "installation": 1, "operator": 4}
    given = {"allowances": 5, "offsets": 0, "late": False}
    p.event("Compliance", "UnitsSurrendered", {**case, **given}, later=later)


def conservation(p, m):
    gone = {"id": str(m.allowance), "from": "0x", "kind": 3, "amount": 1, "ref": "0x"}
    p.event("Allowances", "UnitsExited", gone)
    ((block, place),) = p.store.db.execute(
        "SELECT max(block), arg_max(place, block * 1000000 + place) FROM transfers WHERE id = ?",
        [m.allowance],
    ).fetchall()
    p.planted = (block, place)  # the unit's last movement


def source_overlap(p, m):
    claim = {"source": "0x77", "kind": 1, "ref": 1, "from": 1_000, "until": 2_000}
    p.event("Projects", "SourceClaimed", claim)
    p.event("Projects", "SourceClaimed", {**claim, "ref": 2, "from": 1_999, "until": 3_000})


def serial_overlap(p, m):
    ((args,),) = p.store.db.execute(
        "SELECT args FROM events WHERE name = 'UnitsRetired'"
    ).fetchall()
    p.event("RetirementRegistry", "UnitsRetired", {**json.loads(args), "certificate": 2})


PLANTS = {
    plant.__name__: plant
    for plant in (
        *(band, session, self_trade, limit, halt, pause, independence, penalty, notice, deadline),
        *(conservation, source_overlap, serial_overlap),
    )
}


def test_each_rule_has_its_plant():
    assert PLANTS.keys() == breaches.RULES.keys()


def test_a_sound_market_breaks_no_rule_and_each_planted_breach_is_found_at_its_log(town, asked):
    assert breaches.found(asked) == []
    missed = {}
    for name, plant in PLANTS.items():
        asked.db.execute("BEGIN")
        planter = Planter(asked, town)
        plant(planter, town.market)
        found = {(row["rule"], row["block"], row["place"]) for row in breaches.found(asked)}
        if found != {(name, *planter.planted)}:
            missed[name] = found, planter.planted
        asked.db.execute("ROLLBACK")
    assert missed == {}


@pytest.mark.parametrize("name", ["self_trade", "serial_overlap"])
def test_what_is_within_the_rule_is_no_breach(town, asked, name):
    """The neighbours of a breach: another maker; the serials behind those retired."""
    planter, market = Planter(asked, town), town.market
    if name == "self_trade":
        planter.fill(
            market.market, market.participants["trader"], market.participants["east"], 4_800
        )
    else:
        ((args,),) = asked.db.execute(
            "SELECT args FROM events WHERE name = 'UnitsRetired'"
        ).fetchall()
        told = json.loads(args)
        for block in told["blocks"]:
            block["first"], block["last"] = block["last"] + 1, block["last"] + 5
        planter.event("RetirementRegistry", "UnitsRetired", told)
    assert breaches.found(asked) == []


@pytest.mark.parametrize("place", range(3))
def test_each_of_three_bodies_of_a_report_is_asked(town, asked, place):
    planter = Planter(asked, town)
    interest(planter, 9, scheme=2)  # in another scheme
    interest(planter, 5 + place)
    verified(planter, town.market, 9)
    assert breaches.found(asked) == []
    verified(planter, town.market, 5, 6, 7)
    (row,) = breaches.found(asked)
    assert (row["rule"], row["block"]) == ("independence", planter.planted[0])
    assert row["about"].startswith(f"body {5 + place} ")


def test_an_operator_among_the_bodies_is_found(town, asked):
    planter = Planter(asked, town)
    verified(planter, town.market, 3, 4)
    assert [row["about"] for row in breaches.found(asked)] == ["participant 4 verified itself"]


#: Beginning of a pause of `HALF_A_DAY` against the deadline, and by how much that moved it [s].
PAUSES = {
    "long before": (-3 * DAY_S, 0),
    "ended a day before": (-DAY_S - HALF_A_DAY, HALF_A_DAY),
    "began before": (-1, HALF_A_DAY),
    "began with it": (0, HALF_A_DAY),
    "began after": (1, 0),
}


@pytest.mark.parametrize("begun, moved", PAUSES.values(), ids=PAUSES)
def test_a_deadline_is_moved_by_the_pause_about_it_alone(town, asked, begun, moved):
    planter, market = Planter(asked, town), town.market
    due = town.chain.call("Schemes", "period", 1, market.period.number).surrenderDeadline
    ((now,),) = asked.db.execute("SELECT max(time) FROM block WHERE NOT replaced").fetchall()
    pause = {"by": "0x", "until": due + begun + HALF_A_DAY}
    planter.event("Compliance", "Paused", pause, later=due + begun - now)
    late = max(begun - moved, 0)  # the pause begins after the deadline alone
    surrendered(planter, market, moved - begun + late)
    assert [row["rule"] for row in breaches.found(asked)] == ["deadline"] * late
    surrendered(planter, market, 1)
    assert [row["rule"] for row in breaches.found(asked)] == ["deadline"] * (late + 1)
