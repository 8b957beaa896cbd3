"""Each rule for pledges of credits: a story that keeps them all has no fault, one that breaks one has."""

from __future__ import annotations

import pytest

from tests.tonne.audit.events import dated, feed
from tonne.audit.parties.participants import ACTIVE, SUSPENDED, Participant, ParticipantsReplay
from tonne.audit.power.credit_pledges import CreditPledgesReplay
from tonne.audit.replay.compare import Tally
from tonne.audit.replay.contract_replay import FAULTS
from tonne.audit.rules.schemes import SchemesReplay
from tonne.audit.units.energy_credits import EXPIRED, CreditSeries, EnergyCreditsReplay
from tonne.audit.units.unit_balances import FREEZE
from tonne.constants import ZERO_ADDRESS

HOUSE, OFFICER, STRANGER = "0xa0", "0x0f", "0x77"
EAST, NORTH, HALL = 1, 2, 3
WALLETS = {EAST: "0xe1", NORTH: "0xe2", HALL: "0xe3"}
DESK = "0xe4"  # second wallet of EAST
PLACE, SCHEME, EXPIRY = 11, 1, 1_000
CREDIT = 3 << 96 | SCHEME << 80 | 1
NOTHING, WHY, TERMS = bytes(32), b"\x07" * 32, b"\x01" * 32
PLEDGOR, LENDER = 1, 2


@pytest.fixture
def room():
    parties, schemes = ParticipantsReplay(), SchemesReplay()
    for number, wallet in WALLETS.items():
        parties.participants[number] = Participant(2, PLACE, wallet, ACTIVE)
        parties.wallets[wallet] = (number, 31)
        parties._wallets_of[number].add(wallet)
    parties.wallets[DESK] = (EAST, 31)
    parties._wallets_of[EAST].add(DESK)
    schemes.offices[OFFICER, SCHEME, PLACE] = FREEZE
    energy = EnergyCreditsReplay("0xce", parties, schemes)
    energy.series[CREDIT] = CreditSeries(HALL, PLACE, SCHEME, EXPIRY, 7, 2)
    return CreditPledgesReplay(energy, HOUSE)


def pledged(**changed):
    told = {"pledge": 1, "pledgor": EAST, "lender": NORTH, "credit": CREDIT, "amount": 40}
    told |= {"terms": TERMS, "wallet": WALLETS[EAST]}
    return dated("CreditsPledged", **told | changed)


def proposed(by=LENDER, amount=10, to_lender=False, wallet=None):
    wallet = wallet or WALLETS[NORTH if by == LENDER else EAST]
    return dated(
        "CreditReleaseProposed", pledge=1, by=by, amount=amount, toLender=to_lender, wallet=wallet
    )


def released(to=EAST, by=WALLETS[EAST], amount=10, left=30, reason=NOTHING):
    return dated(
        "PledgedCreditsReleased", pledge=1, to=to, by=by, amount=amount, left=left, reason=reason
    )


def expired(time=EXPIRY + 1, **changed):
    told = {"pledge": 1, "pledgor": EAST, "amount": 40, "by": STRANGER}
    return dated("PledgedCreditsExpired", time=time, **told | changed)


def frozen(state=True, officer=OFFICER, reason=WHY):
    return dated("CreditPledgeFrozen", pledge=1, frozen=state, reason=reason, officer=officer)


def moved(source, target, amount, operator=HOUSE, tx="0x1"):
    args = {"operator": operator, "from": source, "to": target, "id": CREDIT, "value": amount}
    return dated("TransferSingle", tx=tx, **args)


def exited(wallet, amount, kind=EXPIRED):
    return dated(
        "UnitsExited", **{"from": wallet}, id=CREDIT, kind=kind, amount=amount, ref=NOTHING
    )


def differences(room):
    tally = Tally()
    room.invariants(tally)
    return tally.differences


@pytest.mark.parametrize("to_lender", [False, True])
def test_what_the_two_agree_on_has_no_fault(room, to_lender):
    target = NORTH if to_lender else EAST
    feed(room, pledged(), moved(WALLETS[EAST], HOUSE, 40), proposed(to_lender=to_lender))
    feed(room, released(to=target), moved(HOUSE, WALLETS[target], 10))
    feed(room, proposed(PLEDGOR, 5), proposed(PLEDGOR, 0), frozen(), frozen(False), frozen())
    feed(room, released(NORTH, OFFICER, 30, 0, WHY), moved(HOUSE, WALLETS[NORTH], 30))
    assert differences(room) == []


