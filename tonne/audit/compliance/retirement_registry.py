"""Replay of the RetirementRegistry: certificates, their serial numbers, cancellations, purchases."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from itertools import accumulate
from typing import Final

from tonne.audit.replay.compare import Check, Tally
from tonne.audit.replay.contract_replay import AccessManagedReplay, Args
from tonne.audit.replay.events import Dated
from tonne.audit.units.issuance import IssuanceReplay
from tonne.audit.units.unit_balances import CANCELLED, RETIRED, Unit1155Replay
from tonne.constants import ZERO_ADDRESS
from tonne.types import unit_id

#: Classes that a unit contract is asked for.
CLASSES: Final = range(1, 9)
ACCEPTED, DECLINED = 1, 2  # `CertificateAnswer`


class RetirementRegistryReplay(AccessManagedReplay):
    """Retirements, each with a locked certificate, and cancellations."""

    contract = "RetirementRegistry"

    def __init__(self, units: list[Unit1155Replay], issuance: IssuanceReplay | None = None) -> None:
        super().__init__()
        self.units = units
        self.issuance = issuance  # which cancels too
        self.certificates: dict[int, Args] = {}
        self.times: dict[int, int] = {}
        self.holders: dict[int, str] = {}
        self.locked: set[int] = set()
        self.answers: dict[int, int] = {}  # `CertificateAnswer`, by certificate
        self.cancelled: list[tuple[int, int]] = []
        self.unit_contracts: dict[int, str] = {}  # by class
        self.marks: dict[int, int] = {}  # Parties, by certificates of outcomes

    def _on_UnitContractAdded(self, a: Args, _: Dated) -> None:
        self._require(
            a["class"] not in self.unit_contracts, f"second contract of class {a['class']}"
        )
        self.unit_contracts[a["class"]] = a["unitContract"]

    def _on_Transfer(self, a: Args, _: Dated) -> None:
        number = a["tokenId"]
        minted = a["from"] == ZERO_ADDRESS and number == len(self.holders) + 1
        self._require(minted, f"certificate {number} moved, or is out of order")
        self.holders[number] = a["to"]

    def _on_Locked(self, a: Args, _: Dated) -> None:
        fresh = a["tokenId"] in self.holders and a["tokenId"] not in self.locked
        self._require(fresh, f"lock of certificate {a['tokenId']}")
        self.locked.add(a["tokenId"])

    def _on_UnitsRetired(self, a: Args, at: Dated) -> None:
        self.certificates[a["certificate"]] = a
        self.times[a["certificate"]] = at.time

    def _on_OutcomeRetired(self, a: Args, _: Dated) -> None:
        retired = self.certificates[a["certificate"]]
        right = retired["id"] == a["id"] and unit_id.is_authorised(a["id"])
        self._require(right, f"mark of certificate {a['certificate']}")
        self.marks[a["certificate"]] = a["party"]

    def _on_CertificateAnswered(self, a: Args, _: Dated) -> None:
        number = a["certificate"]
        own = self.holders.get(number) == a["holder"]
        self._require(own, f"certificate {number} answered by another than its holder")
        self.answers[number] = ACCEPTED if a["accepted"] else DECLINED

    def _on_UnitsCancelled(self, a: Args, _: Dated) -> None:
        self.cancelled.append((a["id"], a["amount"]))

    def _on_UnitsBoughtToRetire(self, a: Args, _: Dated) -> None:
        bought = self.certificates.get(a["certificate"])
        own = bought is not None and bought["participant"] == a["participant"]
        right = own and 0 < a["filled"] <= a["wanted"]
        self._require(right, f"purchase for certificate {a['certificate']}")

    # Comparison

    def invariants(self, tally: Tally) -> None:
        """No serial number is named twice; certificates are for the units that left as retired."""
        super().invariants(tally)
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
        numbers = sorted(self.certificates)
        tally.value(self.contract, "certificates minted", numbers, sorted(self.holders))
        tally.value(self.contract, "certificates locked", numbers, sorted(self.locked))
        tally.value(self.contract, "numbers", list(range(1, len(numbers) + 1)), numbers)
        retired = [(c["id"], c["amount"]) for c in self.certificates.values()]
        for kind, name, stated in (
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
            tally.value(self.contract, name, sum(amount for _, amount in stated), left)

    def checks(self, now: int) -> Iterator[Check]:
        yield from super().checks(now)
        for number, retired in sorted(self.certificates.items()):
            expected = {
                "holder": self.holders.get(number, ZERO_ADDRESS),
                "unit": retired["id"],
                "amount": retired["amount"],
                "retiredAt": self.times[number],
                "periodStart": retired["claim"].periodStart,
                "periodEnd": retired["claim"].periodEnd,
                "country": retired["claim"].country,
            }
            mark = (number in self.marks, self.marks.get(number, 0))
            yield Check(self.contract, "markOf", (number,), mark, f"mark of {number}")
            about = f"certificate {number}"
            yield Check(self.contract, "certificate", (number,), expected, about)
            holder = self.holders.get(number, ZERO_ADDRESS)
            yield Check(self.contract, "ownerOf", (number,), holder, f"owner of {about}")
            blocks = list(retired["blocks"])
            yield Check(self.contract, "serialsOf", (number,), blocks, f"serials of {number}")
            answer = self.answers.get(number, 0)
            yield Check(self.contract, "answerOf", (number,), answer, f"answer to {number}")
            args = (number, retired["claim"])
            yield Check(self.contract, "isClaimOf", args, True, f"claim of {number}")
            yield Check(
                self.contract, "locked", (number,), number in self.locked, f"lock of {number}"
            )
        for holder, count in sorted(Counter(self.holders.values()).items()):
            yield Check(self.contract, "balanceOf", (holder,), count, f"certificates of {holder}")
        for class_ in CLASSES:
            address = self.unit_contracts.get(class_, ZERO_ADDRESS)
            about = f"unit contract of class {class_}"
            yield Check(self.contract, "unitContract", (class_,), address, about)
        last = max(self.certificates, default=0)
        yield Check(self.contract, "lastCertificate", (), last, "last certificate")
