"""Compiled contracts: the artifacts that ship with the source, compiled again where they are stale.

A checkout compiles the contracts whose sources or settings changed, each with its dependents, and writes
their artifacts. An installed package brings its artifacts and never compiles.
"""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import subprocess
import tempfile
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

from tonne import files, paths
from tonne.deployment import artifacts, sources
from tonne.deployment.artifacts import Artifact
from tonne.deployment.plan import AHEAD_OF
from tonne.deployment.sources import BORROWED, COMPILER_VERSION, Json, SourceTree
from tonne.errors import TonneError, refused

ROOT: Final = paths.TREE
SOLC: Final = ROOT / "tools" / "solc" / f"solc-v{COMPILER_VERSION}"

#: Contracts that delegate unknown calls to an extension, with the interface that lists all their functions.
CALLED_BY: Final = {
    "Auction": ("interfaces/market/IAuction.sol", "IAuction"),
    "Compliance": ("interfaces/compliance/IPenalties.sol", "IComplianceWhole"),
    "EmissionsOracle": ("interfaces/evidence/IEmissionsOracle.sol", "IEmissionsOracle"),
    "EnergyCertificates": ("interfaces/units/IEnergyCertificates.sol", "IEnergyCertificates"),
    "EnergyCredits": ("interfaces/units/IEnergyCredits.sol", "IEnergyCredits"),
    "Exchange": ("interfaces/market/IExchange.sol", "IExchange"),
    "Immobilisation": ("interfaces/units/IImmobilisation.sol", "IImmobilisationWhole"),
    "MeterOracle": ("interfaces/evidence/IMeterOracle.sol", "IMeterOracle"),
    "Projects": ("interfaces/evidence/IProjects.sol", "IProjects"),
    "PowerMarket": ("interfaces/power/IPowerLedger.sol", "IPowerVenue"),
    "PowerSettlement": ("interfaces/power/IPowerSettlement.sol", "IPowerSettlement"),
}

OUTPUTS: Final = ["abi", "metadata", "evm.bytecode.object", "evm.deployedBytecode"]

#: Receives sentences about a compilation: before, during and after. Not called if nothing is stale.
Progress = Callable[[str], None]


def contracts(
    names: Iterable[str] | None = None, root: Path = ROOT, progress: Progress | None = None
) -> dict[str, Artifact]:
    """Artifacts of deployable contracts by name; all without `names`.

    A checkout compiles stale contracts first. Raises COMPILE_UNKNOWN for a name that no contract has.
    """
    if not (paths.INSTALLED and root == ROOT):
        build(root, progress)
    available = set(artifacts.names(root))
    wanted = sorted(available) if names is None else list(names)
    for name in wanted:
        if name not in available:
            raise refused("COMPILE_UNKNOWN", contract=name)
    return {name: artifacts.read(artifacts.path_of(root, name)) for name in wanted}


def build(root: Path = ROOT, progress: Progress | None = None) -> None:
    """Compiles the stale contracts of a checkout; two builds of one folder wait for each other.

    Raises COMPILE_FAILED with the compiler's messages, COMPILE_NOT_SET_UP without npm packages, and
    COMPILE_NOT_WRITTEN where the disk refuses a file. Contracts that were compiled before stay compiled.
    """
    tell = progress or (lambda _: None)
    try:
        with _lock(root):
            stamp = root / "build" / "artifacts-state"
            if stamp.is_file() and stamp.read_text("utf-8") == _state_of_files(root):
                return
            tree = SourceTree(root)
            texts = {name: artifacts.texts_of(tree, name, CALLED_BY) for name in tree.deployable}
            stale = {
                name: reason
                for name in tree.deployable
                if (reason := artifacts.reason_stale(root, tree, name, texts[name]))
            }
            for name in artifacts.names(root):
                if name not in tree.deployable:
                    artifacts.path_of(root, name).unlink()
            if stale:
                _compile(root, tree, stale, texts, tell)
            _write_forge_outputs(root)
            files.write(stamp, _state_of_files(root))
    except OSError as error:
        raise refused(
            "COMPILE_NOT_WRITTEN", filename=str(error.filename or root), strerror=error.strerror
        ) from error


