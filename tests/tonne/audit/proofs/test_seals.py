"""Seals of chains with named validators: headers made and signed here, sound ones and false ones."""

from __future__ import annotations

from types import SimpleNamespace

import pytest
import rlp

from tonne.audit.proofs import headers, seals
from tonne.audit.proofs.findings import Refuted
from tonne.audit.proofs.reader import ProvenSource
from tonne.audit.proofs.tries import EMPTY_ROOT
from tonne.crypto.accounts import Account
from tonne.crypto.hashing import keccak

KEYS = [Account.from_seed("validator", n) for n in range(6)]
STRANGER = Account.from_seed("stranger")
VANITY = bytes(32)


def _fields(number, parent, extra, mix=bytes(32), miner=bytes(20), nonce=bytes(8)):
    """The fifteen fields of a header, as the library encodes them."""
    roots = [keccak(rlp.encode([])), miner, *[EMPTY_ROOT] * 3, bytes(256)]
    return [parent, *roots, 1, number, 10**9, 0, 1_000 + number, extra, mix, nonce]


def _answer(fields, hash_):
    """What a node answers."""
    names = [name for name, _ in headers.ALWAYS]
    told = {
        name: hex(value) if isinstance(value, int) else "0x" + value.hex()
        for name, value in zip(names, fields, strict=True)
    }
    return {**told, "hash": "0x" + hash_.hex(), "transactions": []}


def _sealed(signer, digest):
    signature = signer.sign(digest)
    return signature[:64] + bytes([signature[64] - 27])


class Bft:
    """A chain of QBFT or IBFT 2.0 headers."""

    def __init__(self, kind, validators):
        self.kind, self.answers = kind, []
        self.add(validators, [])

    def _extra(self, validators, vote, round_, sealing):
        accounts = [v.address_bytes for v in validators]
        if self.kind == "ibft":
            items = [VANITY, accounts, vote or b""]
            if sealing is not None:
                items += [round_.to_bytes(4, "big"), *([sealing] if sealing else [])]
            return rlp.encode(items)
        no_round = sealing is None
        return rlp.encode([VANITY, accounts, vote or [], 0 if no_round else round_, sealing or []])

    def add(self, validators, signers, round_=0, vote=None):
        number = len(self.answers)
        parent = bytes.fromhex(self.answers[-1]["hash"][2:]) if number else bytes(32)

        def hashed(extra):
            return keccak(rlp.encode(_fields(number, parent, extra, seals.BFT_MIX)))

        digest = hashed(self._extra(validators, vote, round_, []))
        signed = [_sealed(signer, digest) for signer in signers]
        extra = self._extra(validators, vote, round_, signed)
        if self.kind == "ibft" and not signed:  # block 0 has an empty list of seals
            extra = rlp.encode([*rlp.decode(extra), []])
        hash_ = hashed(self._extra(validators, vote, round_, None))
        self.answers.append(_answer(_fields(number, parent, extra, seals.BFT_MIX), hash_))


def _checked(answers):
    """Reads the headers as the reader does; the checker of their seals."""
    found = [headers.read(a, n, seals.without_seals) for n, a in enumerate(answers)]
    follower = seals.follower(found[0])
    for header in found:
        follower.check(header)
    return follower


def _refused(answers):
    with pytest.raises(Refuted) as caught:
        _checked(answers)
    assert caught.value.code == "AUDIT_SEAL_FALSE"
    return caught.value


@pytest.fixture(params=["qbft", "ibft"])
def bft(request):
    chain = Bft(request.param, KEYS[:4])
    chain.add(KEYS[:4], KEYS[:3])
    chain.add(KEYS[:4], KEYS[1:4], round_=2)
    return chain


def test_two_thirds_of_the_validators_seal_a_block(bft):
    assert _checked(bft.answers).voucher == "the seals of 3 of 4 validators"


@pytest.mark.parametrize(
    "signers", [[], KEYS[:2], [*KEYS[:2], KEYS[1]], [*KEYS[:2], STRANGER], [STRANGER] * 4]
)
def test_too_few_or_other_seals_are_refused(bft, signers):
    bft.add(KEYS[:4], signers)
    assert _refused(bft.answers).block == 3


def test_validators_come_and_go_one_by_one(bft):
    bft.add(KEYS[:5], KEYS[1:5], vote=[KEYS[5].address_bytes, b"\xff"])
    bft.add(KEYS[:6], KEYS[2:6])
    bft.add(KEYS[1:6], KEYS[2:6])
    assert _checked(bft.answers).voucher == "the seals of 4 of 5 validators"


def test_validators_that_name_themselves_are_refused(bft):
    bft.add([STRANGER], [STRANGER])
    assert "block before" in _refused(bft.answers).message


