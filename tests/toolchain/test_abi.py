"""What `abi/` publishes is what the contracts are."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path

from tonne.deployment import compiler
from tonne.deployment.plan import PLAN
from tools import abi

NODE = compiler.ROOT / ".tools" / "bin" / "node"


def test_the_published_abi_is_that_of_the_build():
    assert abi.stale() == [], "Run `make abi`."


def test_a_stale_abi_is_seen(tmp_path):
    folder = shutil.copytree(abi.FOLDER, tmp_path / "abi")
    assert abi.stale(folder) == []

    changed = folder / "Exchange.json"
    changed.write_text(changed.read_text().replace('"place"', '"put"', 1))
    (folder / "Schemes.json").unlink()
    (folder / "Gone.json").write_text("[]")
    with open(folder / "index.ts", "a") as index:
        index.write("\n")
    assert abi.stale(folder) == ["Exchange.json", "Gone.json", "Schemes.json", "index.ts"]


def test_there_is_one_file_for_each_deployed_contract():
    there = {path.stem for path in abi.FOLDER.glob("*.json")}
    assert there == {*PLAN, "OpenParticipants", "OpenRules", "PlainUnits"}


def test_the_abi_of_the_exchange_has_its_extension_and_the_errors_of_the_book():
    published = json.loads((abi.FOLDER / "Exchange.json").read_text())
    names = {(entry["type"], entry.get("name")) for entry in published}
    extension = compiler.contracts(["ExchangeExtension"])["ExchangeExtension"].abi
    raised = {(e["type"], e["name"]) for e in extension if e["type"] in ("error", "event")}
    assert raised <= names
    assert {
        ("function", "createMarket"),
        ("event", "OrdersFilled"),
        ("error", "BookNotFilled"),
    } <= names


def test_typescript_reads_the_typed_abi():
    """Node strips the types; what is left are the ABIs of the JSON files."""
    script = f"""
        import * as typed from "{(abi.FOLDER / "index.ts").as_uri()}";
        console.log(JSON.stringify(typed));
    """
    command = [NODE, "--experimental-strip-types", "--no-warnings", "--input-type=module", "-e"]
    done = subprocess.run([*command, script], capture_output=True, text=True, check=True)
    typed = json.loads(done.stdout)
    plain = {
        f"{path.stem[0].lower()}{path.stem[1:]}Abi": json.loads(path.read_text())
        for path in sorted(Path(abi.FOLDER).glob("*.json"))
    }
    assert typed == plain