def _state_of_files(root: Path) -> str:
    """SHA-256 of paths, sizes and times of all files that artifacts depend on, and of the artifacts."""
    found = [root / "foundry.toml", root / "node_modules" / ".stamp"]
    for folder in ("contracts", "interfaces", "tools/solc", artifacts.FOLDER):
        found += sorted(path for path in (root / folder).rglob("*") if path.is_file())
    lines = [f"form {artifacts.FORM}"]
    for path in found:
        if path.exists():
            stat = path.stat()
            lines.append(f"{path.relative_to(root)} {stat.st_size} {stat.st_mtime_ns}")
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()


@contextmanager
def _lock(root: Path) -> Iterator[None]:
    """Lock of a checkout's build: a second process waits, and then finds nothing stale."""
    (root / "build").mkdir(exist_ok=True)
    with open(root / "build" / "artifacts-lock", "w", encoding="utf-8") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


# Compilation


def _compile(
    root: Path,
    tree: SourceTree,
    stale: Mapping[str, str],
    texts: Mapping[str, Json],
    tell: Progress,
) -> None:
    """Compiles contracts, those with equal sources at once, and writes each artifact when it is ready."""
    groups: dict[frozenset[str], list[str]] = {}
    for name in stale:
        groups.setdefault(tree.compiled_with(name), []).append(name)
    ordered = sorted(groups.items(), key=lambda group: -sum(len(tree.text(f)) for f in group[0]))
    requests = [tree.request(found, _outputs(tree, names)) for found, names in ordered]
    tell(_reasons(stale, len(tree.deployable)))
    failed: list[str] = []
    done = 0
    for number, answer in _answers(root, requests, tell):
        errors = [e for e in answer.get("errors", ()) if e["severity"] == "error"]
        failed += [error["formattedMessage"].strip() for error in errors]
        names = ordered[number][1]
        done += len(names)
        if not errors:
            for name in names:
                artifacts.write(root, _artifact(tree, name, answer["contracts"], texts[name]))
            tell(f"compiled {done} of {len(stale)}: {', '.join(names)}")
    if failed:
        said = "\n\n".join(dict.fromkeys(failed))
        raise refused("COMPILE_FAILED", messages=said)


def _reasons(stale: Mapping[str, str], total: int) -> str:
    """A sentence: the contracts that are compiled, and the reasons."""
    by_reason: dict[str, list[str]] = {}
    for name, reason in stale.items():
        by_reason.setdefault(reason, []).append(name)
    parts = [
        f"{', '.join(names[:4])}{f' and {len(names) - 4} more' if len(names) > 4 else ''} ({reason})"
        for reason, names in by_reason.items()
    ]
    more = f"; {len(parts) - 4} more reasons" if len(parts) > 4 else ""
    return f"compiling {len(stale)} of {total} contracts: {'; '.join(parts[:4])}{more}"


def _compiler(kind: str) -> str:
    if kind.startswith("native"):
        return f"compiler: {kind}"
    return "compiler: npm's; `make compiler` installs the native one, about ten times faster"


def _outputs(tree: SourceTree, names: Iterable[str]) -> dict[str, dict[str, list[str]]]:
    found: dict[str, dict[str, list[str]]] = {}
    for name in names:
        found.setdefault(tree.deployable[name], {})[name] = OUTPUTS
        if name in CALLED_BY:
            file, interface = CALLED_BY[name]
            found.setdefault(file, {})[interface] = ["abi"]
    return found


def _answers(
    root: Path, requests: list[Json], tell: Progress
) -> Iterator[tuple[int, dict[str, Any]]]:
    """Number and answer of each request, in the order in which the compiler ends them."""
    solc = root / SOLC.relative_to(ROOT)
    if not (root / ".tools" / "bin" / "node").exists() or not solc.exists():
        raise refused("COMPILE_NOT_SET_UP")
    with tempfile.TemporaryFile() as inputs, tempfile.TemporaryFile() as said:
        for request in requests:
            inputs.write(json.dumps(request).encode() + b"\n")
        inputs.seek(0)
        with subprocess.Popen(
            [solc, "--lines"], cwd=root, stdin=inputs, stdout=subprocess.PIPE, stderr=said
        ) as process:
            assert process.stdout is not None
            try:
                tell(_compiler(process.stdout.readline().decode().strip()))
                for line in process.stdout:
                    number, _, answer = line.partition(b" ")
                    yield int(number), json.loads(answer)
                code = process.wait()
            except (ValueError, RecursionError) as error:
                raise _stopped(f"it answered no JSON ({error})") from error
            finally:
                process.kill()
        if code != 0:
            said.seek(0)
            lines = said.read().decode(errors="replace").strip().splitlines() or ["no message"]
            raise _stopped(next((line for line in lines if "rror" in line), lines[-1]))


