"""`brownie run deploy` on Brownie's own network is `tonne deploy`."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path

import pytest

from tonne.deployment import roles
from tonne.deployment.plan import PLAN
from tonne.sandbox import node

ROOT = Path(__file__).resolve().parents[2]
BROWNIE = ROOT / ".venv" / "bin" / "brownie"

#: Brownie compiles the whole tree before it runs anything.
SECONDS = 1500


@pytest.mark.long
def test_brownie_deploys_the_same_market(tmp_path):
    done = subprocess.run(
        [str(BROWNIE), "run", "deploy"],
        cwd=ROOT,
        env={
            **os.environ,
            "PATH": f"{ROOT / '.tools' / 'bin'}:{os.environ['PATH']}",
            "SOLCX_BINARY_PATH": str(ROOT / "tools" / "solc"),
            "TONNE_DEPLOYMENTS": str(tmp_path),
        },
        capture_output=True,
        text=True,
        timeout=SECONDS,
        check=False,
    )

    assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-2000:]
    body = json.loads((tmp_path / f"{node.ANVIL_CHAIN_ID}.json").read_text())
    assert list(body["contracts"]) == sorted(PLAN)
    for name, entry in body["contracts"].items():
        assert f"{name:<20} {entry['address']}" in done.stdout
    for row in roles.MATRIX:  # a guardian is named by the founding, which `seed` makes
        printed = f"{row.contract}.{row.function}" in done.stdout
        assert printed == (row.holder != "guardian"), row
