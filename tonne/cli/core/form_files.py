"""Writes a form that a user fills in, and never over an earlier one."""

from __future__ import annotations

from pathlib import Path

from tonne.errors import TonneError


def write_form(path: Path, text: str, code: str) -> None:
    """Creates the form; raises `code` where a file of its name exists."""
    from tonne import files

    try:
        files.create(path, text, files.ORDINARY)
    except FileExistsError:
        raise TonneError(
            code,
            "A form of this name exists already.",
            field="out",
            value=str(path),
            remedy="Fill it in, remove it, or name another with --out.",
        ) from None
