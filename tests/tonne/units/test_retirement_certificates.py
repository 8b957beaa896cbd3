"""Certificates read from a chain, and a node that lies about them."""

from __future__ import annotations

from dataclasses import replace

import pytest
from eth_abi.abi import encode

from tests.tonne.units.retirements import HOSTILE, claim, retire
from tonne.audit.reconcile import audit
from tonne.crypto.hashing import keccak
from tonne.errors import TonneError
from tonne.evidence.verification import sound
from tonne.units import retirement_certificates
from tonne.units.retirement_certificates import Opening
from tonne.units.serial_lookup import Block


def _check(town, number, opening=None):
    found = retirement_certificates.read(town.chain, number, 0)
    return retirement_certificates.check(town.chain, found, 0, opening)


def _failed(checks):
    return [check.about for check in checks if check.passed is False]


def test_a_certificate_holds_and_says_what_was_claimed(town):
    retire(town)
    number = retire(town, 50)
    found = retirement_certificates.read(town.chain, number, 0)
    assert found.blocks == (Block(1, 0, 101, 150),)
    assert found.claim.purpose == "flights of 2020"
    checks = _check(town, number)
    assert [check.passed for check in checks] == [True] * 8


def test_a_number_never_given_is_refused(town):
    with pytest.raises(TonneError) as refusal:
        retirement_certificates.read(town.chain, 7, 0)
    assert refusal.value.code == "RETIREMENT_CERTIFICATE_UNKNOWN"


def test_words_of_any_bytes_are_read_and_hashed_as_they_came(town):
    number = retire(town, words=claim(HOSTILE))
    found = retirement_certificates.read(town.chain, number, 0)
    assert found.claim.beneficiary == HOSTILE
    assert sound(_check(town, number))
    assert town.chain.call("RetirementRegistry", "isClaimOf", number, found.claim)


def test_words_of_any_bytes_do_not_stop_the_auditor(town):
    retire(town, words=claim(HOSTILE))
    assert audit(town.chain, town.deployment.first_block).sound


def _told(chain, monkeypatch, contract, name, change):
    """A node that tells one kind of event otherwise."""
    honest = chain.logs

    def logs(asked=None, event=None, *args, **kwargs):
        found = honest(asked, event, *args, **kwargs)
        return change(found) if (asked, event) == (contract, name) else found

    monkeypatch.setattr(chain, "logs", logs)


def test_other_words_than_were_hashed_are_found(town, monkeypatch):
    number = retire(town)

    def change(events):
        words = events[0]["claim"]._replace(beneficiary="Somebody else")
        return [replace(e, args={**e.args, "claim": words}) for e in events]

    _told(town.chain, monkeypatch, "RetirementRegistry", "UnitsRetired", change)
    assert _failed(_check(town, number)) == ["the words of the claim hash to what is stored"]


def test_other_figures_than_are_stored_are_found(town, monkeypatch):
    number = retire(town)
    change = lambda events: [replace(e, args={**e.args, "amount": 99}) for e in events]  # noqa: E731
    _told(town.chain, monkeypatch, "RetirementRegistry", "UnitsRetired", change)
    assert _failed(_check(town, number)) == ["record and event say the same"]


def test_a_serial_number_that_left_twice_is_found(town, monkeypatch):
    number = retire(town)
    retire(town)

    def change(events):
        """The second exit overlaps the first by one number."""
        block = events[1]["blocks"][0]._replace(first=100)
        return [events[0], replace(events[1], args={**events[1].args, "blocks": [block]})]

    _told(town.chain, monkeypatch, "OffsetCredits", "SerialsAttached", change)
    failed = [check for check in _check(town, number) if check.passed is False]
    assert [check.about for check in failed] == ["no serial number left a second time"]
    assert failed[0].detail == "1-0-100-200 (certificate 2)"


def test_a_serial_number_that_two_certificates_name_is_found(town, monkeypatch):
    number = retire(town)
    retire(town)

    def change(events):
        block = events[0]["blocks"][0]
        named = [replace(e, args={**e.args, "blocks": [block]}) for e in events[1:]]
        return [*events[:1], *named]

    _told(town.chain, monkeypatch, "RetirementRegistry", "UnitsRetired", change)
    failed = [check for check in _check(town, number) if check.passed is False]
    assert [check.detail for check in failed] == ["certificate 2"]


