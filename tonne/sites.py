"""Where a project is, and the meters that stand behind its root."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from tonne.merkle import leaf_hash, merkle_root


def degrees(location: Any) -> str:
    """A `Location` of IProjects as maps take it: latitude, longitude [degrees], exactly."""
    return f"{_decimal(location.latitude)}, {_decimal(location.longitude)}"


def _decimal(millionths: int) -> str:
    whole, part = divmod(abs(millionths), 1_000_000)
    return f"{'-' if millionths < 0 else ''}{whole}.{part:06}"


def meters_root(meters: Sequence[bytes]) -> bytes:
    """The root that Projects keeps of a project's meters; 32 zero bytes for none."""
    return merkle_root([leaf_hash(meter) for meter in meters])
