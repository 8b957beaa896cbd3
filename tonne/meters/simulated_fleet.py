"""Meters that are simulated: a key for each, derived from one keystore, and records that any number of
the same fleet can be made again from."""

from __future__ import annotations

import hashlib
import hmac
import json
from array import array
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Annotated, Final

from coincurve import PrivateKey
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, utils
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from tonne.crypto.accounts import Account
from tonne.crypto.hashing import expand
from tonne.errors import refused
from tonne.meters.external_profiles import BUILT_IN, energy_of
from tonne.meters.profiles import NAMEPLATE_W, Kind
from tonne.meters.readings import Carrier, MeterRecord
from tonne.meters.signatures import ORDERS, Curve, PublicKey, Signature

#: Digits of a simulated register: it rolls over at a gigawatt-hour.
DIGITS: Final = 9

#: Of ten meters of a street.
STREET: Final = (
    *[Kind.HOUSEHOLD] * 5,
    Kind.PV,
    Kind.HEAT_PUMP,
    Kind.PV,
    Kind.HOUSEHOLD,
    Kind.BATTERY,
)

# The same bytes each time a record is made again (RFC 6979).
_ECDSA: Final = ec.ECDSA(utils.Prehashed(hashes.SHA256()), deterministic_signing=True)


class SigningKey:
    """A meter's key. It is never printed or written; the fleet's keystore holds what it is made of."""

    __slots__ = ("_private", "_secret", "public")

    def __init__(self, curve: Curve, secret: int) -> None:
        self._secret = secret.to_bytes(32, "big")
        if curve is Curve.SECP256K1:
            self._private: PrivateKey | ec.EllipticCurvePrivateKey = PrivateKey.from_int(secret)
            x, y = self._private.public_key.point()
        else:
            assert curve is Curve.P256
            self._private = ec.derive_private_key(secret, ec.SECP256R1())
            point = self._private.public_key().public_numbers()
            x, y = point.x, point.y
        self.public = PublicKey(curve, x, y)

    def sign(self, digest: bytes) -> Signature:
        if isinstance(self._private, PrivateKey):
            return Signature.of_der(self._private.sign(digest, hasher=None))
        return Signature.of_der(self._private.sign(digest, _ECDSA))

    def register_salt(self, meter: int, at: int) -> bytes:
        """What hides the registers of a moment; the same each time they are read then."""
        return expand(self._secret, f"registers/{meter}/{at}".encode())[:16]

    def __repr__(self) -> str:
        return f"SigningKey({self.public})"


class _Data(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)

    node: Annotated[int, Field(gt=0, lt=2**24)]
    first: Annotated[int, Field(gt=0, lt=2**32)]
    count: Annotated[int, Field(gt=0, le=1_000_000)]
    seed: int
    since: Annotated[int, Field(ge=0, lt=2**40)]
    interval_s: Annotated[int, Field(gt=0, lt=2**16)]
    carrier: str
    profiles: str = BUILT_IN


@dataclass(frozen=True)
class MeterFleet:
    """Meters `first` to `first + count - 1` of one node, half of them on each curve."""

    node: int
    first: int
    count: int
    seed: int
    since: int  #      [s] when all registers begin to run
    interval_s: int
    carrier: Carrier = Carrier.ELECTRICITY
    profiles: str = BUILT_IN

    @classmethod
    def read(cls, path: Path) -> MeterFleet:
        try:
            data = _Data.model_validate(json.loads(path.read_text("utf-8")))
            carrier = Carrier[data.carrier.upper()]
        except (ValueError, KeyError, ValidationError) as error:
            raise refused(
                "METER_FLEET_FORM", path=str(path), error=str(error).splitlines()[0]
            ) from None
        return cls(**data.model_dump(exclude={"carrier"}), carrier=carrier)

    def write(self, path: Path) -> None:
        body = {
            "node": self.node,
            "first": self.first,
            "count": self.count,
            "seed": self.seed,
            "since": self.since,
            "interval_s": self.interval_s,
            "carrier": self.carrier.name.lower(),
            "profiles": self.profiles,
        }
        path.write_text(json.dumps(body, indent=2) + "\n", encoding="utf-8")

    def kind(self, place: int) -> Kind:
        return STREET[place % len(STREET)]

    def nameplate_w(self, place: int) -> int:
        return NAMEPLATE_W[self.kind(place)]

    def curve(self, place: int) -> Curve:
        return Curve.P256 if place % 2 else Curve.SECP256K1

    def key(self, owner: Account, place: int) -> SigningKey:
        """The key of one meter; the holder of the fleet's keystore can derive it again."""
        return derived_key(owner.key, self.seed, place, self.curve(place))


@lru_cache(maxsize=200_000)
def derived_key(secret: bytes, seed: int, place: int, curve: Curve) -> SigningKey:
    words = f"tonne meter/{seed}/{place}/{curve}".encode()
    number = int.from_bytes(hmac.digest(secret, words, hashlib.sha512), "big")
    return SigningKey(curve, number % (ORDERS[curve] - 1) + 1)


@dataclass
class SigningMeter:
    """A meter that is simulated: registers over time, and a record of them that it signs.

    Record n is read at the end of interval n; number 0 when its registers begin to run.
    """

    number: int
    carrier: Carrier
    since: int  #      [s] when its registers begin to run
    interval_s: int
    key: SigningKey
    _registers: array[int] = field(default_factory=lambda: array("q", (0, 0)), init=False)

    def record(self, index: int) -> bytes:
        """Record number `index + 1` as it travels: index 0 is read when the registers begin."""
        import_wh, export_wh = self.registers(index)
        made = MeterRecord(
            self.number,
            self.since + index * self.interval_s,
            import_wh % 10**DIGITS,
            export_wh % 10**DIGITS,
            index + 1,
            0,
            self.key.register_salt(self.number, self.since + index * self.interval_s),
        )
        return made.with_signature(self.key.sign(made.digest()))

    def registers(self, index: int) -> tuple[int, int]:
        """Energy [Wh] since the registers began, without rolling over."""
        return self._registers[2 * index], self._registers[2 * index + 1]

    def run(self, import_wh: int, export_wh: int) -> None:
        """One more interval has passed."""
        drawn, given = self._registers[-2:]
        self._registers.extend((drawn + import_wh, given + export_wh))

    @property
    def known(self) -> int:
        """Moments whose registers are known."""
        return len(self._registers) // 2


class SimulatedMeter(SigningMeter):
    """One of a fleet: what flows through it follows from the fleet's seed."""

    def __init__(self, fleet: MeterFleet, place: int, key: SigningKey) -> None:
        super().__init__(fleet.first + place, fleet.carrier, fleet.since, fleet.interval_s, key)
        self.fleet, self.place = fleet, place
        self.energy = energy_of(fleet.profiles)

    def registers(self, index: int) -> tuple[int, int]:
        fleet = self.fleet
        while self.known <= index:
            start = fleet.since + (self.known - 1) * fleet.interval_s
            self.run(
                *self.energy(
                    fleet.kind(self.place), fleet.seed, self.number, start, fleet.interval_s
                )
            )
        return super().registers(index)


def meters(fleet: MeterFleet, owner: Account) -> Iterator[SimulatedMeter]:
    for place in range(fleet.count):
        yield SimulatedMeter(fleet, place, fleet.key(owner, place))
