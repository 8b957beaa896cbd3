"""Record of deployments: `deployments/<chainId>.json`, and contracts made known from it.

The record names the compiler's input by its SHA-256; it lies beside, in `compiler-input/`.

The file is the only thing a program needs to find a market on a chain. It is written whole or not
at all.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any, Final

from tonne import files, paths
from tonne.chain.client import Chain
from tonne.chain.contract import Abi, Contract
from tonne.chain.rpc import Request, masked
from tonne.deployment import artifacts, compiler
from tonne.deployment.plan import source_of
from tonne.errors import TonneError, refused, why

#: Default folder of deployment records.
FOLDER: Final = paths.HOME / "deployments"

FORMAT: Final = 1

#: Behind a contract's name: its extension.
EXTENSION: Final = ".EXTENSION"


@dataclass(frozen=True, slots=True)
class Deployed:
    """One contract: enough to find, check and verify it."""

    name: str
    address: str
    tx_hash: str
    block: int
    args: list[Any]  # constructor arguments, as JSON has them
    abi_hash: str  # SHA-256 of the ABI
    source_hash: str  # SHA-256 of the compiler's metadata: hashes of all sources, settings, version
    code_hash: str = (
        ""  # Keccak-256 of the runtime code, immutables included; empty in older records
    )
    extension_hash: str = ""  # the same of its extension; empty where it has none


@dataclass(frozen=True, slots=True)
class Deployment:
    """All contracts of one market on one chain."""

    chain_id: int
    genesis: str  # hash of block 0: local chains with one number come and go
    deployer: str
    administrator: str
    holders: dict[str, str]  # who holds the roles, by the names of `tonne.deployment.roles`
    first_block: int
    contracts: dict[str, Deployed]
    compiler_input: str = ""  # SHA-256 of the file beside that has it; empty in older records
    certificates: str = ""  # https:// folder in which certificates are published; empty for none

    def address(self, name: str) -> str:
        return self.contracts[name].address

    def code_hashes(self) -> dict[str, str]:
        """Recorded hashes of code, by contract and `Contract.EXTENSION`."""
        found = {}
        for entry in self.contracts.values():
            found[entry.name] = entry.code_hash
            found[entry.name + EXTENSION] = entry.extension_hash
        return {name: known for name, known in found.items() if known}


def path_for(chain_id: int, folder: Path = FOLDER) -> Path:
    return folder / f"{chain_id}.json"


def save(deployment: Deployment, folder: Path = FOLDER) -> Path:
    """Writes the file whole or not at all."""
    path = path_for(deployment.chain_id, folder)
    body = {"format": FORMAT, **asdict(deployment)}
    files.write(path, json.dumps(body, indent=2, sort_keys=True) + "\n")
    return path


def input_path_for(digest: str, folder: Path = FOLDER) -> Path:
    """Path of the compiler's input with a SHA-256, beside the records that name it."""
    return folder / "compiler-input" / f"{digest}.json"


def keep_compiler_input(folder: Path = FOLDER) -> str:
    """Copies the compiler's input of the contracts at hand beside the records; its SHA-256."""
    whole = compiler.compiler_input()
    digest = hashlib.sha256(whole).hexdigest()
    path = input_path_for(digest, folder)
    if not path.exists():
        files.write(path, whole)
    return digest


def load(path: Path) -> Deployment:
    try:
        body = json.loads(path.read_text(encoding="utf-8"))
        if body.pop("format") != FORMAT:
            raise ValueError("another format")
        contracts = {name: Deployed(**entry) for name, entry in body.pop("contracts").items()}
        return Deployment(contracts=contracts, **body)
    except FileNotFoundError:
        raise refused("DEPLOYMENT_MISSING", path=str(path)) from None
    except (KeyError, TypeError, ValueError) as error:
        raise refused("DEPLOYMENT_UNREADABLE", path=str(path), reason=why(error)) from None


def keep_former(chain_id: int, folder: Path = FOLDER) -> Path | None:
    """Keeps the record of another chain with this number, or one that cannot be read, under its genesis'
    name: its market may live at another node. The path, or None where there is none."""
    path = path_for(chain_id, folder)
    if not path.exists():
        return None
    try:
        name = load(path).genesis[2:10]
    except TonneError:
        name = hashlib.sha256(path.read_bytes()).hexdigest()[:8]
    return path.replace(path.with_name(f"{chain_id}.{name}.json"))


def attach(chain: Chain, folder: Path = FOLDER, path: Path | None = None) -> Deployment:
    """Makes the contracts deployed on `chain` known to it; checks that they are really there."""
    deployment = load(path or path_for(chain.chain_id, folder))
    if deployment.chain_id != chain.chain_id:
        raise refused(
            "DEPLOYMENT_OTHER_CHAIN",
            path=str(path),
            chain_id=deployment.chain_id,
            node_chain_id=chain.chain_id,
        )
    if not stands(chain, deployment):
        raise refused("DEPLOYMENT_GONE", rpc_url=masked(chain.rpc.url))
    for name, abi in abis(deployment.contracts.values()).items():
        chain.add(Contract(name, deployment.contracts[name].address, abi))
    return deployment


def stands(chain: Chain, deployment: Deployment) -> bool:
    """Whether this is the chain, and all the contracts have code."""
    asked: list[Request] = [("eth_getBlockByNumber", ["0x0", False])]
    asked += [("eth_getCode", [entry.address, "latest"]) for entry in deployment.contracts.values()]
    first, *codes = chain.rpc.batch_or_raise(asked)
    return first["hash"] == deployment.genesis and all(len(code) > 2 for code in codes)


def genesis(chain: Chain) -> str:
    found: str = chain.rpc.call("eth_getBlockByNumber", "0x0", False)["hash"]
    return found


def abis(entries: Iterable[Deployed]) -> dict[str, Abi]:
    """The ABIs of deployed contracts; of the artifacts at hand if these are equal, else compiled."""
    found: dict[str, Abi] = {}
    missing: dict[str, str] = {}
    for entry in entries:
        abi = _remembered(entry)
        if abi is None:
            missing[entry.name] = entry.abi_hash
        else:
            found[entry.name] = abi
    compiled = compiler.contracts(dict.fromkeys(map(source_of, missing))) if missing else {}
    for name in missing:
        artifact = compiled[source_of(name)]
        if abi_hash(artifact.abi) != missing[name]:
            raise refused("DEPLOYMENT_OTHER_VERSION", contract=name)
        found[name] = artifact.abi
    return found


def abi_hash(abi: Abi) -> str:
    return hashlib.sha256(json.dumps(abi, sort_keys=True).encode()).hexdigest()


def _remembered(entry: Deployed) -> Abi | None:
    try:
        artifact = artifacts.read(artifacts.path_of(compiler.ROOT, source_of(entry.name)))
    except TonneError:
        return None
    return artifact.abi if _abi_hash(artifact.key, artifact.name) == entry.abi_hash else None


@lru_cache(maxsize=512)
def _abi_hash(key: str, name: str) -> str:
    """The hash of a contract's ABI, by the key of its artifact."""
    return abi_hash(artifacts.read(artifacts.path_of(compiler.ROOT, name)).abi)
