"""Accounts of an aggregator's customers: kept by a backup with their keys, and asked for by `check`."""

from __future__ import annotations

import pytest

from oracles.power.aggregator.__main__ import KIND
from oracles.power.aggregator.customers import ACCOUNTS, INSTRUCTIONS, accounts_named
from oracles.runtime import backup
from oracles.runtime.daemon import JOURNAL
from tonne.errors import TonneError

ORDER = "node = {node}\n\n[[buy]]\nwh = 100\nprice = 0.3\n"
FIRST = 2**24


@pytest.fixture
def folder(tmp_path):
    """A folder with three customers, two at node 0 and one at node 2, and accounts of both nodes."""
    place = tmp_path / "work"
    (place / INSTRUCTIONS).mkdir(parents=True)
    for meter, node in ((7, 0), (8, 0), (9, 2)):
        (place / INSTRUCTIONS / f"{meter}.toml").write_text(ORDER.format(node=node))
    named = (f"[nodes.{node}]\nfirst = {FIRST + node}\ncount = 2\n" for node in (0, 2))
    (place / ACCOUNTS).write_text("".join(named))
    for node in (0, 2):
        keys = place / f"{node}-account-keys.json"
        keys.write_text(f'{{"0x{node:040x}": "0x{node:064x}"}}\n')
        keys.chmod(0o600)
    return place


def test_a_backup_keeps_the_accounts_and_their_keys(folder, tmp_path):
    KIND.journal(folder / JOURNAL).close()
    archive, new = tmp_path / "a.tar", tmp_path / "new"
    backup.save(archive, folder / JOURNAL, folder, KIND.kept)
    backup.restore(archive, new / JOURNAL, new)
    for name in (ACCOUNTS, "0-account-keys.json", "2-account-keys.json"):
        assert (new / name).read_text() == (folder / name).read_text()
        assert (new / name).stat().st_mode & 0o777 == 0o600
    assert accounts_named(new) == accounts_named(folder)


def test_a_folder_without_customers_needs_no_accounts(tmp_path):
    assert accounts_named(tmp_path) == "for each of 0 customers, at nodes: none"
    assert not list(tmp_path.iterdir())


def test_each_customer_needs_an_account_at_its_node(folder):
    said = accounts_named(folder)
    assert said == "for each of 3 customers, at nodes: 0, 2"
    (folder / INSTRUCTIONS / "10.toml").write_text("torn")
    assert accounts_named(folder) == f"{said}; 1 instructions cannot be read"

    (folder / ACCOUNTS).write_text(f"[nodes.0]\nfirst = {FIRST}\ncount = 2\n")
    with pytest.raises(TonneError) as refused:
        accounts_named(folder)
    assert (refused.value.code, refused.value.field) == ("AGGREGATOR_ACCOUNTS", "nodes.2")
    (folder / ACCOUNTS).write_text(f"[nodes.0]\nfirst = {FIRST}\ncount = 1\n")
    with pytest.raises(TonneError, match="Node 0 has 2 customers and 1 accounts"):
        accounts_named(folder)
    (folder / ACCOUNTS).unlink()
    with pytest.raises(TonneError) as refused:
        accounts_named(folder)
    assert refused.value.code == "ACCOUNTS_UNREADABLE"
