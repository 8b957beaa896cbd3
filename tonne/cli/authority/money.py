"""`tonne authority mint`: money of a settlement currency, issued by its issuer."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Annotated, Final

import typer

from tonne.cli.core.command import command
from tonne.cli.core.officer_act import Effect, OfficerAct, OfficerCall
from tonne.cli.core.options import AMOUNT
from tonne.cli.core.output import cents, many, parse_money
from tonne.cli.core.session import party
from tonne.errors import refused

#: Receivers in one call.
MOST: Final = 200


@command(needs=OfficerAct)
def mint(
    act: OfficerAct,
    receivers: Annotated[
        list[str] | None,
        typer.Argument(
            help=f"WHO=AMOUNT, by number, wallet address, keystore file or account name. {AMOUNT}"
        ),
    ] = None,
    file: Annotated[
        Path | None, typer.Option(help="CSV file of people, as for `wallet apply`: wallet, cash.")
    ] = None,
    currency: Annotated[
        str | None, typer.Option(help="Code of a further currency, e.g. EUR; default: the first.")
    ] = None,
) -> None:
    """Issue money of a settlement currency to participants, as its issuer."""
    name = _currency(act, currency)
    rows = [*_named(receivers or ()), *(_of_file(file) if file is not None else ())]
    if not rows:
        raise refused("MINT_NOTHING")
    wallets = [party(act, who, "receiver")[1] for who, _ in rows]
    amounts = [parse_money(amount) for _, amount in rows]
    held = act.chain.call_many((name, "balanceOf", (wallet,)) for wallet in wallets)
    changes = [
        Effect(f"money of {who}", cents(before), cents(before + amount))
        for (who, _), before, amount in zip(rows, held, amounts, strict=True)
    ]
    calls = [
        OfficerCall(
            name,
            "mintBatch",
            (wallets[i : i + MOST], amounts[i : i + MOST]),
            changes[i : i + MOST],
        )
        for i in range(0, len(rows), MOST)
    ]
    title = f"Issue {cents(sum(amounts))} to {many(len(rows), 'receiver')}"
    act.do(title, calls, {"issued": sum(amounts)})


def _currency(act: OfficerAct, code: str | None) -> str:
    """Contract of a currency."""
    from tonne.deployment.plan import CURRENCY

    name = CURRENCY if code is None else f"{CURRENCY}.{code}"
    contracts = act.chain.contracts
    if name not in contracts:
        known = [n.partition(".")[2] for n in contracts if n.startswith(f"{CURRENCY}.")]
        raise refused(
            "CURRENCY_UNKNOWN",
            name=code,
            choices=", ".join(known) or "the first alone, without --currency",
        )
    return name


def _named(receivers: Sequence[str]) -> Iterator[tuple[str, str]]:
    for text in receivers:
        who, equals, amount = text.rpartition("=")
        if not equals:
            raise refused("MINT_RECEIVER", receivers=text)
        yield who, amount


def _of_file(file: Path) -> list[tuple[str, str]]:
    """Wallets of the rows with an amount."""
    from tonne.cli.core import decision_files

    rows = decision_files.read(file, decision_files.FutureParticipant)
    return [(row.wallet, row.cash) for row in rows if row.cash]
