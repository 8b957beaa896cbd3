"""Consecutive periods on one chain: deduction, banking and expiry bite, and all of it reconciles."""

from __future__ import annotations

import csv
import itertools
import re
import resource
from pathlib import Path

import pytest

from tests.e2e.runs import ROOT, text_of
from tests.e2e.test_period import period

SCENARIOS = [
    argument
    for name in ("china-2023-24-assumed", "china-dates-assumed")
    for argument in ("--scenario", str(ROOT / "scenarios" / f"{name}.toml"))
]
SCHEME = ("--scheme", "china-national")
#: Three years of the national fleet: two minutes on two cores [s of processors].
BOUND = 240


pytestmark = [pytest.mark.long, pytest.mark.nightly]


@pytest.fixture(scope="module")
def years(tmp_path_factory: pytest.TempPathFactory) -> tuple[str, Path]:
    """(output, report) of 2022 to 2024, after which what was not carried into 2025 expires."""
    base = tmp_path_factory.mktemp("years")
    done = period(
        base / "tmp",
        *SCHEME,
        *("--from", "2022", "--years", "3", "--emitters", "24", "--sessions", "20"),
        *SCENARIOS,
        *("--out", str(base / "report")),
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout, base / "report"


def trend(out: Path) -> list[dict[str, str]]:
    with (out / "data" / "trend.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def test_years_reconcile_without_a_difference(years: tuple[str, Path]) -> None:
    output, out = years
    assert "no difference" in output
    assert re.search(r"refused orders 0\b", text_of(out))


def test_years_end_with_a_line_for_each_later_period_and_six_figures(
    years: tuple[str, Path],
) -> None:
    lines = years[0].splitlines()
    assert lines[1:4] == ["   2023 begins", "   2024 begins", ""]
    assert len(lines) < 20


def test_years_let_a_deduction_bite_in_the_next_allocation(years: tuple[str, Path]) -> None:
    rows = trend(years[1])
    assert int(rows[0]["deducted"]) > 0
    # A debt larger than one allocation is carried to the one after it; a claw-back adds to it.
    assert int(rows[1]["netted"]) > 0
    assert sum(int(row["netted"]) for row in rows[1:]) >= int(rows[0]["deducted"])


def test_years_carry_older_vintages_and_surrender_them_first(years: tuple[str, Path]) -> None:
    rows = trend(years[1])
    assert int(rows[0]["brought"]) == 0
    for before, row in itertools.pairwise(rows):
        # Less what a late emitter still gave up after the count.
        assert 0 < int(row["brought"]) <= int(before["left"])
        assert 0 < int(row["older"]) <= int(row["brought"])


def test_years_bank_within_the_limit_and_let_the_rest_expire(years: tuple[str, Path]) -> None:
    _, out = years
    rows = trend(out)
    assert [int(row["banked"]) > 0 for row in rows] == [False, False, True]
    assert [int(row["expired"]) > 0 for row in rows] == [False, False, True]
    assert int(rows[2]["left"]) == 0
    page = (out / "2024" / "index.html").read_text(encoding="utf-8")
    assert "a tonne more" in page and "BANKING_LIMIT_EXCEEDED" in page
    assert re.search(r"banked</th><td>[\d,]+ t by", page)
    assert re.search(r"[\d,]+ t expired", page)


def test_years_show_nothing_drawn_as_a_result(years: tuple[str, Path]) -> None:
    _, out = years
    page = (out / "index.html").read_text(encoding="utf-8")
    assert "drawn after the first period" in page and "intensity" not in page.lower()
    assert "<figcaption>Price (simulated)" in page


def test_years_say_who_waited_what_was_assumed_and_what_was_not_applied(
    years: tuple[str, Path],
) -> None:
    _, out = years
    said = text_of(out)
    assert "waited for the deadline" in said
    assert re.search(r"2023: benchmark.power.coal_gt300 = 0.7950 t/MWh", said)
    assert "Fine and deduction for a shortfall" not in said
    assert "Trading fees" in said
    assert "Two reporting years in one period" not in said, "none of these is the first cycle"
    left_out = said.rpartition("Rules that were not applied ")[2].partition("How it was run")[0]
    assert "Holding limit" in left_out
    assert "Benchmarks of 2023 and 2024" not in left_out, "a scenario supplies them"
    for name in ("2023", "2024"):  # five to ten times the price of the deadline's month
        year = (out / name / "index.html").read_text(encoding="utf-8")
        table = year.partition('data-name="shortfalls"')[2].partition("</tbody>")[0]
        assert re.search(r'<td class="n">[1-9][\d,]{6,}\.\d\d</td>', table)
    for name in ("2022", "2023", "2024"):
        year = (out / name / "index.html").read_text(encoding="utf-8")
        assert re.search(r"\d+ of [\d,]+ emitters that lacked allowances had not bought", year)


def test_years_compare_reports_with_the_months_that_were_filed_before(
    years: tuple[str, Path],
) -> None:
    _, out = years
    said = text_of(out)
    assert "monthly evidence in time (simulated) " + " ".join(["70 of 72 packages"] * 3) in said
    assert [row["evidence_in_time"] for row in trend(out)] == ["70"] * 3
    for name in ("2023", "2024"):
        page = (out / name / "index.html").read_text(encoding="utf-8")
        assert f"6 reports of {name} compared with their twelve months: " in page
        (about,) = re.findall(r"compared with their twelve months: (.*?)</td>", page)
        assert set(re.findall(r"no package of (\S+);", about)) == {f"{name}-08"}
        lacking = {part.split(":")[0].strip() for part in about.split("; ")}
        assert len(lacking) == 1, "all others are what their months add up to"
    first = (out / "2022" / "index.html").read_text(encoding="utf-8")
    assert "none: the chain of this run began after its months" in first


def test_years_count_what_authority_and_oracle_spend(years: tuple[str, Path]) -> None:
    _, out = years
    page = (out / "2023" / "index.html").read_text(encoding="utf-8")
    for part in ("pre-allocate", "true up, assess", "reports, by the oracle"):
        assert re.search(rf"{part}</th><td>[\d,]+ gas in \d+ calls", page)
    assert "register, once" not in page
    assert "register, once" in (out / "2022" / "index.html").read_text(encoding="utf-8")


def processor_seconds() -> float:
    """[s] that ended children have used: what other work the machine has does not count."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def test_three_years_of_the_national_fleet_take_two_minutes(tmp_path: Path) -> None:
    out = tmp_path / "report"
    before = processor_seconds()
    done = period(
        tmp_path / "tmp", *SCHEME, "--from", "2021", "--years", "3", *SCENARIOS, "--out", str(out)
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "no difference" in done.stdout
    assert processor_seconds() - before <= BOUND
    rows = trend(out)
    assert (
        int(rows[2]["netted"]) > 0
    )  # 2021 and 2022 have one deadline; what they lacked bites here
    assert int(rows[1]["older"]) > 0
