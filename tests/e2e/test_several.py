"""Three schemes on one chain: two currencies, an auction, companies under two, a link with a limit."""

from __future__ import annotations

import csv
import re
from pathlib import Path

import pytest

from tests.e2e.runs import text_of
from tests.e2e.test_period import period

SCHEMES = ["china-national", "china-shenzhen", "eu-ets"]

pytestmark = [pytest.mark.long, pytest.mark.nightly]


@pytest.fixture(scope="module")
def several(tmp_path_factory: pytest.TempPathFactory) -> tuple[str, Path]:
    """(output, report) of a year under three schemes."""
    base = tmp_path_factory.mktemp("several")
    done = period(
        base / "tmp",
        *("--schemes", "china-national,china-shenzhen,eu"),
        *("--emitters", "6", "--sessions", "20", "--out", str(base / "report")),
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout, base / "report"


def figures(out: Path) -> dict[str, list[str]]:
    with (out / "data" / "schemes.csv").open(encoding="utf-8", newline="") as file:
        head, *rows = csv.reader(file)
    assert head[1:] == SCHEMES
    return {row[0]: row[1:] for row in rows}


def tonnes(text: str) -> int:
    return int(text.split(" ")[0].replace(",", ""))


def test_all_schemes_reconcile_on_one_chain(several):
    output, out = several
    assert re.search(r"reconciled [\d,]+ values rebuilt from [\d,]+ events", text_of(out))
    assert "no difference" in output and len(output.splitlines()) < 20
    assert figures(out)["refused orders"] == ["0", "0", "0"]
    for name in SCHEMES:
        assert re.search(r"Keys of [\w-]+ that hold in period", text_of(out / name))
    assert "silent" not in output


def test_prices_keep_the_currency_of_their_scheme(several):
    found = figures(several[1])
    assert found["currency"] == ["CNY", "CNY", "EUR"]
    assert [price.split(" ")[1] for price in found["last close (simulated)"]] == [
        "CNY/t", "CNY/t", "EUR/t",
    ]  # fmt: skip
    assert found["fines (simulated)"][2].endswith("EUR")
    assert tonnes(found["fines (simulated)"][2].split(".")[0]) > 0


def test_what_is_not_free_is_auctioned(several):
    found = figures(several[1])
    assert found["auctioned (simulated)"][:2] == ["none", "none"]
    sold = found["auctioned (simulated)"][2]
    assert re.fullmatch(r"[\d,]+ t at [\d.]+ EUR/t, \d+ bids", sold)
    assert tonnes(sold) % 500 == 0
    free, surrendered = (found[n][2] for n in ("free, in the end", "surrendered (simulated)"))
    assert 0 < tonnes(surrendered) <= tonnes(free) + tonnes(sold)


def test_every_scheme_trades_and_surrenders(several):
    found = figures(several[1])
    assert all(tonnes(cell) > 0 for cell in found["surrendered (simulated)"])
    for due, given in zip(found["obligations"], found["surrendered (simulated)"], strict=True):
        assert tonnes(given) <= tonnes(due)


def test_a_company_under_two_schemes_is_recognised_up_to_the_limit(several):
    _, out = several
    found = figures(out)
    assert found["also under another scheme"] == ["2", "1", "1"]
    none, linked, also_none = found["recognised of another scheme"]
    assert none == also_none == "none"
    amount, limit = re.fullmatch(r"([\d,]+) t of china-national, limit ([\d,]+) t", linked).groups()
    assert amount == limit
    assert "LINKS_LIMIT_EXCEEDED" in text_of(out)


def test_the_schemes_are_compared_in_the_same_columns(several):
    _, out = several
    with (out / "data" / "disclosure.csv").open(encoding="utf-8", newline="") as file:
        head, *rows = csv.reader(file)
    assert head == ["topic", "column", "key", *SCHEMES]
    said = {row[2]: row[3:] for row in rows}
    assert all(text.endswith(" t (on chain)") for text in said["cap.amount"])
    national, shenzhen, eu = said["allocation.auction_share"]
    assert (
        national == shenzhen == "0 % (on chain)" and eu.endswith(" % (on chain)") and eu != national
    )
    assert said["link.limit"] == ["not in this pack", "5 % (on chain)", "not in this pack"]
    assert said["supply.msr_upper"] == ["not in this pack", "not in this pack", "1,096,000,000 t"]
    page = (out / "index.html").read_text(encoding="utf-8")
    assert "not in this pack" in page and "5 % (on chain)" in page
    assert all((out / name / "index.html").is_file() for name in SCHEMES)
