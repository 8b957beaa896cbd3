"""A verifier's desk: the inbox of a year, and a report beside its class and its last year."""

from __future__ import annotations

import pytest

from oracles.emissions.checks import Checker
from tonne.chain.reverts import ChainError
from tonne.constants import DAY_S, HOUR_S
from tonne.errors import TonneError
from tonne.evidence import desk, manifest, reports
from tonne.evidence.report_encoding import report_days_in

SCHEME, YEAR = 1, 2021
START_2022 = 1_640_995_200


@pytest.fixture
def draft(town, people):
    lines = manifest.power_plant_lines(
        power_mwh=3_000_000, heat_gj=0, emissions_t=2_700_000, fuel="coal"
    )
    return reports.write_report(town.chain, people["north"], 1, YEAR, lines)


def inbox(town, folder, person=None):
    return desk.inbox(town.chain, SCHEME, YEAR, folder, person)


def test_the_inbox_lists_each_plant_and_whom_a_draft_awaits(town, people, draft, tmp_path):
    path = tmp_path / "1.draft.json"
    reports.save(path, draft)
    plants = desk.plants_of(town.chain, SCHEME)

    found = inbox(town, tmp_path, people["lead"].address)
    assert [row.plant for row in found.rows] == list(plants)
    row = found.rows[0]
    assert (row.standing, row.file, row.awaits) == ("no report", path, ("lead", "reviewer"))
    assert row.awaits_me == ("lead",)
    assert inbox(town, tmp_path).rows[0].awaits_me == ()
    assert inbox(town, tmp_path, people["north"].address).rows[0].awaits_me == ()

    reports.give_opinion(town.chain, draft, people["lead"])
    reports.save(path, draft)
    row = inbox(town, tmp_path, people["lead"].address).rows[0]
    assert (row.awaits, row.awaits_me) == (("reviewer",), ())
    reports.give_opinion(town.chain, draft, people["reviewer"])
    reports.save(path, draft)
    assert inbox(town, tmp_path).rows[0].awaits == ()


def test_the_due_moment_is_the_one_after_which_the_chain_refuses(town, people, tmp_path):
    words = town.chain.call("EmissionsOracle", "configWords", SCHEME)
    days = report_days_in(words)
    assert inbox(town, tmp_path).due == START_2022 - 8 * HOUR_S + days * DAY_S
    # The chain says the same of a report that comes too late.
    lines = manifest.power_plant_lines(power_mwh=10, heat_gj=0, emissions_t=9, fuel="coal")
    draft = reports.write_report(town.chain, people["north"], 1, YEAR, lines)
    for person in ("lead", "reviewer"):
        reports.give_opinion(town.chain, draft, people[person])
    town.chain.set_time(inbox(town, tmp_path).due)
    checked = Checker(town.chain).check("a.report.json", reports.finished(draft))
    with pytest.raises(ChainError) as refused:
        town.chain.send(people["north"], "EmissionsOracle", checked.function, *checked.args)
    assert refused.value.code == "EMISSIONS_YEAR_CLOSED"
    assert f"{inbox(town, tmp_path).due}" in str(refused.value.value)


def test_the_newest_revision_counts_and_what_is_no_draft_is_told(town, people, draft, tmp_path):
    reports.save(tmp_path / "b.draft.json", draft)
    lines = manifest.parse_lines(draft.signed.lines)
    second = reports.write_report(town.chain, people["north"], 1, YEAR, lines, revision=2)
    reports.save(tmp_path / "a.draft.json", second)
    (tmp_path / "c.draft.json").write_text("{}")
    forged = draft.model_dump(mode="json")
    forged["signed"]["report"]["emissionsT"] = 1
    reports.save(tmp_path / "d.draft.json", reports.Draft.model_validate(forged))

    found = inbox(town, tmp_path)
    assert found.rows[0].file == tmp_path / "a.draft.json"
    assert [(path.name, error.code) for path, error in found.unreadable] == [
        ("c.draft.json", "REPORT_DRAFT_UNREADABLE"),
        ("d.draft.json", "REPORT_REFUSED"),
    ]


def test_there_is_no_such_folder(town, tmp_path):
    with pytest.raises(TonneError) as refused:
        inbox(town, tmp_path / "missing")
    assert refused.value.code == "REPORT_NO_FOLDER"


def test_a_report_stands_beside_last_year_and_its_class(town, draft):
    """The plants of the small market reported the year before."""
    plants = desk.plants_of(town.chain, SCHEME)
    records = desk.records_of(town.chain, list(plants), YEAR - 1)
    own = records[1]
    peers = sorted(
        record.emissions_t * 1_000 // record.power_mwh
        for number, record in records.items()
        if number != 1
        and record.power_mwh
        and plants[number].benchmark_class == plants[1].benchmark_class
    )
    found = desk.compare(town.chain, draft)
    assert found.intensity == 900
    assert found.last_year_t == own.emissions_t
    assert found.last_intensity == own.emissions_t * 1_000 // own.power_mwh
    assert found.change_ppm == (900 - found.last_intensity) * 1_000_000 // found.last_intensity
    assert found.class_size == len(peers)
    if peers:
        assert found.rank == 1 + sum(peer < 900 for peer in peers)
        assert peers[0] <= found.class_median <= peers[-1]


def test_a_plant_without_power_is_not_compared(town, people):
    lines = manifest.power_plant_lines(power_mwh=0, heat_gj=10, emissions_t=5, fuel="coal")
    heat = reports.write_report(town.chain, people["north"], 1, YEAR, lines)
    found = desk.compare(town.chain, heat)
    assert (found.intensity, found.rank, found.change_ppm) == (None, None, None)