def test_seals_of_another_block_are_refused(bft):
    other = bft.answers[1]["extraData"]
    fields = _fields(
        3, bytes.fromhex(bft.answers[2]["hash"][2:]), bytes.fromhex(other[2:]), seals.BFT_MIX
    )
    without = seals.without_seals(fields[12])
    hash_ = keccak(rlp.encode([*fields[:12], without, *fields[13:]]))
    bft.answers.append(_answer(fields, hash_))
    _refused(bft.answers)


class Clique:
    """A chain of Clique headers."""

    def __init__(self, signers):
        listed = b"".join(s.address_bytes for s in signers)
        self.answers = []
        self._add(_fields(0, bytes(32), VANITY + listed + bytes(65)))

    def _add(self, fields):
        self.answers.append(_answer(fields, keccak(rlp.encode(fields))))

    def add(self, signer, candidate=None, vote=seals.DROP, listed=()):
        parent = bytes.fromhex(self.answers[-1]["hash"][2:])
        miner = candidate.address_bytes if candidate else bytes(20)
        start = VANITY + b"".join(s.address_bytes for s in listed)
        nonce = vote if candidate else bytes(8)
        fields = _fields(len(self.answers), parent, start, miner=miner, nonce=nonce)
        fields[12] = start + _sealed(signer, keccak(rlp.encode(fields)))
        self._add(fields)


@pytest.fixture
def clique():
    chain = Clique(KEYS[:3])
    for turn in (0, 1, 2, 0):
        chain.add(KEYS[turn])
    return chain


def test_signers_seal_in_turn(clique):
    assert _checked(clique.answers).voucher == "the seals of 3 of 3 signers under the last blocks"


@pytest.mark.parametrize("signer", [STRANGER, KEYS[0]])
def test_a_stranger_and_a_signer_out_of_turn_are_refused(clique, signer):
    clique.add(signer)
    assert _refused(clique.answers).block == 5


def test_signers_are_added_and_removed_by_more_than_half_of_the_votes(clique):
    clique.add(KEYS[1], KEYS[3], seals.ADD)
    clique.add(KEYS[2], KEYS[3], seals.ADD)
    clique.add(KEYS[3])
    clique.add(KEYS[0], KEYS[2])
    clique.add(KEYS[1], KEYS[2])
    clique.add(KEYS[3], KEYS[2])
    clique.add(KEYS[0], listed=[KEYS[0], KEYS[1], KEYS[3]])
    assert _checked(clique.answers).validators == {KEYS[n].address_bytes for n in (0, 1, 3)}
    clique.add(KEYS[2])
    _refused(clique.answers)


def test_one_vote_of_three_adds_no_signer(clique):
    clique.add(KEYS[1], KEYS[3], seals.ADD)
    clique.add(KEYS[2])
    clique.add(KEYS[0])
    clique.add(KEYS[1], KEYS[3], seals.ADD)
    clique.add(KEYS[3])
    assert _refused(clique.answers).block == 9


def test_a_list_of_other_signers_is_refused(clique):
    clique.add(KEYS[1], listed=[*KEYS[:2], STRANGER])
    assert "lists other signers" in _refused(clique.answers).message


def test_a_chain_without_seals_has_no_checker():
    fields = _fields(0, bytes(32), b"")
    header = headers.read(_answer(fields, keccak(rlp.encode(fields))), 0, seals.without_seals)
    assert seals.follower(header) is None


def _source(answers, first, genesis=None):
    def ask(_method, params):
        number = len(answers) - 1 if params[0] == "latest" else int(params[0], 16)
        return answers[number]

    rpc = SimpleNamespace(
        call=lambda method, *params: ask(method, params),
        batch_or_raise=lambda asked: [ask(method, params) for method, params in asked],
    )
    chain = SimpleNamespace(rpc=rpc, contracts={}, kind="other")
    return ProvenSource(chain, first, genesis=genesis)


def test_the_reader_checks_seals_from_block_0_and_names_them(bft, clique):
    for chain, said in ((bft, "3 of 4 validators"), (clique, "3 of 3 signers")):
        source = _source(chain.answers, first=2, genesis=chain.answers[0]["hash"])
        source.pin(None)
        assert said in str(source.proof)
    bft.add(KEYS[:4], KEYS[:2])
    with pytest.raises(Refuted) as caught:
        _source(bft.answers, first=2).pin(None)
    assert caught.value.code == "AUDIT_SEAL_FALSE"


def test_another_block_0_than_the_deployments_is_refused(bft):
    with pytest.raises(Refuted) as caught:
        _source(bft.answers, first=2, genesis="0x" + "11" * 32).pin(None)
    assert caught.value.code == "AUDIT_GENESIS_OTHER"
