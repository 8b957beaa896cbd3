"""Each scheme that can be run, by its command: no key of its pack that holds in the run is silent."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.e2e.runs import ROOT
from tests.e2e.test_period import period

pytestmark = [pytest.mark.long, pytest.mark.nightly]

#: Pack, further options, and keys that this run applies or lists.
RUNS = {
    "china 2019-20": ("china-national", (), "coverage.indirect"),
    "china 2024": (
        "china-national", ("--from", "2024", "china-2023-24-assumed", "china-dates-assumed"),
        "allocation.steel.method",
    ),
    "eu 2023": ("eu-ets", ("eu-ets-assumed",), "supply.msr_void_above"),
    "eu 2024": ("eu-ets", ("--from", "2024", "eu-ets-assumed"), "obligation.maritime.phase_in"),
    "shenzhen": ("china-shenzhen", ("china-shenzhen-assumed",), "supply.buy_back"),
    "guangdong": ("china-guangdong", ("china-guangdong-assumed",), "cap.amount"),
    "hubei": ("china-hubei", ("china-hubei-assumed",), "offset.origin"),
}  # fmt: skip


@pytest.mark.parametrize("name", RUNS)
def test_no_key_is_silent(tmp_path: Path, name: str) -> None:
    scheme, options, listed = RUNS[name]
    given: list[str] = []
    for option in options:
        path = ROOT / "scenarios" / f"{option}.toml"
        given += ["--scenario", str(path)] if path.is_file() else [option]
    out = tmp_path / "report"
    done = period(
        tmp_path / "tmp",
        *("--scheme", scheme, *given, "--emitters", "30", "--sessions", "20", "--out", str(out)),
    )
    assert done.returncode == 0, done.stdout + done.stderr
    said = " ".join(done.stdout.split())
    fates = re.search(
        r"keys of [\w-]+ that hold in period [\w-]+: (\d+ on the chain[\w, ]+)\.", said
    )
    assert fates and "silent" not in fates[1]
    left = re.search(r"left out: ([\w., -]+?)\. ", said)[1].split(", ")
    assert listed in left
    page = (out / "index.html").read_text(encoding="utf-8")
    assert "Keys of the pack that had no effect" in page
    assert all(key in page for key in left)
