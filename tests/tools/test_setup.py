"""What set-up says when a package manager fails."""

from __future__ import annotations

import pytest

from tools import setup

CERTIFICATE = (
    "npm error code SELF_SIGNED_CERT_IN_CHAIN\nnpm error errno SELF_SIGNED_CERT_IN_CHAIN\n"
)


@pytest.mark.parametrize(
    "printed, said, remedy",
    [
        (CERTIFICATE, "npm error code SELF_SIGNED_CERT_IN_CHAIN", "NODE_EXTRA_CA_CERTS"),
        ("npm error code ENOTFOUND\n", "npm error code ENOTFOUND", "check the network"),
        ("Killed\n", "it said nothing of an error", "check the network"),
    ],
)
def test_the_error_of_the_last_command_is_named_with_its_remedy(
    tmp_path, monkeypatch, printed, said, remedy
):
    log = tmp_path / "setup.log"
    log.write_text(f"$ pip install\nERROR: an earlier one\n$ npm ci\n{printed}")
    monkeypatch.setattr(setup, "LOG", log)
    monkeypatch.setattr(setup, "ROOT", tmp_path)
    told = setup.complaint()
    assert told.startswith(said) and remedy in told and "setup.log" in told
