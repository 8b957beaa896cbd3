"""How a node is told who asks: by name and password, or by a token, out of the user's netrc file.

`machine HOST login bearer password TOKEN` sends TOKEN (a JWT, as Besu asks for one) to that host and to no
other; any other login is a name with its password. `NETRC` names another file than `~/.netrc`.
"""

from __future__ import annotations

import os
import stat
from pathlib import Path
from typing import Final

from requests import PreparedRequest
from requests.auth import AuthBase, HTTPBasicAuth
from requests.utils import get_netrc_auth

from tonne.errors import refused

#: The login whose password is a token.
BEARER: Final = "bearer"

#: Where the file is looked for, as `requests` does.
PLACES: Final = ("~/.netrc", "~/_netrc")


class BearerToken(AuthBase):
    """Sends a token as RFC 6750 has it."""

    def __init__(self, token: str) -> None:
        self._token = token

    def __call__(self, request: PreparedRequest) -> PreparedRequest:
        request.headers["Authorization"] = f"Bearer {self._token}"
        return request


def login(url: str) -> AuthBase | None:
    """What the netrc file has for the host of `url`; raises RPC_LOGIN_EXPOSED where others may read it."""
    found = get_netrc_auth(url)
    if found is None:
        return None
    for place in map(Path, map(os.path.expanduser, _places())):
        if place.exists():
            _require_private(place)
    name, secret = found
    return BearerToken(secret) if name.lower() == BEARER else HTTPBasicAuth(name, secret)


def header(url: str) -> dict[str, str]:
    """The same for a connection that is no request of `requests`."""
    request = PreparedRequest()
    request.prepare(method="GET", url=url, auth=login(url))
    said = request.headers.get("Authorization")
    return {"Authorization": said} if said else {}


def _places() -> tuple[str, ...]:
    named = os.environ.get("NETRC")
    return (named,) if named else PLACES


def _require_private(path: Path) -> None:
    mode = stat.S_IMODE(path.stat().st_mode)
    if mode & (stat.S_IRWXG | stat.S_IRWXO):
        raise refused("RPC_LOGIN_EXPOSED", netrc=f"{mode:04o}", path=path)
