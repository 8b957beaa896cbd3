"""The words for an error that ended a cycle or a command: a code, a sentence, a remedy."""

from __future__ import annotations

import sqlite3

from tonne.errors import TonneError, refused, why


def coded(error: Exception) -> TonneError:
    """The error itself where it has a code; else one for it. Nothing is lost by either: the next cycle
    tries again."""
    if isinstance(error, TonneError):
        return error
    if isinstance(error, sqlite3.Error):
        return TonneError(
            "ORACLE_JOURNAL_UNWRITABLE",
            f"The journal cannot be used ({error}).",
            field="journal",
            remedy="Give the daemon's user the right to write there, and room on the disk.",
        )
    if isinstance(error, OSError):
        return refused(
            "ORACLE_FILE",
            file=None if error.filename is None else str(error.filename),
            filename=error.filename or "a file",
            reason=why(error),
        )
    return refused("ORACLE_UNFORESEEN", type_name=type(error).__name__, error=error)
