"""A gateway: signs registers of P1 telegrams for meters that cannot sign, and publishes them as meters do.

The gateway vouches for its port, no meter does: its records say so in their status, and so do the
leaves that come of them. Each record is in the gateway's book, a file, before it is sent, so that the numbers
go on after a kill, and records that the oracle misses are sent again.
"""

from __future__ import annotations

import secrets
import sqlite3
import threading
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any, Final

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec

from tonne import files
from tonne.constants import DAY_S
from tonne.errors import TonneError, why
from tonne.meters.feed import LeftOut
from tonne.meters.mqtt import BrokerSettings
from tonne.meters.p1 import MAX_TELEGRAM_BYTES, Telegram
from tonne.meters.readings import GATEWAY_STATUS, Carrier, MeterRecord, Quality, Reading
from tonne.meters.record_publisher import RecordPublisher
from tonne.meters.signatures import Curve
from tonne.meters.simulated_fleet import SigningKey

#: [s] How long signed records are kept, to be sent again.
KEPT_S: Final = 62 * DAY_S

#: Telegrams are provisional: they have no signature of their own.
STATUS: Final = GATEWAY_STATUS + Quality.PROVISIONAL

_SCHEMA: Final = """
CREATE TABLE IF NOT EXISTS signed (
    meter INTEGER NOT NULL, sequence INTEGER NOT NULL, at INTEGER NOT NULL, raw BLOB NOT NULL,
    PRIMARY KEY (meter, sequence)
) WITHOUT ROWID
"""


@dataclass(frozen=True, slots=True)
class GatewayMeter:
    """A meter behind the port: its number in the market, and which device of the telegram it is."""

    number: int
    carrier: Carrier = Carrier.ELECTRICITY
    device: str | None = None  #           on the bus; None: the only one of its carrier
    wh_per_m3: Decimal | None = None  #    of gas that is told by volume

    def reading(self, telegram: Telegram) -> Reading:
        """Its registers in a telegram; TonneError where there are none."""
        if self.carrier is Carrier.ELECTRICITY:
            return telegram.electricity()
        return telegram.bus_reading(telegram.bus(self.carrier, self.device), self.wh_per_m3)


def lines_of(port: Any) -> Iterator[bytes]:
    """Lines of a port or file; a line without an end, as of a wrong baud rate, comes in pieces."""
    return iter(lambda: port.readline(MAX_TELEGRAM_BYTES), b"")


# Keys


def make_key(path: Path) -> bytes:
    """Writes a new private key on P-256, for its owner alone; returns the public one in DER form."""
    made = ec.generate_private_key(ec.SECP256R1())
    form, none = serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    try:
        files.create(path, made.private_bytes(serialization.Encoding.PEM, form, none))
    except FileExistsError:
        raise _bad_key(path, "there is a file of this name", "Name a new file.") from None
    info = serialization.PublicFormat.SubjectPublicKeyInfo
    return made.public_key().public_bytes(serialization.Encoding.DER, info)


def read_key(path: Path) -> SigningKey:
    """The key of a PEM file."""
    try:
        found = serialization.load_pem_private_key(path.read_bytes(), None)
    except (OSError, ValueError, TypeError) as error:
        raise _bad_key(path, why(error)) from None
    curve = found.curve.name if isinstance(found, ec.EllipticCurvePrivateKey) else ""
    if not isinstance(found, ec.EllipticCurvePrivateKey) or curve not in _CURVES:
        raise _bad_key(path, "it lies neither on P-256 nor on secp256k1")
    return SigningKey(_CURVES[curve], found.private_numbers().private_value)


_CURVES: Final = {"secp256r1": Curve.P256, "secp256k1": Curve.SECP256K1}


def _bad_key(
    path: Path, reason: str, remedy: str = "Make one: tonne meters gateway-key gateway.pem"
) -> TonneError:
    return TonneError(
        "METER_GATEWAY_KEY",
        f"{path} cannot be the gateway's key: {reason}.",
        field="key",
        value=str(path),
        remedy=remedy,
    )


# Signing


