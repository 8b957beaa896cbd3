"""The packages others build on, made from this tree: `make package` writes them into `build/dist`.

- a wheel: `tonne`, `oracles`, and what they read, compiled contracts included, so that nobody who installs
  it needs a compiler;
- what `npm pack` makes: contracts, interfaces, ABIs (JSON and typed), compiled artifacts, the decoder of
  fills.

The same input gives the same wheel, byte for byte. This module is also the build backend that
`pyproject.toml` names: `pip wheel .` needs nothing from a package index.
"""

from __future__ import annotations

import base64
import hashlib
import json
import os
import shutil
import subprocess
import sys
import tomllib
import zipfile
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
DIST = ROOT / "build" / "dist"

#: Folders of the project that a program needs when it runs, by what is taken of each.
TREE = {
    "schemes": "*.toml",
    "scenarios": "*.toml",
    "interfaces": "*.sol",
    "contracts": "*.sol",
    "abi": "*",
}

#: The date of every file in a wheel: ZIP begins in 1980.
EPOCH = (1980, 1, 1, 0, 0, 0)


def main() -> None:
    shutil.rmtree(DIST, ignore_errors=True)
    DIST.mkdir(parents=True)
    for made in (build_wheel(str(DIST)), npm(DIST)):
        print(f"{(DIST / made).relative_to(ROOT)}  {(DIST / made).stat().st_size / 1e6:.1f} MB")


def project() -> dict:
    return tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]


def artifacts() -> dict:
    """Every contract that can be deployed, compiled."""
    if str(ROOT) not in sys.path:
        sys.path.insert(0, str(ROOT))
    from tonne.deployment import compiler

    return compiler.contracts()


def files(folder: str, pattern: str) -> Iterator[Path]:
    for path in sorted((ROOT / folder).rglob(pattern)):
        if path.is_file() and "__pycache__" not in path.parts:
            yield path


# ---------------------------------------------------------------------------------------------------
# The wheel


def build_wheel(
    wheel_directory: str, config_settings: object = None, metadata_directory: object = None
) -> str:
    """Writes the wheel and returns its name; a hook of PEP 517."""
    about = project()
    stem = f"{about['name']}-{about['version']}"
    contents = dict(_wheel_files())
    contents |= {f"{stem}.dist-info/{name}": text for name, text in _metadata(about).items()}
    record = "".join(f"{name},{_digest(data)},{len(data)}\n" for name, data in contents.items())
    contents[f"{stem}.dist-info/RECORD"] = f"{record}{stem}.dist-info/RECORD,,\n".encode()

    name = f"{stem}-py3-none-any.whl"
    with zipfile.ZipFile(Path(wheel_directory) / name, "w", zipfile.ZIP_DEFLATED) as wheel:
        for path, data in contents.items():
            entry = zipfile.ZipInfo(path, EPOCH)
            entry.external_attr = 0o644 << 16
            entry.compress_type = zipfile.ZIP_DEFLATED
            wheel.writestr(entry, data)
    return name


def get_requires_for_build_wheel(config_settings: object = None) -> list[str]:
    return []


def _wheel_files() -> Iterator[tuple[str, bytes]]:
    for package in ("tonne", "oracles"):
        for path in files(package, "*"):
            yield path.relative_to(ROOT).as_posix(), path.read_bytes()
    for folder, pattern in TREE.items():
        for path in files(folder, pattern):
            yield f"tonne/tree/{path.relative_to(ROOT).as_posix()}", path.read_bytes()
    for name in artifacts():
        compiled = ROOT / "build" / "tonne" / f"{name}.json"
        yield f"tonne/tree/build/tonne/{name}.json", compiled.read_bytes()


def _metadata(about: dict) -> dict[str, bytes]:
    head = {
        "Metadata-Version": "2.4",
        "Name": about["name"],
        "Version": about["version"],
        "Summary": about["description"],
        "Requires-Python": about["requires-python"],
        "License-Expression": about["license"],
        "License-File": "LICENSE",
        "Description-Content-Type": "text/markdown",
    }
    lines = [f"{key}: {value}" for key, value in head.items()]
    lines += [f"Requires-Dist: {requirement}" for requirement in about["dependencies"]]
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    scripts = [f"{name} = {target}" for name, target in about["scripts"].items()]
    texts = {
        "METADATA": "\n".join(lines) + "\n\n" + readme,
        "WHEEL": "Wheel-Version: 1.0\nGenerator: tonne\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
        "entry_points.txt": "\n".join(["[console_scripts]", *scripts]) + "\n",
        "licenses/LICENSE": (ROOT / "LICENSE").read_text(encoding="utf-8"),
    }
    return {name: text.encode() for name, text in texts.items()}


def _digest(data: bytes) -> str:
    digest = base64.urlsafe_b64encode(hashlib.sha256(data).digest()).rstrip(b"=")
    return f"sha256={digest.decode()}"


# ---------------------------------------------------------------------------------------------------
# The npm package

#: Types are taken off by Node itself, which refuses to do so inside node_modules.
STRIP = """
const { readFileSync, writeFileSync } = require("node:fs");
const { stripTypeScriptTypes } = require("node:module");
for (const file of process.argv.slice(1)) {
  writeFileSync(file.replace(/ts$/, "js"), stripTypeScriptTypes(readFileSync(file, "utf8")));
}
"""


def npm(directory: Path, stage: Path = ROOT / "build" / "package") -> str:
    """Writes the npm package and returns its name; `stage` is left behind as the package unpacked."""
    from tools import abi, setup

    shutil.rmtree(stage, ignore_errors=True)
    for folder, pattern in (("contracts", "*.sol"), ("interfaces", "*.sol"), ("abi", "*")):
        for path in files(folder, pattern):
            target = stage / path.relative_to(ROOT)
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(path, target)
    for name in ("README.md", "LICENSE"):
        shutil.copyfile(ROOT / name, stage / name)
    (stage / "artifacts").mkdir()
    compiled = artifacts()
    for name, whole in abi.abis().items():
        text = json.dumps(
            {"contractName": name, "sourceName": compiled[name].source, "abi": whole}
            | {"bytecode": compiled[name].bytecode, "deployedBytecode": compiled[name].runtime}
        )
        (stage / "artifacts" / f"{name}.json").write_text(text, encoding="utf-8")
    (stage / "package.json").write_text(json.dumps(_manifest(), indent=2) + "\n", encoding="utf-8")

    node, tool = setup.find_node()
    typed = [str(stage / "abi" / name) for name in ("index.ts", "fills.ts")]
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
    return json.loads(done.stdout)[0]["filename"]


def _manifest() -> dict:
    about = project()
    ours = json.loads((ROOT / "package.json").read_text(encoding="utf-8"))
    return {
        "name": about["name"],
        "version": about["version"],
        "description": about["description"],
        "license": about["license"],
        "type": "module",
        "exports": {
            "./abi": {"types": "./abi/index.ts", "default": "./abi/index.js"},
            "./fills": {"types": "./abi/fills.ts", "default": "./abi/fills.js"},
            "./*": "./*",
        },
        "dependencies": {
            name: ours["dependencies"][name] for name in ("@openzeppelin/contracts", "solady")
        },
    }


if __name__ == "__main__":
    main()
