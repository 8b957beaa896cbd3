"""A whole compliance period, from an empty chain to a report."""

from __future__ import annotations

import resource
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
from rich.console import Console

from tonne import compile as compiler
from tonne import deploy, deployments, fleet_file, keystore, node, rulepack, scratch, setup
from tonne.chain import Chain
from tonne.deploy import Settings
from tonne.fleet import (
    Fleet,
    assume_heat,
    assume_prior_year,
    calibrate,
    generate,
    imbalance,
    scale_output,
    select,
)
from tonne.fleet_file import Form
from tonne.period import (
    allocation,
    checks,
    enforcement,
    losses,
    market,
    mrv,
    offsets,
    parties,
    plausible,
    report,
    surrender,
    trading,
)
from tonne.period.daemon import Daemon
from tonne.period.plan import Keys, Options, cast, timeline
from tonne.period.trading import Trading
from tonne.period.world import Officers, World
from tonne.places import HOME
from tonne.plan import PLAN
from tonne.rulepack import RulePack

PACK = "china-national"
PERIOD = "2019-20"


def run(options: Options, console: Console) -> Path:
    """Runs the period and writes its report; returns the folder of the report."""
    pack, fleet = rules_and_fleet(options)
    period = pack.period(next(iter(pack.periods)) if PERIOD not in pack.periods else PERIOD)
    line = timeline(pack, period, options.sessions)
    plausible.check(fleet, pack.mrv_on(pack.local_day(line.start)), period.last_year)
    who = cast(fleet, options.seed)
    _introduce(console, options, pack, fleet)
    # Not part of the period; a second run finds all of it.
    compiler.contracts(
        PLAN,
        progress=lambda done, total, name: console.print(
            f"   compiling once, {done} of {total} {name}", highlight=False
        ),
    )
    began = time.monotonic()
    with ExitStack() as stack:
        folder = stack.enter_context(_folder(options))
        keys = Keys(options.seed)
        server = stack.enter_context(node.start(kind=options.chain, timestamp=line.start))
        chain = stack.enter_context(Chain(server.url))
        world = World(
            options=options,
            pack=pack,
            period=period,
            fleet=allocation.plant_collapses(fleet, who),
            line=line,
            cast=who,
            keys=keys,
            chain=chain,
            officers=Officers(
                *(keys.account("officer", n) for n in ("bureau", "second", "operator")),
                keys.account("officer", "issuer"),
                keys.account("officer", "treasury"),
            ),
            folder=folder,
            console=console,
        )
        season = steps(world, stack)
        with world.step(10, "Report", by_hand=True):
            out = _out(options)
            rows = report.write(world, season, out)
        world.found.seconds = time.monotonic() - began
        world.found.memory = _memory(server)
        report.summary(world, rows, out)
        return out


def rules_and_fleet(options: Options) -> tuple[RulePack, Fleet]:
    """The rule pack and the fleet, calibrated unless the run must do without."""
    form: Form | None = None
    path: str | Path = PACK
    if options.scenario is not None:
        form, base = fleet_file.read_scenario(options.scenario)
        path = base or PACK
    pack = rulepack.load(path)
    if options.fleet is not None:
        fleet = fleet_file.read_fleet(options.fleet, form)
    else:
        fleet = generate(options.seed)
    fleet = select(fleet, options.emitters, options.seed)
    fleet = assume_prior_year(assume_heat(fleet, options.seed), options.seed)
    period = next(iter(pack.periods.values()))
    engine = allocation.engine_of(pack, period.last_year)
    if options.calibrate:
        fleet = calibrate(fleet, engine)
    if options.shift_percent:
        fleet = scale_output(fleet, (100 + options.shift_percent) * 10_000)
        note = f"Allocation is shifted by {options.shift_percent:+d} % to see prices answer."
        fleet = replace(fleet, assumed=(*fleet.assumed, note))
    return pack, fleet


def steps(world: World, stack: ExitStack) -> Trading:
    """The ten steps; trading is interrupted by the true-up, as the calendar has it."""
    with world.step(1, "Deploy; rules from the pack"):
        deployment = _deploy(world)
    daemon = _daemon(world, deployment)
    stack.callback(daemon.stop)
    daemon.start()
    with world.step(2, "Parties apply, are approved, register", len(world) + 40):
        parties.register(world)
        mrv.accredit(world)
        projects = offsets.register(world)
    with world.step(3, "Disclosure and pre-allocation"):
        world.at(world.line.early)
        allocation.disclose(world)
        allocation.pre_allocate(world)
        parties.replace_key(world)
    with world.step(4, "Reports, verification, determination", len(world.obliged), by_hand=True):
        world.at(world.line.signed)
        mrv.report_year(world, daemon)
        daemon.stop()
        expected = Expected(world)
        offsets.report(world, projects, expected.credits)
        mrv.dispute(world)
        world.at(world.line.determined)
        mrv.determine(world)
        expected = Expected(world)
        world.at(world.line.offsets_issued)
    with world.step(8, "Credits are issued and listed"):
        offsets.issue(world, projects)
    season = trading.start(world, projects, expected.due, expected.final)
    half, count = world.line.true_up, len(world.line.sessions)
    with world.step(6, f"Trading, sessions 1 to {half}", half, by_hand=True):
        season.run(0, half)
    with world.step(5, "True-up and obligations"):
        world.final, world.due = expected.final, expected.due
        season.market.open_day(world.line.sessions[half])
        season.offer_everything(world.cast.claw_ledger)
        allocation.true_up(world)
        market.limit_holdings(world)
        season.reread()
        season.rebalance()
    with world.step(6, f"Trading, sessions {half + 1} to {count}", count - half, by_hand=True):
        season.session(half, opened=True)
        world.advance()
        parties.sell_plant(world)
        season.rebalance()
        season.run(half + 1, count)
        world.found.trading = trading.summary(season)
    with world.step(7, "Surrender"):
        world.at(world.line.surrendered)
        world.given = np.zeros(len(world), np.int64)
        world.given_credits = np.zeros(len(world), np.int64)
        surrender.prepare(world, season)
        enforcement.lay_up_cash(world, season)
        surrender.in_time(world, season)
        world.found.more_than_due = surrender.too_much(world, season)
    with world.step(8, "Retirements for a named claim"):
        offsets.retire(world, projects)
        parties.close_company(world)
    with world.step(8, "A fire, a clearing, an invalidation"):
        losses.happen(world, projects)
    with world.step(7, "Shortfalls, fines, late surrender, deduction"):
        world.at(world.line.after)
        enforcement.enforce(world, season)
    with world.step(9, "Reconcile", by_hand=True):
        checks.reconcile(world, season, projects)
    return season


