"""`make test-changed` selects every test file that a change can affect, the nearest first."""

from __future__ import annotations

import subprocess

import pytest

from tools import affected_tests
from tools.affected_tests import Selected, Sources, affected, changes, forge_tests, within

TREE = {
    "tonne/__init__.py": "",
    "tonne/text.py": "WORD = 'word'\n",
    "tonne/market/__init__.py": "",
    "tonne/market/orders.py": "from tonne import text\n",
    "tonne/cli/__init__.py": "ROOM = 'tonne.cli.trade'\n",
    "tonne/cli/trade.py": "def trade():\n    from tonne.market import orders\n",
    "tonne/rules.py": "PACK = ROOT / 'schemes' / 'china.toml'\n",
    "tests/__init__.py": "",
    "tests/conftest.py": "import pytest\nfrom tonne import rules\n\n@pytest.fixture\ndef pack(): ...\n",
    "tests/tonne/test_text.py": "from tonne.text import WORD\n",
    "tests/tonne/market/test_orders.py": "from tonne.market import orders\n",
    "tests/tonne/cli/test_trade.py": "from tonne import cli\n",
    "tests/tonne/test_figures.py": "def test_pack(pack): ...\n",
    "tests/test_names.py": "FILES = (ROOT / 'tonne').rglob('*.py')\n",
    "tests/oracles/test_daemon.py": "COMMAND = ['-m', 'tonne.cli']\n",
}


@pytest.fixture
def root(tmp_path):
    for name, text in TREE.items():
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return tmp_path


def selected(root, *changed):
    return [one.file for one in affected(Sources(root), changed)]


def test_the_test_of_its_name_comes_first_and_every_dependent_follows(root):
    found = selected(root, "tonne/market/orders.py")
    assert found[0] == "tests/tonne/market/test_orders.py"
    assert set(found) == {
        "tests/tonne/market/test_orders.py",  # imports it
        "tests/tonne/cli/test_trade.py",  # runs the command that loads it by name
        "tests/oracles/test_daemon.py",  # starts the program
        "tests/test_names.py",  # reads all sources
    }


def test_a_test_without_a_path_to_the_change_is_left_out(root):
    assert "tests/tonne/market/test_orders.py" not in selected(root, "tonne/rules.py")


def test_a_fixture_leads_to_the_imports_of_its_conftest(root):
    assert "tests/tonne/test_figures.py" in selected(root, "tonne/rules.py")
    assert "tests/tonne/test_text.py" not in selected(root, "tonne/rules.py")


def test_a_data_file_selects_its_readers_and_what_they_serve(root):
    assert selected(root, "schemes/china.toml") == ["tests/tonne/test_figures.py"]


def test_a_changed_test_selects_itself(root):
    assert selected(root, "tests/tonne/test_text.py")[0] == "tests/tonne/test_text.py"


def test_a_changed_file_is_read_again_and_others_are_not(root, monkeypatch):
    first = selected(root, "tonne/text.py")
    asked = []
    read = affected_tests.read
    monkeypatch.setattr(
        affected_tests, "read", lambda path, at: asked.append(path) or read(path, at)
    )
    assert selected(root, "tonne/text.py") == first
    assert asked == []

    (root / "tests/tonne/test_figures.py").write_text("import tonne.text\n")
    assert "tests/tonne/test_figures.py" in selected(root, "tonne/text.py")
    assert asked == [root / "tests/tonne/test_figures.py"]


def test_the_budget_takes_the_nearest_and_the_first_in_any_case():
    all_of_them = [Selected(name, (1, 0, 1), "") for name in ("slow", "quick", "other")]
    seconds = {"slow": 60.0, "quick": 1.0, "other": 1.0}
    assert [one.file for one in within(all_of_them, seconds, 5)] == ["slow"]
    assert [one.file for one in within(all_of_them[1:], seconds, 1.5)] == ["quick"]
    assert within(all_of_them[1:], {}, 5) == all_of_them[1:]


def test_changes_are_those_since_the_merge_base_with_new_files(root):
    def git(*arguments):
        command = ["git", "-c", "user.name=x", "-c", "user.email=x", *arguments]
        subprocess.run(command, cwd=root, check=True, capture_output=True)

    git("init", "-b", "main")
    git("add", ".")
    git("commit", "-m", "Start")
    (root / "tonne/text.py").write_text("")
    (root / "tonne/new.py").write_text("")
    assert changes(root) == ["tonne/new.py", "tonne/text.py"]

    git("checkout", "-b", "branch")
    git("add", ".")
    git("commit", "-m", "Change")
    assert changes(root) == ["tonne/new.py", "tonne/text.py"]


def test_a_contract_selects_the_solidity_tests_of_its_name():
    assert "tests/market/ExchangeOrders.t.sol" in forge_tests(["contracts/market/Exchange.sol"])
    assert "tests/market/ExchangeOrders.t.sol" in forge_tests(["interfaces/market/IExchange.sol"])
    assert forge_tests(["tests/lib/MerkleSum.t.sol"]) == ["tests/lib/MerkleSum.t.sol"]
    assert forge_tests(["tonne/text.py"]) == []
