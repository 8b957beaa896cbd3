"""Making, signing, assuring and sending an inventory, step by step.

An inventory travels as a file until it is sent: the organisation signs first, then lead verifier and
reviewer of a body, if it is assured.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Literal

from pydantic import BaseModel, ConfigDict, field_validator

from tonne import files
from tonne.chain.client import Chain
from tonne.chain.wallet_signers import signer_of
from tonne.constants import ZERO_WORD
from tonne.crypto import wallet_signatures
from tonne.crypto.accounts import Account
from tonne.crypto.eip712 import Domain, as_json, from_json, struct_hash
from tonne.errors import TonneError, refused
from tonne.evidence import inventory_forms, report_files
from tonne.evidence.inventory_forms import InventoryForm
from tonne.evidence.inventory_types import (
    BOUNDARIES,
    LEAST_WH_PER_KG,
    LEVELS,
    METHODS,
    REASONS,
    SCOPE3,
    Inventory,
    InventoryAssurance,
    inventories_domain,
    plants_hash,
    plants_kg,
)
from tonne.evidence.report_files import DraftSignature, Whole
from tonne.evidence.reports import MATERIALITY_PPM, sign_as
from tonne.evidence.submissions import signature_words
from tonne.types.packing import bit_set

SUFFIX: Final = ".inventory.json"
#: `WalletRights.REPORT` of IParticipants.
REPORT: Final = 8


class AssurancePart(BaseModel):
    """A body's statement while its persons sign."""

    model_config = ConfigDict(extra="forbid")

    statement: dict[str, Any]
    leadSignature: DraftSignature | None = None
    reviewerSignature: DraftSignature | None = None

    @field_validator("statement")
    @classmethod
    def _just_its_fields(cls, value: dict[str, Any]) -> dict[str, Any]:
        from_json(InventoryAssurance, value)
        return value

    def struct(self) -> InventoryAssurance:
        return from_json(InventoryAssurance, self.statement)


class InventoryFile(BaseModel):
    """A signed inventory and, where it is assured, a body's statement."""

    model_config = ConfigDict(extra="forbid")

    format: Literal[1] = 1
    kind: Literal["inventory"] = "inventory"
    chainId: Whole
    contract: str
    inventory: dict[str, Any]
    plants: list[tuple[Whole, Whole]]
    signature: DraftSignature
    assurance: AssurancePart | None = None

    @field_validator("inventory")
    @classmethod
    def _just_its_fields(cls, value: dict[str, Any]) -> dict[str, Any]:
        from_json(Inventory, value)
        return value

    def struct(self) -> Inventory:
        return from_json(Inventory, self.inventory)

    def domain(self) -> Domain:
        return inventories_domain(self.chainId, self.contract)


def load(path: Path) -> InventoryFile:
    codes = ("INVENTORY_FILE_MISSING", "INVENTORY_FILE_UNREADABLE")
    return report_files.load(path, InventoryFile, codes, "an inventory", "tonne inventory sign")


def save(path: Path, file: InventoryFile) -> None:
    files.write(path, file.model_dump_json(indent=2) + "\n")


# Sign


def write(chain: Chain, account: Account, form: InventoryForm, document: bytes) -> InventoryFile:
    """The organisation's part: the form, with plants' emissions, claims and version from the chain."""
    contract = chain["Inventories"].address
    organisation = reporter(chain, account)
    version, replaces = standing(chain, organisation, form.year)
    _require_reason(form, version)
    claimed = chain.call("Inventories", "claimedOf", organisation, form.year)
    figures = list(zip(emissions(chain, form), (ppm for _, ppm in form.shares), strict=True))
    categories = {int(number): kg for number, kg in form.scope3.items()}
    inventory = Inventory(
        organisation=organisation,
        year=form.year,
        version=version + 1,
        replaces=replaces,
        reason=REASONS.index(form.reason) + 1 if form.reason else 0,
        baseYear=form.base_year,
        boundary=BOUNDARIES.index(form.boundary) + 1,
        method=METHODS.index(form.method) + 1,
        gwpSet=form.gwp_set,
        scope1PlantsKg=plants_kg(figures),
        scope1OtherKg=form.scope1.other_kg,
        scope2LocationKg=form.scope2.location_kg,
        scope2MarketKg=form.scope2.market_kg,
        electricityWh=form.scope2.electricity_wh,
        certificatesWh=claimed.certificatesWh,
        otherContractsWh=form.scope2.other_contracts_wh,
        scope3Reported=bit_set(number - 1 for number in categories),
        **{name: categories.get(n, 0) for n, name in enumerate(SCOPE3, start=1)},
        creditsT=claimed.creditsT,
        plantsHash=plants_hash(form.shares),
        documentHash=document,
        signedAt=chain.now(),
    )
    _require_sound(inventory)
    domain = inventories_domain(chain.chain_id, contract)
    return InventoryFile(
        chainId=chain.chain_id,
        contract=contract,
        inventory=as_json(inventory),
        plants=form.shares,
        signature=account.sign_typed(inventory, domain),
    )


