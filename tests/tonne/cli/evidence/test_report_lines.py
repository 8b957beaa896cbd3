"""`tonne report publish-lines`: lines of reports on chain, and the register that tells tonnes by them."""

from __future__ import annotations

import json

import pytest

from tonne.evidence import line_publication, manifest, report_batches, reports

YEAR, OVER = 2021, 1_641_100_000  # the year, and a day in January after it
#: Lime [t] of the kilns beside each power station.
KILNS = {1: (1_000, 250), 2: (500,)}


def lines_of(plant):
    power = manifest.power_plant_lines(
        power_mwh=1_000_000 * plant, heat_gj=0, emissions_t=900_000 * plant, fuel="coal"
    )
    lime = [
        power[0].model_copy(
            update={"product": "lime", "unit": "t", "quantity": tonnes, "source": f"kiln {number}"}
        )
        for number, tonnes in enumerate(KILNS[plant], 1)
    ]
    return [*power, *lime]


@pytest.fixture
def batch(tonne, town, people, tmp_path):
    """A batch of north's and east's reports, signed and not yet submitted."""
    town.chain.set_time(OVER)
    paths = []
    for plant, name in ((1, "north"), (2, "east")):
        files = manifest.manifest_of({"meter.csv": name.encode()})
        draft = reports.write_report(town.chain, people[name], plant, YEAR, lines_of(plant), files)
        paths.append(tmp_path / f"{plant}-{YEAR}.draft.json")
        reports.save(paths[-1], draft)
    file, inbox = tmp_path / "b.batch.json", tmp_path / "inbox"
    tonne("report", "batch", "make", *paths, "--out", file, who="lead")
    tonne("report", "batch", "sign", file, who="reviewer")
    inbox.mkdir()
    return file, report_batches.deliver(report_batches.load(file), inbox)


def products(tonne, *more):
    found = tonne("register", "list", "--year", YEAR, *more)["rows"]
    return {
        row["plant"]: [(p["product"], p["quantity"], p["state"]) for p in row["products"]]
        for row in found
        if row["products"]
    }


def test_a_stranger_reads_tonnes_of_product_from_the_chain_alone(
    tonne, town, batch, tmp_path, monkeypatch
):
    monkeypatch.setenv("TONNE_AUDIT_STORE", str(tmp_path / "store.duckdb"))
    file, taken = batch
    assert tonne("report", "publish-lines", taken, status=1)["code"] == "PUBLISH_LINES_NO_REPORT"
    tonne("report", "batch", "submit", file, who="trader")
    assert products(tonne)[1][-1] == ("other products", None, "not in this pack")

    ahead = tonne("report", "publish-lines", taken, "--dry-run")
    assert (len(ahead["reports"]), ahead["transactions"]) == (2, [])
    assert products(tonne)[1][-1][1] is None
    sent = tonne("report", "publish-lines", taken)
    assert len(sent["transactions"]) == 1 and sent["gas"] > 0
    assert products(tonne) == {
        1: [("electricity", 1_000_000, "on chain"), ("lime", 1_250, "on chain")],
        2: [("electricity", 2_000_000, "on chain"), ("lime", 500, "on chain")],
    }
    (event, _) = town.chain.logs("PublishedLines")
    (lime,) = [p for p in tonne("register", "show", 1)["products"] if p["product"] == "lime"]
    assert (lime["block"], lime["place"]) == (event.block, event.log_index)

    again = tonne("report", "publish-lines", taken)
    assert (again["reports"], again["published"], again["transactions"]) == ([], 2, [])


def test_lines_that_were_not_signed_are_not_sent(tonne, batch):
    _, taken = batch
    content = json.loads(taken.read_text("utf-8"))
    content["reports"][0]["lines"][-1]["quantity"] += 1
    taken.write_text(json.dumps(content), "utf-8")
    assert tonne("report", "publish-lines", taken, status=1)["code"] == "PUBLISH_LINES_ROOT"


def test_false_lines_of_others_leave_the_register_as_it_was(
    tonne, town, batch, tmp_path, monkeypatch
):
    """Sent past the command: another's, altered, and the true ones twice. The audit finds no difference."""
    monkeypatch.setenv("TONNE_AUDIT_STORE", str(tmp_path / "store.duckdb"))
    file, taken = batch
    tonne("report", "batch", "submit", file, who="trader")
    one, other = (report.argument() for report in line_publication.of_file(taken))
    trader = town.market.people["trader"]
    altered = (1, YEAR, 1, [*one[3][:-1], one[3][-1].replace(b"250", b"950")])
    spam = [altered, (1, YEAR, 1, other[3]), (2, YEAR, 1, one[3]), (9, YEAR, 1, one[3])]
    town.chain.send(trader, "PublishedLines", "publish", spam)
    unknown = ("other products", None, "not in this pack")
    assert [made[-1] for made in products(tonne).values()] == [unknown, unknown]
    town.chain.send(trader, "PublishedLines", "publish", [one, one, *spam])
    made = products(tonne)
    assert (made[1][-1], made[2][-1]) == (("lime", 1_250, "on chain"), unknown)
    assert tonne("audit", "run")["differences"] == []
