"""The compiler takes inputs of any size, and answers the same from several threads."""

import json
import subprocess

import pytest

from tests.patience import HANGING_S
from tonne.deployment import compiler
from tonne.deployment import sources as tree

pytestmark = pytest.mark.long

#: [bytes] Of the compiler's stack, to which its input is copied.
STACK = 5_000_000
TOOLS = compiler.ROOT / "tools" / "solc"
OUTPUTS = [
    "abi",
    "metadata",
    "evm.bytecode.object",
    "evm.deployedBytecode.object",
    "evm.deployedBytecode.sourceMap",
]


@pytest.fixture(scope="module")
def sources():
    """Contracts of which one creates another, and more text than the compiler's stack holds."""
    head = "// SPDX-License-Identifier: MIT\npragma solidity ^0.8.20;\n"
    padding = "".join(f"// {'x' * 110}\n" for _ in range(18_000))
    return {
        "a/Made.sol": head + padding + "contract Made { uint256 public n = 1; }\n",
        "a/Maker.sol": head
        + 'import {Made} from "./Made.sol";\n'
        + "contract Maker { Made public made = new Made(); }\n",
        "a/Other.sol": head
        + padding
        + "contract Other { function f(uint256 n) external pure returns (uint256) { return n + 1; } }\n",
        "a/Third.sol": head
        + padding
        + 'import {Other} from "./Other.sol";\n'
        + "contract Third is Other {}\n",
    }


def standard_json(sources, files, **settings):
    return json.dumps(
        {
            "language": "Solidity",
            "sources": {name: {"content": text} for name, text in sources.items()},
            "settings": {
                "evmVersion": "paris",
                **settings,
                "outputSelection": {file: {"*": OUTPUTS} for file in files},
            },
        }
    )


def compiled(text):
    done = subprocess.run(
        [compiler.SOLC, "--standard-json"],
        input=text,
        capture_output=True,
        text=True,
        timeout=HANGING_S,
    )
    assert done.returncode == 0, done.stderr
    answer = json.loads(done.stdout)
    assert [error for error in answer.get("errors", []) if error["severity"] == "error"] == []
    return answer


def parts(text, threads=2):
    """Files that each part of an input is asked for."""
    return [list(part["settings"]["outputSelection"]) for part in divided(text, threads)]


def divided(text, threads=2):
    script = (
        "const { divide } = require(process.argv[1]);"
        "const text = require('fs').readFileSync(0, 'utf8');"
        "const parts = divide(text, Number(process.argv[2]));"
        "console.log(`[${parts.join()}]`);"
    )
    node = compiler.ROOT / ".tools" / "bin" / "node"
    done = subprocess.run(
        [node, "-e", script, TOOLS / "parts.js", str(threads)],
        input=text,
        capture_output=True,
        text=True,
        timeout=HANGING_S,
        check=True,
    )
    return json.loads(done.stdout)


def test_an_input_may_be_longer_than_the_compilers_stack(sources):
    text = standard_json(sources, sources)
    assert len(text) > STACK
    assert set(compiled(text)["contracts"]) == set(sources)


def test_a_contract_is_compiled_with_what_it_creates_and_nothing_else(sources):
    rest, *coded = parts(standard_json(sources, sources, viaIR=True))
    assert set(rest) == set(sources)
    assert sorted(map(sorted, coded)) == [
        ["a/Made.sol", "a/Maker.sol"],
        ["a/Other.sol"],
        ["a/Third.sol"],
    ]


def test_an_input_of_one_contract_is_not_divided(sources):
    own = {name: sources[name] for name in ("a/Other.sol", "a/Third.sol")}
    assert len(parts(standard_json(own, ["a/Third.sol"], viaIR=True))) == 1


def test_every_contract_is_compiled_from_the_sources_that_explorers_are_given():
    names = tree.deployable()
    alone = {name: tree.standard_json(name) for name in names}
    sources = {path: text for each in alone.values() for path, text in each["sources"].items()}
    asked = {file: {"*": OUTPUTS} for file in sources}
    settings = {**alone["Exchange"]["settings"], "outputSelection": asked}
    whole = {"language": "Solidity", "sources": sources, "settings": settings}
    _, *coded = divided(json.dumps(whole))
    given = {
        file: set(part["sources"]) for part in coded for file in part["settings"]["outputSelection"]
    }
    assert {name: given[names[name]] for name in names} == {
        name: set(each["sources"]) for name, each in alone.items()
    }
    assert given[names["ExchangeExtension"]] == given[names["Exchange"]]


@pytest.fixture(scope="module")
def together(sources):
    return compiled(standard_json(sources, sources, viaIR=True))


@pytest.mark.parametrize("file", ["a/Maker.sol", "a/Third.sol"])
def test_all_together_answer_what_one_alone_does(sources, together, file):
    """The same code, and source maps that name the same files by the numbers of each answer."""
    imports = {"a/Maker.sol": "a/Made.sol", "a/Third.sol": "a/Other.sol"}
    own = {name: sources[name] for name in (file, imports[file])}
    alone = compiled(standard_json(own, [file], viaIR=True))
    assert set(together["sources"]) == set(sources)
    for name, contract in alone["contracts"][file].items():
        found = together["contracts"][file][name]
        assert found["metadata"] == contract["metadata"]
        assert found["abi"] == contract["abi"]
        for kind in ("bytecode", "deployedBytecode"):
            assert found["evm"][kind]["object"] == contract["evm"][kind]["object"]
        assert places(found, together, sources) == places(contract, alone, own)


def places(contract, answer, sources):
    """Which file each instruction is of; None for none and for the compiler's own utilities."""
    names = {entry["id"]: name for name, entry in answer["sources"].items()}
    found, last = [], ""
    for entry in contract["evm"]["deployedBytecode"]["sourceMap"].split(";"):
        fields = entry.split(":")
        last = fields[2] if len(fields) > 2 and fields[2] else last
        assert int(last) <= len(sources)
        found.append(names.get(int(last)))
    assert set(found) > {None}
    return found


def test_a_fault_is_told_once(sources):
    wrong = {
        **sources,
        "a/Third.sol": sources["a/Third.sol"].replace("is Other {}", "is Nothing {}"),
    }
    done = subprocess.run(
        [compiler.SOLC, "--standard-json"],
        input=standard_json(wrong, wrong, viaIR=True),
        capture_output=True,
        text=True,
        timeout=HANGING_S,
    )
    assert [error["type"] for error in json.loads(done.stdout)["errors"]] == ["DeclarationError"]


def test_every_file_has_its_syntax_tree_whatever_thread_read_it(sources):
    request = json.loads(standard_json(sources, []))
    request["settings"]["outputSelection"] = {"*": {"": ["ast"]}}
    assert len(parts(json.dumps(request))) == 2
    answer = compiled(json.dumps(request))
    trees = {file: answer["sources"][file].get("ast", {}) for file in sources}
    assert {file: tree.get("absolutePath") for file, tree in trees.items()} == {
        f: f for f in sources
    }
    numbers = [tree["id"] for tree in trees.values()]
    assert len(set(numbers)) == len(numbers)
