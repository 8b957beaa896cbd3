"""The first hour of docs/auditor.md, line by line as it stands, on a machine with this folder alone."""

from __future__ import annotations

import os
import re
import subprocess
import sys

import pytest

from tests.conftest import ROOT

BLOCK = re.compile(r"^## First hour\n.*?^```sh\n(.*?)^```", re.MULTILINE | re.DOTALL)
#: [s]
LONGEST = 300


@pytest.mark.long
def test_each_line_does_what_it_says(town, tmp_path):
    (block,) = BLOCK.findall((ROOT / "docs" / "auditor.md").read_text())
    setup, *lines = block.splitlines()
    assert setup.startswith("make setup") and len(lines) == 6
    program, store = f"{sys.executable} -P -m tonne.cli", tmp_path / "store.duckdb"
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "TONNE_AUDIT_STORE": str(store)}
    said = {}
    for line in lines:
        command = line.replace("URL", town.chain.url).replace("FOLDER", str(town.folder))
        done = subprocess.run(
            re.sub("^tonne", program, command), shell=True, cwd=tmp_path, env=environment,
            capture_output=True, text=True, timeout=LONGEST,
        )  # fmt: skip
        assert done.returncode == 0, (line, done.stdout, done.stderr)
        said[line.split("  ")[0].split(" --")[0]] = " ".join(done.stdout.split())
    assert "Not proven after block" in said["tonne audit run"]
    assert "verifiedBlocks: " in said["tonne audit digest"]
    assert "no rows" in said["tonne audit findings"]
    assert "OfficeGranted" in said["tonne audit powers"]
