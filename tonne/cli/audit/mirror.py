"""`tonne mirror`: replay continuously, sign what it comes to, compare with what others signed."""

from __future__ import annotations

import time
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from tonne.cli.audit.run import CheckpointOption, trust_of
from tonne.cli.audit.stores import Kept, Nodes
from tonne.cli.core.command import command
from tonne.cli.core.options import As, Elsewhere, Keystore, PassphraseFile
from tonne.cli.core.output import console, errors
from tonne.cli.core.session import Keeper, Session
from tonne.cli.core.wallet_signing import (
    Given,
    To,
    Wallet,
    attached,
    bytes_of,
    show_messages,
)
from tonne.errors import TonneError, refused

if TYPE_CHECKING:
    from tonne.audit.mirror import Came
    from tonne.audit.store.database import Store
    from tonne.crypto.accounts import Account

app = typer.Typer(
    help="Replay a market continuously, sign what it comes to, compare with others.",
    no_args_is_help=True,
    rich_markup_mode="markdown",
)

Signed = Annotated[Path, typer.Argument(help="File of signed checkpoints, a line of JSON each.")]


@dataclass(kw_only=True)
class Mirroring(Nodes):
    """A session with nodes, the store, and the key that signs checkpoints."""

    as_name: As = None
    keystore_file: Keystore = None
    passphrase_file: PassphraseFile = None
    wallet: Elsewhere = None

    @cached_property
    def account(self) -> Account:
        from tonne.cli.core.session import elsewhere, read_key

        if self.wallet is not None:
            return elsewhere(self.wallet)
        return read_key(self.as_name, self.keystore_file, self.passphrase_file)


@app.command()
@command(needs=Mirroring)
def run(
    session: Mirroring,
    signed: Signed,
    every: Annotated[float, typer.Option(help="Seconds between looks at the chain.", min=0.1)] = 5,
    once: Annotated[bool, typer.Option("--once", help="Sign the latest block and end.")] = False,
    publish: Annotated[
        bool, typer.Option("--publish", help="Bring each checkpoint to the chain too.")
    ] = False,
    checkpoint: CheckpointOption = None,
) -> None:
    """Follow the chain into the store; append a signed checkpoint to a file whenever there is a new block.

    The contract AuditCheckpoints keeps those of participants whose wallet may report, and raises an alarm
    when two differ. A checkpoint alone in its block is not followed by another: it would never end.

    A node that fails or answers falsely is named, and asked again at the next look; nothing of its answer is
    kept. A checkpoint that the chain does not take is named, too, and stays in the file. Exit
    status of --once, 1: an event breaks a rule.

    With --wallet and --once the checkpoint awaits the signature of a wallet elsewhere.
    """
    from tonne.audit.mirror import Mirror
    from tonne.evidence.submissions import entry

    if session.wallet is not None and (publish or not once):
        raise refused("MIRROR_WALLET", wallet=session.wallet)
    trust = trust_of(session, checkpoint, trust_node=False, chunk=1_000)
    mirror = Mirror(session.chain, session.first_block, session.opened, trust, session.account)
    while True:
        try:
            came = mirror.step()
            if came is not None:
                _tell(session, signed, came)
                if publish and came.events:
                    session.chain.fund([session.account])
                    args = came.checkpoint.arguments()
                    function = entry("keep", args)
                    session.chain.send(session.account, "AuditCheckpoints", function, *args)
        except TonneError as error:
            if once:
                raise
            errors.print(f"tonne: {error}", markup=False, soft_wrap=True)
        if once:
            raise typer.Exit(int(came is not None and bool(came.faults)))
        time.sleep(every)


def _tell(session: Mirroring, signed: Path, came: Came) -> None:
    """Keeps and shows the results of a mirror."""
    with signed.open("a", encoding="utf-8") as file:
        file.write(came.checkpoint.line() + "\n")
    if session.as_json:
        print(came.checkpoint.line(), flush=True)
    else:
        told = f"Block {came.checkpoint.block:,}: state {came.checkpoint.state}"
        console.print(told, soft_wrap=True)
    for fault in came.faults:
        errors.print(f"ALARM {fault}", style="red", markup=False, soft_wrap=True)


@app.command("typed-data")
@command(needs=Session)
def typed_data(session: Session, signed: Signed, of: Wallet = None, out: To = None) -> None:
    """Show the checkpoint (EIP-712) that a wallet elsewhere has to sign: a browser's, a Safe's."""
    from tonne.audit import checkpoints

    waiting = [w for each in checkpoints.read_all(signed, session.chain) for w in each.awaited]
    show_messages(session, waiting, of, out, "mirror", signed)


