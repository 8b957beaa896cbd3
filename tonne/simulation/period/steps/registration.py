"""Step 2: everybody registers with keys of their own; later, wallets get lost and plants sold."""

from __future__ import annotations

import numpy as np

from tonne.chain.client import Call, Receipt
from tonne.crypto.accounts import Account
from tonne.simulation.period.model.state import (
    AUTHORITY,
    BODY,
    DEVELOPER,
    EMITTER,
    ITEMS,
    OPERATOR,
    REPORT,
    SURRENDER,
    TRADE,
    TRADER,
    WITHDRAW,
    Person,
    World,
    reason,
)

PROJECT_NAMES = ("forest", "wind", "efficiency")
BODY_NAMES = ("body-1", "body-2", "body-3")
COMPANY_NAMES = ("airline", "brewery", "printer")


def jurisdiction_of(world: World, province: str) -> int:
    """The number a province has in the pack; unknown ones answer to the national authority."""
    return world.pack.jurisdictions.get(province, 1)


def register(world: World) -> None:
    """Everybody applies; the authority approves, or refuses; plants are put on the register."""
    world.wallets = [world.keys.account("emitter", i) for i in range(len(world))]
    others = _others(world)
    receipts = world.send_all(
        [
            *(
                world.call(
                    wallet,
                    "Participants",
                    "applyFor",
                    EMITTER,
                    jurisdiction_of(world, plant.province),
                    reason(plant.key),
                )
                for wallet, plant in zip(world.wallets, world.fleet.plants, strict=True)
            ),
            *(
                world.call(
                    p.account, "Participants", "applyFor", p.kind, p.jurisdiction, reason(p.label)
                )
                for p in others
            ),
        ]
    )
    numbers = [_first_topic(receipt) for receipt in receipts]
    world.participants = np.array(numbers[: len(world)], np.int64)
    for person, number in zip(others, numbers[len(world) :], strict=True):
        person.number = number
    world.places = {number: place for place, number in enumerate(numbers[: len(world)])}
    world.exchange_operator = others[-2].number
    refused = others[-1]
    approved = [n for n in numbers if n != refused.number]
    bureau = world.officers.bureau
    world.in_batches(bureau, "Participants", "approve", approved, lambda part: (list(part),))
    world.send(bureau, "Participants", "close", refused.number)
    _register_plants(world)
    _separate_wallets(world)
    for place in world.cast.group:
        world.send(bureau, "Participants", "setGroup", int(world.participants[place]), 1)
    _lose_key(world)


def enrol(world: World, host: World | None, pairs: dict[int, int]) -> None:
    """The emitters of one of several schemes. `pairs`: places here, and of the same company at `host`.

    Bodies, authority and operator come with the first scheme and serve all.
    """
    world.wallets = [world.keys.account("emitter", i) for i in range(len(world))]
    others = [] if host else _public(world)
    fresh = [place for place in range(len(world)) if place not in pairs]
    calls = [
        _application(
            world, world.wallets[place], EMITTER, world.fleet.plants[place].province, place
        )
        for place in fresh
    ]
    calls += [_application(world, p.account, p.kind, "", p.label) for p in others]
    numbers = [_first_topic(receipt) for receipt in world.send_all(calls)]
    world.participants = np.zeros(len(world), np.int64)
    world.participants[fresh] = numbers[: len(fresh)]
    for person, number in zip(others, numbers[len(fresh) :], strict=True):
        person.number = number
    if host:
        world.bodies, world.exchange_operator = host.bodies, host.exchange_operator
        for place, theirs in pairs.items():
            world.wallets[place] = host.wallets[theirs]
            world.participants[place] = host.participants[theirs]
    else:
        world.exchange_operator = others[-1].number
    world.places = {int(number): place for place, number in enumerate(world.participants)}
    bureau = world.officers.bureau
    world.in_batches(bureau, "Participants", "approve", numbers, lambda part: (list(part),))
    _register_plants(world)


def _application(world: World, account: Account, kind: int, province: str, about: object) -> Call:
    home = jurisdiction_of(world, province)
    why = reason(f"{world.pack.scheme.name} {about}")
    return world.call(account, "Participants", "applyFor", kind, home, why)


def _public(world: World) -> list[Person]:
    """Bodies, authority and exchange operator."""
    world.bodies = [
        Person(name, world.keys.account("person", name), BODY, 1) for name in BODY_NAMES
    ]
    officers = world.officers
    return [
        *world.bodies,
        Person("authority", officers.bureau, AUTHORITY, 1),
        Person("exchange operator", officers.operator, OPERATOR, 1),
    ]


