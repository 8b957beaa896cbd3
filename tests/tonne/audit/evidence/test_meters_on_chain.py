"""Meters, roots, doubts and a plant's bound on a real chain: audited, and every act left out is found."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, utils

from tests.tonne.audit.samples import SOME_BY_DAY
from tonne.audit import reconcile
from tonne.audit.replay.events import read
from tonne.crypto.sealing import OneTimeKey, info_of, seal
from tonne.meters.contradiction import contradicting, keys_at, upholding
from tonne.meters.leaves import IntervalLeaves, OpenedLeaf
from tonne.meters.readings import MeterRecord, Quality
from tonne.meters.series import Flow, IntervalReading
from tonne.meters.signatures import Signature

HOUR = 3_600
SECRET_OF_SALTS, DATA, DIGEST = b"\7" * 32, b"\1" * 32, b"\2" * 32
SECRET = ec.derive_private_key(12_345, ec.SECP256R1())
NUMBERS = SECRET.public_key().public_numbers()
X, Y = NUMBERS.x.to_bytes(32, "big"), NUMBERS.y.to_bytes(32, "big")


def _readings(count=5):
    """Registers of so many readings of meter 1."""
    told = IntervalReading(250, 30_000_000, Flow(123_456, 70), Quality.SETTLED, 11, DIGEST)
    return [(1, replace(told, sequence=11 + i)) for i in range(count)]


def _signed(leaf, at, import_wh):
    """A record of the meter for an interval's end."""
    record = MeterRecord(1, at, import_wh, 70, 99, 0, leaf.register_salt)
    der = SECRET.sign(record.digest(), ec.ECDSA(utils.Prehashed(hashes.SHA256())))
    return record.with_signature(Signature.of_der(der))


