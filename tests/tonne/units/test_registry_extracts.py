"""Extracts of other registries: every row is accepted or refused with a reason, from the chain's record."""

from __future__ import annotations

from collections import namedtuple
from pathlib import Path

import pytest

from tonne import countries
from tonne.errors import TonneError
from tonne.units import registry_extracts
from tonne.units.immobilisation_state import SerialBook

EXTRACT = Path(__file__).resolve().parents[4] / "shared" / "data" / "offset_events.csv"

Block = namedtuple("Block", "registry series first last")
Terms = namedtuple(
    "Terms",
    "scheme vintage registry activity kind hostCountry methodology project methodologyText account",
)


def row(serial: str, tonnes: int, event: str = "issuance", **changed: str) -> dict[str, str]:
    """A row of a wind project in registry ACR."""
    return {
        "registry": "ACR",
        "event": event,
        "date": "2026-01-01",
        "project_id": "ACR192",
        "project_type": "Wind",
        "methodology": "ACM0002",
        "country": "US",
        "vintage_start": "2010-01-01",
        "vintage_end": "2010-12-31",
        "quantity_t": str(tonnes),
        "serial": serial,
        **changed,
    }


def block(first: int, last: int) -> str:
    return f"ACR-US-192-2010-203-{first} to {last}"


def plan(
    *rows: dict[str, str], book: SerialBook | None = None, **options
) -> registry_extracts.Plan:
    numbered = list(enumerate(rows, 2))
    return registry_extracts.plan(numbered, book or SerialBook(), 1, **options)


def codes(made: registry_extracts.Plan) -> list[str]:
    return [verdict.code for verdict in made.verdicts]


def standing() -> SerialBook:
    """ACR is number 2 and has a series with a batch's block 1..100, a request 201..300, a use 401..500."""
    book = SerialBook()
    book.apply("RegistryAdded", {"registry": 2, "name": "ACR", "countsThrough": False})
    text = "ACR-US-192-2010-203"
    book.apply("SeriesNumbered", {"registry": 2, "series": 1, "text": text})
    account = "proponent of ACR project ACR192"
    terms = Terms(1, 2010, 2, 1, 2, 840, 0, "ACR192", "ACM0002", account)
    id_ = 2 << 96 | 1 << 80 | 2010 << 64 | 1 << 63 | 1
    book.apply("BatchOpened", {"id": id_, "terms": terms})
    here = {"id": id_, "request": 0, "to": "0x1", "block_": Block(2, 1, 1, 100), "serial": ""}
    book.apply("BlockImmobilised", here)
    asked = {
        "id": id_,
        "request": 1,
        "wallet": "0x1",
        "block_": Block(2, 1, 201, 300),
        "serial": "",
    }
    book.apply("ImmobilisationRequested", asked)
    used = {"registry": 2, "series": 1, "first": 401, "last": 500, "use": 3, "serial": ""}
    book.apply("BlockUsedElsewhere", used)
    assert book.faults == []
    return book


def test_uses_come_first_whatever_the_order_in_the_file() -> None:
    made = plan(row(block(1, 100), 100), row(block(50, 60), 11, "retirement"))
    assert codes(made) == ["OFFSET_USED_ELSEWHERE", "OFFSET_RECORDED"]
    assert [v.line for v in made.uses] == [3] and made.blocks == []


def test_what_stands_changes_nothing() -> None:
    rows = (row(block(1, 100), 100), row(block(401, 500), 100, "retirement"))
    made = plan(*rows, book=standing())
    assert codes(made) == ["OFFSET_STANDS", "OFFSET_STANDS"]
    assert not (made.registries or made.batches or made.uses or made.blocks)


@pytest.mark.parametrize(
    ("first", "last", "event", "code"),
    [
        (100, 101, "issuance", "OFFSET_OVERLAP"),
        (201, 300, "issuance", "OFFSET_OVERLAP"),
        (500, 501, "issuance", "OFFSET_USED_ELSEWHERE"),
        (50, 60, "retirement", "OFFSET_HELD_HERE"),
        (300, 310, "cancellation", "OFFSET_HELD_HERE"),
        (401, 499, "retirement", "OFFSET_USED_TWICE"),
        (401, 500, "cancellation", "OFFSET_USED_TWICE"),
    ],
)
def test_an_overlap_is_refused_with_what_it_overlaps(
    first: int, last: int, event: str, code: str
) -> None:
    made = plan(row(block(first, last), last - first + 1, event), book=standing())
    assert codes(made) == [code]
    assert made.verdicts[0].remedy


def test_two_rows_of_one_file_overlap_too() -> None:
    made = plan(row(block(1, 100), 100), row(block(100, 200), 101))
    assert codes(made) == ["OFFSET_IMMOBILISED", "OFFSET_OVERLAP"]


def test_what_was_released_does_not_come_back_by_an_old_file() -> None:
    book = standing()
    id_ = next(iter(book.batches))
    book.apply("ReleaseRequested", {"id": id_, "request": 2, "wallet": "0x1", "amount": 100})
    home = "proponent of ACR project ACR192"
    gone = {"id": id_, "request": 2, "account": home, "blocks": [Block(2, 1, 1, 100)]}
    book.apply("UnitsReleased", gone)
    assert book.faults == []
    assert codes(plan(row(block(1, 100), 100), book=book)) == ["OFFSET_STANDS"]


