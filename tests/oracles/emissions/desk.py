"""Makes signed files for a small market, right or wrong in one point."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from oracles.emissions.checks import Checker, effect
from oracles.emissions.cycle import EmissionsCycle
from oracles.runtime.effects import shown
from oracles.runtime.finality import Finality
from oracles.runtime.inbox import Inbox
from oracles.runtime.journal import Journal
from oracles.runtime.refusal import explain_by
from oracles.runtime.rpc_pool import RpcPool
from oracles.runtime.transactions import TransactionManager, TransactionSettings
from tonne.chain.client import Chain
from tonne.crypto.accounts import Account
from tonne.crypto.eip712 import Domain, Struct, struct_hash
from tonne.crypto.merkle import merkle_root
from tonne.evidence import manifest, report_files
from tonne.evidence.signed_types import (
    EmissionReport,
    ReportBatch,
    VerificationOpinion,
    emissions_domain,
)
from tonne.evidence.submissions import batch_leaf
from tonne.evidence.verdicts import QUALIFIED, VerifierFinding
from tonne.rules.pack import RulePack
from tonne.sandbox import seed_market

#: Plants beside the named ones, all of the operator `north`; numbers 4 and on.
FURTHER = 20

FINDING = VerifierFinding(
    about="lines.1.quantity", text="one weigh bill is missing", misstatementT=3
)


@dataclass(slots=True)
class Desk:
    """Operator, lead and reviewer at one table."""

    chain: Chain
    people: dict[str, Account]
    body: int
    folder: Path
    pack: RulePack
    year: int
    deployments: Path
    journal: Journal | None = field(default=None)

    @property
    def domain(self) -> Domain:
        return emissions_domain(self.chain.chain_id, self.chain["EmissionsOracle"].address)

    @property
    def config(self) -> bytes:
        return self.chain.call("EmissionsOracle", "configOf", self.pack.scheme.number)[1]

    @property
    def inbox(self) -> Path:
        return self.folder / "inbox"

    def key(self, who: str | Account) -> Account:
        return who if isinstance(who, Account) else self.people[who]

    # Files

    def report(
        self, number: int, *, by: str | Account | None = None, plant: Any = None, **changes: Any
    ) -> report_files.SignedReport:
        """Report of plant `number`; `changes` are made before the operator signs."""
        plant = plant or (seed_market.PLANTS[number - 1] if number <= 3 else seed_market.PLANTS[0])
        lines = manifest.power_plant_lines(
            power_mwh=plant.power_mwh,
            heat_gj=plant.heat_gj,
            emissions_t=plant.emissions_t,
            fuel=plant.fuel,
        )
        files = manifest.manifest_of({"meters/export.csv": plant.name.encode()})
        report = EmissionReport(
            installation=number,
            year=self.year,
            revision=1,
            emissionsT=plant.emissions_t,
            powerMwh=plant.power_mwh,
            heatGj=plant.heat_gj,
            gwpSet=lines[0].gwpSet,
            lineCount=len(lines),
            linesRoot=manifest.lines_root(lines),
            evidenceRoot=manifest.manifest_root(files),
            configDigest=self.config,
            signedAt=self.chain.now() - 86_400,
        )
        report = replace(report, **changes)
        return report_files.SignedReport(
            report=report_files.ReportFields(**_fields(report)),
            operatorSignature=self.key(by or plant.name).sign_typed(report, self.domain),
            lines=manifest.plain(lines),
            evidence=manifest.plain(files),
        )

    def single(
        self,
        signed: report_files.SignedReport,
        lead: str | Account = "lead",
        reviewer: str | Account = "reviewer",
        **changes: Any,
    ) -> report_files.ReportFile:
        """A report with the body's opinion; `changes` are made before its persons sign."""
        report = signed.report.struct()
        opinion = VerificationOpinion(
            report=struct_hash(report),
            installation=report.installation,
            year=report.year,
            body=self.body,
            assurance=2,
            materialityPpm=20_000,
            emissionsT=report.emissionsT,
            configDigest=report.configDigest,
            signedAt=self.chain.now() - 3_600,
        )
        opinion = replace(opinion, **changes)
        return report_files.ReportFile(
            chainId=self.chain.chain_id,
            contract=self.chain["EmissionsOracle"].address,
            signed=signed,
            opinions=[
                report_files.SignedOpinion(
                    **_fields(opinion),
                    leadSignature=self.key(lead).sign_typed(opinion, self.domain),
                    reviewerSignature=self.key(reviewer).sign_typed(opinion, self.domain),
                )
            ],
        )

    def qualified(
        self, signed: report_files.SignedReport, lead: str | Account = "lead", **changes: Any
    ) -> report_files.ReportFile:
        """A report with a qualified opinion; `changes` are made before its statement is signed."""
        file = self.single(signed, assurance=QUALIFIED | 2)
        fields = {
            "report": file.opinions[0].report,
            "body": self.body,
            "verdict": "qualified",
            "findings": [FINDING],
            "signedAt": self.chain.now() - 3_600,
        }
        struct = report_files.StatementFields(**fields | changes).struct()
        statement = report_files.SignedStatement(
            **fields | changes,
            leadSignature=self.key(lead).sign_typed(struct, self.domain),
            reviewerSignature=self.people["reviewer"].sign_typed(struct, self.domain),
        )
        return file.model_copy(update={"statements": [statement]})

    def batch(
        self, signed: Sequence[report_files.SignedReport], sequence: int = 1, **changes: Any
    ) -> report_files.BatchFile:
        """Many reports under the body's signatures."""
        reports = [s.report.struct() for s in signed]
        leaves = [batch_leaf(r, s.operatorSignature) for r, s in zip(reports, signed)]
        batch = ReportBatch(
            root=merkle_root(leaves),
            count=len(reports),
            totalEmissionsT=sum(r.emissionsT for r in reports),
            totalPowerMwh=sum(r.powerMwh for r in reports),
            totalHeatGj=sum(r.heatGj for r in reports),
            body=self.body,
            assurance=2,
            materialityPpm=20_000,
            configDigest=self.config,
            sequence=sequence,
            signedAt=self.chain.now() - 3_600,
        )
        batch = replace(batch, **changes)
        return report_files.BatchFile(
            chainId=self.chain.chain_id,
            contract=self.chain["EmissionsOracle"].address,
            batch=report_files.BatchFields(**_fields(batch)),
            leadSignature=self.key("lead").sign_typed(batch, self.domain),
            reviewerSignature=self.key("reviewer").sign_typed(batch, self.domain),
            reports=list(signed),
        )

    # The inbox

    def put(self, name: str, content: Any) -> None:
        """A file, plain data or bytes into the inbox: whole, as the daemon asks for it."""
        if isinstance(content, dict):
            content = json.dumps(content).encode()
        elif not isinstance(content, bytes):
            content = content.model_dump_json().encode()
        self.inbox.mkdir(parents=True, exist_ok=True)
        part = self.inbox.with_name(f"{self.inbox.name}.part")
        part.write_bytes(content)
        part.replace(self.inbox / name)

    def names(self, place: str = "") -> list[str]:
        return sorted(p.name for p in (self.inbox / place).iterdir() if p.is_file())

    def code_of(self, name: str) -> str:
        """Why a file was refused."""
        path = self.inbox / "rejected" / f"{name}.reason.json"
        reason = json.loads(path.read_text(encoding="utf-8"))
        assert reason["reason"] and reason["file"] == name
        return reason["code"]

    def cycle(self, sends: bool = True) -> EmissionsCycle:
        """The daemon's cycle, in this process."""
        if self.journal is None:
            self.journal = Journal(self.folder / "oracle.sqlite")
        checker = Checker(self.chain)
        sender = self.people["oracle"] if sends else None
        pool = RpcPool([self.chain.rpc])
        manager = sender and TransactionManager(
            pool,
            sender,
            self.journal,
            TransactionSettings(),
            lambda keys, block: shown(self.chain, [effect(key) for key in keys], block),
            explain_by(self.chain),
        )
        inbox = Inbox(self.inbox)
        return EmissionsCycle(
            self.chain, inbox, self.journal, checker, sender, manager, Finality(1), pool
        )

    def work(self, done: int) -> None:
        """Cycles until so many files lie in done/, and once more."""
        cycle = self.cycle()
        for _ in range(30):
            cycle()
            if len(self.names("done")) >= done:
                break
        cycle()
        assert len(self.names("done")) == done

    def reported(self) -> list[int]:
        """Installations of all reports on chain, one entry a report."""
        logs = self.chain.logs("EmissionsOracle", "EmissionsReported")
        return sorted(event["installation"] for event in logs)


def _fields(struct: Struct) -> dict[str, Any]:
    return {name: getattr(struct, name) for name in type(struct).__slots__}
