"""Syntax trees and interfaces of contracts, as analysers read them: no code is generated."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Final

from tonne.deployment.sources import COMPILER_VERSION
from tools.assurance import solc

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
    sources = [path.relative_to(root).as_posix() for path in sorted((root / folder).rglob("*.sol"))]
    settings = {
        "evmVersion": "paris",
        "viaIR": True,
        "optimizer": {"enabled": True},
        "outputSelection": {"*": SELECTION},
    }
    request = solc.request_for(root, sources, settings)
    answer = solc.checked_answer_to(root, request)
    for contracts in answer["contracts"].values():
        for contract in contracts.values():
            contract["evm"].update(NO_CODE)
    return {
        "id": "assurance",
        "solcVersion": COMPILER_VERSION,
        "solcLongVersion": COMPILER_VERSION,
        "input": request,
        "output": answer,
    }
