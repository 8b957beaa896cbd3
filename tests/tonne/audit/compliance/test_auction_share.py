"""What was issued for auctions, worked out again."""

from __future__ import annotations

from tests.tonne.audit.events import dated, feed, units
from tonne.audit.compliance.auction_share import AuctionShareReplay
from tonne.audit.replay.compare import Tally
from tonne.audit.rules.schemes import SchemesReplay
from tonne.types import references, unit_id

SCHEME, VINTAGE, SELLER, SHARE = 1, 2023, 7, 600
UNIT = unit_id.allowance(SCHEME, VINTAGE)
DISCLOSED = {"scheme": SCHEME, "vintage": VINTAGE, "revision": 0, "capT": 1_000, "freeT": 300}


def a_room():
    rules = feed(
        SchemesReplay(),
        dated("SchemeCreated", scheme=SCHEME, utcOffset=0, noticeDays=30),
        dated("VintageDisclosed", **DISCLOSED, auctionT=SHARE, officer="0x1", holdsFrom=0),
    )
    return AuctionShareReplay(rules, units())


def issued(amount):
    return dated("AuctionShareIssued", scheme=SCHEME, vintage=VINTAGE, seller=SELLER, amount=amount)


def differences(room):
    tally = Tally()
    room.invariants(tally)
    return [difference.about for difference in tally.differences]


def test_no_more_than_was_disclosed_is_issued_for_auctions():
    room = feed(a_room(), issued(400), issued(200))
    assert room.faults == []
    feed(room, issued(1))
    assert room.faults == ["vintage 2023 of scheme 1: 601 for auctions, 600 disclosed"]


def test_what_is_told_of_an_auctioned_share_must_have_come():
    room = feed(a_room(), issued(400))
    key = (references.auction_share(SCHEME, SELLER), UNIT)
    room.allowances.issues_for[key] = 400
    assert differences(room) == []
    room.allowances.issues_for[key] = 401
    assert differences(room) == ["units that came for auctions"]
    (check,) = room.checks(0)
    assert (check.function, check.args, check.expected) == ("issuedOf", (UNIT,), 400)


def test_units_that_came_untold_are_found():
    room = a_room()
    room.allowances.issues_for[references.auction_share(SCHEME, SELLER), UNIT] = 1
    assert differences(room) == ["units that came for auctions"]
