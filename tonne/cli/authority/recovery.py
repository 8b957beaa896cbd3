"""`tonne authority recovery`: wallets of a participant whose keys are lost or stolen, by two offices."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any, Final

import typer

from tonne.cli.core.command import command
from tonne.cli.core.officer_act import Effect, OfficerAct, OfficerCall
from tonne.cli.core.options import Participant, Reason
from tonne.cli.core.output import many
from tonne.cli.core.session import address_named, participant_named, text_hash
from tonne.errors import refused

app = typer.Typer(
    help="Lost and stolen keys: propose wallets, decide on them.", no_args_is_help=True
)

ALL_RIGHTS: Final = 31

Wallets = Annotated[
    list[str],
    typer.Argument(help="Wallets, the primary one first, as ADDRESS or ADDRESS:RIGHTS (1 to 31)."),
]


@app.command()
@command(needs=OfficerAct)
def propose(act: OfficerAct, participant: Participant, wallets: Wallets, reason: Reason) -> None:
    """Propose all wallets of a participant, as its registrar; the hearing of seven days begins."""
    number = participant_named(act, participant, "participant")
    named = [_wallet(text) for text in wallets]
    addresses, rights = [address for address, _ in named], [right for _, right in named]
    args = (number, addresses, rights, text_hash(reason))
    calls = [OfficerCall("Participants", "proposeRecovery", args, _effects(act, number, addresses))]
    act.do(f"Propose {many(len(named), 'wallet')} for participant {number}", calls, result=_until)


def _until(act: OfficerAct) -> tuple[dict[str, Any], str]:
    decidable: int = act.event("RecoveryProposed")["decidableAt"]
    line = f"  An arbiter decides from {act.local_time(decidable)} on."
    return {"decidableAt": decidable}, line


@app.command()
@command(needs=OfficerAct)
def withdraw(act: OfficerAct, participant: Participant) -> None:
    """Withdraw a proposal, as registrar."""
    number = participant_named(act, participant, "participant")
    change = Effect(f"proposal for participant {number}", "pending", "withdrawn")
    call = OfficerCall("Participants", "cancelRecovery", (number,), [change])
    act.do(f"Withdraw the proposal for participant {number}", [call])


@app.command()
@command(needs=OfficerAct)
def uphold(act: OfficerAct, participant: Participant) -> None:
    """Put the proposed wallets into force, as arbiter, after the hearing.

    Wallets that are not among them lose every right; the exchange hears of it at once.
    """
    from tonne.chain.contract import topic

    number = participant_named(act, participant, "participant")
    told = act.chain.logs(
        "Participants", "RecoveryProposed", act.first_block, topics=[topic(number)]
    )
    if not told:
        raise refused("AUTHORITY_NO_PROPOSAL", participant=number)
    wallets, rights = list(told[-1]["wallets"]), list(told[-1]["rights"])
    effects = _effects(act, number, wallets)
    call = OfficerCall("Participants", "upholdRecovery", (number, wallets, rights), effects)
    act.do(f"Replace the wallets of participant {number}", [call])


@app.command()
@command(needs=OfficerAct)
def reject(act: OfficerAct, participant: Participant, reason: Reason) -> None:
    """Refuse a claim of theft and the proposal, as arbiter; the freeze ends."""
    number = participant_named(act, participant, "participant")
    change = Effect(f"claim and proposal about participant {number}", "pending", "refused")
    call = OfficerCall("Participants", "rejectRecovery", (number, text_hash(reason)), [change])
    act.do(f"Refuse the claim about participant {number}", [call])


def _effects(act: OfficerAct, number: int, wallets: Sequence[str]) -> list[Effect]:
    before = act.chain.call("Participants", "walletsOf", number)
    return [
        Effect(f"wallets of participant {number}", ", ".join(before), ", ".join(wallets)),
    ]


def _wallet(text: str) -> tuple[str, int]:
    """Address and rights; all rights where none are given."""
    name, _, given = text.partition(":")
    address = address_named(name)
    right = int(given) if given.isdigit() else 0 if given else ALL_RIGHTS
    if address is None or not 0 < right <= ALL_RIGHTS:
        raise refused("AUTHORITY_WALLET", wallets=text)
    return address, right
