"""`tonne bank`, `expire` and `recognise`: banking, expiry and links of allowances."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Annotated, Any, Final

import typer

from tonne.cli.core.command import command
from tonne.cli.core.session import Keeper, Signer
from tonne.cli.holder.holdings import ALLOWANCE, holdings, latest_period, pick
from tonne.cli.holder.surrender_retire import FromExchange, LatestPeriod
from tonne.errors import TonneError
from tonne.types import held_account, unit_id
from tonne.types.ids import ParticipantId, SchemeId

#: Most holders of one call of Banking.
HOLDERS: Final = 200

Vintage = Annotated[
    int,
    typer.Option(
        "--vintage",
        help="Vintage of the units given; default: the oldest first.",
        show_default=False,
    ),
]


@command(needs=Signer, scheme=1)
def bank(
    session: Signer,
    amount: Annotated[
        int | None,
        typer.Argument(help="Allowances to bank [t]; default: show the limit."),
    ] = None,
    vintage: Vintage = 0,
    from_exchange: FromExchange = False,
) -> None:
    """Bank allowances: exchange them for the later vintage, within the scheme's limit."""
    from tonne.cli.holder.outlook import UNLIMITED, banking_vintage

    who = session.participant
    result: dict[str, Any] = {}
    if amount is not None:
        where = "free" if from_exchange else "wallet"
        parts = _chosen(session, session.scheme, vintage, amount, where)
        function = "bankFromLedger" if from_exchange else "bank"
        args = (session.scheme, [unit for unit, _ in parts], [part for _, part in parts])
        with _pack_named(session):
            result["transaction"] = session.send("Banking", function, *args).hash
    room = session.chain.call("Banking", "roomOf", session.scheme, who)
    into = banking_vintage(session, session.scheme)
    result |= {
        "into": into,
        "net_sales": session.chain.call("Banking", "netSalesOf", session.scheme, who)
        if into
        else None,
        "banked": session.chain.call("Banking", "bankedOf", session.scheme, into, who)
        if into
        else 0,
        "room": None if room == UNLIMITED else room,
    }
    if not into:
        words = "Nothing can be carried over today."
    else:
        left = "no limit" if room == UNLIMITED else f"{room:,} t more can be"
        words = (
            f"{result['banked']:,} t carried over into {into}, {left};"
            f" net sales {result['net_sales']:,} t."
        )
    session.show(result, words)


@command(needs=Keeper, scheme=1)
def expire(
    session: Keeper, vintage: Annotated[int, typer.Argument(help="Expired vintage (year).")]
) -> None:
    """Cancel the remaining units of an expired vintage, in all wallets and accounts. Open to all."""

    account = session.account
    chain, unit = (
        session.chain,
        unit_id.allowance(SchemeId(session.scheme), vintage),
    )
    everybody = range(1, chain.call("Participants", "participantCount") + 1)
    wallets = [
        wallet
        for found in chain.call_many(("Participants", "walletsOf", (who,)) for who in everybody)
        for wallet in found
    ] + [held_account.account_of(ParticipantId(who)) for who in everybody]
    amounts = chain.call_many(("Allowances", "balanceOf", (wallet, unit)) for wallet in wallets)
    holders = [wallet for wallet, held in zip(wallets, amounts, strict=True) if held]
    market, owners = chain.call("Exchange", "marketOf", unit), []
    if market:
        accounts = chain.call_many(("Exchange", "account", (who, market)) for who in everybody)
        owners = [who for who, found in zip(everybody, accounts, strict=True) if found.lots]
    before = chain.call("Allowances", "totalSupply", unit)
    for function, whom in (("expire", holders), ("expireFromLedger", owners)):
        # Without a holder the contract is still called: it refuses before the expiry.
        for start in range(0, max(len(whom), 1 if function == "expire" else 0), HOLDERS):
            part = whom[start : start + HOLDERS] or [account.address]
            with _pack_named(session):
                session.send("Banking", function, unit, part)
    ended = before - chain.call("Allowances", "totalSupply", unit)
    result = {"vintage": vintage, "expired": ended, "left": before - ended}
    session.show(result, f"{ended:,} t of {vintage} ended, {before - ended:,} t are left.")


@command(needs=Signer, scheme=1)
def recognise(
    session: Signer,
    plant: Annotated[int, typer.Argument(help="Installation number.")],
    amount: Annotated[
        int, typer.Argument(help="Units of the other scheme to exchange [t].", min=1)
    ],
    of: Annotated[int, typer.Option("--of", help="Number of the other scheme.")],
    vintage: Vintage = 0,
    period: LatestPeriod = 0,
) -> None:
    """Exchange allowances of a linked scheme for own ones, to be surrendered for a plant."""
    number = period or latest_period(session, session.scheme)
    parts = _chosen(session, of, vintage, amount, "wallet")
    args = (plant, number, [unit for unit, _ in parts], [part for _, part in parts])
    with _pack_named(session):
        receipt = session.send("Links", "recognise", *args)
    events = [e for e in session.chain.events(receipt) if e.name == "UnitsRecognised"]
    came = sum(event["amount"] for event in events)
    room = session.chain.call("Links", "roomOf", plant, number)
    session.show(
        {"plant": plant, "given": amount, "came": came, "room": room, "transaction": receipt.hash},
        f"{amount:,} of scheme {of} given up, {came:,} came for plant {plant}; {room:,} more can.",
    )


def _chosen(
    session: Signer, scheme: int, vintage: int, amount: int, where: str
) -> list[tuple[int, int]]:
    """(unit, amount) of a scheme's allowances in the wallet, oldest first, or of one vintage (else 0)."""
    among = holdings(session, session.participant, session.account.address)
    held = [
        h
        for h in among
        if unit_id.scheme_of(h["unit"]) == scheme and vintage in (0, unit_id.vintage_of(h["unit"]))
    ]
    narrowed = (f" of vintage {vintage}" if vintage else "") + f" of scheme {scheme}"
    return pick(held, ALLOWANCE, amount, where, narrowed, among)


@contextmanager
def _pack_named(session: Signer) -> Iterator[None]:
    """Has a refusal's remedy name the scheme's pack, in the place of NAME."""
    try:
        yield
    except TonneError as error:
        if "explain NAME" in error.remedy:
            from tonne.cli.core import rule_pack

            found = rule_pack.name_of(session.scheme)
            error.remedy = error.remedy.replace("explain NAME", f"explain {found or 'NAME'}")
        raise
