"""JSON-RPC over HTTP as the chain client needs it: one call by web3.py, or hundreds in one body.

The batched path is the project's own: one by one, a question takes web3.py 40 times as long as in a body
of 200, and its own batch keeps neither the answers beside a refused one nor a time-out for each body
(`tools.bench_fast_path`).

Nothing here repeats a request by itself: a repeated `eth_sendRawTransaction` is how transactions
get lost or doubled, so repeating is left to callers who know the request.
"""

from __future__ import annotations

import json
import re
import threading
import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, cast
from urllib.parse import urlsplit, urlunsplit

import requests
from requests.adapters import HTTPAdapter

from tonne.chain.node_login import login
from tonne.errors import TonneError

if TYPE_CHECKING:
    from web3 import HTTPProvider

Request = tuple[str, Sequence[Any]]

#: Of one answer, and of one read of it; and within how many time-outs all of it must be there.
MOST_BYTES: Final = 2**28
READ_BYTES: Final = 2**16
WHOLE: Final = 3

#: How nodes say that they no longer keep the state of a block: Anvil, geth, Nethermind, Reth, Besu.
_BEHIND: Final = re.compile(r"block height is (\d+) but requested was (\d+)")
_GONE: Final = re.compile(
    r"missing trie node|historical state|state \S+ is not available|state at block \S+ is pruned"
    r"|no state available|world state unavailable|state pruning",
    re.IGNORECASE,
)


class RpcFailure(TonneError):
    """The node answered with an error object."""

    def __init__(self, method: str, error: dict[str, Any]) -> None:
        self.rpc_code = error.get("code", 0)
        self.rpc_message = str(error.get("message", ""))
        self.data = error.get("data")
        super().__init__(
            "RPC_REFUSED",
            f"The node refused {method}: {self.rpc_message or self.rpc_code}.",
            field="method",
            value=method,
            remedy="",
        )

    def revert_data(self) -> str | None:
        """The returned bytes of a reverted call, wherever this node hides them."""
        return _find_hex(self.data)


class StateGone(RpcFailure):
    """The node has moved on: it no longer keeps the state of the block it was asked about.

    A node without an archive keeps those of its last blocks, a hundred or so. A question about the
    latest block can be refused as well: it was put to a block that is old by the time of the answer.
    """

    def __init__(self, method: str, error: dict[str, Any]) -> None:
        super().__init__(method, error)
        self.code = "RPC_STATE_GONE"
        self.remedy = "Ask again, or ask a node that keeps the states of old blocks."


class RpcUnreachable(TonneError):
    """No answer: the request may or may not have been carried out."""


class _NotAdmitted(requests.RequestException):
    """The node asks who it is, or does not let this one in."""


class _Bounded(HTTPAdapter):
    """Answers are read up to a size, and within a time: the time-out alone is one between two bytes."""

    def send(  # type: ignore[override]  # as `requests` calls it
        self,
        request: requests.PreparedRequest,
        stream: bool = False,
        timeout: float | None = None,
        **settings: Any,
    ) -> requests.Response:
        begun = time.monotonic()
        response = super().send(request, stream=True, timeout=timeout, **settings)
        if response.status_code in (401, 403):
            response.close()
            raise _NotAdmitted
        parts: list[bytes] = []
        size = 0
        try:
            while part := response.raw.read1(READ_BYTES, decode_content=True):
                parts.append(part)
                size += len(part)
                if size > MOST_BYTES:
                    raise requests.exceptions.ContentDecodingError("an answer without end")
                if timeout is not None and time.monotonic() - begun > WHOLE * timeout:
                    raise requests.exceptions.ReadTimeout("an answer that drips")
        except requests.RequestException:
            response.close()
            raise
        except Exception as error:  # of the libraries below `requests`, which are not its own
            response.close()
            raise requests.exceptions.ConnectionError(error) from error
        response._content = b"".join(parts)  # as `requests` keeps what it has read itself
        response._content_consumed = True  # type: ignore[attr-defined]
        return response


