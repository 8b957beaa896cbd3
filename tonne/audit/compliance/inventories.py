"""Replay of Inventories: signed figures of organisations, held against reports and certificates once more.

Scope 1 of the plants, the shares in each plant and what was claimed are worked out from the events of the
register, the oracle and the retirements, not from the contract's own statement.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, fields
from typing import Any, Final

from tonne.audit.compliance.retirement_registry import DECLINED, RetirementRegistryReplay
from tonne.audit.evidence.emissions_oracle import EmissionsOracleReplay
from tonne.audit.parties.participants import ParticipantsReplay
from tonne.audit.replay.compare import Check
from tonne.audit.replay.contract_replay import Args
from tonne.audit.replay.contract_signers import ContractSignersReplay
from tonne.audit.replay.events import Dated
from tonne.constants import ZERO_WORD
from tonne.crypto.eip712 import struct_hash
from tonne.evidence.inventory_types import (
    LEAST_WH_PER_KG,
    WHOLE,
    Inventory,
    InventoryAssurance,
    plants_hash,
    plants_kg,
)
from tonne.types import unit_id
from tonne.types.ids import InstallationId, ParticipantId, SchemeId

#: `WalletRights` of IParticipants.
REPORT, MANAGE = 8, 16
#: `BoundaryApproach` of IInventories under which a plant is counted whole.
OPERATIONAL_CONTROL: Final = 3


@dataclass(slots=True)
class HeldShare:
    """An organisation's share in a plant by one version of its inventory [ppm]."""

    organisation: int
    version: int
    ppm: int


