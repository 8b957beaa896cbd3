"""Green Button (NAESB ESPI): a utility's Atom feed of interval energy.

Entries are joined by their links, not by nesting: a block of intervals belongs to the meter reading
whose `related` link is the block's `up` link, and so to its type and its usage point. A feed may tell of
several points, of which one is taken. Feeds are not signed: they are as reliable as the utility that hands
them out.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from fractions import Fraction
from typing import Annotated, Any, Final
from xml.etree.ElementTree import Element, ParseError

from defusedxml import DefusedXmlException, ElementTree
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from tonne.errors import TonneError, refused
from tonne.files import MAX_FILE_BYTES
from tonne.meters.feed import (
    MOST_ROWS,
    WH_OF,
    Feed,
    IntervalEnergy,
    LeftOut,
    agreed,
    apart,
    nearest_wh,
    refuse_nothing,
    too_many_rows,
)
from tonne.meters.readings import Carrier, Quality

#: Of a feed: as of any file that is handed in; a year of quarter-hours fits.
MAX_FEED_BYTES: Final = MAX_FILE_BYTES

_ATOM: Final = "{http://www.w3.org/2005/Atom}"
_ESPI: Final = "{http://naesb.org/espi}"

#: `ServiceCategory.kind`.
SERVICES: Final = {0: Carrier.ELECTRICITY, 1: Carrier.GAS, 4: Carrier.HEAT}

#: `ReadingType.commodity` of each carrier: electricity on either side of a transformer; natural gas, propane;
#: steam, heating fluid. 0 says nothing.
COMMODITIES: Final = {
    Carrier.ELECTRICITY: (0, 1, 2),
    Carrier.GAS: (0, 7, 8),
    Carrier.HEAT: (0, 10, 12),
}

#: [Wh] of one `uom`.
UNITS: Final = {72: WH_OF["Wh"], 132: WH_OF["BTU"], 169: WH_OF["therm"]}

#: `ReadingQuality.quality`; any other value is held.
QUALITIES: Final = (
    dict.fromkeys((0, 17, 18, 19), Quality.SETTLED)
    | {14: Quality.PROVISIONAL}
    | dict.fromkeys((7, 8, 9, 11), Quality.SUBSTITUTED)
)

#: Names of units of other quantities, that utilities tell beside energy.
NO_ENERGY: Final = {
    5: "A",
    29: "V",
    38: "W: demand",
    42: "m3: a volume",
    61: "VA: demand",
    63: "var: reactive demand",
    65: "power factor",
    71: "VAh: apparent energy",
    73: "varh: reactive energy",
    119: "ft3: a volume",
}

DELTA: Final = 4
IMPORT, EXPORT = 1, 19


Number = Annotated[int, Field(ge=0, lt=2**63)]


class _Model(BaseModel):
    model_config = ConfigDict(extra="ignore")


class _ReadingType(_Model):
    accumulationBehaviour: int
    commodity: int = 0
    flowDirection: int
    powerOfTenMultiplier: int = Field(default=0, ge=-12, le=12)
    uom: int


class _Interval(_Model):
    duration: Number = Field(gt=0)
    start: Number
    value: Number
    cost: int | None = None
    quality: int | None = None


def parse(content: bytes, point: str | None = None, carrier: Carrier | None = None) -> Feed:
    """All that the feed says of one usage point, in order of time, and the intervals that it leaves out.

    `point` is the end of the usage point's own link or its id; without it, it is the only point of the feed,
    or the only one of `carrier`. Refused whole when it is not clear what it says.
    """
    if len(content) > MAX_FEED_BYTES:
        raise too_large(len(content))
    root = _tree(content)
    links = _Links([_Entry.of(entry) for entry in root.iter(f"{_ATOM}entry")])
    chosen = _chosen(links.points, point, carrier)
    said = _carrier(chosen)
    updated = _updated(root)
    if carrier is not None and said is not carrier:
        return Feed(said, updated, hashlib.sha256(content).digest())
    left_out = LeftOut()
    found = [
        ((energy.start, energy.is_export), energy)
        for row, interval, kind in links.intervals(chosen, left_out)
        if (energy := _energy(row, interval, kind, left_out)) is not None
    ]
    intervals = apart(agreed(found, left_out), left_out)
    feed = Feed(said, updated, hashlib.sha256(content).digest(), intervals, left_out=left_out)
    return refuse_nothing(feed, "METER_XML_FORM")


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
    id: str
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
            (entry.findtext(f"{_ATOM}id") or "").strip(),
            links["self"][0] if links["self"] else "",
            links["up"][0] if links["up"] else "",
            frozenset(links["related"]),
        )

    def holds(self, kind: str) -> Element | None:
        return self.content.find(f"{_ESPI}{kind}")


class _Links:
    """The entries of a feed by what they hold and by what leads to them; each is looked at once."""

    def __init__(self, entries: list[_Entry]) -> None:
        self._entries = entries
        self.points = [entry for entry in entries if entry.holds("UsagePoint") is not None]
        self._types = {e.own: kind for e in entries if (kind := e.holds("ReadingType")) is not None}
        self._readings: dict[str, _Entry] = {}  # by each link that leads from them
        for entry in entries:
            if entry.holds("MeterReading") is not None:
                for link in entry.related:
                    self._readings.setdefault(link, entry)

    def intervals(
        self, point: _Entry, left_out: LeftOut
    ) -> Iterator[tuple[int, Element, _ReadingType]]:
        """(number in the feed, interval, its type) of all intervals of energy of a point. Readings of another
        quantity, as of demand, are left out, and named once for each unit."""
        row, carrier = 0, _carrier(point)
        others: dict[int, list[int]] = {}  # rows by the unit that is no energy
        for entry in self._entries:
            blocks = list(entry.content.iter(f"{_ESPI}IntervalBlock"))
            if not blocks:
                continue
            reading = self._readings.get(entry.up)
            if reading is None and len(self.points) == 1:
                raise _malformed("a block of intervals leads to no type of reading")
            theirs = reading is not None and self._is_of(reading, point)
            kind = self._type_of(reading, carrier) if reading is not None and theirs else None
            for block in blocks:
                for interval in block.iter(f"{_ESPI}IntervalReading"):
                    row += 1
                    if row > MOST_ROWS:
                        raise too_many_rows(row)
                    if kind is None:
                        continue
                    if kind.uom in UNITS:
                        yield row, interval, kind
                    else:
                        others.setdefault(kind.uom, []).append(row)
        for uom, rows in others.items():
            left_out.add(rows[0], _no_energy(uom, rows))

    def _is_of(self, reading: _Entry, point: _Entry) -> bool:
        """By its links up or from the point; in a feed of one point every reading is of it."""
        if len(self.points) == 1:
            return True
        ways = {way for way in (reading.up, reading.own) if way}
        parents = {point.own, f"{point.own}/MeterReading"} if point.own else set()
        return bool(ways & point.related) or reading.up in parents

    def _type_of(self, reading: _Entry, carrier: Carrier) -> _ReadingType:
        for link in sorted(reading.related):
            if link in self._types:
                return _type(_texts(self._types[link]), carrier)
        raise _malformed("a block of intervals leads to no type of reading")


def _chosen(points: list[_Entry], name: str | None, carrier: Carrier | None) -> _Entry:
    """The usage point that is named, or the only one that it can be."""
    if name is not None:
        found = [point for point in points if name == point.id or _ends_with(point.own, name)]
    elif len(points) == 1:
        found = points
    else:
        found = [point for point in points if carrier is not None and _service(point) is carrier]
    if len(found) == 1:
        return found[0]
    if not points:
        raise _malformed("it has no usage point")
    told = ", ".join(f"{point.own[-60:] or point.id[-60:]!r}" for point in points[:10])
    raise refused(
        "METER_USAGE_POINT",
        point=name or "",
        points_count=len(points),
        examples=told,
        found_count=len(found),
    )


def _ends_with(link: str, name: str) -> bool:
    return link == name or link.endswith("/" + name.lstrip("/"))


def _service(point: _Entry) -> Carrier | None:
    kind = point.content.findtext(
        f"{_ESPI}UsagePoint/{_ESPI}ServiceCategory/{_ESPI}kind", ""
    ).strip()
    plain = kind.isascii() and kind.isdecimal() and len(kind) < 4
    return SERVICES.get(int(kind)) if plain else None


def _carrier(point: _Entry) -> Carrier:
    carrier = _service(point)
    if carrier is None:
        kind = point.content.findtext(f"{_ESPI}UsagePoint/{_ESPI}ServiceCategory/{_ESPI}kind", "")
        raise _malformed(f"its kind of service is {kind[:20]!r}")
    return carrier


def _type(texts: dict[str, str], carrier: Carrier) -> _ReadingType:
    """A type of reading, as the feed tells it. How another quantity than energy is counted is not asked."""
    uom = texts.get("uom", "")
    if uom.isascii() and uom.isdecimal() and len(uom) < 4 and int(uom) not in UNITS:
        unasked = {"accumulationBehaviour": f"{DELTA}", "flowDirection": f"{IMPORT}"}
        texts = texts | unasked | {"powerOfTenMultiplier": "0"}
    kind: _ReadingType = _model(_ReadingType, texts)
    if kind.commodity not in COMMODITIES[carrier]:
        raise _malformed(
            f"its usage point is of {carrier.name.lower()}, its readings of commodity {kind.commodity}",
            "commodity",
            str(kind.commodity),
        )
    if kind.accumulationBehaviour != DELTA:
        raise _malformed(f"its readings are not energy by interval ({kind.accumulationBehaviour})")
    if kind.flowDirection not in (IMPORT, EXPORT):
        raise _malformed(f"its direction of flow is {kind.flowDirection}")
    return kind


def _no_energy(uom: int, rows: list[int]) -> TonneError:
    name = f"{NO_ENERGY[uom]} (uom {uom})" if uom in NO_ENERGY else f"uom {uom}"
    return TonneError(
        "METER_UNIT_UNSUPPORTED",
        f"{len(rows)} of the feed's readings, from row {rows[0]} on, are not in a unit of energy: {name}.",
        field="uom",
        value=uom,
        remedy="Energy beside them is taken. Where there is none, have it in Wh, BTU or therm: a volume "
        "needs the calorific value of its gas.",
    )


def _energy(
    row: int, element: Element, kind: _ReadingType, left_out: LeftOut
) -> IntervalEnergy | None:
    """One interval; None where it says nothing clear, which is noted."""
    period = element.find(f"{_ESPI}timePeriod")
    given = _texts(element) | ({} if period is None else _texts(period))
    quality = element.findtext(f"{_ESPI}ReadingQuality/{_ESPI}quality")
    if quality:
        given["quality"] = quality
    try:
        interval = _model(_Interval, given)
        scaled = interval.value * UNITS[kind.uom] * Fraction(10) ** kind.powerOfTenMultiplier
        energy_wh = nearest_wh(scaled, "value")
    except TonneError as error:
        left_out.add(row, error)
        return None
    # A utility that does not say how good a value is has not said that it is final.
    said = QUALITIES.get(interval.quality, Quality.HELD)
    return IntervalEnergy(
        interval.start,
        interval.duration,
        kind.flowDirection == EXPORT,
        energy_wh,
        Quality.PROVISIONAL if interval.quality is None else said,
        interval.cost,
        row,
    )


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
        raise _malformed(f"{name}: {first['msg'].lower()}", name, data.get(name, "")) from None


def _malformed(why: str, field: str = "feed", value: str = "") -> TonneError:
    return refused("METER_XML_FORM", given=value[:40], why=why, field=field)
