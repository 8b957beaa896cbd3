"""Whatever lies in an inbox or comes from a broker is read, or refused with one code: nothing else ends a
daemon's cycle."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from oracles.emissions.cycle import _read
from oracles.meters.feeds import _named
from oracles.meters.intake import _place
from oracles.runtime.inbox import InboxFile
from oracles.runtime.refusal import Refusal
from tests.tonne.meters import records
from tests.tonne.meters.test_greenbutton import feed
from tonne.errors import TonneError
from tonne.meters import greenbutton, ocmf
from tonne.meters.readings import RECORD_BYTES, MeterRecord, parse_own
from tonne.meters.signatures import Signature

WORD, SIGNATURE = "0x" + "11" * 32, "0x" + "22" * 64 + "1b"
EVIDENCE = [{"path": "meters/export.csv", "sha256": WORD, "bytes": 4}]
REPORT = {
    **dict.fromkeys(
        (
            *("installation", "year", "revision", "emissionsT", "powerMwh", "heatGj", "gwpSet"),
            *("lineCount", "signedAt"),
        ),
        7,
    ),
    **dict.fromkeys(("linesRoot", "evidenceRoot", "configDigest"), WORD),
}
SIGNED = {"report": REPORT, "operatorSignature": SIGNATURE, "lines": [{}], "evidence": EVIDENCE}
PERSONS = {"leadSignature": SIGNATURE, "reviewerSignature": SIGNATURE}
COMMON = dict.fromkeys(("body", "assurance", "materialityPpm", "signedAt"), 3)
ENVELOPE = {"format": 1, "chainId": 31337, "contract": "0x" + "33" * 20}
OPINION = {
    **dict.fromkeys(("report", "configDigest"), WORD),
    **dict.fromkeys(("installation", "year", "emissionsT"), 7),
    **COMMON,
    **PERSONS,
}
STATEMENT = {
    "report": WORD,
    "body": 3,
    "verdict": "qualified",
    "findings": [{"about": "lines.1.quantity", "text": "one bill is missing", "misstatementT": 3}],
    "signedAt": 7,
    **PERSONS,
}
BATCH = {
    **dict.fromkeys(("root", "configDigest"), WORD),
    **dict.fromkeys(("count", "totalEmissionsT", "totalPowerMwh", "totalHeatGj", "sequence"), 7),
    **COMMON,
}
MONITORING = {
    **dict.fromkeys(
        ("project", "periodFrom", "periodUntil", "vintage", "quantityT", "bufferPpm"), 7
    ),
    **dict.fromkeys(("linesRoot", "evidenceRoot", "configDigest"), WORD),
    "signedAt": 7,
}
MONITORING_OPINION = {
    **dict.fromkeys(("report", "configDigest"), WORD),
    **dict.fromkeys(("project", "quantityT"), 7),
    **COMMON,
    **PERSONS,
}

#: A good file of each kind, as plain data.
GOOD: dict[str, Any] = {
    "a.report.json": {
        **ENVELOPE,
        "kind": "report",
        "signed": SIGNED,
        "opinions": [OPINION],
        "statements": [STATEMENT],
    },
    "a.batch.json": {**ENVELOPE, "kind": "batch", "batch": BATCH, **PERSONS, "reports": [SIGNED]},
    "a.monitoring.json": {
        **ENVELOPE,
        "kind": "monitoring",
        "signed": {
            "report": MONITORING,
            "developerSignature": SIGNATURE,
            "amounts": [{}],
            "parameters": [{}],
            "evidence": EVIDENCE,
        },
        "opinion": MONITORING_OPINION,
    },
}

#: Text that is no text, numbers that fit nowhere, and what merely looks like a number or bytes.
HOSTILE = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.sampled_from([2**63, 2**64, 2**256, -1, 10**400, 1e308, float("inf"), float("nan"), 0.5]),
    st.sampled_from(["", "\ud800", "0x", "0xzz", "0x" + "ff" * 32, "1e999999", "٣", "\x00", "7"]),
    st.text(max_size=20),
)
TREES = st.recursive(
    HOSTILE,
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4)
    ),
    max_leaves=12,
)


def places(tree: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """Paths of all that stands in plain data, its root first."""
    items = (
        tree.items()
        if isinstance(tree, dict)
        else enumerate(tree)
        if isinstance(tree, list)
        else ()
    )
    return [path, *(deeper for key, inner in items for deeper in places(inner, (*path, key)))]


def changed(tree: Any, path: tuple[Any, ...], value: Any) -> Any:
    if not path:
        return value
    copy = tree.copy()
    copy[path[0]] = changed(tree[path[0]], path[1:], value)
    return copy


@st.composite
def spoilt(draw: Any, good: Any) -> Any:
    """Good data in which some values are others, or have a field more."""
    tree = good
    for _ in range(draw(st.integers(1, 3))):
        path = draw(st.sampled_from(places(tree)))
        value = draw(TREES)
        old = tree
        for key in path:
            old = old[key]
        if isinstance(old, dict) and draw(st.booleans()):
            value = {**old, draw(st.text(max_size=6) | st.just("\ud800")): value}
        tree = changed(tree, path, value)
    return tree


@st.composite
def damaged(draw: Any, good: bytes) -> bytes:
    """Good bytes, cut, put together or changed in places."""
    content = bytearray(good)
    for _ in range(draw(st.integers(1, 4))):
        at = draw(st.integers(0, len(content)))
        piece = draw(st.binary(max_size=6))
        content[at : at + draw(st.integers(0, 8))] = piece
    return bytes(content)


def coded_or_read(read: Callable[[], object], kind: type[TonneError] = TonneError) -> None:
    try:
        read()
    except kind as refused:
        assert refused.code.isupper() and refused.message
        str(refused).encode("utf-8", "backslashreplace")


def as_file(name: str, content: bytes) -> Callable[[], object]:
    return lambda: _read(InboxFile(name, content, "00" * 32))


@pytest.mark.parametrize("name", GOOD)
def test_a_good_file_is_read(name):
    as_file(name, json.dumps(GOOD[name]).encode())()


def of_files(examples: int) -> None:
    for name in GOOD:
        of_file(name, examples)


def of_file(name: str, examples: int) -> None:
    raw = json.dumps(GOOD[name]).encode()
    contents = spoilt(GOOD[name]).map(lambda tree: json.dumps(tree).encode())

    @settings(max_examples=examples)
    @given(contents | damaged(raw) | st.binary())
    def never_otherwise(content):
        coded_or_read(as_file(name, content), Refusal)

    never_otherwise()


OCMF = records.ocmf([records.reading(), records.reading(RI="1-b:2.8.0")])
OWN = MeterRecord(1, 1_780_264_800, 5, 6, 1, 0, b"s" * 16).with_signature(Signature(1, 1))
BODY, SEAL = (json.loads(part) for part in OCMF.removeprefix(b"OCMF|").split(b"|"))


def of_records(examples: int) -> None:
    def joined(parts: tuple[Any, Any]) -> bytes:
        return b"OCMF|" + b"|".join(json.dumps(part).encode() for part in parts)

    both = st.tuples(spoilt(BODY) | st.just(BODY), spoilt(SEAL) | st.just(SEAL)).map(joined)

    @settings(max_examples=examples)
    @given(both | damaged(OCMF), st.sampled_from([0, 1, 1000, 2**32 - 1]))
    def never_otherwise_of_ocmf(raw, multiplier):
        coded_or_read(lambda: ocmf.parse(raw, multiplier))

    @settings(max_examples=examples)
    @given(
        damaged(OWN)
        | st.binary(min_size=RECORD_BYTES, max_size=RECORD_BYTES).map(lambda b: OWN[:8] + b[8:])
    )
    def never_otherwise_of_own(raw):
        coded_or_read(lambda: parse_own(raw))

    @settings(max_examples=examples)
    @given(
        st.text(max_size=30)
        | damaged(b"tonne/electricity/17").map(lambda b: b.decode("utf-8", "replace"))
    )
    def never_otherwise_of_names(name):
        coded_or_read(lambda: _place(name))
        coded_or_read(lambda: _named(name))

    for check in (never_otherwise_of_ocmf, never_otherwise_of_own, never_otherwise_of_names):
        check()


def of_feeds(examples: int) -> None:
    good = feed()
    words = (
        "0",
        "4",
        "1500",
        "72",
        "2026-06-02T00:00:00Z",
        "1780264800",
        "3600",
        "P/MeterReading/1",
    )
    replaced = st.tuples(st.sampled_from(words), st.text(max_size=12) | st.integers().map(str)).map(
        lambda pair: good.replace(
            f">{pair[0]}<".encode(),
            f">{pair[1].replace('<', '').replace('&', '')}<".encode("utf-8", "replace"),
        )
    )

    @settings(max_examples=examples)
    @given(damaged(good) | replaced | st.binary())
    def never_otherwise(content):
        coded_or_read(lambda: greenbutton.parse(content))

    never_otherwise()


@pytest.mark.parametrize("kind", [of_files, of_records, of_feeds])
def test_a_hostile_file_ends_in_a_code_or_is_read(kind):
    kind(150)


@pytest.mark.long
@pytest.mark.nightly
@pytest.mark.parametrize("kind", [of_files, of_records, of_feeds])
def test_many_hostile_files_end_in_a_code_or_are_read(kind):
    kind(20_000)
