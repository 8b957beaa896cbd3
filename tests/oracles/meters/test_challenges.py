"""Who holds a meter's key signs two things of one moment: the oracle shows the one behind its leaf, and loses
nothing. A leaf that rests on nothing the meter signed costs its bond."""

from __future__ import annotations

import dataclasses

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, utils

from tests.oracles.meters.ground import (
    FEE,
    NOTARY,
    OFFICER,
    OWNER,
    QUARTER,
    SCEPTIC,
    SLASH,
    T0,
    Desk,
)
from tests.oracles.meters.test_feeds import INTERVALS, put_map
from tests.oracles.meters.test_intake import put_file, several
from tonne.errors import TonneError
from tonne.meters import leaves
from tonne.meters.contradiction import contradicting
from tonne.meters.leaves import IntervalLeaves, Leaf, OpenedLeaf
from tonne.meters.readings import Quality, parse_own
from tonne.meters.signatures import Curve, PublicKey, Signature
from tonne.meters.simulated_fleet import SigningKey

PREHASHED = ec.ECDSA(utils.Prehashed(hashes.SHA256()))


def path(desk: Desk):
    return leaves.path_of(desk.folder / "leaves", 1, T0, 1)


@pytest.fixture
def posted(desk) -> Desk:
    """The first interval stands; its four meters read themselves at both of its ends."""
    desk.at(QUARTER + 10)
    desk.send(0)
    desk.send(1)
    desk.run()
    assert desk.state(0).status == 1
    return desk


class Brainpool(SigningKey):
    """A meter's key on a curve that no chain checks."""

    def __init__(self, secret: int) -> None:
        self._secret = secret.to_bytes(32, "big")
        self._private = ec.derive_private_key(secret, ec.BrainpoolP256R1())
        numbers = self._private.public_key().public_numbers()
        self.public = PublicKey(Curve.BRAINPOOL_P256, numbers.x, numbers.y)

    def sign(self, digest: bytes) -> Signature:
        return Signature.of_der(self._private.sign(digest, PREHASHED))


def _key(key: SigningKey, seconds: int) -> tuple:
    """`MeterKey` of IMeters, from a time after T0."""
    return (*key.public.words, T0 + seconds, key.public.curve)


def leaf(desk: Desk) -> Leaf:
    """Of the first meter."""
    kept = IntervalLeaves.read(path(desk))
    return kept.leaves[kept.index_of(1)]


def opened(desk: Desk, meter: int) -> OpenedLeaf:
    kept = IntervalLeaves.read(path(desk))
    return OpenedLeaf.parse(kept.opened(kept.index_of(meter)))


def other(desk: Desk, place: int, **fields) -> bytes:
    """Another record of the interval's end that the meter signs now."""
    told = {"readAt": T0 + QUARTER, "importWh": 123_456, "sequence": 99} | fields
    return desk.signed(place, **told)


def contradict(desk: Desk, place: int, **fields) -> int:
    """By the meter's reader."""
    desk.chain.send(OFFICER, "MeterOracle", "setReaders", [place + 1], [SCEPTIC])
    raw = other(desk, place, **fields)
    args = contradicting(desk.chain, 1, T0, opened(desk, place + 1), raw)
    receipt = desk.chain.send(SCEPTIC, "MeterOracle", "contradict", *args)
    return next(e for e in desk.chain.events(receipt) if e.name == "LeafContradicted")["id"]


def not_contradicted(desk: Desk, key: SigningKey) -> bool:
    """Neither by the command nor on the chain, by a record that a key in use signs."""
    raw, shown = other(desk, 0, key=key), opened(desk, 1)
    assert (shown.told["sequence"], shown.told["signedBy"]) == (0, "none")
    with pytest.raises(TonneError) as refused:
        contradicting(desk.chain, 1, T0, shown, raw)
    assert refused.value.code == "METER_LEAF_NO_RECORD"
    desk.chain.send(OFFICER, "MeterOracle", "setReaders", [1], [SCEPTIC])
    record, said = parse_own(raw)
    index = next(key.index for key in desk.cycle.registry.meters[1].keys_at(T0 + QUARTER))
    r, s = (n.to_bytes(32, "big") for n in (said.signature.r, said.signature.s))
    by = (shown.salt, *key.public.words, r, s)
    args = (shown.place(1, T0, index), shown.reading, shown.digest, by, shown.proof)
    with pytest.raises(TonneError) as refused:
        desk.chain.send(SCEPTIC, "MeterOracle", "contradict", *args, record.on_chain)
    return refused.value.code == "METER_ORACLE_NO_CONTRADICTION"


def bond(desk: Desk) -> int:
    return desk.chain.call("MeterOracle", "bondOf", 1)[0]


def upheld(desk: Desk) -> list[int]:
    return [event["id"] for event in desk.chain.logs("MeterOracle", "LeafUpheld")]


