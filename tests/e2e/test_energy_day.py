"""A day of the energy market as a process of its own: real chain, broker, meters' oracle, audit."""

from __future__ import annotations

import json
import re
import signal
import subprocess
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.e2e.runs import INTERRUPTED, ROOT, left_behind, run, started
from tests.patience import HANGING_S
from tests.tonne.html_report import browser
from tests.web.conftest import needs_chromium

SECONDS = 900  # the first start compiles
METERS, INTERVALS = 60, 12

#: Of what is not known without the chain, for each kind: an attack that finds more traces its curves.
CHANCE = 0.02

#: Of all processors for the whole day, in times that ten million turns of a loop take on the same machine,
#: whose speed changes with its host's other work: some 160 were measured on an idle one.
DAY_TURNS = 220


def ten_million_turns() -> float:
    """[s] of processor."""
    began, total = time.process_time(), 0
    for turn in range(10_000_000):
        total += turn * turn
    return time.process_time() - began


def energy(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return run(folder, SECONDS, "energy", *arguments)


@dataclass
class Small:
    """Three hours of an afternoon; the chain stays until it is stopped."""

    process: subprocess.Popen[str]
    out: Path
    folder: Path
    output: str = ""
    chain: tuple[str, str] = ("", "")  # its URL, and the folder of its deployment

    def begin(self) -> None:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self.output += line
            held = re.search(r"the chain stays at (\S+) until .* --deployments (\S+)", line)
            if held:
                self.chain = held[1], held[2]
                return
        raise AssertionError(self.output)

    def stop(self) -> int:
        self.process.send_signal(signal.SIGINT)
        return self.process.wait(HANGING_S)


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Small]:
    base = tmp_path_factory.mktemp("energy")
    out, folder = base / "report", base / "tmp"
    folder.mkdir()
    wanted = ("--meters", str(METERS), "--first", "60", "--intervals", str(INTERVALS))
    process = started(folder, "energy", "day", *wanted, "--hold", "--out", str(out))
    made = Small(process, out, folder)
    try:
        made.begin()
        yield made
    finally:
        if process.poll() is None:
            made.stop()


def number(pattern: str, text: str) -> int:
    found = re.search(pattern, text)
    assert found, pattern
    return int(found.group(1).replace(",", ""))


def test_a_day_reconciles_without_a_difference(small: Small) -> None:
    output = small.output
    assert "no difference" in output
    assert number(r"([\d,]+) values rebuilt from", output) > 2_000
    assert number(r"([\d,]+) values of the run's own books", output) > 1_000


def test_silent_meters_are_corrected_and_a_wrong_one_is_held(
    small: Small,
) -> None:
    output = small.output
    # Two meters are silent for five records: each misses the intervals before and after.
    assert number(r"corrected runs\s+([\d,]+)", output) > 0
    assert number(r"losses in dispute\s+([\d,]+)", output) == 1
    assert "held, and decided: street, heat, town" in output


def test_a_made_up_price_is_refused(small: Small) -> None:
    output = small.output
    assert re.search(r"a clearing with a made-up price\s+CLEARING_", output)


def test_the_report_has_prices_flows_losses_balances_bills_and_credits(
    small: Small,
) -> None:
    out = small.out
    page = (out / "index.html").read_text(encoding="utf-8")
    for title in ("Electricity: price", "Gas: flow", "Loss of areas", "Bills of ten customers"):
        assert f"<figcaption>{title}" in page
    for heading in ("Losses", "Energy balance of each region", "Issue and recovery of credits"):
        assert f">{heading}</h2>" in page
    for step in ("released when both agreed", "given to the lender by order", "series 2: expired"):
        assert step in page
    assert "simulated" in page
    rows = (out / "data" / "prices.csv").read_text(encoding="utf-8").splitlines()
    assert len(rows) == 1 + INTERVALS and rows[0].count(",") == 12


@pytest.mark.long
@pytest.mark.nightly
@needs_chromium
def test_the_report_stands_alone_at_every_width_and_its_day_runs_from_0_to_24(small: Small) -> None:
    seen = browser.check(small.out)
    ticks = {chart["title"]: chart["ticks"] for chart in seen["charts"]}
    assert ticks["Electricity: price"] == ticks["Converters of all regions"] == browser.DAY
    intervals = small.out / "data" / "intervals.csv"
    assert len(intervals.read_text(encoding="utf-8").splitlines()) == 1 + INTERVALS


def test_bills_add_up(small: Small) -> None:
    out, folder = small.out, small.folder
    done = energy(folder, "bill", "0", "3", "--report", str(out), "--json")
    assert done.returncode == 0, done.stdout + done.stderr
    shown = json.loads(done.stdout)["bills"]
    assert [b["customer"] for b in shown] == [0, 3]
    for b in json.loads((out / "bills.json").read_text(encoding="utf-8"))["bills"]:
        assert b["net"] == sum(
            b[part] for part in ("contract", "imbalance", "fee", "agreed", "networks", "returned")
        )
        metered = b["export_wh"] - b["import_wh"]
        traded = b["bought_wh"] - b["sold_wh"] - b["agreed_wh"]
        assert b["imbalance_wh"] == metered + traded - b["loss_wh"]
    unknown = energy(folder, "bill", str(METERS), "--report", str(out), "--json")
    assert unknown.returncode == 1
    assert json.loads(unknown.stdout)["error"]["code"] == "ENERGY_BILL_UNKNOWN"


