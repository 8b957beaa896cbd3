"""A verifier's desk: what has been reported, what is awaited from whom, how a report compares."""

from __future__ import annotations

import statistics
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, tzinfo
from pathlib import Path
from typing import Final

from tonne.chain.client import Chain
from tonne.chain.clock import zone_of
from tonne.constants import DAY_S, PPM
from tonne.crypto import wallet_signatures
from tonne.errors import TonneError, refused
from tonne.evidence import reports
from tonne.evidence.report_encoding import REPORT, ReportRecord, ReportTerms, report_days_in
from tonne.evidence.reports import Draft
from tonne.types.installation_word import OPEN, InstallationWord

#: Ending of a report that is not yet signed by all.
DRAFT_SUFFIX: Final = ".draft.json"
STANDINGS: Final = ("no report", "reported", "disputed", "annulled", "determined")
DISPUTED: Final = 2


@dataclass(frozen=True, slots=True)
class PlantReport:
    """One plant in one year."""

    plant: int
    standing: str  # of STANDINGS
    qualified: bool  # its report on record has a qualified opinion
    emissions_t: int  # [t CO2e] on record
    final_at: int  # [s] end of the dispute window; 0: nothing is on record
    file: Path | None  # a draft in the folder
    awaits: tuple[str, ...]  # roles that have not signed the draft
    awaits_me: tuple[str, ...]  # those of them that the person is accredited for


@dataclass(frozen=True, slots=True)
class ReportsDue:
    """A scheme's plants in one reporting year."""

    due: int  # [s] first moment a report of the year is late
    rows: tuple[PlantReport, ...]
    unreadable: tuple[tuple[Path, TonneError], ...]


def inbox(
    chain: Chain, scheme: int, year: int, folder: Path, person: str | None, first_block: int = 0
) -> ReportsDue:
    """Every open plant of a scheme with its record of the year and its draft in `folder`."""
    plants = {
        number: word for number, word in plants_of(chain, scheme).items() if word.status == OPEN
    }
    records = records_of(chain, list(plants), year)
    drafts, unreadable = _drafts(chain, folder, year)
    roles = _roles_of(chain, scheme, person)
    qualified = _qualified(chain, year, first_block)
    rows = []
    for number in plants:
        record, (path, draft) = records[number], drafts.get(number, (None, None))
        awaits = awaited(draft) if draft is not None else ()
        mine = tuple(name for name in awaits if roles & reports.ROLES[name])
        standing = STANDINGS[record.status]
        rows.append(
            PlantReport(
                number,
                standing,
                (number, record.revision) in qualified,
                record.emissions_t,
                record.final_at,
                path,
                awaits,
                mine,
            )
        )
    words = chain.call("EmissionsOracle", "configWords", scheme)
    due = _due(year, report_days_in(words), zone_of(chain, scheme))
    return ReportsDue(due, tuple(rows), tuple(unreadable))


def awaited(draft: Draft) -> tuple[str, ...]:
    """Roles that have not signed: of a draft without an opinion both."""
    signed = [*draft.opinions, *draft.statements]
    return tuple(
        name
        for name in reports.ROLES
        if not signed or any(_is_open(getattr(entry, f"{name}Signature")) for entry in signed)
    )


def _is_open(signature: bytes | None) -> bool:
    return signature is None or wallet_signatures.awaited_wallet(signature) is not None


@dataclass(frozen=True, slots=True)
class ReportComparison:
    """A report beside the plant's last year and beside its class."""

    intensity: int | None  # [g/kWh] None: no power
    last_year_t: int | None  # [t CO2e] None: nothing on record
    last_intensity: int | None  # [g/kWh]
    class_size: int  # plants of the class with a record and power, this one left out
    class_median: int | None  # [g/kWh]
    rank: int | None  # 1: the lowest intensity of the class with this plant among it

    @property
    def change_ppm(self) -> int | None:
        """Change of the intensity against last year, in millionths; None where one is missing."""
        if self.intensity is None or not self.last_intensity:
            return None
        return (self.intensity - self.last_intensity) * PPM // self.last_intensity