class _NodeSession(requests.Session):
    """A session that posts JSON to one URL with a request prepared once: else each costs a third more."""

    def __init__(self, url: str) -> None:
        super().__init__()
        self._url = url
        self.mount("http://", _Bounded(max_retries=0))
        self.mount("https://", _Bounded(max_retries=0))
        self.headers["Content-Type"] = "application/json"

    @cached_property
    def _prepared(self) -> requests.PreparedRequest:
        return self.prepare_request(requests.Request("POST", self._url))

    def post(  # type: ignore[override]  # as web3.py calls it
        self, url: str, data: bytes, timeout: float, **_: Any
    ) -> requests.Response:
        request = self._prepared.copy()
        request.body = data
        request.headers["Content-Length"] = str(len(data))
        return self.get_adapter(url).send(
            request,
            timeout=timeout,
            verify=self.verify or False,
            cert=self.cert,
            proxies=self.proxies,
        )


class Rpc:
    """A kept-alive connection to one node."""

    def __init__(self, url: str, timeout_s: float = 120, certificate: Path | None = None) -> None:
        """`certificate`: a PEM file with the client's certificate and key, where TLS asks for one.

        Raises RPC_URL for anything but a whole http:// or https:// URL.
        """
        self.url = _whole_url(url)
        self.timeout_s = timeout_s
        self._session = _NodeSession(url)
        # The environment's proxies and certificates, read once: it would be asked every time.
        told = self._session.merge_environment_settings(url, {}, None, None, None)
        self._session.proxies, self._session.verify = told["proxies"], told["verify"]
        self._session.auth = login(url)
        self._session.trust_env = False
        self._session.cert = str(certificate) if certificate is not None else None
        self._numbers = _Numbers()
        self._settings: dict[str, Any] = {"proxies": self._session.proxies}  # of web3.py's requests

    @cached_property
    def provider(self) -> HTTPProvider:
        """web3.py's, on this connection; imported when first asked, since that takes 0.15 s."""
        from web3 import HTTPProvider

        provider = HTTPProvider(
            self.url, self._settings, self._session, exception_retry_configuration=None
        )
        provider.request_counter = cast(Any, self._numbers)
        return provider

    def call(self, method: str, *params: Any) -> Any:
        self._settings["timeout"] = self.timeout_s
        with self._explained():
            answer: Any = self.provider.make_request(cast(Any, method), params)
        if not isinstance(answer, dict):
            raise self._unreadable(answer)
        refused = (
            answer.get("error") is not None
        )  # without a number, where the node could not read it
        if answer.get("id") != self._numbers.last and not (refused and answer.get("id") is None):
            raise self._unreadable(answer)
        if refused:
            raise _failure(method, answer["error"])
        if "result" not in answer:
            raise self._unreadable(answer)
        return answer["result"]

    def batch(self, requests_: Iterable[Request], size: int = 500) -> list[Any]:
        """Results in the order asked; a refused one is an `RpcFailure` in its place, not raised."""
        asked = list(requests_)
        results: list[Any] = []
        for start in range(0, len(asked), size):
            results.extend(self._one_body(asked[start : start + size]))
        return results

    def batch_or_raise(self, requests_: Iterable[Request], size: int = 500) -> list[Any]:
        results = self.batch(requests_, size)
        for result in results:
            if isinstance(result, RpcFailure):
                raise result
        return results

    def close(self) -> None:
        self._session.close()

    def _one_body(self, asked: Sequence[Request]) -> list[Any]:
        if not asked:
            return []
        body = [
            {"jsonrpc": "2.0", "id": position, "method": method, "params": params}
            for position, (method, params) in enumerate(asked)
        ]
        answers = self._post(body)
        if not isinstance(answers, list):
            raise self._unreadable(answers)
        results: dict[int, Any] = {}
        for answer in answers:
            position = answer.get("id") if isinstance(answer, dict) else None
            if not isinstance(position, int) or not 0 <= position < len(asked):
                raise self._unreadable(answer)
            if answer.get("error") is not None:
                results[position] = _failure(asked[position][0], answer["error"])
            elif "result" in answer:
                results[position] = answer["result"]
        if len(results) != len(asked) or len(answers) != len(asked):
            raise self._unreadable(f"{len(results)} answers to {len(asked)} requests")
        return [results[position] for position in range(len(asked))]

    def _post(self, body: Any) -> Any:
        data = json.dumps(body, separators=(",", ":")).encode()
        with self._explained():
            return self._session.post(self.url, data, self.timeout_s).json()

    @contextmanager
    def _explained(self) -> Iterator[None]:
        """Says in words that no answer came, or none that can be read."""
        try:
            yield
        except requests.JSONDecodeError as error:
            raise self._unreadable(error.doc) from None
        except _NotAdmitted:
            raise RpcUnreachable.of("RPC_NOT_ADMITTED", url=masked(self.url)) from None
        except requests.RequestException as error:
            raise RpcUnreachable.of(
                "RPC_UNREACHABLE", url=masked(self.url), type_name=type(error).__name__
            ) from None
        except (ValueError, RecursionError) as error:
            raise self._unreadable(getattr(error, "doc", error)) from None

    def _unreadable(self, answer: Any) -> TonneError:
        return RpcUnreachable(
            "RPC_UNREADABLE",
            f"The answer from {masked(self.url)} is not JSON-RPC: {str(answer)[:120]}",
            field="rpc",
            value=masked(self.url),
            remedy="Is this the URL of an Ethereum node?",
        )


