"""Lines of the reports of sectors put on chain: a register tells tonnes of product by events alone."""

from __future__ import annotations

from tonne.evidence import line_publication
from tonne.evidence.line_publication import ReportLeaves
from tonne.simulation.period.model.state import PeriodState


def publish(state: PeriodState) -> None:
    """The oracle's account publishes the lines of the year's reports of plants that make no power."""
    plants = _industry(state)
    if not plants:
        return
    year = state.period.last_year
    found: list[ReportLeaves] = []
    for path in sorted((state.folder / "inbox" / "done").glob("*.json")):
        found += [
            report
            for report in line_publication.of_file(path)
            if report.installation in plants and report.year == year
        ]
    missing = line_publication.to_publish(state.chain, found, 0)
    oracle = state.keys.account("oracle")
    receipts = state.chain.send_many(line_publication.calls(state.chain, oracle, missing))
    state.driver.transactions += len(receipts)
    state.driver.gas += sum(receipt.gas_used for receipt in receipts)


def _industry(state: PeriodState) -> set[int]:
    """Numbers of those plants."""
    return {
        int(number)
        for number, plant in zip(state.installations, state.fleet.plants, strict=True)
        if plant.industry is not None
    }
