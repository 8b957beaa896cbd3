"""The counters of `make figures` count what is planted."""

from __future__ import annotations

from pathlib import Path

import pytest

from tools import figures


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A project of four modules in two rooms: a line of imports, no circle."""
    plant(tmp_path, "tonne/errors.py", "class Wrong(Exception): ...\n")
    plant(tmp_path, "tonne/rules/pack.py", "from tonne import errors\nclass Pack: ...\n")
    plant(tmp_path, "tonne/market/orders.py", "from tonne.rules.pack import Pack\n")
    plant(tmp_path, "tonne/market/order_encoding.py", "WORD = 1 << 32\n")
    return tmp_path


def plant(root: Path, name: str, text: str) -> None:
    path = root / name
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a", encoding="utf-8") as file:
        file.write(text)


def test_modules_and_rooms_are_counted(root):
    graph = figures.modules(root)
    assert len(graph.nodes) == 4
    assert graph.arrows == {
        ("tonne.rules.pack", "tonne.errors"),
        ("tonne.market.orders", "tonne.rules.pack"),
    }
    rooms = graph.within("tonne")
    assert rooms.nodes == {"errors", "rules", "market"}
    assert rooms.arrows == {("rules", "errors"), ("market", "rules")}
    assert (rooms.floors(), rooms.circles()) == (3, [])


@pytest.mark.parametrize(
    "text",
    [
        "from tonne.market import orders\n",
        "def late():\n    from ..market.orders import Pack\n",
        "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    import tonne.market.orders\n",
    ],
)
def test_a_circle_is_found_however_it_is_imported(root, text):
    plant(root, "tonne/rules/pack.py", text)
    graph = figures.modules(root)
    assert graph.circles() == [{"tonne.market.orders", "tonne.rules.pack"}]
    assert graph.within("tonne").circles() == [{"market", "rules"}]
    assert graph.within("tonne").floors() == 2, "a circle is one floor"


def test_a_class_name_of_two_modules_is_counted(root):
    assert figures.duplicate_classes(root) == {}
    plant(root, "tonne/market/orders.py", "class Pack: ...\nclass _Own: ...\n")
    plant(root, "tonne/errors.py", "class _Own: ...\n")
    assert figures.duplicate_classes(root) == {"Pack": ["tonne.market.orders", "tonne.rules.pack"]}


def test_shifts_outside_packing_modules_are_counted(root):
    assert figures.raw_shifts(root) == {}
    plant(root, "tonne/errors.py", "X = 1 << 8\nX >>= 2\n")
    assert figures.raw_shifts(root) == {"tonne.errors": 2}


def test_repeated_shared_options_are_counted(root):
    plant(root, "tonne/cli/core/session.py", "AsJson = Annotated[bool, typer.Option('--json')]\n")
    assert figures.option_lines(root) == 1
    plant(root, "tonne/cli/day.py", "def day(lots: int, as_json: AsJson = False): ...\n")
    assert figures.option_lines(root) == 2


def test_ignored_types_are_counted(root):
    plant(root, "tonne/errors.py", "x = y  # " + "type" + ": ignore[name-defined]\n")
    assert figures.type_ignores(root) == 1


def test_every_event_of_a_fresh_deployment_has_a_handler_or_a_reason():
    unhandled, emitted = figures.unhandled_events()

    assert unhandled == 0
    assert emitted > 400
