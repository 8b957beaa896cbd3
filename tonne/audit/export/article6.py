"""Tables of the Article 6 agreed electronic format (decision 6/CMA.4, annex I), from events alone.

Columns keep the format's words. Values without an event stay empty: contribution years that a Party did not
record; the sector of project kinds that lie in several.
"""

from __future__ import annotations

import csv
import json
from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Final, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

from tonne.audit.compliance.article6 import (
    BOTH,
    NDC,
    OTHER,
    USED,
    Article6Replay,
    ItmoAction,
    ItmoBlock,
)
from tonne.audit.replay.contract_replay import Args
from tonne.audit.units.credit_batches import REMOVAL, BatchTraits, CreditBatchesReplay
from tonne.countries import country
from tonne.text import harmless
from tonne.types.ids import UnitId

#: Number of this registry among those of a Party.
REGISTRY: Final = "01"
VERSION: Final = "1.0"

Purpose = Literal["NDC", "OIMP", "NDC and OIMP"]
Mitigation = Literal["Emission reductions", "Removals"]
PURPOSES: Final[dict[int, Purpose]] = {NDC: "NDC", OTHER: "OIMP", BOTH: "NDC and OIMP"}
#: Sectors of national inventories, by `ProjectKind`. Efficiency of fuel and power is energy in any industry;
#: industrial gases, and other projects, can lie in several sectors.
SECTORS: Final = {1: "LULUCF", 2: "Energy", 3: "Energy", 4: "Energy", 5: "Waste", 7: "Transport"}
LAND: Final = 6
DEFINITIONS: Final = {0: None, 1: "Authorization", 2: "Issuance", 3: "Use or cancellation"}


