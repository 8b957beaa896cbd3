"""Syntax trees and interfaces of contracts, as analysers read them: no code is generated."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any, Final

from tonne.deployment import compiler
from tools.assurance import dependents

#: An analyser asks for these of each contract; without code there is none.
NO_CODE: Final = {
    "bytecode": {"object": "", "sourceMap": ""},
    "deployedBytecode": {"object": "", "sourceMap": ""},
}
SELECTION: Final = {
    "": ["ast"],
    "*": ["abi", "metadata", "evm.methodIdentifiers", "devdoc", "userdoc"],
}


def build_info(root: Path, folder: str) -> dict[str, Any]:
    """Input and output of a compilation of one folder, in the form of Forge's build-info files."""
    sources = {
        path.relative_to(root).as_posix(): {"content": path.read_text("utf-8")}
        for path in sorted((root / folder).rglob("*.sol"))
    }
    request = {
        "language": "Solidity",
        "sources": sources,
        "settings": {
            "remappings": dependents.remappings(root),
            "evmVersion": "paris",
            "viaIR": True,
            "optimizer": {"enabled": True},
            "outputSelection": {"*": SELECTION},
        },
    }
    done = subprocess.run(
        [compiler.SOLC, "--standard-json", "--base-path", str(root)],
        input=json.dumps(request),
        capture_output=True,
        text=True,
        cwd=root,
        check=True,
    )
    answer = json.loads(done.stdout)
    failed = [e["formattedMessage"] for e in answer.get("errors", ()) if e["severity"] == "error"]
    if failed:
        raise ValueError("".join(failed))
    for contracts in answer["contracts"].values():
        for contract in contracts.values():
            contract["evm"].update(NO_CODE)
    return {
        "id": "assurance",
        "solcVersion": compiler.COMPILER_VERSION,
        "solcLongVersion": compiler.COMPILER_VERSION,
        "input": request,
        "output": answer,
    }
