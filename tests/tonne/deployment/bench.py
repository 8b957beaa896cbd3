"""The small market with people of every scope, and calls of every act that asks for an office."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from tests.tonne.deployment.scope_table import ALL, MARKET, REGISTRAR, TABLE, Act, bit
from tonne.chain.client import Call, ChainError
from tonne.crypto.accounts import Account
from tonne.market.auction_rules import AuctionTerms

EVERY = 8191
OTHER_SCHEME = 2
#: The jurisdiction whose operator runs the market.
EXCHANGE_AT = 31
#: Values that mean the same wherever they stand.
BY_NAME = ("scheme", "jurisdiction", "market", "installation", "participant", "periodId")
#: A vintage that has no market yet.
LISTED = 2022


class Bench:
    """The small market with people of every scope, and what the calls are made of."""

    def __init__(self, town: Any) -> None:
        self.town, self.chain = town, town.chain
        self.authority = town.market.people["authority"]
        self.facts = _facts(town)
        chain = self.chain
        plant = chain.call("Participants", "installation", self.facts["$plant"])
        self.places = {
            "plant": plant >> 40 & 0xFFFF,
            "participant": self.facts["$shanxi"],
            MARKET: EXCHANGE_AT,
            ALL: 0,
        }

    def people(self, act: Act) -> Iterator[tuple[str, str, bool]]:
        """(who, address, whether inside)."""
        place = self.places[act.where]
        inside = ["there", "everywhere"] if place else ["everywhere"]
        for who in (*inside, "another place", "another scheme", "another power", "nobody"):
            yield who, person(act.power, place, who).address, who in inside


def person(power: str, place: int, who: str) -> Account:
    return Account.from_seed("scope", power, str(place), who)


def made(_town: Any) -> Iterator[Bench]:
    from tests.conftest import Town
    from tonne.chain.client import Chain
    from tonne.deployment import record

    url, folder, market = _town
    with Chain(url) as chain:
        mark = chain.snapshot()
        bench = Bench(Town(chain, record.attach(chain, folder), folder, market))
        _appoint(bench)
        yield bench
        chain.revert(mark)


def _appoint(bench: Bench) -> None:
    """Everybody, for each power and place of the table."""
    chain, authority = bench.chain, bench.authority
    calls = []
    for power, place in sorted({(act.power, bench.places[act.where]) for act in TABLE}):
        other = 99
        if power == REGISTRAR:
            grants = {"there": place, "everywhere": 0, "another place": other}
            for who, where in grants.items():
                address = person(power, place, who).address
                calls.append(("Participants", "setRegistrar", (address, where, True)))
            officer = person(power, place, "another power").address
            calls.append(("Schemes", "grantOffice", (officer, 1, 0, EVERY)))
            continue
        for who, scheme, where, powers in (
            ("there", 1, place, bit(power)),
            ("everywhere", 1, 0, bit(power)),
            ("another place", 1, other, EVERY),
            ("another scheme", OTHER_SCHEME, 0, EVERY),
            ("another power", 1, 0, EVERY & ~bit(power)),
        ):
            if who != "there" or place:
                address = person(power, place, who).address
                calls.append(("Schemes", "grantOffice", (address, scheme, where, powers)))
    assigned = (bench.facts["$market"], EXCHANGE_AT)
    calls.append(("Exchange", "assignMarket", assigned))
    administrator = bench.town.market.people["administrator"]
    chain.send(authority, "Schemes", "createScheme", OTHER_SCHEME, "other", 0, 1, bytes(32))
    chain.send_many(Call(authority, chain[c], f, a) for c, f, a in calls)
    # Rules need two hands: everybody has the role, so that it is the office that is tried.
    chain.send_many(
        Call(administrator, chain["FoundedManager"], "grantRole", (1, person("rules", 0, who), 0))
        for who in ("everywhere", "another place", "another scheme", "another power", "nobody")
    )


def tried(bench: Bench, act: Act, address: str, furthest: str = "") -> str | None:
    """The code of the refusal; None where nothing is refused.

    `furthest` has paths of arguments, between spaces, that get the largest number of their type.
    """
    chain = bench.chain
    function = chain[act.contract].function(act.function)
    entry = next(
        e for e in chain[act.contract].abi if e["type"] == "function" and e["name"] == act.function
    )
    args = [_value(bench, act, parameter) for parameter in entry["inputs"]]
    for path in furthest.split():
        args = _set(args, entry["inputs"], path.split("."))
    call = (act.contract, function.signature, args)
    if act.contract == "Schemes" and act.power == "rules":
        data = chain["Schemes"].encode(function.signature, *args)
        call = ("Schemes", "amend", (1, "a reason", [data]))
    (answer,) = chain.call_many([call], check=False, sender=address)
    if answer is None or not isinstance(answer, Exception):
        return None
    assert isinstance(answer, ChainError), answer
    return answer.code


def _set(args: Any, inputs: list[Mapping[str, Any]], path: list[str]) -> list[Any]:
    """Arguments with the largest number at a path; a list gets one row for it."""
    changed = list(args)
    at = next(i for i, given in enumerate(inputs) if given["name"] == path[0])
    given = inputs[at]
    if len(path) == 1:
        changed[at] = (1 << int(given["type"].removeprefix("uint"))) - 1
        return changed
    row = changed[at]
    if given["type"].endswith("]"):
        row = row[0] if row else [_plain_zero(part["type"]) for part in given["components"]]
    row = tuple(_set(row, given["components"], path[1:]))
    changed[at] = [row] if given["type"].endswith("]") else row
    return changed


def _value(bench: Bench, act: Act, parameter: Mapping[str, Any]) -> Any:
    name = parameter["name"]
    return _filled(bench, act.values[name]) if name in act.values else _zero(bench, parameter)


def _filled(bench: Bench, value: Any) -> Any:
    if isinstance(value, str) and value.startswith("$"):
        return bench.facts[value]
    if isinstance(value, list | tuple):
        return type(value)(_filled(bench, one) for one in value)
    return value


def _zero(bench: Bench, parameter: Mapping[str, Any]) -> Any:
    """Zero, but for what every act is about."""
    kind, name = parameter["type"], parameter["name"]
    if name in BY_NAME and not kind.endswith("]"):
        return bench.facts[f"${name}"]
    if kind.endswith("[]"):
        return []
    if kind.endswith("]"):
        count = int(kind[kind.rindex("[") + 1 : -1])
        return [_zero(bench, {**parameter, "type": kind[: kind.rindex("[")]})] * count
    if kind == "tuple":
        return tuple(_zero(bench, part) for part in parameter["components"])
    return _plain_zero(kind)


def _plain_zero(kind: str) -> Any:
    plain = {"address": "0x" + "00" * 20, "string": "x", "bytes": b"", "bool": False}
    return plain.get(kind, bytes(int(kind[5:] or 0)) if kind.startswith("bytes") else 0)


def _facts(town: Any) -> dict[str, Any]:
    chain, market = town.chain, town.market
    people, authority = market.people, market.people["authority"]
    chain.send(authority, "Schemes", "disclose", 1, LISTED, 100, 100, 0)
    config, _ = chain.call("ExchangeLens", "marketConfig", market.market)
    north = chain.call("Participants", "participant", market.participants["north"])
    applicant, suspended = _newcomers(town, north.jurisdiction)
    terms = _auction(town)
    _grid(town, north.jurisdiction)
    meter = _meters(town, north.jurisdiction)
    return {
        "$north": people["north"].address,
        "$south": people["south"].address,
        "$trader": people["trader"].address,
        "$participant": market.participants["north"],
        "$body": market.participants["verifier"],
        "$scheme": 1,
        "$jurisdiction": north.jurisdiction,
        "$installation": market.installations["north"],
        "$plant": market.installations["north"],
        "$shanxi": north.jurisdiction,
        "$periodId": market.period.number,
        "$allowance": market.allowance,
        "$credit": market.credit,
        "$market": market.market,
        "$currency": chain["SettlementCurrency"].address,
        "$listing": 1 << 96 | 1 << 80 | LISTED << 64,
        "$config": config,
        "$applicant": applicant,
        "$suspended": suspended,
        "$auction_terms": terms,
        "$auction": 1,
        "$meter": meter,
        "$ahead": chain.now() + 900,
        "$certificate": 4 << 96 | 1 << 80 | 2020 << 64 | 1,
        "$energy_credit": 3 << 96 | 1 << 80 | 2030 << 64 | 1,
    }


def _newcomers(town: Any, jurisdiction: int) -> tuple[tuple[Any, ...], int]:
    """An application that waits, and a participant that is suspended."""
    chain, authority = town.chain, town.market.people["authority"]
    accounts = [Account.from_seed("scope", "newcomer", str(n)) for n in (1, 2)]
    chain.fund(accounts)
    for account in accounts:
        chain.send(account, "Participants", "applyFor", 2, jurisdiction, bytes(32))
    first, second = ((account, 2, jurisdiction, bytes(32)) for account in accounts)
    chain.send(authority, "Participants", "approve", [second])
    number, _, _ = chain.call("Participants", "walletOf", accounts[1])
    chain.send(authority, "Participants", "suspend", number, bytes(32))
    return first, number


def _grid(town: Any, jurisdiction: int) -> None:
    """Two nodes with an arc between them."""
    chain, authority = town.chain, town.market.people["authority"]
    for region in (1, 2):
        chain.send(authority, "PowerGrid", "addNode", 1, jurisdiction, 1, region, region - 1)
    terms = {"efficiencyPpm": 950_000, "capacityWh": 1_000}
    fields = next(e for e in chain["PowerGrid"].abi if e.get("name") == "addArc")["inputs"][2]
    arc = tuple(terms.get(part["name"], _plain_zero(part["type"])) for part in fields["components"])
    chain.send(authority, "PowerGrid", "addArc", 0, 1, arc)


def _meters(town: Any, jurisdiction: int) -> tuple[int, ...]:
    """Terms of a meter like two that are there, with their node, a line, a device and a tariff."""
    chain, authority = town.chain, town.market.people["authority"]
    oracle, since = town.market.participants["north"], chain.now()

    def do(contract: str, function: str, *args: Any) -> None:
        chain.send(authority, contract, function, *args)

    do("MeterOracle", "openNode", (1, jurisdiction, 1, oracle, 12, 900, 900, 900, 900))
    meter = (oracle, 1, 5_000, since, 0, 1_000, 9, 0, 0)
    for curve in (1, 2):
        key = (bytes([curve]) * 32, b"\3" * 32, since, curve)
        do("MeterOracle", "registerMeter", meter, key)
    ahead = chain.now() + 900
    do("PowerLosses", "registerLine", (1, 2, 1, ahead, 0, 0), (10, 1, 1, ahead, 1))
    do("EnergyCertificates", "registerDevice", 1, since, b"\1" * 32, [1])
    tariff = (oracle, 1_000_000, 0, 0, 0, 0, 0, 0, oracle, 1, False)
    do("CreditBills", "publishTariff", tariff, jurisdiction)
    return meter


def _auction(town: Any) -> tuple[Any, ...]:
    """The terms of an auction that is announced."""
    chain, market = town.chain, town.market
    seller, start = market.participants["east"], chain.now() + 3_600
    terms = AuctionTerms(
        market.market, seller, seller, seller, lots=100, multiple=100, reserveTick=0, form=0, tie=0,
        pricing=0, spread=0, limitLots=0, limitPpm=0, depositPpm=100_000, floorPpm=0,
        commitFrom=start, commitUntil=start + 3_600, minimumPpm=0, revealFrom=start + 7_200,
        revealUntil=start + 10_800, deliverFrom=start + 14_400, reserveCommitment=bytes(32),
        seedCommitment=bytes(32),
    ).as_tuple()  # fmt: skip
    chain.send(market.people["authority"], "Auction", "announce", terms, bytes(32))
    return terms
