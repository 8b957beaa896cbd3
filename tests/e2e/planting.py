"""Faults planted one at a time into a copy of the project, and which of them only a night has time for."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Hashable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.mutants import Mutant
from tests.toolchain import trees


@contextmanager
def planted(mutant: Mutant, tree: Path) -> Iterator[None]:
    """The copy has the fault within; afterwards its sources and its build are sound again."""
    source = tree / mutant.source
    sound = source.read_text()
    source.write_text(sound.replace(mutant.old, mutant.new))
    try:
        yield
    finally:
        source.write_text(sound)
        trees.copy_build(tree)  # the sound one: the next fault compiles alone


def some_by_day(
    mutants: Iterable[Mutant], kind: Callable[[Mutant], Hashable], soon: int
) -> list[Any]:
    """Parameters of a test: of each kind the first `soon` faults, the others marked as nightly."""
    counted: Counter[Hashable] = Counter()
    cases = []
    for mutant in mutants:
        counted[kind(mutant)] += 1
        late = [pytest.mark.nightly] if counted[kind(mutant)] > soon else []
        cases.append(pytest.param(mutant, id=mutant.name, marks=late))
    return cases