class _Numbers(threading.local):
    """Ids of a thread's single requests; the last is kept: no other request's answer is taken for its own."""

    last = -1

    def __iter__(self) -> _Numbers:
        return self

    def __next__(self) -> int:
        self.last += 1
        return self.last


def quantity(answer: Any, asked: str) -> int:
    """A number of the node's, such as `"0x7a69"`; anything else is an answer that cannot be read."""
    try:
        if not isinstance(answer, str):
            raise ValueError
        return int(answer, 16)
    except ValueError:
        raise RpcUnreachable(
            "RPC_UNREADABLE",
            f"The node answers {asked} with {str(answer)[:60]!r}, which is no number.",
            field="rpc",
            value=str(answer)[:60],
            remedy="Is this the URL of an Ethereum node?",
        ) from None


def _whole_url(url: str) -> str:
    """`url`, if it is one that JSON-RPC over HTTP can be asked at; raises RPC_URL."""
    try:
        parts = urlsplit(url)
        whole = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:  # of a port that is no number, or of a bracket left open
        whole = False
    if whole:
        return url
    before, mark, after = url.partition("://")
    scheme, plain = (before + mark, after) if mark else ("", url)
    host = re.split(r"[/?#]", plain)[0].rpartition("@")[2]  # a password or a key is not repeated
    named = re.fullmatch(r"[\w.-]+:\d{1,5}|\w[\w-]*(\.[\w-]+)+|localhost", host) is not None
    raise TonneError(
        "RPC_URL",
        "A node is reached by an http:// or https:// URL; this is none.",
        field="rpc",
        value=scheme + host,
        remedy=f"Write `--rpc http://{host if named else '127.0.0.1:8545'}`.",
    )


def _failure(method: str, error: Any) -> RpcFailure:
    if not isinstance(error, dict):
        error = {"message": str(error)}
    said = str(error.get("message", ""))
    behind = _BEHIND.search(said)
    gone = int(behind[1]) > int(behind[2]) if behind else _GONE.search(said) is not None
    # A contract's answer is no word of the node's.
    if gone and not said.startswith("execution reverted"):
        return StateGone(method, error)
    return RpcFailure(method, error)


def masked(url: str) -> str:
    """The URL without what may be secret: password, path of an API key, query."""
    parts = urlsplit(url)
    host = parts.hostname or ""
    port = f":{parts.port}" if parts.port else ""
    path = "/…" if parts.path.strip("/") or parts.query else ""
    return urlunsplit((parts.scheme, host + port, path, "", ""))


def _find_hex(data: Any) -> str | None:
    """Anvil gives a string, Ganache a dict per transaction or with `result`, geth a string."""
    if isinstance(data, str):
        if data.startswith("0x"):
            return data
        position = data.find("0x")
        return data[position:].split()[0].strip("\"'") if position >= 0 else None
    if isinstance(data, dict):
        for key in ("result", "data", "return", "output"):
            found = _find_hex(data.get(key))
            if found is not None:
                return found
        for value in data.values():
            if isinstance(value, dict):
                found = _find_hex(value)
                if found is not None:
                    return found
    return None