class _Row(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Article6Submission(_Row):
    """Table 1."""

    Party: str = Field(pattern="^[A-Z]{3}$")
    Version: str
    ReportedYear: int
    DateOfSubmission: date
    NdcFirstYear: int | None = None
    NdcLastYear: int | None = None


class Authorization(_Row):
    """Table 2."""

    AuthorizationId: str
    DateOfAuthorization: date
    CooperativeApproachId: str = Field(min_length=1)
    AuthorizedQuantity: int = Field(gt=0)  # [t CO2e]
    Metric: Literal["GHG"] = "GHG"
    Sector: str | None = None
    PurposesForAuthorization: Purpose
    AuthorizingPartyId: str = Field(pattern="^[A-Z]{3}$")
    FirstTransferDefinitionOimp: (
        Literal["Authorization", "Issuance", "Use or cancellation"] | None
    ) = None


class _Itmos(_Row):
    CooperativeApproachId: str
    AuthorizationId: str
    FirstTransferringPartyId: str = Field(pattern="^[A-Z]{3}$")
    PartyItmoRegistryId: str
    ItmoFirstId: str
    ItmoLastId: str
    UnderlyingUnitRegistryId: str
    UnderlyingUnitFirstId: int
    UnderlyingUnitLastId: int
    Metric: Literal["GHG"] = "GHG"
    QuantityTCo2: int = Field(gt=0)
    MitigationType: Mitigation
    VintageYear: int = Field(ge=1900, le=3000)

    @model_validator(mode="after")
    def _counted(self) -> _Itmos:
        if self.UnderlyingUnitLastId - self.UnderlyingUnitFirstId + 1 != self.QuantityTCo2:
            raise ValueError(f"{self.ItmoFirstId} to {self.ItmoLastId} is not {self.QuantityTCo2}")
        return self


class Action(_Itmos):
    """Table 3."""

    DateOfAction: date
    ActionType: Literal[
        "Authorization", "First transfer", "Transfer", "Acquisition", "Use", "Cancellation"
    ]
    TransferringPartyId: str | None = None
    AcquiringPartyId: str | None = None
    Purpose: Literal["NDC", "OIMP"] | None = None
    UsingPartyId: str | None = None
    CalendarYear: int | None = None  # that the using Party's adjustment is for


class Holding(_Itmos):
    """Table 4: outcomes neither used nor cancelled, by the Party that holds them."""

    HoldingPartyId: str = Field(pattern="^[A-Z]{3}$")


class Entity(_Row):
    """Table 5."""

    DateOfAuthorization: date
    AuthorizingPartyId: str = Field(pattern="^[A-Z]{3}$")
    CooperativeApproachId: str = Field(min_length=1)
    Name: str = Field(min_length=1)
    CountryOfIncorporation: str = Field(pattern="^[A-Z]{3}$")
    EntityId: str = Field(min_length=1)


class Article6(_Row):
    """All tables, named as their files are."""

    submission: list[Article6Submission]
    authorizations: list[Authorization]
    actions: list[Action]
    holdings: list[Holding]
    entities: list[Entity]


TABLES: Final[dict[str, type[_Row]]] = {
    "submission": Article6Submission,
    "authorizations": Authorization,
    "actions": Action,
    "holdings": Holding,
    "entities": Entity,
}


def tables(
    batches: CreditBatchesReplay, article6: Article6Replay, now: int, party: int | None = None
) -> Article6:
    """The tables of one Party, or of all, at a time [s]."""
    hosts = {a["party"] for a in article6.authorisations.values()}
    entitled = {a["party"] for a, _ in article6.entities}
    known = sorted(hosts | _acquirers(article6) | entitled | set(article6.contributions))
    wanted = known if party is None else [party]
    return Article6(
        submission=[_submission(article6, number, now) for number in wanted],
        authorizations=[
            _authorization(batches, article6, number)
            for number, a in article6.authorisations.items()
            if a["party"] in wanted
        ],
        actions=[
            _action(batches, article6, act)
            for act in article6.actions
            if {act.party, act.acquirer, _host(article6, act.block)} & set(wanted)
        ],
        holdings=list(_holdings(batches, article6, wanted)),
        entities=[_entity(a, time) for a, time in article6.entities if a["party"] in wanted],
    )


def _submission(article6: Article6Replay, party: int, now: int) -> Article6Submission:
    first, last = article6.contributions.get(party, (None, None))
    return Article6Submission(
        Party=country(party).alpha3,
        Version=VERSION,
        ReportedYear=_day(now).year,
        DateOfSubmission=_day(now),
        NdcFirstYear=first,
        NdcLastYear=last,
    )


def _entity(a: Args, time: int) -> Entity:
    return Entity(
        DateOfAuthorization=_day(time),
        AuthorizingPartyId=country(a["party"]).alpha3,
        CooperativeApproachId=_text(a["approach"]),
        Name=harmless(a["name"]),
        CountryOfIncorporation=country(a["country"]).alpha3,
        EntityId=harmless(a["registration"]),
    )


def sector(traits: BatchTraits | None) -> str | None:
    """Sector of national inventories. On land, removals are land-use change, reductions agriculture."""
    if traits is None:
        return None
    if traits.kind == LAND:
        return "LULUCF" if traits.activity == REMOVAL else "Agriculture"
    return SECTORS.get(traits.kind)


def _acquirers(article6: Article6Replay) -> set[int]:
    blocks = (b for mine in article6.blocks.values() for b in mine.values())
    return {b.acquirer for b in blocks if b.acquirer}


def _host(article6: Article6Replay, block: ItmoBlock) -> int:
    party: int = article6.authorisations[block.authorisation]["party"]
    return party


def _authorization(
    batches: CreditBatchesReplay, article6: Article6Replay, number: int
) -> Authorization:
    a = article6.authorisations[number]
    return Authorization.model_validate(
        {
            "AuthorizationId": _authorization_id(article6, number),
            "DateOfAuthorization": _day(article6.authorised_at[number]),
            "CooperativeApproachId": _text(a["approach"]),
            "AuthorizedQuantity": a["amountT"],
            "Sector": sector(batches.batches[a["unit"]].traits),
            "PurposesForAuthorization": PURPOSES[a["purpose"]],
            "AuthorizingPartyId": country(a["party"]).alpha3,
            "FirstTransferDefinitionOimp": DEFINITIONS[a["firstTransfer"]],
        }
    )


def _itmos(
    batches: CreditBatchesReplay, article6: Article6Replay, unit: UnitId, block: ItmoBlock
) -> dict[str, object]:
    """The columns that tables 3 and 4 share. Identifiers are those of {IArticle6-identifierOf}."""
    a = article6.authorisations[block.authorisation]
    host = a["party"]
    batch = batches.batches[unit]
    approach = _text(a["approach"])
    stem, vintage = f"{approach}-{host:03}{REGISTRY}-{host:03}", batch.vintage
    registry = country(host).alpha3 + REGISTRY
    removal = batch.traits is not None and batch.traits.activity == REMOVAL
    return {
        "CooperativeApproachId": approach,
        "AuthorizationId": _authorization_id(article6, block.authorisation),
        "FirstTransferringPartyId": country(host).alpha3,
        "PartyItmoRegistryId": registry,
        "ItmoFirstId": f"{stem}-{block.first}-{vintage}",
        "ItmoLastId": f"{stem}-{block.last}-{vintage}",
        "UnderlyingUnitRegistryId": registry,
        "UnderlyingUnitFirstId": block.first,
        "UnderlyingUnitLastId": block.last,
        "QuantityTCo2": block.amount,
        "MitigationType": "Removals" if removal else "Emission reductions",
        "VintageYear": vintage,
    }


def _action(batches: CreditBatchesReplay, article6: Article6Replay, act: ItmoAction) -> Action:
    host = _host(article6, act.block)
    moves = act.name in ("First transfer", "Transfer", "Acquisition") and act.acquirer
    ends = act.name in ("Use", "Cancellation")
    year = None
    if ends:
        made = article6.adjusted.get((act.unit, act.block.first), {}).get(act.party)
        year = made[0] if made else None
    purpose = None
    if act.name == "Use":
        purpose = "NDC" if act.acquirer else "OIMP"
    return Action.model_validate(
        {
            **_itmos(batches, article6, act.unit, act.block),
            "DateOfAction": _day(act.time),
            "ActionType": act.name,
            "TransferringPartyId": country(host).alpha3 if moves else None,
            "AcquiringPartyId": country(act.acquirer).alpha3 if moves else None,
            "Purpose": purpose,
            "UsingPartyId": country(act.party).alpha3 if ends else None,
            "CalendarYear": year,
        }
    )


def _holdings(
    batches: CreditBatchesReplay, article6: Article6Replay, wanted: Sequence[int]
) -> Iterator[Holding]:
    for unit, mine in sorted(article6.blocks.items()):
        for _, block in sorted(mine.items()):
            holder = block.acquirer or _host(article6, block)
            if block.state < USED and holder in wanted:
                yield Holding.model_validate(
                    {
                        **_itmos(batches, article6, unit, block),
                        "HoldingPartyId": country(holder).alpha3,
                    }
                )


def _authorization_id(article6: Article6Replay, number: int) -> str:
    return f"{country(article6.authorisations[number]['party']).alpha3}{number:04}"


def _text(word: bytes) -> str:
    return word.rstrip(b"\0").decode("ascii", errors="replace")


def _day(time: int) -> date:
    return datetime.fromtimestamp(time, UTC).date()


# Files


def write(path: Path, found: Article6) -> list[Path]:
    """One JSON file, or by its ending one CSV file for each table: `NAME-actions.csv`."""
    if path.suffix != ".csv":
        path.write_text(found.model_dump_json(indent=1) + "\n", encoding="utf-8")
        return [path]
    plain = json.loads(found.model_dump_json())
    written = []
    for name, model in TABLES.items():
        target = _beside(path, name)
        with target.open("w", newline="", encoding="utf-8") as file:
            table = csv.DictWriter(file, list(model.model_fields))
            table.writeheader()
            table.writerows(plain[name])
        written.append(target)
    return written


def read(path: Path) -> Article6:
    """Reads the files of `write`; every row is validated again."""
    if path.suffix != ".csv":
        return Article6.model_validate_json(path.read_text(encoding="utf-8"))
    plain = {}
    for name in TABLES:
        with _beside(path, name).open(newline="", encoding="utf-8") as file:
            plain[name] = [{k: v or None for k, v in row.items()} for row in csv.DictReader(file)]
    return Article6.model_validate(plain)


def _beside(path: Path, table: str) -> Path:
    return path.with_name(f"{path.stem}-{table}.csv")
