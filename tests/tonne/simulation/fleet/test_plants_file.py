"""Fleet files: read as documented, refused whole when a row is bad."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tonne.errors import TonneError
from tonne.simulation.fleet.plants_file import Form, read_fleet, read_scenario

ROOT = Path(__file__).resolve().parents[4]
GENERATORS = ROOT / ".." / "shared" / "data" / "au_nger_generators.csv"
SCENARIO = ROOT / "scenarios" / "australia-nger.toml"

HEADING = "entity_id,benchmark_class,capacity_mw,generation_mwh,co2_t"
GOOD = "A,coal_gt300,660,2864400,2364889"


def write(folder: Path, *lines: str) -> Path:
    path = folder / "fleet.csv"
    path.write_text("\n".join((HEADING, *lines)) + "\n", encoding="utf-8")
    return path


def test_read_fleet_takes_the_documented_form(tmp_path: Path) -> None:
    read = read_fleet(write(tmp_path, GOOD, "B,gas,100,200000,80000"))
    first = read.plants[0]
    assert (first.key, first.class_number, first.capacity_kw) == ("A", 1, 660_000)
    assert (first.power_mwh, first.emissions_t) == (int(2_864_400 * 0.94), 2_364_889)
    assert first.province == "unknown"
    assert any("Own use" in sentence for sentence in read.assumed)


def test_read_fleet_prefers_what_a_file_says(tmp_path: Path) -> None:
    path = tmp_path / "fleet.csv"
    path.write_text(
        HEADING + ",supplied_mwh,heat_gj,prior_supplied_mwh,plant_name,my_notes\n"
        "A,coal_le300,300,1000000,900000,930000,5000,910000,Somewhere,x\n",
        encoding="utf-8-sig",
    )
    read = read_fleet(path)
    plant = read.plants[0]
    assert (plant.power_mwh, plant.heat_gj, plant.prior_power_mwh) == (930_000, 5_000, 910_000)
    assert not read.heat_unknown
    assert "Columns not used: my_notes." in read.assumed


def test_a_row_that_a_table_allocates_may_say_nothing_of_output(tmp_path: Path) -> None:
    path = tmp_path / "fleet.csv"
    path.write_text(
        HEADING + ",allocation_t\n" + GOOD + ",\nB,gas,,,80000,61000\nC,gas,100,200000,80000,0\n"
    )
    read = read_fleet(path)
    first, second, third = read.plants
    assert (first.tabled_t, first.by_table) == (None, False)
    assert (second.tabled_t, second.power_mwh, second.emissions_t) == (61_000, 0, 80_000)
    assert (third.tabled_t, third.power_mwh) == (0, 196_000)
    assert "Rows without output, whose allocation a table decides: 1." in read.assumed


def test_a_file_of_tables_alone_has_no_output_at_all(tmp_path: Path) -> None:
    path = tmp_path / "fleet.csv"
    path.write_text("entity_id,benchmark_class,co2_t,allocation_t\nB,gas,80000,61000\nC,gas,5,\n")
    with pytest.raises(TonneError) as refused:
        read_fleet(path)
    assert refused.value.code == "FLEET_MISSING_VALUE"
    assert "fleet.csv, line 3, column generation_mwh: a required cell is empty" in str(
        refused.value
    )
    assert "give the row's free allowances in allocation_t" in refused.value.remedy
    path.write_text("entity_id,benchmark_class,co2_t,allocation_t\nB,gas,80000,61000\n")
    assert read_fleet(path).plants[0].capacity_kw == 0


@pytest.mark.parametrize(
    ("cell", "code"),
    [("1.5", "FLEET_FRACTION"), ("-1", "FLEET_NEGATIVE"), ("x", "FLEET_NOT_A_NUMBER")],
)
def test_a_tables_tonnes_are_whole_and_not_negative(tmp_path: Path, cell: str, code: str) -> None:
    path = tmp_path / "fleet.csv"
    path.write_text(f"{HEADING},allocation_t\nB,gas,,,80000,{cell}\n")
    with pytest.raises(TonneError) as refused:
        read_fleet(path)
    assert refused.value.code == code and refused.value.remedy
    assert "fleet.csv, line 2, column allocation_t:" in refused.value.message


#: (code, line, column, what the file is), the table of bad input.
BAD = [
    ("FLEET_NEGATIVE", 3, "co2_t", [GOOD, "B,gas,100,200000,-1"]),
    ("FLEET_NEGATIVE", 2, "capacity_mw", ["B,gas,-100,200000,1"]),
    ("FLEET_MISSING_VALUE", 3, "benchmark_class", [GOOD, "B,,100,200000,1"]),
    ("FLEET_MISSING_VALUE", 3, "entity_id", [GOOD, ",gas,100,200000,1"]),
    ("FLEET_MISSING_VALUE", 2, "generation_mwh", ["B,gas,100,,1"]),
    ("FLEET_DUPLICATE_KEY", 4, "entity_id", [GOOD, "B,gas,1,1,1", GOOD]),
    ("FLEET_NOT_A_NUMBER", 2, "co2_t", ["B,gas,100,200000,many"]),
    ("FLEET_NOT_A_NUMBER", 2, "co2_t", ["B,gas,100,200000,1e5"]),
    ("FLEET_NOT_A_NUMBER", 2, "co2_t", ["B,gas,100,200000,nan"]),
    ("FLEET_NOT_A_NUMBER", 2, "generation_mwh", ['B,gas,100,"200,000",1']),
    ("FLEET_NOT_A_NUMBER", 2, "co2_t", ["B,gas,100,200000,٣"]),
    ("FLEET_TOO_LARGE", 2, "co2_t", [f"B,gas,100,200000,{2**40}"]),
    ("FLEET_ZERO_CAPACITY", 2, "capacity_mw", ["B,gas,0,200000,1"]),
    ("FLEET_UNKNOWN_CLASS", 2, "benchmark_class", ["B,nuclear,100,200000,1"]),
    ("FLEET_ROW_WIDTH", 3, 6, [GOOD, GOOD + ",7"]),
    ("FLEET_ROW_WIDTH", 2, 3, ["B,gas"]),
    ("FLEET_NOT_CSV", 2, 1, ['B,"ga"s,1,1,1']),
    ("FLEET_EMPTY", 2, 1, []),
]


@pytest.mark.parametrize("code,line,column,rows", BAD)
def test_read_fleet_names_file_line_and_column(
    tmp_path: Path, code: str, line: int, column: str | int, rows: list[str]
) -> None:
    with pytest.raises(TonneError) as refused:
        read_fleet(write(tmp_path, *rows))
    assert refused.value.code == code
    assert f"fleet.csv, line {line}, column {column}:" in refused.value.message
    assert refused.value.remedy


def test_every_bad_row_is_listed_at_once(tmp_path: Path) -> None:
    rows = [GOOD, "B,gas,100,200000,-1", GOOD, "C,gas,1,1", "D,wind,1,1,1", "E,gas,1,1e5,1"]
    with pytest.raises(TonneError) as refused:
        read_fleet(write(tmp_path, *rows))
    assert refused.value.code == "FLEET_ROWS"
    told = refused.value.message
    for expected in (
        "5 rows of fleet.csv cannot be read",
        "line 3, column co2_t: -1 is negative. No amount is below zero.",
        "line 4, column entity_id: 'A' stands on line 2 already. Give every emitter one row.",
        "line 5, column 5: 4 cells under 5 headings. Give every row one cell",
        "line 6, column benchmark_class: 'wind' is no class. Known are none, coal_gt300",
        "line 7, column generation_mwh: '1e5' is not a number. Write digits",
    ):
        assert expected in told, expected


@pytest.mark.parametrize(
    "code,content",
    [
        ("FLEET_MISSING_COLUMN", b"entity_id,capacity_mw,generation_mwh,co2_t\nA,1,1,1\n"),
        ("FLEET_WRONG_COLUMN", HEADING.replace("co2_t", "c02_t").encode() + b"\n"),
        ("FLEET_DUPLICATE_COLUMN", (HEADING + ",co2_t\n").encode()),
        ("FLEET_EMPTY", b""),
    ],
)
def test_read_fleet_refuses_a_wrong_heading(tmp_path: Path, code: str, content: bytes) -> None:
    path = tmp_path / "fleet.csv"
    path.write_bytes(content)
    with pytest.raises(TonneError) as refused:
        read_fleet(path)
    assert refused.value.code == code
    assert "line 1" in refused.value.message


@pytest.mark.parametrize(
    "line,column,content",
    [
        (3, 1, HEADING.encode() + b"\n" + GOOD.encode() + b"\n\xc4,gas,1,1,1\n"),
        (2, 2, HEADING.encode() + b"\nB,g\xffs,1,1,1\n"),
        (1, 1, HEADING.encode("utf-16")),
        (1, 1, HEADING.encode("utf-16-le")),
    ],
)
def test_read_fleet_refuses_another_encoding(
    tmp_path: Path, line: int, column: int, content: bytes
) -> None:
    path = tmp_path / "fleet.csv"
    path.write_bytes(content)
    with pytest.raises(TonneError) as refused:
        read_fleet(path)
    assert refused.value.code == "FLEET_ENCODING"
    assert f"line {line}, column {column}" in refused.value.message


def test_read_fleet_refuses_what_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(TonneError) as refused:
        read_fleet(tmp_path / "nothing.csv")
    assert refused.value.code == "FLEET_UNREADABLE"


@settings(max_examples=300)
@given(content=st.one_of(st.binary(max_size=400), st.text(max_size=400).map(str.encode)))
def test_read_fleet_reads_or_refuses_anything(tmp_path_factory, content: bytes) -> None:
    path = tmp_path_factory.mktemp("fuzz") / "fleet.csv"
    path.write_bytes(HEADING.encode() + b"\n" + content)
    try:
        read_fleet(path)
    except TonneError as refused:
        assert refused.code.startswith("FLEET_")


cells = st.text(
    st.characters(blacklist_categories=("Cs",), blacklist_characters="\0\r\n"), max_size=12
)


@settings(max_examples=200)
@given(row=st.lists(cells, min_size=5, max_size=5))
def test_read_fleet_never_takes_a_bad_amount(tmp_path_factory, row: list[str]) -> None:
    quoted = ",".join('"' + cell.replace('"', '""') + '"' for cell in row)
    path = write(tmp_path_factory.mktemp("fuzz"), GOOD, quoted)
    try:
        plant = read_fleet(path).plants[1]
    except TonneError as refused:
        assert refused.code.startswith("FLEET_")
    else:
        assert min(plant.capacity_kw, plant.power_mwh, plant.emissions_t) >= 0


# Scenarios


def test_a_form_gives_every_row_or_a_blank_cell_its_class(tmp_path: Path) -> None:
    blank = Form(classes={"": "none", "gas": "gas"})
    read = read_fleet(write(tmp_path, "A,,1,1,1", "B,gas,1,1,1"), blank)
    assert [plant.class_name for plant in read.plants] == ["none", "gas"]
    path = tmp_path / "one.csv"
    path.write_text("entity_id,capacity_mw,generation_mwh,co2_t\nA,1,1,1\n", encoding="utf-8")
    (plant,) = read_fleet(path, Form(constant_class="gas")).plants
    assert plant.class_name == "gas"


def test_a_constant_class_that_is_none_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "scenario.toml"
    path.write_text("[fleet]\nconstant_class = 'wind'\n", encoding="utf-8")
    with pytest.raises(TonneError) as refused:
        read_scenario(path)
    assert refused.value.code == "SCENARIO_BAD_FIELD"
    assert "constant_class" in refused.value.message


def test_scenario_names_its_pack_and_form() -> None:
    form, pack = read_scenario(SCENARIO)
    assert form.key == ("entity", "facility")
    assert pack is not None
    assert pack.exists()


@pytest.mark.parametrize(
    "code,text",
    [
        ("SCENARIO_NOT_TOML", "pack = "),
        ("SCENARIO_BAD_FIELD", "[fleet]\nkeys = ['a']"),
        ("SCENARIO_BAD_FIELD", "[fleet]\nassumed_load = 2"),
        ("SCENARIO_BAD_FIELD", "speed = 1"),
        ("SCENARIO_IS_PACK", "format = 1\n[scheme]\nname = 'x'"),
    ],
)
def test_scenario_refuses_what_it_does_not_know(tmp_path: Path, code: str, text: str) -> None:
    path = tmp_path / "scenario.toml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(TonneError) as refused:
        read_scenario(path)
    assert refused.value.code == code


def test_rows_equal_in_figures_are_one_plant_and_latest_year_counts(tmp_path: Path) -> None:
    form, _ = read_scenario(SCENARIO)
    path = tmp_path / "table.csv"
    path.write_text(
        "year,entity,facility,state,grid,fuel,generation_mwh,scope1_t_co2e,scope2_t_co2e\n"
        "2016-2017,OLD,Plant,QLD,NEM,,100.0,50,0\n"
        "2017-2018,ONE,Daandine,QLD,NEM,Coal Seam Methane,218721.0,109265,0\n"
        "2017-2018,TWO,Daandine,QLD,NEM,Coal Seam Methane,218721.0,109265,0\n"
        "2017-2018,ONE,Facility,VIC,NEM,Wind,627092.0,17,0\n"
        "2017-2018,TWO,Facility,VIC,NEM,Wind,80286.0,5,0\n",
        encoding="utf-8",
    )
    read = read_fleet(path, form)
    assert [p.name for p in read.plants] == [
        "ONE / Daandine",
        "ONE / Facility",
        "TWO / Facility",
    ]
    assert [p.key for p in read.plants] == ["P0001", "P0002", "P0003"]
    assert [p.class_number for p in read.plants] == [4, 0, 0]
    assert read.plants[0].power_mwh == 218_721


@pytest.mark.skipif(not GENERATORS.exists(), reason="the shared data is not here")
def test_shared_generators_are_read_under_the_scenario() -> None:
    form, _ = read_scenario(SCENARIO)
    read = read_fleet(GENERATORS, form)
    assert len(read) == 424
    assert sum(1 for p in read.plants if p.class_number) == 228


def test_form_documents_every_column_it_reads() -> None:
    text = (ROOT / "docs" / "fleet.md").read_text(encoding="utf-8")
    for column in sorted(Form().known()):
        assert f"`{column}`" in text
