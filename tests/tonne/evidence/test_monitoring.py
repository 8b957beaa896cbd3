"""Signatures of a monitoring report, recovered from the transaction that brought it."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tonne.errors import TonneError
from tonne.evidence import monitoring
from tonne.evidence.verification import sound


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


@pytest.mark.parametrize("other", [{"id": 3}, {"rights": 31 - monitoring.REPORT_RIGHT}])
def test_a_wallet_that_may_not_report_for_the_developer_is_found(town, monkeypatch, other):
    """Somebody else's wallet, and one of the developer's without the right, by events and state."""
    owner = other.get("id", town.market.participants["developer"])
    told = {"id": owner, "rights": 31, **other}
    honest, logs = town.chain.call, town.chain.logs

    def call(contract, function, *args, **options):
        if function == "walletOf":
            return told["id"], told["rights"], 2
        return honest(contract, function, *args, **options)

    def added(contract=None, event=None, *args, **options):
        """The wallet was not there from the first, but added."""
        if event not in ("ParticipantApproved", "WalletAdded"):
            return logs(contract, event, *args, **options)
        first = logs(contract, "ParticipantApproved", *args, **options)
        return [replace(e, name=event, args={**e.args, **told}) for e in first[: event[0] == "W"]]

    monkeypatch.setattr(town.chain, "call", call)
    monkeypatch.setattr(town.chain, "logs", added)
    assert _failed(_read(town)) == ["the developer signed"]


def test_a_node_that_keeps_no_old_state_still_gives_every_answer(town):
    town.chain.mine(200)
    event = town.chain.logs("Projects", "MonitoringReported")[0]
    developer = town.market.people["developer"]
    with pytest.raises(TonneError):
        town.chain.call("Participants", "walletOf", developer, block=event.block)
    assert all(check.passed for check in _read(town).all_checks())


def test_who_was_entitled_then_need_not_be_so_now(town):
    chain, people = town.chain, town.market.people
    developer, body = (town.market.participants[name] for name in ("developer", "verifier"))
    chain.send(people["developer"], "Participants", "setRights", people["developer"], 31 - 8)
    chain.send(people["verifier"], "EmissionsOracle", "setInterest", 1, body, developer, True)
    assert chain.call("EmissionsOracle", "hasInterest", 1, body, developer)
    assert all(check.passed for check in _read(town).all_checks())


@pytest.mark.parametrize(
    "name, about",
    [
        ("ParticipantApproved", "the developer signed"),
        ("InterestSet", "the body had no interest in the developer"),
    ],
)
def test_events_that_the_node_has_lost_are_said_to_be_so(town, monkeypatch, name, about):
    chain, people = town.chain, town.market.people
    developer, body = (town.market.participants[n] for n in ("developer", "verifier"))
    chain.send(people["verifier"], "EmissionsOracle", "setInterest", 1, body, developer, True)
    honest = chain.logs
    monkeypatch.setattr(
        chain, "logs", lambda c=None, e=None, *a, **k: [] if e == name else honest(c, e, *a, **k)
    )
    (unsaid,) = [check for check in _read(town).all_checks() if not check.passed]
    assert (unsaid.about, unsaid.passed) == (about, None)
    assert unsaid.detail == monitoring.EVENTS_LOST


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
    logs = town.chain.logs

    def declared(contract=None, event=None, *args, **options):
        """An interest that was declared before anything else happened."""
        if event != "InterestSet":
            return logs(contract, event, *args, **options)
        return [replace(logs()[0], name=event, args={"interested": True})]

    monkeypatch.setattr(town.chain, "logs", declared)
    assert _failed(_read(town)) == [
        "the report is not annulled",
        "the body had no interest in the developer",
    ]