class InventoriesReplay(ContractSignersReplay):
    """Inventories by organisation, year and version; shares in plants; certificates claimed."""

    contract = "Inventories"

    def __init__(
        self,
        parties: ParticipantsReplay,
        oracle: EmissionsOracleReplay,
        retirements: RetirementRegistryReplay,
    ) -> None:
        super().__init__()
        self.parties, self.oracle, self.retirements = parties, oracle, retirements
        self.records: dict[tuple[int, int, int], dict[str, Any]] = {}  # `InventoryRecord`
        self.versions: dict[tuple[int, int], int] = defaultdict(int)
        #: By plant, year and boundary; one that its inventory's restatement has overtaken stays in its place.
        self.shares: dict[tuple[int, int, int], list[HeldShare]] = defaultdict(list)
        self.consents: dict[tuple[int, int, int, int], int] = {}  # [ppm], with the organisation
        self.claims: dict[int, tuple[int, int]] = {}  # organisation and year, by certificate
        self.claimed: dict[tuple[int, int], list[int]] = defaultdict(lambda: [0, 0])  # [Wh], [t]

    def _may(self, wallet: str, participant: int, right: int) -> bool:
        owner, rights = self.parties.wallets.get(wallet, (0, 0))
        return owner == participant and bool(rights & right)

    def _same(self, about: str, worked_out: object, stated: object) -> None:
        self._require(worked_out == stated, f"{about}: worked out {worked_out}, stated {stated}")

    def _operator(self, plant: int) -> int:
        return self.parties.installations[InstallationId(plant)].operator

    # Consents and claims

    def _on_ShareConsented(self, a: Args, _: Dated) -> None:
        plant, wallet = a["installation"], a["wallet"]
        may = self._may(wallet, self._operator(plant), MANAGE)
        self._require(may, f"{wallet} consented for plant {plant}, which it does not manage")
        self.consents[plant, a["year"], a["organisation"], a["boundary"]] = a["sharePpm"]

    def _on_CertificatesClaimed(self, a: Args, _: Dated) -> None:
        who, year = a["organisation"], a["year"]
        about = f"claims of {who} for {year}"
        self._require(self._may(a["wallet"], who, REPORT), f"{about}: {a['wallet']} may not")
        totals = self.claimed[who, year]
        for number in a["numbers"]:
            retired = self.retirements.certificates[number]
            self._require(number not in self.claims, f"certificate {number} is claimed twice")
            holder = self.retirements.holders[number]
            own = self.parties.owner_of(holder) == who
            self._require(own, f"certificate {number} is of {holder}, no wallet of {who}")
            declined = self.retirements.answers.get(number) == DECLINED
            self._require(not declined, f"certificate {number} was declined")
            energy = unit_id.class_of(retired["id"]) == unit_id.ENERGY_CERTIFICATE
            self._require(
                energy or unit_id.class_of(retired["id"]) == unit_id.OFFSET_CREDIT,
                f"certificate {number} is of neither credits nor electricity",
            )
            self._require(
                not energy or unit_id.vintage_of(retired["id"]) == year,
                f"certificate {number} is of electricity of another year",
            )
            totals[0 if energy else 1] += retired["amount"]
            self.claims[number] = (who, year)
        self._same(about, totals, [a["certificatesWh"], a["creditsT"]])

    # Inventories

    def _on_InventorySubmitted(self, a: Args, at: Dated) -> None:
        inventory = Inventory.of(a["inventory"])
        who, year, version = inventory.organisation, inventory.year, inventory.version
        about = f"inventory {version} of {who} for {year}"
        hashed = struct_hash(inventory)
        self._same(f"{about}: what it is filed under", (who, year, hashed), _filed(a))
        self._require(self._may(a["signer"], who, REPORT), f"{about}: {a['signer']} may not sign")
        self._signed(about, {a["signer"]})
        standing = self.records.get((who, year, self.versions[who, year]), {"hash": ZERO_WORD})
        follows = (version, inventory.replaces) == (self.versions[who, year] + 1, standing["hash"])
        self._require(follows and (version == 1) == (inventory.reason == 0), f"{about} follows")
        self._same(f"{about}: claims", self.claimed[who, year], _claims(inventory))
        covered = inventory.certificatesWh + inventory.otherContractsWh
        lower_kg = inventory.scope2LocationKg - inventory.scope2MarketKg
        carried = covered <= inventory.electricityWh and lower_kg * LEAST_WH_PER_KG <= covered
        self._require(
            carried, f"{about}: Scope 2 is lower by {lower_kg} kg than {covered} Wh allow"
        )
        plants = [(plant.installation, plant.sharePpm) for plant in a["plants"]]
        self._same(f"{about}: plants", plants_hash(plants), inventory.plantsHash)
        for plant, ppm in plants:
            self._hold(about, inventory, plant, ppm, at)
        figures = [(self.oracle.records[plant, year].emissions_t, ppm) for plant, ppm in plants]
        self._same(f"{about}: Scope 1", plants_kg(figures), inventory.scope1PlantsKg)
        self.versions[who, year] = version
        self.records[who, year, version] = {
            "hash": hashed,
            "scope1Kg": inventory.scope1PlantsKg + inventory.scope1OtherKg,
            "scope2LocationKg": inventory.scope2LocationKg,
            "scope2MarketKg": inventory.scope2MarketKg,
            "scope3Kg": sum(inventory.scope3_kg),
            "signedAt": inventory.signedAt,
            "submittedAt": at.time,
            "boundary": inventory.boundary,
            **NOT_ASSURED,
        }

    def _hold(self, about: str, i: Inventory, plant: int, ppm: int, at: Dated) -> None:
        """Counts a plant for an organisation, in the place that the contract takes for it."""
        final = self.oracle.records[plant, i.year].is_final(at.time)
        self._require(final, f"{about}: plant {plant} has no final report")
        consented = self.consents.get((plant, i.year, i.organisation, i.boundary), 0)
        own = self._operator(plant) == i.organisation
        self._require(own or ppm <= consented, f"{about}: plant {plant} without consent")
        whole = ppm == WHOLE or i.boundary != OPERATIONAL_CONTROL
        self._require(whole, f"{about}: plant {plant} is counted in part")
        held = self.shares[plant, i.year, i.boundary]
        place, shares = len(held), ppm
        for index, share in enumerate(held):
            if share.organisation != i.organisation and self._stands(share, i.year):
                shares += share.ppm
            else:
                place = index
        self._require(shares <= WHOLE, f"{about}: plant {plant} is counted for {shares} ppm")
        held[place : place + 1] = [HeldShare(i.organisation, i.version, ppm)]

    def _stands(self, share: HeldShare, year: int) -> bool:
        return self.versions[share.organisation, year] == share.version

    def _on_InventoryAssured(self, a: Args, at: Dated) -> None:
        told = a["assurance"]
        names = [field.name for field in fields(InventoryAssurance)]
        said = InventoryAssurance(**{name: getattr(told, name) for name in names})
        who, year, version = said.organisation, said.year, said.version
        about = f"assurance of inventory {version} of {who} for {year}"
        record = self.records[who, year, version]
        right = (a["organisation"], a["year"], a["hash"]) == (who, year, record["hash"])
        stands = right and said.inventory == record["hash"] and self.versions[who, year] == version
        self._require(stands and not record["assuredAt"], f"{about} is of one that stands")
        config, digest, _ = self.oracle.configs[said.scheme]
        self._require(said.configDigest == digest, f"{about}: another signer set")
        scheme = SchemeId(said.scheme)
        bodies = self.oracle.signers[scheme, config]
        persons = {bodies[a["lead"]], bodies[a["reviewer"]]}
        self._require(persons == {said.body}, f"{about}: persons of {persons}")
        self._signed(about, self.oracle.wallets(scheme, config, {a["lead"], a["reviewer"]}))
        group = self._group(who)
        related = group != 0 and group == self._group(said.body)
        interested = self.oracle.interests.get((said.scheme, said.body, who), False)
        self._require(
            not (related or interested or said.body == who), f"{about}: {said.body} has an interest"
        )
        record.update(
            {name: getattr(said, name) for name in NOT_ASSURED if name != "assuredAt"},
            assuredAt=at.time,
        )

    def _group(self, participant: int) -> int:
        return self.parties.participants[ParticipantId(participant)].group

    # Comparison

    def checks(self, now: int) -> Iterator[Check]:
        yield from super().checks(now)
        for key, record in sorted(self.records.items()):
            yield Check(self.contract, "recordOf", key, record, f"inventory {key}")
        for (who, year), version in sorted(self.versions.items()):
            about = f"version of {who} for {year}"
            yield Check(self.contract, "versionOf", (who, year), version, about)
        for (who, year), totals in sorted(self.claimed.items()):
            yield Check(
                self.contract, "claimedOf", (who, year), totals, f"claimed by {who} for {year}"
            )
        for number, claim in sorted(self.claims.items()):
            yield Check(self.contract, "claimOf", (number,), claim, f"claim of {number}")
        for (plant, year, boundary), held in sorted(self.shares.items()):
            standing = [(s.organisation, s.version, s.ppm) for s in held if self._stands(s, year)]
            about = f"shares in plant {plant} of {year}"
            yield Check(self.contract, "sharesOf", (plant, year, boundary), standing, about)
        for consent, ppm in sorted(self.consents.items()):
            about = f"consent for plant {consent[0]}"
            yield Check(self.contract, "consentOf", consent, ppm, about)


#: Part of an `InventoryRecord` that an assurance fills.
NOT_ASSURED: Final[dict[str, Any]] = {
    "assuredAt": 0,
    "body": 0,
    "scheme": 0,
    "scope1Level": 0,
    "scope2Level": 0,
    "scope3Level": 0,
    "qualified": False,
    "materialityPpm": 0,
}


def _filed(a: Args) -> tuple[int, int, bytes]:
    return a["organisation"], a["year"], a["hash"]


def _claims(inventory: Inventory) -> list[int]:
    return [inventory.certificatesWh, inventory.creditsT]