@pytest.mark.parametrize("wallet", [WALLETS[EAST], WALLETS[HALL]])
def test_what_expires_ends_with_the_pledgor_or_the_issuer(room, wallet):
    room.energy.frozen[DESK, CREDIT] = 1
    feed(room, pledged(), moved(WALLETS[EAST], HOUSE, 40), expired())
    feed(room, moved(HOUSE, wallet, 40), moved(wallet, ZERO_ADDRESS, 60), exited(wallet, 60))
    assert differences(room) == []


@pytest.mark.parametrize(
    "event",
    [
        pledged(pledge=2),
        pledged(lender=EAST),
        pledged(amount=0),
        pledged(wallet=WALLETS[NORTH]),
        pledged(wallet=STRANGER),
    ],
)
def test_a_pledge_that_cannot_be_is_found(room, event):
    feed(room, event)
    assert room.faults == [f"pledge {event.event.args['pledge']}"]


def test_a_pledge_to_or_of_somebody_who_may_not_is_found(room):
    parties, series = room.energy.parties, room.energy.series[CREDIT]
    for broken, mended in (
        (lambda: setattr(parties.participants[NORTH], "status", SUSPENDED), ACTIVE),
        (lambda: setattr(parties.participants[EAST], "status", SUSPENDED), ACTIVE),
    ):
        room.faults, room.pledges = [], {}
        broken()
        feed(room, pledged())
        assert room.faults == ["pledge 1"]
        for number in (EAST, NORTH):
            parties.participants[number].status = mended
    room.faults, room.pledges = [], {}
    parties.wallets[DESK] = (EAST, 30)  # all but TRADE
    feed(room, pledged(wallet=DESK))
    assert room.faults == ["pledge 1"]
    room.faults, room.pledges = [], {}
    series.kinds = 8
    feed(room, pledged())
    assert room.faults == ["pledge 1"]


@pytest.mark.parametrize(
    "event",
    [
        proposed(wallet=WALLETS[EAST]),  # the other side's word
        proposed(wallet=WALLETS[HALL]),
        proposed(0, wallet=WALLETS[HALL]),
        proposed(amount=41),
        proposed(amount=0),  # nothing to take back
    ],
)
def test_a_proposal_that_cannot_be_is_found(room, event):
    feed(room, pledged(), event)
    assert room.faults == [f"proposal of {event.event.args['amount']} of pledge 1"]


def test_a_proposal_by_a_wallet_that_may_not_trade_is_found(room):
    room.energy.parties.wallets[DESK] = (EAST, 30)
    feed(room, pledged(), proposed(PLEDGOR, wallet=DESK))
    assert room.faults == ["proposal of 10 of pledge 1"]


@pytest.mark.parametrize(
    "event",
    [
        released(by=WALLETS[NORTH]),  # agreed with itself
        released(by=STRANGER),
        released(by=OFFICER),
        released(amount=11, left=29),
        released(to=NORTH),
        released(to=HALL),
        released(to=HALL, by=OFFICER, reason=WHY),
        released(left=31),
        released(by=OFFICER, reason=WHY, left=31),
        released(by=WALLETS[EAST], reason=WHY),
        released(by=OFFICER, reason=WHY, amount=0, left=40),
        released(by=OFFICER, reason=WHY, amount=41, left=-1),
    ],
)
def test_a_release_that_cannot_be_is_found(room, event):
    feed(room, pledged(), proposed(), event)
    a = event.event.args
    assert room.faults == [f"release of pledge 1: {a['amount']} to {a['to']}"]


def test_a_release_after_another_agrees_to_nothing(room):
    feed(room, pledged(), proposed(), released(by=OFFICER, reason=WHY), released(left=20))
    assert room.faults == ["release of pledge 1: 10 to 1"]


def test_a_release_by_a_wallet_that_may_not_trade_is_found(room):
    feed(room, pledged(), proposed())
    room.energy.parties.wallets[DESK] = (EAST, 30)
    feed(room, released(by=DESK))
    assert room.faults == ["release of pledge 1: 10 to 1"]


