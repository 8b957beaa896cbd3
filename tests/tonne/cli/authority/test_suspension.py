"""Suspending and resuming by one act, and what the auditor says where somebody did otherwise."""

import json
from dataclasses import replace

import pytest
import typer

from tonne.audit import reconcile
from tonne.audit.replay.events import read
from tonne.cli.audit import run as audit
from tonne.cli.authority import parties as authority
from tonne.cli.core.officer_act import OfficerAct
from tonne.cli.market import open_day
from tonne.constants import ZERO_ADDRESS
from tonne.errors import TonneError


@pytest.fixture
def act(town):
    """Acts as one of the people, through the command."""

    def run(verb, number, who="authority", reason="documents are not in order", **options):
        options = {"as_json": True, **options}
        act = OfficerAct(rpc=town.chain.url, folder=town.folder, **options)
        act.account = town.market.people[who]
        verb.__wrapped__(act, who=str(number), reason=reason)

    return run


@pytest.fixture
def trader(town):
    """The trader's number, with an order of its own on the book."""
    number = town.market.participants["trader"]
    town.chain.send(town.market.people["trader"], "Exchange", "place", bid(town))
    return number


def bid(town):
    return 1 | 4_700 << 32 | town.market.market << 48


def resting(town):
    levels = town.chain.call("ExchangeLens", "depth", town.market.market, 0, 20)
    return sum(level.lots for level in levels if level.tick == 4_700)


def test_one_transaction_suspends_in_register_and_exchange(town, act, trader, capsys):
    chain = town.chain
    assert resting(town) == 10_001

    act(authority.suspend, trader)

    told = json.loads(capsys.readouterr().out)
    assert told["status"] == "suspended" and len(told["transactions"]) == 1
    assert chain.call("Participants", "participant", trader).status == 3
    assert resting(town) == 0
    with pytest.raises(TonneError) as refusal:
        chain.send(town.market.people["trader"], "Exchange", "place", bid(town))
    assert refusal.value.code == "EXCHANGE_PARTICIPANT_NOT_ACTIVE"
    found = reconcile.audit(chain)
    assert found.differences == [] and found.lags == []

    act(authority.resume, trader, reason="documents are in order")
    chain.send(town.market.people["trader"], "Exchange", "place", bid(town))
    found = reconcile.audit(chain)
    assert found.differences == [] and found.lags == []


def test_a_dry_run_says_it_in_words_and_sends_nothing(town, act, trader, capsys):
    block = town.chain.block_number()

    act(authority.suspend, trader, dry_run=True, as_json=False)

    said = " ".join(capsys.readouterr().out.split())
    assert f"participant {trader}, in the register and on the exchange: active -> suspended" in said
    assert "right to trade: 1, none places an order any more" in said
    assert "bid, are void" in said and "Nothing was sent; 1 call would be" in said
    assert town.chain.block_number() == block
    assert town.chain.call("Participants", "participant", trader).status == 2


@pytest.mark.parametrize("dry_run", [True, False])
def test_only_a_registrar_may(town, act, trader, dry_run):
    with pytest.raises(TonneError) as refusal:
        act(authority.suspend, trader, who="north", dry_run=dry_run)
    assert refusal.value.code == "REGISTRAR_DESK_NOT_REGISTRAR"


def test_who_is_not_suspended_is_not_resumed(act, trader):
    with pytest.raises(TonneError) as refusal:
        act(authority.resume, trader)
    assert refusal.value.code == "AUTHORITY_STATUS"
    assert "is active" in str(refusal.value)


def test_the_auditor_names_whom_the_exchange_lags_behind(town, trader, capsys, tmp_path):
    chain = town.chain
    receipt = chain.send(
        town.market.people["authority"], "Participants", "suspend", trader, bytes(32)
    )

    (lag,) = reconcile.audit(chain).lags
    assert (lag.participant, lag.status, lag.since) == (trader, "suspended", receipt.block)
    assert lag.wallets == (), "the register has told the exchange"
    assert lag.markets == (town.market.market, town.market.credit_market)
    with pytest.raises(typer.Exit) as end:
        audit.run(rpc=[chain.url], folder=town.folder, store=tmp_path / "store.duckdb")
    assert end.value.exit_code == 2
    said = " ".join(capsys.readouterr().out.split())
    assert f"participant {trader} is suspended, and the exchange lags since block" in said

    open_day.sync(participant=trader, rpc=chain.url, folder=town.folder, as_json=True)
    assert reconcile.audit(chain).lags == []

    chain.send(town.market.people["authority"], "Participants", "reinstate", trader)
    (lag,) = reconcile.audit(chain).lags
    assert (lag.status, lag.wallets) == ("active", ())
    assert "still freezes its account in market 1" in str(lag)


def test_the_auditor_names_a_wallet_that_lost_its_right_where_nothing_mirrors_it(town, trader):
    owner = town.market.people["trader"]
    mirror = town.chain.call("Participants", "mirror")
    assert mirror == town.chain["Exchange"].address
    town.chain.send(town.market.people["administrator"], "Participants", "setMirror", ZERO_ADDRESS)
    second = town.market.people["south"].from_seed("a second wallet")
    town.chain.fund([second])
    town.chain.send(owner, "Participants", "addWallet", second, 1)
    town.chain.send(second, "Participants", "confirmWallet", trader)
    town.chain.send(second, "Exchange", "sync", second)
    assert reconcile.audit(town.chain).lags == []

    receipt = town.chain.send(owner, "Participants", "removeWallet", second)

    (lag,) = reconcile.audit(town.chain).lags
    assert (lag.wallets, lag.since) == ((second.address,), receipt.block)


@pytest.mark.parametrize("name", ["StatusActed", "WalletSynced", "ParticipantSuspended"])
def test_an_event_of_the_act_left_out_is_found(town, act, trader, monkeypatch, name):
    act(authority.suspend, trader)

    def forged(*args):
        for blocks, events in read(*args):
            last = [e for e in events if e.event.name == name][-1:]
            yield blocks, [e for e in events if e not in last]

    monkeypatch.setattr(reconcile, "read", forged)
    assert reconcile.audit(town.chain).differences != []


def test_an_act_told_of_somebody_else_is_found(town, act, trader, monkeypatch):
    act(authority.suspend, trader)
    north = town.market.people["north"].address

    def forged(*args):
        for blocks, events in read(*args):
            yield blocks, [_by(event, north) for event in events]

    monkeypatch.setattr(reconcile, "read", forged)
    (difference,) = reconcile.audit(town.chain).differences
    assert difference.about == "events that break a rule"


def _by(dated, registrar):
    if dated.event.name != "StatusActed":
        return dated
    args = {**dated.event.args, "registrar": registrar}
    return replace(dated, event=replace(dated.event, args=args))
