"""Step 4: reports signed by operators and verification bodies; the daemon carries them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from tonne import files
from tonne.crypto.accounts import Account
from tonne.crypto.eip712 import (
    Domain,
    EmissionReport,
    ReportBatch,
    Struct,
    VerificationOpinion,
    emissions_domain,
    sign,
    struct_hash,
)
from tonne.crypto.merkle import merkle_root
from tonne.deployment import scheme_setup
from tonne.evidence import manifest, report_files
from tonne.evidence.submissions import batch_leaf
from tonne.rules.pack import day_number
from tonne.simulation.fleet.plants import Plant
from tonne.simulation.period.model.daemon import Daemon
from tonne.simulation.period.model.plan import NOBODY, batches
from tonne.simulation.period.model.state import World, reason

#: Reports under one batch's signatures.
BATCH = 100
#: Reports that come as a file of their own.
SINGLE = 6
#: Accreditations: power plants, offset projects.
SCOPE_POWER, SCOPE_PROJECTS = 0, 1
SCOPES = 1 << SCOPE_POWER | 1 << SCOPE_PROJECTS
REASONABLE = 2
MATERIALITY_PPM = 20_000
GWP_SET = 5

#: A plant nobody reported for: emissions taken this much higher, output this much lower, [ppm].
CONSERVATIVE_UP, CONSERVATIVE_DOWN = 1_150_000, 850_000


@dataclass(frozen=True, slots=True)
class Firm:
    """A verification body with the two persons who sign."""

    number: int
    lead: Account
    reviewer: Account


def firms(world: World) -> list[Firm]:
    return [
        Firm(
            body.number,
            world.keys.account("person", body.label, "lead"),
            world.keys.account("person", body.label, "reviewer"),
        )
        for body in world.bodies
    ]


def accredit(world: World) -> None:
    """Persons of the bodies, with roles, scopes and dates; what is plausible; an interest."""
    start = world.pack.local_day(world.line.start)
    first = day_number(start) - 30
    verifiers = [
        scheme_setup.Verifier(person.address, firm.number, role, SCOPES, first, first + 12 * 365)
        for firm in firms(world)
        for person, role in ((firm.lead, scheme_setup.LEAD), (firm.reviewer, scheme_setup.REVIEWER))
    ]
    bureau = world.officers.bureau
    scheme_setup.configure_oracle(world.chain, bureau, world.pack, start, verifiers)
    if world.cast.conflicted == NOBODY:
        return
    world.send(
        bureau,
        "EmissionsOracle",
        "setInterest",
        world.scheme,
        world.bodies[0].number,
        int(world.participants[world.cast.conflicted]),
        True,
    )


def operator_of(world: World, place: int) -> Account:
    """The key that reports for a plant."""
    owner = int(world.operators[place])
    return world.reporters.get(owner) or world.wallets[owner]


def lines_of(plant: Plant) -> tuple[manifest.ReportLine, ...]:
    """The lines of a plant's report of a year."""
    return manifest.power_plant_lines(
        power_mwh=plant.power_mwh,
        heat_gj=plant.heat_gj,
        emissions_t=plant.emissions_t,
        fuel="gas" if plant.class_number == 4 else "coal",
        process_t=min(plant.emissions_t // 200, 10_000),
        gwp_set=GWP_SET,
    )


@dataclass(slots=True)
class Desk:
    """Signs reports for one oracle on one chain and writes them into an inbox."""

    world: World
    domain: Domain
    digest: bytes
    inbox: Path

    def report(self, place: int, plant: Plant | None = None) -> report_files.SignedReport:
        """An operator's report of its plant, with lines and evidence, signed."""
        world = self.world
        plant = plant or world.fleet.plants[place]
        lines = lines_of(plant)
        files = manifest.manifest_of(
            {
                "fuel/scales.csv": f"{plant.key} fuel".encode(),
                "meters/export.csv": f"{plant.key} {plant.power_mwh}".encode(),
            }
        )
        report = EmissionReport(
            installation=int(world.installations[place]),
            year=world.period.last_year,
            revision=1,
            emissionsT=plant.emissions_t,
            powerMwh=plant.power_mwh,
            heatGj=plant.heat_gj,
            gwpSet=GWP_SET,
            lineCount=len(lines),
            linesRoot=manifest.lines_root(lines),
            evidenceRoot=manifest.manifest_root(files),
            configDigest=self.digest,
            signedAt=world.line.signed,
        )
        return report_files.SignedReport(
            report=report_files.ReportFields(**_fields(report)),
            operatorSignature=self.sign(operator_of(world, place), report),
            lines=manifest.plain(lines),
            evidence=manifest.plain(files),
        )

    def sign(self, account: Account, struct: Struct) -> bytes:
        return sign(account.key, struct, self.domain)

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
            signedAt=self.world.line.verified,
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
            signedAt=self.world.line.verified,
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


def _fields(struct: Struct) -> dict[str, object]:
    return {name: getattr(struct, name) for name in type(struct).__slots__}


def desk(world: World) -> Desk:
    oracle = world.chain["EmissionsOracle"]
    _, digest, _ = world.chain.call(oracle, "configOf", world.scheme)
    inbox = world.folder / "inbox"
    inbox.mkdir(parents=True, exist_ok=True)
    return Desk(world, emissions_domain(world.chain.chain_id, oracle.address), digest, inbox)


def write_reports(world: World, table: Desk) -> int:
    """All good files; returns how many."""
    bodies = firms(world)
    reporting = [int(i) for i in world.obliged if i not in world.cast.silent]
    special = [i for i in (world.cast.conflicted, world.cast.wallets) if i in reporting]
    single = [*special, *(i for i in reporting if i not in special)][:SINGLE]
    files = 0
    if not world.sequences:
        world.sequences = [0] * len(bodies)
    for place in single:
        # The first body has an interest in one of them; another one verifies these.
        table.write(f"{place:05d}.report.json", table.single(bodies[1], table.report(place)))
        files += 1
    rest = [i for i in reporting if i not in single]
    sequences = world.sequences
    for number, part in enumerate(batches(rest, BATCH)):
        which = number % len(bodies)
        sequences[which] += 1
        signed = [table.report(place) for place in part]
        name = f"body-{which + 1}-{sequences[which]:03d}.batch.json"
        table.write(name, table.batch(bodies[which], sequences[which], signed))
        files += 1
        world.advance(len(part))
    return files


def write_bad_reports(world: World, table: Desk) -> list[str]:
    """Files that must be refused, each for its own reason; returns their names."""
    bodies = firms(world)
    place, twice = (int(i) for i in world.obliged if i in world.cast.silent)
    good = table.single(bodies[1], table.report(place))
    plant = world.fleet.plants[place]
    names: list[str] = []

    def name(why: str) -> str:
        names.append(f"0-bad-{why}.report.json")  # read before the good ones
        return names[-1]

    def raw(why: str, content: bytes) -> None:
        path = table.inbox / name(why)
        files.write(path, content)

    raw("malformed", b'{"format": 1, "kind": "report"')
    unsigned = good.model_dump(mode="json")
    del unsigned["signed"]["operatorSignature"]
    raw("signature-missing", _json(unsigned))
    stranger = world.keys.account("person", "nobody accredited")
    table.write(name("unaccredited"), table.single(bodies[1], good.signed, stranger))
    conflicted = table.report(world.cast.conflicted)
    table.write(name("conflicted"), table.single(bodies[0], conflicted))
    table.write(name("wrong-chain"), good.model_copy(update={"chainId": 1}))
    other = world.chain["Schemes"].address
    table.write(name("wrong-contract"), good.model_copy(update={"contract": other}))
    tiny = table.report(place, replace(plant, emissions_t=plant.power_mwh // 100))
    table.write(name("implausible"), table.single(bodies[1], tiny))
    lines = [dict(line) for line in good.signed.lines]
    lines[0]["quantity"] += 1
    changed = good.signed.model_copy(update={"lines": lines})
    table.write(name("lines-changed"), good.model_copy(update={"signed": changed}))
    forged = table.report(twice).model_copy(
        update={"operatorSignature": table.sign(stranger, table.report(twice).report.struct())}
    )
    table.write(name("not-the-operator"), table.single(bodies[1], forged))
    return names


def _json(value: object) -> bytes:
    import json

    return json.dumps(value).encode()


def report_year(world: World, daemon: Daemon) -> None:
    """Writes the files, lets the daemon carry them, and repeats one of them."""
    table = desk(world)
    world.at(world.line.verified)
    bad = write_bad_reports(world, table) if world.first else []
    good = write_reports(world, table)
    daemon.wait(done=good, rejected=len(bad))
    if not world.first:
        return
    first = next(path for path in sorted((table.inbox / "done").iterdir()))
    repeated = table.inbox / ("repeated-" + first.name)
    bad.append(repeated.name)
    files.write(repeated, first.read_bytes())
    daemon.wait(done=good, rejected=len(bad))
    world.found.refused_reports = daemon.reasons()


def determine(world: World) -> None:
    """Whoever did not report gets figures that are not in its favour."""
    rows = []
    for place in world.cast.silent:
        plant = world.fleet.plants[place]
        rows.append(
            (
                int(world.installations[place]),
                world.period.last_year,
                plant.emissions_t * CONSERVATIVE_UP // 1_000_000,
                plant.power_mwh * CONSERVATIVE_DOWN // 1_000_000,
                plant.heat_gj * CONSERVATIVE_DOWN // 1_000_000,
                reason(f"no report of {plant.key} came in time"),
            )
        )
    if not rows:
        return
    world.send(
        world.officers.bureau,
        "EmissionsOracle",
        "determine",
        world.scheme,
        world.period.number,
        rows,
    )
    world.found.determined = [int(world.installations[p]) for p in world.cast.silent]


def dispute(world: World) -> None:
    """One officer objects to a report; another looks into it and lets it stand."""
    place = int(next(i for i in world.obliged if i not in world.cast.silent))
    plant, year = int(world.installations[place]), world.period.last_year
    officers = world.officers
    why = reason("the coal bought does not match the coal burnt")
    world.send(officers.bureau, "EmissionsOracle", "dispute", plant, year, why)
    answer = reason("the stock of the year before explains it")
    world.send(officers.second, "EmissionsOracle", "resolve", plant, year, False, answer)


def read_verified(world: World) -> list[tuple[int, int]]:
    """Verified (power, heat) of every plant from the chain; keeps its emissions."""
    ids = [int(i) for i in world.installations]
    words: list[int] = []
    for part in batches(ids, 500):
        words += world.chain.call("EmissionsOracle", "records", list(part), world.period.last_year)
    mask = (1 << 40) - 1
    world.emissions = np.array([w & mask for w in words], np.int64)
    return [(w >> 40 & mask, w >> 80 & mask) for w in words]