@app.command("attach-signature")
@command(needs=Session)
def attach_signature(session: Session, signed: Signed, signature: Given) -> None:
    """Attach the signature of a wallet elsewhere; a wallet that is a contract is asked (ERC-1271)."""
    from tonne.audit import checkpoints

    each, left = checkpoints.attach(signed, session.chain, bytes_of(signature))
    attached(session, signed, each, left)


@app.command("publish")
@command(needs=Keeper)
def publish_(session: Keeper, signed: Signed) -> None:
    """Bring the last checkpoint of a file to the chain, which knows its last 256 blocks. Open to all."""
    from tonne.audit import checkpoints
    from tonne.evidence.submissions import entry

    found = list(checkpoints.read(signed, session.chain))
    if not found:
        raise refused("CHECKPOINT_NONE", signed=str(signed))
    args = found[-1].arguments()
    receipt = session.send("AuditCheckpoints", entry("keep", args), *args)
    data = {"block": found[-1].block, "signer": found[-1].signer, "transaction": receipt.hash}
    session.show(data, f"The checkpoint of block {found[-1].block:,} is kept.")


@app.command()
@command(needs=Nodes)
def check(
    session: Nodes,
    theirs: Annotated[
        Path | None,
        typer.Argument(help="File of signed checkpoints; default: those that the chain keeps."),
    ] = None,
    ours: Annotated[
        Path | None, typer.Option("--ours", help="Own signed checkpoints, to compare states too.")
    ] = None,
    tables: Annotated[
        Path | None,
        typer.Option(help="Folder of their `audit export`: the first block and log that differ."),
    ] = None,
) -> None:
    """Compare others' signed checkpoints with this store. Exit status 1: they disagree.

    An alarm says what differs, and from which block on at the earliest: the one after the signer's last
    checkpoint that agrees. With --tables the first block and log that differ are named.

    Signatures are checked. Block hashes and histories are compared at every block of the store, states
    at the blocks that both signed. What came after the last run of `tonne audit` or `tonne mirror run` is not
    in the store: neither blocks nor the checkpoints that the chain keeps.
    """
    from tonne.audit import checkpoints

    place = (session.chain.chain_id, session.chain["AuditCheckpoints"].address)
    own = {} if ours is None else {c.block: c.state for c in checkpoints.read(ours, session.chain)}
    read = (
        checkpoints.kept(session.opened, *place)
        if theirs is None
        else list(checkpoints.read(theirs, session.chain))
    )
    faults = checkpoints.disagreements(session.opened, read, own)
    first = None if tables is None else checkpoints.first_difference(session.opened, tables)
    cursor = session.opened.cursor()
    read_to = cursor.block if cursor else 0
    later = sum(c.block > read_to for c in read)
    states = sum(c.block in own for c in read)
    data = {
        "checkpoints": len(read),
        "statesCompared": states,
        "storeBlock": read_to,
        "notCompared": later,
        "disagreements": [str(fault) for fault in faults],
        **({"firstDifference": first} if tables else {}),
    }
    session.show(
        data,
        f"{len(read) - later} checkpoints up to block {read_to:,} compared, {states} of them by state,"
        f" {len(faults)} disagree",
        *([f"{later} of later blocks: `tonne audit` reads on, then check again"] if later else []),
    )
    if not session.as_json:
        for fault in faults:
            console.print(f"ALARM {fault}", style="red", markup=False, soft_wrap=True)
        for line in _told(session.opened, tables, first) if tables else ():
            console.print(line, markup=False, soft_wrap=True)
    raise typer.Exit(int(bool(faults or first)))


def _told(store: Store, folder: Path, found: dict[str, Any] | None) -> tuple[str, ...]:
    """The first difference of another auditor's tables in words."""
    from tonne.audit import checkpoints

    if found is None:
        return (f"no block up to {checkpoints.last_shared(store, folder):,} differs",)
    where = f"block {found['block']:,}" + (f", log {found['place']}" if found["place"] >= 0 else "")
    return (
        f"ALARM first difference: {where}",
        f"here: {found['ours']}",
        f"there: {found['theirs']}",
    )


@app.command()
@command(needs=Kept)
def compare(
    session: Kept,
    folder: Annotated[Path, typer.Argument(help="Folder of another auditor's `audit export`.")],
) -> None:
    """Find the first block and log in which another auditor's tables differ. Exit status 1: one does."""
    from tonne.audit import checkpoints

    store = session.opened
    found = checkpoints.first_difference(store, folder)
    last = {} if found else {"lastBlock": checkpoints.last_shared(store, folder)}
    data = {"differs": found is not None, **(found or last)}
    session.show(data, *_told(store, folder, found))
    raise typer.Exit(int(found is not None))