def _others(world: World) -> list[Person]:
    """Bodies, developers, companies, exchange operator and authority; the last one is refused."""

    def make(label: str, kind: int) -> Person:
        return Person(label, world.keys.account("person", label), kind, 1)

    world.bodies = [make(name, BODY) for name in BODY_NAMES]
    world.developers = [make(name, DEVELOPER) for name in PROJECT_NAMES]
    world.companies = [make(name, TRADER) for name in COMPANY_NAMES]
    officers = world.officers
    return [
        *world.bodies,
        *world.developers,
        *world.companies,
        Person("authority", officers.bureau, AUTHORITY, 1),
        Person("exchange operator", officers.operator, OPERATOR, 1),
        make("stranger", TRADER),
    ]


def _first_topic(receipt: Receipt) -> int:
    return int(receipt.logs[0]["topics"][1], 16)


def _register_plants(world: World) -> None:
    rows = [
        (
            number,
            world.scheme,
            jurisdiction_of(world, plant.province),
            plant.class_number,
            plant.capacity_kw,
            reason(plant.key),
        )
        for number, plant in zip(world.participants.tolist(), world.fleet.plants, strict=True)
    ]
    receipts = world.in_batches(
        world.officers.bureau,
        "Participants",
        "registerInstallations",
        rows,
        lambda part: (list(part),),
    )
    topic = world.chain["Participants"].topic("InstallationRegistered")
    ids = [
        int(log["topics"][1], 16)
        for receipt in receipts
        for log in receipt.logs
        if log["topics"][0] == topic
    ]
    world.installations = np.array(ids, np.int64)
    world.operators = np.arange(len(world))
    world.debts = np.zeros(len(world), np.int64)
    world.elsewhere = np.zeros(len(world), np.int64)


def _separate_wallets(world: World) -> None:
    """One company keeps a wallet for each purpose."""
    place = world.cast.wallets
    owner = world.wallets[place]
    number = int(world.participants[place])
    for label, rights, book in (
        ("trade", TRADE | WITHDRAW, world.traders),
        ("surrender", SURRENDER, world.surrenderers),
        ("report", REPORT, world.reporters),
    ):
        wallet = world.keys.account("wallet", place, label)
        world.send(owner, "Participants", "addWallet", wallet, rights)
        world.send(wallet, "Participants", "confirmWallet", number)
        book[place] = wallet


def _lose_key(world: World) -> None:
    """A company reports its key lost; the authority proposes another, which has to wait."""
    place = world.cast.lost_key
    fresh = world.keys.account("fresh", place)
    world.send(
        world.officers.bureau,
        "Participants",
        "proposeReplacement",
        int(world.participants[place]),
        world.wallets[place],
        fresh,
    )


def replace_key(world: World) -> None:
    """The delay has passed: the fresh wallet takes over, and the units follow by order."""
    place = world.cast.lost_key
    number = int(world.participants[place])
    lost, fresh = world.wallets[place], world.keys.account("fresh", place)
    world.send(fresh, "Participants", "executeReplacement", number)
    units = world.chain.call("Allowances", "balanceOf", lost, world.allowance)
    if units:
        world.send(
            world.officers.bureau,
            "Allowances",
            "forcedTransferByOrder",
            lost,
            fresh,
            world.allowance,
            units,
            reason("the key of this wallet is lost"),
        )
    world.wallets[place] = fresh


def suspend(world: World) -> None:
    """A company loses its freedoms, in the register and on the exchange by one act."""
    number = int(world.participants[world.cast.suspended])
    why = reason("documents are not in order")
    world.send(world.officers.bureau, "RegistrarDesk", "suspend", number, why)


def reinstate(world: World) -> None:
    number = int(world.participants[world.cast.suspended])
    why = reason("documents are in order")
    world.send(world.officers.bureau, "RegistrarDesk", "reinstate", number, why)


def sell_plant(world: World) -> None:
    """A plant changes hands with all it still owes."""
    seller, buyer = world.cast.seller, world.cast.buyer
    plant = int(world.installations[seller])
    world.send(
        world.wallets[seller],
        "Participants",
        "offerInstallation",
        plant,
        int(world.participants[buyer]),
    )
    world.send(world.wallets[buyer], "Participants", "acceptInstallation", plant)
    if world.chain.call("Participants", "saleConsentNeeded", world.scheme):
        world.send(world.officers.bureau, "Participants", "consentToSale", plant)
    world.operators[seller] = buyer


def close_company(world: World) -> None:
    """A company that has done its business leaves for good."""
    why = reason("has done its business")
    world.send(world.officers.bureau, "RegistrarDesk", "close", world.companies[0].number, why)


def money(world: World, amounts: dict[int, int]) -> None:
    """The bank's token arrives: emitters' places and amounts [0.01 currency]."""
    rows = [(world.trader(place), cents) for place, cents in amounts.items() if cents]
    world.in_batches(
        world.officers.issuer,
        world.currency,
        "mintBatch",
        rows,
        lambda part: ([a for a, _ in part], [c for _, c in part]),
        ITEMS,
    )
