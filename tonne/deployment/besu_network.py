"""The files of a chain of Besu validators under QBFT: genesis, peers, settings, certificates and keys.

Written after Besu's documentation of March 2026 (configure QBFT; static nodes; client TLS; JWT public key
authentication). Public and secret files of a node lie apart.
"""

from __future__ import annotations

import base64
import ipaddress
import json
import secrets
import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final

import rlp
from coincurve import PrivateKey
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.serialization import pkcs12
from cryptography.x509.oid import NameOID

from tonne import files, paths
from tonne.constants import DAY_S, ZERO_ADDRESS, ZERO_WORD
from tonne.crypto.hashing import keccak
from tonne.errors import TonneError, refused

#: Settings that all nodes share.
SETTINGS: Final = paths.TREE / "deploy" / "consortium" / "besu.toml"
#: `mixHash` by which Besu knows a chain of BFT validators.
BFT_MIX: Final = "0x63746963616c2062797a616e74696e65206661756c7420746f6c6572616e6365"
BLOCK_GAS: Final = 30_000_000
#: Blocks between two countings of votes on validators.
VOTES_EVERY: Final = 30_000
PEER_PORT: Final = 30_303
#: Fewer bear no failure.
LEAST_VALIDATORS: Final = 4
CERTIFICATE_DAYS: Final = 825
#: Rights of a token, as Besu writes permissions; votes on validators are not in it.
PERMISSIONS: Final = ("eth:*", "net:*", "web3:*", "qbft:getValidatorsByBlockNumber")

_PEM = serialization.Encoding.PEM
_PLAIN = serialization.NoEncryption()


@dataclass(frozen=True, slots=True)
class NodeKey:
    """A validator's key. Its address seals, its public key names it to peers."""

    secret: bytes

    @property
    def public(self) -> bytes:
        return PrivateKey(self.secret).public_key.format(compressed=False)[1:]

    @property
    def address(self) -> bytes:
        return keccak(self.public)[-20:]

    def enode(self, host: str, port: int = PEER_PORT) -> str:
        return f"enode://{self.public.hex()}@{host}:{port}"


def extra_data(validators: Sequence[bytes]) -> str:
    """Vanity, the first validators by rising address, no vote, round 0, no seals."""
    return "0x" + bytes(rlp.encode([ZERO_WORD, sorted(validators), [], b"", []])).hex()


def genesis(chain_id: int, validators: Sequence[bytes], period_s: int) -> dict[str, Any]:
    """The first block: London's rules, gas for nothing."""
    return {
        "config": {
            "chainId": chain_id,
            "berlinBlock": 0,
            "londonBlock": 0,
            "zeroBaseFee": True,
            "qbft": {
                "epochlength": VOTES_EVERY,
                "blockperiodseconds": period_s,
                "requesttimeoutseconds": 2 * period_s,
            },
        },
        "nonce": "0x0",
        "timestamp": hex(int(time.time())),
        "extraData": extra_data(validators),
        "gasLimit": hex(BLOCK_GAS),
        "difficulty": "0x1",
        "mixHash": BFT_MIX,
        "coinbase": ZERO_ADDRESS,
        "alloc": {},
    }


