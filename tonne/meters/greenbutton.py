"""Green Button (NAESB ESPI): a utility's Atom feed of interval energy.

Entries are joined by their links, not by nesting: a block of intervals belongs to the meter reading
whose `related` link is the block's `up` link, and so its type and usage point. Feeds are not signed:
they are as reliable as the utility that hands them out.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import datetime
from fractions import Fraction
from typing import Annotated, Any, Final
from xml.etree.ElementTree import Element, ParseError

from defusedxml import DefusedXmlException, ElementTree
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from tonne.constants import HOUR_S
from tonne.errors import TonneError
from tonne.files import MAX_FILE_BYTES
from tonne.meters.readings import Carrier, Quality

#: Of a feed: as of any file that is handed in; a year of quarter-hours fits.
MAX_FEED_BYTES: Final = MAX_FILE_BYTES

_ATOM: Final = "{http://www.w3.org/2005/Atom}"
_ESPI: Final = "{http://naesb.org/espi}"

#: `ServiceCategory.kind`.
SERVICES: Final = {0: Carrier.ELECTRICITY, 1: Carrier.GAS, 4: Carrier.HEAT}

#: [Wh] of one `uom`. The BTU is that of the International Table: 1055.05585262 J.
_BTU: Final = Fraction("1055.05585262") / HOUR_S
UNITS: Final = {72: Fraction(1), 132: _BTU, 169: 100_000 * _BTU}

#: `ReadingQuality.quality`; any other value is held.
QUALITIES: Final = (
    dict.fromkeys((0, 17, 18, 19), Quality.SETTLED)
    | {14: Quality.PROVISIONAL}
    | dict.fromkeys((7, 8, 9, 11), Quality.SUBSTITUTED)
)

DELTA: Final = 4
IMPORT, EXPORT = 1, 19


@dataclass(frozen=True, slots=True)
class IntervalEnergy:
    """Energy [Wh] that flowed one way in one interval."""

    start: int  #     [s]
    duration_s: int
    is_export: bool
    energy_wh: int
    quality: Quality
    cost: int | None  # 1/100,000 of the feed's currency


@dataclass(frozen=True, slots=True)
class Feed:
    """What one feed says of one usage point."""

    carrier: Carrier
    updated: int  #  [s] when the utility wrote it; a later one corrects
    intervals: tuple[IntervalEnergy, ...]
    digest: bytes  # SHA-256 of the file


Number = Annotated[int, Field(ge=0, lt=2**63)]


class _Model(BaseModel):
    model_config = ConfigDict(extra="ignore")


class _ReadingType(_Model):
    accumulationBehaviour: int
    flowDirection: int
    powerOfTenMultiplier: int = Field(default=0, ge=-12, le=12)
    uom: int


class _Interval(_Model):
    duration: Number = Field(gt=0)
    start: Number
    value: Number
    cost: int | None = None
    quality: int | None = None


def parse(content: bytes) -> Feed:
    """The feed, with every interval in order of time; refused when it is not clear what it says."""
    if len(content) > MAX_FEED_BYTES:
        raise too_large(len(content))
    root = _tree(content)
    entries = [_Entry.of(entry) for entry in root.iter(f"{_ATOM}entry")]
    carrier = _carrier(entries)
    found: dict[tuple[int, bool], IntervalEnergy] = {}
    for entry in entries:
        for block in entry.content.iter(f"{_ESPI}IntervalBlock"):
            kind = _type_of(entry, entries)
            for interval in block.iter(f"{_ESPI}IntervalReading"):
                energy = _energy(interval, kind)
                key = (energy.start, energy.is_export)
                if key in found and found[key] != energy:
                    raise _malformed(f"two different intervals begin at {energy.start}")
                found[key] = energy
    if not found:
        raise _malformed("it has no interval")
    _refuse_overlaps(found)
    intervals = tuple(found[key] for key in sorted(found))
    return Feed(carrier, _updated(root), intervals, hashlib.sha256(content).digest())


def too_large(size: int) -> TonneError:
    return TonneError(
        "METER_TOO_LARGE",
        f"A file of {size} bytes or more is refused unread.",
        field="feed",
        value=size,
        remedy=f"Cut it into files of at most {MAX_FEED_BYTES} bytes.",
    )


def _tree(content: bytes) -> Element:
    try:
        found: Element = ElementTree.fromstring(content, forbid_dtd=True)
        return found
    except ParseError as error:
        raise _malformed(f"it is not XML ({error})") from None
    except DefusedXmlException:
        raise _malformed("it declares entities or a document type") from None
    except (ValueError, LookupError):
        raise _malformed("its encoding is unknown") from None


@dataclass(frozen=True, slots=True)
class _Entry:
    content: Element
    own: str
    up: str
    related: frozenset[str]

    @classmethod
    def of(cls, entry: Element) -> _Entry:
        links: dict[str, list[str]] = {"self": [], "up": [], "related": []}
        for link in entry.iter(f"{_ATOM}link"):
            links.get(link.get("rel", ""), []).append(link.get("href", ""))
        content = entry.find(f"{_ATOM}content")
        return cls(
            Element("content") if content is None else content,
            links["self"][0] if links["self"] else "",
            links["up"][0] if links["up"] else "",
            frozenset(links["related"]),
        )


def _carrier(entries: list[_Entry]) -> Carrier:
    points = [p for e in entries if (p := e.content.find(f"{_ESPI}UsagePoint")) is not None]
    if len(points) != 1:
        raise _malformed(f"it has {len(points)} usage points instead of one")
    kind = points[0].findtext(f"{_ESPI}ServiceCategory/{_ESPI}kind") or ""
    carrier = SERVICES.get(int(kind)) if kind.isdecimal() and len(kind) < 4 else None
    if carrier is None:
        raise _malformed(f"its kind of service is {kind[:20]!r}")
    return carrier


def _type_of(block: _Entry, entries: list[_Entry]) -> _ReadingType:
    """By the links: block to meter reading to type."""
    for reading in entries:
        is_of = reading.content.find(f"{_ESPI}MeterReading") is not None
        if not is_of or block.up not in reading.related:
            continue
        for entry in entries:
            kind = entry.content.find(f"{_ESPI}ReadingType")
            if kind is not None and entry.own in reading.related:
                return _checked_type(_model(_ReadingType, _texts(kind)))
    raise _malformed("a block of intervals leads to no type of reading")


def _checked_type(kind: _ReadingType) -> _ReadingType:
    if kind.accumulationBehaviour != DELTA:
        raise _malformed(f"its readings are not energy by interval ({kind.accumulationBehaviour})")
    if kind.flowDirection not in (IMPORT, EXPORT):
        raise _malformed(f"its direction of flow is {kind.flowDirection}")
    if kind.uom not in UNITS:
        raise TonneError(
            "METER_UNIT_UNSUPPORTED",
            "The feed counts in a unit that is no energy.",
            field="uom",
            value=kind.uom,
            remedy="Have it in Wh, BTU or therm: a volume needs the calorific value of its gas.",
        )
    return kind


def _energy(element: Element, kind: _ReadingType) -> IntervalEnergy:
    period = element.find(f"{_ESPI}timePeriod")
    given = _texts(element) | ({} if period is None else _texts(period))
    quality = element.findtext(f"{_ESPI}ReadingQuality/{_ESPI}quality")
    if quality:
        given["quality"] = quality
    interval = _model(_Interval, given)
    scaled = interval.value * UNITS[kind.uom] * Fraction(10) ** kind.powerOfTenMultiplier
    # A utility that does not say how good a value is has not said that it is final.
    said = QUALITIES.get(interval.quality, Quality.HELD)
    return IntervalEnergy(
        interval.start,
        interval.duration,
        kind.flowDirection == EXPORT,
        int(scaled),  # rounded down
        Quality.PROVISIONAL if interval.quality is None else said,
        interval.cost,
    )


def _refuse_overlaps(found: dict[tuple[int, bool], IntervalEnergy]) -> None:
    ends = {False: 0, True: 0}
    for start, is_export in sorted(found):
        if start < ends[is_export]:
            raise _malformed(f"the interval at {start} begins before the one before it ends")
        ends[is_export] = start + found[start, is_export].duration_s


def _updated(root: Element) -> int:
    text = root.findtext(f"{_ATOM}updated") or ""
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise _malformed("it does not say when it was written") from None
    if moment.tzinfo is None:
        raise _malformed("the time when it was written has no offset")
    return int(moment.timestamp())


def _texts(element: Element) -> dict[str, str]:
    """Children that hold text, by their plain names; an empty one is not there."""
    found = {}
    for child in element:
        text = (child.text or "").strip()
        if text and len(child) == 0:
            found[child.tag.rpartition("}")[2]] = text
    return found


def _model(kind: type[Any], data: dict[str, str]) -> Any:
    try:
        return kind.model_validate(data)
    except ValidationError as error:
        first = error.errors()[0]
        name = ".".join(str(part) for part in first["loc"])
        raise _malformed(f"{name}: {first['msg'].lower()}") from None


def _malformed(why: str) -> TonneError:
    return TonneError(
        "METER_XML_FORM",
        f"This is no Green Button feed that can be read: {why}.",
        field="feed",
        remedy="Have the utility export it again.",
    )
