"""Where a serial number is: in a batch, gone with a certificate, or gone another way.

A block here is as the chain counts: registry and issuance series by their numbers, 1 being this
registry. `tonne.units.foreign_serials` reads what other registries write; the chain knows those by name.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Final, NamedTuple

from tonne.chain.client import Chain
from tonne.constants import EPOCH
from tonne.errors import TonneError
from tonne.units import foreign_serials, registry_descriptors
from tonne.units.immobilisation_state import STRETCHES, SerialBook, Use

THIS_REGISTRY: Final = 1
RETIRED, SET_APART = 2, 10
#: `Exit` of IUnit1155.
EXITS: Final = (
    "-",
    "surrendered",
    "retired",
    "cancelled",
    "clawed back",
    "expired",
    "banked",
    "invalidated",
    "reversed",
    "released",
    "set apart",
)
#: Ours, or another registry's by its numbers: `17`, `17-20`, `1-0-17`, `1-0-17-20`.
OWN: Final = re.compile(r"(?:(\d+)-(\d+)-)?(\d+)(?:-(\d+))?")


class Block(NamedTuple):
    """A run of serial numbers, both ends included."""

    registry: int
    series: int
    first: int
    last: int

    @property
    def size(self) -> int:
        return self.last - self.first + 1

    def __str__(self) -> str:
        return f"{self.registry}-{self.series}-{self.first}-{self.last}"


class Left(NamedTuple):
    """A block that left its batch, and how."""

    block: Block
    unit: int
    kind: int
    ref: bytes
    tx_hash: str

    @property
    def certificate(self) -> int:
        """Number of the certificate; 0 when it left another way."""
        return int.from_bytes(self.ref, "big") if self.kind == RETIRED else 0

    @property
    def how(self) -> str:
        return f"certificate {self.certificate}" if self.certificate else EXITS[self.kind]


@dataclass(frozen=True, slots=True)
class Found:
    """A part of what was looked for: `left` is None while it is still in its batch."""

    block: Block
    unit: int
    left: Left | None


def overlap(a: Block, b: Block) -> Block | None:
    """What two blocks have in common."""
    if (a.registry, a.series) != (b.registry, b.series):
        return None
    first, last = max(a.first, b.first), min(a.last, b.last)
    return Block(a.registry, a.series, first, last) if first <= last else None


def left_units(chain: Chain, first_block: int) -> list[Left]:
    """Every block that ever left, from the events of the credits' contract."""
    return [
        Left(Block(*block), event["id"], event["kind"], event["ref"], event.tx_hash)
        for event in chain.logs("OffsetCredits", "SerialsAttached", first_block)
        for block in event["blocks"]
    ]


def issued(chain: Chain, first_block: int) -> Iterator[tuple[Block, int]]:
    """Every block that was ever issued, and its batch."""
    for event in chain.logs("OffsetCredits", None, first_block):
        if event.name == "BatchIssued":
            own = Block(THIS_REGISTRY, 0, event["firstSerial"], event["lastSerial"])
            yield own, event["id"]
        elif event.name == "BlockIssued":
            yield Block(*event["block_"]), event["id"]


def find(chain: Chain, wanted: Block, first_block: int) -> list[Found]:
    """Where each part of a block is, in order; empty when nothing of it was ever here."""
    found = []
    left = left_units(chain, first_block)
    for block, unit in issued(chain, first_block):
        here = overlap(block, wanted)
        if here is None:
            continue
        gone = [(overlap(one.block, here), one) for one in left if one.unit == unit]
        parts = sorted((part, one) for part, one in gone if part is not None)
        start = here.first
        for part, one in parts:
            if part.first > start:
                found.append(Found(here._replace(first=start, last=part.first - 1), unit, None))
            # What was set apart is found in its own batch.
            if one.kind != SET_APART:
                found.append(Found(part, unit, one))
            start = part.last + 1
        if start <= here.last:
            found.append(Found(here._replace(first=start), unit, None))
    return sorted(found, key=lambda one: one.block)


def used_elsewhere(chain: Chain, wanted: Block, first_block: int) -> list[Use]:
    """Uses of a block in its own registry that are on record here."""
    if "Immobilisation" not in chain.contracts or wanted.registry == THIS_REGISTRY:
        return []
    place = (wanted.registry, wanted.series)
    return SerialBook.read(chain, first_block).uses_of(place, wanted.first, wanted.last)


def told(use: Use) -> str:
    """A use elsewhere in words."""
    day = f" on {EPOCH + timedelta(use.day)}" if use.day else ""
    whose = f" for {use.beneficiary}" if use.beneficiary else ""
    return f"{STRETCHES[use.kind]} in its own registry{day}{whose}"


def parse(chain: Chain, text: str) -> Block:
    """A serial number or block as people write it: ours by its numbers, others' as their registry does
    (`VERRA:` before it says which; without that every known form is tried)."""
    own = OWN.fullmatch(text.strip())
    if own:
        registry, series, first, last = own.groups()
        block = Block(
            int(registry or THIS_REGISTRY), int(series or 0), int(first), int(last or first)
        )
        if block.last < block.first:
            raise TonneError("SERIAL_FORM", "The block ends before it begins.", "serial", text)
        return block
    name, colon, rest = text.partition(":")
    known = registry_descriptors.known()
    named = name.strip().upper() in known
    names = [name.strip().upper()] if colon and named else list(known)
    readings = [_read(n, rest if colon and named else text, single=len(names) == 1) for n in names]
    blocks = [block for block in readings if block is not None]
    if len(blocks) != 1:
        raise TonneError(
            "SERIAL_FORM",
            "This is no serial number of any registry known here.",
            field="serial",
            value=text,
            remedy="Write ours as 17 or 1-0-17; another's whole, as VERRA:13488-….",
        )
    return _numbered(chain, blocks[0])


def _read(registry: str, raw: str, single: bool) -> foreign_serials.SerialBlock | None:
    try:
        return foreign_serials.parse(registry, raw)
    except TonneError:
        if single:
            raise
        return None


def _numbered(chain: Chain, block: foreign_serials.SerialBlock) -> Block:
    """The registry and series by the numbers the chain gave them."""
    contract = "Immobilisation"
    count = chain.call(contract, "registryCount") if contract in chain.contracts else 0
    numbers = range(THIS_REGISTRY + 1, THIS_REGISTRY + 1 + count)
    known = chain.call_many((contract, "registryOf", (n,)) for n in numbers) if count else []
    for number, registry in zip(numbers, known, strict=True):
        if registry.name != block.registry:
            continue
        series = chain.call(contract, "seriesOf", number, block.issuance) if block.issuance else 0
        if series or not block.issuance:
            return Block(number, series, block.first, block.last)
    raise TonneError(
        "SERIAL_NOT_HERE",
        f"No block of this issuance of {block.registry} was ever brought here or recorded as used.",
        field="serial",
        value=block.raw,
        remedy="It can only be looked up in its own registry.",
    )
