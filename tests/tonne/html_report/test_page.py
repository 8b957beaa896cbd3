"""A report of made-up figures: hostile text, long tables, every kind of chart; alone after it was moved."""

from __future__ import annotations

import csv
import json
import re
import shutil
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from tests.tonne.html_report import browser
from tests.web.conftest import needs_chromium
from tonne.html_report import data_files, page
from tonne.html_report.charts import MOST_POINTS, Chart, ChartSeries, thinned
from tonne.html_report.data_files import Column, DataTable
from tonne.html_report.page import Bullets, Charts, Facts, Page, PageTable, Section, Text

HOSTILE = '</script><script>alert(1)</script> & "x"'

PLANTS = DataTable(
    "plants",
    "Plants of a test.",
    [
        Column("plant"),
        Column("emissions", "emissions_t", "t", total=True),
        Column("paid", "paid_micro_credit", "credit", digits=4, total=True, scale=1_000_000),
        Column("fine", digits=2, total=True),
        Column("hidden", shown=False),
    ],
    [(f"plant {i}", i * 7_919 % 1_000, i * 1_234_567, i / 3, "x") for i in range(40)]
    + [("=cmd()", None, 5, 0.5, None)],
)
HOURS = [i / 4 for i in range(96)]


def charts() -> list[Chart]:
    wave = [abs(12 - hour) for hour in HOURS]
    return [
        Chart(
            "Steps of a day",
            "lines",
            [
                ChartSeries("one", "blue", wave, step=True),
                ChartSeries("two", "red", [None, *wave[1:]], step=True),
            ],
            "kWh",
            x=HOURS,
            x_unit="hour",
            domain=(0, 24),
        ),
        Chart(
            HOSTILE,
            "lines",
            [ChartSeries("s", "teal", wave, step=True), ChartSeries("t", "amber", wave, step=True)],
            "kWh",
            x=HOURS,
            domain=(0, 24),
            stacked=True,
        ),
        Chart(
            "Bars",
            "bars",
            [ChartSeries("up", "green", [1, 2]), ChartSeries("down", "red", [-1, -3])],
            "Mt",
            categories=["first", "second"],
            stacked=True,
        ),
        Chart(
            "Rows",
            "rows",
            [ChartSeries("a", "ink", [1, 1_000]), ChartSeries("b", "grey", [2, 10_000])],
            "kWh",
            categories=["a long name of a line, and back", "short"],
            scale="symlog",
        ),
    ]


def example() -> Page:
    return Page(
        HOSTILE,
        "Test",
        [Text("Simulated.", "note"), Bullets(["one", HOSTILE])],
        [
            Section("Charts", [Charts(charts())]),
            Section("Plants", [PageTable("All", PLANTS)]),
            Section("Facts", [Facts([("a", "b" * 200), ("other", "page")], {"other": "x/index.html"})]),
            Section("Nothing", [PageTable("", DataTable("none", "None.", [Column("a")], [])), Facts([])]),
        ],
        headline=[("emissions", "1,000 t", "of a test")],
        foot="Seed 1.",
        data=[PLANTS],
    )  # fmt: skip


@pytest.fixture(scope="module")
def moved(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A report that was written, and then moved with its data."""
    base = tmp_path_factory.mktemp("html")
    page.write(example(), base / "first")
    shutil.move(base / "first", base / "then")
    return base / "then"


@pytest.fixture(scope="module")
def seen(moved: Path) -> dict[str, Any]:
    return browser.look(moved / "index.html")


@needs_chromium
def test_the_page_stands_alone_fits_and_prints(moved: Path, seen: dict[str, Any]) -> None:
    browser.check_page(seen, (moved / "index.html").read_text(encoding="utf-8"))


@needs_chromium
def test_tables_sort_and_agree_with_their_files(moved: Path, seen: dict[str, Any]) -> None:
    browser.check_tables(seen)
    browser.check_data(seen, moved / "data")


@needs_chromium
def test_a_day_is_drawn_from_0_to_24(seen: dict[str, Any]) -> None:
    assert seen["charts"][0]["ticks"] == browser.DAY


@needs_chromium
def test_a_page_by_itself_opens_without_its_data(moved: Path, tmp_path: Path) -> None:
    alone = tmp_path / "renamed.html"
    shutil.copy(moved / "index.html", alone)
    found = browser.look(alone)
    assert found["requests"] == [] and found["console"] == []
    assert found["charts"][0]["marks"] > 0


def test_a_long_name_that_heads_its_row_breaks_between_its_words() -> None:
    table = DataTable("codes", "", [Column("code"), Column("of")], [("A_LONG<CODE", "not_here")])
    html = page.render(Page("Codes", "Test", [], [Section("Codes", [PageTable("", table)])]))
    assert '<th scope="row">A_<wbr>LONG&lt;CODE</th><td>not_here</td>' in html


def test_text_is_never_markup() -> None:
    html = page.render(example())
    assert "<script>alert" not in html
    assert html.count("<script") == html.count("</script>") == 1 + len(charts())
    told = json.loads(re.findall(r'<script type="application/json">(.*?)</script>', html)[0])
    assert told["series"][1]["y"][0] is None and told["domain"] == [0.0, 24.0]


def test_its_policy_names_the_script_and_style_that_it_has() -> None:
    html = page.render(example())
    (policy,) = re.findall(r'Content-Security-Policy" content="([^"]*)"', html)
    assert "default-src &#39;none&#39;" in policy and policy.count("sha256-") == 2
    assert "unsafe" not in policy


def test_files_defuse_formulas_and_keep_numbers(moved: Path) -> None:
    with (moved / "data" / "plants.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert rows[-1]["plant"] == "'=cmd()" and rows[1]["paid_micro_credit"] == "1234567"
    safe = [data_files._safe(text) for text in ("-0.08325", "+1,200", "-1+cmd()", "-", "@x", "=1")]
    assert safe == ["-0.08325", "+1,200", "'-1+cmd()", "'-", "'@x", "'=1"]
    table = pq.read_table(moved / "data" / "plants.parquet")
    assert str(table.schema.field("emissions_t").type) == "int64"
    assert table.column("emissions_t").to_pylist()[-1] is None
    assert table.column("hidden").to_pylist()[0] == "x"


def test_great_numbers_stay_whole_in_files(tmp_path: Path) -> None:
    data_files.write([DataTable("great", "Ids.", [Column("id")], [(2**90,), (1,)])], tmp_path)
    (kept, _) = pq.read_table(tmp_path / "data" / "great.parquet").column("id").to_pylist()
    assert int(kept) == 2**90


def test_a_long_curve_keeps_its_ends() -> None:
    places, values = thinned([float(i) for i in range(5_000)])
    assert len(values) <= MOST_POINTS and values[0] == 0 and values[-1] == 4_999
    assert places == values
