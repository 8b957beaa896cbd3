"""Every event of every deployed contract has one handler or one reason; every other is found."""

from __future__ import annotations

import pytest

from tests.tonne.audit.events import dated
from tonne.audit.market_replay import MarketReplay
from tonne.audit.replay.compare import Tally
from tonne.audit.replay.contract_replay import Args, ContractReplay, follows, of
from tonne.audit.replay.dispatcher import Dispatcher
from tonne.audit.replay.events import Dated
from tonne.audit.replay.exemptions import EXEMPT
from tonne.deployment.plan import PLAN


def _emitted(chain) -> set[tuple[str, str]]:
    """Contract and event of the ABIs of the deployment plan; an overloaded name would hide one."""
    kinds = [(name, event.name) for name in PLAN for event in chain[name].events.values()]
    assert len(kinds) == len(set(kinds)) > 300
    return set(kinds)


def test_every_event_has_a_handler_or_a_reason(deployed):
    emitted, handled = _emitted(deployed.chain), set(MarketReplay(deployed.chain).handled)
    assert emitted - handled - EXEMPT.keys() == set(), "neither a handler nor a reason"
    assert handled & EXEMPT.keys() == set(), "a handler and a reason not to have one"
    assert (handled | EXEMPT.keys()) - emitted == set(), "no deployed contract has such an event"
    assert all(exemption.reason for exemption in EXEMPT.values())


def test_followers_follow_events_that_there_are(deployed):
    replay, emitted = MarketReplay(deployed.chain), _emitted(deployed.chain)
    followed = {(r.contract, r.event) for one in replay.replays for r in one.routes() if r.follower}
    assert followed and followed <= emitted


class _Counter(ContractReplay):
    contract = "Counter"

    def __init__(self) -> None:
        super().__init__()
        self.seen: list[str] = []
        self.counts: dict[str, int] = {}

    def _on_Counted(self, a: Args, at: Dated) -> None:
        self.seen.append(f"{at.event.name} {a['by']}")
        self.counts[a["key"]] += a["by"]

    @of("Other")
    def _on_Lent(self, _a: Args, at: Dated) -> None:
        self.seen.append(at.event.name)

    def end_transaction(self) -> None:
        self.seen.append("end")


class _Follower(ContractReplay):
    contract = "Follower"

    def __init__(self, counter: _Counter) -> None:
        super().__init__()
        self.counter = counter

    @follows("Counter")
    def _on_Counted(self, _a: Args, _at: Dated) -> None:
        self.counter.seen.append("followed")


def _count(tx="0x1", **args):
    return dated("Counted", tx=tx, contract="Counter", **args)


def test_followers_come_before_the_handler_and_transactions_end():
    counter = _Counter()
    counter.counts["k"] = 0
    replays = Dispatcher([counter, _Follower(counter)])
    replays.feed([_count(key="k", by=1), _count(key="k", by=2), _count("0x2", key="k", by=3)])
    replays.feed([dated("Lent", tx="0x2", contract="Other")])
    assert counter.seen == [
        *("end", "followed", "Counted 1", "followed", "Counted 2"),
        *("end", "followed", "Counted 3", "Lent"),
    ]


def test_an_event_that_no_earlier_one_leads_up_to_is_a_fault():
    counter = _Counter()
    Dispatcher([counter]).feed([_count(key="k", by=1), _count(key="k")])
    assert counter.faults == [
        "Counted does not follow: KeyError('k')",
        "Counted does not follow: KeyError('by')",
    ]


def _unexplained(*events):
    replays, tally = Dispatcher([_Counter()]), Tally()
    replays.feed(events)
    replays.invariants(tally)
    return [d.found for d in tally.differences if d.about == "events without a replay"]


def test_an_unknown_event_and_one_that_no_code_emits_are_found():
    assert _unexplained(dated("Started", contract="Counter")) == [{("Counter", "Started"): 1}]
    assert _unexplained(dated("Counted", contract="Clock")) == [{("Clock", "Counted"): 1}]
    domain = dated("EIP712DomainChanged", contract="SettlementCurrency.EUR")
    assert _unexplained(domain) == [{("SettlementCurrency.EUR", "EIP712DomainChanged"): 1}]
    assert _unexplained(dated("RoleLabel", contract="FoundedManager")) == []


def test_two_handlers_of_one_event_are_refused():
    with pytest.raises(ValueError, match=r"Counter\.Counted has two handlers"):
        Dispatcher([_Counter(), _Counter()])


class _Broken(ContractReplay):
    contract = "Broken"

    def invariants(self, tally: Tally) -> None:
        raise KeyError("missing")

    def checks(self, now: int):
        yield from ()
        raise KeyError("missing")


def test_a_replay_that_cannot_say_its_state_is_a_difference():
    replays, tally = Dispatcher([_Broken()]), Tally()
    replays.invariants(tally)
    assert list(replays.checks(0, tally)) == []
    assert [(d.contract, d.about) for d in tally.differences] == [
        ("Broken", "identities among events"),
        ("Broken", "state from events"),
    ]
