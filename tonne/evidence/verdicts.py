"""What a verification body says beside its signature: its verdict and the findings behind it.

The chain takes an opinion or none, and tells whether it is qualified: that is the top bit of its signed
assurance, which nobody who hands the report in can change. Why it is, or why it is adverse, stands with
each finding in a statement that lead verifier and reviewer sign (EIP-712, in the domain of the
EmissionsOracle) and that travels with the report. The words are those of ISO 14064-3: unqualified,
qualified, adverse.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Any, ClassVar, Final, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from tonne.constants import PPM
from tonne.crypto.eip712 import Struct
from tonne.crypto.hashing import keccak
from tonne.errors import TonneError, refused
from tonne.evidence.manifest import canonical_json

Verdict = Literal["unqualified", "qualified", "adverse"]
#: In the signed assurance of an opinion, beside its level.
QUALIFIED: Final = 0x80
VERDICTS: Final[tuple[Verdict, ...]] = ("unqualified", "qualified", "adverse")


class VerifierFinding(BaseModel):
    """One finding: its place in the report, its text, and by how much it misstates the year."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    about: Annotated[str, Field(min_length=1, max_length=200)]  # e.g. "lines.3.quantity"
    text: Annotated[str, Field(min_length=1, max_length=4000)]
    #: Misstatement [t CO2e], of either sign; 0 where it changes no figure.
    misstatementT: Annotated[int, Field(strict=True, gt=-(2**63), lt=2**63)] = 0
    resolved: Annotated[bool, Field(strict=True)] = False


@dataclass(frozen=True, slots=True)
class OpinionStatement(Struct):
    """A body's verdict on one report with the hash of its findings; both persons sign the same."""

    TYPES: ClassVar = ("bytes32", "uint24", "uint8", "bytes32", "uint64")

    report: bytes  # struct hash of the report
    body: int  # participant number
    verdict: int  # 1 unqualified, 2 qualified, 3 adverse
    findings: bytes  # keccak-256 of the findings as canonical JSON
    signedAt: int  # [s]


def parse_findings(raw: Any) -> tuple[VerifierFinding, ...]:
    """Findings from plain JSON, a list; refused as FINDINGS_MALFORMED with the place of the fault."""
    if not isinstance(raw, list):
        raise _malformed("findings", type(raw).__name__, "they are no list")
    found = []
    for number, entry in enumerate(raw):
        try:
            found.append(VerifierFinding.model_validate(entry))
        except ValidationError as error:
            first = error.errors(include_url=False, include_context=False)[0]
            where = ".".join(map(str, ("findings", number, *first["loc"])))
            shown = None if first["type"] == "missing" else str(first["input"])[:80]
            raise _malformed(where, shown, first["msg"]) from None
    return tuple(found)


def findings_hash(findings: Sequence[VerifierFinding]) -> bytes:
    """Hash of the findings in their order."""
    return keccak(canonical_json([finding.model_dump() for finding in findings]))


def misstatement_t(findings: Sequence[VerifierFinding]) -> int:
    """Sum of the unresolved misstatements without their signs [t CO2e]: none makes up for another."""
    return sum(abs(finding.misstatementT) for finding in findings if not finding.resolved)


def is_qualified(assurance: int) -> bool:
    """Whether an opinion's signed assurance says that it is qualified."""
    return assurance & QUALIFIED != 0


def require_told(opinions: Mapping[int, int], verdicts: Mapping[int, Verdict]) -> None:
    """Refuses signed opinions and statements that do not say the same, by the number of the body.

    A qualification is signed twice: in the opinion (`opinions`: its assurance), for the chain, and in the
    statement (`verdicts`), with its findings. One without the other: REPORT_STATEMENT_MISSING, or
    REPORT_UNTOLD_QUALIFICATION.
    """
    for body, assurance in opinions.items():
        stated = verdicts.get(body) == "qualified"
        if is_qualified(assurance) and not stated:
            raise refused("REPORT_STATEMENT_MISSING", body=body)
        if stated and not is_qualified(assurance):
            raise refused("REPORT_UNTOLD_QUALIFICATION", assurance=assurance, body=body)


def require_fitting(
    verdict: Verdict, findings: Sequence[VerifierFinding], emissions_t: int, materiality_ppm: int
) -> None:
    """Refuses a verdict that its findings do not bear.

    Unresolved findings make a report qualified at best; misstatements above the materiality of the
    opinion (millionths of the year's emissions, rounded down) make it adverse; a verdict that is not
    unqualified needs a finding.
    """
    unresolved = [finding for finding in findings if not finding.resolved]
    material = misstatement_t(findings) > emissions_t * materiality_ppm // PPM
    if verdict != "unqualified" and not unresolved:
        raise _unfitting(verdict, "There is no unresolved finding.", "Name the finding.")
    if verdict == "unqualified" and unresolved:
        text = f"{len(unresolved)} of the findings are unresolved."
        raise _unfitting(verdict, text, "Have the report corrected, or sign a qualified opinion.")
    if verdict == "qualified" and material:
        text = f"The findings misstate {misstatement_t(findings):,} t, more than is immaterial."
        raise _unfitting(verdict, text, "Have the report corrected, or sign an adverse opinion.")


def _unfitting(verdict: Verdict, text: str, remedy: str) -> TonneError:
    return TonneError("OPINION_VERDICT", text, field="verdict", value=verdict, remedy=remedy)


def _malformed(field: str, value: str | None, told: str) -> TonneError:
    return refused("FINDINGS_MALFORMED", given=value, field=field, reason=told)
