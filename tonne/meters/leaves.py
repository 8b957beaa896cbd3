"""Leaves of one node in one interval, their tree, and the file in which they are kept.

Whose a leaf is, is hidden by a salt that is another one each interval, and leaves stand in the order
of what hides them: neither id nor place says anything from one interval to the next.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from struct import Struct
from typing import Final, NamedTuple

from tonne import files
from tonne.crypto.hashing import keccak
from tonne.crypto.merkle_sum import Sums, Tree, leaf_hash, leaf_sums, tree
from tonne.errors import TonneError
from tonne.meters.readings import Quality
from tonne.meters.series import Flow, IntervalReading
from tonne.types.ids import MeterId, NodeId
from tonne.types.packing import Layout

_PLACE: Final = Struct(">IQI")
_METER: Final = Struct(">I")
_READING: Final = Layout(
    quality=8,
    sequence=40,
    export_wh=40,
    import_wh=40,
    export_register_wh=64,
    import_register_wh=64,
)
_LEAF_PLACE: Final = Layout(key_index=8, meter=32, count=32, index=32, start=40, node=24)

#: A leaf in the file: salt, meter, reading, digest of the record.
ROW_BYTES: Final = 100


class LeafPlace(NamedTuple):
    """`LeafPlace`: where a leaf is and which key of its meter signed."""

    key_index: int
    meter: MeterId
    leaves: int  # of the interval
    place: int
    start: int  # [s]
    node: NodeId

    @classmethod
    def unpack(cls, word: int) -> LeafPlace:
        return cls._make(_LEAF_PLACE.unpack(word).values())


class Leaf(NamedTuple):
    """One meter's leaf with what opens it."""

    salted: bytes
    reading: int  # ReadingWord
    digest: bytes
    salt: bytes
    meter: int

    @property
    def meter_leaf(self) -> tuple[bytes, int, bytes]:
        """`MeterLeaf` of IMeterOracle."""
        return self.salted, self.reading, self.digest

    @property
    def interval(self) -> IntervalReading:
        return unpack(self.reading, self.digest)


def pack(reading: IntervalReading) -> int:
    """The `ReadingWord` of an interval's reading."""
    if max(reading.import_wh, reading.export_wh) > _READING.largest("import_wh"):
        raise TonneError(
            "METER_ENERGY_RANGE",
            f"{max(reading.import_wh, reading.export_wh)} Wh in one interval fit no leaf.",
            field="importWh",
            remedy="Check the meter's nameplate: it bounds what can flow.",
        )
    return _READING.pack(
        quality=reading.quality,
        sequence=reading.sequence % 2**40,
        export_wh=reading.export_wh,
        import_wh=reading.import_wh,
        export_register_wh=reading.registers.export_wh,
        import_register_wh=reading.registers.import_wh,
    )


def unpack(word: int, digest: bytes) -> IntervalReading:
    """An unpacked `ReadingWord`."""
    quality, sequence, exported, imported, *registers = _READING.unpack(word).values()
    export_register, import_register = registers
    return IntervalReading(
        imported,
        exported,
        Flow(import_register, export_register),
        Quality(quality),
        sequence,
        digest,
    )


def salt(secret: bytes, node: int, start: int, meter: int) -> bytes:
    """What hides a meter in one interval; the same each time the interval is computed."""
    place = _PLACE.pack(node, start, meter)
    return hashlib.blake2b(place, digest_size=32, key=secret).digest()


def salted(salt_: bytes, meter: int) -> bytes:
    """keccak256(abi.encode(salt, meter))."""
    return keccak(salt_ + bytes(28) + _METER.pack(meter))


@dataclass(frozen=True)
class IntervalLeaves:
    """All leaves of a node in one interval, in the order of their salted ids."""

    leaves: tuple[Leaf, ...]

    @classmethod
    def of(
        cls, secret: bytes, node: int, start: int, readings: Iterable[tuple[int, IntervalReading]]
    ) -> IntervalLeaves:
        made = []
        for meter, reading in readings:
            salt_ = salt(secret, node, start, meter)
            made.append(Leaf(salted(salt_, meter), pack(reading), reading.digest, salt_, meter))
        return cls(tuple(sorted(made)))

    @cached_property
    def tree(self) -> Tree:
        return tree([(_hash(leaf), _sums(leaf.reading)) for leaf in self.leaves])

    @property
    def root(self) -> bytes:
        return self.tree.root

    @property
    def sums(self) -> Sums:
        return Sums.of(self.tree.sums)

    @cached_property
    def commitment(self) -> int:
        """The chain's commitment to root and sums."""
        return int.from_bytes(keccak(self.root + self.tree.sums.to_bytes(32, "big"))[:22], "big")

    def index_of(self, meter: int) -> int:
        return next(i for i, leaf in enumerate(self.leaves) if leaf.meter == meter)

    def proof(self, index: int) -> tuple[tuple[bytes, int, bytes], int, int, bytes]:
        """`LeafProof` of IMeterOracle."""
        return self.leaves[index].meter_leaf, index, len(self.leaves), self.tree.proof(index)

    @cached_property
    def data(self) -> bytes:
        """Hash of the public part of the leaves: salted ids, readings, digests."""
        shown = (
            leaf.salted + leaf.reading.to_bytes(32, "big") + leaf.digest for leaf in self.leaves
        )
        return keccak(b"".join(shown))

    # The file: readable by its owner only, since it says whose each leaf is

    def write(self, path: Path) -> None:
        rows = (
            leaf.salt + _METER.pack(leaf.meter) + leaf.reading.to_bytes(32, "big") + leaf.digest
            for leaf in self.leaves
        )
        files.write(path, b"".join(rows), files.PRIVATE)

    @classmethod
    def read(cls, path: Path) -> IntervalLeaves:
        content = path.read_bytes()
        if not content or len(content) % ROW_BYTES:
            raise TonneError(
                "METER_LEAVES_FORM",
                "This is no file of leaves.",
                field="file",
                value=str(path),
                remedy="Let the oracle write it again.",
            )
        return cls(tuple(_rows(content)))


def path_of(folder: Path, node: int, start: int, run: int) -> Path:
    """Where a run's leaves are kept."""
    return folder / str(node) / f"{start}-{run}.leaves"


def _rows(content: bytes) -> Iterable[Leaf]:
    for at in range(0, len(content), ROW_BYTES):
        row = content[at : at + ROW_BYTES]
        (meter,) = _METER.unpack_from(row, 32)
        word = int.from_bytes(row[36:68], "big")
        yield Leaf(salted(row[:32], meter), word, row[68:], row[:32], meter)


def _hash(leaf: Leaf) -> bytes:
    return leaf_hash(leaf.salted, leaf.reading.to_bytes(32, "big"), leaf.digest)


def _sums(word: int) -> int:
    return leaf_sums(
        _READING.get(word, "import_wh"),
        _READING.get(word, "export_wh"),
        _READING.get(word, "quality"),
    )


def total(leaves: Sequence[Leaf]) -> Flow:
    """Energy that counts, for comparison with the root's sums."""
    counted = [leaf.interval.counted for leaf in leaves]
    return Flow(sum(flow.import_wh for flow in counted), sum(flow.export_wh for flow in counted))
