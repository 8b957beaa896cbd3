"""Findings of a verification as a file: a commented form in TOML, or a list in JSON."""

from __future__ import annotations

import json
import tomllib
from pathlib import Path
from typing import Any, Final

from tonne.constants import PPM
from tonne.errors import TonneError, refused, why
from tonne.evidence.reports import MATERIALITY_PPM, Draft
from tonne.evidence.verdicts import VerifierFinding, parse_findings

SUFFIX: Final = ".findings.toml"


def form_text(draft: Draft) -> str:
    """A form for the findings on a draft, with every field explained."""
    report = draft.signed.report
    places = ["emissionsT", "powerMwh", "heatGj"]
    lines = [
        f"#   lines.{place}.quantity   {line['category']}, {line['product']}:"
        f" {line['quantity']:,} {line['unit']}"
        for place, line in enumerate(draft.signed.lines)
    ]
    most = report.emissionsT * MATERIALITY_PPM // PPM
    return "\n".join(
        [
            f"# Findings on the report of plant {report.installation} for {report.year},"
            f" revision {report.revision}: {report.emissionsT:,} t CO2e.",
            f"# Unresolved misstatements up to {most:,} t allow a qualified opinion, more an adverse one.",
            "# One block for each finding:",
            "#",
            f"# about: a field of the report ({', '.join(places)}) or of a line:",
            *lines,
            "# text: the finding, in words.",
            "# misstatementT: misstatement of the year [t CO2e], of either sign; 0 where no figure changes.",
            "# resolved: true once the operator has corrected it.",
            "[[findings]]",
            'about = "lines.1.quantity"',
            'text = ""',
            "misstatementT = 0",
            "resolved = false",
            "",
        ]
    )


def load(path: Path) -> tuple[VerifierFinding, ...]:
    """Findings of a file; FINDINGS_UNREADABLE or FINDINGS_MALFORMED where it has none."""
    try:
        text = path.read_text(encoding="utf-8")
        raw: Any = tomllib.loads(text)["findings"] if path.suffix == ".toml" else json.loads(text)
    except KeyError:
        raise _unreadable(path, "it has no [[findings]]") from None
    except (OSError, ValueError) as error:
        raise _unreadable(path, why(error)) from None
    return parse_findings(raw)


def _unreadable(path: Path, reason: str) -> TonneError:
    return refused("FINDINGS_UNREADABLE", path=str(path), reason=reason)
