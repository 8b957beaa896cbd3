"""What wallets sign is what the contracts check: one digest, for every signed type, in every library."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path

import pytest
from eth_account.messages import _hash_eip191_message, encode_typed_data

from tests.patience import HANGING_S
from tests.wallets.samples import NAMES, SAMPLES
from tonne.crypto import eip712

HERE = Path(__file__).resolve().parent


def _through_json(struct: eip712.Struct, domain: eip712.Domain) -> dict:
    """As a wallet gets it: text, read again."""
    return json.loads(json.dumps(eip712.as_typed_data(struct, domain)))


@pytest.mark.parametrize("struct, domain", SAMPLES, ids=NAMES)
def test_eth_account_makes_our_digest(struct, domain):
    message = encode_typed_data(full_message=_through_json(struct, domain))
    assert _hash_eip191_message(message) == eip712.digest(struct, domain)


@pytest.mark.long
def test_viem_and_metamask_make_our_digest(tmp_path):
    for name in ("package.json", "package-lock.json", "digests.mjs"):
        shutil.copy(HERE / name, tmp_path)
    installed = ["npm", "ci", "--no-audit", "--no-fund", "--ignore-scripts"]
    subprocess.run(installed, cwd=tmp_path, check=True, capture_output=True, timeout=300)
    asked = json.dumps([_through_json(struct, domain) for struct, domain in SAMPLES])
    done = subprocess.run(
        ["node", "digests.mjs"],
        cwd=tmp_path,
        input=asked,
        capture_output=True,
        text=True,
        timeout=HANGING_S,
    )
    assert done.returncode == 0, done.stderr
    expected = ["0x" + eip712.digest(struct, domain).hex() for struct, domain in SAMPLES]
    made = json.loads(done.stdout)
    assert dict(zip(NAMES, [m["viem"] for m in made], strict=True)) == dict(
        zip(NAMES, expected, strict=True)
    )
    assert [m["metamask"] for m in made] == expected
