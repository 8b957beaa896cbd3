"""`tonne energy trade`: energy at an agreed price, from the ticket to the metered delivery."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any

import typer

from tonne.cli.core.command import command
from tonne.cli.core.handed_papers import require_signatures
from tonne.cli.core.officer_act import Effect, OfficerAct, OfficerCall
from tonne.cli.core.options import AMOUNT, LEAVES, WHO, Leaves
from tonne.cli.core.output import many
from tonne.cli.core.session import Keeper, Session, Signer, party
from tonne.cli.core.wallet_signing import (
    Given,
    To,
    Wallet,
    attached,
    bytes_of,
    show_messages,
)
from tonne.constants import DAY_S, ZERO_ADDRESS
from tonne.errors import refused

app = typer.Typer(
    help="Energy at an agreed price: offer, sign, register, book, execute and show contracts.",
    no_args_is_help=True,
)

#: How a side of a trade is named.
SIDE = f"Address of a pseudonym, or: {WHO}"

File = Annotated[Path, typer.Argument(help="Contract file, passed between the sides.")]
Number = Annotated[int, typer.Argument(help="Contract number, from `show`.", min=1)]
Since = Annotated[
    str | None, typer.Option(help="Start of the first interval; default: the first possible.")
]
Until = Annotated[
    str | None, typer.Option(help="End of the last interval; default: the last possible.")
]
Missing = Annotated[
    bool,
    typer.Option("--missing", help="Count missing readings as zero; only after the grace period."),
]


@app.command()
@command(needs=Session)
def offer(
    session: Session,
    file: File,
    seller: Annotated[str, typer.Option(help=f"Seller. {SIDE}")],
    buyer: Annotated[str, typer.Option(help=f"Buyer. {SIDE}")],
    node: Annotated[
        int, typer.Option(help="Node number of the seller, and of the buyer.", min=0, max=255)
    ],
    price: Annotated[
        str, typer.Option(help=f"Price of the energy [credits/kWh], e.g. 0.12. {AMOUNT}")
    ],
    since: Annotated[str, typer.Option(help="Start of the first interval, e.g. 2026-06-01T12:00.")],
    until: Annotated[
        str | None, typer.Option(help="End of the last interval; default: one interval.")
    ] = None,
    energy: Annotated[int, typer.Option(help="Energy of each interval [Wh].", min=0)] = 0,
    profile: Annotated[
        Path | None,
        typer.Option(
            help="File with the energy of each interval of a day [Wh], one a line; replaces --energy."
        ),
    ] = None,
    buyer_node: Annotated[
        int | None,
        typer.Option(help="Node number of the buyer; default: the seller's.", min=0, max=255),
    ] = None,
    carrier: Annotated[str | None, typer.Option(help=f"Carrier between the nodes. {SIDE}")] = None,
    wheeling_fee: Annotated[str, typer.Option(help="Fee of the carrier [credits/kWh].")] = "0",
    max_grid_fee: Annotated[
        str | None, typer.Option(help="Highest grid fee [credits/kWh]; default: the present one.")
    ] = None,
    penalty: Annotated[
        str, typer.Option(help="Penalty for a side's shortfall [credits/kWh].")
    ] = "0",
    seller_meter: Annotated[
        int, typer.Option(help="Public meter number of the delivery; 0 for none.", min=0)
    ] = 0,
    buyer_meter: Annotated[
        int, typer.Option(help="Public meter number of the consumption; 0 for none.", min=0)
    ] = 0,
    deadline: Annotated[
        str | None,
        typer.Option(help="Deadline to register; default: the start of the first interval."),
    ] = None,
) -> None:
    """Write a contract for seller and buyer to sign."""
    from tonne.cli.energy import trade_terms as terms
    from tonne.cli.energy.trade_view import file_lines
    from tonne.power import bilateral_trades
    from tonne.power.bilateral_trades import TradeFile
    from tonne.power.trade_settlement import PowerContract

    step = terms.interval_s(session)
    begin = terms.time_of(session, since, step)
    end = begin + step if until is None else terms.time_of(session, until, step)
    words = () if profile is None else bilateral_trades.read_profile(profile, DAY_S // step)
    to = node if buyer_node is None else buyer_node
    charged = session.chain.call("PowerTrades", "gridFeeOf", to).fee
    contract = PowerContract(
        seller=terms.side_key(session, seller, "seller"),
        buyer=terms.side_key(session, buyer, "buyer"),
        carrier=ZERO_ADDRESS if carrier is None else terms.side_key(session, carrier, "carrier"),
        sellerNode=node,
        buyerNode=to,
        fromInterval=begin // step,
        untilInterval=end // step - 1,
        price=terms.rate_of(price),
        wheelingFee=terms.rate_of(wheeling_fee),
        maximumGridFee=charged if max_grid_fee is None else terms.rate_of(max_grid_fee),
        penalty=terms.rate_of(penalty),
        energyWh=energy,
        profile=bilateral_trades.hash_of(words),
        sellerMeter=seller_meter,
        buyerMeter=buyer_meter,
        deadline=begin if deadline is None else terms.time_of(session, deadline),
        salt=secrets.randbits(64),
    )
    made = TradeFile(contract, terms.domain_of(session), {}, words)
    terms.check_terms(session, made)
    made.write(file)
    session.show(
        made.as_json(),
        *file_lines(session, made),
        f"Written to {file}. Each side signs it: tonne energy trade sign {file}",
    )


@app.command()
@command(needs=Signer)
def sign(session: Signer, file: File) -> None:
    """Sign a contract as one of its sides."""
    from tonne.cli.energy import trade_terms as terms
    from tonne.cli.energy.trade_view import file_lines

    signed = terms.read(session, file).signed(session.account)
    signed.write(file)
    left = " and the ".join(signed.missing)
    open_ = f"The {left} has still to sign." if left else "All have signed."
    session.show(signed.as_json(), *file_lines(session, signed), open_)


@app.command("typed-data")
@command(needs=Session)
def typed_data(session: Session, file: File, of: Wallet = None, out: To = None) -> None:
    """Show the message (EIP-712) that a wallet elsewhere has to sign: a browser's, a Safe's."""
    from tonne.cli.energy import trade_terms as terms

    show_messages(session, terms.read(session, file).awaited, of, out, "energy trade", file)


@app.command("attach-signature")
@command(needs=Session)
def attach_signature(session: Session, file: File, signature: Given) -> None:
    """Attach the signature of a wallet elsewhere; a wallet that is a contract is asked (ERC-1271)."""
    from tonne.cli.energy import trade_terms as terms

    found = terms.read(session, file)
    signed, each = found.with_signature(session.chain, bytes_of(signature))
    signed.write(file)
    attached(session, file, each, len(signed.missing))


@app.command()
@command(needs=Keeper, dry_run=False)
def register(session: Keeper, file: File) -> None:
    """Register a fully signed contract, which binds its highest cost. Open to all."""
    from tonne.cli.energy import trade_terms as terms
    from tonne.cli.energy.trade_view import file_lines

    found = terms.read(session, file)
    require_signatures(
        found, "TRADE_SIGNATURE_MISSING", f"Sign it: `tonne energy trade sign {file}`."
    )
    if session.dry_run:
        number = session.chain.call("PowerTrades", "agree", *found.arguments())
        said = f"It would be contract {number}. Nothing was sent (--dry-run)."
        session.show({"contract": number, "dryRun": True}, *file_lines(session, found), said)
        return
    receipt = session.send("PowerTrades", "agree", *found.arguments())
    event = session.sent_event(receipt, "ContractAgreed")
    booked = any(e.name == "IntervalsBooked" for e in session.chain.events(receipt))
    number = event["id"]
    data = {"contract": number, "booked": booked, "transaction": receipt.hash}
    then = "Its one interval is booked." if booked else f"Book it: tonne energy trade book {number}"
    session.show(data, f"Contract {number} is on record. {then}")


@app.command()
@command(needs=OfficerAct)
def revoke(act: OfficerAct, file: File) -> None:
    """Revoke your signature of a contract that is not registered yet."""
    from tonne.cli.energy import trade_terms as terms

    found = terms.read(act, file)
    change = Effect(f"Signature of {act.officer}", "counts", "taken back")
    act.do("Take back a signature", [OfficerCall("PowerTrades", "revoke", (found.hash,), [change])])


@app.command()
@command(needs=OfficerAct)
def book(act: OfficerAct, number: Number, since: Since = None, until: Until = None) -> None:
    """Book intervals of the next two days: settlement counts their energy for the buyer. Open to all."""
    from tonne.cli.energy import trade_terms as terms

    found, step = terms.contract_of(act, number), terms.interval_s(act)
    can = found.bookable(act.chain.now(), step)
    chosen = terms.chosen(act, can, since, until, "booked")
    terms.carry_out(act, found, "book", dict.fromkeys(chosen, ()))


@app.command()
@command(needs=OfficerAct)
def execute(
    act: OfficerAct,
    number: Number,
    since: Since = None,
    until: Until = None,
    leaves: Leaves = LEAVES,
    missing: Missing = False,
) -> None:
    """Execute booked intervals that have ended, by final readings of their meters. Open to all."""
    from tonne.cli.energy import trade_terms as terms
    from tonne.power import bilateral_trades
    from tonne.power.bilateral_trades import NO_LEAF

    act, step = act, terms.interval_s(act)
    found = terms.contract_of(act, number)
    due = terms.chosen(act, found.due(act.chain.now(), step), since, until, "carried out")
    readings = bilateral_trades.Readings(act.chain, leaves, step)
    leaves_of: dict[int, Sequence[Any]] = {}
    for interval in due:
        # An interval without energy needs no reading, only an empty leaf in its place.
        asked = found.meters if found.energy_wh(interval, step) else ()
        row = [readings.leaf(meter, interval) for meter in asked]
        if missing or None not in row:
            row = [NO_LEAF if leaf is None else leaf for leaf in row]
            leaves_of[interval] = row or [NO_LEAF] * len(found.meters)
    if not leaves_of:
        raise refused(
            "TRADE_NO_READINGS",
            leaves=str(leaves),
            intervals=many(len(due), "interval"),
            due=act.local_time(due[0] * step),
        )
    terms.carry_out(act, found, "execute", leaves_of, len(due) - len(leaves_of))


@app.command()
@command(needs=OfficerAct)
def lapse(act: OfficerAct, number: Number, since: Since = None, until: Until = None) -> None:
    """Release the funds of intervals that ended without being booked. Open to all."""
    from tonne.cli.energy import trade_terms as terms

    found, step = terms.contract_of(act, number), terms.interval_s(act)
    can = found.lost(act.chain.now(), step)
    chosen = terms.chosen(act, can, since, until, "freed")
    terms.carry_out(act, found, "lapse", dict.fromkeys(chosen, ()))


@app.command()
@command(needs=OfficerAct)
def grid_fee(
    act: OfficerAct,
    node: Annotated[int, typer.Argument(help="Node number of the buyer.", min=0, max=255)],
    fee: Annotated[str, typer.Argument(help=f"Fee for new contracts [credits/kWh]. {AMOUNT}")],
    to: Annotated[str, typer.Option(help=f"Grid operator. {WHO}")],
) -> None:
    """Set the grid fee for energy sold to a node, as a market officer."""
    from tonne.cli.energy import trade_terms as terms
    from tonne.cli.energy.trade_view import rate

    operator, _ = party(act, to, "operator")
    before = act.chain.call("PowerTrades", "gridFeeOf", node)
    amount = terms.rate_of(fee)
    change = Effect(f"Grid fee of node {node}", rate(before.fee), rate(amount))
    call = OfficerCall("PowerTrades", "setGridFee", (node, amount, operator), [change])
    act.do("Set a grid fee", [call], {"node": node, "fee": amount, "to": operator})


@app.command("show")
@command(needs=Session)
def show_(
    session: Session,
    contract: Annotated[
        str | None, typer.Argument(help="Contract number, or contract file; default: all.")
    ] = None,
    intervals: Annotated[
        bool,
        typer.Option("--intervals", help="Show each interval with the positions of both sides."),
    ] = False,
) -> None:
    """Show contracts with their delivered energy, payments and shortfalls."""
    from tonne.cli.energy import trade_terms as terms
    from tonne.cli.energy import trade_view as view

    if contract is None:
        view.show_all(session, terms.interval_s(session))
    elif contract.isdigit():
        view.show_one(
            session, terms.contract_of(session, int(contract)), terms.interval_s(session), intervals
        )
    else:
        found = terms.read(session, Path(contract))
        number = session.chain.call("PowerTrades", "idOf", found.hash)
        state = f"It is contract {number}." if number else "It is not on record."
        session.show(
            {**found.as_json(), "contract": number}, *view.file_lines(session, found), state
        )
