"""Tells systemd how the daemon is, where it was started by it: ready, at work, ending."""

from __future__ import annotations

import contextlib
import os
import socket


def tell(state: str) -> None:
    """READY=1, WATCHDOG=1 or STOPPING=1; nothing happens where no service manager listens."""
    address = os.environ.get("NOTIFY_SOCKET", "")
    if not address:
        return
    if address.startswith("@"):  # a socket without a file
        address = "\0" + address[1:]
    with contextlib.suppress(OSError), socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as out:
        out.connect(address)
        out.send(state.encode())