class GatewayBook:
    """Every record that was signed, by meter and number."""

    def __init__(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        # The client's thread reads records that are asked for; only the one that reads the port writes.
        self._db = sqlite3.connect(path, check_same_thread=False, isolation_level=None)
        self._lock = threading.Lock()
        path.chmod(0o600)
        self._db.execute("PRAGMA synchronous = FULL")
        self._db.execute(_SCHEMA)

    def last(self, meter: int) -> tuple[int, int]:
        """(number, moment [s]) of the last record of a meter; zeros of none."""
        asked = "SELECT sequence, at FROM signed WHERE meter = ? ORDER BY sequence DESC LIMIT 1"
        with self._lock:
            found: tuple[int, int] | None = self._db.execute(asked, (meter,)).fetchone()
        return found or (0, 0)

    def add(self, meter: int, sequence: int, at: int, raw: bytes) -> None:
        """Keeps a record durably; those that are too old to be asked for go."""
        with self._lock:
            self._db.execute("INSERT INTO signed VALUES (?,?,?,?)", (meter, sequence, at, raw))
            old = "DELETE FROM signed WHERE meter = ? AND at < ?"
            self._db.execute(old, (meter, at - KEPT_S))

    def between(self, meter: int, first: int, last: int) -> list[bytes]:
        """Records `first` to `last` that are still kept."""
        asked = (
            "SELECT raw FROM signed WHERE meter = ? AND sequence BETWEEN ? AND ? ORDER BY sequence"
        )
        with self._lock:
            return [raw for (raw,) in self._db.execute(asked, (meter, first, last))]

    def close(self) -> None:
        """Lets go of the file."""
        self._db.close()


class Gateway:
    """Signs the first telegram of each stretch of `every_s` for each of its meters."""

    def __init__(
        self, key: SigningKey, meters: Sequence[GatewayMeter], book: GatewayBook, every_s: int
    ) -> None:
        self._key, self.meters, self._book, self._every_s = key, meters, book, every_s

    def sign(self, telegram: Telegram, left_out: LeftOut) -> list[tuple[GatewayMeter, bytes]]:
        """Records that a telegram makes due, each kept; meters that it lacks are named in `left_out`."""
        found = []
        for meter in self.meters:
            try:
                reading = meter.reading(telegram)
            except TonneError as error:
                left_out.add(telegram.number, error)
                continue
            sequence, at = self._book.last(meter.number)
            if reading.at // self._every_s > at // self._every_s:
                raw = self._record(meter.number, sequence + 1, reading)
                self._book.add(meter.number, sequence + 1, reading.at, raw)
                found.append((meter, raw))
        return found

    def _record(self, meter: int, sequence: int, reading: Reading) -> bytes:
        made = MeterRecord(
            meter,
            reading.at,
            reading.import_wh,
            reading.export_wh,
            sequence,
            STATUS,
            self._key.register_salt(meter, reading.at),
        )
        return made.with_signature(self._key.sign(made.digest()))


# Sending


class GatewaySender(RecordPublisher[GatewayMeter]):
    """Publishes the records of the gateway's book. `told` hears why the broker is not reached, in the
    client's thread: each reason once, and again after a connection."""

    def __init__(
        self,
        meters: Sequence[GatewayMeter],
        book: GatewayBook,
        settings: BrokerSettings,
        told: Callable[[str], None] = lambda _: None,
    ) -> None:
        self._book = book
        self._told = told
        super().__init__(meters, settings)

    def _connected(self) -> None:
        # By the last record the oracle finds gaps that a kill or a broker without memory left, and asks.
        for meter in self._meters.values():
            number, _ = self._book.last(meter.number)
            for raw in self._book.between(meter.number, number, number):
                self.send(meter, raw)

    def _failed(self, reason: str) -> None:
        if reason != self.reason:
            self._told(reason)
        super()._failed(reason)

    def _kept(self, meter: GatewayMeter, first: int, last: int) -> list[bytes]:
        return self._book.between(meter.number, first, last)


def client_name() -> str:
    """A name for the broker that no other gateway has."""
    return f"tonne-gateway-{secrets.token_hex(6)}"
