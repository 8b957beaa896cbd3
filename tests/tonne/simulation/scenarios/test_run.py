"""Running a scenario: the same file gives the same table, however many processes; the command line."""

from __future__ import annotations

import csv
import hashlib
import json

import pytest

from tests.tonne.html_report import browser
from tests.tonne.simulation.scenarios.files import CASE, RUN, SWEEP, read, written
from tests.web.conftest import needs_chromium
from tonne.cli import main
from tonne.simulation.scenarios import run as runs
from tonne.simulation.scenarios import table

SMALL = RUN.replace("emitters = 100", "emitters = 30").replace("sessions = 24", "sessions = 12")
PARTS = (SWEEP.format("cap", "[0.95, 1]"), CASE.format("a", '"offset.supply" = 0.01'))


def tonne(*arguments: str) -> int:
    with pytest.raises(SystemExit) as ended:
        main(list(arguments))
    return int(ended.value.code or 0)


def test_the_same_file_gives_the_same_table_to_the_byte(tmp_path):
    study = read(tmp_path, *PARTS, run=SMALL)
    first = runs.write(study, runs.run(study, 1), tmp_path / "one")
    second = runs.write(study, runs.run(study, 2), tmp_path / "two")
    assert first == second
    for name in ("table.csv", "runs.csv", "manifest.json"):
        assert (tmp_path / "one" / name).read_bytes() == (tmp_path / "two" / name).read_bytes()

    other = read(tmp_path, *PARTS, run=SMALL.replace("[1, 2, 3]", "[1, 2, 4]"))
    third = runs.write(other, runs.run(other, 1), tmp_path / "three")
    assert third["table_sha256"] != first["table_sha256"]


def test_a_manifest_says_what_a_table_was_made_of(tmp_path):
    study = read(tmp_path, *PARTS, run=SMALL)
    told = runs.write(study, runs.run(study, 1), tmp_path / "out")
    assert told == json.loads((tmp_path / "out" / "manifest.json").read_text())
    assert told["scenario_sha256"] == hashlib.sha256(study.path.read_bytes()).hexdigest()
    assert told["pack_sha256"] == hashlib.sha256(study.pack.path.read_bytes()).hexdigest()
    assert told["seeds"] == [1, 2, 3]
    written_table = (tmp_path / "out" / "table.csv").read_bytes()
    assert told["table_sha256"] == hashlib.sha256(written_table).hexdigest()
    assert set(told["versions"]) == {"tonne", "numpy"}
    html = (tmp_path / "out" / "index.html").read_text(encoding="utf-8")
    for title in ("Price", "Default rate", "Banked", "Cost of a lacking unit"):
        assert f"<figcaption>{title} (simulated)" in html


@pytest.mark.long
@pytest.mark.nightly
@needs_chromium
@pytest.mark.parametrize("years", [1, 2])
def test_its_report_stands_alone_at_every_width(tmp_path, years):
    study = read(tmp_path, *PARTS, run=SMALL + f"years = {years}\n")
    runs.write(study, runs.run(study, 1), tmp_path / "out")
    seen = browser.check(tmp_path / "out")
    assert len(seen["charts"]) == 4 and "variants" in seen["tables"]


def test_a_table_holds_mean_and_deviation_over_the_seeds(tmp_path):
    study = read(tmp_path, *PARTS, run=SMALL)
    results = runs.run(study, 1)
    made = table.rows(study, results)
    prices = [results[0, seed][0].price for seed in study.run.seeds]
    mean = sum(prices) / 3
    spread = (sum((p - mean) ** 2 for p in prices) / 2) ** 0.5
    assert float(made[0].values["price"].mean) == pytest.approx(mean / 100, abs=0.005)
    assert float(made[0].values["price"].deviation) == pytest.approx(spread / 100, abs=0.005)
    lines = list(csv.DictReader(table.as_csv(study, made).splitlines()))
    assert [line["cap"] for line in lines] == ["0.95", "1"]
    assert lines[0]["price [CNY/t]"] == str(made[0].values["price"].mean)
    single = list(csv.DictReader(table.runs_as_csv(study, results).splitlines()))
    assert [int(line["price"]) for line in single[:3]] == prices


def test_the_command_runs_a_scenario(tmp_path, capsys):
    path = written(tmp_path, *PARTS, run=SMALL)
    tonne("scenario", "run", str(path), "--jobs", "1", "--out", str(tmp_path / "out"), "--json")
    told = json.loads(capsys.readouterr().out)
    assert [row["variant"] for row in told["rows"]] == ["a; cap 0.95", "a; cap 1"]
    assert told["manifest"]["seeds"] == [1, 2, 3]
    tonne("scenario", "run", str(path), "--jobs", "1", "--out", str(tmp_path / "out"))
    assert "mean ± deviation; simulated" in capsys.readouterr().out


def test_the_command_says_in_words_what_a_scenario_varies(tmp_path, capsys):
    path = written(tmp_path, *PARTS, run=SMALL)
    tonne("scenario", "show", str(path))
    told = " ".join(capsys.readouterr().out.split())
    assert "2 variants under 3 seeds each, 30 emitters, 12 sessions a year" in told
    assert "Buyers do not weigh the fine" in told
    tonne("scenario", "show", str(path), "--json")
    data = json.loads(capsys.readouterr().out)
    assert data["sweeps"][0]["key"] == "cap"
    assert data["sweeps"][0]["says"].startswith("Most that is given out free")
    written(tmp_path, *PARTS, SWEEP.format("fine.chance", "[0.5]"), run=SMALL)
    tonne("scenario", "show", str(path))
    assert "Buyers weigh the cost of a missing tonne" in capsys.readouterr().out


def test_the_command_checks_a_scenario(tmp_path, capsys):
    path = written(tmp_path, *PARTS, run=SMALL)
    tonne("scenario", "validate", str(path), "--json")
    assert json.loads(capsys.readouterr().out)["runs"] == 6
    written(tmp_path, SWEEP.format("cup", "[1]"), run=SMALL)
    assert tonne("scenario", "validate", str(path), "--json") == 1
    told = json.loads(capsys.readouterr().out)
    assert told["error"]["code"] == "PACK_UNKNOWN_KEY"
