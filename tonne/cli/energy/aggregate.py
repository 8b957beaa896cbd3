"""`tonne energy deposit`, `connect`, `instruct` and `bid`: an aggregator's part beside its daemon."""

from __future__ import annotations

import json
import secrets
from decimal import Decimal
from pathlib import Path
from typing import Annotated, Any, Final

import typer

from tonne.cli.core.command import command
from tonne.cli.core.options import AMOUNT, WHO
from tonne.cli.core.output import Printer, many
from tonne.cli.core.session import Session, Signer, participant_named
from tonne.errors import TonneError

#: Pseudonyms of one transaction.
BATCH: Final = 200

#: Of a daemon's folder, see `oracles.power.aggregator`.
INSTRUCTIONS: Final = "instructions"
ACCOUNTS: Final = "accounts.toml"
KEYS: Final = "account-keys.json"

#: `BidState` of IPowerBids in words.
STATES: Final = ("none", "committed", "opened", "released", "forfeited")

Folder = Annotated[Path, typer.Option("--folder", help="Folder of the aggregator's daemon.")]
NodeOption = Annotated[int, typer.Option("--node", help="Node of the market.", min=0, max=255)]


@command(needs=Signer)
def deposit(
    session: Signer,
    amount: Annotated[
        str, typer.Argument(help=f"Credits that answer for bids not opened. {AMOUNT}")
    ],
    back: Annotated[bool, typer.Option("--back", help="Take them back instead.")] = False,
) -> None:
    """Set credits of your account in the market aside for silence, or take them back."""
    from tonne.cli.energy.credit import micro
    from tonne.units.energy_credits import credits

    value = micro(amount)
    session.send("PowerMarket", "takeBack" if back else "deposit", value)
    now, terms = session.chain.call_many(
        [("PowerMarket", "depositOf", (session.participant,)), ("PowerMarket", "terms", ())]
    )
    covered = now.amount * 1_000 // terms.priceCap
    data = {"participant": session.participant, "deposit": now.amount, "coversWh": covered}
    session.show(
        data,
        f"{credits(now.amount)} credits are set aside: they cover {covered:,} Wh of bids at the price cap.",
    )


@command(needs=Signer)
def connect(
    session: Signer,
    count: Annotated[int, typer.Argument(help="Number of accounts.", min=1, max=100_000)],
    node: NodeOption,
    place: Folder,
) -> None:
    """Open accounts that customers of a node take turns in, settled there from tomorrow on.

    Their keys are drawn here and kept in the daemon's folder, which names them; only its owner may read them.
    """
    from tonne import files
    from tonne.crypto.accounts import Account
    from tonne.power.instructions import read_accounts

    path = place / ACCOUNTS
    known = read_accounts(path) if path.exists() else {}
    if node in known:
        raise TonneError(
            "ACCOUNTS_NAMED",
            f"{path} names {many(known[node].count, 'account')} for node {node} already.",
            field="node",
            value=node,
            remedy="Open all accounts of a node at once: move its lines away first.",
        )
    place.mkdir(parents=True, exist_ok=True, mode=0o700)
    keys = [Account(secrets.token_bytes(32)) for _ in range(count)]
    kept = place / f"{node}-{KEYS}"
    text = json.dumps({key.address: "0x" + key.key.hex() for key in keys}, indent=1) + "\n"
    files.create(kept, text)  # before they are opened: an account without its key is of no use
    numbers: list[int] = []
    for first in range(0, count, BATCH):
        part = [key.address for key in keys[first : first + BATCH]]
        receipt = session.send("PowerMarket", "openPseudonyms", part, [0] * len(part))
        numbers += [
            event["account"]
            for event in session.chain.events(receipt)
            if event.name == "PseudonymOpened"
        ]
    if numbers != list(range(numbers[0], numbers[0] + count)):
        raise TonneError(
            "ACCOUNTS_SCATTERED",
            "Others opened accounts at the same time; these do not follow each other.",
            field="count",
            value=count,
            remedy=f"Move {kept} away, and open them anew.",
        )
    for first in range(0, count, BATCH):
        session.send("PowerSettlement", "join", node, numbers[first : first + BATCH])
    with path.open("a", encoding="utf-8") as file:
        file.write(f"[nodes.{node}]\nfirst = {numbers[0]}\ncount = {count}\n")
    data = {"node": node, "first": numbers[0], "count": count, "keys": str(kept)}
    session.show(
        data,
        f"Accounts {numbers[0]} to {numbers[-1]} are opened and settled at node {node} from tomorrow on;"
        f" their keys are in {kept}.",
    )


