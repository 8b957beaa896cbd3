"""Time that the first run of an interval waits for meters without a record of it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from tonne.constants import DAY_S
from tonne.meters.readings import Quality
from tonne.meters.series import IntervalReading

#: [s] After its end an interval waits so long for meters that were waited for in vain.
SHORT_GRACE_S: Final = 5


class Patience:
    """Of one node. After one wait in vain a meter gets almost no time in the next 24 hours: silence on
    purpose would delay every root of its neighbours."""

    def __init__(self) -> None:
        self._spent: dict[int, int] = {}  # by meter: until when [unix s]

    def waits(
        self, rows: Mapping[int, IntervalReading], start: int, late_s: int, grace_s: int
    ) -> bool:
        """Whether an interval waits on, `late_s` after its end. Where more than half of the meters lack, it
        is not their doing: broker or oracle were away."""
        missing = {meter for meter, row in rows.items() if row.quality is Quality.HELD}
        is_theirs = 2 * len(missing) <= len(rows)
        if late_s >= grace_s:
            if is_theirs:
                self._spent |= dict.fromkeys(missing, start + DAY_S)
            return False
        is_patient = not is_theirs or any(self._spent.get(meter, 0) <= start for meter in missing)
        return bool(missing) and (is_patient or late_s < SHORT_GRACE_S)
