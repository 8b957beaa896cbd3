"""Source verification of a deployment: the files that Sourcify and Blockscout take, made and checked.

Everything comes from the deployment's record and the compiler input beside it, so that another version of
the program can do it, and long after. The metadata of a contract names its sources by hash, and its code
names the metadata by hash: recompiling by it gives the code on chain, or shows where that differs.
"""

from __future__ import annotations

import hashlib
import json
import subprocess
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from tonne import files
from tonne.chain.client import Chain
from tonne.chain.contract import Contract
from tonne.constants import ZERO_ADDRESS
from tonne.crypto.accounts import contract_address
from tonne.crypto.eip712 import Domain
from tonne.crypto.hashing import keccak
from tonne.deployment import record
from tonne.deployment.plan import extension_of, source_of
from tonne.deployment.record import EXTENSION, Deployed, Deployment
from tonne.deployment.sources import Json
from tonne.errors import refused

#: What the compiler is asked for.
OUTPUTS: Final = ("abi", "metadata", "evm.bytecode.object", "evm.deployedBytecode")
#: Licence of the sources, by Blockscout's name.
LICENCE: Final = "apache_2_0"
#: Before the hash of the metadata at the end of a runtime code: CBOR's key `ipfs`, and a CIDv0's first bytes.
IPFS: Final = bytes.fromhex("64697066735822") + bytes.fromhex("1220")
WORD: Final = 32


@dataclass(frozen=True, slots=True)
class VerifiableContract:
    """One contract on chain with all that recompiling it takes."""

    name: str  # of the record; an extension's is its contract's and `.EXTENSION`
    contract: str  # name in its source
    source: str  # path from the root of the project
    address: str
    transaction: str  # that created it
    arguments: bytes  # of its constructor, encoded
    metadata: str  # of the compiler, as it was hashed
    sources: Mapping[str, str]  # texts by path, those of the metadata

    @property
    def identifier(self) -> str:
        return f"{self.source}:{self.contract}"

    @property
    def version(self) -> str:
        """Of the compiler, e.g. 0.8.37+commit.f401782d."""
        found: str = json.loads(self.metadata)["compiler"]["version"]
        return found

    def standard_json(self) -> Json:
        """The compiler's input of this contract alone, by its metadata."""
        settings = dict(json.loads(self.metadata)["settings"])
        del settings["compilationTarget"]
        return {
            "language": "Solidity",
            "sources": {path: {"content": text} for path, text in self.sources.items()},
            "settings": {
                **settings,
                "outputSelection": {self.source: {self.contract: list(OUTPUTS)}},
            },
        }

    def for_sourcify(self) -> Json:
        """Body of Sourcify's `POST /v2/verify/{chainId}/{address}`."""
        return {
            "stdJsonInput": self.standard_json(),
            "compilerVersion": self.version,
            "contractIdentifier": self.identifier,
            "creationTransactionHash": self.transaction,
        }

    def for_blockscout(self) -> Json:
        """Fields of Blockscout's `POST …/{address}/verification/via/standard-input`, beside the file."""
        return {
            "compiler_version": f"v{self.version}",
            "contract_name": self.identifier,
            "autodetect_constructor_args": False,
            "constructor_args": self.arguments.hex(),
            "license_type": LICENCE,
        }


def contracts(deployment: Deployment, folder: Path) -> list[VerifiableContract]:
    """Every contract and extension of a deployment, from the compiler input beside its record."""
    whole = _whole(deployment, folder)
    texts = {path: entry["content"] for path, entry in whole["input"]["sources"].items()}
    metadata = {
        hashlib.sha256(raw.encode()).hexdigest(): (name, raw)
        for name, raw in whole["metadata"].items()
    }
    by_name: Mapping[str, str] = whole["metadata"]
    found = {}
    for entry in deployment.contracts.values():
        name, raw = metadata.get(entry.source_hash, ("", ""))
        if name != source_of(entry.name):
            raise refused("VERIFY_OTHER_INPUT", entry_name=entry.name)
        found[entry.name] = _verified(entry, name, raw, texts)
    listed = []
    for entry in deployment.contracts.values():
        listed.append(found[entry.name])
        extension = extension_of(source_of(entry.name))
        if entry.extension_hash and extension in by_name:
            listed.append(_extension(listed[-1], extension, by_name[extension], texts))
    return listed