def test_units_that_left_for_something_else_are_found(town, monkeypatch):
    number = retire(town)
    change = lambda events: [replace(e, args={**e.args, "kind": 3}) for e in events]  # noqa: E731
    _told(town.chain, monkeypatch, "OffsetCredits", "SerialsAttached", change)
    assert _failed(_check(town, number)) == [
        "the units left for this certificate, with these serial numbers",
        "no serial number left a second time",
    ]


def test_units_that_left_with_other_serial_numbers_are_found(town, monkeypatch):
    number = retire(town)

    def change(events):
        block = events[0]["blocks"][0]._replace(first=201, last=300)
        return [replace(events[0], args={**events[0].args, "blocks": [block]})]

    _told(town.chain, monkeypatch, "OffsetCredits", "SerialsAttached", change)
    assert _failed(_check(town, number)) == [
        "the units left for this certificate, with these serial numbers"
    ]


# Commitments


def test_a_commitment_is_the_hash_of_salt_and_name():
    opening = Opening("Société Générale 中国", bytes(range(32)))
    plain = encode(["bytes32", "string"], [opening.salt, opening.name])
    assert opening.commitment == keccak(plain)


def test_a_commitment_is_kept_in_a_file_only_its_owner_reads(tmp_path):
    path = tmp_path / "opening.json"
    made = retirement_certificates.commit("中国石油", path)
    assert path.stat().st_mode & 0o777 == 0o600
    assert retirement_certificates.read_opening(path) == made
    for text in (str(path), "0x" + made.commitment.hex()):
        assert retirement_certificates.commitment_of(text) == made.commitment
    assert retirement_certificates.commit("中国石油", tmp_path / "b.json").salt != made.salt


def test_a_salt_is_never_overwritten(tmp_path):
    path = tmp_path / "opening.json"
    made = retirement_certificates.commit("Somebody", path)
    with pytest.raises(TonneError) as refusal:
        retirement_certificates.commit("Somebody", path)
    assert refusal.value.code == "COMMITMENT_FILE"
    assert retirement_certificates.read_opening(path) == made


def test_a_file_whose_name_was_changed_opens_nothing(tmp_path):
    path = tmp_path / "opening.json"
    retirement_certificates.commit("Somebody", path)
    path.write_text(path.read_text().replace("Somebody", "Nobody"))
    with pytest.raises(TonneError) as refusal:
        retirement_certificates.read_opening(path)
    assert refusal.value.code == "COMMITMENT_UNREADABLE"


@pytest.mark.parametrize("name", ["", "ü" * 65])
def test_a_name_no_claim_can_hold_is_not_committed_to(tmp_path, name):
    with pytest.raises(TonneError) as refusal:
        retirement_certificates.commit(name, tmp_path / "opening.json")
    assert refusal.value.code == "COMMITMENT_NAME"


def test_a_commitment_opens_with_its_name_and_salt_only(town, tmp_path):
    opening = retirement_certificates.commit("Private Person", tmp_path / "opening.json")
    number = retire(town, words=claim("", opening.commitment))
    assert _check(town, number)[-1].passed is None, "closed, it says nothing"
    assert _check(town, number, opening)[-1].passed
    assert not _check(town, number, replace(opening, name="Another"))[-1].passed
    assert not _check(town, number, replace(opening, salt=bytes(32)))[-1].passed


def test_a_name_in_clear_is_compared(town):
    number = retire(town)
    assert _check(town, number, Opening("Example Airlines", bytes(32)))[-1].passed
    assert not _check(town, number, Opening("Another", bytes(32)))[-1].passed


def test_a_certificate_that_its_holder_declined_says_so(town):
    """A third company's name, made out to a stranger: it stands, and the stranger's word stands beside it."""
    people = town.market.people
    args = (town.market.credit, 1, claim("A Third Company"), people["trader"])
    receipt = town.chain.send(people["developer"], "RetirementRegistry", "retireFor", *args)
    number = next(e for e in town.chain.events(receipt) if e.name == "UnitsRetired")["certificate"]
    about = "its holder has not declined it"
    assert [c.passed for c in _check(town, number) if c.about == about] == [True]
    answer = (number, False)
    with pytest.raises(TonneError):
        town.chain.send(people["developer"], "RetirementRegistry", "answerCertificate", *answer)
    town.chain.send(people["trader"], "RetirementRegistry", "answerCertificate", *answer)
    (told,) = [c for c in _check(town, number) if c.about == about]
    assert told.passed is None and "alone" in told.detail
    assert sound(_check(town, number)) and audit(town.chain).differences == []
