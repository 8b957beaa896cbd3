"""P1 telegrams of DSMR and ESMR meters (Netherlands, Belgium, Luxembourg): OBIS codes, closed by a CRC-16.

    /XMX5LGBBFG1009412345
    <blank>
    0-0:1.0.0(260601001500S)           of Central Europe: S in summer (UTC+2), W in winter (UTC+1)
    1-0:1.8.1(001234.567*kWh)          import register of tariff 1; 1.8.2 of tariff 2
    1-0:2.8.1(000012.345*kWh)          export
    0-1:24.2.1(260601000000S)(345.678*m3)   another meter on the bus, with its own time
    !F5D9                              CRC-16 (polynomial 0xA001) from the slash to the mark

A file holds one telegram or many, as a port is listened to: what was cut off at either end, or came damaged,
is left out and named. Telegrams are not signed. Those without a checksum (before DSMR 4) tell no time either.
"""

from __future__ import annotations

import hashlib
import io
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from decimal import Decimal
from fractions import Fraction
from typing import Final

from tonne.errors import TonneError
from tonne.files import MAX_FILE_BYTES
from tonne.meters.feed import (
    MOST_ROWS,
    WH_OF,
    Feed,
    LeftOut,
    RegisterRow,
    agreed,
    refuse_nothing,
    too_many_rows,
    whole_wh,
)
from tonne.meters.field_map import TelegramChoice
from tonne.meters.readings import Carrier, Quality, Reading

#: Of one telegram; those with all fields and a message have some 3,000.
MAX_TELEGRAM_BYTES: Final = 8 * 1024

#: [s] A meter tells each second or so: the first reading of each span is taken.
THINNED_S: Final = 60

#: Device types of the bus by what they measure.
DEVICES: Final = {"003": Carrier.GAS, "004": Carrier.HEAT, "012": Carrier.HEAT}

_LINE: Final = re.compile(r"(\d-\d{1,3}:\d{1,3}\.\d{1,3}\.\d{1,3})((?:\([^()]*\))+)", re.ASCII)
_GROUP: Final = re.compile(r"\(([^()]*)\)")
_VALUE: Final = re.compile(r"(\d{1,12}(?:\.\d{1,6})?)\*([A-Za-z0-9]{1,4})", re.ASCII)
_TIME: Final = re.compile(r"(\d{12})([SW])", re.ASCII)
_CHECK: Final = re.compile(rb"!([0-9A-Fa-f]{4})\s*")

_CLOCKS: Final = {"S": timezone(timedelta(hours=2)), "W": timezone(timedelta(hours=1))}

TIME: Final = "0-0:1.0.0"
DEVICE: Final = "0-0:96.1.1"


