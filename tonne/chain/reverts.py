"""Reverted calls explained: one sentence that a person can act on.

Every contract's custom errors are collected in one book. The sentence comes from the contract's own
documentation (`@notice Thrown when …`) or from `tonne.chain.revert_messages`, as does the remedy; the
named values from the revert data.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

from tonne.chain.contract import Abi, _Tuple, interface
from tonne.chain.revert_messages import (
    PAGE_REMEDIES,
    REMEDIES,
    SENTENCES,
    Reader,
    beyond_horizon,
    readable,
    units_of,
)
from tonne.chain.rpc import RpcFailure
from tonne.constants import HOUR_S
from tonne.errors import TonneError

#: Error(string) and Panic(uint256), which every contract may raise.
_STRING: Final = "08c379a0"
_PANIC: Final = "4e487b71"

_PANICS: Final = {
    0x01: "an internal check failed",
    0x11: "an amount is too large or would become negative",
    0x12: "division by zero",
    0x21: "a value outside an enumeration",
    0x32: "an index outside a list",
    0x41: "too much memory",
}

#: A command or an option in a remedy.
_OF_COMMAND_LINE: Final = re.compile(r"`tonne |--[a-z]|\bcommand\b")

#: How contracts say that there is no limit.
_NO_END: Final = 2**256 - 1
#: From here on a number is a name, such as a nonce: its first digits tell it from others.
_OPAQUE: Final = 2**128

#: How documentation says that a value is in seconds: moments are shown as dates, spans with their unit.
_SECONDS: Final = " [s]"
_MOMENTS: Final = re.compile(
    r"(At|Until|From|Before|earliest|latest|deadline|from|until|notBefore)$"
    r"|^(end|expiry|late|next|since|time)$",
    re.IGNORECASE,
)
_FIRST_MOMENT: Final = 1_000_000_000
_LAST_MOMENT: Final = 10_000_000_000
_SPANS: Final = ("delay", "least", "length", "longest", "most")


@dataclass(frozen=True, slots=True)
class Revert:
    """A decoded revert."""

    name: str  # the custom error, "Error", "Panic", or "" when unknown
    args: dict[str, Any]
    sentence: str
    data: str

    @property
    def code(self) -> str:
        return snake(self.name).upper() if self.name else "REVERTED"


class ChainError(TonneError):
    """A transaction or call that the chain refused."""

    def __init__(self, revert: Revert, remedy: str, where: str, tx_hash: str | None = None) -> None:
        self.revert = revert
        self.where = where
        self.tx_hash = tx_hash
        super().__init__(
            revert.code, revert.sentence, field=where, value=revert.args or None, remedy=remedy
        )


@dataclass(frozen=True, slots=True)
class _Kind:
    name: str
    inputs: _Tuple
    notice: str
    remedy: str = ""  # of the documentation


class ErrorBook:
    """Custom errors of all known contracts, by selector."""

    def __init__(self) -> None:
        self._known: dict[str, _Kind] = {}
        self._unread: list[tuple[Abi, Callable[[], Mapping[str, str]]]] = []
        #: Makes a value readable, by the ABI name of the value and by the error's name.
        self.readers: list[Reader] = [readable]
        #: Extra sentences, by error name; each gets the named values.
        self.sentences: dict[str, Callable[[dict[str, Any]], str | None]] = {
            "HorizonExceeded": beyond_horizon
        }
        #: A moment [s] as text.
        self.moment: Callable[[int], str] = _in_utc

    def learn(self, abi: Abi, notices: Callable[[], Mapping[str, str]] = dict) -> None:
        """Adds the errors of one contract; `notices` reads the documentation by the error's name."""
        self._unread.append((abi, notices))

    @property
    def _kinds(self) -> dict[str, _Kind]:
        """By selector; a contract's errors are compiled when one has to be read."""
        unread, self._unread = self._unread, []
        for abi, notices in unread:
            said = notices()
            for kind in interface(abi).errors:
                notice, _, remedy = said.get(kind.name, "").partition("Remedy: ")
                if kind.selector not in self._known or notice:
                    self._known[kind.selector] = _Kind(
                        kind.name, kind.inputs, notice.strip(), remedy
                    )
        return self._known

    def names(self) -> Iterable[str]:
        return sorted(kind.name for kind in self._kinds.values())

    def read(self, data: str | None) -> Revert:
        plain = (data or "").removeprefix("0x")
        if not plain:
            return Revert("", {}, "The chain refused this without giving a reason.", "0x")
        selector, body = plain[:8], bytes.fromhex(plain[8:])
        if selector == _STRING:
            text = _Tuple([{"name": "reason", "type": "string"}]).decode(body)[0]
            return Revert("Error", {"reason": text}, f"The chain refused this: {text}.", data or "")
        if selector == _PANIC:
            number = int.from_bytes(body[:32], "big")
            why = _PANICS.get(number, f"panic {number:#x}")
            return Revert("Panic", {"code": number}, f"The chain refused this: {why}.", data or "")
        kind = self._kinds.get(selector)
        if kind is None:
            return Revert(
                "",
                {},
                f"The chain refused this with an error unknown here (0x{plain[:72]}).",
                data or "",
            )
        values = kind.inputs.decode(body)
        names = [n or f"value{i}" for i, n in enumerate(kind.inputs.names)]
        args = dict(zip(names, values, strict=True))
        return Revert(kind.name, args, self._sentence(kind, args), data or "")

    def error(self, data: str | None, where: str, tx_hash: str | None = None) -> ChainError:
        revert = self.read(data)
        remedy = remedy_for(revert.name) or self._remedy(data, revert.args)
        return ChainError(revert, remedy, where, tx_hash)

    def _remedy(self, data: str | None, args: dict[str, Any]) -> str:
        """The remedy in the contract's documentation, as a sentence with the values."""
        kind = self._kinds.get((data or "").removeprefix("0x")[:8])
        if kind is None or not kind.remedy:
            return ""
        text = kind.remedy.rstrip(".").replace(_SECONDS, "")
        for name, value in args.items():
            text = text.replace(f"`{name}`", self._show(kind, name, value))
        text = re.sub(r"\{(?:\w+\.)?(\w+)\}", r"\1", text.replace("`", ""))
        return text[0].upper() + text[1:] + "."

    def refused(self, failure: RpcFailure, where: str) -> TonneError:
        """Meaning of a node's refusal of a call or an estimate; the refusal itself if it is none
        of a contract's."""
        data = failure.revert_data()
        if data is None and "revert" not in failure.rpc_message.lower():
            return failure
        return self.error(data, where)

    def _sentence(self, kind: _Kind, args: dict[str, Any]) -> str:
        special = self.sentences.get(kind.name)
        said = special(args) if special else None
        if said:
            return said
        shown = {name: self._show(kind, name, value) for name, value in args.items()}
        if not kind.name.startswith("EnergyCredits"):  # its amounts have their unit in the sentence
            shown |= units_of(args)
        text = re.sub(r"^(Thrown|Reverts?|Raised) (when|if) ", "", kind.notice.strip())
        text = SENTENCES.get(kind.name) or text.rstrip(".") or spoken(kind.name)
        used = {name for name in shown if f"`{name}`" in text or f"{{{name}}}" in text}
        if kind.name in SENTENCES:
            text = re.sub(r"\{(\w+)\}", lambda found: shown[found[1]], text)
        fact, end, advice = text.replace(_SECONDS, "").partition(". ")
        for name in used:
            fact = fact.replace(f"`{name}`", f"{spaced(name)} {shown[name]}")
            advice = advice.replace(f"`{name}`", shown[name])
        text = fact + end + advice
        text = re.sub(r"\{(?:\w+\.)?(\w+)\}", r"\1", text.replace("`", ""))
        rest = ", ".join(f"{spaced(n)} {v}" for n, v in shown.items() if n not in used)
        return text[0].upper() + text[1:] + (f" ({rest})." if rest else ".")

    def _show(self, kind: _Kind, name: str, value: Any) -> str:
        for reader in self.readers:
            said = reader(kind.name, name, value)
            if said is not None:
                return said
        if isinstance(value, int) and not isinstance(value, bool):
            if _MOMENTS.search(name) and _FIRST_MOMENT < value < _LAST_MOMENT:
                return self.moment(value)
            if name in _SPANS and _SECONDS in kind.notice + kind.remedy:
                return _span(value)
        if isinstance(value, bytes):
            return "0x" + value.hex()
        if isinstance(value, int) and not isinstance(value, bool):
            if value == _NO_END:
                return "none"
            if abs(value) >= _OPAQUE:
                return f"{value:#x}"[:10] + "…"
            return f"{value:,}" if abs(value) >= 10_000 else str(value)
        return str(value)


