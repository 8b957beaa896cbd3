"""What one record of a meter says, whatever its form, and the market's own form of it."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from enum import IntEnum
from struct import Struct
from typing import Final

from tonne.errors import TonneError
from tonne.meters.signatures import Signature

#: Of one record on its way; the longest real ones have some 500 bytes.
MAX_RECORD_BYTES: Final = 64 * 1024


class Quality(IntEnum):
    """Quality of a reading; the numbers of `Quality` of IMeterOracle."""

    SETTLED = 0
    PROVISIONAL = 1
    SUBSTITUTED = 2
    HELD = 3


class Carrier(IntEnum):
    """Numbers of `Carrier` of IMeters."""

    ELECTRICITY = 1
    HEAT = 2
    GAS = 3
    HYDROGEN = 4


@dataclass(frozen=True, slots=True)
class Reading:
    """Both registers [Wh] at one moment [s]."""

    at: int
    import_wh: int
    export_wh: int
    quality: Quality


@dataclass(frozen=True, slots=True)
class Record:
    """One signed record. `counter` names which of the meter's counters `sequence` belongs to."""

    counter: str
    sequence: int
    readings: tuple[Reading, ...]
    digest: bytes  #      SHA-256 of the signed bytes
    signature: Signature
    carrier: Carrier | None  # where the record says so
    by_gateway: bool = False  # signed for a meter that cannot

    @property
    def leaf_sequence(self) -> int:
        """Its number as leaves have it, see `GATEWAY_SEQUENCE`."""
        number = self.sequence % GATEWAY_SEQUENCE
        return number + GATEWAY_SEQUENCE if self.by_gateway else number


#: Of the market's own form, beside the name that stands before it; behind it, what opens the commitment.
_FIELDS: Final = Struct(">I5s16s5sB")
_OPENING: Final = Struct(">16sQQ")
_NAME: Final = b"tonne meter 2"
_SIGNED: Final = len(_NAME) + _FIELDS.size
_SIGNATURE: Final = 64
RECORD_BYTES: Final = _SIGNED + _SIGNATURE + _OPENING.size

#: Status of the own form; a maker's further values are held.
STATUS: Final = {0: Quality.SETTLED, 1: Quality.PROVISIONAL, 2: Quality.SUBSTITUTED}


#: Bit of the status by which a gateway says that it signs for a meter that cannot; the rest is the quality.
GATEWAY_STATUS: Final = 0x80

#: Of the 40 bits that a leaf has for a record's number, the highest says that a gateway signed the record.
GATEWAY_SEQUENCE: Final = 2**39


def said_of(leaf_sequence: int) -> tuple[int, bool]:
    """(record's number, whether a gateway signed it) of a leaf."""
    return leaf_sequence % GATEWAY_SEQUENCE, leaf_sequence >= GATEWAY_SEQUENCE


def commit(salt: bytes, import_wh: int, export_wh: int) -> bytes:
    """The commitment that is signed and shown in place of both registers."""
    return hashlib.sha256(_OPENING.pack(salt, import_wh, export_wh)).digest()[:16]


@dataclass(frozen=True, slots=True)
class MeterRecord:
    """A meter's record in the market's own form, with what opens it: the salt of its registers."""

    meter: int
    readAt: int
    importWh: int
    exportWh: int
    sequence: int
    status: int
    salt: bytes

    @property
    def on_chain(self) -> tuple[int, int, bytes, int, int]:
        """`MeterRecord` of IMeterOracle."""
        registers = commit(self.salt, self.importWh, self.exportWh)
        return self.meter, self.readAt, registers, self.sequence, self.status

    def signed_bytes(self) -> bytes:
        """Bytes to be hashed and signed."""
        meter, at, registers, sequence, status = self.on_chain
        return _NAME + _FIELDS.pack(
            meter, at.to_bytes(5, "big"), registers, sequence.to_bytes(5, "big"), status
        )

    def digest(self) -> bytes:
        return hashlib.sha256(self.signed_bytes()).digest()

    def with_signature(self, signature: Signature) -> bytes:
        """The record on the wire: signed bytes, r and s of 32 bytes each, salt and registers."""
        return b"".join(
            (
                self.signed_bytes(),
                signature.r.to_bytes(32, "big"),
                signature.s.to_bytes(32, "big"),
                _OPENING.pack(self.salt, self.importWh, self.exportWh),
            )
        )


def is_own_form(payload: bytes) -> bool:
    return payload.startswith(_NAME)


def signed_bytes(payload: bytes) -> bytes:
    """Of a record in the own form that was judged before: what its signature is over."""
    return payload[:_SIGNED]


def opening_of(payload: bytes) -> tuple[bytes, int, int]:
    """(salt, import, export register [Wh]) of a record in the own form that was judged before."""
    salt, import_wh, export_wh = _OPENING.unpack_from(payload, _SIGNED + _SIGNATURE)
    return salt, import_wh, export_wh


def parse_own(payload: bytes) -> tuple[MeterRecord, Record]:
    """A record in the market's own form, with what it says."""
    if len(payload) != RECORD_BYTES or not is_own_form(payload):
        raise TonneError(
            "METER_RECORD_FORM",
            f"A record has {RECORD_BYTES} bytes; this has {len(payload)}.",
            field="payload",
            value=len(payload),
            remedy="Send the signed bytes, the signature, salt and registers, nothing else.",
        )
    meter, at, registers, sequence, status = _FIELDS.unpack_from(payload, len(_NAME))
    number = int.from_bytes(sequence, "big")
    if number >= GATEWAY_SEQUENCE:
        raise TonneError(
            "METER_RECORD_FORM",
            f"Record {number} has a number that no leaf has room for.",
            field="sequence",
            value=number,
            remedy=f"Number records upwards from 1, to {GATEWAY_SEQUENCE - 1}.",
        )
    salt, import_wh, export_wh = _OPENING.unpack_from(payload, _SIGNED + _SIGNATURE)
    if commit(salt, import_wh, export_wh) != registers:
        raise TonneError(
            "METER_RECORD_FORM",
            "The registers are not those that the record commits to.",
            field="registers",
            remedy="Send the registers and the salt that the meter signed a commitment to.",
        )
    record = MeterRecord(
        meter,
        int.from_bytes(at, "big"),
        import_wh,
        export_wh,
        number,
        status,
        salt,
    )
    by_gateway = status >= GATEWAY_STATUS
    quality = STATUS.get(status % GATEWAY_STATUS, Quality.HELD)
    reading = Reading(record.readAt, import_wh, export_wh, quality)
    signature = Signature(
        int.from_bytes(payload[_SIGNED : _SIGNED + 32], "big"),
        int.from_bytes(payload[_SIGNED + 32 : _SIGNED + _SIGNATURE], "big"),
    )
    digest = hashlib.sha256(payload[:_SIGNED]).digest()
    return record, Record("T", record.sequence, (reading,), digest, signature, None, by_gateway)
