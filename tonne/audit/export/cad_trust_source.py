"""Reads from a chain what CAD Trust records are made of."""

from __future__ import annotations

import uuid
from datetime import date, timedelta
from typing import Final

from tonne.audit.export.cad_trust import OWN, CadTrustSource
from tonne.audit.export.cad_trust_records import CadtLabel, LabelType
from tonne.audit.export.credit_search import LabelView, labels_of
from tonne.audit.export.holdings import by_owner, holdings
from tonne.audit.export.rebuild import RebuiltMarket, rebuild_market
from tonne.audit.replay.events import Pinned
from tonne.chain.client import Chain
from tonne.constants import EPOCH
from tonne.text import harmless
from tonne.types.ids import UnitId
from tonne.units import registry_descriptors

#: CAD Trust's type of a label, by its kind here; a policy certifies a cover.
LABEL_TYPES: Final[dict[str, LabelType]] = {
    "endorsement": "Endorsement",
    "qualification": "Letter of Qualification",
    "certification": "Certification",
    "insurance": "Certification",
}


def source_of(
    chain: Chain, first_block: int, block: int | None = None
) -> tuple[CadTrustSource, Pinned]:
    """Everything up to a block; else to the latest."""
    found = rebuild_market(chain, first_block, block)
    contract = chain.contracts.get("Labels")
    address = f"eip155:{chain.chain_id}/labels:{contract.address if contract else ''}"
    source = CadTrustSource(
        found.batches,
        found.article6,
        chain.chain_id,
        found.projects,
        found.market.parties,
        by_owner(holdings(found.market, chain["Exchange"].address)),
        _registries(found.batches.registries),
        labels=_labels(found, address),
        now=found.head.time,
    )
    return source, found.head


def _labels(found: RebuiltMarket, address: str) -> dict[UnitId, list[CadtLabel]]:
    """Every label that ever held, by batch."""
    labels = found.market.labels
    return {
        unit: [_label(found, unit, view, address) for view in labels_of(labels, unit)]
        for unit in {of for _, of in labels.labels}
        if unit in found.batches.batches
    }


def _label(found: RebuiltMarket, unit: UnitId, view: LabelView, address: str) -> CadtLabel:
    batch, one = found.batches.batches[unit], view.label
    report = found.projects.reports.get(batch.report)
    project = found.projects.projects.get(batch.project)
    first, last = date(batch.vintage, 1, 1), date(batch.vintage, 12, 31)
    if report is not None and project is not None:
        first, last = project.day(report.since), project.last_day(report.until)
    evidence = "0x" + one.evidence.hex()
    name = f"{address}/{view.programme}/{unit}/{one.from_day}"
    return CadtLabel(
        id=str(uuid.uuid5(uuid.NAMESPACE_URL, name)),
        label=harmless(f"{view.name}, {one.detail}" if one.detail else view.name),
        labelType=LABEL_TYPES[view.kind],
        creditingPeriodStartDate=first,
        creditingPeriodEndDate=last,
        validityPeriodStartDate=EPOCH + timedelta(days=one.from_day),
        validityPeriodEndDate=EPOCH + timedelta(days=one.until_day),
        unitQuantity=sum(run.amount for run in batch.blocks),
        labelLink=f"{address}/{view.programme}#{evidence}",
    )


def _registries(names: dict[int, str]) -> dict[int, str]:
    """Titles of registries by number; a registry without a descriptor here goes by its name on chain."""
    known = registry_descriptors.known()
    return {
        number: known[name].title if name in known else name
        for number, name in names.items()
        if number != OWN
    }
