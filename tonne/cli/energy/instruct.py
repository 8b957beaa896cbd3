"""`tonne energy instruct`: a customer's standing instruction, for its meter's node."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer

from tonne.cli.core.command import command
from tonne.cli.core.output import many
from tonne.cli.core.session import Session
from tonne.cli.energy.aggregate import Folder, NodeOption
from tonne.cli.energy.orders import BatteryOption, Buy, Sell, TypedOrders, require_meter_at

if TYPE_CHECKING:
    from tonne.power.instructions import StandingInstruction

#: Of a daemon's folder, see `oracles.power.aggregator`.
INSTRUCTIONS: Final = "instructions"


@command(needs=Session)
def instruct(
    session: Session,
    meter: Annotated[int, typer.Argument(help="Meter of the customer.", min=1, max=2**32 - 1)],
    node: NodeOption,
    place: Folder,
    buy: Buy = None,
    sell: Sell = None,
    battery: BatteryOption = None,
) -> None:
    """Write a customer's standing instruction; it counts from the next commitment on.

    A customer who applied with a signature is admitted: `tonne energy admit`.
    """
    wanted = TypedOrders.of(buy, sell, battery)
    words = ["tonne", "energy", "instruct", str(meter), "--folder", str(place), *wanted.options]
    text, told = wanted.instruction(session, node)
    require_meter_at(session, meter, node, words)
    data, lines = keep(place, meter, text, told)
    session.show(data, *lines)


def keep(
    place: Path, meter: int, text: str, told: StandingInstruction
) -> tuple[dict[str, Any], list[str]]:
    """Writes an instruction into the folder of a daemon; what was written, as data and lines."""
    from tonne import files
    from tonne.power.portfolios import LEAST_CUSTOMERS

    folder = place / INSTRUCTIONS
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{meter}.toml"
    files.write(path, text, files.PRIVATE)
    few = _few(folder, told)
    said = "The battery" if told.battery else many(len(told.buy) + len(told.sell), "order")
    lines = [f"{said} of meter {meter} at node {told.node} written to {path}."]
    lines += [
        f"Not bid for yet: {many(count, 'customer')} of node {told.node} would {side}, and a curve of fewer"
        f" than {LEAST_CUSTOMERS} would show them."
        for side, count in few.items()
    ]
    return {"meter": meter, "node": told.node, "file": str(path), "few": few}, lines


def _few(kept: Path, told: StandingInstruction) -> dict[str, int]:
    """Customers of the node by side, of sides of this instruction on which they are too few to be bid for."""
    from tonne.power.instructions import customers_at
    from tonne.power.portfolios import LEAST_CUSTOMERS

    counts = customers_at(kept, told.node, LEAST_CUSTOMERS)
    return {side: counts[side] for side in told.sides if counts[side] < LEAST_CUSTOMERS}
