"""`tonne authority freeze`, `unfreeze`, `force-transfer`, `auctioned`: units and accounts under order."""

from __future__ import annotations

from typing import Annotated

import typer

from tonne.cli.chain.deploy_status import unit_name
from tonne.cli.core.officer_act import Act, Change, Hand, acting
from tonne.cli.core.session import WHO, SchemeNumber, money, party
from tonne.cli.market.funds import unit_contract
from tonne.crypto.accounts import keccak
from tonne.deployment.scheme_setup import ALLOWANCE, unit_id

Who = Annotated[str, typer.Argument(help=WHO)]
Unit = Annotated[
    str, typer.Option(help="Id of the unit, decimal or 0x…: `tonne status --json` tells them.")
]
Account = Annotated[
    int | None,
    typer.Option("--account", help="Its account in this market, in the place of wallet units."),
]
Reason = Annotated[str, typer.Option(help="Why; its hash goes on record.")]


def freeze(
    hand: Hand,
    who: Who,
    reason: Reason,
    unit: Unit | None = None,
    amount: Annotated[
        int | None, typer.Option(help="Units; without it all there are.", min=1)
    ] = None,
    account: Account = None,
) -> None:
    """Freeze units of a wallet, or a whole account on the exchange, whose open orders are then void."""
    if account is not None:
        _account(hand, who, account, frozen=True)
        return
    _, wallet = party(hand.desk, who, "holder")
    id_ = _unit(unit)
    held = hand.desk.chain.call(unit_contract(id_), "balanceOf", wallet, id_)
    _frozen(hand, wallet, id_, held if amount is None else amount, reason)


def unfreeze(
    hand: Hand, who: Who, reason: Reason, unit: Unit | None = None, account: Account = None
) -> None:
    """End a freeze of a wallet's units, or of an account on the exchange."""
    if account is not None:
        _account(hand, who, account, frozen=False)
        return
    _, wallet = party(hand.desk, who, "holder")
    _frozen(hand, wallet, _unit(unit), 0, reason)


def _frozen(hand: Hand, wallet: str, unit: int, amount: int, reason: str) -> None:
    contract = unit_contract(unit)
    held, frozen = hand.desk.chain.call_many(
        [(contract, "balanceOf", (wallet, unit)), (contract, "getFrozenTokens", (wallet, unit))]
    )
    change = Change(
        f"{unit_name(unit)} of {wallet}, {held:,} held", f"{frozen:,} frozen", f"{amount:,} frozen"
    )
    args = (wallet, unit, amount, keccak(reason.encode()))
    title = f"{'Freeze' if amount else 'Unfreeze'} units of {wallet}"
    hand.do(title, [Act(contract, "freezeByOrder", args, [change])])


def _account(hand: Hand, who: str, market: int, frozen: bool) -> None:
    number, _ = party(hand.desk, who, "holder")
    held = hand.desk.chain.call("Exchange", "account", number, market)
    state = f"{held.lots:,} lots and {money(held.cash)}"
    before = f"{state}, {'frozen' if held.frozen else 'free'}"
    voided = frozen and (held.lotsInAsks or held.cashInBids)
    after = f"{'frozen' if frozen else 'free'}{', its open orders are void' if voided else ''}"
    change = Change(f"account of participant {number} in market {market}", before, after)
    act = Act("Exchange", "freezeAccount", (number, market, frozen), [change])
    title = f"{'Freeze' if frozen else 'Unfreeze'} the account of participant {number}"
    hand.do(title, [act])


def force_transfer(
    hand: Hand,
    source: Annotated[str, typer.Argument(help=f"From whom. {WHO}")],
    target: Annotated[str, typer.Argument(help=f"To whom. {WHO}")],
    amount: Annotated[int, typer.Argument(help="Units.", min=1)],
    unit: Unit,
    reason: Reason,
) -> None:
    """Move units of a wallet over its holder's head, frozen ones too."""
    _, giver = party(hand.desk, source, "source")
    _, taker = party(hand.desk, target, "target")
    id_ = _unit(unit)
    contract = unit_contract(id_)
    has, gets = hand.desk.chain.call_many(
        [(contract, "balanceOf", (wallet, id_)) for wallet in (giver, taker)]
    )
    changes = [
        Change(f"{unit_name(id_)} of {giver}", f"{has:,}", f"{has - amount:,}"),
        Change(f"{unit_name(id_)} of {taker}", f"{gets:,}", f"{gets + amount:,}"),
    ]
    args = (giver, taker, id_, amount, keccak(reason.encode()))
    hand.do("Force a transfer", [Act(contract, "forcedTransferByOrder", args, changes)])


def auctioned(
    hand: Hand,
    vintage: Annotated[int, typer.Argument(help="Year of the allowances.", min=1990)],
    amount: Annotated[int, typer.Argument(help="How many.", min=1)],
    to: Annotated[str, typer.Option(help=f"Seller of the auctions. {WHO}")],
    scheme: SchemeNumber = 1,
) -> None:
    """Issue what is auctioned of a vintage to the seller, within the auctioned share that was disclosed."""
    number, wallet = party(hand.desk, to, "to")
    unit = unit_id(ALLOWANCE, scheme, vintage)
    disclosed, issued = hand.desk.chain.call_many(
        [("Schemes", "disclosure", (scheme, vintage)), ("AuctionShare", "issuedOf", (unit,))]
    )
    change = Change(
        f"allowances of {vintage} for auctions, of {disclosed.auctionT:,} disclosed",
        f"{issued:,}",
        f"{issued + amount:,}, to participant {number}",
    )
    args = (scheme, vintage, wallet, amount)
    hand.do("Issue the auctioned share", [Act("AuctionShare", "issue", args, [change])])


def _unit(text: str | None) -> int:
    try:
        return int(text or "", 0)
    except ValueError:
        raise typer.BadParameter(
            "give the unit's id, which `tonne status --json` tells, or --account MARKET for an account",
            param_hint="--unit",
        ) from None


def enter(app: typer.Typer) -> None:
    for command in (freeze, unfreeze, force_transfer, auctioned):
        acting(app)(command)