def test_a_batch_is_one_project_vintage_and_account_and_has_room() -> None:
    rows = [row(block(1000 + n, 1000 + n), 1) for n in range(40)]
    other = row(
        "ACR-US-192-2011-204-1 to 5", 5, vintage_start="2011-01-01", vintage_end="2011-12-31"
    )
    made = plan(*rows, other, book=standing())
    # One block is in batch 1 already.
    assert [v.batch for v in made.blocks] == [1] * 31 + [2] * 9 + [3]
    assert [number for number, _ in made.batches] == [2, 3]
    assert [v.batch for v in plan(rows[0], book=standing(), account="another").blocks] == [2]
    closed = list(standing().batches)
    assert [v.batch for v in plan(rows[0], book=standing(), closed=closed).blocks] == [2]


def test_hints_are_those_of_the_moment_each_row_is_sent() -> None:
    made = plan(row(block(700, 700), 1), row(block(600, 600), 1), row(block(650, 650), 1))
    assert [v.hint for v in made.blocks] == [0, 0, 600]
    # Side by side in one batch, two blocks are one stretch.
    made = plan(row(block(101, 110), 10), row(block(111, 120), 10), book=standing())
    assert [v.hint for v in made.blocks] == [1, 1]


@pytest.mark.parametrize(
    ("changed", "code"),
    [
        ({"quantity_t": "99"}, "SERIAL_QUANTITY"),
        ({"quantity_t": "1e2"}, "EXTRACT_QUANTITY"),
        ({"quantity_t": "0"}, "EXTRACT_QUANTITY"),
        ({"serial": ""}, "SERIAL_MISSING"),
        ({"registry": "PURO"}, "SERIAL_REGISTRY"),
        ({"event": "transfer"}, "EXTRACT_EVENT"),
        ({"project_id": "ACR193"}, "EXTRACT_PROJECT"),
        ({"country": "Atlantis"}, "COUNTRY_UNKNOWN"),
        ({"vintage_start": "2011-01-01"}, "EXTRACT_VINTAGE"),
        ({"vintage_start": "1 January"}, "EXTRACT_VINTAGE"),
        ({"methodology": "M" * 201}, "EXTRACT_TEXT"),
    ],
)
def test_a_row_that_cannot_be_true_is_refused_alone(changed: dict[str, str], code: str) -> None:
    made = plan(row(block(1, 100), 100) | changed, row(block(101, 200), 100))
    assert codes(made) == [code, "OFFSET_IMMOBILISED"]
    assert made.verdicts[0].reason and made.verdicts[0].remedy


def test_a_file_without_its_columns_is_refused_whole(tmp_path: Path) -> None:
    file = tmp_path / "extract.csv"
    file.write_text("registry,event\nACR,issuance\n", encoding="utf-8")
    with pytest.raises(TonneError, match="EXTRACT_COLUMNS"):
        registry_extracts.read(file)
    with pytest.raises(TonneError, match="EXTRACT_UNREADABLE"):
        registry_extracts.read(tmp_path / "none.csv")


@pytest.mark.parametrize(
    ("name", "number"),
    [
        ("China", 156),
        ("cn", 156),
        ("Tanzania United Republic of", 834),
        ("Viet Nam", 704),
        ("Turkey", 792),
        ("Côte d'Ivoire", 384),
    ],
)
def test_a_country_has_many_names_and_one_number(name: str, number: int) -> None:
    assert countries.number(name) == number


@pytest.mark.parametrize(
    ("type_", "methodology", "activity", "kind"),
    [
        ("Agriculture Forestry and Other Land Use", "AR-ACM0003", 2, 1),
        ("A/R", "", 2, 1),
        ("Agriculture Forestry and Other Land Use", "VM0015", 1, 1),
        ("Agriculture Forestry and Other Land Use", "VM0042", 1, 6),
        ("Wind", "", 1, 2),
        ("Energy demand", "VMR0006", 1, 3),
        ("Biogas - Heat", "", 1, 5),
        ("Mine Methane Capture", "", 1, 8),
        ("Other", "", 1, 9),
    ],
)
def test_type_and_methodology_say_what_a_project_is(
    type_: str, methodology: str, activity: int, kind: int
) -> None:
    made = plan(row(block(1, 9), 9, project_type=type_, methodology=methodology))
    terms = made.blocks[0].terms
    assert terms and (terms.activity, terms.kind) == (activity, kind)


@pytest.mark.skipif(not EXTRACT.exists(), reason="needs the registry extracts")
def test_every_row_of_the_extracts_has_an_answer() -> None:
    made = plan(*(row for _, row in registry_extracts.read(EXTRACT)))
    assert made.counts() == [
        ("accepted", "OFFSET_RECORDED", "retirement", 200),
        ("accepted", "OFFSET_IMMOBILISED", "issuance", 100),
        ("accepted", "OFFSET_RECORDED", "cancellation", 50),
        ("refused", "SERIAL_MISSING", "issuance", 100),
    ]
    assert len(made.batches) == 82
