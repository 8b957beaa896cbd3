"""CO2 that a fuel's carbon makes, against fractions; lines of combustion that contradict themselves."""

from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tonne.constants import PPM
from tonne.evidence import manifest
from tonne.evidence.fuels import DEFAULTS, FuelQuality

COAL = FuelQuality(ncvMj=20_981, carbonGPerGj=26_171, oxidationPpm=990_000, tier=3)
LINE = {
    "category": "combustion", "product": "coal", "source": "unit 1", "quantity": 110_000, "unit": "t",
    "gases": {"CO2": 219_250_000}, "gwpSet": 5, "fuel": COAL.model_dump(),
}  # fmt: skip

QUALITIES = st.builds(
    FuelQuality,
    ncvMj=st.integers(1, 200_000),
    carbonGPerGj=st.integers(0, 200_000),
    oxidationPpm=st.integers(0, PPM),
    biomassPpm=st.integers(0, PPM),
    tier=st.sampled_from([1, 2, 3, 4]),
)


def exact(quality, quantity):
    """[kg CO2]"""
    energy_gj = Fraction(quantity) * quality.ncvMj / 1_000
    carbon_kg = energy_gj * quality.carbonGPerGj / 1_000
    fossil = Fraction(PPM - quality.biomassPpm, PPM)
    return carbon_kg * Fraction(quality.oxidationPpm, PPM) * fossil * Fraction(44, 12)


@given(QUALITIES, st.integers(0, 10**9), st.data())
def test_the_bounds_hold_whatever_was_rounded_to_the_factors(quality, quantity, data):
    least, most = quality.co2(quantity)
    assert least <= exact(quality, quantity) <= most
    off = st.fractions(Fraction(-1, 2), Fraction(1, 2), max_denominator=100)
    energy = max(quantity + data.draw(off), 0) * (quality.ncvMj + data.draw(off)) / 1_000
    carbon = energy * max(quality.carbonGPerGj + data.draw(off), 0) / 1_000
    burnt = max(quality.oxidationPpm + data.draw(off), 0) / PPM
    fossil = max(PPM - quality.biomassPpm + data.draw(off), 0) / PPM
    assert least <= carbon * burnt * fossil * Fraction(44, 12) <= most


def test_the_bounds_are_as_narrow_as_the_rounding():
    least, most = COAL.co2(110_000)
    assert (least, most) == (219_242_504, 219_263_766)
    assert most - least < 219_250_000 // 10_000


@given(st.sampled_from(sorted(DEFAULTS)), st.integers(0, 10**12))
def test_the_amount_for_a_mass_of_co2_makes_it(fuel, co2_kg):
    quality = DEFAULTS[fuel]
    least, most = quality.co2(quality.amount_for(co2_kg))
    assert least <= co2_kg <= most


def test_defaults_are_those_of_the_guidelines():
    """Coal 94.6 t CO2/TJ, natural gas 56.1 (2006 IPCC Guidelines, volume 2, table 2.2)."""
    for fuel, kg_per_tj in (("coal", 94_600), ("gas", 56_100)):
        quality = DEFAULTS[fuel]
        assert exact(quality, 1_000) / (quality.ncvMj / 1_000) == pytest.approx(kg_per_tj, rel=1e-4)


def refused(**changed):
    with pytest.raises(manifest.EvidenceError) as caught:
        manifest.parse_lines([LINE | changed])
    return caught.value


def test_coal_that_emits_next_to_nothing_is_refused_with_what_it_makes():
    error = refused(gases={"CO2": 2_192})
    assert (error.code, error.field, error.value) == (
        "REPORT_LINES_FUEL",
        "lines.0.gases.CO2",
        2_192,
    )
    assert "110,000 t of coal make 219,242,504 to 219,263,766 kg of CO2" in error.message


@pytest.mark.parametrize("product", ["coal", "Hard coal", "brown coal dust"])
def test_coal_called_a_process_is_refused(product):
    error = refused(category="process", product=product, fuel=None, gases={"CO2": 2_192})
    assert (error.code, error.field) == ("REPORT_LINES_FUEL", "lines.0.category")
    assert f"{product} is a fuel" in error.message and "line of combustion" in error.remedy


def test_raw_materials_of_a_process_are_taken():
    for product in ("limestone", "coke", "natural gas"):
        line = LINE | {"category": "process", "product": product, "fuel": None}
        assert manifest.parse_lines([line])[0].product == product


@pytest.mark.parametrize(
    ("changed", "field"),
    [
        ({"gases": {}}, "gases.CO2"),
        ({"quantity": 0}, "gases.CO2"),
        ({"quantity": 111_000}, "gases.CO2"),
        ({"gases": {"CO2": 219_242_503}}, "gases.CO2"),
        ({"gases": {"CO2": 219_263_767}}, "gases.CO2"),
        ({"fuel": None}, "fuel"),
        ({"fuel": COAL.model_dump() | {"carbonGPerGj": 47_720}}, "fuel.carbonGPerGj"),
        ({"category": "process"}, "category"),
    ],
)
def test_a_line_that_contradicts_itself_names_the_field(changed, field):
    error = refused(**changed)
    assert (error.code, error.field) == ("REPORT_LINES_FUEL", f"lines.0.{field}")


@pytest.mark.parametrize(
    "spoil",
    [
        {"ncvMj": 0},
        {"ncvMj": 2.5},
        {"oxidationPpm": PPM + 1},
        {"tier": 5},
        {"method": "guess"},
        {"x": 1},
    ],
)
def test_factors_that_cannot_be_are_refused(spoil):
    error = refused(fuel=COAL.model_dump() | spoil)
    assert error.code == "REPORT_LINES_FORMAT"
    assert error.field.startswith("lines.0.fuel.")


def test_what_whole_numbers_allow_is_taken():
    for kg in (219_242_504, 219_263_766):
        manifest.parse_lines([LINE | {"gases": {"CO2": kg}}])
    biomass = COAL.model_dump() | {"biomassPpm": PPM}
    manifest.parse_lines([LINE | {"gases": {}, "fuel": biomass}])


def test_measured_co2_is_told_beside_what_the_carbon_makes():
    measured = COAL.model_dump() | {"method": "measurement"}
    (line,) = manifest.parse_lines([LINE | {"gases": {"CO2": 2_192}, "fuel": measured}])
    assert manifest.told_of_fuels([line]) == [
        "coal, unit 1: 2,192 kg of CO2 measured, 20,981 MJ/t, 26,171 g C/GJ, tier 3; its carbon makes"
        " 219,242,504 to 219,263,766 kg"
    ]


def test_the_factors_are_bound_by_the_root():
    (line,) = manifest.parse_lines([LINE])
    other = line.model_copy(update={"fuel": COAL.model_copy(update={"tier": 1})})
    assert manifest.lines_root([line]) != manifest.lines_root([other])