@command(needs=Printer)
def instruct(
    session: Printer,
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
    from tonne import files
    from tonne.power.instructions import read_instruction

    orders = [("buy", text) for text in buy or []] + [("sell", text) for text in sell or []]
    text = f"node = {node}\n" + "".join(_order(side, said) for side, said in orders)
    text += _battery(battery) if battery else ""
    kept = place / INSTRUCTIONS
    kept.mkdir(parents=True, exist_ok=True)
    draft = kept / f".{meter}.draft" / f"{meter}.toml"
    draft.parent.mkdir(exist_ok=True)
    try:
        draft.write_text(text, encoding="utf-8")
        _, told = read_instruction(draft)  # refused here, not by the daemon
    finally:
        draft.unlink(missing_ok=True)
        draft.parent.rmdir()
    path = kept / f"{meter}.toml"
    files.write(path, text, files.PRIVATE)
    data = {"meter": meter, "node": node, "file": str(path)}
    said = "The battery" if told.battery else many(len(told.buy) + len(told.sell), "order")
    session.show(data, f"{said} of meter {meter} at node {node} written to {path}.")


def _battery(said: str) -> str:
    """A battery as the file has it."""
    parts = said.split(":")
    try:
        capacity, watts, efficiency = int(parts[0]), int(parts[1]), Decimal(parts[2])
        if len(parts) > 3:
            raise ValueError(said)
    except (ValueError, IndexError, ArithmeticError):
        raise TonneError(
            "INSTRUCTION_BATTERY",
            "This is no battery.",
            field="battery",
            value=said,
            remedy="Write capacity, power and efficiency like --battery 10000:5000:0.9.",
        ) from None
    return f'\n[battery]\nwh = {capacity}\nwatts = {watts}\nefficiency = "{efficiency}"\n'


def _order(side: str, said: str) -> str:
    """An order as the file has it."""
    parts = said.split(":", 2)
    try:
        energy, price = int(parts[0]), Decimal(parts[1])
        since, until = parts[2].split("-") if len(parts) > 2 else ("", "")
    except (ValueError, IndexError, ArithmeticError):
        raise TonneError(
            "INSTRUCTION_ORDER",
            "This is no order.",
            field=side,
            value=said,
            remedy=f"Write it like --{side} 250:0.31 or --{side} 250:0.31:06:00-22:00.",
        ) from None
    hours = f"from = {since}:00\nuntil = {until}:00\n" if since else ""
    return f'\n[[{side}]]\nwh = {energy}\nprice = "{price}"\n{hours}'


@command(needs=Session)
def bid(
    session: Session,
    bidder: Annotated[str, typer.Argument(help=f"Aggregator, plant or large user. {WHO}")],
    since: Annotated[str, typer.Option(help="Start of the interval, e.g. 2026-06-01T12:00.")],
) -> None:
    """Show a participant's bid of an interval: committed, opened, forfeited or released."""
    from tonne.cli.energy import trade_terms as terms
    from tonne.units.energy_credits import credits

    number = participant_named(session, bidder, "bidder")
    step = terms.interval_s(session)
    interval = terms.time_of(session, since, step) // step
    found = session.chain.call("PowerMarket", "bidOf", interval, number)
    state = STATES[found.state]
    data: dict[str, Any] = {
        "interval": interval,
        "participant": number,
        "state": state,
        "mostWh": found.mostWh,
        "escrow": found.escrow,
        "fee": found.fee,
    }
    if state == "none":
        session.show(data, f"Participant {number} has no bid in interval {interval}.")
        return
    held = f", holding {credits(found.escrow)} credits" if state == "opened" else ""
    said = f"{state}, {found.mostWh:,} Wh at most{held}"
    session.show(data, f"Bid of participant {number} in interval {interval}: {said}.")
