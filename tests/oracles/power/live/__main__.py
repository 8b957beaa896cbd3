"""`make energy-live`: a market of daemons for some minutes, with its prices in the terminal as they come.

Another terminal follows the same chain: the line that is printed first says how.
"""

from __future__ import annotations

import argparse
import sys
from datetime import UTC
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from tests.gas.power_town import QUARTER_S
from tests.oracles.power.ground import DaemonProcess, Street, power_market
from tests.oracles.power.live.city import City
from tests.oracles.power.live.pace import LiveRun, p95
from tests.oracles.power.live.players import Players
from tests.oracles.power.live.run import Plan, play
from tonne.audit import reconcile
from tonne.chain import clock
from tonne.types import lanes
from tonne.units.energy_credits import credits


def main() -> int:
    """Plays it; 1 where an interval has no price or the books differ."""
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--intervals", type=int, default=40, help="quarter-hours")
    asked.add_argument("--kills", type=int, default=5, help="daemons that are killed at random")
    given = asked.parse_args()
    plan = Plan(given.intervals, given.kills, silent=min(5, given.intervals - 1), wrong=3, away=2)
    with power_market() as town, TemporaryDirectory(prefix="tonne-live-") as folder:
        street = Street(town)
        made: list[DaemonProcess] = []

        def daemon(name: str, sender: Any, place: str = "", options: Any = ()) -> DaemonProcess:
            process = DaemonProcess(town, name, Path(folder) / (place or name), sender, options)
            made.append(process)
            return process

        try:
            return _played(Players(City(street), daemon), plan)
        finally:
            for process in made:
                process.end()


def _played(players: Players, plan: Plan) -> int:
    town = players.street.town
    print(
        "TONNE_DEPLOYMENTS=" + str(town.deployments),
        f"tonne energy prices --follow --rpc {town.chain.url}",
    )
    print(
        "start, price at each node [credits/kWh], meter of a customer [Wh], free credits of its aggregator"
    )
    players.start()
    seen = LiveRun()
    play(players, plan, seen, lambda number: _tell(players, number))
    for process in players.all.values():
        process.stop()
    differences = reconcile.audit(town.chain).differences
    print(
        f"\n{len(seen.waits)} of {plan.intervals} intervals have a price, {seen.committed} bids,"
        f" {seen.forfeited} forfeited; end of opening to price p95 {p95(seen.waits)} s of chain time;"
        f" reading to root p95 {p95(seen.roots)} s; {sum(seen.kills.values())} kills; the day"
        f" settled and paid in {seen.settled} s; differences of the audit: {len(differences)}"
    )
    return int(bool(seen.lapsed or differences))


def _tell(players: Players, number: int) -> None:
    """A line for an interval that has begun, of the one before it."""
    if not number:
        return
    street, interval = players.street, players.street.interval(number - 1)
    topic = f"0x{interval:064x}"
    told = street.chain.logs("PowerMarket", "IntervalCleared", topics=[topic])
    prices = lanes.unpack(told[-1]["prices"], street.town.size.nodes) if told else []
    said = "  ".join(f"{price / 1e6:.4f}" for price in prices) or "no price"
    meter = players.city.meters[players.city.customers[0].start]
    (drawn, given), (before, gave) = meter.registers(number), meter.registers(number - 1)
    free = credits(street.account("aggregator 0").free)
    start = clock.shown(interval * QUARTER_S, UTC)
    print(f"{start}  {said}  -{drawn - before} +{given - gave}  {free}", flush=True)


if __name__ == "__main__":
    sys.exit(main())