def test_a_release_of_what_is_frozen_is_found(room):
    feed(room, pledged(), proposed(to_lender=True))
    room.energy.frozen[DESK, CREDIT] = 1
    feed(room, released(to=NORTH))
    assert room.faults == ["release of pledge 1: 10 to 2"]
    # Back it may go, into the frozen wallet and no other.
    room.faults.clear()
    room._awaited.clear()
    feed(room, proposed(), released(left=20), moved(HOUSE, WALLETS[EAST], 10))
    assert room.faults == [f"10 moved between {HOUSE} and {WALLETS[EAST]} without an event here"]
    feed(room, moved(HOUSE, DESK, 10))
    assert room._awaited == []
    room.faults.clear()
    feed(room, frozen(), proposed(), released(left=10))
    assert room.faults == ["release of pledge 1: 10 to 1"]


def test_a_release_to_a_lender_of_another_kind_is_found(room):
    feed(room, pledged())
    room.energy.series[CREDIT].kinds = 8
    feed(room, released(NORTH, OFFICER, reason=WHY))
    assert room.faults == ["release of pledge 1: 10 to 2"]


def test_an_officer_of_elsewhere_orders_nothing(room):
    offices = room.energy.schemes.offices
    offices.clear()
    for place, power in ((PLACE + 1, FREEZE), (PLACE, FREEZE << 1)):
        offices[OFFICER, SCHEME, place] = power
    offices[OFFICER, SCHEME + 1, PLACE] = FREEZE
    feed(room, pledged(), released(by=OFFICER, reason=WHY), frozen())
    assert room.faults == ["release of pledge 1: 10 to 1", "freeze of pledge 1"]
    offices[OFFICER, SCHEME, 0] = FREEZE  # all of the scheme
    feed(room, frozen(False))
    assert len(room.faults) == 2


@pytest.mark.parametrize("event", [frozen(False), frozen(officer=STRANGER), frozen(reason=NOTHING)])
def test_a_freeze_that_cannot_be_is_found(room, event):
    feed(room, pledged(), event)
    assert room.faults == ["freeze of pledge 1"]


@pytest.mark.parametrize(
    "event", [expired(time=EXPIRY), expired(pledgor=NORTH), expired(amount=39)]
)
def test_an_end_that_cannot_be_is_found(room, event):
    feed(room, pledged(), event)
    assert room.faults == ["end of pledge 1"]


def test_an_end_of_nothing_is_found(room):
    feed(room, pledged(), expired(), expired(amount=0))
    assert room.faults == ["end of pledge 1"]


def test_what_was_never_pledged_is_found(room):
    feed(room, proposed(), released(), frozen(), expired())
    assert room.faults == ["pledge 1 was never made"] * 4


def test_credits_that_did_not_move_as_told_are_found(room):
    def found(*events):
        fresh = CreditPledgesReplay(room.energy, HOUSE)
        return {d.about for d in differences(feed(fresh, *events))}

    fetched = moved(WALLETS[EAST], HOUSE, 40)
    assert found(pledged()) == {"pledges without credits", "credits of pledges"}
    room.energy.balances[HOUSE, CREDIT] = 40
    assert found(pledged(), fetched) == set()
    untold = {FAULTS}
    assert found(pledged(), fetched, moved(HOUSE, STRANGER, 1, operator=OFFICER)) == untold
    assert found(pledged(), fetched, moved(WALLETS[NORTH], HOUSE, 1)) == untold
    assert found(pledged(), fetched, moved(HOUSE, ZERO_ADDRESS, 1, operator=STRANGER)) == untold
    # Another amount, another wallet, another transaction.
    for other in (
        moved(WALLETS[EAST], HOUSE, 39),
        moved(DESK, HOUSE, 40),
        moved(WALLETS[EAST], HOUSE, 40, tx="0x2"),
    ):
        assert found(pledged(), other) == {*untold, "pledges without credits"}
    room.energy.balances[HOUSE, CREDIT] = 0
    gone = (pledged(), fetched, expired(), moved(HOUSE, WALLETS[EAST], 40))
    assert found(*gone) == {"expired pledges that did not end"}
    assert found(*gone, exited(WALLETS[EAST], 40, kind=9)) == {"expired pledges that did not end"}
    assert found(*gone, moved(WALLETS[EAST], STRANGER, 40)) == {
        *untold,
        "expired pledges that did not end",
    }
