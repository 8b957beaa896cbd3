"""Files of readings that no meter signed, by the ending of their name."""

from __future__ import annotations

from typing import Final

from tonne.meters import csv_feed, field_map, greenbutton, p1
from tonne.meters.feed import Feed
from tonne.meters.field_map import FieldMap
from tonne.meters.readings import Carrier

#: Forms by the ending of a file's name.
FORMS: Final = {"xml": "Green Button", "csv": "CSV, by a field map", "p1": "P1 telegrams"}


def parse(ending: str, content: bytes, fields: FieldMap, carrier: Carrier, source: str) -> Feed:
    """Readings in a file, for a meter of one carrier. `source` names the field map where one is missing."""
    if ending == "xml":
        point = fields.green_button.point if fields.green_button else None
        return greenbutton.parse(content, point, carrier)
    if ending == "csv":
        if fields.csv is None:
            raise field_map.missing(source)
        return csv_feed.parse(content, fields)
    return p1.parse(content, carrier, fields.p1)