def reporter(chain: Chain, account: Account) -> int:
    """The participant for which an account may report; raises INVENTORY_NOT_REPORTER."""
    number, rights, _ = chain.call("Participants", "walletOf", account)
    if not number or not rights & REPORT:
        raise refused("INVENTORY_NOT_REPORTER", account_address=account.address)
    return int(number)


def standing(chain: Chain, organisation: int, year: int) -> tuple[int, bytes]:
    """Version and hash of the inventory that stands; 0 and zeros where there is none."""
    version = chain.call("Inventories", "versionOf", organisation, year)
    if not version:
        return 0, ZERO_WORD
    return version, chain.call("Inventories", "recordOf", organisation, year, version).hash


def emissions(chain: Chain, form: InventoryForm) -> list[int]:
    """Final emissions [t] of a form's plants; raises INVENTORY_PLANT_NOT_VERIFIED where one has none."""
    plants = [plant for plant, _ in form.shares]
    found = chain.call_many(("EmissionsOracle", "finalReport", (p, form.year)) for p in plants)
    for plant, (is_final, *_) in zip(plants, found, strict=True):
        if not is_final:
            raise refused("INVENTORY_PLANT_NOT_VERIFIED", plant=plant, year=form.year)
    return [emissions_t for _, emissions_t, *_ in found]


def _require_reason(form: InventoryForm, version: int) -> None:
    if bool(form.reason) == bool(version):
        return
    message = "A first inventory restates nothing."
    remedy = "Leave the reason empty."
    if version:
        message = f"Version {version} of {form.year} is on record: this one is a restatement."
        remedy = f"Give its reason: {', '.join(REASONS)}."
    raise TonneError("INVENTORY_REASON", message, "reason", form.reason or None, remedy)


def _require_sound(i: Inventory) -> None:
    """Refuses before the signature all that the contract would refuse."""
    if i.baseYear > i.year:
        raise refused("INVENTORY_BASE_YEAR", base_year=i.baseYear, year=i.year)
    covered = i.certificatesWh + i.otherContractsWh
    if covered > i.electricityWh:
        raise refused(
            "INVENTORY_ELECTRICITY",
            electricity_wh=i.electricityWh,
            covered=covered,
            certificates_wh=i.certificatesWh,
        )
    needed = (i.scope2LocationKg - i.scope2MarketKg) * LEAST_WH_PER_KG
    if needed > covered:
        raise refused(
            "INVENTORY_BEYOND_COVERED",
            scope2_market_kg=i.scope2MarketKg,
            needed=needed,
            covered=covered,
        )


# Assure


@dataclass(frozen=True, slots=True)
class AssuranceTerms:
    """Terms of a body's statement about an inventory: a level for each scope, 0 for none."""

    levels: tuple[int, int, int]
    scheme: int = 1
    qualified: bool = False
    materiality_ppm: int = MATERIALITY_PPM


def assure(
    chain: Chain, file: InventoryFile, person: Account, terms: AssuranceTerms, role: int | None
) -> str:
    """One person of a body signs; says as what ("lead" or "reviewer"). The second signs the same."""
    check(chain, file)
    signers = chain.call("EmissionsOracle", "signersOf", terms.scheme)
    found = next((s for s in signers if s.key == person.address), None)
    if found is None:
        raise refused(
            "INVENTORY_NOT_ACCREDITED", person_address=person.address, scheme=terms.scheme
        )
    _require_independent(chain, terms.scheme, found.body, file.struct().organisation)
    wanted = _statement(chain, file, found.body, terms)
    if file.assurance is None:
        file.assurance = AssurancePart(statement=as_json(wanted))
    elif file.assurance.struct() != wanted:
        raise refused("INVENTORY_OTHER_TERMS", levels=_levels(file.assurance.struct()))
    return sign_as(chain, file.domain(), file.assurance, found.roles, person, role)


def _statement(
    chain: Chain, file: InventoryFile, body: int, terms: AssuranceTerms
) -> InventoryAssurance:
    """The statement of these terms, at the moment of the one at hand or now."""
    i = file.struct()
    if not any(terms.levels):
        raise refused(
            "INVENTORY_LEVELS",
            levels=", ".join(LEVELS[level] for level in terms.levels),
            choices=", ".join(LEVELS[1:]),
        )
    _, config, _ = chain.call("EmissionsOracle", "configOf", terms.scheme)
    at = file.assurance.struct().signedAt if file.assurance else chain.now()
    return InventoryAssurance(
        inventory=struct_hash(i),
        organisation=i.organisation,
        year=i.year,
        version=i.version,
        scheme=terms.scheme,
        body=body,
        scope1Level=terms.levels[0],
        scope2Level=terms.levels[1],
        scope3Level=terms.levels[2],
        qualified=terms.qualified,
        materialityPpm=terms.materiality_ppm,
        configDigest=config,
        signedAt=at,
    )


