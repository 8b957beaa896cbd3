"""Forge's figures, Anvil's receipts, limits and other books in one table; and what is wrong with them."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from rich.table import Table

from tests.gas.books import BLOCK, BOOKS

ROOT: Final = Path(__file__).resolve().parents[2]
SNAPSHOT: Final = ROOT / "snapshots" / "exchange.json"
LIMITS: Final = Path(__file__).with_name("limits.json")

#: Keys that are not equal by their nature: what Anvil may have less and more [gas], and why. Everything else
#: is the same bytecode in the same state.
EXPLAINED: Final[Mapping[str, tuple[int, int, str]]] = {
    "deposit_and_place": (
        0,
        9_500,
        "Allowances moves the units, with register, custody and freezes; Forge has a bare ERC-1155",
    ),
    **dict.fromkeys(
        ("take_gathering_room", "sync_holding", "sync_holding_grouped"),
        (
            0,
            10_500,
            "Participants and Allowances say what is held, by seats and held accounts; Forge has doubles",
        ),
    ),
    "sync_holding_10_markets": (
        0,
        43_500,
        "Allowances looks in the slots of the wallet, of its seat and of the held account, for ten vintages",
    ),
    "open_day": (0, 200, "Schemes gives the calendar; Forge has a double of it"),
    "signed_order": (
        0,
        400,
        "Participants says whose wallet it is; Forge has a double; bytes of 0 in a signature cost 12 less",
    ),
}


@dataclass(frozen=True, slots=True)
class Row:
    """One operation [gas]."""

    key: str
    forge: int | None
    anvil: int | None
    limit: int | None
    others: Mapping[str, int]  # by book

    @property
    def difference(self) -> int | None:
        return None if self.forge is None or self.anvil is None else self.anvil - self.forge

    @property
    def headroom(self) -> float | None:
        """What is left below the limit [% of it]."""
        if self.limit is None or self.anvil is None:
            return None
        return 100 * (self.limit - self.anvil) / self.limit


def snapshot() -> dict[str, int]:
    return {key: int(gas) for key, gas in json.loads(SNAPSHOT.read_text()).items()}


def limits() -> dict[str, int]:
    return json.loads(LIMITS.read_text())


def rows(forge: Mapping[str, int], anvil: Mapping[str, int], most: Mapping[str, int]) -> list[Row]:
    """All operations, those with a limit first."""
    keys = sorted({*forge, *anvil, *most}, key=lambda key: (key not in most, _order(key, anvil)))
    return [
        Row(
            key,
            forge.get(key),
            anvil.get(key),
            most.get(key),
            {book.name: book.gas[key] for book in BOOKS if key in book.gas},
        )
        for key in keys
    ]


def faults(found: list[Row]) -> list[str]:
    """What must not be, one sentence each."""
    told = []
    for row in found:
        if row.anvil is None:
            told.append(f"{row.key}: Forge measures it, operations.py does not.")
            continue
        if row.forge is None:
            told.append(f"{row.key}: Anvil measures it, {SNAPSHOT.name} has no such key.")
            continue
        less, more, _ = EXPLAINED.get(row.key, (0, 0, ""))
        if not -less <= row.difference <= more:
            told.append(
                f"{row.key}: the receipt says {row.anvil:,}, Forge {row.forge:,}; "
                f"{less:,} less to {more:,} more is explained."
            )
        if row.limit is not None and row.anvil > row.limit:
            told.append(f"{row.key}: {row.anvil:,} is above the limit of {row.limit:,}.")
    return told


@dataclass(frozen=True, slots=True)
class Matched:
    """What a block has room for."""

    book: str
    one: int  # gas of an order placed, taken alone and, where needed, claimed
    ten: int  # the same when ten are taken, and claimed, at once
    how: str

    @property
    def per_block(self) -> float:
        return BLOCK / self.one

    @property
    def per_block_ten(self) -> float:
        return BLOCK / self.ten


def matched(anvil: Mapping[str, int]) -> list[Matched]:
    """Matched orders, ours first."""
    placing = anvil["place_mean_2_13"]
    ours = Matched(
        "tonne",
        placing + anvil["take_1_maker"],
        placing + anvil["take_10_makers"] // 10,
        "four orders to a slot, bitmap of prices; makers credited at once; all market rules on",
    )
    return [ours, *(Matched(b.name, b.matched(), b.matched_ten(), b.how) for b in BOOKS)]


def operations_table(found: list[Row]) -> Table:
    table = Table(title="Gas of whole transactions", title_justify="left", box=None, pad_edge=False)
    table.add_column("operation", no_wrap=True)
    ours = ("Forge", "Anvil", "differs", "limit", "headroom")
    for name in (*ours, *(book.name for book in BOOKS)):
        table.add_column(name, justify="right", no_wrap=True)
    for row in found:
        headroom = "" if row.headroom is None else f"{row.headroom:.1f} %"
        table.add_row(
            row.key,
            *(_full(value) for value in (row.forge, row.anvil, row.difference, row.limit)),
            headroom,
            *(_thousands(row.others.get(book.name)) for book in BOOKS),
        )
    return table


def matched_table(found: list[Matched]) -> Table:
    title = (
        f"Matched orders per {BLOCK // 1_000_000} Mgas: placed, taken and, where needed, claimed"
    )
    table = Table(title=title, title_justify="left", box=None, pad_edge=False)
    table.add_column("book", no_wrap=True)
    for name in ("gas, taken alone", "orders", "gas, ten at once", "orders"):
        table.add_column(name, justify="right", no_wrap=True)
    table.add_column("how")
    for row in found:
        table.add_row(
            row.book,
            f"{row.one:,}",
            f"{row.per_block:.1f}",
            f"{row.ten:,}",
            f"{row.per_block_ten:.1f}",
            row.how,
        )
    return table


def notes(found: list[Row]) -> list[str]:
    """Why a receipt differs from Forge's figure, where it does."""
    return [
        f"{row.key} differs because {EXPLAINED[row.key][2]}."
        for row in found
        if row.difference and row.key in EXPLAINED
    ]


def as_data(found: list[Row], per_block: list[Matched]) -> dict[str, Any]:
    return {
        "operations": {
            row.key: {
                "forge": row.forge,
                "anvil": row.anvil,
                "difference": row.difference,
                "limit": row.limit,
                "headroomPercent": None if row.headroom is None else round(row.headroom, 2),
                "others": dict(row.others),
            }
            for row in found
        },
        "matchedPer10Mgas": {
            row.book: {
                "gas": row.one,
                "orders": round(row.per_block, 1),
                "gasTenAtOnce": row.ten,
                "ordersTenAtOnce": round(row.per_block_ten, 1),
            }
            for row in per_block
        },
        "books": {book.name: {"source": book.source, "how": book.how} for book in BOOKS},
        "notes": notes(found),
        "faults": faults(found),
    }


def _order(key: str, anvil: Mapping[str, int]) -> int:
    """In the order in which operations.py lists them; unknown ones last."""
    return list(anvil).index(key) if key in anvil else len(anvil)


def _full(value: int | None) -> str:
    return "" if value is None else f"{value:,}"


def _thousands(value: int | None) -> str:
    if value is None:
        return ""
    return f"{value / 1e6:.2f}M" if value >= 1_000_000 else f"{value / 1e3:.1f}k"