def test_a_meter_that_signs_twice_pays_the_oracle(posted):
    """On both curves, and again for the same leaf."""
    numbers = [contradict(posted, place) for place in (0, 1, 1)]
    posted.until(lambda: upheld(posted) == numbers)
    assert posted.state(0).status == 1 and posted.state(0).open == 0
    assert bond(posted) == SLASH + 3 * FEE
    assert posted.incidents() == {("METER_SIGNED_TWICE", 1): 1, ("METER_SIGNED_TWICE", 2): 2}
    posted.run()
    assert len(upheld(posted)) == 3  # each once


def test_a_leaf_is_upheld_after_a_restart(posted):
    number = contradict(posted, 0)
    posted.start()
    posted.until(lambda: upheld(posted) == [number])


def test_a_leaf_of_another_form_is_upheld_by_what_the_meter_signed(desk):
    """The household's meter speaks OCMF; its key signs a record in the market's own form."""
    desk.at(QUARTER + 10)
    desk.send(0, [1, 2, 3])
    desk.send(1, [1, 2, 3])
    moments = [(T0, 1_000), (T0 + QUARTER, 1_100)]
    for page, moment in enumerate(moments, 1):
        desk.wire.put(desk.topic(0), several(desk, [moment], page))
    desk.run()
    number = contradict(desk, 0)
    desk.until(lambda: upheld(desk) == [number])
    assert bond(desk) == SLASH + FEE


def test_the_old_key_upholds_the_moment_in_which_the_next_takes_over(desk):
    desk.at(QUARTER - 100)
    fresh = SigningKey(Curve.SECP256K1, 814)
    desk.chain.send(OFFICER, "MeterOracle", "rotateKey", 1, _key(fresh, QUARTER))
    desk.at(QUARTER + 10)
    desk.send(0)
    desk.send(1)
    desk.run()
    number = contradict(desk, 0, key=fresh)
    desk.until(lambda: upheld(desk) == [number])


def test_a_key_that_came_back_is_named_by_its_number_of_then(desk):
    own = desk.meters[0].key
    desk.at(10)
    for key, seconds in ((SigningKey(Curve.SECP256K1, 814), 20), (own, 30)):
        desk.chain.send(OFFICER, "MeterOracle", "rotateKey", 1, _key(key, seconds))
        desk.at(seconds + 1)
    desk.at(QUARTER + 10)
    desk.send(0)
    desk.send(1)
    desk.run()
    number = contradict(desk, 0)
    desk.until(lambda: upheld(desk) == [number])


def test_what_an_office_told_of_a_moment_is_no_reading_of_the_meter(desk):
    """An exchange at an interval's end: no record upholds it, and none contradicts it."""
    desk.at(QUARTER - 100)
    desk.send(0)
    fresh = SigningKey(Curve.SECP256K1, 815)
    desk.chain.send(
        OFFICER, "MeterOracle", "exchangeMeter", 1, _key(fresh, QUARTER), (70, 2), (10, 0)
    )
    desk.at(QUARTER + 10)
    desk.send(1, [1, 2, 3])
    desk.run()
    assert leaf(desk).interval.quality is Quality.SETTLED
    assert not_contradicted(desk, key=fresh)


@pytest.mark.parametrize("values", ["interval", "register"])
def test_files_that_no_meter_signed_are_not_contradicted(desk, values):
    """By the key that an officer gave the meter."""
    text = INTERVALS + '\n[csv.quality]\ncolumn="q"\nsettled=["W"]\n'
    text = text.replace('values = "interval"', f'values = "{values}"')
    if values == "register":
        text = text.replace("interval_s = 900\n", "")
    put_map(desk, text, "default.toml")
    desk.at(10)
    fresh = SigningKey(Curve.SECP256K1, 814)
    desk.chain.send(OFFICER, "MeterOracle", "rotateKey", 1, _key(fresh, 100))
    desk.at(QUARTER + 10)
    desk.send(0, [1, 2, 3])
    desk.send(1, [1, 2, 3])
    rows = f"ts,Wh,q\n{T0},40,W\n{T0 + QUARTER},60,W\n".encode()
    assert put_file(desk, "1-june.csv", rows[:-16] if values == "interval" else rows) == "done"
    desk.run()
    assert leaf(desk).interval.quality is Quality.SETTLED
    assert not_contradicted(desk, key=fresh)


@pytest.mark.parametrize("exchanged", [False, True])
def test_a_record_ahead_of_the_clock_whose_key_gave_way_is_not_contradicted(desk, exchanged):
    desk.at(QUARTER - 100)
    desk.send(0)
    desk.send(1)  # 100 s ahead of the clock
    desk.run()
    fresh = SigningKey(Curve.SECP256K1, 814)
    if exchanged:
        shown = desk.meters[0].registers(1)
        args = (1, _key(fresh, QUARTER - 40), shown, (0, 0))
        desk.chain.send(OFFICER, "MeterOracle", "exchangeMeter", *args)
    else:
        desk.chain.send(OFFICER, "MeterOracle", "rotateKey", 1, _key(fresh, QUARTER - 40))
    desk.at(QUARTER + 10)
    desk.run()
    assert not_contradicted(desk, key=fresh)
    desk.start()
    desk.run()
    assert desk.state(0).run == 1  # as it was kept


