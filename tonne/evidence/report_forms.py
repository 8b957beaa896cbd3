"""Forms of a plant's lines and of a month's key parameters: commented TOML that its operator fills in."""

from __future__ import annotations

import json
import tomllib
from pathlib import Path
from typing import Any, Final, get_args

from tonne.errors import refused, why
from tonne.evidence.fuels import DEFAULTS, FuelQuality
from tonne.evidence.manifest import Category, Unit

SUFFIX: Final = ".lines.toml"
LINES, PARAMETERS = "lines", "parameters"


def text(installation: int, period: str) -> str:
    """A form for a year (2021), or with key parameters for a month (2021-03)."""
    is_month = "-" in period
    command = (
        f"tonne report month make FILE --installation {installation} --month {period}"
        if is_month
        else f"tonne report sign FILE --installation {installation} --year {period}"
    )
    coal, gas = (_quality(DEFAULTS[fuel]) for fuel in ("coal", "gas"))
    form = _FORM.format(
        installation=installation,
        period=period,
        command=command,
        categories=", ".join(get_args(Category)),
        units=", ".join(get_args(Unit)),
        coal=coal,
        gas=gas.replace("\n", "\n# "),
    )
    return form + (_PARAMETERS if is_month else "")


def load(path: Path, part: str) -> Any:
    """Lines or parameters of a form, or of a JSON list; raises REPORT_FORM_UNREADABLE.

    CO2 of a calculated fuel follows from its amount and quality where the form does not give it.
    """
    try:
        read = path.read_text(encoding="utf-8")
        if path.suffix != ".toml":
            return json.loads(read)
        found: Any = tomllib.loads(read).get(part, [])
    except (OSError, ValueError) as error:
        raise refused(
            "REPORT_FORM_UNREADABLE", path=str(path), part=part, reason=why(error)
        ) from None
    return [_with_co2(line) for line in found] if part == LINES else found


def _with_co2(line: Any) -> Any:
    """The line with the CO2 of its calculated fuel [kg]; as it is where it is not well formed."""
    try:
        quality = FuelQuality.model_validate(line["fuel"])
        gases, quantity = dict(line.get("gases", {})), line["quantity"]
    except (AttributeError, KeyError, TypeError, ValueError):
        return line
    if quality.method != "calculation" or "CO2" in gases or not isinstance(quantity, int):
        return line
    return {**line, "gases": {**gases, "CO2": quality.co2_kg(quantity)}}


def _quality(fuel: FuelQuality) -> str:
    return "\n".join(
        [
            f"fuel.ncvMj = {fuel.ncvMj}    # net calorific value [MJ a unit of the line]",
            f"fuel.carbonGPerGj = {fuel.carbonGPerGj}    # carbon content [g C/GJ]",
            f"fuel.oxidationPpm = {fuel.oxidationPpm}    # share of the carbon that burns [ppm]",
            f"fuel.biomassPpm = {fuel.biomassPpm}    # share of the carbon from biomass [ppm]",
            f'fuel.method = "{fuel.method}"    # or "measurement": CO2 measured in the stack',
            f"fuel.tier = {fuel.tier}    # of the least of the factors; 1: default values, 4: the best",
        ]
    )


_FORM: Final = """\
# Lines of plant {installation} for {period}.
# Fill it in, then: {command}
# A block for each product, fuel, process and purchase: copy and delete blocks as needed.
#
# category: {categories}
# product: name of the product, fuel or process: electricity, heat, coal, limestone
# source: unit, boiler or process
# quantity: amount in whole units
# unit: {units}
# gases: kg of each other gas, e.g. gases = {{ CH4 = 120, N2O = 30 }}
# gwpSet: assessment report of the global warming potentials, 4, 5 or 6; the same in every line

[[lines]]
category = "output"
product = "electricity"
source = "unit 1"
quantity = ""    # net supply [MWh]
unit = "MWh"
gwpSet = 5

# CO2 of a calculated fuel follows from its amount and quality. Measured CO2 [kg]: gases = {{ CO2 = … }}
[[lines]]
category = "combustion"
product = "coal"
source = "unit 1"
quantity = ""    # fuel burnt [t]
unit = "t"
gwpSet = 5
{coal}

# [[lines]]
# category = "combustion"
# product = "gas"
# source = "unit 1"
# quantity = ""    # fuel burnt [t]
# unit = "t"
# gwpSet = 5
# {gas}

# [[lines]]
# category = "output"
# product = "heat"
# source = "unit 1"
# quantity = ""    # heat supplied [GJ]
# unit = "GJ"
# gwpSet = 5
"""

_PARAMETERS: Final = """
# Key parameters of the month, each once.
# basis: "measured", with its document in the folder of --evidence, or "default"

[[parameters]]
name = "lower heating value, as received"
value = "25.8"
unit = "GJ/t"
basis = "default"
# document = "lab/march.pdf"
"""
