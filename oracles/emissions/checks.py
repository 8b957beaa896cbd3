"""Checks before the daemon spends gas.

The daemon checks only facts that the chain cannot see: the file's chain and contract, the hashes of lines and
evidence, the signature of each operator in a batch, and the persons of the signer set behind the signatures.
The contract refuses everything else; the daemon learns the refusal by simulation.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from oracles.emissions.monitoring_checks import MONITORING, MonitoringChecker, monitoring_effect
from oracles.emissions.persons import NotYet, Persons, SignedFile, Submission, refusal
from oracles.runtime.effects import JobEffect
from tonne.chain.client import Chain
from tonne.chain.contract import Contract
from tonne.crypto.eip712 import Struct, struct_hash
from tonne.crypto.merkle import merkle_root
from tonne.errors import TonneError
from tonne.evidence import manifest
from tonne.evidence.monitoring_files import MonitoringFile
from tonne.evidence.report_encoding import ReportRecord
from tonne.evidence.report_files import BatchFile, ReportFile, SignedReport, SignedStatement
from tonne.evidence.signed_types import EmissionReport, VerificationOpinion, emissions_domain
from tonne.evidence.submissions import batch_args, batch_leaf, entry, submit_args
from tonne.evidence.verdicts import is_qualified, require_told
from tonne.types.ids import SchemeId
from tonne.types.installation_word import InstallationWord

#: `WalletRights.REPORT` of IParticipants.
REPORT_RIGHT = 8


def effect(key: str) -> JobEffect:
    """The intended effect of a submission, by the key of its job; any sender may bring it."""
    if key.startswith(MONITORING):
        return monitoring_effect(key)
    kind, first, second, number = key.split("/")
    words, least = (int(first), int(second)), int(number)
    if kind == "batch":
        view = ("EmissionsOracle", "lastSequence", words)
        return JobEffect([view], lambda answers: answers[0] >= least)
    view = ("EmissionsOracle", "record", words)
    return JobEffect([view], lambda answers: revision_of(answers[0]) >= least)


class Checker:
    """Checks files against one EmissionsOracle and one Projects on one chain."""

    def __init__(self, chain: Chain, block: int | str = "latest") -> None:
        self._chain = chain
        self._block = block
        self._oracle = chain["EmissionsOracle"]
        self._participants = chain["Participants"]
        domain = emissions_domain(chain.chain_id, self._oracle.address)
        self._persons = Persons(chain, domain, "REPORT", block)
        self._monitoring = MonitoringChecker(chain, block)

    def at(self, block: int | str) -> Checker:
        """The same checks against the state of another block."""
        return Checker(self._chain, block)

    def check(self, name: str, file: SignedFile) -> Submission:
        """The transaction for a file. Raises Refusal for a wrong file and NotYet for one that has to wait.
        Any other error is no fault of the file."""
        if isinstance(file, MonitoringFile):
            return self._monitoring.check(name, file)
        self._check_envelope(name, file)
        if isinstance(file, BatchFile):
            return self._batch(name, file)
        return self._report(name, file)

    # One report

    def _report(self, name: str, file: ReportFile) -> Submission:
        report = file.signed.report.struct()
        scheme = self._check_operators(name, [file.signed])[0]
        self._persons.check_config(name, scheme, "signed.report.configDigest", report.configDigest)
        signers = self._persons.signers(scheme)
        opinions = []
        for position, signed in enumerate(file.opinions):
            opinion = signed.struct()
            self._check_opinion(name, position, report, opinion)
            lead = self._persons.person(
                name, opinion, signed.leadSignature, signers, f"opinions.{position}.leadSignature"
            )
            reviewer = self._persons.person(
                name,
                opinion,
                signed.reviewerSignature,
                signers,
                f"opinions.{position}.reviewerSignature",
            )
            opinions.append(
                (opinion, lead, signed.leadSignature, reviewer, signed.reviewerSignature)
            )
        for position, statement in enumerate(file.statements):
            self._check_statement(name, position, report, statement, opinions)
        _check_told(name, file)
        args = submit_args(scheme, report, file.signed.operatorSignature, opinions)
        return Submission(
            f"report/{report.installation}/{report.year}/{report.revision}",
            "EmissionsOracle",
            entry("submit", args),
            args,
        )

    def _check_opinion(
        self, name: str, position: int, report: EmissionReport, opinion: Any
    ) -> None:
        same = (
            opinion.report == struct_hash(report)
            and opinion.installation == report.installation
            and opinion.year == report.year
            and opinion.emissionsT == report.emissionsT
            and opinion.configDigest == report.configDigest
        )
        if not same:
            raise refusal(
                "REPORT_OPINION_MISMATCH",
                f"{name}: the opinion is about another report.",
                f"opinions.{position}.report",
                "0x" + opinion.report.hex(),
                "Let the body sign its opinion on exactly this report.",
            )

    def _check_statement(
        self,
        name: str,
        position: int,
        report: EmissionReport,
        signed: SignedStatement,
        opinions: Sequence[tuple[VerificationOpinion, int, bytes, int, bytes]],
    ) -> None:
        """The verdict is of the verification body in the opinion; the same two persons signed both."""
        field = f"statements.{position}"
        if signed.verdict == "adverse":
            raise refusal(
                "REPORT_ADVERSE",
                f"{name}: the opinion of body {signed.body} is adverse.",
                f"{field}.verdict",
                signed.verdict,
                "Have the report corrected, signed anew and verified again.",
            )
        struct = signed.struct()
        persons = next((o for o in opinions if o[0].body == signed.body), None)
        if persons is None or struct.report != struct_hash(report):
            raise _statement_mismatch(
                name, field, "another report, or of a body without an opinion"
            )
        opinion, _, lead_signature, _, reviewer_signature = persons
        for part, own, beside in (
            ("leadSignature", signed.leadSignature, lead_signature),
            ("reviewerSignature", signed.reviewerSignature, reviewer_signature),
        ):
            of_statement = self._persons.recovered(name, struct, own, f"{field}.{part}")
            if of_statement != self._persons.recovered(name, opinion, beside, part):
                raise _statement_mismatch(
                    name, f"{field}.{part}", "other persons or other findings"
                )

    # A batch

    def _batch(self, name: str, file: BatchFile) -> Submission:
        _check_unqualified(name, file)
        batch = file.batch.struct()
        reports = [signed.report.struct() for signed in file.reports]
        # The order of batches first: it is one call, and a batch that waits is looked at again
        # every cycle.
        word = self._call(self._participants, "installation", reports[0].installation)
        scheme = InstallationWord.unpack(word).scheme
        last = self._call(self._oracle, "lastSequence", scheme, batch.body)
        if batch.sequence > last + 1:
            raise NotYet(f"waits for batch {batch.sequence - 1} of body {batch.body}")
        self._check_operators(name, file.reports)
        leaves = [
            batch_leaf(report, signed.operatorSignature)
            for report, signed in zip(reports, file.reports, strict=True)
        ]
        if merkle_root(leaves) != batch.root:
            raise refusal(
                "REPORT_BATCH_ROOT",
                f"{name}: the reports do not hash to the root the body signed.",
                "batch.root",
                "0x" + batch.root.hex(),
                "Build and sign the batch again from the reports in it.",
            )
        for position, report in enumerate(reports):
            if report.configDigest != batch.configDigest:
                raise refusal(
                    "REPORT_STALE_CONFIG",
                    f"{name}: report {position} was signed for other rules than the batch.",
                    f"reports.{position}.report.configDigest",
                    "0x" + report.configDigest.hex(),
                    "Sign the report again for the rules that hold now.",
                )
        self._persons.check_config(name, scheme, "batch.configDigest", batch.configDigest)
        signers = self._persons.signers(scheme)
        lead = self._persons.person(name, batch, file.leadSignature, signers, "leadSignature")
        reviewer = self._persons.person(
            name, batch, file.reviewerSignature, signers, "reviewerSignature"
        )
        items = [
            (report, signed.operatorSignature)
            for report, signed in zip(reports, file.reports, strict=True)
        ]
        args = batch_args(
            scheme, batch, lead, file.leadSignature, reviewer, file.reviewerSignature, items
        )
        key = f"batch/{scheme}/{batch.body}/{batch.sequence}"
        return Submission(key, "EmissionsOracle", entry("submitBatch", args), args)

    # Shared

    def _call(self, contract: Contract, function: str, *args: Any) -> Any:
        return self._chain.call(contract, function, *args, block=self._block)

    def _check_envelope(self, name: str, file: ReportFile | BatchFile) -> None:
        if file.chainId != self._chain.chain_id:
            raise refusal(
                "REPORT_WRONG_CHAIN",
                f"{name} is meant for chain {file.chainId}; this is chain {self._chain.chain_id}.",
                "chainId",
                file.chainId,
                "Hand it to the oracle of its chain.",
            )
        if file.contract.lower() != self._oracle.address.lower():
            raise refusal(
                "REPORT_WRONG_CONTRACT",
                f"{name} is meant for another contract than {self._oracle.address}.",
                "contract",
                file.contract,
                "Sign again for the contract of this deployment.",
            )

    def _check_operators(self, name: str, signed: list[SignedReport]) -> list[SchemeId]:
        """Lines, evidence and operator's signature of each report; returns the scheme of each
        installation."""
        signers = []
        for position, item in enumerate(signed):
            self._check_lines(name, position, item)
            signers.append(
                self._persons.recovered(
                    name, item.report.struct(), item.operatorSignature, "operatorSignature"
                )
            )
        answers = self._chain.call_many(
            [
                (self._participants, "reporterOf", (item.report.installation, signer))
                for item, signer in zip(signed, signers, strict=True)
            ],
            self._block,
        )
        schemes = []
        for position, (item, signer, (word, rights)) in enumerate(
            zip(signed, signers, answers, strict=True)
        ):
            installation = item.report.installation
            plant = InstallationWord.unpack(word)
            if plant.operator == 0:
                raise refusal(
                    "REPORT_UNKNOWN_INSTALLATION",
                    f"{name}: installation {installation} is not registered.",
                    f"reports.{position}.report.installation",
                    installation,
                    "Register the installation first, or correct its number.",
                )
            if rights & REPORT_RIGHT == 0:
                raise refusal(
                    "REPORT_NOT_REPORTER",
                    f"{name}: {signer} may not sign reports of installation {installation}.",
                    f"reports.{position}.operatorSignature",
                    signer,
                    "Sign with a wallet of the operator that has the right to report.",
                )
            schemes.append(plant.scheme)
        return schemes

    def _check_lines(self, name: str, position: int, item: SignedReport) -> None:
        report = item.report
        try:
            lines = manifest.parse_lines(item.lines)
            documents = manifest.parse_manifest(item.evidence)
        except TonneError as error:
            raise refusal(
                error.code,
                f"{name}: report {position}: {error.message}",
                error.field,
                error.value,
                error.remedy,
            ) from None
        if unlike := manifest.unlike_totals(lines, dict(report)):
            field, added = unlike
            raise refusal(
                "REPORT_LINES_MISMATCH",
                f"{name}: report {position}: the lines do not add up to the signed figures:"
                f" they come to {field} {added:,}.",
                f"reports.{position}.report.{field}",
                getattr(report, field),
                "Correct lines or figures and sign again.",
            )
        if manifest.lines_root(lines) != report.linesRoot:
            raise refusal(
                "REPORT_LINES_MISMATCH",
                f"{name}: report {position}: the lines do not hash to the root that was signed.",
                f"reports.{position}.report.linesRoot",
                "0x" + report.linesRoot.hex(),
                "Deliver the lines that were signed.",
            )
        if manifest.manifest_root(documents) != report.evidenceRoot:
            raise refusal(
                "REPORT_EVIDENCE_MISMATCH",
                f"{name}: report {position}: the evidence does not hash to the signed root.",
                f"reports.{position}.report.evidenceRoot",
                "0x" + report.evidenceRoot.hex(),
                "Deliver the manifest that was signed.",
            )


def _check_told(name: str, file: ReportFile) -> None:
    """The statements equal the values that the chain will return."""
    opinions = {opinion.body: opinion.assurance for opinion in file.opinions}
    try:
        require_told(opinions, {statement.body: statement.verdict for statement in file.statements})
    except TonneError as error:
        raise refusal(
            error.code, f"{name}: {error.message}", error.field, error.value, error.remedy
        ) from None


def _check_unqualified(name: str, file: BatchFile) -> None:
    """A qualification is of one report, with findings about it: it has no place in a batch."""
    if is_qualified(file.batch.assurance):
        raise refusal(
            "REPORT_BATCH_QUALIFIED",
            f"{name}: the batch is signed as qualified.",
            "batch.assurance",
            file.batch.assurance,
            "Hand the report that is qualified in by itself, with its statement, and the rest as a batch.",
        )


def _statement_mismatch(name: str, field: str, of: str) -> TonneError:
    return refusal(
        "REPORT_STATEMENT_MISMATCH",
        f"{name}: the body's statement is of {of}.",
        field,
        None,
        "Let the body's two persons sign verdict and findings with `tonne report opinion`.",
    )


def structs(file: SignedFile) -> list[Struct]:
    """All signed structs of a file; a number too large for its field shows when one is hashed."""
    if isinstance(file, MonitoringFile):
        return [file.signed.report.struct(), file.opinion.struct()]
    if isinstance(file, BatchFile):
        return [file.batch.struct(), *(signed.report.struct() for signed in file.reports)]
    return [
        file.signed.report.struct(),
        *(opinion.struct() for opinion in file.opinions),
        *(statement.struct() for statement in file.statements),
    ]


def revision_of(record: int) -> int:
    """Revision in a `RecordWord`; 0 when nothing is on record."""
    return ReportRecord.unpack(record).revision
