"""Units as people write them."""

from __future__ import annotations

import pytest

from tonne.types.unit_id import unit_name


@pytest.mark.parametrize(
    ("batch", "said"),
    [
        (0, ""),
        (7, " #7"),
        (1 << 61 | 7, " #7 set apart for use abroad"),
        (1 << 62 | 7, " #7 ex ante"),
        (1 << 63 | 7, " #7 of another registry"),
    ],
)
def test_a_batch_is_named_as_people_count_it(batch, said):
    assert unit_name(2 << 96 | 2021 << 64 | batch) == "credit 2021" + said
    assert unit_name(3 << 96 | 2021 << 64 | 1 << 63) == f"energy credit 2021 #{1 << 63}"
