"""`tonne passage`: credits to another deployment of tonne and back by proof; never alive in both."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from tonne.cli.core.command import command
from tonne.cli.core.output import Printer, console
from tonne.cli.core.session import Session, Signer
from tonne.cli.core.unit_names import credit_id
from tonne.errors import TonneError, refused
from tonne.types.unit_id import unit_name

if TYPE_CHECKING:
    from tonne.units.immobilisation_state import SerialBook

app = typer.Typer(
    help="Credits to another deployment of tonne and back, by proof: never alive in both.",
    no_args_is_help=True,
    rich_markup_mode="markdown",
)

Unit = Annotated[
    str, typer.Argument(help="Batch: 2020#1 of scheme 1, or its unit id from `tonne status`.")
]
ProofFile = Annotated[Path, typer.Argument(help="Proof, from `tonne passage prove` there.")]
Other = Annotated[
    Path,
    typer.Argument(
        help="Description of the other deployment, from `tonne passage describe` there."
    ),
]


@app.command()
@command(needs=Session)
def describe(
    session: Session,
    file: Annotated[Path, typer.Argument(help="File to write.")],
    auditor: Annotated[
        list[str], typer.Option("--auditor", help="Address that signs checkpoints; once for each.")
    ],
    quorum: Annotated[
        int, typer.Option(help="Auditors who have to sign a checkpoint that counts.", min=1)
    ] = 1,
) -> None:
    """Describe this deployment for another one: its contracts, and auditors whose checkpoints prove it.

    The other authority decides whom it believes: it takes auditors out of the file or adds its own.
    """
    from tonne.cli.core.session import address_of
    from tonne.units import passages

    book = _book(session)
    addresses = [address_of(who, "auditor") for who in auditor]
    registry = passages.registry_of(book).number
    found = passages.Counterpart.of(session.chain, registry, addresses, quorum)
    found.save(file)
    session.show(
        {"file": file, "chain": found.chain, "auditors": found.auditors, "quorum": quorum},
        f"{file} describes the deployment on chain {found.chain}: {quorum} of {len(found.auditors)}"
        " auditors sign.",
    )


@app.command()
@command(needs=Signer)
def lock(
    session: Signer,
    unit: Unit,
    tonnes: Annotated[int, typer.Argument(help="Credits to lock [t].", min=1)],
    other: Other,
    account: Annotated[str, typer.Option(help="Passage account of this chain: its address.")],
    receiver: Annotated[str, typer.Option(help="Your wallet on the other chain: its address.")],
) -> None:
    """Lock credits for another deployment: transfer them into a passage account, whose holding is frozen.

    Only the receiver gets them there, only on that deployment. They come back when it has given them up.
    """
    from tonne.cli.core.session import address_of
    from tonne.units import passages

    batch = credit_id(unit)
    passages.check_unit(batch)
    place, to = address_of(account, "account"), address_of(receiver, "receiver")
    target = passages.Counterpart.load(other)
    chain = session.chain
    if chain.call("OffsetCredits", "getFrozenTokens", place, batch) != passages.HELD:
        raise TonneError(
            "PASSAGE_NOT_HELD",
            f"{place} is no passage account of {unit_name(batch)}: what comes in is not frozen.",
            field="account",
            value=place,
            remedy=f"An officer makes it one: `tonne passage hold {unit} {place}`.",
        )
    if chain.code(session.account.address) not in ("0x", ""):
        raise refused("PASSAGE_BY_CONTRACT", account_address=session.account.address)
    data = passages.lock_data(target.chain, target.immobilisation, to)
    args = (session.account, place, batch, tonnes, data)
    receipt = session.send("OffsetCredits", "safeTransferFrom", *args)
    moved = session.sent_event(receipt, "TransferSingle")
    tag = passages.tag_of(moved.address)
    at = passages.LockPlace(chain.chain_id, tag, batch, moved.block, moved.log_index)
    serial = at.serial(1, tonnes)
    terms = passages.account_text(chain.chain_id, moved.address, batch, place)
    session.show(
        {"serial": serial, "account": terms, "receiver": to, "block": moved.block},
        f"{tonnes:,} t of {unit_name(batch)} are locked for chain {target.chain}, as {serial}.",
        f"There the account of their batch is {terms}.",
        f"Once auditors signed block {moved.block:,} or a later one: `tonne passage prove FILE {serial}"
        " --checkpoints SIGNED`.",
    )


@app.command()
@command(needs=Session)
def prove(
    session: Session,
    file: Annotated[Path, typer.Argument(help="File to write.")],
    serials: Annotated[
        list[str] | None,
        typer.Argument(help="Lock of this chain, or tonnes of another's that ended here."),
    ] = None,
    checkpoints_: Annotated[
        Path, typer.Option("--checkpoints", help="Signed checkpoints, from `tonne mirror run`.")
    ] = Path("checkpoints.jsonl"),
    certificate: Annotated[
        int | None,
        typer.Option(help="Certificate of a retirement here, instead of serial numbers.", min=1),
    ] = None,
) -> None:
    """Write the proof of a lock of this chain, or that tonnes locked on another chain ended here.

    The file has the block with all receipts and transactions, the headers up to the first checkpoint behind
    it, and words of storage. It is checked without a node of this chain.
    """
    from tonne.audit import checkpoints
    from tonne.audit.passages import events, proof_file

    about = events.find(session.chain, session.first_block, serials or [], certificate)
    signed = list(checkpoints.read(checkpoints_, session.chain))
    end = proof_file.write(file, session.chain, about.block, signed, about.serials, about.stored)
    data = {"file": file, "serials": about.serials, "block": about.block, "checkpoint": end}
    told = ", ".join(about.serials)
    session.show(data, f"{file} proves {told} by the checkpoint of block {end:,}.")


@app.command()
@command(needs=Printer)
def compare(
    session: Printer,
    stores: Annotated[
        list[Path],
        typer.Argument(help="Auditors' stores, one of each deployment, from `tonne audit run`."),
    ],
) -> None:
    """Compare the stores of several deployments: is a tonne alive in two? Exit status 1: a finding.

    A store is compared as far as it was read: read all of them up first.
    """
    from tonne.audit.passages import comparison
    from tonne.audit.passages.history import History
    from tonne.audit.store.database import Store

    histories = []
    for path in stores:
        store = Store(path, read_only=True)
        try:
            histories.append(History.read(store))
        finally:
            store.close()
    found = comparison.findings(histories)
    left = comparison.unread(histories)
    data: dict[str, Any] = {
        "deployments": [{"chain": h.chain, "block": h.block, "store": h.name} for h in histories],
        "findings": [{"code": f.code, "message": f.message, "block": f.block} for f in found],
        "notCompared": [{"chain": chain, "credits": credits_} for chain, credits_ in left],
    }
    lines = [
        f"chain {chain} ({credits_}) has no store here: units of it are not compared"
        for chain, credits_ in left
    ]
    said = f"{len(found)} findings" if found else "no tonne is alive in two"
    session.show(data, f"{len(histories)} deployments compared: {said}", *lines)
    if not session.as_json:
        for each in found:
            console.print(str(each), style="red", markup=False, soft_wrap=True)
    raise typer.Exit(int(bool(found)))


def book_of(session: Session) -> SerialBook:
    """Other registries as this chain's events tell them."""
    return _book(session)


def _book(session: Session) -> SerialBook:
    from tonne.units.immobilisation_state import SerialBook

    return SerialBook.read(session.chain, session.first_block)
