"""`tonne bank`, `tonne expire`, `tonne recognise`: allowances that become others, or end."""

from __future__ import annotations

from typing import Annotated, Any

import typer

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
    participant_of,
    show,
)
from tonne.cli.holder.outlook import UNLIMITED, banking_vintage
from tonne.cli.holder.surrender_retire import holdings, latest_period, pick
from tonne.deployment import record, scheme_setup

#: Most holders in a call, see Banking.
HOLDERS = 200

Vintage = Annotated[
    int, typer.Option("--vintage", help="Of this vintage only; else the oldest first.")
]


def bank(
    amount: Annotated[
        int | None,
        typer.Argument(help="Allowances to carry over [t]; without it: how many can be."),
    ] = None,
    vintage: Vintage = 0,
    from_exchange: Annotated[
        bool, typer.Option("--from-exchange", help="Take them from your account there.")
    ] = False,
    rpc: Rpc = DEFAULT_RPC,
    folder: Folder = record.FOLDER,
    scheme: SchemeNumber = 1,
    name: As = None,
    keystore_file: Keystore = None,
    passphrase_file: Passphrase = None,
    as_json: AsJson = False,
) -> None:
    """Turn allowances that are left into the later vintage, as far as the scheme lets you."""
    desk = connect(rpc, folder, scheme)
    account = key(name, keystore_file, passphrase_file)
    who = participant_of(desk, account)
    result: dict[str, Any] = {}
    if amount is not None:
        held = [
            h for h in holdings(desk, who, account.address) if vintage in (0, _vintage(h["unit"]))
        ]
        held = [h for h in held if h["unit"] >> 80 & 0xFFFF == scheme]
        parts = pick(held, scheme_setup.ALLOWANCE, amount, "free" if from_exchange else "wallet")
        desk.chain.fund([account])
        function = "bankFromLedger" if from_exchange else "bank"
        args = (scheme, [unit for unit, _ in parts], [part for _, part in parts])
        result["transaction"] = desk.chain.send(account, "Banking", function, *args).hash
    room = desk.chain.call("Banking", "roomOf", scheme, who)
    into = banking_vintage(desk, scheme)
    result |= {
        "into": into,
        "net_sales": desk.chain.call("Banking", "netSalesOf", scheme, who) if into else None,
        "banked": desk.chain.call("Banking", "bankedOf", scheme, into, who) if into else 0,
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
    show(result, as_json, words)


def expire(
    vintage: Annotated[int, typer.Argument(help="Vintage that has expired.")],
    rpc: Rpc = DEFAULT_RPC,
    folder: Folder = record.FOLDER,
    scheme: SchemeNumber = 1,
    name: As = None,
    keystore_file: Keystore = None,
    passphrase_file: Passphrase = None,
    as_json: AsJson = False,
) -> None:
    """End what is left of a vintage, on all wallets and accounts. Anybody can, once it has expired."""
    desk = connect(rpc, folder, scheme)
    account = key(name, keystore_file, passphrase_file)
    chain, unit = desk.chain, scheme_setup.unit_id(scheme_setup.ALLOWANCE, scheme, vintage)
    everybody = range(1, chain.call("Participants", "participantCount") + 1)
    wallets = [
        wallet
        for found in chain.call_many(("Participants", "walletsOf", (who,)) for who in everybody)
        for wallet in found
    ]
    amounts = chain.call_many(("Allowances", "balanceOf", (wallet, unit)) for wallet in wallets)
    holders = [wallet for wallet, held in zip(wallets, amounts, strict=True) if held]
    market, owners = chain.call("Exchange", "marketOf", unit), []
    if market:
        accounts = chain.call_many(("Exchange", "account", (who, market)) for who in everybody)
        owners = [who for who, found in zip(everybody, accounts, strict=True) if found.lots]
    before = chain.call("Allowances", "totalSupply", unit)
    chain.fund([account])
    for function, whom in (("expire", holders), ("expireFromLedger", owners)):
        # Without a holder the contract is asked all the same, so that it says whether the day has come.
        for start in range(0, max(len(whom), 1 if function == "expire" else 0), HOLDERS):
            part = whom[start : start + HOLDERS] or [account.address]
            chain.send(account, "Banking", function, unit, part)
    ended = before - chain.call("Allowances", "totalSupply", unit)
    result = {"vintage": vintage, "expired": ended, "left": before - ended}
    show(result, as_json, f"{ended:,} t of {vintage} ended, {before - ended:,} t are left.")


def recognise(
    plant: Annotated[int, typer.Argument(help="Number of the installation.")],
    amount: Annotated[int, typer.Argument(help="Units of the other scheme to give up.", min=1)],
    of: Annotated[int, typer.Option("--of", help="Number of the other scheme.")],
    vintage: Vintage = 0,
    period: Annotated[int, typer.Option("--period", help="Without it: the latest.")] = 0,
    rpc: Rpc = DEFAULT_RPC,
    folder: Folder = record.FOLDER,
    scheme: SchemeNumber = 1,
    name: As = None,
    keystore_file: Keystore = None,
    passphrase_file: Passphrase = None,
    as_json: AsJson = False,
) -> None:
    """Give up allowances of another scheme; own ones come for them, to be surrendered for the plant."""
    desk = connect(rpc, folder, scheme)
    account = key(name, keystore_file, passphrase_file)
    number = period or latest_period(desk, scheme)
    held = [
        h
        for h in holdings(desk, participant_of(desk, account), account.address)
        if h["unit"] >> 80 & 0xFFFF == of and vintage in (0, _vintage(h["unit"]))
    ]
    parts = pick(held, scheme_setup.ALLOWANCE, amount, "wallet")
    desk.chain.fund([account])
    args = (plant, number, [unit for unit, _ in parts], [part for _, part in parts])
    receipt = desk.chain.send(account, "Links", "recognise", *args)
    events = [e for e in desk.chain.events(receipt) if e.name == "UnitsRecognised"]
    came = sum(event["amount"] for event in events)
    room = desk.chain.call("Links", "roomOf", plant, number)
    show(
        {"plant": plant, "given": amount, "came": came, "room": room, "transaction": receipt.hash},
        as_json,
        f"{amount:,} of scheme {of} given up, {came:,} came for plant {plant}; {room:,} more can.",
    )


def _vintage(unit: int) -> int:
    return unit >> 64 & 0xFFFF
