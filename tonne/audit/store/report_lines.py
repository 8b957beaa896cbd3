"""Lines of reports in files, proved against the roots on chain: of those that are not published on chain.

The chain has a report's electricity and heat, and of its lines the root that operator and bodies signed.
Lines name fuels with their carbon, which an operator may show to one reader and not to all: that reader has
them as files. What they come to is the root on chain, or they are refused: another plant's, changed, left out
or added ones come to another.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, NamedTuple

from tonne.errors import TonneError, refused
from tonne.evidence import manifest, report_files
from tonne.evidence.manifest import ELECTRICITY, HEAT, ReportLine
from tonne.evidence.report_files import BATCH_SUFFIX, REPORT_SUFFIX, SignedReport

#: Endings of files with signed reports, those on their way to an oracle too.
SUFFIXES: Final = (REPORT_SUFFIX, BATCH_SUFFIX)

#: Where a figure stands whose lines are in a file.
PROVED: Final = "proved"

#: A report on chain: plant, year and revision.
ReportKey = tuple[int, int, int]


class ProductFigure(NamedTuple):
    """What lines of one report come to, of one product."""

    product: str
    unit: str
    quantity: int  # [unit]


class LinesFigures(NamedTuple):
    """Products of one report by its lines, and where those stand."""

    state: str  # PROVED, or `register_products.ON_CHAIN`
    where: tuple[int, int]  # block and log: of the event of the lines, else of the report's
    figures: Sequence[ProductFigure]


@dataclass(frozen=True, slots=True)
class PublishedReport:
    """A report as a file has it; `lines` are not proved yet."""

    file: str
    installation: int
    year: int
    revision: int
    lines: tuple[ReportLine, ...]

    @property
    def key(self) -> ReportKey:
        return self.installation, self.year, self.revision

    @property
    def about(self) -> str:
        return f"{self.file}: report of plant {self.installation} for {self.year}, revision {self.revision}"


def read(folder: Path) -> list[PublishedReport]:
    """All reports of a folder's files, by name. Raises REGISTER_LINES_FOLDER where there is none."""
    paths = sorted(path for path in folder.glob("*.json") if path.name.endswith(SUFFIXES))
    if not paths:
        raise refused("REGISTER_LINES_FOLDER", folder=str(folder), suffixes=" or ".join(SUFFIXES))
    return [_of_file(path.name, signed) for path in paths for signed in _signed(path)]


def _signed(path: Path) -> Sequence[SignedReport]:
    content = report_files.parse(path.name, path.read_bytes())
    return content.reports if isinstance(content, report_files.BatchFile) else [content.signed]


def _of_file(name: str, signed: SignedReport) -> PublishedReport:
    said = signed.report
    lines = manifest.parse_lines(signed.lines)
    return PublishedReport(name, said.installation, said.year, said.revision, lines)


def proved(
    published: Iterable[PublishedReport], on_chain: Iterable[Mapping[str, Any]]
) -> dict[ReportKey, LinesFigures]:
    """Products of each report whose lines come to its root; the first that do not are refused.

    `on_chain`: rows of the view `reports`, whose block and log the figures stand at. Raises
    REGISTER_LINES_PLANT, REGISTER_LINES_REPORT, REGISTER_LINES_COUNT and REGISTER_LINES_ALTERED.
    """
    rows = {_key_of(row): row for row in on_chain}
    plants = {str(row["linesRoot"]): int(row["installation"]) for row in rows.values()}
    found = {}
    for report in published:
        _require_on_chain(report, rows, plants)
        row = rows[report.key]
        where = (int(row["block"]), int(row["place"]))
        found[report.key] = LinesFigures(PROVED, where, list(products(report.lines)))
    return found


def fitting(
    published: Iterable[PublishedReport], on_chain: Sequence[Mapping[str, Any]]
) -> list[PublishedReport]:
    """Those that `proved` takes: a service goes on without the others, which may be of reports to come."""
    return [report for report in published if _fits(report, on_chain)]


def _fits(report: PublishedReport, on_chain: Sequence[Mapping[str, Any]]) -> bool:
    root = "0x" + manifest.lines_root(report.lines).hex()
    return any(row["linesRoot"] == root and _key_of(row) == report.key for row in on_chain)


def _key_of(row: Mapping[str, Any]) -> ReportKey:
    return int(row["installation"]), int(row["year"]), int(row["revision"])


def _require_on_chain(
    report: PublishedReport, rows: Mapping[ReportKey, Mapping[str, Any]], plants: Mapping[str, int]
) -> None:
    root = "0x" + manifest.lines_root(report.lines).hex()
    row = rows.get(report.key)
    if row is not None and row["linesRoot"] == root:
        return
    owner = plants.get(root)
    if owner is not None and owner != report.installation:
        raise _refused(
            "PLANT",
            report,
            "installation",
            report.installation,
            f"the lines are those of plant {owner}",
        )
    if row is None:
        raise _refused(
            "REPORT",
            report,
            "report",
            report.installation,
            "the chain has no such report",
            TAKE_OUT,
        )
    if int(row["lineCount"]) != len(report.lines):
        told = f"it has {len(report.lines)} lines, {int(row['lineCount'])} were signed"
        raise _refused("COUNT", report, "lines", len(report.lines), told)
    told = f"its lines come to the root {root}, on chain is {row['linesRoot']}"
    raise _refused("ALTERED", report, "lines", root, told)


#: Remedies for a report that the chain has not, and for lines that are not those of their report.
TAKE_OUT: Final = "Take the file out of the folder until the report is on chain, then ask again."
AS_SIGNED: Final = (
    "Put the file there as it was signed, or take it out of the folder, then ask again."
)


def _refused(
    code: str, report: PublishedReport, field: str, value: object, why: str, remedy: str = AS_SIGNED
) -> TonneError:
    return TonneError(f"REGISTER_LINES_{code}", f"{report.about}: {why}.", field, value, remedy)


def products(lines: Iterable[ReportLine]) -> Iterator[ProductFigure]:
    """Output by product and unit, over all sources; electricity [MWh] and heat [GJ] stand in the totals."""
    sums: Counter[tuple[str, str]] = Counter()
    for line in lines:
        if line.category == "output" and (line.product, line.unit) not in (ELECTRICITY, HEAT):
            sums[line.product, line.unit] += line.quantity
    for (product, unit), quantity in sorted(sums.items()):
        yield ProductFigure(product, unit, quantity)
