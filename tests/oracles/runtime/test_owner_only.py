"""Files with secrets: others may not read them, whatever starts with them."""

from __future__ import annotations

import os
import shlex
import subprocess
import sys

import pytest

from oracles.runtime.owner_only import ACCESS_LIST, ENTRY, VERSION, others_may_read
from oracles.runtime.process import SenderChoice
from tests.patience import HANGING_S
from tonne import files
from tonne.crypto import keystore
from tonne.crypto.accounts import Account
from tonne.errors import TonneError

SENDER = Account.from_seed("owner only")

#: What each command is told besides; none of it is looked at before the key.
COMMANDS = {
    "oracles.emissions run": "--rpc http://127.0.0.1:1 --deployment none --inbox in --journal j",
    "oracles.emissions drain": "--rpc http://127.0.0.1:1 --deployment none --inbox in --journal j",
    "oracles.meters run": "--rpc http://127.0.0.1:1 --deployment none --folder f --broker none",
    "oracles.meters drain": "--rpc http://127.0.0.1:1 --deployment none --folder f",
    "oracles.signer": "--deployment none --daemon emissions",
}


@pytest.fixture
def secrets(tmp_path):
    """A keystore and its passphrase, in a folder whose name has a blank."""
    folder = tmp_path / "a b"
    files.write(folder / "passphrase.txt", "correct horse\n", files.PRIVATE)
    key = keystore.write(folder / "key.json", SENDER, "correct horse", keystore.WEAK)
    return key, folder / "passphrase.txt"


@pytest.mark.parametrize("which, command", list(enumerate(COMMANDS)))
def test_nothing_starts_with_a_key_that_others_may_read(tmp_path, secrets, which, command):
    """Keystore and passphrase in turn."""
    secrets[which % 2].chmod(0o644)
    options = ["--keystore", str(secrets[0]), "--passphrase-file", str(secrets[1])]
    told = [sys.executable, "-m", *command.split(), *COMMANDS[command].split(), *options]
    environment = os.environ | {"PYTHONPATH": os.getcwd()}
    refused = subprocess.run(
        told, cwd=tmp_path, env=environment, capture_output=True, text=True, timeout=HANGING_S
    )
    assert refused.returncode == 2
    assert refused.stderr.startswith("ORACLE_KEY_OPEN: ") and "(0644)" in refused.stderr
    remedy = refused.stderr[refused.stderr.index("chmod") :]
    subprocess.run(shlex.split(remedy), check=True)
    assert SenderChoice(*secrets).account() == SENDER


def test_a_certificate_with_its_key_is_private_too(tmp_path):
    certificate = tmp_path / "daemon.pem"
    files.write(certificate, "key and certificate", files.PRIVATE)
    certificate.chmod(0o640)
    with pytest.raises(TonneError) as refused:
        SenderChoice(signer="http://127.0.0.1:1", certificate=certificate).account()
    assert refused.value.code == "ORACLE_KEY_OPEN"


def test_a_keystore_that_is_not_there_is_missing_not_open(tmp_path):
    with pytest.raises(TonneError) as missing:
        SenderChoice(tmp_path / "none.json").account()
    assert missing.value.code == "KEYSTORE_MISSING"


@pytest.mark.parametrize(
    "mode, others", [(0o600, False), (0o400, False), (0o640, True), (0o604, True), (0o620, True)]
)
def test_the_mode_says_who_may_read(tmp_path, mode, others):
    path = tmp_path / "secret"
    path.touch()
    path.chmod(mode)
    assert others_may_read(path) is others


ANYBODY, STRANGER = 2**32 - 1, 54321
OWNER, GROUP, MASK, OTHERS = (1, 4, ANYBODY), (4, 0, ANYBODY), (16, 4, ANYBODY), (32, 0, ANYBODY)


@pytest.mark.parametrize(
    "further, others",
    [
        ([(2, 4, os.geteuid()), GROUP], False),  # as systemd hands over a credential
        ([(2, 4, STRANGER), GROUP], True),
        ([(2, 4, os.geteuid()), (4, 4, ANYBODY)], True),
        ([(2, 4, os.geteuid()), GROUP, (8, 4, STRANGER)], True),
    ],
)
def test_an_access_list_says_more_than_the_mode(tmp_path, further, others):
    path = tmp_path / "credential"
    path.touch()
    entries = b"".join(ENTRY.pack(*entry) for entry in (OWNER, *further, MASK, OTHERS))
    try:
        os.setxattr(path, ACCESS_LIST, VERSION.pack(2) + entries)
    except OSError:
        pytest.skip("this file system has no access lists")
    assert path.stat().st_mode & 0o070 == 0o040
    assert others_may_read(path) is others