@dataclass(frozen=True, slots=True)
class Telegram:
    """One telegram whose checksum is right: the groups in brackets by their OBIS code."""

    number: int  # in the file, from 1
    codes: dict[str, tuple[str, ...]]
    digest: bytes

    def registers_wh(self, direction: int) -> int:
        """[Wh] All tariffs of import (1) or export (2); 0 of one that the meter does not count."""
        tariffs = [f"1-0:{direction}.8.{tariff}" for tariff in range(1, 5)]
        told = [code for code in tariffs if code in self.codes] or [f"1-0:{direction}.8.0"]
        return sum(self._wh(code, None) for code in told if code in self.codes)

    def electricity(self) -> Reading:
        """Both registers of the meter that sends it."""
        if not any(code.startswith(("1-0:1.8.", "1-0:2.8.")) for code in self.codes):
            raise _form("1-0:1.8.1", "", "no register of electricity is told")
        at = _moment(TIME, self.text(TIME))
        return Reading(at, self.registers_wh(1), self.registers_wh(2), Quality.PROVISIONAL)

    def bus(self, carrier: Carrier, device: str | None) -> int:
        """The channel of another meter on the bus, by what it measures and its name."""
        found = [
            channel
            for channel in range(1, 5)
            if DEVICES.get(self.text(f"0-{channel}:24.1.0")) is carrier
            and (device is None or _same_device(device, self.bus_device(channel)))
        ]
        if len(found) != 1:
            raise _bad(
                "METER_OTHER_DEVICE",
                f"{len(found)} meters on the bus may be the one of {carrier.name.lower()}",
                "0-n:24.1.0",
                device or "",
                'Name it in the meter\'s field map: [p1] device = "4730…", as 0-1:96.1.0 has it.',
            )
        return found[0]

    def bus_reading(self, channel: int, wh_per_m3: Decimal | None) -> Reading:
        code = next(
            (c for c in (f"0-{channel}:24.2.1", f"0-{channel}:24.2.3") if c in self.codes), None
        )
        if code is None or len(self.codes[code]) != 2:
            raise _form(f"0-{channel}:24.2.1", "", "its register is missing")
        return Reading(
            _moment(code, self.codes[code][0]),
            self._wh(code, wh_per_m3),
            0,
            Quality.PROVISIONAL,
        )

    def bus_device(self, channel: int) -> str:
        """The name of the meter on a channel of the bus; empty where it says none."""
        return self.text(f"0-{channel}:96.1.0") or self.text(f"0-{channel}:96.1.1")

    def text(self, code: str) -> str:
        return self.codes.get(code, ("",))[0]

    def _wh(self, code: str, wh_per_m3: Decimal | None) -> int:
        text = self.codes[code][-1]
        match = _VALUE.fullmatch(text)
        if match is None:
            raise _form(code, text, f"{text[:40]!r} is no value with a unit")
        unit = WH_OF.get(match[2])
        if match[2] == "m3" and wh_per_m3 is not None:
            unit = Fraction(wh_per_m3)
        if unit is None:
            raise TonneError(
                "METER_UNIT_UNSUPPORTED",
                f"{code} counts in {match[2]}, which is no energy.",
                field=code,
                value=match[2],
                remedy="Of gas in m3, write its calorific value in the field map: "
                '[p1] wh_per_m3 = "9769".',
            )
        return whole_wh(Fraction(Decimal(match[1])) * unit, code)


