"""Solidity tests that depend on a contract: by imports, and by the names that they deploy."""

from __future__ import annotations

import re
import tomllib
from collections import deque
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

from tonne.deployment import sources

FOLDERS: Final = ("contracts", "interfaces", "tests")
#: Tests of gas compare figures only under `make gas-check`; proofs are run by halmos.
LEFT_OUT: Final = re.compile(r"^tests/(gas|symbolic)/")
#: Thousands of calls each: a fault is looked for by the other tests first.
CAMPAIGNS: Final = re.compile(r"^tests/invariant/|Invariant\.t\.sol$")
#: `"Exchange.sol:Exchange"` or `"Exchange"`: a contract that a test deploys by name.
_NAMED: Final = re.compile(r'"(\w+)(?:\.sol(?::\w+)?)?"')


def remappings(root: Path) -> list[str]:
    """Remappings of the default profile of `foundry.toml`."""
    settings = tomllib.loads((root / "foundry.toml").read_text("utf-8"))
    found: list[str] = settings["profile"]["default"]["remappings"]
    return found


def graph(root: Path) -> dict[str, list[str]]:
    """The sources that each source imports or names, paths from the root."""
    pairs = [entry.split("=", 1) for entry in remappings(root)]
    deployed = sources.deployable(root)
    found = {}
    for folder in FOLDERS:
        for path in sorted((root / folder).rglob("*.sol")):
            text, source = path.read_text("utf-8"), path.relative_to(root).as_posix()
            targets = sources.imports(text, source, pairs)
            if folder == "tests":
                named = _NAMED.findall(sources.without_comments(text))
                targets += [deployed[name] for name in named if name in deployed]
            found[source] = targets
    return found


def tests_of(source: str, lines: Mapping[str, list[str]]) -> list[str]:
    """Test files that reach the source: those of its name first, then the nearest, campaigns last."""
    importers: dict[str, list[str]] = {}
    for origin, targets in lines.items():
        for target in targets:
            importers.setdefault(target, []).append(origin)
    distance = {source: 0}
    waiting = deque([source])
    while waiting:
        here = waiting.popleft()
        for origin in importers.get(here, ()):
            if origin not in distance:
                distance[origin] = distance[here] + 1
                waiting.append(origin)
    tests = [name for name in distance if name.endswith(".t.sol") and not LEFT_OUT.search(name)]
    return sorted(
        tests,
        key=lambda test: (
            bool(CAMPAIGNS.search(test)),
            not _named_for(test, source),
            distance[test],
            test,
        ),
    )


def tests_under(root: Path, folders: Sequence[str]) -> list[str]:
    """Test files of these folders, paths from the root."""
    files = [file for folder in folders for file in sorted((root / folder).rglob("*.t.sol"))]
    names = [file.relative_to(root).as_posix() for file in files]
    return [name for name in names if not LEFT_OUT.search(name)]


def _named_for(test: str, source: str) -> bool:
    return Path(test).name.startswith(Path(source).stem)
