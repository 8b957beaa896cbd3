"""Standing instructions: bids that a customer lets its aggregator make, every interval, until it is changed.

A TOML file for each customer, named for its meter (`17.toml`); docs/power.md has one with all its fields.
"""

from __future__ import annotations

import tomllib
from datetime import UTC, datetime, time
from decimal import Decimal
from pathlib import Path
from typing import Annotated, Final, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from tonne import files
from tonne.constants import PPM
from tonne.errors import TonneError, why
from tonne.power.batteries import Battery, Order
from tonne.power.encoding import BID, OFFER
from tonne.units.energy_credits import MICRO

#: [bytes] Of a file.
MOST_BYTES: Final = 64 * 1024

#: Files beside the instructions: accounts that customers of each node take turns in, and, after the node's
#: number and a hyphen, the keys of those that were opened for it.
ACCOUNTS: Final = "accounts.toml"
ACCOUNT_KEYS: Final = "account-keys.json"

#: Lists of orders in a file.
SIDES: Final = ("buy", "sell")

Energy = Annotated[int, Field(gt=0, lt=2**32)]
Price = Annotated[Decimal, Field(ge=0, decimal_places=6, lt=2**28 // MICRO)]


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class StandingOrder(_Part):
    """Energy at most, at a price, in each interval that begins within some hours of the day (UTC)."""

    wh: Energy
    price: Price  # [credits/kWh] at most for energy bought, at least for energy sold
    since: time = Field(default=time(0), alias="from")
    until: time = time(0)  # midnight: to the end of the day

    @property
    def micro(self) -> int:
        """[micro-credit/kWh]"""
        return int(self.price * MICRO)

    def counts_at(self, start: int) -> bool:
        """Whether it is for the interval that begins at `start` [s]."""
        clock = datetime.fromtimestamp(start, UTC).time()
        if self.since < self.until:
            return self.since <= clock < self.until
        return clock >= self.since or clock < self.until  # over midnight, or the whole day


class StandingBattery(_Part):
    """A battery that its aggregator bids for against forecast prices."""

    wh: Energy  # that it holds
    watts: Energy  # that it takes or gives, at most
    efficiency: Annotated[Decimal, Field(gt=0, le=1, decimal_places=6)]  # of taking and giving

    def within(self, interval_s: int) -> Battery:
        """The battery in a market of such intervals."""
        return Battery.of(self.wh, self.watts, int(self.efficiency * PPM), interval_s)


class StandingInstruction(_Part):
    """All that one customer wants."""

    node: int = Field(ge=0, le=255)
    buy: tuple[StandingOrder, ...] = Field(default=(), max_length=8)
    sell: tuple[StandingOrder, ...] = Field(default=(), max_length=8)
    battery: StandingBattery | None = None

    @model_validator(mode="after")
    def _wants_something(self) -> Self:
        has_orders = bool(self.buy or self.sell)
        if has_orders == (self.battery is not None):
            raise ValueError("one [[buy]] or [[sell]] is needed, or a [battery] alone")
        return self

    @property
    def sides(self) -> list[str]:
        """What it may come to: `buy`, `sell`, of a battery both."""
        return [side for side in SIDES if self.battery or getattr(self, side)]

    def at(self, start: int) -> list[Order]:
        """Orders for the interval that begins at `start` [s]; a battery's follow from forecasts."""
        both = [*((BID, order) for order in self.buy), *((OFFER, order) for order in self.sell)]
        return [(side, order.wh, order.micro) for side, order in both if order.counts_at(start)]


class AccountRange(_Part):
    """Accounts that customers of a node take turns in: pseudonyms that were opened one after the other."""

    first: int = Field(ge=2**24, lt=2**32)
    count: int = Field(gt=0, lt=2**24)

    @property
    def accounts(self) -> tuple[int, ...]:
        return tuple(range(self.first, self.first + self.count))


class _Accounts(_Part):
    nodes: dict[int, AccountRange]


def read_instruction(path: Path) -> tuple[int, StandingInstruction]:
    """The meter and the instruction of a file; INSTRUCTION_UNREADABLE where it is none."""
    try:
        return int(path.stem), StandingInstruction.model_validate(_document(path))
    except (OSError, ValueError, RecursionError) as error:
        raise _unreadable("INSTRUCTION_UNREADABLE", path, error) from error


def customers_at(folder: Path, node: int, enough: int) -> dict[str, int]:
    """Customers of a node whose files in a folder have orders on a side, whatever their hours.

    Counted until both sides have `enough`; files that cannot be read do not count.
    """
    found = dict.fromkeys(SIDES, 0)
    for path in sorted(folder.glob("*.toml")):
        if min(found.values()) >= enough:
            break
        try:
            _, told = read_instruction(path)
        except TonneError:  # the daemon tells of it
            continue
        if told.node == node:
            for side in told.sides:
                found[side] += 1
    return found


def read_accounts(path: Path) -> dict[int, AccountRange]:
    """Accounts by node; ACCOUNTS_UNREADABLE where the file has none."""
    try:
        return _Accounts.model_validate(_document(path)).nodes
    except (OSError, ValueError, RecursionError) as error:
        raise _unreadable("ACCOUNTS_UNREADABLE", path, error) from error


def _document(path: Path) -> object:
    return tomllib.loads(files.text(path, MOST_BYTES))


def fault_of(error: Exception) -> str:
    """Why a text is no instruction; names in it that a terminal would not show are written as escapes."""
    if not isinstance(error, ValidationError):
        return why(error)
    first = error.errors()[0]
    said = f"{'.'.join(map(str, first['loc']))}: {first['msg']}"
    return "".join(sign if sign.isprintable() else ascii(sign)[1:-1] for sign in said)


def _unreadable(code: str, path: Path, error: Exception) -> TonneError:
    return TonneError(
        code,
        f"{path.name} cannot be read: {fault_of(error)}.",
        field="file",
        value=str(path),
        remedy="Write it as docs/power.md shows, and name it for its meter; it is read again.",
    )
