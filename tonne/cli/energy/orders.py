"""Orders and batteries as options say them, and the standing instruction that they make."""

from __future__ import annotations

import shlex
import tomllib
from dataclasses import dataclass
from datetime import time
from decimal import Decimal
from typing import TYPE_CHECKING, Annotated, Final

import typer

from tonne.errors import TonneError, refused

if TYPE_CHECKING:
    from pydantic import ValidationError

    from tonne.cli.core.session import Session
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

Buy = Annotated[
    list[str] | None,
    typer.Option(help="WH:PRICE[:FROM-UNTIL], e.g. 250:0.31:06:00-22:00 (UTC); repeat it."),
]
Sell = Annotated[list[str] | None, typer.Option(help="The same for energy that is sold.")]
BatteryOption = Annotated[
    str | None,
    typer.Option(
        help="WH:WATTS:EFFICIENCY of a battery with a meter of its own, e.g. 10000:5000:0.9:"
        " it is bid for by forecast prices."
    ),
]


@dataclass(frozen=True, slots=True)
class TypedOrders:
    """Orders of each side, or a battery, as they were typed."""

    buy: list[str]
    sell: list[str]
    battery: str | None

    @classmethod
    def of(cls, buy: list[str] | None, sell: list[str] | None, battery: str | None) -> TypedOrders:
        """Of options; one that is not given is None."""
        return cls(buy or [], sell or [], battery)

    @property
    def orders(self) -> list[tuple[str, str]]:
        """Side and words of each."""
        return [("buy", said) for said in self.buy] + [("sell", said) for said in self.sell]

    @property
    def options(self) -> list[str]:
        """The options that say it."""
        said = [*self.orders, *([("battery", self.battery)] if self.battery else [])]
        return [word for option, value in said for word in (f"--{option}", value)]

    def instruction(self, session: Session, node: int) -> tuple[str, StandingInstruction]:
        """The file of a customer who wants it at a node, and what it says.

        INSTRUCTION_ORDER, INSTRUCTION_BATTERY, INSTRUCTION_EMPTY with the option that is wrong.
        """
        from pydantic import ValidationError

        from tonne.power.instructions import StandingInstruction

        text = f"node = {node}\n" + "".join(_order(side, said) for side, said in self.orders)
        text += _battery(self.battery) if self.battery else ""
        self._require_under_cap(session)
        try:
            return text, StandingInstruction.model_validate(tomllib.loads(text))
        except ValidationError as error:
            raise self._fault(error) from None

    def _require_under_cap(self, session: Session) -> None:
        """INSTRUCTION_ORDER where a price is beyond the market's cap: none is ever above it."""
        from tonne.power.intervals import MarketTerms
        from tonne.units.energy_credits import MICRO

        cap = Decimal(MarketTerms.read(session.chain).price_cap) / MICRO
        for side, said in self.orders:
            if Decimal(said.split(":")[1]) > cap:
                raise _no_order(
                    side, said, f"its price is beyond the market's cap of {cap:f} credits/kWh"
                )

    def _fault(self, error: ValidationError) -> TonneError:
        """A refusal of the instruction in terms of the options that it came from."""
        first = error.errors()[0]
        side, *place = map(str, first["loc"] or ("",))
        if side == "battery" and self.battery:
            return _no_battery(self.battery, f"{place[0]}: {first['msg']}")
        given = {"buy": self.buy, "sell": self.sell}.get(side)
        if given is None:
            return TonneError(
                "INSTRUCTION_EMPTY",
                "An instruction has one order or more, or a battery alone.",
                field="battery" if self.battery else "buy",
                value=self.battery,
                remedy="Give --buy 250:0.31 or --sell 400:0.08, or --battery 10000:5000:0.9 without them.",
            )
        if not place:
            return _no_order(side, f"{len(given)} orders", first["msg"])
        return _no_order(side, given[int(place[0])], f"{place[-1]}: {first['msg']}")


def require_meter_at(session: Session, meter: int, node: int, again: list[str]) -> None:
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
    return refused(
        "INSTRUCTION_BATTERY", battery=said, reason=reason, battery_bounds=BATTERY_BOUNDS
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
    return refused(
        "INSTRUCTION_ORDER", order=said, reason=reason, side=side, order_bounds=ORDER_BOUNDS
    )
