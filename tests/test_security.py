"""docs/security.md names lines of the sources and tests that need them, for every actor."""

from __future__ import annotations

import re
import shutil
from pathlib import Path
from typing import NamedTuple

import pytest

from tests.test_specification import named_in
from tests.toolchain import trees
from tonne.deployment import compiler

ROOT = Path(__file__).resolve().parent.parent
DOCUMENT = ROOT / "docs" / "security.md"
COPIED = ("contracts", "interfaces", "tests")
LINKED = (".tools", "tools")

ACTORS = (
    *("Oracle operator", "Verifier", "Emitter", "Bidder and buyer", "Payee, treasury, seller"),
    *("Lender", "Receiver contract", "Officer of the scheme", "Officer of another scheme"),
    *(
        "Registrar",
        "Administrator",
        "Block producer",
        "Auditor",
        "RPC node",
        "Holder of a stolen key",
    ),
)

ROW = re.compile(
    r"^\| [^|]+ \| [^|]+ \| `((?:contracts|tonne|oracles)/\S+)`, `(\w+)` \| `(.+)` "
    r"\| `(\S+)`: `(\w+)` \| [^|]+ \|$",
    re.MULTILINE,
)


class Row(NamedTuple):
    """What prevents one power, and the test that holds it."""

    file: str
    function: str
    line: str
    suite: str
    test: str


def rows_of(text: str) -> list[Row]:
    rows = [Row(*found) for found in ROW.findall(text)]
    return [row._replace(line=row.line.replace("\\|", "|")) for row in rows]


def sections(document: str) -> dict[str, list[Row]]:
    """Rows by actor."""
    actors = document.split("## The trust that remains")[0].split("\n## ")[1:]
    return {part.splitlines()[0]: rows_of(part) for part in actors}


def body_of(function: str, file: Path) -> str:
    """The lines of all functions of a name, as the formatters leave them."""
    source = file.read_text()
    if file.suffix == ".py":
        found = re.findall(rf"^( *)def {function}\((.*?)(?=^\1[^\s)]|\Z)", source, re.M | re.S)
        return "\n".join(body for _, body in found)
    return "\n".join(re.findall(rf"^    function {function}\(.*?^    }}", source, re.M | re.S))


def faults(document: str) -> list[str]:
    """What is wrong with the document, a sentence each."""
    found = []
    for row in rows_of(document):
        path = ROOT / row.file
        lines = body_of(row.function, path).splitlines() if path.is_file() else []
        if row.line not in {line.strip() for line in lines}:
            found.append(f"{row.file}, {row.function}: no line {row.line}")
        if row.test not in named_in(row.suite):
            found.append(f"no {row.test} in {row.suite}")
    return found


def test_every_row_names_its_line_and_its_test():
    document = DOCUMENT.read_text()
    by_actor = sections(document)
    assert set(ACTORS) <= set(by_actor)
    assert [actor for actor, rows in by_actor.items() if not rows] == []
    threats = document.split("## The trust that remains")[0]
    assert sum(map(len, by_actor.values())) == threats.count("\n| ") - len(by_actor) > 60
    assert faults(document) == []


def test_a_row_that_has_changed_is_seen():
    document = DOCUMENT.read_text()
    assert "no line" in faults(document.replace("_requireUnbound(oracle);", "_bound();", 1))[0]
    assert (
        "no test_bond_x" in faults(document.replace("test_bond_isNeededToPost", "test_bond_x"))[0]
    )
    wrong = document.replace("`_requireRules`", "`_requireLaws`", 1)
    assert "no line" in faults(wrong)[0]


# Long form: without its line, the test of a row is red. One row of each actor is removed.


def without(source: str, function: str, line: str) -> str:
    """A contract in which the guard of a row never acts."""
    start = re.search(
        rf"^    function {function}\((?:(?!^    }}).)*?^ +{re.escape(line)}$", source, re.M | re.S
    )
    assert start is not None, line
    begin = source.rindex("\n", 0, start.end()) + 1
    end = source.index("\n", begin) + 1
    rest = source[end:]
    kept = ""
    if line.endswith("{"):
        assert line.startswith("if (")
        kept = "if (false) {\n"
    elif rest.lstrip().startswith("else"):
        kept = "if (false) {}\n"
    return source[:begin] + kept + rest


def is_statement(line: str) -> bool:
    """Whether a line is a statement of its own, which goes without another one."""
    code = line.partition(" //")[0]
    return code.endswith((";", "{")) and not line.startswith(("return", "}"))


SAMPLE = [
    next(row for row in rows if row.file.startswith("contracts/") and is_statement(row.line))
    for actor, rows in sections(DOCUMENT.read_text()).items()
    if any(row.file.startswith("contracts/") for row in rows)
]
#: Every tenth by `make test-long`, the others by `make test-nightly`: each compiles a contract anew.
BY_DAY = [
    pytest.param(row, marks=[pytest.mark.nightly] if place % 10 else [])
    for place, row in enumerate(SAMPLE)
]


@pytest.fixture(scope="module")
def tree(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the contracts and their tests, with everything compiled."""
    tree = tmp_path_factory.mktemp("threats") / "tree"
    tree.mkdir()
    for name in COPIED:
        shutil.copytree(ROOT / name, tree / name)
    for name in LINKED:
        (tree / name).symlink_to(ROOT / name)
    shutil.copy(ROOT / "foundry.toml", tree)
    trees.copy_packages(tree)
    trees.copy_build(tree)
    return tree


@pytest.mark.long
@pytest.mark.parametrize("row", BY_DAY, ids=[row.test for row in SAMPLE])
def test_without_its_line_the_test_is_red(row: Row, tree: Path):
    source = tree / row.file
    sound = source.read_text()
    source.write_text(without(sound, row.function, row.line))
    try:
        assert is_red(row, tree)
    finally:
        source.write_text(sound)
        trees.copy_build(tree)  # the sound one: the next row compiles alone


def is_red(row: Row, tree: Path) -> bool:
    """Whether the row's test was run in a tree and failed."""
    compiler.build(tree)
    command = [".tools/bin/forge", "test", "--match-path", f"tests/{row.suite}"]
    done = trees.run([*command, "--match-test", f"^{row.test}\\("], tree)
    assert f"{row.test}(" in done.stdout, done.stdout[-3000:]
    return done.returncode == 1 and "[FAIL" in done.stdout
