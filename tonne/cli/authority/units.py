"""`tonne authority freeze`, `unfreeze`, `force-transfer` and `auctioned`: units and accounts by order."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from tonne.cli.core.command import command
from tonne.cli.core.officer_act import Effect, OfficerAct, OfficerCall
from tonne.cli.core.options import WHO, Participant, Reason
from tonne.cli.core.output import money
from tonne.cli.core.session import party, text_hash
from tonne.cli.core.unit_names import unit_contract
from tonne.types import unit_id
from tonne.types.ids import SchemeId, UnitId
from tonne.types.unit_id import unit_name

_UNIT_ID: Any = typer.Option("--unit", help="Unit id, decimal or 0x…, from `tonne status --json`.")
Unit = Annotated[str, _UNIT_ID]
WalletUnit = Annotated[str | None, _UNIT_ID]
Account = Annotated[
    int | None,
    typer.Option("--account", help="Market number: its account there instead of wallet units."),
]


@command(needs=OfficerAct)
def freeze(
    act: OfficerAct,
    who: Participant,
    reason: Reason,
    unit: WalletUnit = None,
    amount: Annotated[int | None, typer.Option(help="Units; default: all.", min=1)] = None,
    account: Account = None,
) -> None:
    """Freeze units of a wallet, or a whole account on the exchange and void its open orders."""
    if account is not None:
        _account(act, who, account, frozen=True)
        return
    _, wallet = party(act, who, "holder")
    id_ = _unit(unit)
    held = act.chain.call(unit_contract(UnitId(id_)), "balanceOf", wallet, id_)
    _frozen(act, wallet, UnitId(id_), held if amount is None else amount, reason)


@command(needs=OfficerAct)
def unfreeze(
    act: OfficerAct,
    who: Participant,
    reason: Reason,
    unit: WalletUnit = None,
    account: Account = None,
) -> None:
    """Lift the freeze of a wallet's units, or of an account on the exchange."""
    if account is not None:
        _account(act, who, account, frozen=False)
        return
    _, wallet = party(act, who, "holder")
    _frozen(act, wallet, UnitId(_unit(unit)), 0, reason)


def _frozen(act: OfficerAct, wallet: str, unit: UnitId, amount: int, reason: str) -> None:
    contract = unit_contract(unit)
    held, frozen = act.chain.call_many(
        [(contract, "balanceOf", (wallet, unit)), (contract, "getFrozenTokens", (wallet, unit))]
    )
    change = Effect(
        f"{unit_name(unit)} of {wallet}, {held:,} held", f"{frozen:,} frozen", f"{amount:,} frozen"
    )
    args = (wallet, unit, amount, text_hash(reason))
    title = f"{'Freeze' if amount else 'Unfreeze'} units of {wallet}"
    act.do(title, [OfficerCall(contract, "freezeByOrder", args, [change])])


def _account(act: OfficerAct, who: str, market: int, frozen: bool) -> None:
    number, _ = party(act, who, "holder")
    held = act.chain.call("Exchange", "account", number, market)
    state = f"{held.lots:,} lots and {money(held.cash)}"
    before = f"{state}, {'frozen' if held.frozen else 'free'}"
    voided = frozen and (held.lotsInAsks or held.cashInBids)
    after = f"{'frozen' if frozen else 'free'}{', its open orders are void' if voided else ''}"
    change = Effect(f"account of participant {number} in market {market}", before, after)
    call = OfficerCall("Exchange", "freezeAccount", (number, market, frozen), [change])
    title = f"{'Freeze' if frozen else 'Unfreeze'} the account of participant {number}"
    act.do(title, [call])


@command(needs=OfficerAct)
def force_transfer(
    act: OfficerAct,
    source: Annotated[str, typer.Argument(help=f"Holder. {WHO}")],
    target: Annotated[str, typer.Argument(help=f"Receiver. {WHO}")],
    amount: Annotated[int, typer.Argument(help="Units.", min=1)],
    unit: Unit,
    reason: Reason,
) -> None:
    """Move units of a wallet without its holder's consent, frozen ones included."""
    _, giver = party(act, source, "source")
    _, taker = party(act, target, "target")
    id_ = _unit(unit)
    contract = unit_contract(UnitId(id_))
    has, gets = act.chain.call_many(
        [(contract, "balanceOf", (wallet, id_)) for wallet in (giver, taker)]
    )
    changes = [
        Effect(f"{unit_name(UnitId(id_))} of {giver}", f"{has:,}", f"{has - amount:,}"),
        Effect(f"{unit_name(UnitId(id_))} of {taker}", f"{gets:,}", f"{gets + amount:,}"),
    ]
    args = (giver, taker, id_, amount, text_hash(reason))
    act.do("Force a transfer", [OfficerCall(contract, "forcedTransferByOrder", args, changes)])


@command(needs=OfficerAct, scheme=1)
def auctioned(
    act: OfficerAct,
    vintage: Annotated[int, typer.Argument(help="Vintage of the allowances (year).", min=1990)],
    amount: Annotated[int, typer.Argument(help="Allowances [t].", min=1)],
    to: Annotated[str, typer.Option(help=f"Seller in the auctions. {WHO}")],
) -> None:
    """Issue auctioned allowances of a vintage to the seller, within the disclosed auctioned share."""
    number, wallet = party(act, to, "to")
    unit = unit_id.allowance(SchemeId(act.scheme), vintage)
    disclosed, issued = act.chain.call_many(
        [("Schemes", "disclosure", (act.scheme, vintage)), ("AuctionShare", "issuedOf", (unit,))]
    )
    change = Effect(
        f"allowances of {vintage} for auctions, of {disclosed.auctionT:,} disclosed",
        f"{issued:,}",
        f"{issued + amount:,}, to participant {number}",
    )
    args = (act.scheme, vintage, wallet, amount)
    act.do("Issue the auctioned share", [OfficerCall("AuctionShare", "issue", args, [change])])


def _unit(text: str | None) -> int:
    try:
        return int(text or "", 0)
    except ValueError:
        raise typer.BadParameter(
            "give the unit id, from `tonne status --json`, or --account MARKET for an account",
            param_hint="--unit",
        ) from None
