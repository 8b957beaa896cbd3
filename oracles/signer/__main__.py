"""`python -m oracles.signer`: holds a daemon's key and signs its transactions over Web3Signer's JSON-RPC.

It listens on the loopback address; elsewhere only with TLS and clients' certificates.
"""

from __future__ import annotations

import json
import ssl
import sys
from collections.abc import Mapping
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from ipaddress import ip_address
from pathlib import Path
from typing import Annotated, Any, Final

import structlog
import typer

from oracles.runtime.loop import stop_on_signals
from oracles.runtime.owner_only import require_private_keys
from oracles.runtime.process import (
    GWEI,
    Deployment,
    MaxFee,
    Passphrase,
    log_json,
    new_app,
    run_app,
)
from oracles.signer.policy import CALLS, SignerPolicy
from tonne.chain.contract import Contract
from tonne.crypto import keystore
from tonne.crypto.accounts import Account
from tonne.deployment import record
from tonne.errors import TonneError, refused

log = structlog.get_logger()
app = new_app()

#: [bytes] Largest request: a batch of 200 reports takes a quarter of it.
MOST_BYTES: Final = 2**20
#: [s] A client that is silent for so long is hung up on.
SILENCE_S: Final = 10
#: JSON-RPC's own numbers, and that of a refusal.
PARSE_ERROR, NO_METHOD, BAD_PARAMS, REFUSED = -32700, -32601, -32602, -32000


class SigningService:
    """Answers the two methods of Web3Signer that a daemon uses."""

    def __init__(self, account: Account, policy: SignerPolicy) -> None:
        self._account = account
        self._policy = policy

    def answer(self, body: bytes) -> dict[str, Any]:
        number = None
        try:
            request = json.loads(body)
            number = request.get("id")
            return {"jsonrpc": "2.0", "id": number, "result": self._result(request)}
        except TonneError as error:
            log.warning("refused", field=error.field, value=error.value, reason=error.message)
            code, text = REFUSED, error.message
        except KeyError as error:
            code, text = NO_METHOD, f"There is no method {error.args[0]}."
        except IndexError:
            code, text = BAD_PARAMS, "The transaction is missing."
        except (ValueError, AttributeError, TypeError, RecursionError):
            code, text = PARSE_ERROR, "This is no JSON-RPC request."
        return {"jsonrpc": "2.0", "id": number, "error": {"code": code, "message": text}}

    def _result(self, request: Mapping[str, Any]) -> Any:
        method = request.get("method")
        if method == "eth_accounts":
            return [self._account.address]
        if method != "eth_signTransaction":
            raise KeyError(str(method)[:80])
        wanted = self._policy.read((request.get("params") or [])[0])
        signed = self._account.sign_transaction(
            self._policy.chain_id,
            wanted.nonce,
            wanted.to,
            wanted.data,
            wanted.gas,
            wanted.fees,
        )
        log.info("signed", nonce=wanted.nonce, to="0x" + wanted.to.hex(), tx_hash=signed.hash)
        return signed.raw


def server(
    signer: SigningService, address: tuple[str, int], tls: ssl.SSLContext | None
) -> SignerServer:
    """A server that is ready to serve; port 0 asks for any free one."""
    serving = SignerServer(address, _handler(signer))
    if tls is not None:
        # The handshake is left to the thread of the client, which alone then waits for it.
        serving.socket = tls.wrap_socket(
            serving.socket, server_side=True, do_handshake_on_connect=False
        )
    return serving


class SignerServer(ThreadingHTTPServer):
    """Each client has a thread; one that hangs up in the middle is a line in the log."""

    daemon_threads = True

    def handle_error(self, request: Any, client_address: Any) -> None:
        log.warning("hung_up", client=str(client_address), reason=repr(sys.exc_info()[1]))


def _handler(signer: SigningService) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        timeout = SILENCE_S
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            self._send(200 if self.path == "/upcheck" else 404, b"OK", "text/plain")

        def do_POST(self) -> None:
            length = self.headers.get("Content-Length", "")
            if not length.isdigit() or int(length) > MOST_BYTES:
                self.close_connection = True
                self._send(413, b"", "text/plain")
                return
            body = self.rfile.read(int(length))
            self._send(200, json.dumps(signer.answer(body)).encode(), "application/json")

        def _send(self, status: int, body: bytes, kind: str) -> None:
            self.send_response(status)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: Any) -> None:
            """Signatures and refusals are logged, requests are not."""

    return Handler


@app.command()
def serve(
    deployment: Deployment,
    keystore_file: Annotated[
        Path, typer.Option("--keystore", help="Ethereum keystore of the daemon's sender.")
    ],
    daemon: Annotated[
        str, typer.Option(help=f"Daemon that the calls belong to: {', '.join(CALLS)}.")
    ],
    passphrase_file: Passphrase = None,
    host: Annotated[str, typer.Option(help="Address to listen on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(help="Port to listen on.", min=0, max=65535)] = 9000,
    certificate: Annotated[
        Path | None, typer.Option(help="The signer's certificate with its key, a PEM file.")
    ] = None,
    clients: Annotated[
        Path | None, typer.Option(help="Certificates of the clients that may ask, a PEM file.")
    ] = None,
    max_fee_gwei: MaxFee = 500,
) -> None:
    """Signs a daemon's transactions until a signal, and nothing else."""
    log_json()
    if daemon not in CALLS:
        raise refused("SIGNER_DAEMON", daemon=daemon, calls=", ".join(CALLS))
    require_private_keys(p for p in (keystore_file, passphrase_file, certificate) if p is not None)
    tls = _tls(host, certificate, clients)
    known = record.load(deployment)
    account = keystore.read(keystore_file, passphrase_file)
    contracts = {
        name: Contract(name, known.contracts[name].address, abi)
        for name, abi in record.abis([known.contracts[name] for name in CALLS[daemon]]).items()
    }
    policy = SignerPolicy.of(
        daemon, contracts, known.chain_id, account.address, max_fee_gwei * GWEI
    )
    serving = server(SigningService(account, policy), (host, port), tls)
    stop = stop_on_signals()
    log.info("ready", address=account.address, host=host, port=serving.server_port)
    serving.timeout = 0.5
    with serving:
        while not stop.is_set():
            with suppress(OSError):
                serving.handle_request()


def _tls(host: str, certificate: Path | None, clients: Path | None) -> ssl.SSLContext | None:
    """Refuses to be open to a network without knowing who asks."""
    if certificate is None or clients is None:
        local = host == "localhost" or ip_address(host).is_loopback
        if not local or certificate is not None or clients is not None:
            raise refused("SIGNER_OPEN", host=host)
        return None
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    context.load_verify_locations(clients)
    context.verify_mode = ssl.CERT_REQUIRED
    return context


if __name__ == "__main__":
    run_app(app)
