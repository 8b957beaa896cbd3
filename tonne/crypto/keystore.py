"""Ethereum keystores: the only form in which a key lies on a disk.

A passphrase comes from a file or from the terminal, never from the command line or the environment,
where other programs and shell histories would see it.
"""

from __future__ import annotations

import getpass
import json
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Final

from tonne import files
from tonne.crypto.accounts import Account, checksum
from tonne.errors import TonneError, refused, why

#: scrypt's work factor for keys that matter: about a second.
STRONG: Final = 262_144

#: For the throw-away keys of a local chain, whose passphrase lies beside them.
WEAK: Final = 2

#: Hexadecimal digits of the initial vector of AES-128-CTR: a block.
IV_DIGITS: Final = 32

#: How often a passphrase is asked for on a terminal.
ASKED: Final = 3

_WRONG: Final = "KEYSTORE_WRONG_PASSPHRASE"


def write(path: Path, account: Account, passphrase: str, work: int = STRONG) -> Path:
    """Writes a keystore that only its owner can read; refuses to overwrite one."""
    from eth_account import Account as EthAccount  # slow to import

    content = EthAccount.encrypt(account.key, passphrase, kdf="scrypt", iterations=work)
    # eth-keyfile leaves out zeros that the vector begins with; geth ends at one that is no block long.
    parameters = content["crypto"]["cipherparams"]
    parameters["iv"] = parameters["iv"].zfill(IV_DIGITS)
    try:
        files.create(path, json.dumps(content) + "\n")
    except FileExistsError:
        raise _exists(path) from None
    return path


def check_new(paths: Iterable[Path]) -> None:
    """Raises KEYSTORE_EXISTS where there is a file of a name already, KEYSTORE_TWICE for a repeated name."""
    seen: set[Path] = set()
    for path in paths:
        if path.exists():
            raise _exists(path)
        if path.resolve() in seen:
            raise refused("KEYSTORE_TWICE", path=str(path))
        seen.add(path.resolve())


def _exists(path: Path) -> TonneError:
    return refused("KEYSTORE_EXISTS", path=str(path))


def address(path: Path) -> str:
    """Whose keystore it is, without opening it."""
    found = _content(path).get("address")
    if not isinstance(found, str):
        raise _unreadable(path, "it names no address")
    return checksum(found)


def read(
    path: Path, passphrase_file: Path | None = None, option: str = "--passphrase-file"
) -> Account:
    """Opens a keystore with the passphrase from a file, or asks for it on a terminal, up to `ASKED` times.

    `option` names that file where a command has several keystores.
    """
    content = _content(path)
    if passphrase_file is not None:
        remedy = f"Give the file of its own passphrase; {passphrase_file} holds another."
        return _opened(path, content, passphrase_in(passphrase_file), remedy)
    require_terminal(path, option)
    question = f"Passphrase of {path.name}: "
    remedy = "Type it as it was set when the keystore was made; small and capital letters differ."
    for left in reversed(range(ASKED)):
        try:
            return _opened(path, content, getpass.getpass(question), remedy)
        except TonneError as error:
            if error.code != _WRONG or not left:
                raise
            question = f"That does not open it. Passphrase of {path.name}: "
    raise AssertionError("the last attempt returns or raises")


def _opened(path: Path, content: dict[str, object], passphrase: str, remedy: str) -> Account:
    """The account in a keystore; raises KEYSTORE_WRONG_PASSPHRASE with `remedy`, KEYSTORE_UNREADABLE."""
    from eth_account import Account as EthAccount  # slow to import

    try:
        return Account(bytes(EthAccount.decrypt(content, passphrase)))
    except ValueError as error:
        if "MAC" in str(error):
            raise TonneError(
                _WRONG,
                "The passphrase does not open this keystore.",
                field="keystore",
                value=str(path),
                remedy=remedy,
            ) from None
        raise _unreadable(path, str(error)) from None
    except (KeyError, TypeError, NotImplementedError) as error:
        raise _unreadable(path, why(error)) from None


def _content(path: Path) -> dict[str, object]:
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise refused("KEYSTORE_MISSING", path=str(path)) from None
    except (OSError, ValueError) as error:
        raise _unreadable(path, why(error)) from None
    if not isinstance(content, dict):
        raise _unreadable(path, "it is not a JSON object")
    return content


def passphrase_in(file: Path) -> str:
    """The passphrase in a file; raises KEYSTORE_NO_PASSPHRASE_FILE."""
    try:
        return file.read_text(encoding="utf-8").rstrip("\r\n")
    except OSError:
        raise refused("KEYSTORE_NO_PASSPHRASE_FILE", file=str(file)) from None


def new_passphrase_in(file: Path) -> str:
    """The passphrase for a new keystore; raises KEYSTORE_EMPTY_PASSPHRASE too."""
    passphrase = passphrase_in(file)
    if not passphrase.strip():
        raise refused("KEYSTORE_EMPTY_PASSPHRASE", file=str(file))
    return passphrase


def require_terminal(path: Path, option: str = "--passphrase-file") -> None:
    """Raises KEYSTORE_NO_PASSPHRASE where nobody could be asked for the passphrase of a keystore."""
    if not sys.stdin.isatty():
        raise refused("KEYSTORE_NO_PASSPHRASE", path=str(path), option=option)


def _unreadable(path: Path, why: str) -> TonneError:
    return refused("KEYSTORE_UNREADABLE", path=str(path), why=why)
