"""Step 9: what the run's own books and the plain engine say, against what the contracts say."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from tonne.audit.reconcile import audit
from tonne.audit.units.credit_batches import EXITS
from tonne.errors import TonneError
from tonne.simulation.period.model.results import Balance, Loss
from tonne.simulation.period.model.state import World
from tonne.simulation.period.steps.market import Market, wallet_units
from tonne.simulation.period.steps.monthly_evidence import passing
from tonne.simulation.period.steps.offsets import Project
from tonne.simulation.period.steps.trading import Trading
from tonne.units.lineage import Tracer

#: Differences shown before the rest is only counted.
SHOWN = 5

#: A package is on record within this time of when it was sent [s].
HOUR_S = 3_600
#: What a certificate of an invalid batch fails.
NOT_INVALID = "the batch has not been declared invalid"
SURRENDERED, CANCELLED, INVALIDATED, REVERSED = 1, 3, 7, 8


class Comparison:
    """Counts values that were compared; keeps those that differ."""

    def __init__(self) -> None:
        self.count = 0
        self.differences: list[str] = []

    def equal(self, what: str, expected: int, found: int) -> None:
        self.count += 1
        if expected != found:
            self.differences.append(f"{what}: expected {expected:,}, found {found:,}")

    def each(self, what: str, pairs: Iterable[tuple[Any, int, int]]) -> None:
        for key, expected, found in pairs:
            self.equal(f"{what} {key}", expected, found)


def compare(world: World, trading: Trading, projects: list[Project]) -> Comparison:
    """Allocation, obligation, holdings of every emitter, and the sums of every unit."""
    found = Comparison()
    _plants(world, found)
    _holdings(world, trading.market, found)
    _months(world, trading, found)
    _evidence(world, found)
    _supply(world, "Allowances", world.allowance, found)
    for project in projects:
        _supply(world, "OffsetCredits", project.unit, found)
    _lost(world, projects, found)
    world.found.conservation = [
        _balance(world, "allowances", "Allowances", [world.allowance]),
        _balance(world, "offset credits", "OffsetCredits", [p.unit for p in projects]),
    ]
    return found


def _plants(world: World, found: Comparison) -> None:
    places = world.obliged.tolist()
    plants = [int(world.installations[i]) for i in places]
    number = world.period.number
    amounts = world.chain.call_many(
        ("Allocation", "allocationOf", (world.scheme, number, plant)) for plant in plants
    )
    duties = world.chain.call_many(
        ("Compliance", "obligationOf", (plant, number)) for plant in plants
    )
    debts = world.chain.call_many(("Allocation", "debtOf", (plant,)) for plant in plants)
    for place, plant, debt in zip(places, plants, debts, strict=True):
        found.equal(f"debt of plant {plant}", int(world.debts[place]), debt)
    for place, plant, (_, amount), duty in zip(places, plants, amounts, duties, strict=True):
        found.equal(f"allocation of plant {plant}", int(world.final[place]), amount)
        found.equal(f"obligation of plant {plant}", int(world.due[place]), duty.due)
        given, credits = int(world.given[place]), int(world.given_credits[place])
        found.equal(f"allowances surrendered by plant {plant}", given - credits, duty.allowances)
        found.equal(f"credits surrendered by plant {plant}", credits, duty.offsets)


def _holdings(world: World, market: Market, found: Comparison) -> None:
    accounts = world.chain.call_many(
        ("Exchange", "account", (int(number), market.number)) for number in world.participants
    )
    separate = world.cast.wallets  # its units moved to another of its wallets
    wallets = wallet_units(world, market.unit)
    for place, account in enumerate(accounts):
        key = world.fleet.plants[place].key
        found.equal(f"allowances of {key} on the exchange", int(market.lots[place]), account.lots)
        if place != separate:
            expected = int(market.wallet[place])
            found.equal(f"allowances of {key} on its wallet", expected, int(wallets[place]))


def _months(world: World, trading: Trading, found: Comparison) -> None:
    """Each month's reference price, and how much of it was block trades."""
    for (year, number), month in trading.blocks.months(trading.market).items():
        about = f"{year}-{number:02}"
        args = (trading.market.number, year, number)
        price, lots, turnover, _ = world.chain.call("BlockTrades", "monthPrice", *args)
        blocks = world.chain.call("BlockTrades", "monthStatistics", *args)
        found.equal(f"price of {about}", month.price, price)
        found.equal(f"lots of {about}", month.lots, lots)
        found.equal(f"turnover of {about}", month.turnover * 100, turnover)
        found.equal(f"block trades of {about}", month.blocks, blocks.lots)


def _evidence(world: World, found: Comparison) -> None:
    """Monthly evidence of the year that passed: each package, and that it came when it was sent."""
    books = world.filings.books if world.filings is not None else {}
    year = passing(world.period)
    for (place, filed, month), kept in books.items():
        if filed != year:
            continue
        plant = int(world.installations[place])
        record = world.chain.call("MonthlyEvidence", "monthOf", plant, year, month)
        about = f"evidence of plant {plant}, {year}-{month:02}"
        found.equal(about, int.from_bytes(kept.digest), int.from_bytes(record.digest))
        found.equal(f"packages of {about}", kept.revision, record.revision)
        in_time = kept.sent <= record.firstAt < kept.sent + HOUR_S
        found.equal(f"{about} came when it was sent", 1, int(in_time))