def _in_utc(moment: int) -> str:
    return f"{datetime.fromtimestamp(moment, UTC):%Y-%m-%d %H:%M:%S} UTC"


def _span(seconds: int) -> str:
    hours, rest = divmod(seconds, HOUR_S)
    if rest or not hours:
        return f"{seconds:,} s"
    return f"{hours:,} hour{'' if hours == 1 else 's'}"


def remedy_for(name: str, remedies: Mapping[str, str] = REMEDIES) -> str:
    """The remedy of an error by its name, else by the longest ending of it."""
    endings = [ending for ending in remedies if name.endswith(ending)]
    return remedies[max(endings, key=len)] if endings else ""


def page_remedy_for(name: str) -> str:
    """The remedy of an error in a browser; none where the command line alone has one."""
    told = remedy_for(name)
    return remedy_for(name, PAGE_REMEDIES) if _OF_COMMAND_LINE.search(told) else told


def snake(name: str) -> str:
    """`ParticipantsUnknownWallet` and `ERC20Paused` as words joined by underscores."""
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z0-9])(?=[A-Z][a-z])", "_", name).lower()


def spaced(name: str) -> str:
    return snake(name).replace("_", " ")


def spoken(name: str) -> str:
    words = spaced(name).split()
    return f"{words[0]}: {' '.join(words[1:])}" if len(words) > 1 else name