def _whole(deployment: Deployment, folder: Path) -> Json:
    """The compiler input that a record names; raises VERIFY_NO_INPUT, VERIFY_INPUT_CHANGED."""
    path = record.input_path_for(deployment.compiler_input, folder)
    if not deployment.compiler_input or not path.is_file():
        raise refused(
            "VERIFY_NO_INPUT",
            deployments=str(path) if deployment.compiler_input else "the record names none",
        )
    raw = path.read_bytes()
    if hashlib.sha256(raw).hexdigest() != deployment.compiler_input:
        raise refused("VERIFY_INPUT_CHANGED", path=str(path))
    found: Json = json.loads(raw)
    return found


def _verified(entry: Deployed, name: str, raw: str, texts: Mapping[str, str]) -> VerifiableContract:
    arguments = Contract(name, entry.address, _abi(raw)).constructor(entry.args)
    return VerifiableContract(
        entry.name,
        name,
        _target(raw),
        entry.address,
        entry.tx_hash,
        arguments,
        raw,
        {path: texts[path] for path in json.loads(raw)["sources"]},
    )


def _extension(
    whole: VerifiableContract, name: str, raw: str, texts: Mapping[str, str]
) -> VerifiableContract:
    """The extension that a contract created first, with arguments that are the contract's too."""
    address = contract_address(bytes.fromhex(whole.address[2:]), 1)
    mine, theirs = _inputs(raw), _inputs(whole.metadata)
    words = _words(theirs, whole.arguments)
    arguments = b"".join(words[parameter["name"]] for parameter in mine)
    return VerifiableContract(
        whole.name + EXTENSION,
        name,
        _target(raw),
        address,
        whole.transaction,
        arguments,
        raw,
        {path: texts[path] for path in json.loads(raw)["sources"]},
    )


def _abi(raw: str) -> list[Json]:
    found: list[Json] = json.loads(raw)["output"]["abi"]
    return found


def _inputs(raw: str) -> list[Json]:
    """Parameters of a contract's constructor."""
    every = [entry["inputs"] for entry in _abi(raw) if entry["type"] == "constructor"]
    return list(every[0]) if every else []


def _words(inputs: list[Json], encoded: bytes) -> dict[str, bytes]:
    """Encoded arguments by parameter; extensions take values and structs of fixed size alone."""
    found, at = {}, 0
    for parameter in inputs:
        size = _size(parameter)
        found[parameter["name"]] = encoded[at : at + size]
        at += size
    return found


def _size(parameter: Json) -> int:
    """Bytes of an encoded argument."""
    return sum(map(_size, parameter["components"])) if "components" in parameter else WORD


def _target(raw: str) -> str:
    (source,) = json.loads(raw)["settings"]["compilationTarget"]
    return str(source)


# Files


def write(found: list[VerifiableContract], chain_id: int, out: Path) -> list[Path]:
    """Writes a folder for each contract, and `contracts.json` with what each is; the paths."""
    written = []
    listed = []
    for one in found:
        folder = out / one.name
        for name, content in (
            ("input.json", one.standard_json()),
            ("sourcify.json", one.for_sourcify()),
            ("blockscout.json", one.for_blockscout()),
        ):
            files.write(folder / name, json.dumps(content, indent=1) + "\n")
            written.append(folder / name)
        files.write(folder / "metadata.json", one.metadata)
        files.write(folder / "arguments.txt", one.arguments.hex() + "\n")
        written += [folder / "metadata.json", folder / "arguments.txt"]
        listed.append(
            {"name": one.name, "address": one.address, "contract": one.identifier}
            | {"compiler": one.version, "transaction": one.transaction}
        )
    files.write(
        out / "contracts.json", json.dumps({"chainId": chain_id, "contracts": listed}, indent=1)
    )
    return [*written, out / "contracts.json"]


# Checks


def faults(chain: Chain, found: list[VerifiableContract]) -> Iterator[tuple[str, str]]:
    """(contract, fault) where sources, metadata, arguments and the chain do not belong together."""
    codes = chain.rpc.batch_or_raise([("eth_getCode", [one.address, "latest"]) for one in found])
    sent = chain.rpc.batch_or_raise(
        [("eth_getTransactionByHash", [one.transaction]) for one in found]
    )
    for one, code, transaction in zip(found, codes, sent, strict=True):
        stated = json.loads(one.metadata)["sources"]
        for path, text in one.sources.items():
            if "0x" + keccak(text.encode()).hex() != stated[path]["keccak256"]:
                yield one.name, f"{path} is not the source of its metadata"
        if not ends_with_metadata(bytes.fromhex(code[2:]), one.metadata):
            yield one.name, "its code does not name this metadata"
        if not one.name.endswith(EXTENSION) and not transaction["input"].endswith(
            one.arguments.hex()
        ):
            yield one.name, "it was created with other arguments"


