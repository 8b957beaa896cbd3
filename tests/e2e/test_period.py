"""A small compliance period as a process of its own, with a real chain and a real oracle."""

from __future__ import annotations

import csv
import re
import signal
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.e2e.runs import INTERRUPTED, ROOT, left_behind, run, started, text_of
from tests.patience import HANGING_S
from tests.tonne.html_report import browser
from tests.web.conftest import needs_chromium

EMITTERS = 30
#: To press Ctrl-C before a period ends.
ATTEMPTS = 5
SECONDS = 300  # the first start compiles


def period(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return run(folder, SECONDS, "period", *arguments)


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, Path, Path]]:
    """(output, report, folder for temporary things) of one small period."""
    base = tmp_path_factory.mktemp("period")
    out, folder = base / "report", base / "tmp"
    done = period(folder, "--emitters", str(EMITTERS), "--out", str(out))
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout, out, folder


def test_period_reconciles_without_a_difference(small: tuple[str, Path, Path]) -> None:
    output, out, _ = small
    assert re.search(r"^values compared +[\d,]+ +no difference$", output, re.MULTILINE)
    said = text_of(out)
    values = re.search(r"([\d,]+) values rebuilt from ([\d,]+) events", said)
    assert values
    assert int(values.group(1).replace(",", "")) > 1_000
    assert "by the plain engine: no difference" in said
    assert re.search(r"refused orders 0\b", said)


def test_period_reports_figures_assumptions_and_rules(small: tuple[str, Path, Path]) -> None:
    said = text_of(small[1])
    assert "calibration factor" in said
    assert "demand met on the exchange" in said
    months = "70 of 72 packages of 6 plants in time, 1 late, 1 missing; 1 corrected"
    assert f"monthly evidence of 2021 (simulated) {months}" in said
    assert re.search(r"block trades \(simulated\) [\d.]+ Mt in [1-9]", said)
    assumptions = said.rpartition("Assumptions Output was multiplied")[2]
    assert (
        "30 of 2,162 emitters, drawn by the seed" in assumptions.partition("before the period")[0]
    )
    assert "estimates" in assumptions.partition("before the period")[0]
    assert re.search(r"Rules that were not applied .*Days to pay a fine", said)


def test_period_reports_everything_beside_its_key_figures(small: tuple[str, Path, Path]) -> None:
    """Details of the run that the terminal leaves to the report."""
    said = text_of(small[1])
    for detail in (
        r"source generated from seed 2021",
        r"allocation [\d.]+ Mt \(\d+\.\d\d% of emissions\) plants with more than they emit [\d.]+ Mt in all",
        r"plants with less than they emit [\d.]+ Mt in all",
        r"allocated early [\d.]+ Mt",
        r"waited for the deadline \(simulated\) \d+ of \d+ emitters",
        r"default \(simulated\) [\d.]+% of obligations",
        r"proof Proven: blocks 0 to \d+",
        r"transactions \d+, [\d.]+ G gas",
        r"example of 1 .* complies complied",
        r"volume after 10 November \d+% 87%",
        r"authority and oracle in all [\d,]+ gas for 30 installations",
        r"\d+ checks of the certificates passed, \d+ not possible here",
        r"Keys of china-national that hold in period 2019-20: \d+ on the chain",
        r"market.order_life",
        r"time [\d.]+ s, set-up and compiling aside",
        r"memory at most [\d,]+ MB with the chain",
        r"1 Deploy; rules from the pack [\d.]+ \d",
    ):
        assert re.search(detail, said), detail


@pytest.mark.long
@pytest.mark.nightly
def test_a_scheme_that_auctions_runs_by_itself(tmp_path: Path) -> None:
    """Nothing is free for power in Europe: output is not fitted to allocation, the rest is auctioned, and the
    first period of which a scenario makes all dates known is run."""
    done = period(
        tmp_path / "tmp",
        *("--scheme", "eu", "--scenario", str(ROOT / "scenarios" / "eu-ets-assumed.toml")),
        # More bids than one call settles.
        *("--emitters", "210", "--sessions", "20", "--out", str(tmp_path / "report")),
    )
    assert done.returncode == 0, done.stdout + done.stderr
    said = text_of(tmp_path / "report")
    assert "Output was not calibrated" in said and "no difference" in said
    assert re.search(r"auctioned \(simulated\) [\d.]+ Mt at [\d.]+ EUR/t, 20\d bids", said)
    emitted, due = (
        float(re.findall(rf"{name} ([\d.]+) Mt", said)[0])
        for name in ("verified emissions", "obligations")
    )
    assert emitted == pytest.approx(due, rel=0.02), "who is given nothing has emitted, too"


