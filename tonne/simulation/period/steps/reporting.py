"""Step 4: reports signed by operators and verification bodies; the daemon carries them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any, Final

import numpy as np

from tonne import files
from tonne.constants import PPM
from tonne.crypto.accounts import Account
from tonne.crypto.eip712 import Domain, Struct, struct_hash
from tonne.crypto.hashing import text_hash
from tonne.crypto.merkle import merkle_root
from tonne.deployment import scheme_setup
from tonne.errors import refused
from tonne.evidence import manifest, report_files
from tonne.evidence.report_encoding import ReportRecord
from tonne.evidence.signed_types import (
    EmissionReport,
    ReportBatch,
    VerificationOpinion,
    emissions_domain,
)
from tonne.evidence.submissions import batch_leaf
from tonne.rules.pack import day_number
from tonne.simulation.fleet.plants import Industry, Plant
from tonne.simulation.fleet.traders import Ints
from tonne.simulation.period.model.daemon import EmissionDaemon
from tonne.simulation.period.model.plan import UNCAST, batches
from tonne.simulation.period.model.state import PeriodState
from tonne.types.packing import bit_set

#: Reports under one batch's signatures.
BATCH = 100
#: Reports that come as a file of their own.
SINGLE = 6
#: Accreditations: power plants, offset projects.
SCOPE_POWER, SCOPE_PROJECTS = 0, 1
SCOPES = bit_set((SCOPE_POWER, SCOPE_PROJECTS))
REASONABLE = 2
MATERIALITY_PPM = 20_000
GWP_SET: Final = 5

#: A plant without a report: emissions taken this much higher, output this much lower, [ppm].
CONSERVATIVE_UP, CONSERVATIVE_DOWN = 1_150_000, 850_000


@dataclass(frozen=True, slots=True)
class Firm:
    """A verification body with the two persons who sign."""

    number: int
    lead: Account
    reviewer: Account


def firms(state: PeriodState) -> list[Firm]:
    return [
        Firm(
            body.number,
            state.keys.account("person", body.label, "lead"),
            state.keys.account("person", body.label, "reviewer"),
        )
        for body in state.bodies
    ]


def accredit(state: PeriodState) -> None:
    """Persons of the bodies, with roles, scopes and dates; what is plausible; an interest."""
    start = state.pack.local_day(state.line.start)
    first = day_number(start) - 30
    verifiers = [
        scheme_setup.Verifier(person.address, firm.number, role, SCOPES, first, first + 12 * 365)
        for firm in firms(state)
        for person, role in ((firm.lead, scheme_setup.LEAD), (firm.reviewer, scheme_setup.REVIEWER))
    ]
    bureau = state.officers.bureau
    scheme_setup.configure_oracle(state.chain, bureau, state.pack, start, verifiers)
    if state.cast.conflicted == UNCAST:
        return
    state.driver.send(
        bureau,
        "EmissionsOracle",
        "setInterest",
        state.scheme,
        state.bodies[0].number,
        int(state.participants[state.cast.conflicted]),
        True,
    )


def operator_of(state: PeriodState, place: int) -> Account:
    """The key that reports for a plant."""
    owner = int(state.operators[place])
    return state.reporters.get(owner) or state.wallets[owner]


def lines_of(plant: Plant, oxidation: int = PPM) -> tuple[manifest.ReportLine, ...]:
    """The lines of a plant's report of a year; `oxidation`: part of the carbon of coal that burns [ppm]."""
    if plant.industry is not None:
        return _industry_lines(plant, plant.industry, oxidation)
    fuel = "gas" if plant.class_number == 4 else "coal"
    return manifest.power_plant_lines(
        power_mwh=plant.power_mwh,
        heat_gj=plant.heat_gj,
        emissions_t=plant.emissions_t,
        fuel=fuel,
        process_t=min(plant.emissions_t // 200, 10_000),
        gwp_set=GWP_SET,
        oxidation_ppm=oxidation if fuel == "coal" else PPM,
    )


def _industry_lines(
    plant: Plant, industry: Industry, oxidation: int
) -> tuple[manifest.ReportLine, ...]:
    """Product, process and fuel of a plant of a sector, with its perfluorocarbons."""
    return manifest.industry_lines(
        product=industry.product,
        product_t=industry.product_t,
        emissions_t=plant.emissions_t,
        process=industry.process,
        process_t=plant.emissions_t * industry.process_ppm // PPM,
        cf4_kg=industry.product_t * industry.cf4_g_per_t // 1000,
        fuel=industry.fuel,
        gwp_set=GWP_SET,
        oxidation_ppm=oxidation if industry.fuel == "coal" else PPM,
    )


def oxidation_of(state: PeriodState) -> int:
    """Part of the carbon of coal that burns, as the pack has it; all of it without a figure [ppm]."""
    day = state.pack.local_day(state.line.signed)
    if not state.pack.has("mrv.oxidation", day):
        return PPM
    return int(Decimal(str(state.pack.param("mrv.oxidation", day))) * PPM)


#: A gas of a report as packs name it.
_GAS_NAMES: Final = {"CF4": "PFCs", "C2F6": "PFCs"}


def check_gases(state: PeriodState, plant: Plant, lines: Sequence[manifest.ReportLine]) -> None:
    """Refuses lines of gases that the scheme does not count, or not in the plant's sector."""
    day = date(state.period.last_year, 12, 31)
    of_sector = state.pack.entry(f"coverage.{plant.class_name}.gases", day)
    entry = of_sector or state.pack.entry("coverage.gases", day)
    named = {_GAS_NAMES.get(gas, gas) for line in lines for gas in line.gases}
    if entry is None or named <= set(entry.value):
        return
    raise refused(
        "PERIOD_GAS",
        named=", ".join(sorted(named)),
        scheme_name=state.pack.scheme.name,
        unknown_gases=", ".join(sorted(named - set(entry.value))),
        entry_value=", ".join(entry.value),
    )


@dataclass(slots=True)
class ReportSigner:
    """Signs reports for one oracle on one chain and writes them into an inbox."""

    state: PeriodState
    domain: Domain
    digest: bytes
    inbox: Path
    oxidation: int = PPM  # of coal

    def report(self, place: int, plant: Plant | None = None) -> report_files.SignedReport:
        """An operator's report of its plant, with lines and evidence, signed."""
        state = self.state
        plant = plant or state.fleet.plants[place]
        lines = lines_of(plant, self.oxidation)
        check_gases(state, plant, lines)
        files = manifest.manifest_of(
            {
                "fuel/scales.csv": f"{plant.key} fuel".encode(),
                "meters/export.csv": f"{plant.key} {plant.power_mwh}".encode(),
            }
        )
        report = EmissionReport(
            installation=int(state.installations[place]),
            year=state.period.last_year,
            revision=1,
            emissionsT=plant.emissions_t,
            powerMwh=plant.power_mwh,
            heatGj=plant.heat_gj,
            gwpSet=GWP_SET,
            lineCount=len(lines),
            linesRoot=manifest.lines_root(lines),
            evidenceRoot=manifest.manifest_root(files),
            configDigest=self.digest,
            signedAt=state.line.signed,
        )
        return report_files.SignedReport(
            report=report_files.ReportFields(**_fields(report)),
            operatorSignature=self.sign(operator_of(state, place), report),
            lines=manifest.plain(lines),
            evidence=manifest.plain(files),
        )

    def sign(self, account: Account, struct: Struct) -> bytes:
        return account.sign_typed(struct, self.domain)

    def opinion(
        self, firm: Firm, signed: report_files.SignedReport, lead: Account | None = None
    ) -> report_files.SignedOpinion:
        report = signed.report.struct()
        opinion = VerificationOpinion(
            report=struct_hash(report),
            installation=report.installation,
            year=report.year,
            body=firm.number,
            assurance=REASONABLE,
            materialityPpm=MATERIALITY_PPM,
            emissionsT=report.emissionsT,
            configDigest=self.digest,
            signedAt=self.state.line.verified,
        )
        return report_files.SignedOpinion(
            **_fields(opinion),
            leadSignature=self.sign(lead or firm.lead, opinion),
            reviewerSignature=self.sign(firm.reviewer, opinion),
        )

    def single(
        self,
        firm: Firm,
        signed: report_files.SignedReport,
        lead: Account | None = None,
    ) -> report_files.ReportFile:
        return report_files.ReportFile(
            chainId=self.domain.chain_id,
            contract=self.domain.contract,
            signed=signed,
            opinions=[self.opinion(firm, signed, lead)],
        )

    def batch(
        self, firm: Firm, sequence: int, signed: Sequence[report_files.SignedReport]
    ) -> report_files.BatchFile:
        reports = [s.report.struct() for s in signed]
        leaves = [batch_leaf(r, s.operatorSignature) for r, s in zip(reports, signed, strict=True)]
        batch = ReportBatch(
            root=merkle_root(leaves),
            count=len(reports),
            totalEmissionsT=sum(r.emissionsT for r in reports),
            totalPowerMwh=sum(r.powerMwh for r in reports),
            totalHeatGj=sum(r.heatGj for r in reports),
            body=firm.number,
            assurance=REASONABLE,
            materialityPpm=MATERIALITY_PPM,
            configDigest=self.digest,
            sequence=sequence,
            signedAt=self.state.line.verified,
        )
        return report_files.BatchFile(
            chainId=self.domain.chain_id,
            contract=self.domain.contract,
            batch=report_files.BatchFields(**_fields(batch)),
            leadSignature=self.sign(firm.lead, batch),
            reviewerSignature=self.sign(firm.reviewer, batch),
            reports=list(signed),
        )

    def write(self, name: str, file: report_files.ReportFile | report_files.BatchFile) -> None:
        report_files.write(self.inbox / name, file)


def _fields(struct: Struct) -> dict[str, Any]:
    names: tuple[str, ...] = type(struct).__slots__
    return {name: getattr(struct, name) for name in names}


def report_signer(state: PeriodState) -> ReportSigner:
    oracle = state.chain["EmissionsOracle"]
    _, digest, _ = state.chain.call(oracle, "configOf", state.scheme)
    inbox = state.folder / "inbox"
    inbox.mkdir(parents=True, exist_ok=True)
    return ReportSigner(
        state,
        emissions_domain(state.chain.chain_id, oracle.address),
        digest,
        inbox,
        oxidation_of(state),
    )


def write_reports(state: PeriodState, signer: ReportSigner) -> int:
    """All good files; returns how many."""
    bodies = firms(state)
    reporting = [int(i) for i in state.obliged if i not in state.cast.silent]
    special = [i for i in (state.cast.conflicted, state.cast.wallets) if i in reporting]
    single = [*special, *(i for i in reporting if i not in special)][:SINGLE]
    files = 0
    if not state.sequences:
        state.sequences = [0] * len(bodies)
    for place in single:
        # The first body has an interest in one of them; another one verifies these.
        signer.write(f"{place:05d}.report.json", signer.single(bodies[1], signer.report(place)))
        files += 1
    rest = [i for i in reporting if i not in single]
    sequences = state.sequences
    for number, part in enumerate(batches(rest, BATCH)):
        which = number % len(bodies)
        sequences[which] += 1
        signed = [signer.report(place) for place in part]
        name = f"body-{which + 1}-{sequences[which]:03d}.batch.json"
        signer.write(name, signer.batch(bodies[which], sequences[which], signed))
        files += 1
        state.driver.advance(len(part))
    return files


def write_bad_reports(state: PeriodState, signer: ReportSigner) -> list[str]:
    """Files that must be refused, each for its own reason; returns their names."""
    bodies = firms(state)
    place, twice = (int(i) for i in state.obliged if i in state.cast.silent)
    good = signer.single(bodies[1], signer.report(place))
    plant = state.fleet.plants[place]
    names: list[str] = []

    def bad_name(why: str) -> str:
        names.append(f"0-bad-{why}.report.json")  # read before the good ones
        return names[-1]

    def raw(why: str, content: bytes) -> None:
        path = signer.inbox / bad_name(why)
        files.write(path, content)

    raw("malformed", b'{"format": 1, "kind": "report"')
    unsigned = good.model_dump(mode="json")
    del unsigned["signed"]["operatorSignature"]
    raw("signature-missing", _json(unsigned))
    stranger = state.keys.account("person", "without accreditation")
    signer.write(bad_name("unaccredited"), signer.single(bodies[1], good.signed, stranger))
    conflicted = signer.report(state.cast.conflicted)
    signer.write(bad_name("conflicted"), signer.single(bodies[0], conflicted))
    signer.write(bad_name("wrong-chain"), good.model_copy(update={"chainId": 1}))
    other = state.chain["Schemes"].address
    signer.write(bad_name("wrong-contract"), good.model_copy(update={"contract": other}))
    amiss = signer.report(place, _implausible(state, plant))
    signer.write(bad_name("implausible"), signer.single(bodies[1], amiss))
    lines = [dict(line) for line in good.signed.lines]
    lines[0]["quantity"] += 1
    changed = good.signed.model_copy(update={"lines": lines})
    signer.write(bad_name("lines-changed"), good.model_copy(update={"signed": changed}))
    forged = signer.report(twice).model_copy(
        update={"operatorSignature": signer.sign(stranger, signer.report(twice).report.struct())}
    )
    signer.write(bad_name("not-the-operator"), signer.single(bodies[1], forged))
    return names


def _implausible(state: PeriodState, plant: Plant) -> Plant:
    """The plant with far too little emissions for its power; without any, with more than its class's base."""
    if plant.power_mwh:
        return replace(plant, emissions_t=plant.power_mwh // 100)
    bounds = state.pack.mrv_on(state.pack.local_day(state.line.signed)).bounds
    base = next(one.base_t for one in bounds if one.number == plant.class_number)
    return replace(plant, emissions_t=base + 1)


def _json(value: object) -> bytes:
    import json

    return json.dumps(value).encode()


def report_year(state: PeriodState, daemon: EmissionDaemon) -> None:
    """Writes the files, lets the daemon carry them, and repeats one of them."""
    signer = report_signer(state)
    state.driver.at(state.line.verified)
    bad = write_bad_reports(state, signer) if state.first else []
    good = write_reports(state, signer)
    daemon.wait(done=good, rejected=len(bad))
    if not state.first:
        return
    first = next(path for path in sorted((signer.inbox / "done").iterdir()))
    repeated = signer.inbox / ("repeated-" + first.name)
    bad.append(repeated.name)
    files.write(repeated, first.read_bytes())
    daemon.wait(done=good, rejected=len(bad))
    state.results.refused_reports = daemon.reasons()


def determine(state: PeriodState) -> None:
    """A plant without a report gets figures that are not in its favour."""
    rows = []
    for place in state.cast.silent:
        plant = state.fleet.plants[place]
        rows.append(
            (
                int(state.installations[place]),
                state.period.last_year,
                plant.emissions_t * CONSERVATIVE_UP // PPM,
                plant.power_mwh * CONSERVATIVE_DOWN // PPM,
                plant.heat_gj * CONSERVATIVE_DOWN // PPM,
                text_hash(f"no report of {plant.key} came in time"),
            )
        )
    if not rows:
        return
    state.driver.send(
        state.officers.bureau,
        "EmissionsOracle",
        "determine",
        state.scheme,
        state.period.number,
        rows,
    )
    state.results.determined = [int(state.installations[p]) for p in state.cast.silent]


def dispute(state: PeriodState) -> None:
    """One officer objects to a report; another looks into it and lets it stand."""
    place = int(next(i for i in state.obliged if i not in state.cast.silent))
    plant, year = int(state.installations[place]), state.period.last_year
    officers = state.officers
    why = text_hash("the coal bought does not match the coal burnt")
    state.driver.send(officers.bureau, "EmissionsOracle", "dispute", plant, year, why)
    answer = text_hash("the stock of the year before explains it")
    state.driver.send(officers.second, "EmissionsOracle", "resolve", plant, year, False, answer)


def read_verified(state: PeriodState) -> tuple[list[tuple[int, int]], Ints]:
    """(power [MWh], heat [GJ]) and emissions [t] of every plant, as verified on chain."""
    ids = [int(i) for i in state.installations]
    words: list[int] = []
    for part in batches(ids, 500):
        words += state.chain.call("EmissionsOracle", "records", list(part), state.period.last_year)
    records = [ReportRecord.unpack(word) for word in words]
    emissions = np.array([record.emissions_t for record in records], np.int64)
    return [(record.power_mwh, record.heat_gj) for record in records], emissions
