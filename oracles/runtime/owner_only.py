"""Files with secrets are read by their owner alone, or the daemon does not start."""

from __future__ import annotations

import os
import shlex
import stat
import struct
from collections.abc import Iterable
from pathlib import Path
from typing import Final

from tonne.errors import refused

#: Access lists as Linux keeps them: a version, then (tag, rights, user or group); and the tags looked at.
ACCESS_LIST: Final = "system.posix_acl_access"
VERSION: Final = struct.Struct("<I")
ENTRY: Final = struct.Struct("<HHI")
USER, GROUP_OBJ, GROUP, MASK = 0x02, 0x04, 0x08, 0x10


def require_private_keys(paths: Iterable[Path]) -> None:
    """Refuses keys and passphrases that others may read; the reader reports a missing one."""
    for path in paths:
        if path.exists() and others_may_read(path):
            raise refused(
                "ORACLE_KEY_OPEN",
                path=str(path),
                mode_of=mode_of(path),
                quoted_path=shlex.quote(str(path)),
            )


def others_may_read(path: Path) -> bool:
    """Whether anybody may read, write or run the file but its owner, this process and root."""
    mode = path.stat().st_mode
    return bool(mode & 0o007 or (mode & 0o070 and _group_or_more(path)))


def mode_of(path: Path) -> str:
    """The file's rights in octal."""
    return f"{stat.S_IMODE(path.stat().st_mode):04o}"


def _group_or_more(path: Path) -> bool:
    """Where a file has an access list, its mode shows the list's mask in place of the group's rights: systemd
    hands a service its credentials so."""
    try:
        raw = os.getxattr(path, ACCESS_LIST)
    except OSError:
        return True
    entries = list(ENTRY.iter_unpack(raw[VERSION.size :]))
    mask = next((rights for tag, rights, _ in entries if tag == MASK), 0o7)
    return any(
        rights & mask and (tag in (GROUP_OBJ, GROUP) or (tag == USER and who != os.geteuid()))
        for tag, rights, who in entries
    )
