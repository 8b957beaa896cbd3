"""What operators of a consortium install: files that Besu and systemd take, and keys kept apart."""

from __future__ import annotations

import base64
import json
import re
import stat
import subprocess
import tomllib
from pathlib import Path

import pytest
import yaml
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from cryptography.hazmat.primitives.serialization import pkcs12
from typer.testing import CliRunner

from tests.deploy.test_deploy import MOST_EXPOSED, ROOT, tool
from tonne.audit.proofs import seals
from tonne.cli import app
from tonne.crypto.accounts import Account
from tonne.deployment import besu_network
from tonne.errors import TonneError

FOLDER = ROOT / "deploy" / "consortium"
UNIT = FOLDER / "tonne-validator.service"
HOSTS = [f"10.77.0.{11 + number}" for number in range(4)]

#: Options of Besu that the files use, as its reference of March 2026 has them, with how each is written.
OPTIONS = {
    **dict.fromkeys(
        ("genesis-file", "static-nodes-file", "data-path", "node-private-key-file", "p2p-host"), str
    ),
    **dict.fromkeys(("nat-method", "sync-mode", "data-storage-format", "tx-pool", "logging"), str),
    **dict.fromkeys(("rpc-http-host", "metrics-host", "config-file"), str),
    **dict.fromkeys(("rpc-http-tls-keystore-file", "rpc-http-tls-keystore-password-file"), str),
    **dict.fromkeys(
        (
            "rpc-http-authentication-jwt-algorithm",
            "rpc-http-authentication-jwt-public-key-file",
        ),
        str,
    ),
    **dict.fromkeys(("discovery-enabled", "rpc-http-enabled", "rpc-http-tls-enabled"), bool),
    **dict.fromkeys(
        ("rpc-http-authentication-enabled", "revert-reason-enabled", "metrics-enabled"), bool
    ),
    **dict.fromkeys(("p2p-port", "max-peers", "min-gas-price", "target-gas-limit"), int),
    **dict.fromkeys(("tx-pool-max-size", "tx-pool-limit-by-account-percentage"), int),
    **dict.fromkeys(("rpc-http-port", "metrics-port", "rpc-max-logs-range"), int),
    **dict.fromkeys(("rpc-http-api", "host-allowlist", "rpc-http-tls-protocol"), list),
}
#: Items of a genesis file and of its `config` and `qbft`, by the same reference.
GENESIS = {
    *("config", "nonce", "timestamp", "extraData", "gasLimit", "difficulty", "mixHash"),
    *("coinbase", "alloc"),
}
CONFIG = {"chainId", "berlinBlock", "londonBlock", "zeroBaseFee", "qbft"}
QBFT = {"epochlength", "blockperiodseconds", "requesttimeoutseconds"}


@pytest.fixture(scope="module")
def network(tmp_path_factory):
    """The files of four validators."""
    folder = tmp_path_factory.mktemp("consortium") / "network"
    hosts = [part for host in HOSTS for part in ("--host", host)]
    done = CliRunner().invoke(app, ["consortium", "files", str(folder), *hosts])
    assert done.exit_code == 0, done.output
    return folder


def test_the_extra_data_is_that_of_besus_documentation():
    validators = [
        *("4592c8e45706cc08b8f44b11e43cba0cfc5892cb", "06e23768a0f59cf365e18c2e0c89e151bcdedc70"),
        *("c5327f96ee02d7bcbc1bf1236b8c15148971e1de", "ab5e7f4061c605820d3744227eed91ff8e2c8908"),
    ]
    addresses = sorted(validators)
    listed = "".join("94" + address for address in addresses)
    found = besu_network.extra_data([bytes.fromhex(address) for address in validators])
    assert found == f"0xf87aa0{'00' * 32}f854{listed}c080c0"