def _supply(world: World, contract: str, unit: int, found: Comparison) -> None:
    """Issued = in being + every exit."""
    chain = world.chain
    issued = chain.call(contract, "issuedOf", unit)
    exits = [chain.call(contract, "exitedOf", unit, kind) for kind in EXITS]
    alive = chain.call(contract, "totalSupply", unit)
    found.equal(f"units {unit:x} issued", issued, alive + sum(exits))
    if contract == "Allowances":
        given = world.surrendered[unit]
        found.equal("allowances surrendered in all", given, exits[SURRENDERED - 1])


def _lost(world: World, projects: list[Project], found: Comparison) -> None:
    """What was lost is what left as such, and what is in being is what nobody lost."""
    chain, losses = world.chain, world.found.losses
    for project in projects:
        mine = [loss for loss in losses if loss.unit == project.unit]
        about = f"credits of {project.developer.label}"
        reversed_ = sum(loss.buffer + loss.developer for loss in mine if not _invalid(loss))
        invalid = sum(loss.lost for loss in mine if _invalid(loss))
        for kind, expected in (
            (REVERSED, reversed_),
            (INVALIDATED, invalid),
            (CANCELLED, sum(loss.paid for loss in mine)),
        ):
            exited = chain.call("OffsetCredits", "exitedOf", project.unit, kind)
            found.equal(f"{about} that were {EXITS[kind]}", expected, exited)
        buffer = project.buffer - sum(loss.buffer for loss in mine)
        credits = chain["OffsetCredits"]
        held = chain.call("OffsetCredits", "balanceOf", credits, project.unit)
        found.equal(f"buffer of {project.developer.label}", buffer, held)
        owed = chain.call("Issuance", "owedBy", project.developer.number)
        found.equal(f"debt of {about}", sum(loss.owed for loss in mine), owed)
        if any(_invalid(loss) for loss in mine):
            alive = chain.call("OffsetCredits", "totalSupply", project.unit)
            found.equal(f"{about} in being", 0, alive)


def _invalid(loss: Loss) -> bool:
    return any(fate.kind == EXITS[INVALIDATED] for fate in loss.left)


def _balance(world: World, units: str, contract: str, ids: list[int]) -> Balance:
    chain = world.chain
    exits = {
        EXITS[kind]: sum(chain.call(contract, "exitedOf", unit, kind) for unit in ids)
        for kind in EXITS
    }
    return Balance(
        units,
        sum(chain.call(contract, "issuedOf", unit) for unit in ids),
        sum(chain.call(contract, "totalSupply", unit) for unit in ids),
        tuple((kind, amount) for kind, amount in exits.items() if amount),
    )


def _certificates(world: World) -> list[str]:
    """Checks anew all that each certificate rests on, as a stranger would; returns what surprises.

    A certificate of a batch that was declared invalid later must be found out.
    """
    tracer = Tracer(world.chain, 0)
    checks = [
        (f"certificate {certificate.number}: {node.title}: {check.about}", check.passed)
        for certificate in world.found.certificates
        for node in tracer.certificate(certificate.number).walk()
        for check in node.checks
    ]
    passed = sum(done is True for _, done in checks)
    failed = [name for name, done in checks if done is False]
    world.found.certificate_checks = (
        f"{passed} checks of the certificates passed,"
        f" {len(checks) - passed - len(failed)} not possible here, {len(failed)} failed"
        + "".join(f"; {name}" for name in failed)
    )
    world.note(world.found.certificate_checks)
    invalid = {loss.project for loss in world.found.losses if _invalid(loss)}
    expected = {
        f"certificate {c.number}: Certificate {c.number}: {NOT_INVALID}"
        for c in world.found.certificates
        if c.project in invalid
    }
    return sorted(expected.symmetric_difference(failed))


def reconcile(periods: Sequence[tuple[World, Trading, list[Project]]]) -> None:
    """Compares twice, says how much was compared, and stops the run when anything differs.

    First the run's own books and the plain engine with the contracts; then, as an outsider would,
    everything that the events say with everything the contracts hold.
    """
    world = periods[-1][0]
    own = Comparison()
    outside = audit(world.chain)
    for each, trading, projects in periods:
        found = compare(each, trading, projects)
        each.found.plain_values, each.found.audit = found.count, outside
        own.count += found.count
        own.differences += found.differences
    world.note(f"{own.count:,} values of the plain engine and the run's books compared")
    world.note(
        f"{outside.values:,} values rebuilt from {outside.events:,} events compared,"
        f" at block {outside.head.number:,}"
    )
    unsound = _certificates(periods[0][0])
    differences = (
        own.differences + unsound + [str(found) for found in (*outside.differences, *outside.lags)]
    )
    if differences:
        shown = "\n".join(differences[:SHOWN])
        raise TonneError(
            "PERIOD_DIFFERENCES",
            f"{len(differences)} of {own.count + outside.values} values differ:\n{shown}",
            field="reconcile",
            value=len(differences),
            remedy="Run again with --keep and look at the first of them.",
        )
    world.note("no difference")
