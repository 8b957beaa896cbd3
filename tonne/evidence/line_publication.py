"""Lines of signed reports put on chain, where all can read tonnes of product from events alone.

The contract PublishedLines works out the root that lines come to. They are sent only when it is the root of
the report's own event, and once: readers pass over any other.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from tonne.chain.client import Call, Chain
from tonne.chain.contract import Event
from tonne.crypto.accounts import Account
from tonne.errors import TonneError, refused
from tonne.evidence import manifest, report_files
from tonne.evidence.report_encoding import REPORT
from tonne.evidence.report_files import SignedReport

CONTRACT: Final = "PublishedLines"
#: Most bytes of lines in a transaction, but for one report that has more: 3 to 5 million gas, and below
#: 128 KiB, beyond which nodes do not pass a transaction on.
MOST_BYTES: Final = 100_000

#: Plant, year and revision.
Key = tuple[int, int, int]


@dataclass(frozen=True, slots=True)
class ReportLeaves:
    """Lines of one report in the form that is hashed, with the root that they come to."""

    installation: int
    year: int
    revision: int
    leaves: tuple[bytes, ...]
    root: bytes

    @property
    def key(self) -> Key:
        return self.installation, self.year, self.revision

    @property
    def about(self) -> str:
        return (
            f"report of installation {self.installation} for {self.year}, revision {self.revision}"
        )

    @property
    def size(self) -> int:
        """Bytes of all lines."""
        return sum(map(len, self.leaves))

    def argument(self) -> tuple[int, int, int, list[bytes]]:
        """`LinesOfReport`, as the contract takes it."""
        return self.installation, self.year, self.revision, list(self.leaves)


def of_file(path: Path) -> list[ReportLeaves]:
    """Lines of all reports in a file for an oracle. Raises REPORT_MALFORMED and what lines raise."""
    content = report_files.parse(path.name, path.read_bytes())
    if isinstance(content, report_files.BatchFile):
        return [of_signed(one, in_batch=True) for one in content.reports]
    return [of_signed(content.signed)]


def of_signed(signed: SignedReport, in_batch: bool = False) -> ReportLeaves:
    """Lines of a signed report. Raises PUBLISH_LINES_ROOT where they do not come to the signed root."""
    said, lines = signed.report, manifest.parse_lines(signed.lines)
    root = manifest.lines_root(lines)
    found = ReportLeaves(
        said.installation, said.year, said.revision, tuple(manifest.leaves(lines)), root
    )
    if root != said.linesRoot:
        raise TonneError(
            "PUBLISH_LINES_ROOT",
            f"The lines of the {found.about} come to another root than the one that was signed.",
            field="linesRoot",
            value="0x" + root.hex(),
            remedy="Give the batch as it was signed; `tonne report batch verify FILE` names the difference."
            if in_batch
            else "Give the file as it was signed; `tonne report verify FILE` names the difference.",
        )
    return found


def to_publish(chain: Chain, reports: Iterable[ReportLeaves], first: int) -> list[ReportLeaves]:
    """Those whose lines are not on chain yet, each once.

    `first`: block from which events are read. Raises PUBLISH_LINES_NO_REPORT for one that is not on chain.
    """
    reported = {
        (_key(REPORT.unpack(event["report"])), event["linesRoot"])
        for event in chain.logs("EmissionsOracle", "EmissionsReported", first)
    }
    done = {(_key(event), event["linesRoot"]) for event in chain.logs(CONTRACT, first=first)}
    found: dict[tuple[Key, bytes], ReportLeaves] = {}
    for report in reports:
        place = (report.key, report.root)
        if place not in reported:
            raise refused(
                "PUBLISH_LINES_NO_REPORT", lines_root="0x" + report.root.hex(), about=report.about
            )
        if place not in done:
            found[place] = report
    return list(found.values())


def _key(said: Event | Mapping[str, int]) -> Key:
    return int(said["installation"]), int(said["year"]), int(said["revision"])


def batches(
    reports: Iterable[ReportLeaves], most: int = MOST_BYTES
) -> Iterator[list[ReportLeaves]]:
    """Reports of one transaction each, in their order: as many as `most` [bytes] hold, at least one."""
    batch: list[ReportLeaves] = []
    for report in reports:
        if batch and sum(one.size for one in batch) + report.size > most:
            yield batch
            batch = []
        batch.append(report)
    if batch:
        yield batch


def calls(chain: Chain, sender: Account, reports: Sequence[ReportLeaves]) -> list[Call]:
    """The transactions that publish these lines."""
    contract = chain[CONTRACT]
    return [
        Call(sender, contract, "publish", ([one.argument() for one in batch],))
        for batch in batches(reports)
    ]