@pytest.mark.parametrize("known", [True, False])
def test_a_record_that_no_chain_takes_is_not_contradicted_by_one_that_it_does(desk, known):
    """A key on a curve that no chain checks hands over at the interval's end; the next one is entered
    before the record comes, or after it."""
    old, fresh = Brainpool(813), SigningKey(Curve.SECP256K1, 814)
    desk.at(10)
    desk.chain.send(OFFICER, "MeterOracle", "rotateKey", 1, _key(old, 100))
    desk.at(QUARTER - 100)
    desk.send(0)
    imported, exported = desk.meters[0].registers(1)
    told = {"readAt": T0 + QUARTER, "importWh": imported, "exportWh": exported, "sequence": 2}
    record = desk.topic(0), desk.signed(0, key=old, **told)
    if not known:
        desk.wire.put(*record)
        desk.run()
    desk.chain.send(OFFICER, "MeterOracle", "rotateKey", 1, _key(fresh, QUARTER))
    desk.run()
    desk.at(QUARTER + 10)
    if known:
        desk.wire.put(*record)
    desk.send(1, [1, 2, 3])
    desk.run()
    assert leaf(desk).interval.quality is Quality.SETTLED
    assert not_contradicted(desk, key=fresh)


def test_a_contradiction_in_a_block_that_took_another_s_place_is_answered(posted):
    rpc = posted.chain.rpc
    mark = rpc.call("evm_snapshot")
    for _ in range(2):
        rpc.call("evm_mine")
    posted.run(2)
    rpc.call("evm_revert", mark)
    number = contradict(posted, 0)
    for _ in range(3):
        rpc.call("evm_mine")
    posted.until(lambda: upheld(posted) == [number])


def test_who_copies_a_contradiction_has_nothing_of_it(posted):
    """The oracle that posted would have half of its penalty back."""
    args = contradicting(posted.chain, 1, T0, opened(posted, 1), other(posted, 0))
    for copier in (NOTARY, OWNER):
        posted.chain.fund([copier])
        with pytest.raises(TonneError) as refused:
            posted.chain.send(copier, "MeterOracle", "contradict", *args)
        assert refused.value.code == "METER_ORACLE_NO_STANDING"


def test_a_damaged_file_of_leaves_keeps_no_other_waiting(posted):
    first = contradict(posted, 0)
    path(posted).write_bytes(b"?")
    posted.run()
    assert ("METER_LEAF_MISSING", 1) in posted.incidents()
    assert posted.cycle.challenges.open.keys() == {first}


def test_a_leaf_that_rests_on_nothing_the_meter_signed_costs_the_bond(desk, monkeypatch):
    """An oracle that counts more than its meter told."""
    of = leaves.Leaf.of

    def more(secret, meter, reading, salt):
        registers = reading.registers._replace(import_wh=reading.registers.import_wh + 1_000)
        return of(secret, meter, dataclasses.replace(reading, registers=registers), salt)

    monkeypatch.setattr(leaves.Leaf, "of", more)
    desk.at(QUARTER + 10)
    desk.send(0)
    desk.send(1)
    desk.run()
    monkeypatch.undo()
    registers = desk.meters[0].registers(1)
    number = contradict(desk, 0, importWh=registers[0], exportWh=registers[1])
    desk.run(6)
    assert upheld(desk) == []
    deadline = desk.chain.call("MeterOracle", "challengeOf", number).deadline
    desk.chain.set_time(deadline + 1)
    desk.chain.send(SCEPTIC, "MeterOracle", "expire", number)
    assert desk.state(0).status == 2
    assert bond(desk) == 0


def test_a_leaf_of_no_record_that_is_kept_is_told_of(posted):
    posted.journal._db.execute("DELETE FROM records")
    contradict(posted, 0)
    posted.run()
    assert ("METER_LEAF_MISSING", 1) in posted.incidents()
    assert upheld(posted) == []


def test_a_record_that_no_chain_reads_contradicts_nothing(posted):
    by_another = other(posted, 0, key=posted.meters[1].key)
    for raw, code in (
        (several(posted, [(T0 + QUARTER, 1)], 1), "METER_NOT_PROVABLE"),
        (by_another, "METER_NOT_SIGNED"),
        (by_another[:-1], "METER_RECORD_FORM"),
        (other(posted, 0, readAt=T0), "METER_OTHER_RECORD"),
        (other(posted, 1), "METER_OTHER_RECORD"),
    ):
        with pytest.raises(TonneError) as refused:
            contradicting(posted.chain, 1, T0, opened(posted, 1), raw)
        assert refused.value.code == code
