"""`tonne scheme`: packs are checked, shown, compared and explained without a chain."""

from __future__ import annotations

import json
import re

import pytest

from tests.conftest import PACK, ROOT
from tests.tonne.html_report import browser
from tests.web.conftest import needs_chromium
from tonne import cli
from tonne.errors import TonneError
from tonne.rules import pack

SCENARIO = str(ROOT / "scenarios" / "china-2023-24-assumed.toml")


@pytest.fixture
def told(capsys):
    """Runs a command and returns what it prints; with --json, as data."""

    def run(*arguments: str):
        with pytest.raises(SystemExit) as ended:
            cli.main(["scheme", *arguments])
        text = capsys.readouterr().out
        assert ended.value.code == 0, text
        return json.loads(text) if "--json" in arguments else text

    return run


@pytest.fixture
def refused(capsys):
    def run(*arguments: str):
        with pytest.raises(SystemExit) as ended:
            cli.main(["scheme", *arguments, "--json"])
        assert ended.value.code == 1
        return json.loads(capsys.readouterr().out)["error"]

    return run


@pytest.fixture(autouse=True)
def _wide(monkeypatch):
    from tonne.cli.core import output

    monkeypatch.setattr(output.console, "_width", 300)


def test_every_pack_is_valid_and_says_whose_its_examples_are(told):
    rows = {row["scheme"]: row for row in told("validate", "--json")["valid"]}
    assert len(rows) == 12
    assert rows["china-national"]["published"] == 9
    assert rows["china-fujian"]["published"] == 0 and rows["china-fujian"]["ours"] > 0
    assert [name for name, row in rows.items() if not row["lacks"]] == ["china-national"]


def test_a_pack_below_what_it_requires_is_refused_with_its_line(refused, tmp_path):
    text = PACK.read_text(encoding="utf-8")
    path = tmp_path / "below.toml"
    path.write_text(text.replace("\nlimit = [", "\ndirect_benefit = [", 1), "utf-8")
    error = refused("validate", str(path))
    assert error["code"] == "PACK_MISSING"
    assert "below.toml:" in error["message"] and "offset.limit" in error["message"]
    assert error["remedy"]


def test_a_pack_whose_example_does_not_come_out_is_refused(refused, tmp_path):
    path = tmp_path / "wrong.toml"
    text = PACK.read_text(encoding="utf-8")
    path.write_text(text.replace("min = 423_997_000", "min = 423_996_999"), "utf-8")
    error = refused("validate", str(path))
    assert error["code"] == "EXAMPLE_DIFFERS"
    line = text[: text.index("[[example]]")].count("\n") + 1
    assert error["message"].startswith(f"wrong.toml:{line}: ")


def test_a_pack_without_an_example_is_refused(refused, tmp_path):
    path = tmp_path / "bare.toml"
    path.write_text(PACK.read_text(encoding="utf-8").split("[[example]]", 1)[0], "utf-8")
    assert refused("validate", str(path))["code"] == "PACK_NO_EXAMPLE"


def test_a_pack_is_shown_as_it_holds_on_a_day(told):
    hubei = told("show", "china-hubei", "--on", "2015-06-30", "--json")
    values = {row["key"]: row["value"] for row in hubei["values"]}
    assert values["penalty.cap"] == "150,000 CNY"
    assert values["offset.limit"] == "10 %"
    after = told("show", "china-hubei", "--on", "2024-03-01", "--json")
    assert "penalty.cap" not in {row["key"] for row in after["values"]}
    assert "mrv.report_days" in after["lacks"]
    assert "It can be set up on a chain." in told("show", "china-national", "--on", "2021-12-31")


def test_schemes_stand_in_the_same_columns_each_in_its_own_money(told):
    found = told("compare", "china-hubei", "eu-ets", "us-rggi", "--on", "2023-06-30", "--json")
    cells = {row["scheme"]: row["cells"] for row in found["schemes"]}
    assert len({tuple(row) for row in cells.values()}) == 1
    assert cells["eu-ets"]["penalty.max_per_unit"]["text"] == "111.00 EUR/t"
    assert cells["us-rggi"]["supply.ccr_price"]["text"] == "14.88 USD/short ton"
    assert cells["china-hubei"]["penalty.cap"]["text"] == "150,000 CNY"
    assert cells["china-hubei"]["market.band"] == {
        "text": "not in this pack",
        "disclosed": False,
        "assumed": False,
        "onChain": False,
    }
    text = told("compare", "china-hubei", "eu-ets", "--on", "2023-06-30")
    assert "not in this pack" in text and "assumed" not in text


def test_nothing_of_a_table_is_cut_off(told):
    few = told("compare", "china-shanghai", "china-shenzhen", "eu-ets", "--on", "2024-12-31")
    assert re.search(r"china-shanghai +china-shenzhen +eu-ets", few)
    assert re.search(
        r"reserve takes above +not in this pack +not in this pack +1,096,000,000 t", few
    )
    every = told("compare", "--on", "2024-12-31")
    assert "…" not in few + every
    assert all(name in every for name in ("china-shanghai", "china-shenzhen"))
    explained = told("explain", "china-national", "penalty.multiple_min")
    assert re.search(r"china-national\.toml:\d+", explained)


def test_a_scenario_taken_for_a_pack_is_refused_with_what_to_do():
    with pytest.raises(TonneError) as caught:
        pack.load(SCENARIO)
    assert caught.value.code == "PACK_IS_SCENARIO" and "scenario validate" in caught.value.remedy


def test_what_a_scenario_supplies_is_marked_in_every_table(told):
    given = ("--on", "2023-12-31", "--scenario", SCENARIO)
    assert "6 (assumed)" in told("compare", "china-national", "eu-ets", *given)
    assert "assumed" in told("show", "china-national", *given)
    assert "Assumed: Commonly reported" in told(
        "explain", "china-national", "benchmark.power.gas", "--scenario", SCENARIO
    )


def test_a_key_is_explained_with_its_values_sources_and_lines(told):
    found = told("explain", "china-national", "penalty.multiple_min", "--json")
    assert found["says"] == "Least fine: this many times the price of the missing units."
    (value,) = found["values"]
    assert value["value"] == "5 times" and "Decree 775" in value["source"]
    name, line = value["where"].split(":")
    text = (ROOT / "schemes" / name).read_text(encoding="utf-8").splitlines()[int(line) - 1]
    assert text.startswith("multiple_min = ")
    assert "not in this pack" in told("explain", "eu-ets", "market.holding_limit")
    assert "not disclosed by the scheme" in told("explain", "china-national", "cap.amount")


def test_what_cannot_be_told_is_refused(refused):
    assert refused("explain", "eu-ets", "penalty.cpa")["code"] == "SCHEME_NO_KEY"
    assert refused("show", "eu-ets", "--on", "soon")["code"] == "SCHEME_DAY_UNREADABLE"
    assert refused("show", "atlantis")["code"] == "PACK_NOT_FOUND"
    assert refused("show", "eu-ets", "--scenario", SCENARIO)["code"] == "SCENARIO_SCHEME"


@pytest.mark.long
@pytest.mark.nightly
@needs_chromium
def test_a_comparison_as_a_page_stands_alone_and_has_every_rule(told, tmp_path):
    told("compare", "--on", "2024-12-31", "--report", str(tmp_path))
    cells = told("compare", "--on", "2024-12-31", "--json")["schemes"]
    seen = browser.check(tmp_path)
    for scheme in cells:
        assert scheme["scheme"] in seen["text"]
    keys = {key for table in seen["tables"].values() for key in table["columns"]}
    assert cells[0]["cells"].keys() <= keys