def test_period_reports_page_charts_and_every_emitter(small: tuple[str, Path, Path]) -> None:
    _, out, _ = small
    page = (out / "index.html").read_text(encoding="utf-8")
    assert page.count("<figure") == 9
    assert "70 of 72 packages of 6 plants in time" in page
    assert "none: the chain of this run began after its months" in page
    assert "simulated" in page
    assert "Global Coal Plant Tracker" in page
    with (out / "data" / "emitters.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == EMITTERS
    assert sum(row["report"] == "determined" for row in rows) == 2
    assert {"met late", "short"} <= {row["simulated_status"] for row in rows}
    allocated = sum(int(row["allocated_t"]) for row in rows)
    emitted = sum(int(row["emissions_t"]) for row in rows)
    assert abs(allocated - emitted) < 0.05 * emitted  # two plants are determined


@pytest.mark.long
@pytest.mark.nightly
@needs_chromium
def test_its_report_stands_alone_at_every_width_and_agrees_with_its_files(
    small: tuple[str, Path, Path],
) -> None:
    _, out, _ = small
    seen = browser.check(out)
    assert {"sessions", "penalties", "emitters", "supply"} <= seen["tables"].keys()
    data = out / "data"
    kept = {path.stem for path in data.glob("*.parquet")}
    assert {"sessions", "trades", "penalties", "disclosures", "emitters"} <= kept

    def column(name: str, key: str) -> list[int]:
        with (data / f"{name}.csv").open(encoding="utf-8", newline="") as file:
            return [int(row[key]) for row in csv.DictReader(file) if row[key]]

    # The same from two sides: the run's books, and the events by the service's queries.
    assert sum(column("emitters", "obligation_t")) == sum(column("disclosures", "due"))
    assert sum(column("emitters", "simulated_surrendered_t")) == sum(
        column("disclosures", "surrendered") + column("disclosures", "surrenderedLate")
    )
    market = column("trades", "market")
    lots = column("trades", "lots")
    traded = sum(n for n, of in zip(lots, market, strict=True) if of == market[0])
    assert traded == sum(column("sessions", "lots")) > 0


def test_period_refuses_each_bad_report_for_its_own_reason(small: tuple[str, Path, Path]) -> None:
    _, out, _ = small
    page = (out / "index.html").read_text(encoding="utf-8").replace("<wbr>", "")
    for code in (
        "REPORT_MALFORMED",
        "REPORT_SIGNATURE_MISSING",
        "REPORT_UNACCREDITED",
        "EMISSIONS_INTEREST",
        "REPORT_WRONG_CHAIN",
        "REPORT_WRONG_CONTRACT",
        "EMISSIONS_IMPLAUSIBLE_INTENSITY",
        "REPORT_LINES_MISMATCH",
        "REPORT_NOT_REPORTER",
        "REPORT_REPEATED",
    ):
        assert code in page


def test_period_claws_back_from_wallet_ledger_and_as_debt(small: tuple[str, Path, Path]) -> None:
    _, out, _ = small
    page = (out / "index.html").read_text(encoding="utf-8")
    table = page.partition('data-name="claw_backs"')[2].partition("</tbody>")[0]
    found = re.findall(r"<tr><th[^>]*>\d+</th>" + r"<td class=\"n\">([\d,]+)</td>" * 3, table)
    assert len(found) == 3
    wallets, ledger, debt = zip(*found, strict=True)
    assert any(amount != "0" for amount in wallets)
    assert any(amount != "0" for amount in ledger)
    assert any(amount != "0" for amount in debt)


def test_period_says_what_was_lost_and_who_bore_it(small: tuple[str, Path, Path]) -> None:
    _, out, _ = small
    page = (out / "index.html").read_text(encoding="utf-8")
    fire, left = re.search(
        r"([\d,]+) t lost; borne by the buffer, which keeps ([\d,]+) t", page
    ).groups()
    assert (fire, left) == ("1,500", "1,000")
    assert re.search(r"borne by the developer: 2,000 t from its wallet", page)
    assert re.search(r"of these the developer [\d,]+ t, printer 400 t", page)
    assert re.search(r"before, and keeping their record: [\d,]+ to [\d,]+ retired\.", page)
    assert re.search(r"credits.*600 t cancelled \+ [\d,]+ t invalidated \+ 3,500 t", page)
    issued, first, last = re.search(
        r"forest</th><td>([\d,]+) t issued, 2,500 t of them to the buffer;"
        r" serial numbers ([\d,]+) to ([\d,]+)",
        page,
    ).groups()
    numbers = [int(n.replace(",", "")) for n in (issued, first, last)]
    assert numbers[0] == numbers[2] - numbers[1] + 1
    assert "to move its units was refused: ERC7943_CANNOT_TRANSFER" in page
    assert re.search(r"1 failed; certificate \d as it must, .*declared invalid later, before", page)


def test_period_leaves_nothing_behind(small: tuple[str, Path, Path]) -> None:
    _, _, folder = small
    assert left_behind(folder) == []


def test_bad_fleet_is_refused_before_anything_is_sent(tmp_path: Path) -> None:
    path = tmp_path / "fleet.csv"
    path.write_text(
        "entity_id,benchmark_class,capacity_mw,generation_mwh,co2_t\nA,gas,100,200000,-5\n"
    )
    done = period(tmp_path / "tmp", "--fleet", str(path))
    assert done.returncode == 1
    assert "FLEET_NEGATIVE" in done.stderr
    assert "line 2, column co2_t" in " ".join(done.stderr.split())
    assert "Deploy" not in done.stdout


def interrupt(folder: Path, out: Path, after: str) -> tuple[int, str]:
    """Status and output of a period after Ctrl-C at a step; tried again if the period ended before it.

    On a busy machine this test may get no core until the few seconds of a period are over.
    """
    for _ in range(ATTEMPTS):
        status, said = _interrupt(folder, out, after)
        if status != 0:
            break
    return status, said


def _interrupt(folder: Path, out: Path, after: str) -> tuple[int, str]:
    """Starts a period, presses Ctrl-C once a line or a step begins so; status and the rest."""
    process = started(folder, "period", "--emitters", str(EMITTERS), "--out", str(out))
    assert process.stdout is not None
    said = []
    for line in process.stdout:
        said.append(line)
        if re.match(rf"\s*(\d+ +)?{after}", line):
            break
    else:
        pytest.fail(f"no line of the output begins with {after!r}: {''.join(said)}")
    time.sleep(0.15)
    process.send_signal(signal.SIGINT)
    rest, _ = process.communicate(timeout=HANGING_S)
    return process.returncode, rest


@pytest.mark.parametrize("after", ["Trading"])
def test_ctrl_c_ends_chain_and_daemon(small: object, tmp_path: Path, after: str) -> None:
    folder = tmp_path / "tmp"
    folder.mkdir()
    status, output = interrupt(folder, tmp_path / "report", after)
    assert status == INTERRUPTED, output
    assert left_behind(folder) == []


@pytest.mark.long
@pytest.mark.parametrize(
    "after",
    [
        *("Deploy", "Surrender"),
        *(
            pytest.param(step, marks=pytest.mark.nightly)
            for step in ("China", "Parties", "Reports", "Disclosure", "True-up", "Shortfalls")
        ),
    ],
)
def test_ctrl_c_ends_chain_and_daemon_at_any_step(
    small: object, tmp_path: Path, after: str
) -> None:
    test_ctrl_c_ends_chain_and_daemon(small, tmp_path, after)


@pytest.mark.long
@pytest.mark.nightly
def test_period_is_the_same_for_a_seed(small: tuple[str, Path, Path], tmp_path: Path) -> None:
    _, out, _ = small
    again = tmp_path / "report"
    done = period(tmp_path / "tmp", "--emitters", str(EMITTERS), "--out", str(again))
    assert done.returncode == 0, done.stdout + done.stderr
    assert (again / "data" / "emitters.csv").read_bytes() == (
        out / "data" / "emitters.csv"
    ).read_bytes()


@pytest.mark.long
@pytest.mark.nightly
def test_period_closes_on_ganache(tmp_path: Path) -> None:
    arguments = ("--chain", "ganache", "--emitters", "50", "--out", str(tmp_path / "report"))
    done = period(tmp_path / "tmp", *arguments)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "no difference" in done.stdout
    assert left_behind(tmp_path / "tmp") == []


@pytest.mark.long
@pytest.mark.nightly
def test_period_closes_without_calibration(tmp_path: Path) -> None:
    arguments = ("--no-calibration", "--emitters", "100", "--out", str(tmp_path / "report"))
    done = period(tmp_path / "tmp", *arguments)
    assert done.returncode == 0, done.stdout + done.stderr
    said = text_of(tmp_path / "report")
    default = re.search(r"([\d.]+)% of obligations", said)
    assert default
    assert float(default.group(1)) > 3
    assert "not calibrated" in said


@pytest.mark.long
@pytest.mark.nightly
def test_price_on_the_chain_answers_to_allocation(tmp_path: Path) -> None:
    prices = []
    for percent in (-5, 0, 5):
        out = str(tmp_path / f"report{percent}")
        shift = f"--allocation-shift={percent}"
        done = period(tmp_path / "tmp", "--emitters", "150", shift, "--out", out)
        assert done.returncode == 0, done.stdout + done.stderr
        prices.append(float(re.search(r"last close ([\d.]+)", text_of(Path(out))).group(1)))
    assert prices[0] > prices[1] > prices[2]


@pytest.mark.long
@pytest.mark.nightly
def test_period_runs_on_the_australian_generators(tmp_path: Path) -> None:
    table = ROOT / ".." / "shared" / "data" / "au_nger_generators.csv"
    if not table.exists():
        pytest.skip("the shared data is not here")
    out = tmp_path / "report"
    scenario = ROOT / "scenarios" / "australia-nger.toml"
    done = period(
        tmp_path / "tmp",
        *("--scenario", str(scenario), "--fleet", str(table), "--out", str(out)),
    )
    assert done.returncode == 0, done.stdout + done.stderr
    text = (out / "data" / "emitters.csv").read_text(encoding="utf-8")
    page = (out / "index.html").read_text(encoding="utf-8")
    assert "AGL" not in text + page
    assert "assumed" in page
    assert "424 emitters" in done.stdout
