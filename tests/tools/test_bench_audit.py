"""The benchmark of the audit reads every event of a small market in each way."""

from __future__ import annotations

import re

import pytest

from tools import bench_audit


@pytest.mark.long
def test_each_way_reads_the_events_of_a_small_market(capsys):
    """A chain with fewer events than the sample, so that web3.py reads those of the deployment too."""
    bench_audit.main(20)
    printed = capsys.readouterr().out
    counts = dict(re.findall(r"^(.*?) {2,}([\d,]+) +[\d,]+ +[\d,]+$", printed, re.MULTILINE))
    raw, library, proven, again = (int(count.replace(",", "")) for count in counts.values())
    assert library == proven == again, "all events of contracts with an ABI"
    assert 0 < library < raw < bench_audit.SAMPLE, "constructors of extensions emit the others"
