"""The plant of the town, which entered its meter, and the operator that names accounts to it."""

from __future__ import annotations

import json
from dataclasses import replace

from tests.tonne.power.test_complaints import bond_again
from tonne.power.settlement_runs import line_tree
from tonne.power.shown_lines import SealedAccount, address_of, encrypt, name_account
from tonne.sandbox import town_day
from tonne.sandbox.seed_town import PLANT

LAST = town_day.PER_DAY - 1
ONCE = b"\x05" * 32


def name(street, account, sealed=None):
    """The operator names an account to who asked last, or gives another answer."""
    asked = street.chain.logs("PowerSettlement", "ReadingAsked")[-1]
    answer = sealed or name_account(account, (asked["x"], asked["y"]), ONCE)
    key = address_of((asked["x"], asked["y"]))
    place = (asked["node"], asked["interval"], asked["meter"], key)
    street.town.send("grid_operator", "PowerSettlement", "answerReading", *place, answer)


def sealed(x, word):
    """An answer of an operator that chooses its words."""
    return SealedAccount(x, False, word)


def receipt(street, folder, index=LAST, of=PLANT):
    """The file of a meter's reading, from the oracle."""
    leaves = street.day.leaves[index]
    path = folder / f"{of}-{index}.json"
    path.write_text(json.dumps(leaves.receipt(leaves.index_of(street.town.meters[of]))))
    return path


def swapped(street):
    """The day anew after its last run fell: plant and household each have the line of the other's reading."""
    town, day = street.town, street.day
    bond_again(town)
    others = {PLANT: town.accounts["household"], "household": town.accounts[PLANT]}
    false = replace(day, lines=[], leaves=day.leaves)
    *_, run = town_day._runs(replace(town, accounts={**town.accounts, **others}), false)
    false.words = town_day._list(town, false)
    town.send(*run)
    town_day.announce(town, false)
    return replace(street, day=false)


def show_line(street, of, index=LAST):
    """The operator shows what line was asked for last."""
    town, day = street.town, street.day
    asked = town.chain.logs("PowerSettlement", "LineAsked")[-1]
    place, line = day.line(index, town.accounts[of])
    proof = line_tree(day.lines[index]).proof(place)
    shown = encrypt(place, line, proof, (asked["x"], asked["y"]), ONCE)
    about = tuple(asked[name] for name in ("node", "interval", "account", "byKey"))
    key = address_of((asked["x"], asked["y"]))
    town.send("grid_operator", "PowerSettlement", "answer", *about, key, shown)
