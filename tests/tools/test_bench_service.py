"""The benchmark of the data service writes a file that the service answers from."""

from __future__ import annotations

import json
import urllib.request

import pytest

from tonne.audit.store import published
from tonne.serve.app import ServiceSettings
from tonne.serve.workers import Workers
from tools import bench_service

EVENTS, PLANTS = 2_000, 60


@pytest.fixture(scope="module")
def port(tmp_path_factory):
    """Port of a worker that answers from a file of 2,000 events and 60 plants."""
    path = tmp_path_factory.mktemp("service") / "store.duckdb"
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(bench_service, "PLANTS", PLANTS)
        bench_service.write(path, EVENTS)
    settings = ServiceSettings(published.path_for(path), rate=0)
    with Workers("127.0.0.1", 0, 1, settings) as workers:
        bench_service.wait(workers.port)
        yield workers.port


@pytest.mark.parametrize("kind", bench_service.KINDS)
def test_each_kind_of_request_is_answered(port, kind):
    assert len(bench_service.ask(port, kind, 0.0, bench_service.SEED)) == 1


def test_the_register_has_the_latest_year_of_each_plant(port):
    url = f"http://127.0.0.1:{port}/v1/register?limit=100"
    with urllib.request.urlopen(url) as answer:
        rows = json.load(answer)["rows"]
    assert [(row["plant"], row["period"]) for row in rows] == [
        (n, 2020) for n in range(1, PLANTS + 1)
    ]
    assert [row["plant"] for row in rows if row["standing"] == "short"] == [50]
    assert rows[0]["products"][0]["quantity"] == 3_000
    assert rows[0]["sources"]["verified"]["log"] == 1
