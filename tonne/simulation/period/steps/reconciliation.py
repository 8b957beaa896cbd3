"""Step 9: reconciles the run's own books and the plain engine with the contracts."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor

from tonne.audit.reconcile import audit
from tonne.audit.units.credit_batches import EXITS
from tonne.constants import HOUR_S
from tonne.errors import refused
from tonne.simulation.comparison import Comparison
from tonne.simulation.period.audit_beside import AuditBeside
from tonne.simulation.period.model.filings import MonthlyFilings
from tonne.simulation.period.model.market_state import MarketState
from tonne.simulation.period.model.results import Balance, Loss
from tonne.simulation.period.model.scheme_run import PeriodRun
from tonne.simulation.period.model.season import OffsetProject, TradingSeason
from tonne.simulation.period.model.state import PeriodState
from tonne.simulation.period.steps import block_trades
from tonne.simulation.period.steps.market import wallet_units
from tonne.simulation.period.steps.monthly_evidence import passing
from tonne.units.lineage import Tracer

#: Differences shown before the rest is only counted.
SHOWN = 5

#: What a certificate of an invalid batch fails.
NOT_INVALID = "the batch has not been declared invalid"
SURRENDERED, CANCELLED, INVALIDATED, REVERSED = 1, 3, 7, 8


def compare(run: PeriodRun, filings: MonthlyFilings | None) -> Comparison:
    """Allocation, obligation, holdings of every emitter, and the sums of every unit."""
    state, projects = run.state, run.season.projects
    found = Comparison()
    _plants(state, found)
    _holdings(state, run.season.market, found)
    _months(state, run.season, found)
    if filings is not None:
        _evidence(state, filings, found)
    _supply(state, "Allowances", state.allowance, found)
    for project in projects:
        _supply(state, "OffsetCredits", project.unit, found)
    _lost(state, projects, found)
    state.results.conservation = [
        _balance(state, "allowances", "Allowances", [state.allowance]),
        _balance(state, "offset credits", "OffsetCredits", [p.unit for p in projects]),
    ]
    return found


def _plants(state: PeriodState, found: Comparison) -> None:
    places = state.obliged.tolist()
    plants = [int(state.installations[i]) for i in places]
    number = state.period.number
    amounts = state.chain.call_many(
        ("Allocation", "allocationOf", (state.scheme, number, plant)) for plant in plants
    )
    duties = state.chain.call_many(
        ("Compliance", "obligationOf", (plant, number)) for plant in plants
    )
    debts = state.chain.call_many(("Allocation", "debtOf", (plant,)) for plant in plants)
    for place, plant, debt in zip(places, plants, debts, strict=True):
        found.equal(f"debt of plant {plant}", int(state.debts[place]), debt)
    for place, plant, (_, amount), duty in zip(places, plants, amounts, duties, strict=True):
        found.equal(f"allocation of plant {plant}", int(state.final[place]), amount)
        found.equal(f"obligation of plant {plant}", int(state.due[place]), duty.due)
        given, credits = int(state.given[place]), int(state.given_credits[place])
        found.equal(f"allowances surrendered by plant {plant}", given - credits, duty.allowances)
        found.equal(f"credits surrendered by plant {plant}", credits, duty.offsets)


def _holdings(state: PeriodState, market: MarketState, found: Comparison) -> None:
    accounts = state.chain.call_many(
        ("Exchange", "account", (int(number), market.number)) for number in state.participants
    )
    separate = state.cast.wallets  # its units moved to another of its wallets
    wallets = wallet_units(state, market.unit)
    for place, account in enumerate(accounts):
        key = state.fleet.plants[place].key
        found.equal(f"allowances of {key} on the exchange", int(market.lots[place]), account.lots)
        if place != separate:
            expected = int(market.wallet[place])
            found.equal(f"allowances of {key} on its wallet", expected, int(wallets[place]))


def _months(state: PeriodState, season: TradingSeason, found: Comparison) -> None:
    """Each month's reference price, and how much of it was block trades."""
    for (year, number), month in block_trades.months(season.market, season.blocks).items():
        about = f"{year}-{number:02}"
        args = (season.market.number, year, number)
        price, lots, turnover, _ = state.chain.call("BlockTrades", "monthPrice", *args)
        blocks = state.chain.call("BlockTrades", "monthStatistics", *args)
        found.equal(f"price of {about}", month.price, price)
        found.equal(f"lots of {about}", month.lots, lots)
        found.equal(f"turnover of {about}", month.turnover * 100, turnover)
        found.equal(f"block trades of {about}", month.blocks, blocks.lots)


