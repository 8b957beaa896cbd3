"""`tonne energy instruct`: a customer's standing instruction, for its meter's node."""

from __future__ import annotations

import shlex
from collections.abc import Mapping, Sequence
from datetime import time
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer

from tonne.cli.core.command import command
from tonne.cli.core.output import many
from tonne.cli.core.session import Session
from tonne.cli.energy.aggregate import Folder, NodeOption
from tonne.errors import TonneError

if TYPE_CHECKING:
    from tonne.power.instructions import StandingInstruction

#: What an order and a battery may be, as `tonne.power.instructions` has it.
ORDER_BOUNDS: Final = (
    "WH is a whole number from 1 to 4294967295, PRICE from 0 to the cap with up to six decimals, FROM and"
    " UNTIL are from 00:00 to 23:59; at most eight orders a side."
)
BATTERY_BOUNDS: Final = (
    "WH and WATTS are whole numbers from 1 to 4294967295, EFFICIENCY is above 0 and at most 1, with up to six"
    " decimals."
)
#: Of a daemon's folder, see `oracles.power.aggregator`.
INSTRUCTIONS: Final = "instructions"


@command(needs=Session)
def instruct(
    session: Session,
    meter: Annotated[int, typer.Argument(help="Meter of the customer.", min=1, max=2**32 - 1)],
    node: NodeOption,
    place: Folder,
    buy: Annotated[
        list[str] | None,
        typer.Option(help="WH:PRICE[:FROM-UNTIL], e.g. 250:0.31:06:00-22:00 (UTC); repeat it."),
    ] = None,
    sell: Annotated[
        list[str] | None, typer.Option(help="The same for energy that is sold.")
    ] = None,
    battery: Annotated[
        str | None,
        typer.Option(
            help="WH:WATTS:EFFICIENCY of a battery with a meter of its own, e.g. 10000:5000:0.9:"
            " it is bid for by forecast prices."
        ),
    ] = None,
) -> None:
    """Write a customer's standing instruction; it counts from the next commitment on."""
    from tonne.power.portfolios import LEAST_CUSTOMERS

    orders = [("buy", text) for text in buy or []] + [("sell", text) for text in sell or []]
    text = f"node = {node}\n" + "".join(_order(side, said) for side, said in orders)
    text += _battery(battery) if battery else ""
    _require_under_cap(session, orders)
    _require_meter_at(session, meter, node, _again(meter, place, buy, sell, battery))
    try:
        path, told = _kept(place / INSTRUCTIONS, meter, text)
    except TonneError as fault:
        raise _of_options(fault, {"buy": buy, "sell": sell, "battery": battery}) from None
    few = _few(path.parent, told)
    data = {"meter": meter, "node": node, "file": str(path), "few": few}
    said = "The battery" if told.battery else many(len(told.buy) + len(told.sell), "order")
    lines = [f"{said} of meter {meter} at node {node} written to {path}."]
    lines += [
        f"Not bid for yet: {many(count, 'customer')} of node {node} would {side}, and a curve of fewer than"
        f" {LEAST_CUSTOMERS} would show them."
        for side, count in few.items()
    ]
    session.show(data, *lines)


def _kept(folder: Path, meter: int, text: str) -> tuple[Path, StandingInstruction]:
    """The file that it is written to; refused here, not by the daemon, where it cannot be read."""
    from tonne import files
    from tonne.power.instructions import read_instruction

    folder.mkdir(parents=True, exist_ok=True)
    draft = folder / f".{meter}.draft" / f"{meter}.toml"
    draft.parent.mkdir(exist_ok=True)
    try:
        draft.write_text(text, encoding="utf-8")
        _, told = read_instruction(draft)
    finally:
        draft.unlink(missing_ok=True)
        draft.parent.rmdir()
    path = folder / f"{meter}.toml"
    files.write(path, text, files.PRIVATE)
    return path, told


def _of_options(fault: TonneError, given: Mapping[str, Any]) -> TonneError:
    """A refusal of the file that was to be written, in terms of the options that it came from."""
    from pydantic import ValidationError

    cause = fault.__cause__
    if not isinstance(cause, ValidationError):
        return fault
    first = cause.errors()[0]
    side, *place = map(str, first["loc"] or ("",))
    if side not in given:
        return TonneError(
            "INSTRUCTION_EMPTY",
            "An instruction has one order or more, or a battery alone.",
            field="battery" if given["battery"] else "buy",
            value=given["battery"],
            remedy="Give --buy 250:0.31 or --sell 400:0.08, or --battery 10000:5000:0.9 without them.",
        )
    if side == "battery":
        return _no_battery(given[side], f"{place[0]}: {first['msg']}")
    if not place:
        return _no_order(side, f"{len(given[side])} orders", first["msg"])
    return _no_order(side, given[side][int(place[0])], f"{place[-1]}: {first['msg']}")


