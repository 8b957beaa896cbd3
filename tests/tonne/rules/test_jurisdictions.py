"""The country of a participant is that of its region: a region's code is no country's number."""

from __future__ import annotations

import pytest

from tonne.rules.jurisdictions import country_of

CHINA, JAPAN = 156, 392


@pytest.mark.parametrize(
    "jurisdiction, country",
    [
        (31, CHINA),  #    Shanghai; the number of Azerbaijan
        (36, CHINA),  #    Jiangxi; the number of Australia
        (JAPAN, JAPAN),  # no pack's code
        (9_999, None),
    ],
)
def test_a_jurisdiction_is_in_its_country(jurisdiction, country):
    assert country_of(jurisdiction) == country