def test_prices_are_read_from_the_chain_by_anybody(small: Small) -> None:
    url, deployments = small.chain
    where = ("--rpc", url, "--deployments", deployments, "--json")
    done = energy(small.folder, "prices", "--last", "3", *where)
    assert done.returncode == 0, done.stdout + done.stderr
    told = json.loads(done.stdout)
    assert len(told["nodes"]) == 12 and told["nodes"][0] == "electricity 1"
    rows = (small.out / "data" / "prices.csv").read_text(encoding="utf-8").splitlines()[-3:]
    expected = [list(map(int, row.split(","))) for row in rows]
    assert [[p["start"], *p["prices"]] for p in told["prices"]] == expected

    asked = ("energy", "prices", "--follow", "--last", "1", *where)
    follower = started(small.folder, *asked, errors=None)
    assert follower.stdout is not None
    first = json.loads(follower.stdout.readline())
    follower.send_signal(signal.SIGINT)
    assert follower.wait(HANGING_S) == INTERRUPTED
    assert [first["start"], *first["prices"]] == expected[-1]


def test_neighbours_trade_and_a_plant_supplies_by_contract(small: Small) -> None:
    assert number(r"agreed between accounts\s+([\d,]+) contracts", small.output) > 3
    page = (small.out / "index.html").read_text(encoding="utf-8")
    assert "supply by the hydro plant" in page and "neighbours, town" in page


def test_certificates_are_made_and_claimed(small: Small) -> None:
    told = re.search(r"certificates\s+([\d.,]+) kWh, ([\d.,]+) kWh of it", small.output)
    assert told and told[1] == told[2]
    assert float(told[1].replace(",", "")) > 1


def test_interrupted_it_leaves_nothing_behind(small: Small) -> None:
    assert small.stop() == INTERRUPTED
    assert left_behind(small.folder) == []


@pytest.mark.long
@pytest.mark.nightly
def test_the_chain_tells_no_customers_curve(tmp_path: Path) -> None:
    """All that is on the chain, events and calls, with the curves that aggregators open and without."""
    wanted = ("--meters", "100", "--first", "40", "--intervals", "24")
    done = energy(tmp_path / "tmp", "day", *wanted, "--out", str(tmp_path / "report"))
    assert done.returncode == 0, done.stdout + done.stderr
    told = json.loads((tmp_path / "report" / "privacy.json").read_text(encoding="utf-8"))
    assert {"household", "pv", "battery"} <= told["without curves"].keys()
    assert max(told["without curves"].values()) <= CHANCE
    assert max(told["all"].values()) <= CHANCE


@pytest.mark.long
def test_a_whole_day_of_two_hundred_meters_takes_a_bounded_time(tmp_path: Path) -> None:
    turns_s = ten_million_turns()
    done = energy(tmp_path / "tmp", "day", "--out", str(tmp_path / "report"))
    turns_s = max(turns_s, ten_million_turns())
    assert done.returncode == 0, done.stdout + done.stderr
    assert "no difference" in done.stdout
    assert "200 customers' meters, 96 intervals of 15 min" in done.stdout
    told = json.loads((tmp_path / "report" / "privacy.json").read_text(encoding="utf-8"))
    assert max(told["without curves"].values()) <= CHANCE
    assert number(r"payments\s+one for each of ([\d,]+) accounts", done.stdout) > 200
    used = re.search(r"([\d.]+) s of processors", done.stdout)
    assert used and float(used.group(1)) < DAY_TURNS * turns_s


#: A street of a benchmark grid, with the losses of a power flow.
WEEK = ROOT / ".." / "shared" / "data" / "energy"


def street(folder: Path) -> Path:
    """The benchmark's where it is at hand, else one of three meters."""
    if (WEEK / "lv_rural1_meters_15min.csv").exists():
        return WEEK
    from tests.tonne.simulation.energy_day.test_street_replay import write

    return write(folder, 60)


@pytest.mark.long
def test_a_street_closes_in_every_interval_and_loses_what_its_power_flow_says(
    tmp_path: Path,
) -> None:
    out = tmp_path / "report"
    wanted = ("--first", "44", "--intervals", "8", "--out", str(out))
    done = energy(tmp_path / "tmp", "day", "--street", str(street(tmp_path)), *wanted)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "every one of 8 intervals closes to 0 Wh" in done.stdout
    assert ", 0 differ" in done.stdout
    head, *rows = (out / "street.csv").read_text(encoding="utf-8").splitlines()
    assert len(rows) == 8
    for row in rows:
        found = dict(zip(head.split(","), map(int, row.split(",")), strict=True))
        assert found["imbalance_wh"] == 0
        assert found["shares_wh"] == found["charged_wh"]
        assert found["charged_wh"] == found["injected_wh"] - found["withdrawn_wh"]
        assert abs(found["charged_wh"] - found["expected_milliwh"] / 1000) <= 8


@pytest.mark.long
def test_a_street_s_whole_week_closes(tmp_path: Path) -> None:
    if not (WEEK / "lv_rural1_meters_15min.csv").exists():
        pytest.skip("the benchmark's week is not here")
    out = tmp_path / "report"
    wanted = ("--intervals", "672", "--out", str(out))
    done = energy(tmp_path / "tmp", "day", "--street", str(WEEK), *wanted)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "every one of 672 intervals closes to 0 Wh" in done.stdout
