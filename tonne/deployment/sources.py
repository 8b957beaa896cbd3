"""Solidity sources of deployable contracts: names, imports, compiler settings and standard JSON.

The compiler numbers files and syntax nodes. These numbers reach the optimizer and so, seldom, the bytecode.
Each contract is therefore compiled with its imports alone, and with the contracts that create it.
"""

from __future__ import annotations

import posixpath
import re
import tomllib
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, Final

from tonne import paths
from tonne.errors import refused

ROOT: Final = paths.TREE
COMPILER_VERSION: Final = "0.8.37"
#: Profile of `foundry.toml` with the settings of deployed contracts.
PROFILE: Final = "deployed"

#: Contracts of other projects that are deployed unchanged, by name, with their sources.
BORROWED: Final = {
    "AccessManager": "node_modules/@openzeppelin/contracts/access/manager/AccessManager.sol",
}
#: The file that imports them, so that Forge and Brownie compile them.
BORROWER: Final = "contracts/rules/Borrowed.sol"

Json = dict[str, Any]

_IMPORT: Final = re.compile(r"""^\s*import\b[^;"']*["']([^"']+)["']""", re.MULTILINE)
_CONTRACT: Final = re.compile(r"^contract\s+(\w+)", re.MULTILINE)
_CREATION: Final = re.compile(r"\bnew\s+(\w+)\s*[({]")
_COMMENT: Final = re.compile(r"/\*.*?\*/|//[^\n]*", re.DOTALL)


class SourceTree:
    """Solidity files of a project folder, each read once."""

    def __init__(self, root: Path = ROOT) -> None:
        self.root = root
        self.settings = settings(root)
        self._remappings = [entry.split("=", 1) for entry in self.settings["remappings"]]
        self._texts: dict[str, str] = {}
        self._imports: dict[str, list[str]] = {}
        self._closures: dict[str, frozenset[str]] = {}
        self._creators: dict[str, set[str]] | None = None
        self.deployable = deployable(root)

    def text(self, path: str) -> str:
        """Text of a file, path from the root. Raises COMPILE_SOURCE_MISSING."""
        if path not in self._texts:
            try:
                self._texts[path] = (self.root / path).read_text(encoding="utf-8")
            except FileNotFoundError as error:
                raise refused("COMPILE_SOURCE_MISSING", path=path) from error
        return self._texts[path]

    def imports(self, path: str) -> list[str]:
        """Paths that a file imports directly."""
        if path not in self._imports:
            self._imports[path] = imports(self.text(path), path, self._remappings)
        return self._imports[path]

    def closure(self, path: str) -> frozenset[str]:
        """A file and all files that it imports, directly or not."""
        if path not in self._closures:
            found: set[str] = set()
            waiting = [path]
            while waiting:
                here = waiting.pop()
                if here not in found:
                    found.add(here)
                    waiting += self.imports(here)
            self._closures[path] = frozenset(found)
        return self._closures[path]

    def compiled_with(self, name: str) -> frozenset[str]:
        """Files of a contract's compilation: its imports, and those of the contracts that create it.

        An extension is created by its contract, directly or in a base. `tools/solc/parts.js` divides
        compilations by the same rule.
        """
        source = self.deployable[name]
        found = set(self.closure(source))
        makers = self._makers().get(name, set())
        folder = posixpath.dirname(source)
        for other in self.deployable.values():
            if posixpath.dirname(other) == folder and makers & self.closure(other):
                found |= self.closure(other)
        return frozenset(found)

    def _makers(self) -> dict[str, set[str]]:
        """By contract, files of its folder that create it."""
        if self._creators is None:
            self._creators = {}
            folders = {posixpath.dirname(source) for source in self.deployable.values()}
            for folder in sorted(folders):
                for file in sorted((self.root / folder).glob("*.sol")):
                    path = file.relative_to(self.root).as_posix()
                    for name in _CREATION.findall(without_comments(self.text(path))):
                        home = self.deployable.get(name)
                        if home and posixpath.dirname(home) == folder:
                            self._creators.setdefault(name, set()).add(path)
        return self._creators

    def standard_json(self, name: str) -> Json:
        """Standard JSON input of one contract, for source verification by block explorers.

        It has the settings of deployed contracts and compiles to the same bytecode.
        """
        outputs = ["abi", "evm.bytecode.object", "evm.deployedBytecode.object"]
        return self.request(self.compiled_with(name), {self.deployable[name]: {name: outputs}})

    def request(self, files: Iterable[str], outputs: Mapping[str, Mapping[str, list[str]]]) -> Json:
        """Standard JSON input: these files, and the outputs by file and contract."""
        return {
            "language": "Solidity",
            "sources": {path: {"content": self.text(path)} for path in sorted(files)},
            "settings": {**self.settings, "outputSelection": outputs},
        }


def standard_json(name: str, root: Path = ROOT) -> Json:
    """Standard JSON input of one contract of a project."""
    return SourceTree(root).standard_json(name)


def deployable(root: Path = ROOT) -> dict[str, str]:
    """Source paths of all deployable contracts by name.

    Raises COMPILE_AMBIGUOUS if two contracts share a name, COMPILE_NOT_DEPLOYABLE for a contract in a
    folder of libraries.
    """
    found = dict(BORROWED) if (root / BORROWER).is_file() else {}
    for path in sorted((root / "contracts").rglob("*.sol")):
        source = path.relative_to(root).as_posix()
        for name in _CONTRACT.findall(without_comments(path.read_text(encoding="utf-8"))):
            if name in found:
                raise refused(
                    "COMPILE_AMBIGUOUS", contract=name, first_source=found[name], source=source
                )
            if is_of_libraries(source):
                raise refused("COMPILE_NOT_DEPLOYABLE", source=source, contract=name)
            found[name] = source
    return found


def is_of_libraries(source: str) -> bool:
    """Whether a path is in a folder of libraries: lib, types, book, or lib of a room."""
    folders = source.split("/")[1:-1]
    return folders[:1] in (["lib"], ["types"], ["book"]) or "lib" in folders


def settings(root: Path = ROOT) -> Json:
    """Compiler settings of deployed contracts, from `foundry.toml`."""
    text = (root / "foundry.toml").read_text(encoding="utf-8")
    profiles = tomllib.loads(text)["profile"]
    default, deployed = profiles["default"], profiles[PROFILE]
    return {
        "remappings": sorted(default["remappings"]),
        "optimizer": {"enabled": True, "runs": deployed["optimizer_runs"]},
        "evmVersion": default["evm_version"],
        "viaIR": True,
        "metadata": {"bytecodeHash": "ipfs"},
        "libraries": {},
    }


def imports(text: str, path: str, remappings: Iterable[Iterable[str]]) -> list[str]:
    """The paths from the root that a Solidity source imports."""
    found = []
    for name in _IMPORT.findall(without_comments(text)):
        if name.startswith("."):
            found.append(posixpath.normpath(posixpath.join(posixpath.dirname(path), name)))
            continue
        for prefix, target in remappings:
            if name.startswith(prefix):
                name = target + name[len(prefix) :]
                break
        found.append(name)
    return found


def without_comments(text: str) -> str:
    """The source without its comments, in which imports and contracts are searched."""
    return _COMMENT.sub("", text)