def test_the_genesis_has_qbft_with_the_four_as_validators(network):
    block = json.loads((network / "node-1/public/genesis.json").read_text())
    assert set(block) == GENESIS
    assert set(block["config"]) == CONFIG and set(block["config"]["qbft"]) == QBFT
    assert int(block["gasLimit"], 16) == 30_000_000
    assert 2 <= block["config"]["qbft"]["blockperiodseconds"] <= 5
    listed = seals._bft(bytes.fromhex(block["extraData"][2:]))
    assert bytes.fromhex(block["mixHash"][2:]) == seals.BFT_MIX and not listed.ibft
    keys = [Account((network / f"node-{n}/secret/node.key").read_text()) for n in range(1, 5)]
    assert listed.validators == sorted(key.address_bytes for key in keys)


def test_every_node_knows_every_other_by_key_and_address(network):
    texts = {(network / f"node-{n}/public/static-nodes.json").read_text() for n in range(1, 5)}
    (text,) = texts
    for number, (enode, host) in enumerate(zip(json.loads(text), HOSTS, strict=True), start=1):
        secret = bytes.fromhex((network / f"node-{number}/secret/node.key").read_text()[2:])
        public = besu_network.NodeKey(secret).public.hex()
        assert enode == f"enode://{public}@{host}:30303"
    assert len({(network / f"node-{n}/public/genesis.json").read_text() for n in range(1, 5)}) == 1


def test_the_settings_are_besus_with_tls_and_tokens(network):
    settings = tomllib.loads((network / "node-2/public/besu.toml").read_text())
    for name, value in settings.items():
        assert type(value) is OPTIONS[name], name
    assert settings["p2p-host"] == HOSTS[1]
    assert settings["rpc-http-tls-enabled"] and settings["rpc-http-authentication-enabled"]
    assert not settings["discovery-enabled"]
    assert settings["target-gas-limit"] == 30_000_000
    assert not {"ADMIN", "DEBUG", "MINER", "PERM"} & set(settings["rpc-http-api"])


def test_what_is_secret_is_its_owners_alone_and_differs_from_node_to_node(network):
    seen = set()
    for number in range(1, 5):
        place = network / f"node-{number}" / "secret"
        assert stat.S_IMODE(place.stat().st_mode) == 0o700
        for path in place.iterdir():
            assert stat.S_IMODE(path.stat().st_mode) == 0o600
            seen.add(path.read_bytes())
        public = b"".join(path.read_bytes() for path in (place.parent / "public").iterdir())
        assert (place / "node.key").read_bytes()[2:] not in public
        assert b"PRIVATE" not in public
    assert len(seen) == 4 * 3
    assert stat.S_IMODE((network / "tokens.key.pem").stat().st_mode) == 0o600


def test_a_nodes_certificate_is_for_its_address_by_the_networks_authority(network):
    authority = x509.load_pem_x509_certificate((network / "ca.pem").read_bytes())
    place = network / "node-3" / "secret"
    opened = pkcs12.load_pkcs12(
        (place / "tls.p12").read_bytes(), (place / "tls.password").read_bytes()
    )
    opened.cert.certificate.verify_directly_issued_by(authority)
    names = opened.cert.certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName)
    assert [str(ip) for ip in names.value.get_values_for_type(x509.IPAddress)] == [HOSTS[2]]


def test_a_token_is_signed_and_allows_no_vote(network):
    done = CliRunner().invoke(app, ["consortium", "token", str(network / "tokens.key.pem")])
    head, body, signature = done.output.strip().split(".")

    def read(part):
        return base64.urlsafe_b64decode(part + "=" * (-len(part) % 4))

    assert json.loads(read(head)) == {"alg": "ES256", "typ": "JWT"}
    said = json.loads(read(body))
    assert "eth:*" in said["permissions"]
    assert not any(p in ("*:*", "qbft:*") or "propose" in p for p in said["permissions"])
    words = read(signature)
    key = serialization.load_pem_public_key((network / "node-1/public/tokens.pub.pem").read_bytes())
    both = (int.from_bytes(words[:32], "big"), int.from_bytes(words[32:], "big"))
    key.verify(encode_dss_signature(*both), f"{head}.{body}".encode(), ec.ECDSA(hashes.SHA256()))


