"""`make package`: the wheel and the npm package, in `build/dist`.

- The wheel is built by hatchling from `pyproject.toml`: `tonne`, `oracles` and the data that they read,
  compiled contracts included, so that its users need no compiler. Equal sources give an equal file.
- The npm package brings contracts, interfaces, ABIs (JSON and TypeScript), compiled contracts and the decoder
  of fills.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from tonne.deployment import compiler
from tools import abi, setup

ROOT = Path(__file__).resolve().parents[1]
DIST = ROOT / "build" / "dist"


def main() -> None:
    shutil.rmtree(DIST, ignore_errors=True)
    DIST.mkdir(parents=True)
    for made in (wheel(DIST), npm(DIST)):
        print(f"{made.relative_to(ROOT)}  {made.stat().st_size / 1e6:.1f} MB")


def wheel(directory: Path) -> Path:
    """Builds the wheel into a directory and returns its path."""
    command = [sys.executable, "-P", "-m", "hatchling", "build", "--target", "wheel"]
    subprocess.run([*command, "--directory", str(directory)], cwd=ROOT, check=True)
    (made,) = directory.glob("*.whl")
    return made


# ---------------------------------------------------------------------------------------------------
# The npm package

#: Removes the types with Node itself, which refuses to do so inside node_modules.
STRIP = """
const { readFileSync, writeFileSync } = require("node:fs");
const { stripTypeScriptTypes } = require("node:module");
for (const file of process.argv.slice(1)) {
  writeFileSync(file.replace(/ts$/, "js"), stripTypeScriptTypes(readFileSync(file, "utf8")));
}
"""


def npm(directory: Path, stage: Path = ROOT / "build" / "package") -> Path:
    """Builds the npm package into a directory and returns its path; `stage` keeps it unpacked."""
    shutil.rmtree(stage, ignore_errors=True)
    for folder, pattern in (("contracts", "*.sol"), ("interfaces", "*.sol"), ("abi", "*")):
        for path in files(folder, pattern):
            target = stage / path.relative_to(ROOT)
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(path, target)
    for name in ("README.md", "LICENSE"):
        shutil.copyfile(ROOT / name, stage / name)
    (stage / "artifacts").mkdir()
    compiled = compiler.contracts()
    for name, whole in abi.abis().items():
        text = json.dumps(
            {"contractName": name, "sourceName": compiled[name].source, "abi": whole}
            | {"bytecode": compiled[name].bytecode, "deployedBytecode": compiled[name].runtime}
        )
        (stage / "artifacts" / f"{name}.json").write_text(text, encoding="utf-8")
        (stage / "abi" / f"{name}.ts").write_text(abi.as_typescript(name, whole), encoding="utf-8")
    (stage / "package.json").write_text(json.dumps(manifest(), indent=2) + "\n", encoding="utf-8")

    node, tool = setup.find_node()
    typed = [str(path) for path in sorted((stage / "abi").glob("*.ts"))]
    subprocess.run([node, "--no-warnings", "-e", STRIP, *typed], check=True)
    command = [node, tool] if tool.suffix == ".js" else [tool]
    options = ["--json", "--ignore-scripts", "--pack-destination", str(directory)]
    done = subprocess.run(
        [*command, "pack", *options],
        cwd=stage,
        env={**os.environ, "PATH": f"{node.parent}{os.pathsep}{os.environ['PATH']}"},
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    )
    return directory / str(json.loads(done.stdout)[0]["filename"])


def files(folder: str, pattern: str) -> Iterator[Path]:
    """The files of a folder of the project, sorted by path."""
    for path in sorted((ROOT / folder).rglob(pattern)):
        if path.is_file() and "__pycache__" not in path.parts:
            yield path


def manifest() -> dict[str, Any]:
    """The `package.json` of the npm package."""
    about = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    ours = json.loads((ROOT / "package.json").read_text(encoding="utf-8"))
    return {
        "name": about["name"],
        "version": about["version"],
        "description": about["description"],
        "license": about["license"],
        "type": "module",
        "exports": {
            "./abi/*.json": "./abi/*.json",
            "./abi/*": {"types": "./abi/*.ts", "default": "./abi/*.js"},
            "./fills": {"types": "./abi/fills.ts", "default": "./abi/fills.js"},
            "./*": "./*",
        },
        "dependencies": {
            name: ours["dependencies"][name] for name in ("@openzeppelin/contracts", "solady")
        },
    }


if __name__ == "__main__":
    main()
