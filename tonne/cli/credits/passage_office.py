"""`tonne passage hold`, `admit`, `close`, `refuse`, `settle`: what officers do about passages."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from tonne.cli.core.command import command
from tonne.cli.core.officer_act import Effect, OfficerAct, OfficerCall
from tonne.cli.core.session import address_of, file_hash, text_hash
from tonne.cli.core.unit_names import credit_id
from tonne.cli.credits.passage import Other, ProofFile, Unit, book_of
from tonne.constants import DAY_S
from tonne.errors import TonneError, refused
from tonne.types.unit_id import unit_name

if TYPE_CHECKING:
    from tonne.audit.passages.ending import Ended
    from tonne.audit.passages.lock import Lock
    from tonne.units.foreign_serials import SerialBlock
    from tonne.units.immobilisation_state import Batch, Run, SerialBook

CREDITS, BLOCKS = "OffsetCredits", "Immobilisation"


@command(needs=OfficerAct)
def hold(
    act: OfficerAct,
    unit: Unit,
    account: Annotated[
        str, typer.Argument(help="Wallet of a participant that keeps nothing else.")
    ],
) -> None:
    """Make a wallet a passage account of a batch, as an officer: all that it has and will get is frozen."""
    batch, place = credit_id(unit), address_of(account, "account")
    before = act.chain.call(CREDITS, "getFrozenTokens", place, batch)
    change = Effect(f"{unit_name(batch)} at {place}", f"{before:,} t frozen", "all frozen")
    data = {"unit": hex(batch), "account": place}
    act.do(f"Hold {unit_name(batch)} at {place}", [_held(batch, place, change)], data)


@command(needs=OfficerAct)
def admit(
    act: OfficerAct,
    file: ProofFile,
    other: Other,
    batch: Annotated[int, typer.Option(help="Batch number, from `tonne offsets list`.", min=1)],
) -> None:
    """Admit credits locked on another deployment, as an officer: the proof is checked, then units are issued.

    The batch is open for their passage account: `tonne offsets open TONNE --account` and what `lock` printed.
    """
    from tonne.units import immobilisation, passages

    lock = _lock(act, file, other)
    passages.check_unit(lock.unit)
    book = book_of(act)
    target = _batch(book, batch, lock)
    _new(book, lock)
    immobilisation.check_terms(book, target, lock.block)
    place = book.place_of(lock.block)
    hint = book.sets[place].before(lock.block.first) if place else 0
    lodged = immobilisation.lodging(target.id, lock.block, file_hash(file))
    change = Effect(
        lock.block.raw, f"locked by {lock.holder}", f"{lock.amount:,} t of batch {batch}"
    )
    call = OfficerCall(BLOCKS, "immobilise", (lodged, lock.receiver, hint), [change])
    data = {
        "serial": lock.block.raw,
        "receiver": lock.receiver,
        "tonnes": lock.amount,
        "batch": batch,
    }
    act.do(f"Admit {lock.amount:,} t to {lock.receiver}", [call], data)


@command(needs=OfficerAct)
def refuse(act: OfficerAct, file: ProofFile, other: Other) -> None:
    """Refuse credits locked for this deployment, as an officer: they never come here, and may go back."""
    from tonne.units.immobilisation_state import CANCELLED

    lock = _lock(act, file, other)
    book = book_of(act)
    _new(book, lock)
    record = _recorded(act, book, [(lock.block, CANCELLED, lock.holder)], file_hash(file))
    data = {"serial": lock.block.raw, "receiver": lock.holder, "tonnes": lock.amount}
    line = f"Prove it to the other chain: `tonne passage prove FILE {lock.block.raw} --checkpoints SIGNED`."
    act.do(f"Refuse {lock.amount:,} t, to go back to {lock.holder}", [record], data, [line])


@command(needs=OfficerAct)
def close(
    act: OfficerAct,
    number: Annotated[
        int, typer.Argument(help="Request to release, from `tonne offsets list`.", min=1)
    ],
) -> None:
    """Release credits to the deployment they came from, as an officer: they end here, and never come again.

    They end first; the other chain gives them back by the proof of it, to the wallet of the same address. An
    act that came to a stop between its two calls is finished by the same command.
    """
    from tonne.units import immobilisation, passages
    from tonne.units.immobilisation_state import CANCELLED, RELEASE

    book = book_of(act)
    calls: list[OfficerCall] = []
    asked = book.requests.get(number)
    if asked is not None and asked.kind == RELEASE:
        runs = immobilisation.leaving(act.chain, asked.batch, asked.amount)
        batch, wallet = asked.batch, asked.wallet
        args = (number, book.places(runs), text_hash(f"passage {number}"))
        change = Effect(f"request {number}", "waits", f"{asked.amount:,} t released")
        calls.append(OfficerCall(BLOCKS, "finaliseRelease", args, [change]))
        freed = runs
    else:
        batch, wallet, runs = _released(act, book, number)
        freed = []
    _of_tonne(book, batch)
    blocks = passages.serials_of(book, batch, runs)
    if not freed:
        passages.check_unended(book, blocks)
    ended = [(block, CANCELLED, wallet) for block in blocks]
    calls.append(_recorded(act, book, ended, text_hash(f"passage {number}"), freed))
    serials = [block.raw for block in blocks]
    tonnes = sum(block.quantity for block in blocks)
    data = {"request": number, "serials": serials, "receiver": wallet, "tonnes": tonnes}
    told = " ".join(serials)
    line = f"Prove it to the other chain: `tonne passage prove FILE {told} --checkpoints SIGNED`."
    act.do(f"Close the passage of {tonnes:,} t", calls, data, [line], first_only=True)


@command(needs=OfficerAct)
def settle(act: OfficerAct, file: ProofFile, other: Other) -> None:
    """Settle what ended on another deployment, as an officer: retired units stay, others go back.

    Each tonne is recorded as ended once, for good; then units that came back leave the passage account,
    which is frozen anew.
    """
    from tonne.audit.passages import ending, proof_file
    from tonne.units import passages

    origin = passages.Counterpart.load(other)
    ended = ending.read(proof_file.read(file, origin), origin, act.chain)
    book = book_of(act)
    passages.check_unended(book, [each.block for each in ended])
    calls = [_recorded(act, book, [(e.block, e.use, e.told) for e in ended], file_hash(file))]
    for each in ended:
        calls += _given_back(act, each, (origin.chain, origin.immobilisation))
    back = sum(each.block.quantity for each in ended if _comes_back(each))
    retired = sum(each.block.quantity for each in ended) - back
    data = {"serials": [each.block.raw for each in ended], "givenBack": back, "retired": retired}
    act.do(f"Settle {back:,} t that came back and {retired:,} t retired there", calls, data)


# Inside


def _held(batch: int, place: str, change: Effect | None = None) -> OfficerCall:
    from tonne.units import passages

    args = (place, batch, passages.HELD, text_hash("passage account"))
    return OfficerCall(CREDITS, "freezeByOrder", args, [change] if change else [])


def _lock(act: OfficerAct, file: Any, other: Any) -> Lock:
    """The lock that a file proves to be for this deployment."""
    from tonne.audit.passages import lock, proof_file
    from tonne.units import passages

    origin = passages.Counterpart.load(other)
    here = (act.chain.chain_id, act.chain[BLOCKS].address)
    return lock.read(proof_file.read(file, origin), origin, here, act.chain[CREDITS])


def _new(book: SerialBook, found: Lock) -> None:
    from tonne.audit.passages import lock

    lock.check_new(book, found)


def _batch(book: SerialBook, number: int, lock: Lock) -> Batch:
    """The batch, if it is open for the lock's passage account."""
    found = next((b for b in book.batches.values() if b.number == number), None)
    if found is None or found.terms["account"] != lock.account:
        raise refused("PASSAGE_OTHER_BATCH", batch=number, account=lock.account)
    _of_tonne(book, found)
    return found


