"""The native compiler: downloaded from a server with a pinned checksum, and used from then on."""

from __future__ import annotations

import hashlib
import http.server
import json
import os
import threading
from pathlib import Path

import pytest

from tests.toolchain import trees
from tonne.deployment import compiler
from tonne.errors import TonneError
from tools import native_compiler

#: Answers as the native compiler does, by npm's.
DOUBLE = f"""#!/bin/sh
case " $* " in
*" --version "*) echo "Version: {native_compiler.VERSION}.Linux.g++" ;;
*) TONNE_COMPILER=npm exec "{compiler.SOLC}" "$@" ;;
esac
"""


class Server:
    """Serves one file on this machine; `breaks` ends each answer after half of it."""

    def __init__(self, content: bytes, breaks: bool = False) -> None:
        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                self.send_response(200 if self.path == "/solc" else 404)
                self.send_header("content-length", str(len(content)))
                self.end_headers()
                self.wfile.write(content[: len(content) // 2] if breaks else content)

            def log_message(self, *_: object) -> None:
                pass

        self._http = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._http.server_port}/solc"
        threading.Thread(target=self._http.serve_forever, daemon=True).start()

    def close(self) -> None:
        self._http.shutdown()
        self._http.server_close()


@pytest.fixture
def serve():
    servers = []

    def start(content: bytes, breaks: bool = False) -> str:
        servers.append(Server(content, breaks))
        return servers[-1].url

    yield start
    for server in servers:
        server.close()


def sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A project with one contract, set up without a native compiler."""
    trees.link_tools(tmp_path)
    (tmp_path / "foundry.toml").write_bytes((compiler.ROOT / "foundry.toml").read_bytes())
    head = "// SPDX-License-Identifier: MIT\npragma solidity ^0.8.20;\n"
    trees.write(tmp_path / "contracts/rules/One.sol", head + "contract One { uint256 public n; }\n")
    return tmp_path


def build(root: Path) -> tuple[str, str]:
    """Bytecode of the contract, and the sentence that names the compiler."""
    said: list[str] = []
    code = compiler.contracts(root=root, progress=said.append)["One"].bytecode
    return code, next((line for line in said if line.startswith("compiler:")), "")


def test_a_downloaded_compiler_is_used_and_gives_the_bytecode_of_npm_s(project, serve):
    by_npm, said = build(project)
    assert said.startswith("compiler: npm's; `make compiler` installs")
    target = project / ".tools" / "bin" / "solc"
    content = DOUBLE.encode()
    native_compiler.install(serve(content), sha256(content), target)
    assert target.read_bytes() == content and os.access(target, os.X_OK)

    (project / "artifacts" / "One.json.gz").unlink()
    by_native, said = build(project)
    assert said == f"compiler: native {target}"
    assert by_native == by_npm


def test_a_compiler_on_the_path_is_used_in_this_version_alone(project, tmp_path, monkeypatch):
    for version, wanted in (("0.8.36+commit.8a079791", "npm"), (native_compiler.VERSION, "native")):
        folder = tmp_path / version / "bin"
        trees.write(folder / "solc", DOUBLE.replace(native_compiler.VERSION, version))
        (folder / "solc").chmod(0o755)
        monkeypatch.setenv("PATH", f"{folder}:{os.environ['PATH']}")
        (project / "artifacts" / "One.json.gz").unlink(missing_ok=True)
        assert build(project)[1].startswith(f"compiler: {wanted}")


def test_npm_s_compiler_can_be_chosen(project, monkeypatch):
    trees.write(project / ".tools/bin/solc", DOUBLE)
    (project / ".tools/bin/solc").chmod(0o755)
    monkeypatch.setenv("TONNE_COMPILER", "npm")
    assert build(project)[1].startswith("compiler: npm's")


@pytest.mark.parametrize(
    "case, code",
    [
        ("another file", "COMPILER_CHECKSUM"),
        ("half of the file", "COMPILER_UNREACHABLE"),
        ("no such file", "COMPILER_UNREACHABLE"),
        ("no server", "COMPILER_UNREACHABLE"),
        ("another version", "COMPILER_OTHER_VERSION"),
        ("no program", "COMPILER_OTHER_VERSION"),
    ],
)
def test_a_bad_download_changes_nothing_and_the_next_one_succeeds(tmp_path, serve, case, code):
    target = tmp_path / "solc"
    target.write_text("the former one")
    sound = DOUBLE.encode()
    content = {
        "another version": sound.replace(b"0.8.37", b"0.8.36"),
        "no program": b"\x7fELF" + bytes(100),
    }.get(case, sound)
    url = serve(content, breaks=case == "half of the file")
    pinned = sha256(b"pinned") if case == "another file" else sha256(content)
    if case == "no such file":
        url += "-gone"
    if case == "no server":
        url = "http://127.0.0.1:9/solc"
    with pytest.raises(TonneError) as caught:
        native_compiler.install(url, pinned, target)
    assert caught.value.code == code and caught.value.remedy
    assert [path.name for path in tmp_path.iterdir()] == ["solc"]
    assert target.read_text() == "the former one"

    native_compiler.install(serve(sound), sha256(sound), target)
    assert target.read_bytes() == sound


def test_every_pin_is_a_sha256_of_an_https_address():
    pins = json.loads(native_compiler.PINNED.read_text())
    for pin in pins.values():
        assert pin["url"].startswith("https://") and native_compiler.VERSION in pin["url"]
        assert len(bytes.fromhex(pin["sha256"])) == 32


def test_a_platform_without_a_pin_is_refused():
    with pytest.raises(TonneError) as caught:
        native_compiler.pin(native_compiler.PINNED, "plan9-mips")
    assert caught.value.code == "COMPILER_NOT_PINNED"


def test_the_version_is_that_of_the_search():
    text = (compiler.ROOT / "tools/solc/native.js").read_text()
    assert f'const VERSION = "{native_compiler.VERSION}";' in text
