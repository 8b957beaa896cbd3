"""`make energy-live`: a market of daemons for some minutes, with its prices in the terminal and on the page.

Another terminal follows the same chain: the lines that are printed first say how, and where the page is.
"""

from __future__ import annotations

import argparse
import json
import signal
import sys
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final

from tests.gas.power_town import LEAST, Size, TownTerms
from tests.oracles.power.ground import DaemonProcess, Street, power_market
from tests.oracles.power.live import table
from tests.oracles.power.live.city import City
from tests.oracles.power.live.pace import LiveRun
from tests.oracles.power.live.players import FALSE as FORMS
from tests.oracles.power.live.players import Players
from tests.oracles.power.live.run import Plan, play
from tonne.audit import reconcile
from tonne.chain import clock
from tonne.deployment.power_terms import MOST_NODES
from tonne.sandbox import page_server
from tonne.sandbox.page_server import PageSource
from tonne.types import lanes
from tonne.units.energy_credits import credits

#: Whose credits are shown.
BIDDER: Final = "aggregator 0"
#: The shortest intervals that contracts take, each with its gate after the start of the one before; and who
#: settles the last node falsely.
BRISK: Final = TownTerms(interval_s=60, gate_s=45, window_s=45)
FALSE: Final = "rogue"


def main() -> int:
    """Plays it; 1 where an interval has no price, a reading or a run is lost, the books differ, or a hostile
    party did not do what it was there for."""
    given = options(sys.argv[1:])
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # daemons end with it
    settlers = {given.aggregators - 1: FALSE}
    if given.wall_clock:
        intervals = 60 * given.minutes // BRISK.interval_s
        plan = Plan(intervals, given.kills, silent=2, wrong=1, settles=False, skips=False)
        terms = BRISK
    else:
        plan = replace(Plan.of(given.intervals, given.kills), settles=not given.unsettled)
        terms = TownTerms(settlers=settlers)
    nodes = given.aggregators
    size = Size(given.meters, nodes, 2 if nodes == 2 else 2 * nodes, nodes, 1, 4)
    with power_market(size, terms) as town, TemporaryDirectory(prefix="tonne-live-") as folder:
        street = Street(town)
        made: list[DaemonProcess] = []

        def daemon(name: str, sender: Any, place: str = "", options: Any = ()) -> DaemonProcess:
            process = DaemonProcess(town, name, Path(folder) / (place or name), sender, options)
            made.append(process)
            return process

        record = town.deployments / f"{town.chain.chain_id}.json"
        source = PageSource(town.chain.url, town.chain.chain_id, record)
        try:
            with page_server.start(source, port=0) as page:
                receipt = Path(folder) / "interval.json"
                return _played(
                    Players(City(street), daemon, false=given.false), plan, page.url, receipt
                )
        finally:
            for process in made:
                process.end()


def options(arguments: Sequence[str]) -> argparse.Namespace:
    """The options of a run; ends with 2 where no market can be played with them."""
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--intervals", type=int, default=40, help="quarter-hours")
    asked.add_argument("--kills", type=int, default=5, help="daemons that are killed at random")
    asked.add_argument("--meters", type=int, default=40, help="of customers, ten a node at least")
    asked.add_argument("--aggregators", type=int, default=2, help="one at each node")
    asked.add_argument(
        "--wall-clock",
        action="store_true",
        help="intervals of a minute, no time skipped, nothing settled",
    )
    asked.add_argument("--unsettled", action="store_true", help="to the last price and root alone")
    asked.add_argument(
        "--false",
        choices=sorted(FORMS),
        default="totals",
        help="what the settler of the last node falsifies, or that it answers no request",
    )
    asked.add_argument("--minutes", type=int, default=120, help="of a run by the wall's clock")
    given = asked.parse_args(arguments)
    least = {"intervals": 1, "minutes": 1, "aggregators": 1, "meters": LEAST * given.aggregators}
    for name, bound in least.items():
        if getattr(given, name) < bound:
            asked.error(f"--{name} is {getattr(given, name)}; choose {bound} or more")
    if given.aggregators > MOST_NODES:
        asked.error(f"--aggregators is {given.aggregators}; a grid has {MOST_NODES} nodes at most")
    return given


def _played(players: Players, plan: Plan, page: str, receipt: Path) -> int:
    town = players.street.town
    for line in (
        f"the page, with the credits of an aggregator: {page}#/energy/{town.numbers[BIDDER]}",
        f"the receipt of a customer's latest interval, to open there: {receipt}",
        f"TONNE_DEPLOYMENTS={town.deployments} tonne energy prices --follow --rpc {town.chain.url}",
        "start, price at each node [credits/kWh], meter of a customer [Wh], free credits of its aggregator",
    ):
        print(line, flush=True)
    players.start()
    seen = LiveRun()
    say = partial(print, flush=True)
    play(players, plan, seen, lambda number: _tell(players, number, receipt), say)
    players.stop()
    say("the audit reads the whole chain")
    differences = reconcile.audit(town.chain).differences
    print("\n" + table.markdown(table.rows(players, plan, seen, len(differences))))
    failed = seen.lapsed or seen.lost or seen.missing or differences
    return int(bool(failed or not plan.was_hostile(seen)))


def _tell(players: Players, number: int, receipt: Path) -> None:
    """A line for an interval that has begun, of the one before it; and a customer's receipt of that."""
    if not number:
        return
    handed = players.receipt(number - 1)
    if handed is not None:
        receipt.write_text(json.dumps(handed) + "\n")
    street, interval = players.street, players.street.interval(number - 1)
    topic = f"0x{interval:064x}"
    told = street.chain.logs("PowerMarket", "IntervalCleared", topics=[topic])
    prices = lanes.unpack(told[-1]["prices"], street.town.size.nodes) if told else []
    said = "  ".join(f"{price / 1e6:.4f}" for price in prices) or "no price"
    drawn, given = players.city.flows(players.own, number - 1)
    free = credits(street.account(BIDDER).free)
    start = clock.shown(street.start(number - 1), UTC)
    print(f"{start}  {said}  -{drawn} +{given}  {free}", flush=True)


if __name__ == "__main__":
    sys.exit(main())
