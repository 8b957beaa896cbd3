"""What a rule pack says is what stands on the chain after set-up."""

from __future__ import annotations

import pytest

from tests.conftest import PACK
from tonne import rulepack, setup


@pytest.mark.parametrize("needed", [False, True])
def test_a_scheme_asks_for_consent_to_sales_where_its_pack_does(deployed, people, tmp_path, needed):
    path = tmp_path / "pack.toml"
    rule = 'sale_consent = [\n  { value = false, unit = "flag"'
    text = PACK.read_text(encoding="utf-8")
    assert rule in text
    path.write_text(text.replace(rule, rule.replace("false", str(needed).lower())), "utf-8")
    pack, authority = rulepack.load(path), people["authority"]
    deployed.chain.fund([authority])

    setup.set_up_scheme(deployed.chain, authority, pack)

    scheme = pack.scheme.number
    assert deployed.chain.call("Participants", "saleConsentNeeded", scheme) is needed
