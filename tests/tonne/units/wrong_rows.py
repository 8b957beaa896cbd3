"""Wrong rows of extracts: what is changed in a good row of ACR, and the code and field of the answer."""

from __future__ import annotations

from typing import Final

GOOD: Final = {
    "registry": "ACR",
    "event": "issuance",
    "date": "2026-01-01",
    "project_id": "ACR192",
    "project_type": "Wind",
    "methodology": "ACM0002",
    "country": "US",
    "vintage_start": "2010-01-01",
    "vintage_end": "2010-12-31",
    "quantity_t": "100",
    "serial": "ACR-US-192-2010-203-1 to 100",
    "beneficiary": "Example Airlines",
}


def _serial(text: str) -> dict[str, str]:
    return {"serial": text}


def _used(**changed: str) -> dict[str, str]:
    return {"event": "retirement", **changed}


QUANTITY = [
    *(
        "",
        "0",
        "-100",
        "1e2",
        "100,0",
        "1,00",
        "100 t",
        "１００",
        "nan",
        "inf",
        "0x64",
        "+100",
        "1_00",
    ),
    "9" * 40,
]
WRONG: Final[list[tuple[dict[str, str], str, str]]] = [
    *(({"quantity_t": text}, "EXTRACT_QUANTITY", "quantity_t") for text in QUANTITY),
    *(({"quantity_t": text}, "SERIAL_QUANTITY", "quantity_t") for text in ("99", "101")),
    *(({"quantity_t": text}, "EXTRACT_FRACTION", "quantity_t") for text in ("100.5", "0.25")),
    # Serial numbers
    (_serial(""), "SERIAL_MISSING", "serial"),
    (_serial(" "), "SERIAL_MISSING", "serial"),
    (_serial("N/A"), "SERIAL_FORM", "serial"),
    (_serial("ACR-US-192-2010-203-1"), "SERIAL_FORM", "serial"),
    (_serial("ACR-US-192-2010--1 to 100"), "SERIAL_FORM", "serial"),
    (_serial("ACR-ZZ-192-2010-203-1 to 100"), "SERIAL_FORM", "serial"),
    (_serial("GS1-1-IN-GS1247-16-2015-4410-1-100"), "SERIAL_FORM", "serial"),
    (_serial("АCR-US-192-2010-203-1 to 100"), "SERIAL_FORM", "serial"),  # a Cyrillic А
    (_serial("ACR-US-192-2010-203-1 to 50; 51 to 100"), "SERIAL_FORM", "serial"),
    (_serial("ACR-US-192-2010-203-100 to 1"), "SERIAL_ORDER", "serial"),
    (
        {
            "registry": "VERRA",
            "serial": "13488-505972385-505973109-VCS-VCU-576-VER-PY-14-2498-19112020-01012020-0",
        },
        *("SERIAL_PERIOD", "serial"),
    ),
    (_serial("ACR-US-192-2010-203-0 to 99"), "SERIAL_NUMBER", "serial"),
    (_serial(f"ACR-US-192-2010-203-1 to {10**20}"), "SERIAL_NUMBER", "serial"),
    (_serial(f"ACR-US-192-2010-{10**30}-1 to 100"), "SERIAL_NUMBER", "serial"),
    (_serial("ACR-US-192-2010-0-1 to 100"), "SERIAL_NUMBER", "serial"),
    # What stands beside them
    (_serial("ACR-CN-192-2010-203-1 to 100"), "EXTRACT_CONTRADICTS", "country"),
    ({"country": "CN"}, "EXTRACT_CONTRADICTS", "country"),
    ({"country": ""}, "COUNTRY_UNKNOWN", "country"),
    ({"country": "ZZ"}, "COUNTRY_UNKNOWN", "country"),
    ({"country": "Atlantis"}, "COUNTRY_UNKNOWN", "country"),
    ({"country": "United States; China"}, "COUNTRY_UNKNOWN", "country"),
    ({"country": "840"}, "COUNTRY_UNKNOWN", "country"),
    ({"vintage_start": "", "vintage_end": ""}, "EXTRACT_VINTAGE", "vintage_start"),
    ({"vintage_start": "2010-12-31", "vintage_end": "2010-01-01"}, "EXTRACT_VINTAGE", "vintage_start"),
    ({"vintage_end": ""}, "EXTRACT_VINTAGE", "vintage_start"),
    ({"vintage_start": "2010", "vintage_end": "2010"}, "EXTRACT_VINTAGE", "vintage_start"),
    ({"vintage_start": "2010-13-01"}, "EXTRACT_VINTAGE", "vintage_start"),
    ({"vintage_start": "20100101"}, "EXTRACT_VINTAGE", "vintage_start"),
    ({"vintage_end": "2149-12-31"}, "EXTRACT_VINTAGE", "vintage_end"),
    ({"vintage_start": "2011-01-01", "vintage_end": "2011-12-31"}, "EXTRACT_CONTRADICTS", "vintage_start"),
    (_serial("ACR-US-192-2149-203-1 to 100"), "EXTRACT_CONTRADICTS", "vintage_start"),
    ({"project_id": ""}, "EXTRACT_PROJECT", "project_id"),
    ({"project_id": "ACR193"}, "EXTRACT_PROJECT", "project_id"),
    ({"project_id": "ACR192 and 193"}, "EXTRACT_PROJECT", "project_id"),
    ({"project_id": "192; DROP"}, "EXTRACT_PROJECT", "project_id"),
    ({"project_id": "9" * 300}, "EXTRACT_PROJECT", "project_id"),
    ({"methodology": "x" * 201}, "EXTRACT_TEXT", "methodology"),
    ({"methodology": "\u202eACM0002"}, "EXTRACT_TEXT", "methodology"),
    # Which registry, and what happened when
    ({"registry": ""}, "REGISTRY_UNKNOWN", "registry"),
    ({"registry": "ACRX"}, "REGISTRY_UNKNOWN", "registry"),
    ({"registry": "АCR"}, "REGISTRY_UNKNOWN", "registry"),  # a Cyrillic А
    ({"registry": "CAR"}, "SERIAL_FORM", "serial"),
    ({"event": ""}, "EXTRACT_EVENT", "event"),
    ({"event": "issued"}, "EXTRACT_EVENT", "event"),
    ({"event": "transfer"}, "EXTRACT_EVENT", "event"),
    ({"event": "retirement;"}, "EXTRACT_EVENT", "event"),
    ({"date": "2149-01-01"}, "EXTRACT_DATE", "date"),
    ({"date": "2026-02-30"}, "EXTRACT_DATE", "date"),
    ({"date": "2009-12-31"}, "EXTRACT_DATE", "date"),  # before its monitoring period
    (_used(date="2149-01-01"), "EXTRACT_DATE", "date"),
    (_used(date="31/12/2020"), "EXTRACT_DATE", "date"),
    (_used(date="20201231"), "EXTRACT_DATE", "date"),
    (_used(date="2020-12-31T00:00:00"), "EXTRACT_DATE", "date"),
    (_used(date="1800-01-01"), "EXTRACT_DATE", "date"),
    (_used(date="2009-12-31"), "EXTRACT_DATE", "date"),  # before the year it is of
    (_used(beneficiary="a\u202eb"), "EXTRACT_TEXT", "beneficiary"),
]  # fmt: skip

