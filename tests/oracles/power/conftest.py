"""A small power market on a chain of its own, set back after each test."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

import pytest

from tests.gas.power_town import PowerTown
from tests.oracles.power.ground import DaemonProcess, Desk, Street, power_market
from tonne.crypto.accounts import Account


@pytest.fixture(scope="module")
def _town() -> Iterator[PowerTown]:
    with power_market() as town:
        yield town


@pytest.fixture
def street(_town) -> Iterator[Street]:
    mark = _town.chain.snapshot()
    yield Street(_town)
    _town.chain.revert(mark)


@pytest.fixture
def sit(street, tmp_path) -> Iterator[Callable[..., Desk]]:
    """Makes a desk for a daemon's work."""
    desks: list[Desk] = []

    def made(kind: Any, sender: Account | None, name: str = "desk") -> Desk:
        desks.append(Desk(street.chain, kind, tmp_path / name, sender))
        return desks[-1]

    yield made
    for desk in desks:
        desk.journal.close()


@pytest.fixture
def daemon(street, tmp_path) -> Iterator[Callable[..., DaemonProcess]]:
    """Makes a daemon that is a process of its own."""
    made: list[DaemonProcess] = []

    def make(
        name: str, sender: Account | None, place: str = "", options: Sequence[str] = ()
    ) -> DaemonProcess:
        folder = tmp_path / (place or name)
        made.append(DaemonProcess(street.town, name, folder, sender, options))
        return made[-1]

    yield make
    for process in made:
        process.end()
