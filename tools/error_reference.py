"""Writes `docs/errors.md`: every error of the contracts, with its code, sentence and remedy.

python -m tools.error_reference
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

from tonne import files
from tonne.chain.natspec import error_notices
from tonne.chain.revert_messages import SENTENCES
from tonne.chain.reverts import remedy_for, snake, spoken

ROOT = Path(__file__).resolve().parents[1]
PAGE = ROOT / "docs" / "errors.md"

HEAD = """# Errors of the contracts

A refused call ends in a custom error. `tonne` prints its code, a sentence with the values, and a remedy;
programs compare the code. `{name}` and `` `name` `` are values of the error.

Written by `make error-reference` from the documentation of the contracts and from
`tonne/data/revert_messages.toml`.

| code | sentence | remedy |
|---|---|---|
"""


def errors() -> Iterator[str]:
    """Names of all errors in the published ABIs."""
    found = set()
    for path in (ROOT / "abi").glob("*.json"):
        abi = json.loads(path.read_text(encoding="utf-8"))
        entries = abi["abi"] if isinstance(abi, dict) else abi
        found |= {entry["name"] for entry in entries if entry["type"] == "error"}
    yield from sorted(found)


def page() -> str:
    notices = error_notices()
    rows = []
    for name in errors():
        notice = notices.get(name, "").removeprefix("Thrown when ").removeprefix("Thrown if ")
        sentence = SENTENCES.get(name) or notice.rstrip(".") or spoken(name)
        cells = (f"`{snake(name).upper()}`", sentence[0].upper() + sentence[1:], remedy_for(name))
        rows.append("| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |\n")
    return HEAD + "".join(rows)


if __name__ == "__main__":
    files.write(PAGE, page())
