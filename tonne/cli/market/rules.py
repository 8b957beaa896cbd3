"""`tonne market rules`: update a scheme's markets to the rules of its pack."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from tonne.cli.core.command import command
from tonne.cli.core.options import Pack
from tonne.cli.core.output import parse_date, table
from tonne.cli.core.session import Signer

if TYPE_CHECKING:
    from tonne.deployment.market_rules import Update


@command(needs=Signer, scheme=1, dry_run=False)
def rules(
    session: Signer,
    at: Annotated[
        str | None,
        typer.Option(help="Local day of the rules; default: the next to be opened."),
    ] = None,
    budget: Annotated[
        int, typer.Option(help="Units issued in the year, for limits derived from it [t].", min=0)
    ] = 0,
    pack_name: Pack = None,
) -> None:
    """Compare each market's rules with the scheme's pack on a day, and send the differences.

    Run it once a day before the day is opened, as a market officer: rules of later dates then take
    effect on time. Changes hold from the next opened day.
    """
    from tonne.cli.core.rule_pack import pack_for
    from tonne.deployment import market_rules
    from tonne.deployment.market_rules import FIELDS

    chain, pack = session.chain, pack_for(session.scheme, pack_name)
    day = None if at is None else parse_date(at, "at", "MARKET_DAY_UNREADABLE")
    updates = [
        market_rules.update_of(chain, pack, market, day, budget)
        for market in market_rules.markets_of(chain, session.scheme)
    ]
    sent: list[str] = []
    if not session.dry_run:
        session.fund()
        sent = market_rules.send(chain, session.account, updates)
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
    session.show(data, *_lines(updates, columns, rows, session.dry_run))


def _lines(
    updates: list[Update], columns: tuple[str, ...], rows: list[tuple[Any, ...]], dry_run: bool
) -> list[Any]:
    from tonne.deployment.market_rules import FIELDS

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
        lines.append(f"The pack has no value for the day, so these stay: {names}.")
    return lines


def shown(field: str, value: Any) -> str:
    """A rule as text, with its unit."""
    from tonne.deployment import market_rules
    from tonne.deployment.market_rules import NO_MAXIMUM

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
