"""The operator's folder: the oracle's leaves, the aggregators' books, and the account of each meter."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Final

from tonne.errors import TonneError, refused, why
from tonne.meters.leaves import IntervalLeaves
from tonne.power import bid_books
from tonne.power.bid_books import BidBook

BOOKS: Final = "books"
READINGS: Final = "readings"
ACCOUNTS: Final = "accounts"
METERS: Final = f"{ACCOUNTS}/meters.toml"


def books_of(folder: Path, interval: int) -> tuple[list[BidBook], list[TonneError]]:
    """Books of an interval in any folder below, and the faults of files that are none."""
    found: list[BidBook] = []
    faults: list[TonneError] = []
    for path in sorted((folder / BOOKS).rglob(f"{interval}.json")):
        try:
            found.append(bid_books.read(path))
        except TonneError as fault:
            faults.append(fault)
    return found, faults


def leaves_of(folder: Path, area: int, start: int) -> tuple[list[IntervalLeaves], list[TonneError]]:
    """Leaves of a node of meters in an interval, of the latest run first, from the oracle's own files, and
    the faults of files that are none."""
    paths = (folder / READINGS / str(area)).glob(f"{start}-*.leaves")
    found: list[IntervalLeaves] = []
    faults: list[TonneError] = []
    for path in sorted(paths, key=lambda path: (len(path.name), path.name), reverse=True):
        try:
            found.append(IntervalLeaves.read(path))
        except (TonneError, OSError, ValueError) as error:
            faults.append(_unreadable(path, error))
    return found, faults


def _unreadable(path: Path, error: Exception) -> TonneError:
    return refused(
        "SETTLEMENT_READINGS_UNREADABLE",
        path=str(path),
        parent_name=path.parent.name,
        path_name=path.name,
        reason=why(error),
    )


def standing_accounts(folder: Path) -> dict[int, int]:
    """Accounts of meters that take no turns: of plants, of lines' ends, of the grid outside."""
    path = folder / METERS
    if not path.exists():
        return {}
    try:
        told = tomllib.loads(path.read_text(encoding="utf-8"))["meters"]
        return {int(meter): _number(meter, account) for meter, account in told.items()}
    except (OSError, ValueError, KeyError, AttributeError, TypeError) as error:
        raise refused(
            "SETTLEMENT_ACCOUNTS_UNREADABLE", path=str(path), path_name=path.name, reason=why(error)
        ) from error


def _number(meter: str, account: object) -> int:
    if isinstance(account, bool) or not isinstance(account, int) or not 0 < account < 2**32:
        raise ValueError(f"{account!r} of meter {meter} is no account's number")
    return account
