"""What people do with credits of other registries: sends it, with hints from the chain's own record."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace
from itertools import groupby
from typing import Any, Final

from eth_abi.abi import encode

from tonne.chain.client import Call, Chain
from tonne.crypto.accounts import Account
from tonne.errors import TonneError, refused
from tonne.types import unit_id
from tonne.units import foreign_serials, passages, registry_descriptors, registry_extracts
from tonne.units.foreign_serials import SerialBlock
from tonne.units.immobilisation_state import (
    IMMOBILISE,
    ISSUANCE_TERMS,
    Batch,
    Request,
    Run,
    SerialBook,
)
from tonne.units.registry_descriptors import Descriptor

#: Uses recorded in one transaction: well below the gas of a dependent one.
USES_AT_ONCE: Final = 20

#: `BatchStatus` of IOffsetCredits in which blocks may join a batch.
ACTIVE: Final = 1


def closed(chain: Chain, book: SerialBook) -> list[int]:
    """Ids of batches that take no blocks now: locked, invalid, or bound to be retired."""
    held = [batch.id for batch in book.batches.values() if batch.blocks]
    found = chain.call_many(("OffsetCredits", "batch", (id_,)) for id_ in held)
    return [id_ for id_, b in zip(held, found) if b.status != ACTIVE or b.retireOnly]


def steps(plan: registry_extracts.Plan) -> int:
    """Transactions a plan takes."""
    uses = sum(1 for _ in _groups(plan.uses))
    return len(plan.registries) + len(plan.batches) + uses + len(plan.blocks)


def carry_out(
    chain: Chain,
    plan: registry_extracts.Plan,
    book: SerialBook,
    officer: Account,
    to: str,
    evidence: bytes,
    on_progress: Callable[[int], None],
) -> None:
    """Carries out a plan. A row that the chain refuses is refused with its reason."""
    numbers = {registry.name: registry.number for registry in book.registries.values()}
    for name in plan.registries:
        numbers[name], _ = open_registry(chain, book, officer, plan.scheme, name)
        on_progress(1)
    _open_batches(chain, plan, numbers, officer, on_progress)

    calls: list[Call] = []
    answered: list[list[registry_extracts.Verdict]] = []
    for name, group in _groups(plan.uses):
        used = (plan.scheme, numbers[name], [_used(v) for v in group], evidence)
        calls.append(Call(officer, chain["Immobilisation"], "recordUsed", used))
        answered.append(group)
    for part in plan.blocks:
        row = part.verdict
        assert row.terms is not None and row.block is not None  # of every row that joins a batch
        id_ = registry_extracts.batch_id(row.terms, part.batch)
        block = replace(row.block, first=part.first, last=part.last)
        args = (lodging(id_, block, evidence), to, part.hint)
        calls.append(Call(officer, chain["Immobilisation"], "immobilise", args))
        answered.append([row])
    receipts = chain.send_many(calls, check=False, on_progress=on_progress)
    for receipt, verdicts in zip(receipts, answered, strict=True):
        for verdict in verdicts:
            if receipt.error is not None:
                verdict.refuse(receipt.error)


def open_registry(
    chain: Chain, book: SerialBook, officer: Account, scheme: int, name: str
) -> tuple[int, bool]:
    """The registry's number, and whether it was opened now."""
    return add_registry(chain, book, officer, scheme, registry_descriptors.named(name))


def add_registry(
    chain: Chain, book: SerialBook, officer: Account, scheme: int, descriptor: Descriptor
) -> tuple[int, bool]:
    """The same by a descriptor."""
    standing = book.named(descriptor.name)
    if standing is not None:
        registry_extracts.check_descriptor(book, descriptor.name, scheme)
        return standing.number, False
    chain.fund([officer])
    about = (descriptor.counts_through, descriptor.largest_block, descriptor.digest)
    args = (scheme, descriptor.name, *about)
    receipt = chain.send(officer, "Immobilisation", "addRegistry", *args)
    added = next(e for e in chain.events(receipt) if e.name == "RegistryAdded")
    return added["registry"], True


def open_batch(
    chain: Chain,
    book: SerialBook,
    officer: Account,
    terms: registry_extracts.ExtractTerms,
    registry: int,
) -> tuple[int, bool]:
    """The number of a batch of these terms that takes blocks, and whether it was opened now."""
    standing = registry_extracts.standing(book, terms, closed(chain, book))
    if standing is not None:
        return standing, False
    chain.fund([officer])
    args = registry_extracts.terms_args(terms, registry)
    receipt = chain.send(officer, "Immobilisation", "openBatch", args)
    opened = next(e for e in chain.events(receipt) if e.name == "BatchOpened")
    return unit_id.batch_of(opened["id"]) - unit_id.IMMOBILISED, True


def waiting(book: SerialBook, number: int) -> Request:
    """The request that waits under a number."""
    found = book.requests.get(number)
    if found is None:
        raise TonneError(
            "OFFSET_NO_REQUEST",
            "No request waits under this number.",
            field="request",
            value=number,
            remedy="See `tonne offsets list`: it was answered, or never made.",
        )
    return found


