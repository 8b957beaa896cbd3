"""`make energy-live`: a market of daemons for some minutes, with its prices in the terminal and on the page.

Another terminal follows the same chain: the lines that are printed first say how, and where the page is.
"""

from __future__ import annotations

import argparse
import json
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
from tonne.sandbox import page_server
from tonne.sandbox.page_server import PageSource
from tonne.types import lanes
from tonne.units.energy_credits import credits

#: Whose credits are shown.
BIDDER = "aggregator 0"


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

        record = town.deployments / f"{town.chain.chain_id}.json"
        source = PageSource(town.chain.url, town.chain.chain_id, record)
        try:
            with page_server.start(source, port=0) as page:
                receipt = Path(folder) / "interval.json"
                return _played(Players(City(street), daemon), plan, page.url, receipt)
        finally:
            for process in made:
                process.end()


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
    play(players, plan, seen, lambda number: _tell(players, number, receipt))
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


def _tell(players: Players, number: int, receipt: Path) -> None:
    """A line for an interval that has begun, of the one before it; and a customer's receipt of that."""
    if not number:
        return
    receipt.write_text(json.dumps(players.receipt(number - 1)) + "\n")
    street, interval = players.street, players.street.interval(number - 1)
    topic = f"0x{interval:064x}"
    told = street.chain.logs("PowerMarket", "IntervalCleared", topics=[topic])
    prices = lanes.unpack(told[-1]["prices"], street.town.size.nodes) if told else []
    said = "  ".join(f"{price / 1e6:.4f}" for price in prices) or "no price"
    meter = players.city.meters[players.own]
    (drawn, given), (before, gave) = meter.registers(number), meter.registers(number - 1)
    free = credits(street.account(BIDDER).free)
    start = clock.shown(interval * QUARTER_S, UTC)
    print(f"{start}  {said}  -{drawn - before} +{given - gave}  {free}", flush=True)


if __name__ == "__main__":
    sys.exit(main())
