"""The compiler takes inputs of any size, and answers the same from several threads."""

import json
import subprocess

import pytest

from tonne.deployment import compiler

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
        [compiler.SOLC, "--standard-json"], input=text, capture_output=True, text=True, timeout=120
    )
    assert done.returncode == 0, done.stderr
    answer = json.loads(done.stdout)
    assert [error for error in answer.get("errors", []) if error["severity"] == "error"] == []
    return answer


def parts(text, threads=2):
    """Files that each part of an input is asked for."""
    script = (
        "const { divide } = require(process.argv[1]);"
        "const text = require('fs').readFileSync(0, 'utf8');"
        "const parts = divide(text, Number(process.argv[2]));"
        "const files = (part) => Object.keys(JSON.parse(part).settings.outputSelection);"
        "console.log(JSON.stringify(parts.map(files)));"
    )
    node = compiler.ROOT / ".tools" / "bin" / "node"
    done = subprocess.run(
        [node, "-e", script, TOOLS / "parts.js", str(threads)],
        input=text,
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    return json.loads(done.stdout)


def test_an_input_may_be_longer_than_the_compilers_stack(sources):
    text = standard_json(sources, sources)
    assert len(text) > STACK
    assert set(compiled(text)["contracts"]) == set(sources)


def test_a_contract_and_what_it_creates_are_one_threads(sources):
    text = standard_json(sources, sources, viaIR=True)
    first, second = map(set, parts(text))
    assert first | second == set(sources) and not first & second
    assert {"a/Made.sol", "a/Maker.sol"} in (
        first & {"a/Made.sol", "a/Maker.sol"},
        second & {"a/Made.sol", "a/Maker.sol"},
    )
    assert len(parts(text, threads=1)) == 1


def test_threads_together_answer_what_one_alone_does(sources):
    together = compiled(standard_json(sources, sources, viaIR=True))
    assert len(parts(standard_json(sources, sources, viaIR=True))) == 2
    for file in sources:
        alone = standard_json(sources, [file], viaIR=True)
        assert len(parts(alone)) == 1
        assert together["contracts"][file] == compiled(alone)["contracts"][file]
    assert set(together["sources"]) == set(sources)


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
        timeout=120,
    )
    assert [error["type"] for error in json.loads(done.stdout)["errors"]] == ["DeclarationError"]
