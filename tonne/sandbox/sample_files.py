"""Files of the sample market: evidence of a plant's next year, and drafts that await a signature."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Final

from tonne import files
from tonne.evidence import manifest, monitoring_files
from tonne.evidence.manifest import ReportLine
from tonne.evidence.monitoring_files import MonitoringDraft
from tonne.sandbox import open_cases

#: Figures of plant 1 in 2021, whose report is due in 2022; shares of its months, in thousandths.
YEAR: Final = 2021
POWER_MWH, EMISSIONS_T, FUEL = 3_450_000, 3_105_000, "coal"
MONTHS: Final = (90, 80, 85, 80, 78, 82, 92, 93, 80, 76, 78, 86)

#: The wind farm's report, named as `tonne monitoring sign` names it.
DRAFT: Final = f"1-{open_cases.FIRST_DAY}{monitoring_files.DRAFT_SUFFIX}"

README: Final = f"""\
Files of the sample market. All figures are invented.

plant-1/lines.json      lines of the report of plant 1 (north) for {YEAR}; a report is signed once its
                        year is over: tonne clock set "2022-03-01 10:00"
plant-1/months/         the same lines by month, for: tonne report month make
plant-1/evidence/       meter readings and coal weighed, for the year and each month
project-1/{DRAFT}
                        monitoring report of project 1, signed by its developer; the lead verifier
                        and the reviewer check and sign it: tonne monitoring check
project-1/evidence/     its evidence
"""


def write(folder: Path, draft: MonitoringDraft) -> None:
    """Writes all files; earlier ones of the same names are replaced."""
    year = _lines(POWER_MWH, EMISSIONS_T)
    months = {
        f"{YEAR}-{place:02}": _lines(POWER_MWH * part // 1_000, EMISSIONS_T * part // 1_000)
        for place, part in enumerate(MONTHS, start=1)
    }
    contents = {
        "README.txt": README,
        "plant-1/lines.json": _json(year),
        **{f"plant-1/months/{month}.json": _json(lines) for month, lines in months.items()},
        "plant-1/evidence/meters.csv": _csv("month,MWh", months, 0),
        "plant-1/evidence/coal.csv": _csv("month,t", months, 1),
        "project-1/evidence/meters/export.csv": open_cases.WIND_EVIDENCE.decode(),
    }
    for name, content in contents.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        files.write(path, content)
    monitoring_files.save_draft(folder / "project-1" / DRAFT, draft)


def _lines(power_mwh: int, emissions_t: int) -> tuple[ReportLine, ...]:
    return manifest.power_plant_lines(
        power_mwh=power_mwh, heat_gj=0, emissions_t=emissions_t, fuel=FUEL
    )


def _json(lines: tuple[ReportLine, ...]) -> str:
    return json.dumps(manifest.plain(lines), indent=2) + "\n"


def _csv(head: str, months: dict[str, tuple[ReportLine, ...]], place: int) -> str:
    rows = (f"{month},{lines[place].quantity}" for month, lines in months.items())
    return "\n".join([head, *rows]) + "\n"
