"""China 2024 and Europe with industry: allocation on the chain against arithmetic written from the rules."""

from __future__ import annotations

import csv
import json
import re
from fractions import Fraction
from pathlib import Path

import pytest

from tests.e2e.runs import ROOT, run, text_of

pytestmark = pytest.mark.long

SECONDS = 900  # the first start compiles
#: Warming potentials of the fifth assessment report, and benchmarks of Europe from 2021 to 2025.
WARMING = {"CO2": 1, "CF4": 6_630}
BENCHMARKS = {
    "clinker": Fraction(693, 1000),
    "hot metal": Fraction(1288, 1000),
    "aluminium": Fraction(1464, 1000),
}


def sectors(base: Path, *arguments: str) -> tuple[str, list[dict[str, str]], dict[int, list]]:
    """(output, plants of sectors by the events, lines of the signed reports by installation) of a run."""
    done = run(
        base / "tmp",
        SECONDS,
        *("period", "--from", "2024", "--sessions", "20", "--monthly", "0", "--keep"),
        *(*arguments, "--out", str(base / "report")),
    )
    assert done.returncode == 0, done.stdout + done.stderr
    with (base / "report" / "data" / "sectors.csv").open(encoding="utf-8", newline="") as file:
        plants = list(csv.DictReader(file))
    signed: dict[int, list] = {}
    for path in (base / "tmp").glob("tonne-period-*/inbox/done/*.json"):
        content = json.loads(path.read_text(encoding="utf-8"))
        reports = content["reports"] if "reports" in content else [content["signed"]]
        signed |= {one["report"]["installation"]: one["lines"] for one in reports}
    return done.stdout, plants, signed


def scenarios(*names: str) -> list[str]:
    return [word for name in names for word in ("--scenario", str(ROOT / "scenarios" / name))]


def made(lines: list, product: str) -> int:
    return sum(
        x["quantity"] for x in lines if x["category"] == "output" and x["product"] == product
    )


def emitted(lines: list) -> int:
    """Emissions of lines [t CO2e], rounded up once."""
    kg = sum(WARMING[gas] * amount for line in lines for gas, amount in line["gases"].items())
    return -(-kg // 1000)


def register_of(base: Path) -> dict[int, str]:
    """Output by product of the run's public register, by installation."""
    path = base / "report" / "data" / "register.csv"
    with path.open(encoding="utf-8", newline="") as file:
        return {int(row["plant"]): row["made"] for row in csv.DictReader(file)}


def on_chain_in_the_register(base: Path, plants, signed) -> None:
    """Tonnes of product stand in the register as the signed lines have them, by events alone."""
    register = register_of(base)
    for plant in plants:
        number, product = int(plant["installation"]), plant["product"]
        tonnes = made(signed[number], product)
        assert register[number] == f"{product} {tonnes:,} t (on chain)"
    power = [text for number, text in register.items() if text.startswith("electricity ")]
    assert power and all("(on chain)" in text for text in power)


def held_against_the_rule(plants, signed, given) -> int:
    """Allocation on the chain equals `given` of each plant, by its signed lines; how many were compared."""
    for plant in plants:
        lines = signed[int(plant["installation"])]
        assert emitted(lines) == int(plant["emissions_t"])
        assert made(lines, plant["product"]) == int(plant["product_t"])
        assert int(plant["allocated_t"]) == given(plant, lines), plant
        assert plant["worked_out_t"] == plant["allocated_t"]
    return len(plants)


def test_china_2024_gives_industry_what_it_emitted(tmp_path):
    files = (
        "china-2023-24-assumed.toml",
        "china-dates-assumed.toml",
        "china-2024-sectors.toml",
    )
    output, plants, signed = sectors(tmp_path, "--emitters", "60", *scenarios(*files))
    assert held_against_the_rule(plants, signed, lambda plant, lines: emitted(lines)) == 25
    assert {plant["sector"] for plant in plants} == {"steel", "cement", "aluminium"}
    on_chain_in_the_register(tmp_path, plants, signed)
    perfluorocarbons = [x for lines in signed.values() for x in lines if "CF4" in x["gases"]]
    assert len(perfluorocarbons) == 2, "of the aluminium smelters"
    assert "no difference" in output and "silent" not in output
    said = text_of(tmp_path / "report")
    assert "drawn by the seed" in said and re.search(r"refused orders 0\b", said)


def test_europe_gives_industry_by_tonnes_of_product(tmp_path):
    files = ("eu-ets-assumed.toml", "eu-2024-sectors.toml")
    output, plants, signed = sectors(
        tmp_path, "--scheme", "eu", "--emitters", "60", *scenarios(*files)
    )

    def given(plant, lines):
        return int(BENCHMARKS[plant["product"]] * int(plant["product_before_t"]))

    assert held_against_the_rule(plants, signed, given) == 7
    assert {plant["product"] for plant in plants} == set(BENCHMARKS)
    on_chain_in_the_register(tmp_path, plants, signed)
    assert "no difference" in output and "silent" not in output


@pytest.mark.parametrize("name, products", [("SECTORS", 3), ("EU_SECTORS", 3)])
def test_the_demo_compares_sectors_and_reports_examples_of_the_register(tmp_path, name, products):
    """The commands of `make demo`: three lines; the report compares each product, and has examples."""
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8").replace("\\\n", " ")
    command = re.search(rf"^{name} := bin/tonne (.+)$", makefile, re.MULTILINE)[1].split()
    done = run(tmp_path / "tmp", SECONDS, *command, "--out", str(tmp_path / "report"))
    assert done.returncode == 0, done.stdout + done.stderr
    title, result, report = done.stdout.splitlines()
    assert ": 60 emitters, " in title and str(tmp_path / "report" / "index.html") in report
    assert result.endswith("no difference; every allocation equals the rules")
    data = tmp_path / "report" / "data"
    with (data / "sector_sums.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert [row["plants_that_differ"] for row in rows] == ["0"] * products
    assert all(row["on_chain"] == row["by_lines"] for row in rows)
    with (data / "examples.csv").open(encoding="utf-8", newline="") as file:
        examples = list(csv.DictReader(file))
    assert "complies" in {row["standing"] for row in examples}
    assert {"complied", "late surrender"} <= {row["example_of"] for row in examples}
    assert " goal " not in text_of(tmp_path / "report"), "60 emitters are no measure for 2,162"
