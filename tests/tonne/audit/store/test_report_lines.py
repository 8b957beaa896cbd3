"""Published lines against the roots on chain: what fits is proved, what does not is refused."""

from __future__ import annotations

import json

import pytest

from tests.tonne.audit.store.paper_events import PaperEvents
from tonne.audit.store import report_lines
from tonne.audit.store.report_lines import ProductFigure, PublishedReport
from tonne.errors import TonneError
from tonne.evidence import manifest

WORKS = manifest.industry_lines(
    product="clinker",
    product_t=1_000,
    emissions_t=800,
    process="limestone",
    process_t=500,
    fuel="coal",
)
MILL = manifest.industry_lines(
    product="hot metal",
    product_t=400,
    emissions_t=900,
    process="limestone",
    process_t=100,
    fuel="coal",
)


def kiln(quantity, source):
    """A line of clinker of another kiln, which emits nothing itself."""
    return WORKS[0].model_copy(update={"quantity": quantity, "source": source})


@pytest.fixture
def chain():
    """Plants 1 and 2 with a report each."""
    events = PaperEvents()
    events.report(1, 2024, WORKS)
    events.report(2, 2024, MILL)
    return events


def published(lines=WORKS, plant=1, year=2024, revision=1):
    return PublishedReport("one.report.json", plant, year, revision, tuple(lines))


def proved(chain, *reports):
    return report_lines.proved(reports, chain.rows("FROM reports"))


def refused(chain, report):
    with pytest.raises(TonneError) as error:
        proved(chain, report)
    assert error.value.field and error.value.remedy and "one.report.json" in error.value.message
    return error.value.code


def test_lines_that_come_to_the_root_are_proved(chain):
    found = proved(chain, published(), published(MILL, plant=2))
    assert found == {
        (1, 2024, 1): ("proved", (1, 0), [ProductFigure("clinker", "t", 1_000)]),
        (2, 2024, 1): ("proved", (2, 0), [ProductFigure("hot metal", "t", 400)]),
    }


def test_tonnes_of_several_sources_are_added_and_totals_left_out():
    power = manifest.power_plant_lines(power_mwh=9, heat_gj=8, emissions_t=7, fuel="coal")
    lines = [*WORKS, kiln(250, "kiln 2"), *power]
    assert list(report_lines.products(lines)) == [ProductFigure("clinker", "t", 1_250)]


def test_lines_of_another_plant_are_refused(chain):
    assert refused(chain, published(MILL)) == "REGISTER_LINES_PLANT"
    assert refused(chain, published(plant=3)) == "REGISTER_LINES_PLANT"


def test_changed_lines_are_refused(chain):
    more = (WORKS[0].model_copy(update={"quantity": 2_000}), *WORKS[1:])
    assert refused(chain, published(more)) == "REGISTER_LINES_ALTERED"
    assert refused(chain, published((WORKS[1], WORKS[0], *WORKS[2:]))) == "REGISTER_LINES_ALTERED"


def test_lines_left_out_or_added_are_refused_with_both_numbers(chain):
    assert refused(chain, published(WORKS[:2])) == "REGISTER_LINES_COUNT"
    assert refused(chain, published([*WORKS, WORKS[1]])) == "REGISTER_LINES_COUNT"
    with pytest.raises(TonneError, match="it has 2 lines, 3 were signed"):
        proved(chain, published(WORKS[:2]))


@pytest.mark.parametrize("what", [{"plant": 9}, {"year": 2023}, {"revision": 2}])
def test_a_report_that_is_not_on_chain_is_refused(what):
    chain = PaperEvents()
    chain.report(1, 2024, MILL)
    assert refused(chain, published(**what)) == "REGISTER_LINES_REPORT"


def test_every_corrected_report_has_its_own_root(chain):
    more = [*WORKS, kiln(250, "kiln 2")]
    chain.report(1, 2024, more, revision=2)
    found = proved(chain, published(), published(more, revision=2))
    assert found[1, 2024, 1].figures != found[1, 2024, 2].figures
    assert found[1, 2024, 2].figures == [ProductFigure("clinker", "t", 1_250)]
    assert refused(chain, published(revision=2)) == "REGISTER_LINES_COUNT"


def test_a_service_goes_on_with_those_that_fit(chain):
    right, wrong, early = published(), published(WORKS[:2]), published(year=2025)
    rows = chain.rows("FROM reports")
    assert report_lines.fitting([wrong, right, early], rows) == [right]


# Files


def write(folder, name, lines=WORKS, year=2024, **more):
    """A file of plant 1's report."""
    said = {
        "installation": 1, "year": year, "revision": 1, "emissionsT": 800, "powerMwh": 0, "heatGj": 0,
        "gwpSet": 5, "lineCount": 3, "linesRoot": "0x" + bytes(32).hex(),
        "evidenceRoot": "0x" + bytes(32).hex(), "configDigest": "0x" + bytes(32).hex(), "signedAt": 1,
    }  # fmt: skip
    signature = "0x" + bytes(65).hex()
    signed = {
        "report": said, "operatorSignature": signature, "lines": manifest.plain(lines), "evidence": [],
    }  # fmt: skip
    envelope = {"format": 1, "chainId": 1, "contract": "0x" + bytes(20).hex()}
    root = "0x" + bytes(32).hex()
    opinion = {
        "report": root, "installation": 1, "year": 2024, "body": 1, "assurance": 2, "materialityPpm": 1,
        "emissionsT": 800, "configDigest": root, "signedAt": 1, "leadSignature": signature,
        "reviewerSignature": signature,
    }  # fmt: skip
    text = {**envelope, "kind": "report", "signed": signed, "opinions": [opinion], **more}
    (folder / name).write_text(json.dumps(text), encoding="utf-8")


def test_a_folder_of_signed_reports_is_read_and_proved_by_its_own_lines(chain, tmp_path):
    write(tmp_path, "1-2024.report.json")
    (tmp_path / "notes.json").write_text("no report")
    (found,) = report_lines.read(tmp_path)
    assert (found.key, found.file, found.lines) == ((1, 2024, 1), "1-2024.report.json", WORKS)
    assert proved(chain, found)


def test_a_product_that_is_told_twice_is_refused_as_wherever_lines_are_read(tmp_path):
    write(tmp_path, "1-2024.report.json", [*WORKS, WORKS[0]])
    with pytest.raises(TonneError) as error:
        report_lines.read(tmp_path)
    assert error.value.code == "REPORT_LINES_TWICE"


def test_a_folder_without_reports_is_refused(tmp_path):
    with pytest.raises(TonneError) as error:
        report_lines.read(tmp_path)
    assert (error.value.code, error.value.field) == ("REGISTER_LINES_FOLDER", "lines")


def test_a_file_that_is_no_report_is_named(tmp_path):
    (tmp_path / "x.report.json").write_text("{")
    with pytest.raises(TonneError, match=r"x\.report\.json") as error:
        report_lines.read(tmp_path)
    assert error.value.code == "REPORT_MALFORMED"
