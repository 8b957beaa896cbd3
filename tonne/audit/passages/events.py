"""Where on its own chain a lock or an end is recorded, and the contents of its proof."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from tonne.audit.passages.ending import series_slot
from tonne.audit.passages.lock import holding_slot
from tonne.chain.client import Chain
from tonne.errors import TonneError, refused
from tonne.units import passages
from tonne.units.foreign_serials import SerialBlock
from tonne.units.immobilisation_state import SerialBook


@dataclass(frozen=True, slots=True)
class ToProve:
    """A block, what of it is told, and which slots of which contract are proven beside."""

    block: int
    serials: Sequence[str]
    stored: tuple[str, Sequence[int]]


def find(
    chain: Chain, first_block: int, serials: Sequence[str], certificate: int | None
) -> ToProve:
    """The facts to be proven of serial numbers, or of the certificate of a retirement.

    PASSAGE_NOTHING, PASSAGE_NO_LOCK, PASSAGE_SEVERAL_BLOCKS.
    """
    if certificate is not None:
        return _retirement(chain, first_block, certificate)
    blocks = [passages.parsed(raw) for raw in serials]
    own = (chain.chain_id, passages.tag_of(chain["OffsetCredits"].address))
    if len(blocks) == 1 and passages.is_of(blocks[0], *own):
        return _lock(chain, blocks[0])
    wanted = {block.key for block in blocks}
    found = [
        (event.block, passages.uses(event.args)[0])
        for event in chain.logs("Immobilisation", "BlockUsedElsewhere", first_block)
        if _key(event["used"].serial) in wanted
    ]
    if not wanted or {block.key for _, block in found} != wanted:
        raise _nothing(", ".join(serials))
    if len({number for number, _ in found}) > 1:
        raise refused("PASSAGE_SEVERAL_BLOCKS", serials=", ".join(serials))
    return ToProve(found[0][0], [block.raw for _, block in found], ("Immobilisation", []))


def _lock(chain: Chain, block: SerialBlock) -> ToProve:
    lock = passages.own_lock(chain, block)
    slots = [holding_slot(lock.unit, lock.account)]
    return ToProve(passages.place_of(block)[0], [block.raw], ("OffsetCredits", slots))


def _retirement(chain: Chain, first_block: int, certificate: int) -> ToProve:
    """Tonnes of other deployments that a certificate names."""
    book = SerialBook.read(chain, first_block)
    number = passages.registry_of(book).number
    topic = ["0x" + certificate.to_bytes(32, "big").hex()]
    retired = chain.logs("RetirementRegistry", "UnitsRetired", first_block, topics=topic)
    runs = [run for event in retired for run in event["blocks"] if run.registry == number]
    if not runs:
        raise _nothing(f"certificate {certificate}")
    batch = book.batches[retired[0]["id"]]
    blocks = passages.serials_of(book, batch, runs)
    slots = sorted({series_slot(number, block.issuance) for block in blocks})
    return ToProve(retired[0].block, [block.raw for block in blocks], ("Immobilisation", slots))


def _key(serial: str) -> tuple[str, int, int, int] | None:
    """The block that a text names; None where it names none of another deployment."""
    try:
        return passages.parsed(serial).key
    except TonneError:
        return None


def _nothing(about: str) -> TonneError:
    return refused("PASSAGE_NOTHING", about=about)