def _require_independent(chain: Chain, scheme: int, body: int, organisation: int) -> None:
    calls = [
        ("EmissionsOracle", "hasInterest", (scheme, body, organisation)),
        ("Participants", "groupOf", (body,)),
        ("Participants", "groupOf", (organisation,)),
    ]
    interested, own, other = chain.call_many(calls)
    if interested or body == organisation or (own and own == other):
        raise refused("INVENTORY_INTEREST", body=body, organisation=organisation)


def _levels(statement: InventoryAssurance) -> str:
    said = (statement.scope1Level, statement.scope2Level, statement.scope3Level)
    return ", ".join(LEVELS[level] for level in said)


# Check and send


def check(chain: Chain, file: InventoryFile) -> list[str]:
    """Compares a file with what was signed and says so, a line each; raises where it does not fit."""
    here = (chain.chain_id, chain["Inventories"].address.lower())
    if (file.chainId, file.contract.lower()) != here:
        raise _unfit("contract", file.contract, "It is for another chain or contract.")
    i = file.struct()
    if plants_hash(file.plants) != i.plantsHash:
        raise _unfit("plants", len(file.plants), "Its plants are not those that were signed.")
    signer = signer_of(chain, i, file.domain(), file.signature)
    number, rights, _ = chain.call("Participants", "walletOf", signer)
    if number != i.organisation or not rights & REPORT:
        raise _unfit("signature", signer, "Its signer may not report for the organisation.")
    awaited = wallet_signatures.awaited_wallet(file.signature) is not None
    lines = [
        f"{'awaits' if awaited else 'signed by'} {signer} for participant {i.organisation},"
        f" {i.year}, version {i.version}",
        f"Scope 1: {i.scope1PlantsKg + i.scope1OtherKg:,} kg, of it {i.scope1PlantsKg:,} kg by"
        " final reports on chain",
        f"Scope 2: {i.scope2LocationKg:,} kg location-based, {i.scope2MarketKg:,} kg market-based",
        f"Scope 3: {sum(i.scope3_kg):,} kg",
    ]
    if file.assurance is None:
        return [*lines, "not assured"]
    said = file.assurance.struct()
    if said.inventory != struct_hash(i):
        raise _unfit("assurance", f"0x{said.inventory.hex()}", "Its assurance is of another one.")
    return [*lines, f"assured by body {said.body}: {_levels(said)}"]


def arguments(file: InventoryFile) -> tuple[Any, ...]:
    """Arguments of `Inventories.submit`; raises INVENTORY_SIGNATURE_MISSING while it is awaited."""
    if wallet_signatures.awaited_wallet(file.signature) is not None:
        raise _missing("the organisation has not signed", awaited=True)
    words, beside = signature_words([file.signature])
    return file.struct().argument(), file.plants, words, beside[0] if beside else []


def assurance_arguments(chain: Chain, file: InventoryFile) -> tuple[Any, ...] | None:
    """Arguments of `Inventories.assure`; None where a file has no statement."""
    if file.assurance is None:
        return None
    said, given = file.assurance.struct(), []
    for name in ("lead", "reviewer"):
        signature = getattr(file.assurance, f"{name}Signature")
        awaited = signature is not None and wallet_signatures.awaited_wallet(signature) is not None
        if signature is None or awaited:
            raise _missing(f"the {name} of body {said.body} has not signed", awaited)
        given.append(signature)
    signers = chain.call("EmissionsOracle", "signersOf", said.scheme)
    places = {signer.key: place for place, signer in enumerate(signers)}
    # A key that is accredited no longer stands behind the last place: the contract refuses it.
    persons = [
        places.get(signer_of(chain, said, file.domain(), signature), len(places))
        for signature in given
    ]
    words, beside = signature_words(given)
    values = tuple(getattr(said, name) for name in as_json(said))
    return values, *persons, words, beside[0] if beside else []


def is_assured(file: InventoryFile) -> bool:
    """Whether both persons of a body have signed, none of them awaited."""
    if file.assurance is None:
        return False
    given = (file.assurance.leadSignature, file.assurance.reviewerSignature)
    return all(s is not None and wallet_signatures.awaited_wallet(s) is None for s in given)


def _unfit(field: str, value: object, message: str) -> TonneError:
    return TonneError(
        "INVENTORY_REFUSED",
        message,
        field=field,
        value=value,
        remedy="Sign the form anew: `tonne inventory sign FORM`.",
    )


def _missing(what: str, awaited: bool) -> TonneError:
    """A signature that no one gave, or that a wallet elsewhere has still to give."""
    following = (
        "`tonne inventory typed-data FILE`, then `tonne inventory attach-signature FILE SIGNATURE`"
    )
    return TonneError(
        "INVENTORY_SIGNATURE_MISSING",
        f"The inventory is not complete: {what}.",
        field="signature",
        remedy=f"{following}." if awaited else "Let them sign: `tonne inventory assure --help`.",
    )


def form_name(year: int) -> Path:
    return Path(f"{year}{inventory_forms.FORM_SUFFIX}")