def check_terms(book: SerialBook, batch: Batch, block: SerialBlock) -> None:
    """A block joins a batch of what its serial number says, by the descriptor on record; and of what earlier
    blocks of its issuance are."""
    terms = batch.terms
    registry_extracts.check_descriptor(book, block.registry, terms["scheme"])
    about = (terms["hostCountry"], terms["vintage"], terms["project"])
    for error in foreign_serials.contradictions(block, *about):
        raise error
    place = book.place_of(block)
    for other in book.batches_of(place) if place else ():
        for name in ISSUANCE_TERMS:
            if other.terms[name] != terms[name]:
                raise refused(
                    "OFFSET_ISSUANCE",
                    batch_number=batch.number,
                    other_number=other.number,
                    term=name,
                    other_terms=other.terms[name],
                    own_terms=terms[name],
                )


def request(
    chain: Chain,
    book: SerialBook,
    holder: Account,
    batch: Batch,
    block: SerialBlock,
    evidence: bytes,
) -> int:
    """Asks to bring a block into a batch; the number of the request. Its bond is approved here."""
    passages.check_by_hand(block.registry)
    check_terms(book, batch, block)
    place = book.place_of(block)
    hint = book.sets[place].before(block.first) if place else 0
    chain.fund([holder])
    lodged = lodging(batch.id, block, evidence)
    bond = chain.call("Immobilisation", "BOND")
    if bond:
        chain.send(holder, "SettlementCurrency", "approve", chain["Immobilisation"], bond)
    receipt = chain.send(holder, "Immobilisation", "request", lodged, hint)
    asked = next(e for e in chain.events(receipt) if e.name == "ImmobilisationRequested")
    found: int = asked["request"]
    return found


def finalise(
    chain: Chain, book: SerialBook, officer: Account, asked: Request, evidence: bytes
) -> list[tuple[int, int]]:
    """Makes a request final; the blocks that came or went, (first, last)."""
    chain.fund([officer])
    if asked.kind == IMMOBILISE:
        name = book.registries[asked.batch.terms["registry"]].name
        passages.check_by_hand(name)
        check_terms(book, asked.batch, foreign_serials.parse(name, asked.serial))
        args = (asked.number, evidence)
        chain.send(officer, "Immobilisation", "finaliseImmobilisation", *args)
        return [(asked.first, asked.last)]
    places = book.places(leaving(chain, asked.batch, asked.amount))
    receipt = chain.send(
        officer, "Immobilisation", "finaliseRelease", asked.number, places, evidence
    )
    released = next(e for e in chain.events(receipt) if e.name == "UnitsReleased")
    return [(block.first, block.last) for block in released["blocks"]]


def revert(chain: Chain, book: SerialBook, account: Account, asked: Request, reason: bytes) -> None:
    """Ends a request, as who made it or as an officer."""
    chain.fund([account])
    if asked.kind == IMMOBILISE:
        stretches = book.sets[asked.batch.terms["registry"], asked.series]
        hint = stretches.before(asked.first)
        chain.send(account, "Immobilisation", "revertImmobilisation", asked.number, hint, reason)
    else:
        chain.send(account, "Immobilisation", "revertRelease", asked.number, reason)


def release_data(batch: Batch) -> bytes:
    """Data of a transfer to the Immobilisation: the account units came from."""
    return encode(["string"], [batch.terms["account"]])


def leaving(chain: Chain, batch: Batch, amount: int) -> list[Run]:
    """The next serial numbers of a batch that make up `amount`, first in first out."""
    state = chain.call("OffsetCredits", "batch", batch.id)
    found = []
    for place, (series, first, last) in enumerate(batch.blocks[state.inUse :]):
        first = state.next if place == 0 else first
        taken = min(amount, last - first + 1)
        if taken > 0:
            found.append(Run(batch.terms["registry"], series, first, first + taken - 1))
            amount -= taken
    return found


# Inside


def _used(row: registry_extracts.Verdict) -> tuple[Any, ...]:
    """The row as an item of `recordUsed`."""
    block = row.block
    assert block is not None  # of every row that records a use
    about = (row.use, row.day, block.raw, row.beneficiary)
    return block.issuance, block.first, block.last, row.hint, *about


def _open_batches(
    chain: Chain,
    plan: registry_extracts.Plan,
    numbers: dict[str, int],
    officer: Account,
    on_progress: Callable[[int], None],
) -> None:
    calls = [
        Call(
            officer,
            chain["Immobilisation"],
            "openBatch",
            (registry_extracts.terms_args(terms, numbers[terms.registry]),),
        )
        for _, terms in plan.batches
    ]
    receipts = chain.send_many(calls, on_progress=on_progress)
    for (number, terms), receipt in zip(plan.batches, receipts, strict=True):
        opened = next(e for e in chain.events(receipt) if e.name == "BatchOpened")
        if opened["id"] != registry_extracts.batch_id(terms, number):
            raise refused("OFFSET_BATCHES_MOVED", batch=number)


def _groups(
    uses: Iterable[registry_extracts.Verdict],
) -> Iterable[tuple[str, list[registry_extracts.Verdict]]]:
    """Uses of one registry that fit one transaction, in order."""
    for name, group in groupby(uses, lambda v: v.registry):
        members = list(group)
        for start in range(0, len(members), USES_AT_ONCE):
            yield name, members[start : start + USES_AT_ONCE]


def lodging(id_: int, block: SerialBlock, evidence: bytes) -> tuple[Any, ...]:
    """`Lodging` of IImmobilisation."""
    return id_, block.issuance, block.first, block.last, block.raw, evidence
