"""Checks of a monitoring report before it costs gas; the rest is the contract's to refuse, see `checks`."""

from __future__ import annotations

from typing import Any, Final

from oracles.emissions.persons import Persons, Submission, refusal
from oracles.runtime.effects import JobEffect
from tonne.chain.client import Chain
from tonne.crypto.eip712 import struct_hash
from tonne.errors import TonneError
from tonne.evidence import monitoring_drafts
from tonne.evidence.monitoring_files import MonitoringFile
from tonne.evidence.signed_types import projects_domain
from tonne.evidence.submissions import entry, monitoring_args

#: Begins the key of a monitoring report's job.
MONITORING: Final = "monitoring/"


def monitoring_effect(key: str) -> JobEffect:
    """The report is on the chain, by this copy or another."""
    report_hash = bytes.fromhex(key.rpartition("/")[2])
    view = ("Projects", "reportOf", (report_hash,))
    return JobEffect([view], lambda answers: bool(answers[0]))


class MonitoringChecker:
    """Checks monitoring reports against one Projects on one chain."""

    def __init__(self, chain: Chain, block: int | str) -> None:
        self._chain = chain
        self._block = block
        self._projects = chain["Projects"]
        domain = projects_domain(chain.chain_id, self._projects.address)
        self._persons = Persons(chain, domain, "MONITORING", block)

    def check(self, name: str, file: MonitoringFile) -> Submission:
        """The transaction a file calls for; a Refusal when it is refused."""
        self._check_envelope(name, file)
        self._check_content(name, file)
        report, opinion = file.signed.report.struct(), file.opinion.struct()
        project, scheme = self._project(name, report.project)
        field = "signed.report.configDigest"
        self._persons.check_config(name, scheme, field, report.configDigest)
        told = (opinion.report, opinion.project, opinion.quantityT, opinion.configDigest)
        ours = (struct_hash(report), report.project, report.quantityT, report.configDigest)
        if told != ours:
            raise refusal(
                "MONITORING_OPINION_MISMATCH",
                f"{name}: the opinion is about another report.",
                "opinion.report",
                "0x" + opinion.report.hex(),
                "Let the body sign its opinion on exactly this report.",
            )
        signers = self._persons.signers(scheme)
        lead, reviewer = (
            self._persons.person(name, opinion, signature, signers, f"opinion.{role}Signature")
            for role, signature in (
                ("lead", file.opinion.leadSignature),
                ("reviewer", file.opinion.reviewerSignature),
            )
        )
        signatures = (
            file.signed.developerSignature,
            file.opinion.leadSignature,
            file.opinion.reviewerSignature,
        )
        args = (project.source, report.periodFrom, monitoring_drafts.MOST_CLAIMS)
        hint = self._call("claimBefore", *args)
        words = monitoring_args(report, opinion, lead, reviewer, signatures, hint)
        queue = f"{MONITORING}{project.source.hex()}/"
        function = entry("submit", words)
        return Submission(f"{queue}{ours[0].hex()}", "Projects", function, words, queue)

    def _call(self, function: str, *args: Any) -> Any:
        return self._chain.call(self._projects, function, *args, block=self._block)

    def _project(self, name: str, number: int) -> tuple[Any, int]:
        """The project and its scheme."""
        if not 0 < number <= self._call("projectCount"):
            raise refusal(
                "MONITORING_UNKNOWN_PROJECT",
                f"{name}: project {number} is not registered.",
                "signed.report.project",
                number,
                "Register the project first, or correct its number.",
            )
        project = self._call("project", number)
        return project, self._call("methodology", project.methodology).scheme

    def _check_envelope(self, name: str, file: MonitoringFile) -> None:
        if file.chainId != self._chain.chain_id:
            raise refusal(
                "MONITORING_WRONG_CHAIN",
                f"{name} is meant for chain {file.chainId}; this is chain {self._chain.chain_id}.",
                "chainId",
                file.chainId,
                "Hand it to the oracle of its chain.",
            )
        if file.contract.lower() != self._projects.address.lower():
            raise refusal(
                "MONITORING_WRONG_CONTRACT",
                f"{name} is meant for another contract than {self._projects.address}.",
                "contract",
                file.contract,
                "Sign again for the contract of this deployment.",
            )

    def _check_content(self, name: str, file: MonitoringFile) -> None:
        try:
            monitoring_drafts.content(file.signed)
        except TonneError as error:
            raise refusal(
                error.code, f"{name}: {error.message}", error.field, error.value, error.remedy
            ) from None
