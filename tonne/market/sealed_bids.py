"""What opens a commitment: kept in a file before the commitment is sent, for without it a deposit is lost.

One file a commitment, named after it, so that nothing needs to be remembered: what is on the chain names
the file. Only its owner can read it, and none is ever overwritten.
"""

from __future__ import annotations

import json
import os
import secrets
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from tonne import files, paths
from tonne.errors import refused, why

FOLDER: Final = Path(os.environ.get("TONNE_SEALED", paths.HOME / "build" / "sealed"))


def fresh() -> bytes:
    """A random salt or secret of 32 bytes."""
    return secrets.token_bytes(32)


@dataclass(frozen=True, slots=True)
class Sealed:
    """A folder of openings."""

    folder: Path

    def path(self, commitment: bytes) -> Path:
        return self.folder / f"{commitment.hex()}.json"

    def keep(self, commitment: bytes, opening: dict[str, Any]) -> Path:
        """Writes an opening and makes sure that it is on the disk."""
        self.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        path = self.path(commitment)
        plain = {k: "0x" + v.hex() if isinstance(v, bytes) else v for k, v in opening.items()}
        body = {"commitment": "0x" + commitment.hex(), **plain}
        files.create(path, json.dumps(body, indent=2) + "\n")
        return path

    def drop(self, commitment: bytes) -> None:
        """Forgets an opening whose commitment was refused: it opens nothing."""
        self.path(commitment).unlink(missing_ok=True)

    def find(self, commitment: bytes) -> dict[str, Any] | None:
        """The opening of a commitment, if it is here."""
        path = self.path(commitment)
        try:
            found = json.loads(path.read_text(encoding="utf-8"))
            return {
                k: bytes.fromhex(v[2:]) if isinstance(v, str) and v.startswith("0x") else v
                for k, v in found.items()
            }
        except FileNotFoundError:
            return None
        except (OSError, ValueError, AttributeError) as error:
            raise refused("SEALED_UNREADABLE", path=str(path), reason=why(error)) from None

    def need(self, commitment: bytes, what: str) -> dict[str, Any]:
        found = self.find(commitment)
        if found is None:
            raise refused("SEALED_MISSING", path=str(self.path(commitment)), detail=what)
        return found
