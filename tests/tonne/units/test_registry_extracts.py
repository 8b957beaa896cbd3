"""Extracts of other registries: every row is accepted or refused with a reason, from the chain's record."""

from __future__ import annotations

from collections import namedtuple
from pathlib import Path

import pytest

from tonne import countries
from tonne.errors import TonneError
from tonne.units import registry_descriptors, registry_extracts
from tonne.units.immobilisation_state import SerialBook

EXTRACT = Path(__file__).resolve().parents[4] / "shared" / "data" / "offset_events.csv"

Block = namedtuple("Block", "registry series first last")
Added = namedtuple("Added", "name descriptor keeper countsThrough largest series")
Used = namedtuple("Used", "issuance first last hint use day serial beneficiary")
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
    acr = registry_descriptors.named("ACR")
    terms = Added("ACR", acr.digest, 1, False, acr.largest_block, 0)
    book.apply("RegistryAdded", {"registry": 2, "scheme": 1, "terms": terms})
    book.apply("SeriesNumbered", {"registry": 2, "series": 1, "issuance": 203})
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
        "until": 0,
        "bond": 0,
    }
    book.apply("ImmobilisationRequested", asked)
    used = Used(203, 401, 500, 0, 3, 20_000, block(401, 500), "Example Airlines")
    event = {"registry": 2, "series": 1, "used": used, "officer": "0x2"}
    book.apply("BlockUsedElsewhere", event)
    assert book.faults == []
    return book


def test_uses_come_first_whatever_the_order_in_the_file() -> None:
    made = plan(row(block(1, 100), 100), row(block(50, 60), 11, "retirement"))
    assert codes(made) == ["OFFSET_PART_IMMOBILISED", "OFFSET_RECORDED"]
    assert [v.line for v in made.uses] == [3]
    assert [(part.first, part.last) for part in made.blocks] == [(1, 49), (61, 100)]


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
        (450, 460, "issuance", "OFFSET_USED_ELSEWHERE"),
        (90, 401, "issuance", "OFFSET_OVERLAP"),
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
        ({"registry": "NONE"}, "REGISTRY_UNKNOWN"),
        ({"registry": "NONE", "quantity_t": "1.5"}, "REGISTRY_UNKNOWN"),
        ({"quantity_t": "100.5"}, "EXTRACT_FRACTION"),
        ({"quantity_t": "1,00"}, "EXTRACT_QUANTITY"),
        ({"quantity_t": "１００"}, "EXTRACT_QUANTITY"),
        ({"country": "BR"}, "EXTRACT_CONTRADICTS"),
        ({"vintage_start": "2011-01-01", "vintage_end": "2011-12-31"}, "EXTRACT_CONTRADICTS"),
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


def test_a_whole_number_may_be_written_with_a_point_or_thousands() -> None:
    for quantity in ("1000", "1000.0", "1,000", "1,000.00", " 1000 "):
        made = plan(row(block(1001, 2000), 1000) | {"quantity_t": quantity})
        assert codes(made) == ["OFFSET_IMMOBILISED"]


def test_a_brazilian_serial_of_2008_is_not_china_2020() -> None:
    serial = "1-500-999-VCS-VCU-576-VER-BR-14-8-01012008-31122008-0"
    said = {"registry": "VERRA", "project_id": "8", "project_type": "", "methodology": "VM0015"}
    china = {"country": "China", "vintage_start": "2020-01-01", "vintage_end": "2020-12-31"}
    made = plan(row(serial, 500) | said | china)
    assert codes(made) == ["EXTRACT_CONTRADICTS"]
    assert (made.verdicts[0].field, made.verdicts[0].value) == ("country", "China")
    own = {"country": "Brazil", "vintage_start": "2008-01-01", "vintage_end": "2008-12-31"}
    assert codes(plan(row(serial, 500) | said | own)) == ["OFFSET_IMMOBILISED"]
    assert codes(plan(row(serial, 500) | said | own | {"project_type": "Transport"})) == [
        "EXTRACT_CONTRADICTS"
    ]


