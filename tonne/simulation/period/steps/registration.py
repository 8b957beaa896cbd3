"""Step 2: participants register with keys of their own; later, lost wallets and sold plants."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, NamedTuple

import numpy as np

from tonne.crypto.accounts import Account
from tonne.crypto.hashing import text_hash
from tonne.simulation.period.model.state import (
    AUTHORITY,
    BODY,
    DEVELOPER,
    EMITTER,
    OPERATOR,
    REPORT,
    SURRENDER,
    TRADE,
    TRADER,
    WITHDRAW,
    NonEmitter,
    PeriodState,
)

ALL_RIGHTS: Final = 31


class PendingApplication(NamedTuple):
    """`Application` of IParticipants."""

    wallet: Account
    kinds: int
    jurisdiction: int
    details: bytes


PROJECT_NAMES = ("forest", "wind", "efficiency")
BODY_NAMES = ("body-1", "body-2", "body-3")
COMPANY_NAMES = ("airline", "brewery", "printer")


def jurisdiction_of(state: PeriodState, province: str) -> int:
    """The number a province has in the pack; unknown ones answer to the national authority."""
    return state.pack.jurisdictions.get(province, 1)


def register(state: PeriodState) -> None:
    """Everybody applies; the authority approves, or refuses; plants are put on the register."""
    state.wallets = [state.keys.account("emitter", i) for i in range(len(state))]
    others = _others(state)
    applications = [
        PendingApplication(
            wallet, EMITTER, jurisdiction_of(state, plant.province), text_hash(plant.key)
        )
        for wallet, plant in zip(state.wallets, state.fleet.plants, strict=True)
    ]
    applications += [
        PendingApplication(p.account, p.kind, p.jurisdiction, text_hash(p.label)) for p in others
    ]
    *approved, refused = applications
    numbers = _approve(state, approved, apply_only=refused)
    bureau = state.officers.bureau
    state.driver.send(bureau, "Participants", "refuse", refused)
    state.participants = np.array(numbers[: len(state)], np.int64)
    for person, number in zip(others[:-1], numbers[len(state) :], strict=True):
        person.number = number
    state.places = {number: place for place, number in enumerate(numbers[: len(state)])}
    state.exchange_operator = others[-2].number
    _register_plants(state)
    _separate_wallets(state)
    state.driver.send_all(
        state.driver.call(bureau, "Participants", "setGroup", int(state.participants[place]), 1)
        for place in state.cast.group
    )
    _lose_key(state)


def enrol(state: PeriodState, host: PeriodState | None, pairs: dict[int, int]) -> None:
    """The emitters of one of several schemes. `pairs`: places here, and of the same company at `host`.

    Bodies, authority and operator come with the first scheme and serve all.
    """
    state.wallets = [state.keys.account("emitter", i) for i in range(len(state))]
    others = [] if host else _public(state)
    fresh = [place for place in range(len(state)) if place not in pairs]
    applications = [
        _application(
            state, state.wallets[place], EMITTER, state.fleet.plants[place].province, place
        )
        for place in fresh
    ]
    applications += [_application(state, p.account, p.kind, "", p.label) for p in others]
    numbers = _approve(state, applications)
    state.participants = np.zeros(len(state), np.int64)
    state.participants[fresh] = numbers[: len(fresh)]
    for person, number in zip(others, numbers[len(fresh) :], strict=True):
        person.number = number
    if host:
        state.bodies, state.exchange_operator = host.bodies, host.exchange_operator
        for place, theirs in pairs.items():
            state.wallets[place] = host.wallets[theirs]
            state.participants[place] = host.participants[theirs]
    else:
        state.exchange_operator = others[-1].number
    state.places = {int(number): place for place, number in enumerate(state.participants)}
    _register_plants(state)


def _application(
    state: PeriodState, account: Account, kind: int, province: str, about: object
) -> PendingApplication:
    home = jurisdiction_of(state, province)
    return PendingApplication(account, kind, home, text_hash(f"{state.pack.scheme.name} {about}"))


def _approve(
    state: PeriodState,
    applications: Sequence[PendingApplication],
    apply_only: PendingApplication | None = None,
) -> list[int]:
    """All apply and are approved; numbers in their order. `apply_only` applies as the last one."""
    filed = [*applications, *([] if apply_only is None else [apply_only])]
    state.driver.send_all(
        state.driver.call(a.wallet, "Participants", "applyFor", *a[1:]) for a in filed
    )
    state.driver.in_batches(
        state.officers.bureau,
        "Participants",
        "approve",
        list(applications),
        lambda part: (list(part),),
    )
    asked = [("Participants", "walletOf", (a.wallet,)) for a in applications]
    return [number for number, _, _ in state.chain.call_many(asked)]


def _public(state: PeriodState) -> list[NonEmitter]:
    """Bodies, authority and exchange operator."""
    state.bodies = [
        NonEmitter(name, state.keys.account("person", name), BODY, 1) for name in BODY_NAMES
    ]
    officers = state.officers
    return [
        *state.bodies,
        NonEmitter("authority", officers.bureau, AUTHORITY, 1),
        NonEmitter("exchange operator", officers.operator, OPERATOR, 1),
    ]


def _others(state: PeriodState) -> list[NonEmitter]:
    """Bodies, developers, companies, exchange operator and authority; the last one is refused."""

    def make(label: str, kind: int) -> NonEmitter:
        return NonEmitter(label, state.keys.account("person", label), kind, 1)

    state.bodies = [make(name, BODY) for name in BODY_NAMES]
    state.developers = [make(name, DEVELOPER) for name in PROJECT_NAMES]
    state.companies = [make(name, TRADER) for name in COMPANY_NAMES]
    officers = state.officers
    return [
        *state.bodies,
        *state.developers,
        *state.companies,
        NonEmitter("authority", officers.bureau, AUTHORITY, 1),
        NonEmitter("exchange operator", officers.operator, OPERATOR, 1),
        make("stranger", TRADER),
    ]


def _register_plants(state: PeriodState) -> None:
    rows = [
        (
            number,
            state.scheme,
            jurisdiction_of(state, plant.province),
            plant.class_number,
            plant.capacity_kw,
            text_hash(plant.key),
        )
        for number, plant in zip(state.participants.tolist(), state.fleet.plants, strict=True)
    ]
    receipts = state.driver.in_batches(
        state.officers.bureau,
        "Participants",
        "registerInstallations",
        rows,
        lambda part: (list(part),),
    )
    topic = state.chain["Participants"].topic("InstallationRegistered")
    ids = [
        int(log["topics"][1], 16)
        for receipt in receipts
        for log in receipt.logs
        if log["topics"][0] == topic
    ]
    state.installations = np.array(ids, np.int64)
    state.operators = np.arange(len(state))
    state.debts = np.zeros(len(state), np.int64)
    state.elsewhere = np.zeros(len(state), np.int64)


def _separate_wallets(state: PeriodState) -> None:
    """One company keeps a wallet for each purpose."""
    place = state.cast.wallets
    owner = state.wallets[place]
    number = int(state.participants[place])
    calls = []
    for label, rights, book in (
        ("trade", TRADE | WITHDRAW, state.traders),
        ("surrender", SURRENDER, state.surrenderers),
        ("report", REPORT, state.reporters),
    ):
        wallet = state.keys.account("wallet", place, label)
        calls.append(state.driver.call(owner, "Participants", "addWallet", wallet, rights))
        calls.append(state.driver.call(wallet, "Participants", "confirmWallet", number))
        book[place] = wallet
    state.driver.send_all(calls)


def _lose_key(state: PeriodState) -> None:
    """A company reports its key lost; the registrar proposes another one, which agrees to join."""
    place = state.cast.lost_key
    number = int(state.participants[place])
    fresh = state.keys.account("fresh", place)
    state.driver.send(fresh, "Participants", "joinRecovery", number)
    state.driver.send(
        state.officers.bureau,
        "Participants",
        "proposeRecovery",
        number,
        *_fresh_set(fresh),
        text_hash("the key is lost"),
    )


def _fresh_set(fresh: Account) -> tuple[list[Account], list[int]]:
    return [fresh], [ALL_RIGHTS]


def replace_key(state: PeriodState) -> None:
    """The hearing is over: the arbiter decides for the fresh wallet, and the units follow."""
    place = state.cast.lost_key
    number = int(state.participants[place])
    lost, fresh = state.wallets[place], state.keys.account("fresh", place)
    arbiter = state.officers.second
    state.driver.send(arbiter, "Participants", "upholdRecovery", number, *_fresh_set(fresh))
    if state.chain.call("Allowances", "balanceOf", lost, state.allowance):
        state.driver.send(arbiter, "Allowances", "recoverHoldings", lost, [state.allowance])
    state.wallets[place] = fresh


def suspend(state: PeriodState) -> None:
    """A company loses its freedoms, in the register and on the exchange by one act."""
    number = int(state.participants[state.cast.suspended])
    why = text_hash("documents are not in order")
    state.driver.send(state.officers.bureau, "RegistrarDesk", "suspend", number, why)


def reinstate(state: PeriodState) -> None:
    number = int(state.participants[state.cast.suspended])
    why = text_hash("documents are in order")
    state.driver.send(state.officers.bureau, "RegistrarDesk", "reinstate", number, why)


def sell_plant(state: PeriodState) -> None:
    """A plant changes hands with all it still owes."""
    seller, buyer = state.cast.seller, state.cast.buyer
    plant = int(state.installations[seller])
    state.driver.send(
        state.wallets[seller],
        "Participants",
        "offerInstallation",
        plant,
        int(state.participants[buyer]),
    )
    state.driver.send(state.wallets[buyer], "Participants", "acceptInstallation", plant)
    if state.chain.call("Participants", "saleConsentNeeded", state.scheme):
        state.driver.send(state.officers.bureau, "Participants", "consentToSale", plant)
    state.operators[seller] = buyer


def close_company(state: PeriodState) -> None:
    """A company that has done its business leaves for good."""
    why = text_hash("has done its business")
    state.driver.send(
        state.officers.bureau, "RegistrarDesk", "close", state.companies[0].number, why
    )


def money(state: PeriodState, amounts: dict[int, int]) -> None:
    """The bank's token arrives: emitters' places and amounts [0.01 currency]."""
    rows = [(state.trader(place), cents) for place, cents in amounts.items() if cents]
    state.driver.in_batches(
        state.officers.issuer,
        state.currency,
        "mintBatch",
        rows,
        lambda part: ([a for a, _ in part], [c for _, c in part]),
    )