def compare(chain: Chain, draft: Draft) -> ReportComparison:
    """Emissions per output of a report (grams a kilowatt-hour, rounded down) beside what is on record.

    The class is compared by its records of the same year, or of the year before while there are
    fewer than three.
    """
    report = draft.signed.report
    word = InstallationWord.unpack(chain.call("Participants", "installation", report.installation))
    peers = [
        number
        for number, other in plants_of(chain, word.scheme).items()
        if other.benchmark_class == word.benchmark_class and number != report.installation
    ]
    last = records_of(chain, [report.installation], report.year - 1)[report.installation]
    own = _intensity(report.emissionsT, report.powerMwh)
    known = _known(records_of(chain, peers, report.year).values())
    if len(known) < 3:
        known = _known(records_of(chain, peers, report.year - 1).values())
    return ReportComparison(
        own,
        last.emissions_t if last.revision else None,
        _intensity(last.emissions_t, last.power_mwh) if last.revision else None,
        len(known),
        int(statistics.median(known)) if known else None,
        1 + sum(1 for other in known if other < own) if own is not None and known else None,
    )


def plants_of(chain: Chain, scheme: int) -> dict[int, InstallationWord]:
    """The installations of a scheme, by number."""
    count = chain.call("Participants", "installationCount")
    words = chain.call_many(
        ("Participants", "installation", (number,)) for number in range(1, count + 1)
    )
    plants = {number: InstallationWord.unpack(word) for number, word in enumerate(words, start=1)}
    return {number: plant for number, plant in plants.items() if plant.scheme == scheme}


def records_of(chain: Chain, plants: Sequence[int], year: int) -> dict[int, ReportRecord]:
    """The record of each plant in a year."""
    words = chain.call_many(("EmissionsOracle", "record", (plant, year)) for plant in plants)
    return {plant: ReportRecord.unpack(word) for plant, word in zip(plants, words, strict=True)}


def _qualified(chain: Chain, year: int, first_block: int) -> set[tuple[int, int]]:
    """Plant and revision of the year's reports whose opinion is qualified."""
    found = set()
    for event in chain.logs("EmissionsOracle", "EmissionsReported", first_block):
        said = REPORT.unpack(event["report"])
        if said["year"] == year and ReportTerms.unpack(event["terms"]).qualified:
            found.add((said["installation"], said["revision"]))
    return found


def _known(records: Iterable[ReportRecord]) -> list[int]:
    """Intensities of the records that have one."""
    found = (_intensity(r.emissions_t, r.power_mwh) for r in records if r.revision)
    return [intensity for intensity in found if intensity is not None]


def _intensity(emissions_t: int, power_mwh: int) -> int | None:
    """[g/kWh = t/GWh], rounded down; None without power."""
    return emissions_t * 1_000 // power_mwh if power_mwh else None


def _roles_of(chain: Chain, scheme: int, person: str | None) -> int:
    signers = chain.call("EmissionsOracle", "signersOf", scheme) if person else []
    return next((s.roles for s in signers if s.key == person), 0)


def _drafts(
    chain: Chain, folder: Path, year: int
) -> tuple[dict[int, tuple[Path, Draft]], list[tuple[Path, TonneError]]]:
    """The newest revision of each plant's draft; files that are no draft of this chain, with the reason."""
    if not folder.is_dir():
        raise refused("REPORT_NO_FOLDER", folder=str(folder))
    found: dict[int, tuple[Path, Draft]] = {}
    unreadable = []
    for path in sorted(folder.glob(f"*{DRAFT_SUFFIX}")):
        try:
            draft = reports.load(path)
            reports.check(chain, draft)
        except TonneError as error:
            unreadable.append((path, error))
            continue
        report = draft.signed.report
        standing = found.get(report.installation)
        newer = standing is None or report.revision > standing[1].signed.report.revision
        if report.year == year and newer:
            found[report.installation] = path, draft
    return found, unreadable


def _due(year: int, report_days: int, zone: tzinfo) -> int:
    """[s] As the EmissionsOracle has it: days after the end of the scheme's local year."""
    return int(datetime(year + 1, 1, 1, tzinfo=zone).timestamp()) + report_days * DAY_S