def parse(content: bytes, carrier: Carrier, choice: TelegramChoice) -> Feed:
    """Registers of the meter of one carrier, of each minute the first; telegrams left out are named."""
    if len(content) > MAX_FILE_BYTES:
        raise TonneError(
            "METER_TOO_LARGE",
            f"A file of {len(content)} bytes or more is refused unread.",
            field="file",
            value=len(content),
            remedy=f"Cut it into files of at most {MAX_FILE_BYTES} bytes.",
        )
    left_out, device = LeftOut(), choice.device
    rows: list[RegisterRow] = []
    for telegram in telegrams(io.BytesIO(content), left_out, MOST_ROWS):
        try:
            if carrier is Carrier.ELECTRICITY:
                device = _checked_device(telegram, device)
                reading, said = telegram.electricity(), telegram.text(DEVICE)
            else:
                channel = telegram.bus(carrier, device)
                reading = telegram.bus_reading(channel, choice.wh_per_m3)
                said = telegram.bus_device(channel)
        except TonneError as error:
            left_out.add(telegram.number, error)
            continue
        rows.append(RegisterRow(telegram.number, reading, telegram.digest, said.upper()))
    kept: dict[int, RegisterRow] = {}
    sure = agreed([(row.reading.at, row) for row in rows], left_out)
    for row in sorted(sure, key=lambda each: each.reading.at):
        kept.setdefault(row.reading.at // THINNED_S, row)
    feed = Feed(
        carrier,
        None,
        hashlib.sha256(content).digest(),
        registers=tuple(kept.values()),
        left_out=left_out,
        device_named=choice.device is not None,
    )
    return refuse_nothing(feed, "METER_TELEGRAM_FORM")


def telegrams(
    stream: Iterable[bytes], left_out: LeftOut, most: int | None = None
) -> Iterator[Telegram]:
    """Every whole telegram in lines of a file or port; bytes between two are passed by.
    More than `most` are refused."""
    number, size = 0, 0
    lines: list[bytes] = []
    for line in stream:
        if line.startswith(b"/"):
            if lines:
                left_out.add(number, _cut_off())
            number, size, lines = number + 1, len(line), [line]
            if most is not None and number > most:
                raise too_many_rows(number)
        elif not lines:
            continue
        elif line.startswith(b"!"):
            try:
                yield _telegram(number, b"".join(lines), line)
            except TonneError as error:
                left_out.add(number, error)
            lines = []
        else:
            size += len(line)
            lines.append(line)
        if size > MAX_TELEGRAM_BYTES and lines:
            left_out.add(number, _cut_off())
            lines = []
    if lines:
        left_out.add(number, _cut_off())


def crc16(data: bytes) -> int:
    """CRC-16/ARC: polynomial 0x8005 reflected, from 0."""
    value = 0
    for byte in data:
        value = value // 256 ^ _CRC[(value ^ byte) % 256]
    return value


def _crc_of(byte: int) -> int:
    for _ in range(8):
        byte = byte // 2 ^ (0xA001 if byte % 2 else 0)
    return byte


_CRC: Final = tuple(map(_crc_of, range(256)))


def _telegram(number: int, body: bytes, closing: bytes) -> Telegram:
    """Its checksum is over the bytes that the meter sent; a capture may have lost their carriage returns."""
    match = _CHECK.fullmatch(closing)
    if match is None:
        raise _bad(
            "METER_TELEGRAM_CHECKSUM",
            "It ends without a checksum",
            "crc",
            closing[:20].decode("ascii", "replace").strip(),
            "Meters before DSMR 4 have none: have the meter read in another way.",
        )
    here = body + b"!"
    ways = [here] if b"\r" in here else [here, here.replace(b"\n", b"\r\n")]
    sent = next((way for way in ways if crc16(way) == int(match[1], 16)), b"")
    if not sent:
        raise _bad(
            "METER_TELEGRAM_CHECKSUM",
            f"Its checksum is {match[1].decode()}, its bytes come to {crc16(ways[-1]):04X}",
            "crc",
            match[1].decode(),
            "It came damaged: check the cable, and hand in all bytes of the port, unchanged.",
        )
    codes: dict[str, tuple[str, ...]] = {}
    for line in body.decode("ascii", "replace").splitlines():
        found = _LINE.fullmatch(line.strip())
        if found is not None and codes.setdefault(found[1], _groups(found[2])) != _groups(found[2]):
            raise _form(found[1], found[2], "it stands twice with different values")
    return Telegram(number, codes, hashlib.sha256(sent).digest())


def _groups(text: str) -> tuple[str, ...]:
    return tuple(_GROUP.findall(text))


def _checked_device(telegram: Telegram, device: str | None) -> str | None:
    """The device that the file is of: the named one, else that of its first telegram."""
    said = telegram.text(DEVICE)
    if device is not None and not _same_device(device, said):
        raise _bad(
            "METER_OTHER_DEVICE",
            f"It is of the device {said[:40]!r}, not of {device[:40]!r}",
            DEVICE,
            said[:40],
            "Hand in each meter's telegrams under its own number.",
        )
    return said or device


def _same_device(wanted: str, said: str) -> bool:
    """A device's name as the telegram has it, in hexadecimal digits, or as it is printed on it."""
    return bool(said) and (
        wanted.upper() == said.upper() or wanted.encode("ascii", "replace").hex() == said.lower()
    )


def _moment(code: str, text: str) -> int:
    match = _TIME.fullmatch(text)
    try:
        if match is not None:
            when = datetime.strptime(match[1], "%y%m%d%H%M%S")
            return int(when.replace(tzinfo=_CLOCKS[match[2]]).timestamp())
    except ValueError:
        pass
    raise _form(code, text, f"{text[:40]!r} is no time with S or W")


def _cut_off() -> TonneError:
    return _bad(
        "METER_TELEGRAM_FORM",
        "It is cut off, or is too long",
        "telegram",
        "",
        "Begin and end a capture between two telegrams; the whole ones are taken.",
    )


def _form(code: str, value: str, why: str) -> TonneError:
    return _bad(
        "METER_TELEGRAM_FORM",
        f"{code}: {why}",
        code,
        value[:40],
        "Hand in all bytes of the port, unchanged.",
    )


def _bad(code: str, why: str, field: str, value: str, remedy: str) -> TonneError:
    said = f"This telegram is not taken: {why[0].lower()}{why[1:]}."
    return TonneError(code, said, field=field, value=value, remedy=remedy)
