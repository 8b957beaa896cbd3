"""`tonne meters ask`, `read`, `expose`, `contradict`: a meter's leaves, for those who may see them."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from tonne.cli.core.command import command
from tonne.cli.core.officer_act import Effect, OfficerAct, OfficerCall
from tonne.cli.core.options import METERS
from tonne.cli.core.output import Printer, cents
from tonne.cli.core.session import Session, Signer, address_of
from tonne.cli.evidence.meters import MeterNumber
from tonne.constants import ZERO_ADDRESS
from tonne.errors import refused

if TYPE_CHECKING:
    from tonne.crypto.sealing import OneTimeKey
    from tonne.meters.asking import LeafAnswer

#: `signedBy` of a leaf, in words.
SIGNED = {
    "meter": "signed by the meter",
    "gateway": "signed by its gateway",
    "none": "with no signed record behind it",
}

Start = Annotated[int, typer.Option(help="Unix time at which the interval begins.", min=1)]
KeyPath = Annotated[
    Path,
    typer.Option("--key", help="File of the challenge's one-time key, from `tonne meters ask`."),
]
ChallengeNumber = Annotated[int, typer.Argument(help="Challenge number.", min=1)]
NodeNumber = Annotated[int, typer.Argument(help="Node number.", min=1)]


@command(needs=OfficerAct)
def reader(
    act: OfficerAct,
    meter: MeterNumber,
    wallet: Annotated[
        str,
        typer.Argument(help="Reader: address, keystore file or account name; 0 for none."),
    ],
) -> None:
    """Name who may ask for a meter's leaves, of intervals that begin from now on."""
    who = ZERO_ADDRESS if wallet == "0" else address_of(wallet, "wallet")
    before = act.chain.call("MeterOracle", "readerOf", meter)[0]
    change = Effect(f"reader of meter {meter}", before, who)
    call = OfficerCall("MeterOracle", "setReaders", ([meter], [who]), [change])
    act.do(f"Name the reader of meter {meter}", [call], {"meter": meter, "reader": who})


@command(needs=OfficerAct)
def operator(
    act: OfficerAct,
    node: NodeNumber,
    participant: Annotated[int, typer.Argument(help="Participant number; 0 for none.", min=0)],
) -> None:
    """Name the participant that may ask for any leaf of a node."""
    before = act.chain.call("MeterOracle", "operatorOf", node)
    change = Effect(
        f"operator of node {node}", f"participant {before}", f"participant {participant}"
    )
    call = OfficerCall("MeterOracle", "setOperator", (node, participant), [change])
    act.do(f"Name the operator of node {node}", [call], {"node": node, "operator": participant})


@command(needs=Signer)
def ask(
    session: Signer,
    key_file: Annotated[Path, typer.Option("--key", help="New file for the one-time key.")],
    start: Start,
    meter: Annotated[int | None, typer.Option(help="Meter whose reader you are.", min=1)] = None,
    node: Annotated[int | None, typer.Option(help="Node that you operate.", min=1)] = None,
    place: Annotated[int | None, typer.Option(help="Place of a leaf at that node.", min=0)] = None,
) -> None:
    """Ask the oracle for a leaf, for a fee: of your meter, or at a place of the node that you operate."""
    from tonne.crypto.sealing import OneTimeKey
    from tonne.meters import asking

    by_place = meter is None
    which = place if by_place else meter
    if which is None or by_place != (node is not None):
        raise refused("METER_ASK_WHAT")
    where = node if node is not None else session.chain.call("MeterOracle", "meter", which).node
    root = asking.posted(session.chain, where, start)
    key = OneTimeKey.make()
    if key_file.exists():
        raise refused("METER_KEY_EXISTS", key_file=str(key_file))
    key.write(key_file)  # before anything is sent: without it, the answer is lost
    contract = session.chain["MeterOracle"]
    session.send("SettlementCurrency", "approve", contract, session.chain.call(contract, "FEE"))
    args = asking.arguments(root, which, by_place, key)
    receipt = session.send(contract, "challenge", *args)
    asked = next(e for e in session.chain.events(receipt) if e.name == "LeafChallenged")
    data = {"challenge": asked["id"], "deadline": asked["deadline"], "key": key_file}
    until = session.local_time(asked["deadline"])
    session.show(
        data,
        f"Challenge {asked['id']}; the answer is due until {until}. Its key is in {key_file}.",
    )


@command(needs=Session)
def read(session: Session, challenge: ChallengeNumber, key_file: KeyPath) -> None:
    """Open the answer to a challenge, and hold it against the root on the chain."""
    answer, _ = _answer(session, challenge, key_file)
    data: dict[str, Any] = {"challenge": challenge, "good": answer.is_good}
    if answer.is_good and answer.leaf is not None:
        told = answer.leaf.told
        says = (
            f"Meter {told['meter']}: {told['importWh']:,} Wh taken, {told['exportWh']:,} Wh given,"
            f" {told['quality']}, {SIGNED[told['signedBy']]};"
            f" leaf {told['place']} of {told['leaves']}, under the root."
        )
        session.show(data | {"leaf": told}, says)
        return
    until = session.local_time(answer.deadline)
    session.show(
        data,
        f"It does not open to the leaf: `tonne meters expose {challenge} --key {key_file}` until {until}.",
    )