def _of_tonne(book: SerialBook, batch: Batch) -> None:
    from tonne.units import passages

    if batch.terms["registry"] != passages.registry_of(book).number:
        raise refused("PASSAGE_OTHER_REGISTRY", batch_number=batch.number)


def _released(act: OfficerAct, book: SerialBook, number: int) -> tuple[Batch, str, list[Run]]:
    """Batch, wallet and runs of a request that was released already."""
    from tonne.units.immobilisation_state import Run

    for event in act.chain.logs(BLOCKS, "UnitsReleased", act.first_block):
        if event["request"] == number:
            runs = [Run(b.registry, b.series, b.first, b.last) for b in event["blocks"]]
            return book.batches[event["id"]], event["wallet"], runs
    raise TonneError(
        "OFFSET_NO_REQUEST",
        "No request to release waits under this number.",
        field="request",
        value=number,
        remedy="See `tonne offsets list`: it was answered, or never made.",
    )


def _recorded(
    act: OfficerAct,
    book: SerialBook,
    ended: list[tuple[SerialBlock, int, str]],
    evidence: bytes,
    freed: list[Run] | None = None,
) -> OfficerCall:
    """The call that records tonnes as ended, once and for good."""
    from tonne.units import passages
    from tonne.units.immobilisation_state import STRETCHES

    registry = passages.registry_of(book)
    day = act.chain.now() // DAY_S
    items = passages.used_blocks(book, ended, day, freed or ())
    changes = [
        Effect(b.raw, "not ended here", f"{STRETCHES[use]}: {told}") for b, use, told in ended
    ]
    return OfficerCall(
        BLOCKS, "recordUsed", (registry.keeper, registry.number, items, evidence), changes
    )


