"""Signatures of a monitoring report, recovered from the transaction that brought it."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tonne import monitoring
from tonne.errors import TonneError
from tonne.proofs import sound


def _read(town):
    return monitoring.read(town.chain, 1, 0)


def _failed(found):
    return [check.about for check in found.all_checks() if check.passed is False]


def test_the_three_who_signed_are_recovered_and_were_entitled(town):
    people = town.market.people
    found = _read(town)
    assert [(p.role, p.address) for p in found.people] == [
        ("developer", people["developer"].address),
        ("lead verifier", people["lead"].address),
        ("reviewer", people["reviewer"].address),
    ]
    assert found.final and sound(found.all_checks())
    assert all(check.passed for check in found.all_checks())


def test_a_report_that_never_came_is_refused(town):
    with pytest.raises(TonneError) as refusal:
        monitoring.read(town.chain, 9, 0)
    assert refusal.value.code == "MONITORING_UNKNOWN"


def _sent(town, monkeypatch, change):
    """A node that shows another transaction."""
    honest = town.chain.rpc.call

    def call(method, *args):
        answer = honest(method, *args)
        return change(answer) if method == "eth_getTransactionByHash" else answer

    monkeypatch.setattr(town.chain.rpc, "call", call)


@pytest.mark.parametrize(
    "word, about",
    [
        (0, "the developer signed"),
        (2, "the lead verifier signed and was accredited"),
        (4, "the reviewer signed and was accredited"),
    ],
)
def test_a_signature_that_is_not_theirs_is_found(town, monkeypatch, word, about):
    start = 2 + 8 + 64 * (9 + 1 + word)  # 0x, selector, the report's words, the opinion

    def change(sent):
        data = sent["input"]
        other = format(int(data[start + 60 : start + 64], 16) ^ 1, "04x")
        return {**sent, "input": data[: start + 60] + other + data[start + 64 :]}

    _sent(town, monkeypatch, change)
    assert _failed(_read(town)) == [about]


@pytest.mark.parametrize("answer", [(3, 255, 2), (7, 255 - monitoring.REPORT_RIGHT, 2)])
def test_a_wallet_that_may_not_report_for_the_developer_is_found(town, monkeypatch, answer):
    """Somebody else's wallet, and one of the developer's without the right."""
    honest = town.chain.call
    told = lambda *a, **k: answer if a[1] == "walletOf" else honest(*a, **k)  # noqa: E731
    monkeypatch.setattr(town.chain, "call", told)
    assert _failed(_read(town)) == ["the developer signed"]


def test_signatures_in_another_contracts_transaction_are_not_claimed_to_be_right(town, monkeypatch):
    _sent(town, monkeypatch, lambda sent: {**sent, "to": town.chain["Exchange"].address})
    found = _read(town)
    assert [person.check.passed for person in found.people] == [None, None]
    assert {person.address for person in found.people} == {
        town.market.people[name].address for name in ("lead", "reviewer")
    }


def _told(town, monkeypatch, name, change):
    honest = town.chain.logs

    def logs(contract=None, event=None, *args, **kwargs):
        found = honest(contract, event, *args, **kwargs)
        return [replace(e, args=change(dict(e.args))) for e in found] if event == name else found

    monkeypatch.setattr(town.chain, "logs", logs)


def test_another_report_than_was_signed_is_found(town, monkeypatch):
    def change(args):
        return {**args, "report": args["report"]._replace(quantityT=70_000)}

    _told(town, monkeypatch, "MonitoringReported", change)
    assert "the report hashes to what is on record" in _failed(_read(town))


def _signers(town, monkeypatch, change):
    """A node that tells another signer set; the digest is over every word of it."""

    def changed(args):
        words = list(args["words"])
        first = 2 + (words[1] >> 8 & 0xFF)
        return {**args, "words": words[:first] + [change(w) for w in words[first:]]}

    _told(town, monkeypatch, "OracleConfigured", changed)
    found = _read(town)
    assert "the signer set is the one its digest names" in _failed(found)
    return [person.check.detail for person in found.people[1:]]


@pytest.mark.parametrize(
    "change, why",
    [
        (lambda w: w & ~(0xFF << 184), "the person is not accredited for this"),
        (lambda w: w & ~(0xFFFFFF << 192), "the person is not accredited for this"),
        (lambda w: w ^ 1 << 160, "the person is of another body"),
        (lambda w: w & ~(0xFFFF << 240), "the person was not accredited on the day of signing"),
        (lambda w: w | 0xFFFF << 224, "the person was not accredited on the day of signing"),
    ],
)
def test_a_person_who_may_not_sign_is_found(town, monkeypatch, change, why):
    assert _signers(town, monkeypatch, change) == [why, why]


def test_a_key_that_is_not_the_signers_is_found(town, monkeypatch):
    details = _signers(town, monkeypatch, lambda w: w ^ 1)
    assert all(detail.startswith("the signature is of 0x") for detail in details)


def test_an_event_that_names_other_persons_is_found(town, monkeypatch):
    _told(town, monkeypatch, "MonitoringReported", lambda args: {**args, "signers": 0})
    assert [p.check.detail for p in _read(town).people[1:]] == [
        "the event names another person"
    ] * 2


def test_an_annulled_report_and_an_interest_are_found(town, monkeypatch):
    honest = town.chain._decoded

    def decoded(contract, function, args, answer):
        found = honest(contract, function, args, answer)
        if function == "monitoring":
            return found._replace(status=monitoring.ANNULLED)
        return True if function == "hasInterest" else found

    monkeypatch.setattr(town.chain, "_decoded", decoded)
    assert _failed(_read(town)) == [
        "the report is not annulled",
        "the body had no interest in the developer",
    ]
