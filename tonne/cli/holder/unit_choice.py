"""Units chosen on the command line: by vintage `2020`, batch `2020#3`, `label:NAME` or id, with `=AMOUNT`.

`allowance:2020` and `credit:2020` say which of the two is meant.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer

from tonne.cli.holder.holdings import ALLOWANCE, CREDIT, pick
from tonne.constants import DAY_S
from tonne.errors import TonneError
from tonne.types import unit_id
from tonne.types.ids import UnitId
from tonne.types.unit_id import AUTHORISED, unit_name

if TYPE_CHECKING:
    from tonne.cli.core.session import Session

KINDS: Final = {"allowance": ALLOWANCE, "credit": CREDIT}
#: A decimal id is far above every vintage.
MOST_VINTAGE: Final = 2**16 - 1
_CHOICE: Final = re.compile(
    r"(?:label:(?P<label>[^=]*[^=\s])"
    r"|(?:(?P<kind>allowance|credit):)?(?P<vintage>\d{1,5})(?:#(?P<batch>\d+))?"
    r"|(?P<id>0x[0-9a-fA-F]+|\d{6,}))"
    r"(?:=(?P<amount>[\d,]+))?"
)
#: Names of the labels that each unit has now, small letters, and numbers of their programmes.
LabelNames = Mapping[UnitId, frozenset[str]]

Units = Annotated[
    list[str] | None,
    typer.Option(
        "--unit",
        help="Unit: vintage 2020, batch 2020#3, label:NAME, or id; =AMOUNT for a part. Repeatable;"
        " default: the oldest allowances, the only batch of credits.",
    ),
]


@dataclass(frozen=True, slots=True)
class Choice:
    """One choice as typed: id, label, or vintage and perhaps batch; and an amount if there is one."""

    text: str
    vintage: int | None
    batch: int | None
    unit: int | None
    amount: int | None
    kind: int | None = None
    label: str | None = None  # small letters

    def fits(self, unit: UnitId, labels: LabelNames) -> bool:
        if self.unit is not None:
            return self.unit == unit
        if self.label is not None:
            return self.label in labels.get(unit, ())
        if self.kind not in (None, unit_id.class_of(unit)):
            return False
        number = unit_id.batch_of(unit) % AUTHORISED
        return unit_id.vintage_of(unit) == self.vintage and self.batch in (None, number)


def parse(text: str) -> Choice:
    """A choice; raises UNIT_UNREADABLE."""
    found = _CHOICE.fullmatch(text)
    if found is None or int(found["vintage"] or 0) > MOST_VINTAGE:
        raise TonneError(
            "UNIT_UNREADABLE",
            "This names no unit.",
            field="unit",
            value=text,
            remedy="Write a vintage 2020, a batch 2020#3, label:NAME or an id 0x…, with =100 for a part.",
        )
    return Choice(
        text,
        int(found["vintage"]) if found["vintage"] else None,
        int(found["batch"]) if found["batch"] else None,
        int(found["id"], 0) if found["id"] else None,
        int(found["amount"].replace(",", "")) if found["amount"] else None,
        KINDS[found["kind"]] if found["kind"] else None,
        found["label"].strip().casefold() if found["label"] else None,
    )


def labels_now(session: Session, texts: Sequence[str]) -> LabelNames:
    """Labels of all batches that hold today, if a choice names one."""
    if not any(parse(text).label for text in texts):
        return {}
    from tonne.audit.export.credit_search import labels_of, read_labels

    replay = read_labels(session.chain, session.first_block)
    day = session.chain.now() // DAY_S
    return {
        unit: frozenset(
            name
            for view in labels_of(replay, unit, day)
            for name in (view.name.casefold(), str(view.programme))
        )
        for unit in {of for _, of in replay.labels}
    }


def chosen(
    held: Sequence[dict[str, Any]],
    wanted: dict[int, int],
    where: str,
    texts: Sequence[str],
    labels: LabelNames = MappingProxyType({}),
) -> list[tuple[UnitId, int]]:
    """(unit, amount) of what is wanted of each class, from the units held at `where`.

    Raises UNIT_NOT_HELD, UNIT_AMBIGUOUS, UNIT_TWICE and UNIT_AMOUNT, each with the list of the units held.
    """
    classes = [kind for kind, amount in wanted.items() if amount]
    there = [h for h in held if h[where] and unit_id.class_of(h["unit"]) in classes]
    picked = [(one, _only(one, there, where, labels)) for one in map(parse, texts)]
    doubled = [unit for unit, n in Counter(h["unit"] for _, h in picked).items() if n > 1]
    if doubled:
        raise _refused("UNIT_TWICE", f"{unit_name(doubled[0])} is chosen twice.", there, where)
    parts: list[tuple[UnitId, int]] = []
    for kind in classes:
        own = [(c, h) for c, h in picked if unit_id.class_of(h["unit"]) == kind]
        if own:
            parts += _shared(own, wanted[kind], where, there)
        else:
            only_batch(there, kind, where)
            parts += [(UnitId(u), part) for u, part in pick(there, kind, wanted[kind], where)]
    return parts


def only_batch(there: Sequence[dict[str, Any]], kind: int, where: str) -> None:
    """Raises UNIT_AMBIGUOUS for several batches of credits. Allowances of a scheme go oldest first."""
    found = [h for h in there if unit_id.class_of(h["unit"]) == kind]
    if kind != ALLOWANCE and len(found) > 1:
        message = "You hold several batches of credits, which are not the same."
        raise _refused("UNIT_AMBIGUOUS", message, found, where)


def _only(
    choice: Choice, there: Sequence[dict[str, Any]], where: str, labels: LabelNames
) -> dict[str, Any]:
    fitting = [h for h in there if choice.fits(UnitId(h["unit"]), labels)]
    if not fitting:
        message = f"You hold nothing there that {choice.text} names."
        raise _refused("UNIT_NOT_HELD", message, there, where, choice.text)
    if len(fitting) > 1:
        message = f"{choice.text} names several of your units."
        raise _refused("UNIT_AMBIGUOUS", message, fitting, where, choice.text)
    return fitting[0]


def _shared(
    own: Sequence[tuple[Choice, dict[str, Any]]],
    wanted: int,
    where: str,
    there: Sequence[dict[str, Any]],
) -> list[tuple[UnitId, int]]:
    """Stated amounts first; what is left comes from the others, in their order."""
    fixed = {h["unit"]: c.amount for c, h in own if c.amount is not None}
    left = wanted - sum(fixed.values())
    parts = []
    for _, entry in own:
        part = fixed.get(entry["unit"])
        if part is None:
            part = max(min(entry[where], left), 0)
            left -= part
        if part > entry[where]:
            message = f"There are only {entry[where]:,} t of {unit_name(UnitId(entry['unit']))}."
            raise _refused("UNIT_AMOUNT", message, there, where, part)
        if part:
            parts.append((UnitId(entry["unit"]), part))
    if left:
        amounts = sum(part for _, part in parts)
        message = f"The chosen units come to {amounts:,} t, not {wanted:,} t."
        raise _refused("UNIT_AMOUNT", message, there, where, wanted)
    return parts


def _refused(
    code: str, message: str, units: Sequence[dict[str, Any]], where: str, value: object = None
) -> TonneError:
    names = Counter(_short(UnitId(h["unit"])) for h in units)
    rows = []
    for entry in units:
        unit = UnitId(entry["unit"])
        short = _short(unit)
        typed = short if names[short] == 1 else hex(unit)
        rows.append(f"  --unit {typed}   {entry[where]:,} t, {unit_name(unit)}, {hex(unit)}")
    place = "wallet" if where == "wallet" else "account on the exchange"
    listed = "\n".join(["", *rows, ""]) if rows else f" Your {place} holds nothing that would do."
    return TonneError(
        code,
        message + listed,
        field="unit" if code != "UNIT_AMOUNT" else "amount",
        value=value,
        remedy="Choose by --unit, or buy first." if rows else "Buy first.",
    )


def _short(unit: UnitId) -> str:
    batch = unit_id.batch_of(unit) % AUTHORISED
    return f"{unit_id.vintage_of(unit)}" + (f"#{batch}" if batch else "")
