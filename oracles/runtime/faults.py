"""The words for an error that ended a cycle or a command: a code, a sentence, a remedy."""

from __future__ import annotations

import sqlite3

from tonne.errors import TonneError, why


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
        return TonneError(
            "ORACLE_FILE",
            f"The system refuses {error.filename or 'a file'}: {why(error)}.",
            field="file",
            value=None if error.filename is None else str(error.filename),
            remedy="Give the daemon's user the right to write there, and room on the disk.",
        )
    return TonneError(
        "ORACLE_UNFORESEEN",
        f"{type(error).__name__}: {error}",
        field="cycle",
        remedy="Report it with the log before it; it is tried again.",
    )