def _stopped(said: str) -> TonneError:
    return refused(
        "COMPILE_STOPPED", compiler=os.environ.get("TONNE_COMPILER", "default"), reason=said
    )


def _artifact(
    tree: SourceTree, name: str, output: Mapping[str, Any], texts: Mapping[str, str]
) -> Artifact:
    """The artifact of one contract; its ABI includes that of its extension.

    An extension that is deployed ahead is not called at its own address: there it works on storage that
    nothing reads.
    """
    source = tree.deployable[name]
    contract = output[source][name]
    abi = contract["abi"]
    if name in AHEAD_OF:
        abi = [entry for entry in abi if entry["type"] == "constructor"]
    if name in CALLED_BY:
        file, interface = CALLED_BY[name]
        abi = merged(output[file][interface]["abi"], abi)
    code = contract["evm"]
    return Artifact(
        name=name,
        source=source,
        abi=abi,
        bytecode="0x" + code["bytecode"]["object"],
        runtime="0x" + code["deployedBytecode"]["object"],
        metadata=contract["metadata"],
        immutables={
            number: [place["start"] for place in places]
            for number, places in code["deployedBytecode"].get("immutableReferences", {}).items()
        },
        texts=dict(texts),
        key=artifacts.key_of(tree, texts),
    )


def merged(first: list[Json], second: list[Json]) -> list[Json]:
    """Union of two ABIs by signature; an entry of both has the argument names of `first`."""
    known = {signature(entry) for entry in first}
    return [*first, *(entry for entry in second if signature(entry) not in known)]


def signature(entry: Json) -> str:
    """Kind, name and canonical argument types of an ABI entry."""
    types = ",".join(_canonical_type(parameter) for parameter in entry.get("inputs", []))
    return f"{entry['type']} {entry.get('name', '')}({types})"


def _canonical_type(parameter: Json) -> str:
    """The type with tuples spelt out, as in a function selector."""
    if "components" not in parameter:
        return str(parameter["type"])
    members = ",".join(_canonical_type(member) for member in parameter["components"])
    return f"({members}){parameter['type'].removeprefix('tuple')}"


# For other programs


def _write_forge_outputs(root: Path) -> None:
    """Puts the artifacts where Forge's `deployCode("Exchange.sol:Exchange")` reads them.

    Tests import the contracts of other projects, so that Forge compiles these itself.
    """
    for name in artifacts.names(root):
        artifact = artifacts.read(artifacts.path_of(root, name))
        if name in BORROWED:
            continue
        output = {
            "abi": artifact.abi,
            "bytecode": {"object": artifact.bytecode},
            "deployedBytecode": {"object": artifact.runtime},
        }
        path = root / "build" / "foundry" / Path(artifact.source).name / f"{name}.json"
        text = json.dumps(output)
        if not path.is_file() or path.read_text("utf-8") != text:
            files.write(path, text)


def compiler_input(root: Path = ROOT) -> bytes:
    """The sources of all contracts, each once, the settings, and the compiler's metadata by contract.

    A deployment keeps it beside its record, so that any later version can verify the deployment.
    """
    if paths.INSTALLED and root == ROOT:
        return (root / artifacts.FOLDER / "verification.json").read_bytes()
    metadata = {name: artifact.metadata for name, artifact in contracts(root=root).items()}
    named = sorted({path for raw in metadata.values() for path in json.loads(raw)["sources"]})
    texts = {path: {"content": (root / path).read_text("utf-8")} for path in named}
    whole = {"language": "Solidity", "sources": texts, "settings": sources.settings(root)}
    return json.dumps({"input": whole, "metadata": metadata}, sort_keys=True).encode()


def main() -> None:
    """Command line: compiles stale contracts and prints progress."""
    build(progress=lambda said: print(said, flush=True))


if __name__ == "__main__":
    try:
        main()
    except TonneError as error:
        raise SystemExit(str(error)) from error
