"""Files of the sample market: evidence of a plant's next year, and drafts that await a signature."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Final, NamedTuple

from tonne import files
from tonne.evidence import manifest, monitoring_files
from tonne.evidence.manifest import ReportLine
from tonne.evidence.monitoring_files import MonitoringDraft
from tonne.sandbox import open_cases

YEAR: Final = 2021


class PlantYear(NamedTuple):
    """Figures of a plant in 2021, whose report is due in 2022."""

    power_mwh: int
    heat_gj: int
    emissions_t: int
    fuel: str


#: By installation number.
PLANTS: Final = {
    1: PlantYear(3_450_000, 0, 3_105_000, "coal"),
    2: PlantYear(1_500_000, 1_000_000, 1_470_000, "coal"),
    3: PlantYear(1_200_000, 0, 465_000, "gas"),
}
#: Plant with monthly evidence, and the shares of its months, in thousandths.
MONTHLY: Final = 1
MONTHS: Final = (90, 80, 85, 80, 78, 82, 92, 93, 80, 76, 78, 86)

#: The wind farm's report, named as `tonne monitoring sign` names it.
DRAFT: Final = f"1-{open_cases.FIRST_DAY}{monitoring_files.DRAFT_SUFFIX}"

README: Final = f"""\
Files of the sample market. All figures are invented.

plant-N/lines.json      lines of the report of plant N for {YEAR}; a report is signed once its year is
                        over: tonne clock set "2022-03-01 10:00"
plant-N/evidence/       meter readings and fuel by month
plant-1/months/         the lines of plant 1 by month, for: tonne report month make
project-1/{DRAFT}
                        monitoring report of project 1, signed by its developer; the lead verifier
                        and the reviewer check and sign it: tonne monitoring check
project-1/evidence/     its evidence
"""


def write(folder: Path, draft: MonitoringDraft) -> None:
    """Writes all files; earlier ones of the same names are replaced."""
    contents = {
        "README.txt": README,
        "project-1/evidence/meters/export.csv": open_cases.WIND_EVIDENCE.decode(),
    }
    for number, year in PLANTS.items():
        contents |= _plant(number, year)
    for name, content in contents.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        files.write(path, content)
    monitoring_files.save_draft(folder / "project-1" / DRAFT, draft)


def _plant(number: int, year: PlantYear) -> dict[str, str]:
    """Lines and evidence of a plant."""
    months = {f"{YEAR}-{n:02}": _lines(year, part) for n, part in enumerate(MONTHS, start=1)}
    folder = f"plant-{number}"
    found = {
        f"{folder}/lines.json": _json(_lines(year, sum(MONTHS))),
        f"{folder}/evidence/meters.csv": _csv("month,MWh", months, 0),
        f"{folder}/evidence/{year.fuel}.csv": _csv("month,amount", months, -1),
    }
    if number == MONTHLY:
        found |= {f"{folder}/months/{month}.json": _json(lines) for month, lines in months.items()}
    return found


def _lines(year: PlantYear, part: int) -> tuple[ReportLine, ...]:
    """Lines of so many thousandths of a year."""
    power, heat, emissions = (figure * part // 1_000 for figure in year[:3])
    return manifest.power_plant_lines(
        power_mwh=power, heat_gj=heat, emissions_t=emissions, fuel=year.fuel
    )


def _json(lines: tuple[ReportLine, ...]) -> str:
    return json.dumps(manifest.plain(lines), indent=2) + "\n"


def _csv(head: str, months: dict[str, tuple[ReportLine, ...]], place: int) -> str:
    rows = (f"{month},{lines[place].quantity}" for month, lines in months.items())
    return "\n".join([head, *rows]) + "\n"