@command(needs=Signer)
def expose(session: Signer, challenge: ChallengeNumber, key_file: KeyPath) -> None:
    """Show by the one-time key that an answer is false; its interval fails, the penalty is owed to you."""
    from tonne.meters import asking

    answer, key = _answer(session, challenge, key_file)
    if answer.is_good:
        raise refused("METER_ANSWER_GOOD", challenge=challenge)
    session.send("MeterOracle", "expose", *asking.exposure(answer, key))
    session.show({"challenge": challenge}, "The interval failed; the penalty is owed to you.")


@command(needs=Signer)
def accept(session: Signer, challenge: ChallengeNumber) -> None:
    """End a challenge whose answer is good, before its time; the fee goes to the oracle."""
    session.send("MeterOracle", "close", challenge)
    session.show({"challenge": challenge}, f"Challenge {challenge} is closed.")


@command(needs=Signer)
def contradict(
    session: Signer,
    challenge: ChallengeNumber,
    key_file: KeyPath,
    record: Annotated[
        Path, typer.Option(help="Record of the meter for the interval's end, as it signed it.")
    ],
) -> None:
    """Show, for a fee, that the meter signed otherwise than the leaf in an answer says. Where the oracle does
    not show in time that the meter signed that, too, `tonne meters expire` fails the interval."""
    from tonne.meters.contradiction import contradicting

    answer, _ = _answer(session, challenge, key_file)
    if answer.leaf is None or not answer.is_good:
        raise refused("METER_ANSWER_FALSE", challenge=challenge, key_file=key_file)
    contract = session.chain["MeterOracle"]
    asked = session.chain.call(contract, "challengeOf", challenge)
    args = contradicting(session.chain, asked.node, asked.start, answer.leaf, _record(record))
    session.send("SettlementCurrency", "approve", contract, session.chain.call(contract, "FEE"))
    receipt = session.send(contract, "contradict", *args)
    told = next(e for e in session.chain.events(receipt) if e.name == "LeafContradicted")
    until = session.local_time(told["deadline"])
    session.show(
        {"challenge": told["id"], "deadline": told["deadline"]},
        f"Challenge {told['id']}. If the oracle has not upheld the leaf by {until}, any account fails the"
        f" interval: `tonne meters expire {told['id']}`.",
    )


def _record(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise refused("METER_RECORD_FILE", path=str(path), strerror=error.strerror) from None


@command(needs=Signer)
def expire(session: Signer, challenge: ChallengeNumber) -> None:
    """End a challenge that was not met in time: the interval fails, fee and half of the penalty are the
    challenger's. Open to all."""
    receipt = session.send("MeterOracle", "expire", challenge)
    failed = next(e for e in session.chain.events(receipt) if e.name == "IntervalFailed")
    session.show(
        {"challenge": challenge, "paid": failed["paid"], "to": failed["to"]},
        f"The interval of node {failed['node']} from {failed['start']} on failed; {failed['to']} is owed"
        f" {failed['paid']}.",
    )


def _answer(session: Session, challenge: int, key_file: Path) -> tuple[LeafAnswer, OneTimeKey]:
    from tonne.crypto.sealing import OneTimeKey
    from tonne.meters import asking

    key = OneTimeKey.read(key_file)
    answer = asking.answer_of(session.chain, challenge, key)
    if answer is None:
        raise refused("METER_NOT_ANSWERED", challenge=challenge)
    if not answer.is_good and asking.was_corrected(session.chain, challenge):
        raise refused("METER_RUN_REPLACED", challenge=challenge)
    return answer, key


@command(needs=Signer)
def withdraw(session: Signer) -> None:
    """Withdraw what challenges have earned you: fees that came back, and parts of penalties."""
    chain = session.chain
    payee, asset = (int(who.address, 16) for who in (session.account, chain["SettlementCurrency"]))
    owed = chain.call("MeterOracle", "payoutOf", payee, asset)
    session.send("MeterOracle", "withdrawPayout", payee, asset, session.account)
    digits = chain.call("SettlementCurrency", "decimals")
    session.show(
        {"amount": owed, "decimals": digits},
        f"{cents(owed * 100 // 10**digits)} are in your wallet.",
    )


@command(needs=Printer)
def receipt(
    session: Printer,
    meter: MeterNumber,
    start: Start,
    run: Annotated[int, typer.Option(help="Run of the interval.", min=1)] = 1,
    oracle: Annotated[
        Path, typer.Option("--folder", help="Folder of the oracle.", show_default="build/meters/")
    ] = METERS,
) -> None:
    """Print the oracle's receipt of a leaf for its customer: place, readings, and all that opens it."""
    from tonne.meters import leaves

    for path in (oracle / "leaves").glob(f"*/{start}-{run}.leaves"):
        kept = leaves.IntervalLeaves.read(path)
        if any(leaf.meter == meter for leaf in kept.leaves):
            told = kept.receipt(kept.index_of(meter)) | {"node": int(path.parent.name)}
            told |= {"start": start, "run": run, "root": kept.root.hex()}
            session.show(told, *(f"{name}: {value}" for name, value in told.items()))
            return
    raise refused("METER_NO_LEAF", start=start, meter=meter, run=run)