class Expected:
    """What the plain engine expects once reports are known."""

    def __init__(self, world: World) -> None:
        output = mrv.read_verified(world)
        world.found.output = output
        self.final = allocation.final_amounts(world, output)
        self.due = allocation.obligations(world, world.emissions, self.final)
        lacking = np.maximum(self.due - self.final, 0)
        self.credits = offsets.choose_buyers(world, self.due, lacking)


def _deploy(world: World) -> Path:
    """Contracts and rules; the deployer keeps nothing."""
    officers = world.officers
    settings = Settings(
        administrator=officers.bureau.address,
        custody=setup.custody(world.pack),
        currency_name=f"{world.pack.scheme.currency} settlement token",
        currency_symbol=f"{world.pack.scheme.currency}X",
        holders={"authority": officers.bureau.address, "currency_issuer": officers.issuer.address},
    )
    folder = world.folder / "deployments"
    deploy.deploy(world.chain, world.keys.account("deployer"), settings, folder)
    setup.set_up_scheme(
        world.chain,
        officers.bureau,
        world.pack,
        ((officers.second.address, 512), (officers.operator.address, 16)),
    )
    world.send(
        officers.bureau,
        "Compliance",
        "setTreasury",
        world.scheme,
        world.chain["SettlementCurrency"],
        officers.treasury,
    )
    world.allowance = setup.allowance(world.pack, world.period)
    return deployments.path_for(world.chain.chain_id, folder)


def _daemon(world: World, deployment: Path) -> Daemon:
    """The oracle's own key, in a keystore only this run knows the passphrase of."""
    sender = world.keys.account("oracle")
    world.chain.fund([sender])
    secret = world.folder / "oracle.passphrase"
    secret.write_text(world.keys.account("passphrase").key.hex() + "\n", encoding="utf-8")
    path = world.folder / "oracle.keystore.json"
    keystore.write(path, sender, secret.read_text(encoding="utf-8").strip(), keystore.WEAK)
    return Daemon(world.chain.url, deployment, world.folder, path, secret, world.advance)


@contextmanager
def _folder(options: Options) -> Iterator[Path]:
    """Where inbox, keystore and journal of the run lie; gone afterwards unless they are kept."""
    folder = scratch.make("period")
    try:
        yield folder.path
    finally:
        if options.keep:
            folder.keep()
            Console(stderr=True).print(f"kept: {folder.path}")
        else:
            folder.remove()


def _out(options: Options) -> Path:
    if options.out is not None:
        return options.out
    return HOME / "reports" / datetime.now(UTC).strftime("%Y%m%d-%H%M%S")


def _introduce(console: Console, options: Options, pack: RulePack, fleet: Fleet) -> None:
    engine = allocation.engine_of(pack, next(iter(pack.periods.values())).last_year)
    free, emitted = fleet.allocation(engine), fleet.emissions_t
    above, below = imbalance(fleet, engine)
    console.print(f"[bold]{pack.scheme.title}[/bold], seed {options.seed}")
    console.print(f"   {len(fleet):,} emitters, {fleet.source}; emissions {emitted / 1e6:,.1f} Mt")
    if options.calibrate:
        factor = f"calibration factor {fleet.calibration_ppm / 1e6:.6f} on output"
    else:
        factor = "output not calibrated"
    console.print(
        f"   {factor}; allocation {free / 1e6:,.1f} Mt ({free / max(emitted, 1):.2%} of emissions);"
        f" long {above / 1e6:,.1f} Mt, short {below / 1e6:,.1f} Mt"
    )


def _memory(server: node.Node) -> int:
    """[bytes] the most that this process and the chain held at once, as far as the system tells."""
    own = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    try:
        status = Path(f"/proc/{server.process.pid}/status").read_text(encoding="utf-8")
        peak = next(li for li in status.splitlines() if li.startswith("VmHWM"))
        return own + int(peak.split()[1]) * 1024
    except (OSError, StopIteration):
        return own