def _check_held(act: OfficerAct, unit: int, account: str) -> None:
    """Only a passage account gives back: no officer settles with units of others."""
    chain = act.chain
    balance = chain.call(CREDITS, "balanceOf", account, unit)
    frozen = chain.call(CREDITS, "getFrozenTokens", account, unit)
    if frozen < balance or not balance:
        raise TonneError(
            "PASSAGE_NOT_HELD",
            f"The account {account} has {balance:,} t, {frozen:,} of them frozen: it is no passage account.",
            field="account",
            value=account,
            remedy="Find out what left it: `tonne passage compare STORE STORE`.",
        )


def _comes_back(ended: Ended) -> bool:
    from tonne.units.immobilisation_state import CANCELLED

    return ended.use == CANCELLED


def _given_back(act: OfficerAct, ended: Ended, where: tuple[int, str]) -> list[OfficerCall]:
    """Calls that move units out of the passage account, and freeze it anew; none for retired ones."""
    from tonne.units import passages

    lock = passages.own_lock(act.chain, ended.block)
    if (lock.chain, lock.immobilisation) != where:
        raise TonneError(
            "PASSAGE_OTHER_LOCK",
            f"These tonnes were locked for {lock.immobilisation} on chain {lock.chain}: only its"
            " word ends them.",
            field="serial",
            value=ended.block.raw,
            remedy="Ask that deployment's officers; tell the auditors that another one has recorded them.",
        )
    if not _comes_back(ended):
        return []
    _check_held(act, lock.unit, lock.account)
    amount, to = ended.block.quantity, ended.receiver
    change = Effect(f"{amount:,} t of {unit_name(lock.unit)}", "locked", f"with {to}")
    args = (lock.account, to, lock.unit, amount, text_hash(ended.block.raw))
    paid = OfficerCall(CREDITS, "forcedTransferByOrder", args, [change])
    return [paid, _held(lock.unit, lock.account)]
