"""Forms of lines and key parameters: what an operator has to fill in, and what follows from it."""

from __future__ import annotations

import json
import tomllib

import pytest

from tonne.errors import TonneError
from tonne.evidence import manifest, monthly, report_forms
from tonne.evidence.fuels import DEFAULTS


def filled(period="2021", power=3_450_000, fuel=1_272_000):
    text = report_forms.text(1, period)
    text = text.replace('""    # net supply', f"{power}    # net supply")
    return text.replace('""    # fuel burnt', f"{fuel}    # fuel burnt")


@pytest.fixture
def form(tmp_path):
    return tmp_path / "1-2021.lines.toml"


def test_an_empty_form_is_refused_where_it_lacks_an_amount(form):
    form.write_text(report_forms.text(1, "2021"))
    with pytest.raises(TonneError, match="quantity"):
        manifest.parse_lines(report_forms.load(form, report_forms.LINES))


def test_a_filled_form_has_the_co2_of_its_fuel(form):
    form.write_text(filled())
    power, coal = manifest.parse_lines(report_forms.load(form, report_forms.LINES))
    assert (power.quantity, power.unit) == (3_450_000, "MWh")
    least, most = DEFAULTS["coal"].co2(1_272_000)
    assert least <= coal.gases["CO2"] <= most
    assert DEFAULTS["coal"].amount_for(coal.gases["CO2"]) == 1_272_000


def test_co2_that_the_form_gives_stays(form):
    form.write_text(filled().replace("fuel.ncvMj", "gases = { CO2 = 7 }\nfuel.ncvMj", 1))
    with pytest.raises(TonneError, match=r"make .* kg of CO2"):
        manifest.parse_lines(report_forms.load(form, report_forms.LINES))


def test_measured_co2_is_not_calculated(form):
    form.write_text(filled().replace('"calculation"', '"measurement"', 1))
    _, coal = manifest.parse_lines(report_forms.load(form, report_forms.LINES))
    assert "CO2" not in coal.gases


def test_every_block_in_comments_can_be_used(form):
    begun = "# [[lines]]\n# category"
    text = filled().replace('""    # heat supplied', "5    # heat supplied")
    before, *blocks = text.split(begun)
    opened = [("[[lines]]\ncategory" + block).replace("\n# ", "\n") for block in blocks]
    form.write_text(before + "".join(opened))
    lines = manifest.parse_lines(report_forms.load(form, report_forms.LINES))
    assert [line.product for line in lines] == ["electricity", "coal", "gas", "heat"]


def test_a_month_s_form_has_key_parameters_and_a_year_s_has_none(form):
    form.write_text(filled("2021-03"))
    raw = report_forms.load(form, report_forms.PARAMETERS)
    (found,) = monthly.parse_parameters(raw, ())
    assert (found.unit, found.basis) == ("GJ/t", "default")
    assert report_forms.PARAMETERS not in tomllib.loads(report_forms.text(1, "2021"))


def test_a_list_in_json_is_read_as_it_is(tmp_path):
    path = tmp_path / "lines.json"
    path.write_text(json.dumps([{"category": "output"}]))
    assert report_forms.load(path, report_forms.LINES) == [{"category": "output"}]


@pytest.mark.parametrize("text", ["[[lines", None], ids=["damaged", "not there"])
def test_a_form_that_cannot_be_read_is_refused(form, text):
    if text is not None:
        form.write_text(text)
    with pytest.raises(TonneError) as refused:
        report_forms.load(form, report_forms.LINES)
    assert refused.value.code == "REPORT_FORM_UNREADABLE"
