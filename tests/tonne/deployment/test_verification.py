"""Source verification: the compiler input, what services take of it, and that it gives the code on chain."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from itertools import islice

import pytest

from tonne import cli
from tonne.deployment import compiler, record, sources, verification
from tonne.deployment.plan import PLAN
from tonne.errors import TonneError


@pytest.fixture
def found(deployed):
    return verification.contracts(deployed.deployment, deployed.folder)


def test_the_record_names_its_compiler_input_by_hash_beside_it(deployed):
    body = json.loads(record.path_for(deployed.chain.chain_id, deployed.folder).read_text())
    whole = json.loads(record.input_path_for(body["compiler_input"], deployed.folder).read_text())
    assert set(whole["input"]) == {"language", "settings", "sources"}
    assert "contracts/market/Exchange.sol" in whole["input"]["sources"]
    assert any(path.startswith("node_modules/@openzeppelin") for path in whole["input"]["sources"])


def test_each_contract_and_extension_has_its_sources_metadata_and_arguments(deployed, found):
    names = {one.name for one in found}
    extended = {e.name for e in deployed.deployment.contracts.values() if e.extension_hash}
    assert names == set(PLAN) | {name + record.EXTENSION for name in extended} and extended
    assert list(verification.faults(deployed.chain, found)) == []
    exchange = next(one for one in found if one.name == "Exchange")
    assert exchange.identifier == "contracts/market/Exchange.sol:Exchange"
    assert exchange.version.startswith(sources.COMPILER_VERSION + "+commit.")
    assert exchange.for_sourcify()["stdJsonInput"] == exchange.standard_json()
    assert exchange.for_blockscout()["constructor_args"] == exchange.arguments.hex()
    penalties = next(one for one in found if one.name == "Compliance" + record.EXTENSION)
    assert penalties.contract == "Penalties" and len(penalties.arguments) == 7 * 32


def test_a_changed_source_a_wrong_code_and_other_arguments_are_found(deployed, found):
    chain = deployed.chain
    exchange, allowances = (
        next(one for one in found if one.name == name) for name in ("Exchange", "Allowances")
    )
    path = exchange.source
    changed = replace(exchange, sources={**exchange.sources, path: exchange.sources[path] + " "})
    assert [fault for _, fault in verification.faults(chain, [changed])] == [
        f"{path} is not the source of its metadata"
    ]
    elsewhere = replace(exchange, address=allowances.address)
    assert [fault for _, fault in verification.faults(chain, [elsewhere])] == [
        "its code does not name this metadata"
    ]
    other = replace(exchange, arguments=exchange.arguments[:-1] + b"\xff")
    assert [fault for _, fault in verification.faults(chain, [other])] == [
        "it was created with other arguments"
    ]


def test_a_changed_and_a_missing_input_are_refused(deployed, tmp_path):
    digest = deployed.deployment.compiler_input
    whole = record.input_path_for(digest, deployed.folder).read_bytes()
    with pytest.raises(TonneError) as missing:
        verification.contracts(deployed.deployment, tmp_path)
    assert missing.value.code == "VERIFY_NO_INPUT"
    path = record.input_path_for(digest, tmp_path)
    path.parent.mkdir(parents=True)
    path.write_bytes(whole.replace(b"Apache-2.0", b"Apache-2.1", 1))
    with pytest.raises(TonneError) as changed:
        verification.contracts(deployed.deployment, tmp_path)
    assert changed.value.code == "VERIFY_INPUT_CHANGED"


def test_the_hash_of_metadata_is_that_of_ipfs():
    # As `ipfs add` has it.
    base58 = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"

    def written(content):
        number, said = int.from_bytes(b"\x12\x20" + verification.ipfs_hash(content), "big"), ""
        while number:
            number, digit = divmod(number, 58)
            said = base58[digit] + said
        return said

    assert written(b"hello world\n") == "QmT78zSuBmuS4z925WZfrqQ1qHaJ56DQaTfyMUF7F8ff5o"


def test_the_command_writes_a_folder_for_each_and_recompiles_one(
    deployed, tmp_path, capsys, monkeypatch
):
    monkeypatch.setenv("TONNE_RPC", deployed.chain.url)
    monkeypatch.setenv("TONNE_DEPLOYMENTS", str(deployed.folder))

    def run(*arguments):
        with pytest.raises(SystemExit) as end:
            cli.main(["deploy", "verify", "--out", str(tmp_path), *arguments, "--json"])
        return end.value.code or 0, json.loads(capsys.readouterr().out)

    status, told = run()
    assert (status, told["faults"]) == (0, [])
    assert {path.name for path in tmp_path.iterdir()} == {*told["contracts"], "contracts.json"}
    for name in (
        "input.json",
        "metadata.json",
        "arguments.txt",
        "sourcify.json",
        "blockscout.json",
    ):
        assert (tmp_path / "Exchange" / name).is_file()
    status, told = run("--contract", "AuditCheckpoints", "--recompile")
    assert (status, told["faults"], told["recompiled"]) == (0, [], True)
    status, told = run("--contract", "Nothing")
    assert (status, told["error"]["code"]) == (1, "VERIFY_UNKNOWN")
    status, told = run("--contract", "Exchnge")
    assert "Near it: Exchange" in told["error"]["remedy"]
    status, told = run("--recompile", "--solc", str(tmp_path / "none"))
    assert (status, told["error"]["code"]) == (1, "VERIFY_NO_COMPILER")


def test_recompiling_a_changed_source_is_found(deployed, found):
    one = next(one for one in found if one.name == "AuditCheckpoints")
    text = one.sources[one.source]
    changed = replace(one, sources={**one.sources, one.source: text + "\n// another\n"})
    faults = list(verification.compiled_faults(deployed.chain, changed, "", compiler.SOLC))
    assert len(faults) == 2


@pytest.mark.long
def test_recompiling_the_record_gives_the_deployed_bytecode_of_every_contract(deployed, found):
    chain = deployed.chain

    def compared(one):
        inside = verification.creation_code(chain, one) if record.EXTENSION in one.name else ""
        return list(verification.compiled_faults(chain, one, inside, compiler.SOLC))

    with ThreadPoolExecutor(2) as pool:
        results = list(pool.map(compared, found))
    assert [fault for faults in results for fault in islice(faults, 2)] == []
