"""The compiler's answer about sources of a tree, by its standard JSON."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from tonne.deployment import compiler
from tools.assurance import dependents


def request_for(root: Path, sources: Iterable[str], settings: dict[str, Any]) -> dict[str, Any]:
    """Input of a compilation of `sources`, paths below `root`, with the remappings of the tree."""
    return {
        "language": "Solidity",
        "sources": {source: {"content": (root / source).read_text("utf-8")} for source in sources},
        "settings": {"remappings": dependents.remappings(root), **settings},
    }


def answer_to(root: Path, request: dict[str, Any]) -> dict[str, Any]:
    """What the compiler says to a request; its errors are part of it."""
    done = subprocess.run(
        [compiler.SOLC, "--standard-json", "--base-path", str(root)],
        input=json.dumps(request),
        capture_output=True,
        text=True,
        cwd=root,
        check=True,
    )
    answer: dict[str, Any] = json.loads(done.stdout)
    return answer


def errors_in(answer: dict[str, Any]) -> list[dict[str, Any]]:
    """Its errors, warnings left out."""
    return [error for error in answer.get("errors", ()) if error["severity"] == "error"]


def checked_answer_to(root: Path, request: dict[str, Any]) -> dict[str, Any]:
    """The same for sources that compile; else `ValueError` with what the compiler has against them."""
    answer = answer_to(root, request)
    if failed := errors_in(answer):
        raise ValueError("".join(error["formattedMessage"] for error in failed))
    return answer
