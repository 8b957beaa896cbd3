"""What firms avoid at a price: a curve for each, and the price at which there is enough for the rest."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import Final, Self

import numpy as np

from tonne.simulation.fleet.traders import Floats, Ints

#: Share of its emissions that a firm avoids on average at twice the reference price. Assumed.
SHARE: Final = Fraction(1, 20)
#: A firm's own share lies within half as much more or less.
AROUND: Final = 0.5
#: No firm avoids more of its emissions than this, whatever a tonne costs. Assumed.
MOST: Final = 0.3
#: No higher price is expected, as a multiple of the reference price.
HIGHEST: Final = 20


@dataclass(frozen=True, slots=True)
class AbatementCurve:
    """Each firm's curve: nothing at the reference price, a straight line above it, up to {MOST}."""

    reference: int  # [0.01 currency a t]: at this price emissions are as they are
    shares: Floats  # avoided at twice the price

    @classmethod
    def drawn(cls, seed: int, count: int, reference: int, share: Fraction = SHARE) -> Self:
        rng = np.random.default_rng([seed, *b"abatement"])
        return cls(reference, float(share) * rng.uniform(1 - AROUND, 1 + AROUND, count))

    def avoided(self, price: int) -> Floats:
        """The share of its emissions that each firm avoids at a price."""
        return np.clip(self.shares * (price / self.reference - 1), 0.0, MOST)

    def price(self, due: Ints, supply: int) -> int:
        """The lowest price at which `due` [t], less what it makes firms avoid, is no more than `supply` [t].

        Never below the reference price; the highest that is expected where no price suffices, and the
        reference price where no firm answers to one.
        """
        if not self.shares.any():
            return self.reference
        low, high = self.reference, HIGHEST * self.reference
        while low < high:
            middle = (low + high) // 2
            if (due * (1 - self.avoided(middle))).sum() <= supply:
                high = middle
            else:
                low = middle + 1
        return low
