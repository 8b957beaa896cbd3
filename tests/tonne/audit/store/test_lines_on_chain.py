"""Lines published on chain: those of a report tell its products, whatever else is published."""

from __future__ import annotations

import json

import pytest

from tests.tonne.audit.store.paper_events import CHINA, PaperEvents
from tests.tonne.audit.store.test_report_lines import MILL, WORKS, kiln, published
from tonne.audit.store import lines_on_chain
from tonne.crypto.merkle import leaf_hash, merkle_root
from tonne.evidence import manifest
from tonne.rules.unpublished import NOT_IN_PACK

UNKNOWN = [("other products", None, NOT_IN_PACK)]
MORE = [WORKS[0].model_copy(update={"quantity": 2_000}), *WORKS[1:]]


@pytest.fixture
def events():
    """Two plants with a report each, of which no lines are published yet."""
    found = PaperEvents()
    found.plant(1, CHINA)
    found.plant(2, CHINA)
    found.report(1, 2024, WORKS)
    found.report(2, 2024, MILL)
    return found


def told(events, plant, year=2024, files=()):
    products = events.register(files).products[plant, year]
    return [(p["product"], p["quantity"], p["state"]) for p in products]


def signed_as(events, plant, year, leaves):
    """A report whose signed root is that of any bytes; the bytes are published."""
    events.report(plant, year, WORKS, root=merkle_root([leaf_hash(one) for one in leaves]))
    events.lines(plant, year, leaves)


def test_lines_of_a_report_are_on_chain_with_block_and_log_of_their_event(events):
    block = events.lines(1, 2024, WORKS)
    (clinker,) = events.register().products[1, 2024]
    assert clinker == {
        "product": "clinker", "unit": "t", "quantity": 1_000, "state": "on chain",
        "block": block, "place": 0,
    }  # fmt: skip
    assert told(events, 2) == UNKNOWN, "its own lines are not published"


def test_lines_may_come_before_their_report(events):
    events.lines(1, 2025, MORE)
    assert (1, 2025) not in events.register().products
    events.report(1, 2025, MORE)
    assert told(events, 1, 2025) == [("clinker", 2_000, "on chain")]


@pytest.mark.parametrize(
    "plant, year, lines, revision",
    [
        (1, 2024, MORE, 1),
        (1, 2024, WORKS[:2], 1),
        (1, 2024, [*WORKS, WORKS[1]], 1),
        (1, 2024, [WORKS[1], WORKS[0], *WORKS[2:]], 1),
        (1, 2024, MILL, 1),
        (2, 2024, WORKS, 1),
        (1, 2023, WORKS, 1),
        (1, 2024, WORKS, 2),
        (9, 2024, WORKS, 1),
        (1, 2024, [b"{", b"\xff"], 1),
    ],
    ids="altered fewer more swapped another-plants of-another year revision no-plant bytes".split(),
)
def test_spam_tells_nothing_and_hides_nothing(events, plant, year, lines, revision):
    events.lines(plant, year, lines, revision)
    assert (told(events, 1), told(events, 2)) == (UNKNOWN, UNKNOWN)
    block = events.lines(1, 2024, WORKS)
    events.lines(plant, year, lines, revision)
    (clinker,) = events.register().products[1, 2024]
    assert (clinker["quantity"], clinker["block"]) == (1_000, block)
    assert told(events, 2) == UNKNOWN


def test_lines_published_twice_stand_at_their_first_event(events):
    blocks = [events.lines(1, 2024, WORKS) for _ in range(3)]
    (clinker,) = events.register().products[1, 2024]
    assert (clinker["quantity"], clinker["block"]) == (1_000, blocks[0])


def test_only_lines_of_a_report_are_read(events, monkeypatch):
    """A thousand others are passed over unread, and copies of the true ones too."""
    read = []
    parse = lines_on_chain.parsed
    monkeypatch.setattr(lines_on_chain, "parsed", lambda texts: read.append(1) or parse(texts))
    for number in range(200):
        events.lines(1, 2024, [kiln(number, "kiln 9")])
        events.lines(1, 2024, WORKS)
    assert told(events, 1) == [("clinker", 1_000, "on chain")]
    assert read == [1]


def test_a_corrected_report_has_lines_of_its_own(events):
    events.lines(1, 2024, WORKS)
    events.report(1, 2024, MORE, revision=2)
    assert told(events, 1) == UNKNOWN
    events.lines(1, 2024, MORE, revision=2)
    assert told(events, 1) == [("clinker", 2_000, "on chain")]


def test_what_is_published_stands_before_a_file(events):
    files = [published(), published(MILL, plant=2)]
    events.lines(1, 2024, WORKS)
    assert told(events, 1, files=files) == [("clinker", 1_000, "on chain")]
    assert told(events, 2, files=files) == [("hot metal", 400, "proved")]


@pytest.mark.parametrize(
    "leaf",
    [
        b"{",
        b"\xff\xfe",
        b"[" * 100_000,
        b"1" * 5_000,
        b"7",
        json.dumps(manifest.plain(WORKS)[0]).encode(),
        manifest.canonical_json(manifest.plain(WORKS)[0]).replace(b'{"', b'{"unit":"kg","', 1),
    ],
    ids="open bytes deep digits number spaces twice".split(),
)
def test_signed_bytes_that_are_no_lines_count_nothing(events, leaf):
    """Operator and bodies sign a root, which may be that of anything."""
    signed_as(events, 1, 2025, [leaf])
    assert told(events, 1, 2025) == UNKNOWN
    events.lines(1, 2024, WORKS)
    assert told(events, 1) == [("clinker", 1_000, "on chain")]