def _again(
    meter: int, place: Path, buy: list[str] | None, sell: list[str] | None, battery: str | None
) -> list[str]:
    """The command's words, without its node."""
    words = ["tonne", "energy", "instruct", str(meter), "--folder", str(place)]
    for option, values in (("--buy", buy), ("--sell", sell), ("--battery", battery and [battery])):
        words += [word for value in values or [] for word in (option, value)]
    return words


def _require_under_cap(session: Session, orders: Sequence[tuple[str, str]]) -> None:
    """INSTRUCTION_ORDER where a price is beyond the market's cap: none is ever above it."""
    from tonne.power.intervals import MarketTerms
    from tonne.units.energy_credits import MICRO

    cap = Decimal(MarketTerms.read(session.chain).price_cap) / MICRO
    for side, said in orders:
        if Decimal(said.split(":")[1]) > cap:
            raise _no_order(
                side, said, f"its price is beyond the market's cap of {cap:f} credits/kWh"
            )


def _require_meter_at(session: Session, meter: int, node: int, again: list[str]) -> None:
    """INSTRUCTION_METER where the meter does not count at the node, so that it would settle no bid there."""
    from tonne.power import market_nodes

    places = market_nodes.of_meter(session.chain, meter)
    if node in places:
        return
    if places:
        field, value = "node", node
        said = f"Meter {meter} counts at node {places[0]} of the market, not at node {node}."
        remedy = f"Name that one: `{shlex.join([*again, '--node', str(places[0])])}`."
    else:
        field, value = "meter", meter
        said = f"Meter {meter} is registered at no node of the market."
        remedy = (
            "`tonne grid show` has nodes and their metering; the metering office registers a meter there:"
            " `tonne meters add --help`."
        )
    raise TonneError("INSTRUCTION_METER", said, field=field, value=value, remedy=remedy)


def _few(kept: Path, told: StandingInstruction) -> dict[str, int]:
    """Customers of the node by side, of sides of this instruction on which they are too few to be bid for."""
    from tonne.power.instructions import customers_at
    from tonne.power.portfolios import LEAST_CUSTOMERS

    counts = customers_at(kept, told.node, LEAST_CUSTOMERS)
    return {side: counts[side] for side in told.sides if counts[side] < LEAST_CUSTOMERS}


def _battery(said: str) -> str:
    """A battery as the file has it."""
    parts = said.split(":")
    try:
        capacity, watts, efficiency = int(parts[0]), int(parts[1]), Decimal(parts[2])
        if len(parts) > 3:
            raise ValueError(said)
    except (ValueError, IndexError, ArithmeticError):
        raise _no_battery(said, "it has not three numbers") from None
    return f'\n[battery]\nwh = {capacity}\nwatts = {watts}\nefficiency = "{efficiency}"\n'


def _no_battery(said: str, reason: str) -> TonneError:
    return TonneError(
        "INSTRUCTION_BATTERY",
        f"This is no battery: {reason}.",
        field="battery",
        value=said,
        remedy=f"Write capacity, power and efficiency like --battery 10000:5000:0.9. {BATTERY_BOUNDS}",
    )


def _order(side: str, said: str) -> str:
    """An order as the file has it."""
    parts = said.split(":", 2)
    try:
        energy, price = int(parts[0]), Decimal(parts[1])
        hours = [time.fromisoformat(text) for text in parts[2].split("-")] if parts[2:] else []
    except (ValueError, IndexError, ArithmeticError):
        raise _no_order(
            side, said, "it has not a whole number, a price, and hours or none"
        ) from None
    if hours and len(hours) != 2:
        raise _no_order(side, said, "its hours are not FROM-UNTIL")
    since, until = hours or ("", "")
    span = f"from = {since}\nuntil = {until}\n" if hours else ""
    return f'\n[[{side}]]\nwh = {energy}\nprice = "{price}"\n{span}'


def _no_order(side: str, said: str, reason: str) -> TonneError:
    return TonneError(
        "INSTRUCTION_ORDER",
        f"This is no order: {reason}.",
        field=side,
        value=said,
        remedy=f"Write it like --{side} 250:0.31 or --{side} 250:0.31:06:00-22:00. {ORDER_BOUNDS}",
    )