@pytest.fixture
def story(town):
    """A plant's meters: posted, corrected, asked for, answered, withheld, exposed, contradicted, upheld; then
    counted."""
    chain, people, market = town.chain, town.market.people, town.market
    officer, notary, sceptic = people["authority"], people["north"], people["trader"]
    plant = market.installations["north"]
    word = chain.call("Participants", "installation", plant)
    scheme, at = word >> 24 & 0xFFFF, word >> 40 & 0xFFFF
    oracle = chain.call("Participants", "walletOf", notary)[0]
    start = (chain.now() // HOUR - 3) * HOUR

    def do(who, function, *args):
        return chain.send(who, "MeterOracle", function, *args)

    node = (scheme, at, 1, oracle, 12, HOUR, 3 * HOUR, 2 * HOUR, HOUR)
    do(officer, "openNode", node)
    do(officer, "setOracle", 1, oracle)
    do(officer, "registerMeter", (oracle, 1, 10**9, start, 0, 1000, 12, 0, 0), (X, Y, start, 2))
    do(officer, "registerMeter", (oracle, 1, 10**9, start, 0, 1000, 12, 0, 0), (Y, X, start, 1))
    do(officer, "rotateKey", 2, (Y, Y, chain.now() + 9, 1))
    chain.set_time(chain.now() + 10)
    do(officer, "exchangeMeter", 2, (X, X, chain.now() + 9, 3), (5, 5), (0, 0))
    chain.set_time(chain.now() + 10)
    do(officer, "closeMeter", 2, chain.now() + 999)
    for who, amount in ((notary, 1_000_00), (sceptic, 40_00)):
        chain.send(people["currency_issuer"], "SettlementCurrency", "mint", who, amount)
        chain.send(who, "SettlementCurrency", "approve", chain["MeterOracle"], amount)
    do(notary, "depositBond", oracle, 1_000_00)

    tree = IntervalLeaves.of(SECRET_OF_SALTS, 1, start, _readings())
    root, sums = tree.root, tree.tree.sums
    do(officer, "setOperator", 1, chain.call("Participants", "walletOf", sceptic)[0])
    do(officer, "setReaders", [1], [sceptic])
    do(notary, "post", 1, start, 1, root, sums - 1, DATA)
    do(notary, "post", 1, start, 2, root, sums, DATA)
    for later in (1, 2):
        do(notary, "post", 1, start + later * HOUR, 1, root, sums, DATA)

    def ask(at, which, by_place=True):
        key = OneTimeKey.make()
        do(sceptic, "challenge", (1, at, which, by_place), root, sums, key.public)
        return key

    def answer(number, key, opened):
        info = info_of(chain.chain_id, chain["MeterOracle"].address, number)
        sealed = seal(opened, key.public, info)
        do(notary, "answer", number, sealed)
        return sealed

    answer(1, ask(start, 3), tree.opened(3))
    do(sceptic, "close", 1)
    ask(start + HOUR, 2)
    key = ask(start + 2 * HOUR, 2)
    garbage = answer(3, key, b"later")
    secret = int.from_bytes(key.secret, "big")
    do(sceptic, "expose", 3, secret, key.shared(garbage), garbage)

    def contradict(at):
        opened = OpenedLeaf.parse(tree.opened(0))
        other = _signed(tree.leaves[0], at + HOUR, 5)
        do(sceptic, "contradict", *contradicting(chain, 1, at, opened, other))

    contradict(start)
    first = _signed(tree.leaves[0], start + HOUR, 123_456)
    keys = keys_at(chain, 1, start + HOUR)
    do(notary, "uphold", 4, *upholding(tree.leaves[0], keys, first))
    contradict(start + HOUR)
    chain.set_time(chain.now() + 3 * HOUR)
    do(sceptic, "expire", 5)
    do(sceptic, "expire", 2)
    payee, asset = (int(who.address, 16) for who in (sceptic, chain["SettlementCurrency"]))
    do(sceptic, "withdrawPayout", payee, asset, sceptic)

    chain.send(officer, "PlantMeters", "link", plant, 1)
    year = datetime.fromtimestamp(start, UTC).year
    counted = (plant, year, start, [root], [sums])
    chain.send(sceptic, "PlantMeters", "count", *counted)
    return town


LEFT_OUT = [
    *("NodeSet", "MeterRegistered", "MeterKeyRotated", "MeterExchanged", "MeterClosed"),
    *("IntervalPosted", "LeafChallenged", "LeafAnswered", "ChallengeClosed", "AnswerExposed"),
    *("LeafContradicted", "LeafUpheld"),
    *("MeterReaderSet", "NodeOperatorSet", "IntervalFailed", "BondDeposited"),
    *("PayoutCredited", "PayoutWithdrawn"),
    *("PlantLinked", "OutputCounted"),
]
#: Event, field, what is added to it, and what the audit then says.
ALTERED = [
    ("NodeSet", "id", 1, "node 2 does not follow"),
    ("MeterRegistered", "id", 1, "meter 2 does not follow"),
    ("MeterKeyRotated", "index", 1, "key 2 of meter 2 does not follow"),
    ("MeterClosed", "validUntil", -2_000, "end of meter 2"),
    ("IntervalPosted", "run", 1, "run 2 of"),
    ("IntervalPosted", "start", 60, "interval (1,"),
    ("IntervalPosted", "start", 7_200, "interval (1,"),
    ("IntervalPosted", "sums", 1 << 47, "sums of (1,"),
    ("LeafChallenged", "which", 3, "challenge 1"),
    ("MeterReaderSet", "since", 1, "reader of meter 1"),
    ("MeterReaderSet", "id", 5, "reader of meter 6"),
    ("NodeOperatorSet", "id", 1, "operator of node 2"),
    ("LeafAnswered", "deadline", 1, "answer to challenge 1"),
    ("ChallengeClosed", "id", 1, "ChallengeClosed does not"),
    ("AnswerExposed", "secret", 1, "exposure of challenge 3"),
    ("AnswerExposed", "id", -2, "exposure of challenge 1"),
    ("LeafChallenged", "run", 1, "challenge 1"),
    ("LeafChallenged", "deadline", 1, "challenge 1"),
    ("LeafChallenged", "deadline", -3_601, "answer to challenge 1"),
    ("LeafContradicted", "run", 1, "challenge 4"),
    ("LeafContradicted", "meter", 1, "contradiction 4"),
    ("LeafContradicted", "deadline", 1, "challenge 4"),
    ("LeafContradicted", "deadline", -3_601, "contradiction 4 was upheld too late"),
    ("LeafUpheld", "id", -1, "end of challenge 3"),
    ("IntervalFailed", "challenge", -1, "failure of (1,"),
    ("IntervalFailed", "paid", 1, "failure of (1,"),
    ("IntervalFailed", "challenge", -2, "failure of (1,"),
    ("BondDeposited", "bond", 1, "bond of "),
    ("BondDeposited", "amount", -1, "bond behind (1,"),
    ("OutputCounted", "exportWh", 1, "Wh in the roots"),
    ("OutputCounted", "first", 3_600, "is not final"),
    ("OutputCounted", "year", 1, "intervals of 1 counted from"),
]


@SOME_BY_DAY
def test_nothing_differs_until_an_event_is_left_out_or_altered(story, monkeypatch, some):
    found = reconcile.audit(story.chain)
    assert found.differences == []
    assert found.compared["MeterOracle"] > 40 and found.compared["PlantMeters"] >= 4

    def forged(change):
        def forge(*args):
            for blocks, events in read(*args):
                yield blocks, [e for e in map(change, events) if e is not None]

        monkeypatch.setattr(reconcile, "read", forge)
        differences = reconcile.audit(story.chain).differences
        return [str(d) for d in differences if d.contract in ("MeterOracle", "PlantMeters")]

    for name in LEFT_OUT[some]:
        found = forged(lambda e, name=name: None if e.event.name == name else e)
        assert found != [], name

    for name, field, by, says in ALTERED[some]:

        def altered(e, name=name, field=field, by=by):
            if e.event.name != name:
                return e
            args = {**e.event.args, field: e.event.args[field] + by}
            return replace(e, event=replace(e.event, args=args))

        found = forged(altered)
        assert any(says in told for told in found), (name, field, by, found)
