"""`tonne bank`, `tonne expire`, `tonne recognise`, by commands alone."""

from __future__ import annotations

import json

import pytest

from tests.tonne.audit.compliance.test_links_on_chain import linked  # noqa: F401
from tonne import cli
from tonne.audit.reconcile import audit
from tonne.cli.core import session
from tonne.crypto import keystore
from tonne.types import unit_id

IN_2025, IN_2026 = 1_748_836_800, 1_768_435_200  # 2 June 2025, 15 January 2026


@pytest.fixture
def tonne(town, tmp_path, capsys, monkeypatch):
    monkeypatch.setenv("TONNE_RPC", town.chain.rpc.url)
    monkeypatch.setenv("TONNE_DEPLOYMENTS", str(town.folder))
    monkeypatch.setattr(session, "ACCOUNTS", tmp_path)
    (tmp_path / session.PASSPHRASE_FILE).write_text("x\n")
    for name in ("authority", "north", "trader"):
        keystore.write(tmp_path / f"{name}.json", town.market.people[name], "x", keystore.WEAK)

    def run(*arguments, status=0, as_json=True):
        with pytest.raises(SystemExit) as ended:
            cli.main([*map(str, arguments), *(("--json",) if as_json else ())])
        read = capsys.readouterr()
        assert (ended.value.code or 0) == status, read.out + read.err
        if not as_json:
            return " ".join((read.out + read.err).split())
        return json.loads(read.out if status == 0 else read.err)

    return run


def test_allowances_are_banked_on_the_days_of_the_pack_and_expire_after_them(tonne, town):
    chain, north = town.chain, ("--as", "north")
    said = tonne("bank", *north, as_json=False)
    assert "Nothing can be carried over today." in said
    said = tonne("bank", 5, *north, status=1, as_json=False)
    assert "BANKING_NOT_ALLOWED" in said
    assert "`tonne scheme explain china-national banking.allowed`" in said
    said = tonne("bank", 1_200, "--vintage", 2021, *north, status=1, as_json=False)
    assert "only 0 allowances of vintage 2021 of scheme 1 on this wallet" in said
    assert "t of allowance 2020" in said
    chain.set_time(IN_2025)
    authority = town.market.people["authority"]
    chain.send(authority, "Schemes", "disclose", 1, 2025, 10**9, 10**9, 0)
    assert tonne("bank", *north) == {"into": 2025, "net_sales": 0, "banked": 0, "room": 10_000}
    assert "BANKING_LIMIT_EXCEEDED" in tonne("bank", 10_001, *north, status=1, as_json=False)
    done = tonne("bank", 4_000, "--vintage", 2020, *north)
    assert (done["banked"], done["room"]) == (4_000, 6_000)
    later = unit_id.allowance(1, 2025)
    assert chain.call("Allowances", "balanceOf", town.market.people["north"], later) == 4_000
    assert "BANKING_NOT_EXPIRED" in tonne("expire", 2020, "--as", "trader", status=1, as_json=False)

    chain.set_time(IN_2026)
    ended = tonne("expire", 2020, "--as", "trader")
    assert ended["expired"] > 0 and ended["left"] == 0
    assert chain.call("Allowances", "totalSupply", town.market.allowance) == 0
    assert audit(chain).differences == []


def test_allowances_of_another_scheme_are_recognised(tonne, linked):  # noqa: F811
    _, _, plant = linked
    north = ("--as", "north")
    done = tonne("recognise", plant, 1_000, "--of", 61, *north)
    assert (done["given"], done["came"]) == (1_000, 1_000)
    room = done["room"]
    said = tonne("recognise", plant, room + 1, "--of", 61, *north, status=1, as_json=False)
    assert "LINKS_LIMIT_EXCEEDED" in said
    said = tonne("recognise", plant, 1, "--of", 7, *north, status=1, as_json=False)
    assert "SURRENDER_NOT_HELD" in said
