"""Answers have the form that OpenAPI says, for values that schemathesis thinks of."""

from __future__ import annotations

import subprocess

import pytest

from tools.assurance import environments


@pytest.mark.long
def test_schemathesis_finds_no_failure(served, tmp_path):
    found = subprocess.run(
        [
            environments.ready("schemathesis") / "schemathesis", "run", f"{served.url}/v1/openapi.json",
            "--max-examples", "20", "--seed", "20261128", "--no-color", "--suppress-health-check", "all",
        ],
        cwd=tmp_path, capture_output=True, text=True, timeout=400, check=False,
    )  # fmt: skip
    assert found.returncode == 0, found.stdout[-8_000:] + found.stderr[-2_000:]