#: Heading and row of a file, as text, and the answer to the whole file.
HEADING: Final = ",".join(GOOD)
LINE: Final = ",".join(GOOD.values())
FILES: Final[list[tuple[bytes, str]]] = [
    (b"", "EXTRACT_COLUMNS"),
    (f"{HEADING}\n".encode(), "EXTRACT_EMPTY"),
    (f"{HEADING.replace('country', 'land')}\n{LINE}\n".encode(), "EXTRACT_COLUMNS"),
    (f"{HEADING},country\n{LINE},CN\n".encode(), "EXTRACT_COLUMNS"),
    (f"{HEADING}\n{LINE}\n".replace(",", ";").encode(), "EXTRACT_COLUMNS"),
    (f"{HEADING}\n{LINE}\n".encode("utf-16"), "EXTRACT_UNREADABLE"),
    (f"{HEADING}\n{LINE}é\n".encode("latin-1"), "EXTRACT_UNREADABLE"),
    (b"PK\x03\x04\xff\xfe", "EXTRACT_UNREADABLE"),
    (f'{HEADING}\n"{"x" * 200_000}\n'.encode(), "EXTRACT_UNREADABLE"),
]
#: Rows whose cells are not as many as the heading's.
MISFITS: Final = [
    LINE + ",more",
    LINE.rsplit(",", 1)[0],
    "ACR",
    LINE.replace("ACM0002", "ACM,0002"),
]