@pytest.mark.parametrize(
    "hosts, code",
    [
        (HOSTS[:3], "BESU_TOO_FEW_HOSTS"),
        ([*HOSTS[:3], HOSTS[0]], "BESU_TOO_FEW_HOSTS"),
        ([*HOSTS[:3], "node4.example"], "BESU_HOST_NO_ADDRESS"),
    ],
)
def test_hosts_that_will_not_do_are_refused(tmp_path, hosts, code):
    with pytest.raises(TonneError) as refused:
        besu_network.write(tmp_path / "new", hosts, 1, 5)
    assert refused.value.code == code and not (tmp_path / "new").exists()


def test_keys_that_are_there_are_not_overwritten(network):
    before = (network / "node-1/secret/node.key").read_text()
    with pytest.raises(TonneError) as refused:
        besu_network.write(network, HOSTS, 1, 5)
    assert refused.value.code == "BESU_FOLDER_EXISTS"
    assert (network / "node-1/secret/node.key").read_text() == before


def test_a_file_that_is_no_key_signs_no_token(network):
    with pytest.raises(TonneError) as refused:
        besu_network.token(network / "ca.pem")
    assert refused.value.code == "BESU_TOKEN_KEY"


def test_the_unit_is_valid_tight_and_names_no_secret(tmp_path):
    analyze = tool("systemd-analyze")
    text = UNIT.read_text()
    unit = tmp_path / UNIT.name
    # Besu is not on this machine.
    unit.write_text(text.replace("/opt/besu/bin/besu", "/bin/true"))
    done = subprocess.run([analyze, "verify", str(unit)], capture_output=True, text=True)
    assert done.returncode == 0 and unit.name not in done.stderr, done.stderr
    done = subprocess.run(
        [analyze, "security", "--offline=yes", str(UNIT)], capture_output=True, text=True
    )
    (score,) = re.findall(r"Overall exposure level for \S+: (\S+)", done.stdout)
    assert float(score) <= MOST_EXPOSED
    (command,) = re.findall(r"^ExecStart=(.*)$", text.replace("\\\n", " "), re.MULTILINE)
    for name, value in re.findall(r"--(\S+?)=(\S+)", command):
        assert name in OPTIONS
        assert value.startswith("%d/") or name == "config-file"
    assert "Environment" not in text


def test_the_compose_file_mounts_what_the_command_writes(network):
    told = yaml.safe_load((FOLDER / "compose.yaml").read_text())
    assert set(told["services"]) == {f"validator-{number}" for number in range(1, 5)}
    for number, service in enumerate(told["services"].values(), start=1):
        assert service["networks"]["validators"]["ipv4_address"] == HOSTS[number - 1]
        options = dict(part[2:].split("=", 1) for part in service["command"])
        assert set(options) <= set(OPTIONS)
        targets = {each["target"]: told["secrets"][each["source"]] for each in service["secrets"]}
        for name, source in targets.items():
            path = Path(source["file"])
            assert path.parts[:3] == ("network", f"node-{number}", "secret") and path.name == name
            assert (network.parent / path).is_file()
        assert {f"/run/secrets/{name}" for name in targets} <= set(options.values())
        folder, place, how = service["volumes"][0].split(":")
        assert (network.parent / folder).is_dir() and how == "ro"
        assert Path(options["config-file"]).parent == Path(place)
        assert service["ports"][0].startswith("127.0.0.1:")


def test_files_that_the_settings_name_are_there(network):
    settings = tomllib.loads((network / "node-1/public/besu.toml").read_text())
    named = [v for v in settings.values() if str(v).startswith("/etc/tonne-validator/")]
    assert len(named) == 3
    assert all((network / "node-1/public" / Path(name).name).is_file() for name in named)