def test_two_blocks_of_one_issuance_are_of_one_project_country_vintage_and_kind() -> None:
    first = row("iss_1KP6EDZ8K1S036PY", 5) | {"registry": "ISOMETRIC", "quantity_t": "5.5"}
    for changed in ({"project_type": "Forest"}, {"vintage_start": "2009-01-01"}):
        second = row(block(600, 700), 101) | changed
        assert codes(plan(row(block(800, 900), 101), second)) == [
            "OFFSET_IMMOBILISED", "EXTRACT_ISSUANCE"
        ]  # fmt: skip
        assert codes(plan(second, book=standing())) == ["EXTRACT_ISSUANCE"]
    assert codes(plan(first)) == ["OFFSET_IMMOBILISED"]


def test_an_issuance_without_serials_comes_once_as_whole_tonnes() -> None:
    about = {
        "registry": "ISOMETRIC",
        "project_id": "prj_1JYCV03BW1S0RTE5",
        "quantity_t": "2,765.37",
    }
    came = row("iss_1KP6EDZ8K1S036PY", 0) | about
    made = plan(came, came, came | {"quantity_t": "9"})
    assert codes(made) == ["OFFSET_IMMOBILISED", "OFFSET_OVERLAP", "OFFSET_OVERLAP"]
    assert [(part.first, part.last) for part in made.blocks] == [(1, 2765)]
    assert "370 kg" in made.verdicts[0].reason
    # A use of it could be of any of its tonnes: all are barred.
    used = came | {"event": "retirement", "quantity_t": "3"}
    made = plan(came, used)
    assert codes(made) == ["OFFSET_USED_ELSEWHERE", "OFFSET_RECORDED"]
    assert [(v.block.first, v.block.last) for v in made.uses] == [(1, 5_000_000)]
    for quantity in ("0.4", "1.2345"):
        assert codes(plan(came | {"quantity_t": quantity})) == ["EXTRACT_FRACTION"]


def test_what_is_left_of_a_part_used_block_comes_in_and_stands() -> None:
    book = standing()
    made = plan(row(block(350, 550), 201), book=book)
    assert codes(made) == ["OFFSET_PART_IMMOBILISED"]
    assert [(p.first, p.last, p.hint) for p in made.blocks] == [(350, 400, 201), (501, 550, 401)]
    id_ = next(iter(book.batches))
    for first, last in ((350, 400), (501, 550)):
        here = {
            "id": id_,
            "request": 0,
            "to": "0x1",
            "serial": "",
            "block_": Block(2, 1, first, last),
        }
        book.apply("BlockImmobilised", here)
    assert codes(plan(row(block(350, 550), 201), book=book)) == ["OFFSET_STANDS"]


def test_a_use_keeps_its_day_and_beneficiary() -> None:
    used = row(block(600, 700), 101, "retirement") | {
        "beneficiary": "  Example\nAirlines " + "é" * 200
    }
    (kept,) = plan(used).uses
    assert kept.day == 20_454
    assert (
        kept.beneficiary.startswith("Example Airlines é") and len(kept.beneficiary.encode()) <= 200
    )
    for wrong in ("2150-01-01", "1960-01-01", "1 January"):
        assert codes(plan(used | {"date": wrong})) == ["EXTRACT_DATE"]
    assert plan(used | {"date": ""}).uses[0].day == 0


def test_another_descriptor_or_scheme_than_the_one_on_record_is_refused() -> None:
    book = standing()
    rows = [(2, row(block(600, 700), 101))]
    assert codes(registry_extracts.plan(rows, book, 2)) == ["REGISTRY_FOREIGN"]
    book.registries[2].admitted.add(2)
    assert codes(registry_extracts.plan(rows, book, 2)) == ["OFFSET_IMMOBILISED"]
    book.registries[2].descriptor = b"another"
    assert codes(plan(row(block(600, 700), 101), book=book)) == ["DESCRIPTOR_OTHER"]


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
    terms = made.verdicts[0].terms
    assert terms and (terms.activity, terms.kind) == (activity, kind)


@pytest.mark.skipif(not EXTRACT.exists(), reason="needs the registry extracts")
def test_every_row_of_the_extracts_has_an_answer() -> None:
    made = plan(*(row for _, row in registry_extracts.read(EXTRACT)))
    assert made.counts() == [
        ("accepted", "OFFSET_RECORDED", "retirement", 200),
        ("accepted", "OFFSET_IMMOBILISED", "issuance", 97),
        ("accepted", "OFFSET_RECORDED", "cancellation", 50),
        ("refused", "SERIAL_MISSING", "issuance", 100),
        ("refused", "EXTRACT_CONTRADICTS", "issuance", 3),  # the row's country is not the serial's
    ]
    assert len(made.batches) == 81
