"""The published files in `abi/` equal the ABIs of the compiled contracts."""

from __future__ import annotations

import json
import shutil
import subprocess

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
    assert abi.stale(folder) == ["Exchange.json", "Gone.json", "Schemes.json"]


def test_an_entry_is_one_line():
    for path in abi.FOLDER.glob("*.json"):
        text = path.read_text()
        assert text.count("\n") == len(json.loads(text)) + 2, path.name


def test_an_entry_is_published_once():
    """A contract and the interface of its extension may name an argument differently."""
    for path in abi.FOLDER.glob("*.json"):
        signatures = [compiler.signature(entry) for entry in json.loads(path.read_text())]
        assert len(set(signatures)) == len(signatures), path.name


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


def test_typescript_exports_the_same_abi(tmp_path):
    """Node strips the types; the constants that are left equal the JSON files."""
    plain = {path.stem: json.loads(path.read_text()) for path in sorted(abi.FOLDER.glob("*.json"))}
    for name, entries in plain.items():
        (tmp_path / f"{name}.ts").write_text(abi.as_typescript(name, entries))
    script = f"""
        const found = {{}};
        for (const name of {json.dumps(list(plain))}) {{
          const module = await import(`{tmp_path.as_uri()}/${{name}}.ts`);
          found[name] = module[name[0].toLowerCase() + name.slice(1) + "Abi"];
        }}
        console.log(JSON.stringify(found));
    """
    command = [NODE, "--experimental-strip-types", "--no-warnings", "--input-type=module", "-e"]
    done = subprocess.run([*command, script], capture_output=True, text=True, check=True)
    assert json.loads(done.stdout) == plain
