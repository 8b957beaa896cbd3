"""Every act of the authority's desk can be told before it is made, and written for a Safe's owners."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
import typer.main

from tonne.cli.authority.app import authority


def _acts(group: Any, path: tuple[str, ...] = ()) -> Iterator[tuple[str, Any]]:
    for name, command in group.commands.items():
        if hasattr(command, "commands"):
            yield from _acts(command, (*path, name))
        else:
            yield " ".join((*path, name)), command


EVERY = dict(_acts(typer.main.get_group(authority)))
#: Commands that send nothing.
LISTS = ("new", "owing", "due", "bodies", "false-report list")
ACTS = {name: command for name, command in EVERY.items() if name not in LISTS}


def test_the_table_reaches_every_room_of_the_desk():
    assert {"cap", "suspend", "freeze", "halt", "auction", "cancel-auction", "act"} <= set(ACTS)
    assert {"penalty decide", "false-report charge"} <= set(ACTS)


@pytest.mark.parametrize("act", ACTS)
def test_an_act_has_the_three_ways(act):
    options = {option for each in ACTS[act].params for option in each.opts}
    assert {"--dry-run", "--safe", "--from"} <= options, f"`tonne authority {act}` lacks one"


@pytest.mark.parametrize("name", LISTS)
def test_a_list_asks_for_no_key(name):
    options = {option for each in EVERY[name].params for option in each.opts}
    assert not {"--dry-run", "--safe", "--from", "--keystore"} & options