def recompiled(one: VerifiableContract, solc: Path) -> tuple[str, str, list[int]]:
    """Creation code, runtime code and places of immutables, by the compiler from the standard JSON alone."""
    done = subprocess.run(
        [str(solc), "--standard-json"],
        input=json.dumps(one.standard_json()),
        capture_output=True,
        text=True,
        check=False,
    )
    try:
        output = json.loads(done.stdout)["contracts"][one.source][one.contract]
    except (ValueError, KeyError) as error:
        raise refused(
            "VERIFY_NOT_COMPILED",
            solc=str(solc),
            one_name=one.name,
            stdout=(done.stdout or done.stderr).strip()[:400],
            version=one.version,
        ) from error
    evm = output["evm"]
    places = [
        place["start"]
        for every in evm["deployedBytecode"].get("immutableReferences", {}).values()
        for place in every
    ]
    return evm["bytecode"]["object"], evm["deployedBytecode"]["object"], places


def compiled_faults(
    chain: Chain, one: VerifiableContract, creator: str, solc: Path
) -> Iterator[tuple[str, str]]:
    """(contract, fault) where recompiling gives another code; `creator` is its contract's creation code.

    A contract was created by exactly its creation code and arguments, an extension within its contract's.
    """
    bytecode, runtime, places = recompiled(one, solc)
    code = bytearray.fromhex(chain.code(one.address)[2:])
    for at in places:
        code[at : at + WORD] = bytes(WORD)
    if code.hex() != runtime:
        yield one.name, "recompiled, it has another runtime code"
    if creator and bytecode not in creator:
        yield one.name, "recompiled, it is not what its contract creates"
    if creator and _created(chain, one, bytecode) != chain.code(one.address):
        yield one.name, "recompiled and created with these arguments, it has another code"
    if not creator:
        sent = chain.rpc.call("eth_getTransactionByHash", one.transaction)["input"]
        if sent != "0x" + bytecode + one.arguments.hex():
            yield one.name, "recompiled, it has another creation code"


def _created(chain: Chain, one: VerifiableContract, bytecode: str) -> str:
    """The runtime code that a creation would leave, without sending it.

    It would stand at another address: that, and the domain of signatures that follows from it, are those of
    the contract in the value returned.
    """
    asked = {"from": ZERO_ADDRESS, "data": f"0x{bytecode}{one.arguments.hex()}"}
    code: str = chain.rpc.call("eth_call", asked, "latest")
    count = int(chain.rpc.call("eth_getTransactionCount", ZERO_ADDRESS, "latest"), 16)
    there = contract_address(bytes(20), count)
    for made, wanted in zip(_own(chain, one, there), _own(chain, one, one.address), strict=True):
        code = code.replace(made.hex(), wanted.hex())
    return code


def _own(chain: Chain, one: VerifiableContract, address: str) -> tuple[bytes, bytes]:
    """Words of a code that follow from its address: the address, and the domain of signatures."""
    name = f"tonne {one.name.removesuffix(EXTENSION)}"
    word = bytes.fromhex(address[2:]).rjust(WORD, bytes(1))
    return word, Domain(name, chain.chain_id, address).separator


def creation_code(chain: Chain, one: VerifiableContract) -> str:
    """Data of the transaction that created a contract, without 0x."""
    found: str = chain.rpc.call("eth_getTransactionByHash", one.transaction)["input"]
    return found[2:]


def ends_with_metadata(code: bytes, metadata: str) -> bool:
    """Whether a runtime code names this metadata by its IPFS hash."""
    length = int.from_bytes(code[-2:], "big")
    return IPFS + ipfs_hash(metadata.encode()) in code[-2 - length :]


def ipfs_hash(content: bytes) -> bytes:
    """SHA-256 in the CIDv0 of a file of one block, at most 256 KiB: UnixFS in dag-pb."""
    size = _varint(len(content))
    node = b"\x08\x02\x12" + size + content + b"\x18" + size
    return hashlib.sha256(b"\x0a" + _varint(len(node)) + node).digest()


def _varint(number: int) -> bytes:
    """A number as protobuf has it: seven bits a byte, the lowest first."""
    found = bytearray()
    while number >= 128:
        number, low = divmod(number, 128)
        found.append(128 + low)
    return bytes([*found, number])