def _evidence(state: PeriodState, filings: MonthlyFilings, found: Comparison) -> None:
    """Monthly evidence of the year that passed: each package, and that it came when it was sent."""
    year = passing(state.period)
    for (place, filed_year, month), filed in filings.months.items():
        if filed_year != year:
            continue
        plant = int(state.installations[place])
        record = state.chain.call("MonthlyEvidence", "monthOf", plant, year, month)
        about = f"evidence of plant {plant}, {year}-{month:02}"
        found.equal(about, int.from_bytes(filed.digest), int.from_bytes(record.digest))
        found.equal(f"packages of {about}", filed.revision, record.revision)
        in_time = filed.sent <= record.firstAt < filed.sent + HOUR_S
        found.equal(f"{about} came when it was sent", 1, int(in_time))


def _supply(state: PeriodState, contract: str, unit: int, found: Comparison) -> None:
    """Issued = in being + every exit."""
    chain = state.chain
    issued = chain.call(contract, "issuedOf", unit)
    exits = [chain.call(contract, "exitedOf", unit, kind) for kind in EXITS]
    alive = chain.call(contract, "totalSupply", unit)
    found.equal(f"units {unit:x} issued", issued, alive + sum(exits))
    if contract == "Allowances":
        given = state.surrendered[unit]
        found.equal("allowances surrendered in all", given, exits[SURRENDERED - 1])


def _lost(state: PeriodState, projects: list[OffsetProject], found: Comparison) -> None:
    """What was lost is what left as such, and what is in being is what nobody lost."""
    chain, losses = state.chain, state.results.losses
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


def _balance(state: PeriodState, units: str, contract: str, ids: list[int]) -> Balance:
    chain = state.chain
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


def _certificates(state: PeriodState) -> list[str]:
    """Checks anew all that each certificate rests on, as a stranger would; returns what surprises.

    A certificate of a batch that was declared invalid later must be found out.
    """
    tracer = Tracer(state.chain, 0)
    checks = [
        (f"certificate {certificate.number}: {node.title}: {check.about}", check.passed)
        for certificate in state.results.certificates
        for node in tracer.certificate(certificate.number).walk()
        for check in node.checks
    ]
    passed = sum(done is True for _, done in checks)
    failed = [name for name, done in checks if done is False]
    invalid = {loss.project for loss in state.results.losses if _invalid(loss)}
    expected = {
        f"certificate {c.number}: Certificate {c.number}: {NOT_INVALID}": c.number
        for c in state.results.certificates
        if c.project in invalid
    }
    told = [
        f"certificate {expected[name]} as it must, for its batch was declared invalid later"
        if name in expected
        else name
        for name in failed
    ]
    state.results.certificate_checks = (
        f"{passed} checks of the certificates passed,"
        f" {len(checks) - passed - len(failed)} not possible here, {len(failed)} failed"
        + "".join(f"; {each}" for each in told)
    )
    return sorted(expected.keys() ^ set(failed))


def reconcile(
    periods: Sequence[PeriodRun],
    filings: MonthlyFilings | None = None,
    beside: AuditBeside | None = None,
    meanwhile: Callable[[], object] = lambda: None,
) -> None:
    """Compares twice, says how much was compared, and stops the run when anything differs.

    The run's own books and the plain engine with the contracts; and, as an outsider would, everything that
    the events say with everything the contracts hold, which an audit `beside` has begun already; what it does
    not need is done `meanwhile`, in a thread of its own.
    """
    state = periods[-1].state
    own = Comparison()
    if beside is not None:
        beside.finish()
    with ThreadPoolExecutor(max_workers=1) as other:  # the node answers two at once
        done = other.submit(meanwhile)
        for run in periods:
            found = compare(run, filings)
            run.state.results.plain_values = found.count
            own.count += found.count
            own.differences += found.differences
        unsound = _certificates(periods[0].state)
        done.result()
    outside = audit(state.chain) if beside is None else beside.result()
    for run in periods:
        run.state.results.audit = outside
    differences = own.differences + unsound + [str(fault) for fault in outside.faults]
    if differences:
        shown = "\n".join(differences[:SHOWN])
        raise refused(
            "PERIOD_DIFFERENCES",
            differences_count=len(differences),
            own_count=own.count + outside.values,
            shown=shown,
        )
