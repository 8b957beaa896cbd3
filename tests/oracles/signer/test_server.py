"""The signer over HTTP: good and bad requests, and TLS with clients' certificates."""

from __future__ import annotations

import datetime
import json
import ssl
import threading
from contextlib import contextmanager
from ipaddress import ip_address

import pytest
import requests
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from oracles.runtime.remote_signer import open_account
from oracles.signer.__main__ import MOST_BYTES, SigningService, _tls, server
from oracles.signer.policy import SignerPolicy
from tests.patience import HANGING_S
from tonne.chain.rpc import Rpc, RpcUnreachable
from tonne.crypto.accounts import Account, Fees
from tonne.errors import TonneError

SENDER = Account.from_seed("signer", "test")
TARGET, CALL = bytes.fromhex("11" * 20), b"\x12\x34\x56\x78"
POLICY = SignerPolicy(1337, SENDER.address, {TARGET: frozenset([CALL])}, 10**12)


@contextmanager
def serving(tls: ssl.SSLContext | None = None):
    with server(SigningService(SENDER, POLICY), ("127.0.0.1", 0), tls) as running:
        thread = threading.Thread(target=running.serve_forever, daemon=True)
        thread.start()
        yield f"{'https' if tls else 'http'}://127.0.0.1:{running.server_port}"
        running.shutdown()
        thread.join(HANGING_S)


def test_a_daemon_signs_through_it():
    with serving() as url:
        account = open_account(Rpc(url, 5))
        told = (1337, 3, TARGET, CALL + b"\0" * 64, 300_000, Fees(9, 2))
        assert account.sign_transaction(*told) == SENDER.sign_transaction(*told)
        with pytest.raises(TonneError) as refused:
            account.sign_transaction(1337, 3, TARGET, b"\0\0\0\0", 300_000, Fees(9, 2))
        assert refused.value.code == "SIGNER_FAILED"
        assert "no call of this daemon" in refused.value.message
        assert requests.get(f"{url}/upcheck", timeout=HANGING_S).text == "OK"


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (b"", -32700),
        (b"\xff", -32700),
        (b"[]", -32700),
        (b"[" * 100_000, -32700),
        (b'{"id": 1, "method": "eth_sign", "params": []}', -32601),
        (b'{"id": 1, "method": "eth_sendTransaction", "params": [{}]}', -32601),
        (b'{"id": 1, "method": ["x"]}', -32601),
        (b'{"id": 1, "method": "eth_signTransaction", "params": []}', -32602),
        (b'{"id": 1, "method": "eth_signTransaction"}', -32602),
        (b'{"id": 1, "method": "eth_signTransaction", "params": [null]}', -32000),
        (b'{"id": 1, "method": "eth_signTransaction", "params": {"a": 1}}', -32601),
    ],
)
def test_a_bad_request_is_answered_and_the_next_one_served(body, code):
    with serving() as url:
        answer = requests.post(url, data=body, timeout=HANGING_S).json()
        assert answer["error"]["code"] == code
        good = requests.post(
            url, data=json.dumps({"id": 2, "method": "eth_accounts"}), timeout=HANGING_S
        )
        assert good.json()["result"] == [SENDER.address]


def test_a_request_that_is_too_large_is_not_read():
    with serving() as url:
        assert (
            requests.post(url, data=b" " * (MOST_BYTES + 1), timeout=HANGING_S).status_code == 413
        )


def _certificate(folder, name, issuer=None):
    """A key and its certificate in one PEM file, and its name as issuer of others."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    now = datetime.datetime.now(datetime.UTC)
    issuer_key, issuer_name = issuer or (key, subject)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer_name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=1))
        .add_extension(x509.BasicConstraints(ca=issuer is None, path_length=None), critical=True)
        .add_extension(
            x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))]), critical=False
        )
        .sign(issuer_key, hashes.SHA256())
    )
    plain = serialization.NoEncryption()
    pem = serialization.Encoding.PEM
    path = folder / f"{name}.pem"
    path.write_bytes(
        key.private_bytes(pem, serialization.PrivateFormat.PKCS8, plain)
        + certificate.public_bytes(pem)
    )
    return path, (key, subject)


def test_beyond_the_loopback_address_only_known_clients_are_served(tmp_path, monkeypatch):
    authority, issuer = _certificate(tmp_path, "authority")
    known, _ = _certificate(tmp_path, "daemon", issuer)
    stranger, _ = _certificate(tmp_path, "stranger")
    signers, _ = _certificate(tmp_path, "signer", issuer)
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(authority))
    with serving(_tls("0.0.0.0", signers, authority)) as url:
        assert open_account(Rpc(url, 5, known)).address == SENDER.address
        for certificate in (None, stranger):
            with pytest.raises(RpcUnreachable):
                open_account(Rpc(url, 5, certificate))
        assert open_account(Rpc(url, 5, known)).address == SENDER.address


@pytest.mark.parametrize("host", ["0.0.0.0", "192.0.2.7", "::"])
def test_it_is_not_open_to_a_network(host):
    with pytest.raises(TonneError) as refused:
        _tls(host, None, None)
    assert refused.value.code == "SIGNER_OPEN"


@pytest.mark.parametrize("host", ["127.0.0.1", "::1", "localhost"])
def test_on_its_own_machine_it_needs_no_certificate(host):
    assert _tls(host, None, None) is None
