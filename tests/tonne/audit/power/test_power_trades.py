"""Energy at an agreed price in the small market: told by its events alone, and nothing else fits."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.tonne.audit.forging import auditing, unseen
from tests.tonne.power.neighbours import HOUR, KEYS, QUARTER, credits, grid
from tonne.crypto import eip712
from tonne.power.trade_settlement import PowerContract, trades_domain

NOBODY = "0x" + "00" * 20
NO_LEAF = (bytes(32), ((bytes(32), 0, bytes(32)), 0, 0, b""))

EVENTS = (
    *("GridFeeSet", "ContractAgreed", "IntervalsBooked", "IntervalsExecuted", "IntervalsLapsed"),
    *("CreditsBound", "CreditsUnbound", "AccountsSettled"),
)


@pytest.fixture
def audited(town, monkeypatch):
    """An audit of a market in which each of their events happened; it may be told of something else."""
    chain, people = town.chain, town.market.people
    credits(town)
    first = grid(town)
    domain = trades_domain(chain.chain_id, chain["PowerTrades"].address)
    officer, north = people["authority"], people["north"]

    def agree(words=(), **terms) -> int:
        fields = {
            **{"seller": KEYS[0].address, "buyer": KEYS[1].address, "carrier": NOBODY},
            **{"sellerNode": 0, "buyerNode": 0, "fromInterval": first, "untilInterval": first},
            **{"price": 250_001, "wheelingFee": 0, "maximumGridFee": 50_000, "penalty": 0},
            **{"energyWh": 1_001, "profile": bytes(32), "sellerMeter": 0, "buyerMeter": 0},
            **{"deadline": chain.now() + HOUR, "salt": 0},
        }
        contract = PowerContract(**fields | terms)
        signers = [KEYS[0], KEYS[1], *([north] if contract.carrier != NOBODY else [])]
        signatures = [who.sign_typed(contract, domain) for who in signers]
        signatures += [b""] * (3 - len(signatures))
        args = (tuple(getattr(contract, name) for name in fields), tuple(signatures), list(words))
        chain.send(officer, "PowerTrades", "agree", *args)
        return chain.call("PowerTrades", "contractCount")

    chain.send(officer, "PowerTrades", "setGridFee", 1, 20_001, town.market.participants["north"])
    neighbours = agree()
    profile = [sum((300 + lane) << 32 * lane for lane in range(8))] * 12
    packed = b"".join(word.to_bytes(32, "big") for word in profile)
    wheeled = agree(
        profile,
        **{"carrier": north.address, "buyerNode": 1, "wheelingFee": 30_001, "energyWh": 0},
        **{"profile": eip712.keccak(packed), "untilInterval": first + 7},
    )
    metered = agree(sellerMeter=1, penalty=100_001, untilInterval=first + 1, salt=2)
    chain.fund(KEYS)
    chain.send(KEYS[0], "PowerTrades", "revoke", b"\7" * 32)
    chain.send(people["trader"], "PowerTrades", "book", wheeled, first + 1, 4, profile)
    chain.send(people["trader"], "PowerTrades", "book", metered, first, 1, [])
    grace = chain.call("PowerTrades", "GRACE")
    chain.set_time((first + 9) * QUARTER + grace)
    chain.send(people["trader"], "PowerTrades", "execute", neighbours, first, 1, [], [])
    chain.send(people["trader"], "PowerTrades", "execute", wheeled, first + 1, 4, profile, [])
    chain.send(people["trader"], "PowerTrades", "execute", metered, first, 1, [], [NO_LEAF])
    chain.send(people["trader"], "PowerTrades", "lapse", wheeled, first + 5, 2, profile)

    return auditing(chain, monkeypatch)


def test_trades_are_told_by_their_events(audited):
    told = audited()
    assert told.differences == []
    assert told.compared["PowerTrades"] >= 50


def test_an_event_left_out_or_a_value_that_is_off_is_found(audited):
    values = (
        ("IntervalsBooked", "count", -1),
        ("IntervalsExecuted", "first", 1),
        ("IntervalsLapsed", "count", 1),
        ("CreditsBound", "amount", 1),
        ("GridFeeSet", "fee", 1),
    )
    assert unseen(audited, EVENTS, values) == []


def test_each_amount_of_an_interval_is_reckoned_anew(audited):
    """Of the metered contract, whose seller was short of all: in the event, and in the ledger's words."""
    missed = []
    for field in range(9):

        def forge(event, field=field):
            if event.event.name != "IntervalsExecuted" or event.event.args["id"] != 3:
                return event
            executed = tuple(v + (i == field) for i, v in enumerate(event.event.args["executed"]))
            args = {**event.event.args, "executed": executed}
            return replace(event, event=replace(event.event, args=args))

        if audited(forge).differences == []:
            missed.append(field)
    assert missed == []


def test_sales_beyond_what_a_seller_may_offer_are_found(audited):
    """1,001 Wh, of whom a forged registration lets sell a thousand."""

    def forge(event):
        if event.event.name != "BiddersRegistered":
            return event
        terms = [own._replace(exportWh=1_000) for own in event.event.args["terms"]]
        args = {**event.event.args, "terms": terms}
        return replace(event, event=replace(event.event, args=args))

    told = [str(d) for d in audited(forge).differences if d.contract == "PowerTrades"]
    assert [one for one in told if "sold by participant" in one]


def test_a_contract_that_a_party_had_taken_back_is_found(audited):
    """Told, ahead of all contracts, that the seller of the first one revoked it."""
    agreed = []
    audited(lambda event: agreed.append(event) or event if _agrees(event) else event)
    digest = agreed[0].event.args["digest"]

    def forge(event):
        if event.event.name != "GridFeeSet":
            return event
        args = {"signer": KEYS[0].address, "digest": digest}
        return replace(event, event=replace(event.event, name="SignatureRevoked", args=args))

    faults = [fault for d in audited(forge).differences for fault in _list(d.found)]
    assert "contract 1 agreed" in faults


def _agrees(event) -> bool:
    return event.event.name == "ContractAgreed"


def _list(found) -> list:
    return found if isinstance(found, list) else []
