"""docs/states.md shows tests/attacks/state_acts.toml, which StateActs.t.sol and test_state_exports.py try."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Final

ROOT = Path(__file__).resolve().parent.parent
TABLE = tomllib.loads((ROOT / "tests" / "attacks" / "state_acts.toml").read_text())
DOCUMENT = (ROOT / "docs" / "states.md").read_text()
DONE: Final = "done"

#: Acts that take neither use nor money out of a batch, and the states besides active that allow each.
HARMLESS: Final = {
    "cancel_order": {"locked", "suspended", "invalidated", "ex_ante", "pending"},
    "withdraw_cash": {"locked", "suspended", "invalidated"},
    "reverse": {"locked", "suspended"},
    "clear": {"invalidated", "pending"},  # a batch that is not issued has nothing to clear
}


#: What a part that was set apart is refused for another reason than its state: it has a use, and no buffer.
NOT_OF_PARTS: Final = {
    *("retire_from_ledger", "retire_on_purchase", "surrender", "surrender_from_ledger"),
    *("authorise", "release", "reverse"),
}


def word(name: str) -> str:
    return name.replace("_", " ")


def shown(act: str, cell: str) -> str:
    """A cell as the document has it: yes or no; of an export what it says."""
    if cell == DONE:
        return "yes"
    return cell if act.startswith("export_") and cell != "none" else "no"


def rows(table: dict[str, dict[str, str]]) -> list[str]:
    """The table as the document has it: acts down, states across."""
    acts = list(next(iter(table.values())))
    return [
        "| act | " + " | ".join(map(word, table)) + " |",
        "|---|" + "---|" * len(table),
        *(
            f"| {word(act)} | "
            + " | ".join(shown(act, cells[act]) for cells in table.values())
            + " |"
            for act in acts
        ),
    ]


def test_the_document_shows_the_table():
    assert "\n".join(rows(TABLE)) in DOCUMENT
    assert len({tuple(cells) for cells in TABLE.values()}) == 1, "every state has every act"


def test_a_state_that_is_not_free_lets_nothing_through():
    """Everything is done with an active batch but clearing; with another one only what harms nobody."""
    assert refused("active") == {"clear"}
    assert refused("part_of_active") == {"clear"} | NOT_OF_PARTS
    for state, cells in TABLE.items():
        if not state.endswith("active"):
            own = state.removeprefix("part_of_")
            allowed = {act for act, states in HARMLESS.items() if own in states}
            if own != state:
                allowed -= NOT_OF_PARTS
            assert {act for act, cell in cells.items() if cell == DONE} == allowed, state


def refused(state: str) -> set[str]:
    return {act for act, cell in TABLE[state].items() if cell != DONE}
