"""Settled intervals for the contract's tests: `tests/vectors/settlements.json`.

`python -m tests.tonne.power.settlements` writes the file; a test compares it with what it would write.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from random import Random
from typing import Any

from tonne.power.losses import shares, split
from tonne.power.settlement import Position, Tariff, settle

PATH = Path(__file__).parents[2] / "vectors" / "settlements.json"

SETTLED, HELD = 0, 3  # `Quality`
RANDOM_CASES = 12
PRICE = 80_000  # [micro-credit/kWh]


@dataclass(frozen=True, slots=True)
class Metered:
    """One account: what its meter said, and what it sold and bought [Wh]."""

    exported: int = 0
    imported: int = 0
    sold: int = 0
    bought: int = 0
    quality: int = SETTLED

    @property
    def counted(self) -> tuple[int, int]:
        return (self.exported, self.imported) if self.quality != HELD else (0, 0)


@dataclass(frozen=True, slots=True)
class Case:
    name: str
    accounts: tuple[Metered, ...]
    price: int = PRICE
    tariff: Tariff = Tariff()
    charged: bool = False  # whether the area's loss is booked and dealt out
    reference: int | None = None  # the price, where it is another's


def _agreed(seller: Metered, buyer: Metered) -> tuple[Metered, ...]:
    """A seller and a buyer of 1,000 Wh; the grid outside takes and gives what they leave."""
    exported = seller.counted[0] + buyer.counted[0]
    imported = seller.counted[1] + buyer.counted[1]
    rest = imported - exported
    return seller, buyer, Metered(exported=max(0, rest), imported=max(0, -rest))


def named() -> Iterator[Case]:
    dual = Tariff(spread_ppm=250_000)
    for name, delivered, used, tariff in (
        ("as agreed", 1_000, 1_000, Tariff()),
        ("seller short", 700, 1_000, Tariff()),
        ("buyer short", 1_000, 700, Tariff()),
        ("both short", 700, 600, Tariff()),
        ("seller short, dual prices", 700, 1_000, dual),
        ("buyer short, dual prices", 1_000, 700, dual),
        ("fees", 1_000, 1_000, Tariff(fee_import=10_001, fee_export=2_003)),
    ):
        seller = Metered(exported=delivered, sold=1_000)
        buyer = Metered(imported=used, bought=1_000)
        yield Case(name, _agreed(seller, buyer), tariff=tariff)
    seller, buyer = Metered(exported=1_000, sold=1_000), Metered(imported=1_000, bought=1_000)
    missing = Metered(exported=1_000, sold=1_000, quality=HELD)
    unread = Metered(imported=1_000, bought=1_000, quality=HELD)
    yield Case("meter of the seller missing", _agreed(missing, buyer))
    yield Case("meter of the buyer missing", _agreed(seller, unread))
    lossy = (Metered(exported=1_053, sold=1_000), Metered(imported=1_001, bought=1_000))
    yield Case("loss dealt out", lossy, charged=True)
    yield Case("loss not booked yet", lossy)


def drawn(seed: int) -> Case:
    """Accounts that sell what others buy, and deliver something else."""
    random = Random(f"settlement {seed}")
    count = random.randrange(2, 7)
    traded = [random.randrange(1, 100_000) for _ in range(count)]
    accounts = []
    for energy in traded:
        delivered = max(0, energy + random.randrange(-energy, 5_000))
        accounts.append(Metered(exported=delivered, imported=random.randrange(3), sold=energy))
        taken = max(0, energy + random.randrange(-energy, 5_000))
        quality = HELD if random.random() < 0.15 else SETTLED
        accounts.append(Metered(imported=taken, bought=energy, quality=quality))
    exported = sum(a.counted[0] for a in accounts)
    imported = sum(a.counted[1] for a in accounts)
    loss = random.randrange(0, 200)
    rest = imported + loss - exported
    accounts.append(Metered(exported=max(0, rest), imported=max(0, -rest)))
    tariff = Tariff(random.randrange(0, 300_000), random.randrange(20_000), random.randrange(5_000))
    return Case(
        f"drawn {seed}",
        tuple(accounts),
        random.randrange(1, 10_000_000),
        tariff,
        charged=seed % 2 == 0,
        reference=random.randrange(1, 10_000_000),
    )


def losses_of(accounts: Sequence[Metered], charged: int) -> list[int]:
    """What each bears of a loss, in the order of the leaves."""
    exported = [a.counted[0] for a in accounts]
    imported = [a.counted[1] for a in accounts]
    by_export, by_import = split(charged, any(exported), any(imported))
    return [
        a + b for a, b in zip(shares(by_export, exported), shares(by_import, imported), strict=True)
    ]


def reckoned(case: Case) -> dict[str, Any]:
    """A case with all that the chain must find."""
    metered = sum(a.counted[0] - a.counted[1] for a in case.accounts)
    charged = metered if case.charged else 0
    positions = [
        Position(number, a.counted[0] - a.counted[1], a.sold, a.bought, loss)
        for number, (a, loss) in enumerate(
            zip(case.accounts, losses_of(case.accounts, charged), strict=True)
        )
    ]
    reference = case.price if case.reference is None else case.reference
    settled = settle(positions, case.price, case.tariff, charged - metered, reference)
    found = {
        "name": case.name,
        "price": case.price,
        "reference": reference,
        "terms": list(asdict(case.tariff).values()),
        "charged": charged,
        "operator": settled.operator,
        "surplus": settled.surplus,
        "rounding": settled.rounding,
        "fees": settled.fees,
        "loss": [p.loss_wh for p in positions],
        "net": [line.net for line in settled.lines],
    }
    for name in ("exported", "imported", "sold", "bought", "quality"):
        found[name] = [getattr(a, name) for a in case.accounts]
    return found


def text() -> str:
    cases = [*named(), *(drawn(seed) for seed in range(RANDOM_CASES))]
    lines = ",\n".join(json.dumps(reckoned(case)) for case in cases)
    return f'{{"count": {len(cases)},\n"cases": [\n{lines}\n]}}\n'


if __name__ == "__main__":
    PATH.write_text(text(), encoding="utf-8")
