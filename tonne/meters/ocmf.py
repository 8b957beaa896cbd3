"""OCMF, the open charge metering format: `OCMF|{payload}|{signature}`.

The signature is over the raw bytes of the payload: written anew, even with the same meaning, it no
longer holds. Registers are the totals; what one transaction took does not tell where a register is.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import json
import re
from datetime import datetime
from decimal import ROUND_FLOOR, Decimal
from typing import Annotated, Any, Final, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from tonne.errors import TonneError, refused
from tonne.meters.readings import MAX_RECORD_BYTES, Carrier, Quality, Reading, Record
from tonne.meters.signatures import Curve, Signature

_HEAD: Final = b"OCMF|"

#: `SA` of the signature section.
ALGORITHMS: Final = {
    "ECDSA-secp256r1-SHA256": Curve.P256,
    "ECDSA-secp256k1-SHA256": Curve.SECP256K1,
    "ECDSA-brainpool256r1-SHA256": Curve.BRAINPOOL_P256,
}

#: [Wh] of one `RU`.
UNITS: Final = {"Wh": 1, "kWh": 1000}

#: First figure of an OBIS code: which medium is metered.
MEDIA: Final = {"1": Carrier.ELECTRICITY, "6": Carrier.HEAT, "7": Carrier.GAS}
_OBIS: Final = re.compile(r"(\d+)-[0-9a-zA-Z]+:([0-9A-F]+)\.8\.[0-9](?:\*\d+)?")
IMPORT_TOTALS: Final = {"1", "B0", "B1"}
EXPORT_TOTALS: Final = {"2", "C0", "C1"}
_TIME: Final = re.compile(r"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d),(\d{3})([+-]\d\d[0-5]\d) ([UISR])")

#: Fields of a reading that stay what they were until one says otherwise.
_KEPT: Final = ("TM", "TX", "RI", "RU", "RT", "EF", "ST")


class _Reading(BaseModel):
    model_config = ConfigDict(extra="allow", strict=True)

    TM: Annotated[str, Field(max_length=40)]
    RV: Decimal = Field(ge=0, lt=10**15, strict=False)
    RI: Annotated[str, Field(max_length=20)]
    RU: Annotated[str, Field(max_length=10)]
    EF: Annotated[str, Field(max_length=4)] = ""
    ST: Annotated[str, Field(max_length=2)]


class _Payload(BaseModel):
    model_config = ConfigDict(extra="allow", strict=True)

    FV: str = "1.0"
    PG: str = Field(pattern=r"^[TF][0-9]{1,12}$")
    RD: list[dict[str, Any]] = Field(min_length=1, max_length=1000)


class _SignatureData(BaseModel):
    model_config = ConfigDict(extra="allow", strict=True)

    SA: str = "ECDSA-secp256r1-SHA256"
    SE: Literal["hex", "base64"] = "hex"
    SM: Literal["application/x-der"] = "application/x-der"
    SD: Annotated[str, Field(max_length=1000)]


def is_ocmf(payload: bytes) -> bool:
    return payload.startswith(_HEAD)


def parse(raw: bytes, multiplier_milli: int = 1000) -> tuple[Record, Curve]:
    """A parsed record, and the curve it claims.

    `multiplier_milli` is the meter's transformer ratio in thousandths. Watt-hours are whole, rounded
    down at each reading, so that differences of readings lose nothing over time.
    """
    if len(raw) > MAX_RECORD_BYTES:
        raise too_large(len(raw))
    body, bar, signature = _sections(raw)
    if not is_ocmf(raw) or not bar:
        raise _malformed("it is not of the form OCMF|payload|signature")
    payload = _model(_Payload, body)
    signed = _model(_SignatureData, signature)
    curve = ALGORITHMS.get(signed.SA)
    if curve is None:
        raise refused(
            "METER_CURVE_UNSUPPORTED", ascii=ascii(signed.SA[:40]), algorithm=signed.SA[:40]
        )
    readings, carrier = _readings(payload.RD, multiplier_milli)
    digest = hashlib.sha256(body).digest()
    return (
        Record(payload.PG[0], int(payload.PG[1:]), readings, digest, _signature(signed), carrier),
        curve,
    )


def signed_bytes(raw: bytes) -> bytes:
    """The payload of a record that was judged before: what its signature is over."""
    return _sections(raw)[0]


def _sections(raw: bytes) -> tuple[bytes, bytes, bytes]:
    return raw.strip(b" \r\n").removeprefix(_HEAD).rpartition(b"|")


def too_large(size: int) -> TonneError:
    return TonneError(
        "METER_TOO_LARGE",
        f"A record of {size} bytes is refused unread.",
        field="payload",
        value=size,
        remedy=f"A record has at most {MAX_RECORD_BYTES} bytes; send one at a time.",
    )


def _signature(signed: _SignatureData) -> Signature:
    try:
        if signed.SE == "hex":
            der = bytes.fromhex(signed.SD)
        else:
            der = base64.b64decode(signed.SD, validate=True)
    except (ValueError, binascii.Error):
        raise _malformed(f"SD is not {signed.SE}") from None
    return Signature.of_der(der)


def _readings(
    given: list[dict[str, Any]], multiplier_milli: int
) -> tuple[tuple[Reading, ...], Carrier | None]:
    """Both totals at each moment; a register the record does not name stays where it was."""
    kept: dict[str, Any] = {}
    found: dict[int, Reading] = {}
    carrier = None
    import_wh = export_wh = 0
    for item in given:
        kept |= {name: item[name] for name in _KEPT if name in item}
        reading = _validated(_Reading, kept | item)
        obis = _OBIS.fullmatch(reading.RI)
        if obis is None or reading.RU not in UNITS:
            raise _malformed(f"{reading.RI} in {reading.RU} is no register of energy")
        carrier = MEDIA.get(obis[1], carrier)
        value = reading.RV * UNITS[reading.RU] * multiplier_milli / 1000
        if obis[2] in IMPORT_TOTALS:
            import_wh = int(value.to_integral_value(ROUND_FLOOR))
        elif obis[2] in EXPORT_TOTALS:
            export_wh = int(value.to_integral_value(ROUND_FLOOR))
        else:
            continue
        at, sync = _moment(reading.TM)
        quality = _quality(reading.ST, reading.EF, sync)
        if at in found:
            quality = max(quality, found[at].quality)
        found[at] = Reading(at, import_wh, export_wh, quality)
    if not found:
        raise _malformed("no reading names a total register")
    return tuple(found[at] for at in sorted(found)), carrier


def _moment(text: str) -> tuple[int, str]:
    """[s], a started second rounded down, and the letter that says how good the clock was."""
    match = _TIME.fullmatch(text)
    if match is None:
        raise _malformed(f"{text[:40]!r} is not a time with offset and state of the clock")
    try:
        moment = datetime.fromisoformat(match[1] + match[3])
    except ValueError:
        raise _malformed(f"{text[:40]!r} is no time") from None
    return int(moment.timestamp()), match[4]


def _quality(status: str, errors: str, sync: str) -> Quality:
    """Good settles; a clock that is not synchronised settles provisionally, one that never was holds,
    as does energy that may not be billed and every other state."""
    if status == "S":
        return Quality.SUBSTITUTED
    if status != "G" or "E" in errors or sync == "U":
        return Quality.HELD
    return Quality.PROVISIONAL if "t" in errors or sync in "IR" else Quality.SETTLED


def _model(kind: type[Any], raw: bytes) -> Any:
    try:
        data = json.loads(
            raw.decode("utf-8"), parse_float=Decimal, object_pairs_hook=_without_doubles
        )
    except (ValueError, ArithmeticError, RecursionError):
        raise _malformed("it is not JSON, or names a field twice") from None
    return _validated(kind, data)


def _validated(kind: type[Any], data: Any) -> Any:
    try:
        return kind.model_validate(data)
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"])
        raise _malformed(f"{where or 'it'}: {first['msg']}") from None


def _without_doubles(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a field stands twice")
    return found


def _malformed(why: str) -> TonneError:
    return refused("METER_JSON_FORM", why=why)
