"""`tonne market rules`: bring a scheme's markets the rules that its pack has for a day."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any

import typer

from tonne.cli.core.rule_pack import Pack, pack_for
from tonne.cli.core.session import (
    DEFAULT_RPC,
    As,
    AsJson,
    Folder,
    Keystore,
    Passphrase,
    Rpc,
    SchemeNumber,
    connect,
    key,
    show,
    table,
)
from tonne.deployment import market_rules, record
from tonne.deployment.market_rules import FIELDS, NO_MAXIMUM, Update
from tonne.errors import TonneError


def rules(
    at: Annotated[
        str | None,
        typer.Option(help="Rules of this local day; without it, of the next one to be opened."),
    ] = None,
    budget: Annotated[
        int, typer.Option(help="Tonnes issued in the year, for limits made from it.", min=0)
    ] = 0,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Show; send nothing.")] = False,
    named: Pack = None,
    rpc: Rpc = DEFAULT_RPC,
    folder: Folder = record.FOLDER,
    scheme: SchemeNumber = 1,
    name: As = None,
    keystore_file: Keystore = None,
    passphrase_file: Passphrase = None,
    as_json: AsJson = False,
) -> None:
    """Compare each market's rules with what the scheme's pack says for a day, and send what differs.

    Run it once a day, before the day is opened: rules of a later date then arrive by themselves. What
    is sent holds from the next day that is opened. Needs the office of the market.
    """
    desk = connect(rpc, folder, scheme)
    chain, pack = desk.chain, pack_for(scheme, named)
    day = None if at is None else _day(at)
    updates = [
        market_rules.update_of(chain, pack, market, day, budget)
        for market in market_rules.markets_of(chain, scheme)
    ]
    sent: list[str] = []
    if not dry_run:
        account = key(name, keystore_file, passphrase_file)
        chain.fund([account])
        sent = market_rules.send(chain, account, updates)
    rows = [
        (
            update.market,
            str(update.day),
            c.name,
            shown(c.field, c.old),
            shown(c.field, c.new),
            c.where,
        )
        for update in updates
        for c in update.changes
    ]
    columns = (">market", "day", "rule", "stands", "pack", "where")
    data = {
        "pack": pack.scheme.name,
        "changes": [dict(zip((c.lstrip(">") for c in columns), row, strict=True)) for row in rows],
        "silent": {
            update.market: [FIELDS[field][0] for field in update.silent] for update in updates
        },
        "transactions": sent,
    }
    show(data, as_json, *_lines(updates, columns, rows, dry_run))


def _lines(
    updates: list[Update], columns: tuple[str, ...], rows: list[tuple[Any, ...]], dry_run: bool
) -> list[Any]:
    lines: list[Any] = []
    if rows:
        lines.append(table("", columns, rows))
        adopted = sorted({u.adopted for u in updates if u.changes})
        days = ", ".join(map(str, adopted))
        lines.append(
            "Nothing was sent."
            if dry_run
            else f"Sent; it holds from the day that opens next, {days}."
        )
    else:
        lines.append(f"{len(updates)} markets have the rules of the pack.")
    for fields in sorted({update.silent for update in updates if update.silent}):
        names = ", ".join(FIELDS[field][0] for field in fields)
        lines.append(f"The pack does not know for the day, so it stays as it stands: {names}.")
    return lines


def shown(field: str, value: Any) -> str:
    """A rule as people write it."""
    if field in ("bandPpm", "blockBandPpm"):
        return f"{value / 10_000:g} %"
    if field in ("sessions", "blockSession"):
        edges = [f"{quarter // 4:02d}:{quarter % 4 * 15:02d}" for quarter in value]
        pairs = zip(edges[::2], edges[1::2], strict=True)
        return " ".join(f"{a}-{b}" for a, b in pairs if (a, b) != ("00:00", "00:00")) or "none"
    if field == "closeRule":
        return {n: word for word, n in market_rules.CLOSE_RULES.items()}[value].replace("_", " ")
    none = {"maximumLots": NO_MAXIMUM}.get(field, 0)
    return "none" if value == none else f"{value:,}"


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise TonneError(
            "MARKET_DAY_UNREADABLE",
            "This is not a day.",
            field="at",
            value=text,
            remedy="Write it like 2023-08-28.",
        ) from None