def write(folder: Path, hosts: Sequence[str], chain_id: int, period_s: int) -> None:
    """Writes the files of a network into a new folder; `hosts` are the nodes' addresses (IP).

    Raises BESU_TOO_FEW_HOSTS, BESU_HOST_NO_ADDRESS, BESU_FOLDER_EXISTS.
    """
    _check(folder, hosts)
    keys = [NodeKey(secrets.token_bytes(32)) for _ in hosts]
    block = json.dumps(genesis(chain_id, [key.address for key in keys], period_s), indent=2)
    peers = [key.enode(host) for key, host in zip(keys, hosts, strict=True)]
    authority, signer = _authority()
    token_key = ec.generate_private_key(ec.SECP256R1())
    folder.mkdir(mode=0o700, parents=True)
    files.write(folder / "ca.pem", authority.public_bytes(_PEM))
    files.write(folder / "tokens.key.pem", _private(token_key), files.PRIVATE)
    public = {
        "genesis.json": block + "\n",
        "static-nodes.json": json.dumps(peers, indent=2) + "\n",
        "tokens.pub.pem": token_key.public_key()
        .public_bytes(_PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
        .decode(),
    }
    settings = SETTINGS.read_text(encoding="utf-8")
    for number, (key, host) in enumerate(zip(keys, hosts, strict=True), start=1):
        place, password = folder / f"node-{number}", secrets.token_hex(32)
        for name, text in public.items():
            files.write(place / "public" / name, text)
        files.write(place / "public" / "besu.toml", f'{settings}p2p-host="{host}"\n')
        (place / "secret").mkdir(mode=0o700)
        files.create(place / "secret" / "node.key", "0x" + key.secret.hex())
        files.create(place / "secret" / "tls.password", password)
        keystore = _keystore(host, authority, signer, password.encode())
        files.create(place / "secret" / "tls.p12", keystore)


def token(key_file: Path, permissions: Sequence[str] = PERMISSIONS, days: int = 365) -> str:
    """A token that lets its bearer ask the nodes (JWT, ES256); raises BESU_TOKEN_KEY."""
    try:
        key = serialization.load_pem_private_key(key_file.read_bytes(), password=None)
    except (OSError, ValueError) as error:
        raise _no_key(key_file, error) from None
    if not isinstance(key, ec.EllipticCurvePrivateKey):
        raise _no_key(key_file, None)
    said = {"permissions": list(permissions), "exp": int(time.time()) + days * DAY_S}
    parts = [_base64(json.dumps(each).encode()) for each in ({"alg": "ES256", "typ": "JWT"}, said)]
    r, s = decode_dss_signature(key.sign(".".join(parts).encode(), ec.ECDSA(hashes.SHA256())))
    return ".".join([*parts, _base64(r.to_bytes(32, "big") + s.to_bytes(32, "big"))])


def _check(folder: Path, hosts: Sequence[str]) -> None:
    if len(set(hosts)) < LEAST_VALIDATORS:
        raise refused(
            "BESU_TOO_FEW_HOSTS", set_count=len(set(hosts)), least_validators=LEAST_VALIDATORS
        )
    for host in hosts:
        try:
            ipaddress.IPv4Address(host)
        except ValueError:
            raise refused("BESU_HOST_NO_ADDRESS", host=host) from None
    if folder.exists():
        raise refused("BESU_FOLDER_EXISTS", folder=str(folder))


def _authority() -> tuple[x509.Certificate, ec.EllipticCurvePrivateKey]:
    """Who signs the nodes' certificates; its key is forgotten when they are."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "tonne consortium")])
    made = _certificate(name, name, key).add_extension(
        x509.BasicConstraints(ca=True, path_length=0), critical=True
    )
    return made.sign(key, hashes.SHA256()), key


def _keystore(
    host: str, authority: x509.Certificate, signer: ec.EllipticCurvePrivateKey, password: bytes
) -> bytes:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, host)])
    places = [x509.IPAddress(ipaddress.ip_address(host)), x509.DNSName("localhost")]
    certificate = (
        _certificate(name, authority.subject, key)
        .add_extension(x509.SubjectAlternativeName(places), critical=False)
        .sign(signer, hashes.SHA256())
    )
    sealed = serialization.BestAvailableEncryption(password)
    return pkcs12.serialize_key_and_certificates(b"besu", key, certificate, [authority], sealed)


def _certificate(
    name: x509.Name, issuer: x509.Name, key: ec.EllipticCurvePrivateKey
) -> x509.CertificateBuilder:
    now = datetime.now(UTC)
    return (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(issuer)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(hours=1))
        .not_valid_after(now + timedelta(days=CERTIFICATE_DAYS))
    )


def _private(key: ec.EllipticCurvePrivateKey) -> bytes:
    return key.private_bytes(_PEM, serialization.PrivateFormat.PKCS8, _PLAIN)


def _base64(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def _no_key(path: Path, error: Exception | None) -> TonneError:
    return TonneError(
        "BESU_TOKEN_KEY",
        f"This is no key that signs tokens{'' if error is None else f' ({error})'}.",
        field="key",
        value=str(path),
        remedy="It is tokens.key.pem in the folder that was written; `tonne consortium files --help`.",
    )
