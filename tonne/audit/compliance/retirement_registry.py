"""Replay of the RetirementRegistry: every certificate, with exactly the serial numbers it names."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import accumulate
from typing import Any, Final

from tonne.audit.replay.compare import Check, Tally
from tonne.audit.replay.events import Dated
from tonne.audit.units.issuance import IssuanceReplay
from tonne.audit.units.unit_balances import CANCELLED, RETIRED, UnitsReplay


class ClaimsReplay:
    """Retirements and cancellations."""

    contract: Final = "RetirementRegistry"

    def __init__(self, units: list[UnitsReplay], issuance: IssuanceReplay | None = None) -> None:
        self.units = units
        self.issuance = issuance  # which cancels too
        self.certificates: dict[int, dict[str, Any]] = {}
        self.times: dict[int, int] = {}
        self.cancelled: list[tuple[int, int]] = []
        self.faults: list[str] = []

    def apply(self, dated: Dated) -> None:
        args = dated.event.args
        if dated.event.name == "UnitsRetired":
            self.certificates[args["certificate"]] = args
            self.times[args["certificate"]] = dated.time
        elif dated.event.name == "UnitsCancelled":
            self.cancelled.append((args["id"], args["amount"]))
        elif dated.event.name == "UnitsBoughtToRetire":
            told = self.certificates.get(args["certificate"])
            whose = told is not None and told["participant"] == args["participant"]
            if not whose or not 0 < args["filled"] <= args["wanted"]:
                self.faults.append(f"purchase for certificate {args['certificate']}")

    def internal(self, tally: Tally) -> None:
        """No serial number is named twice; what was retired is what left as retired."""
        taken: dict[tuple[int, int], list[tuple[int, int]]] = {}
        for certificate in self.certificates.values():
            for block in certificate["blocks"]:
                key = (block.registry, block.series)
                taken.setdefault(key, []).append((block.first, block.last))
        for key, blocks in taken.items():
            blocks.sort()
            reached = accumulate((last for _, last in blocks), max)
            twice = [b for last, b in zip(reached, blocks[1:], strict=False) if b[0] <= last]
            tally.value(self.contract, f"serials of {key} named twice", [], twice)
        tally.value(self.contract, "purchases that no certificate is for", [], self.faults)
        numbers = sorted(self.certificates)
        tally.value(self.contract, "numbers", list(range(1, len(numbers) + 1)), numbers)
        retired = [(c["id"], c["amount"]) for c in self.certificates.values()]
        for kind, name, told in (
            (RETIRED, "retired", retired),
            (CANCELLED, "cancelled", self.cancelled),
        ):
            left = sum(
                amount
                for units in self.units
                for (_, of), amount in units.exited.items()
                if of == kind
            )
            if kind == CANCELLED and self.issuance is not None:
                left -= self.issuance.cancelled
            tally.value(self.contract, name, sum(amount for _, amount in told), left)

    def checks(self) -> Iterator[Check]:
        for number, told in sorted(self.certificates.items()):
            expected = {
                "unit": told["id"],
                "amount": told["amount"],
                "retiredAt": self.times[number],
                "periodStart": told["claim"].periodStart,
                "periodEnd": told["claim"].periodEnd,
                "country": told["claim"].country,
            }
            about = f"certificate {number}"
            yield Check(self.contract, "certificate", (number,), expected, about)
            blocks = list(told["blocks"])
            yield Check(self.contract, "serialsOf", (number,), blocks, f"serials of {number}")
            args = (number, told["claim"])
            yield Check(self.contract, "isClaimOf", args, True, f"claim of {number}")
        last = max(self.certificates, default=0)
        yield Check(self.contract, "lastCertificate", (), last, "last certificate")
