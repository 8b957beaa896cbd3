"""The questions of docs/auditor.md, asked of a real small market and compared with the contracts."""

from __future__ import annotations

import re
from collections import Counter

from tonne import paths
from tonne.audit.store import statements
from tonne.deployment import founding

QUESTION = re.compile(r"^(\d+)\. (.*)\n\n   ```sql\n((?:   .*\n)*?)   ```", re.MULTILINE)
REASON = b"\x07" * 32
ACTIVE = ("", "applied", "active", "suspended", "closed")


def questions() -> dict[str, str]:
    """Queries by question."""
    text = (paths.TREE / "docs" / "auditor.md").read_text(encoding="utf-8")
    return {question: query for _, question, query in QUESTION.findall(text)}


def answers(town) -> dict[str, list[tuple]]:
    """The same answers by the contracts' views, the seed's figures and the acts above."""
    chain, market, who = town.chain, town.market, town.market.people
    plants, numbers, period = market.installations, market.participants, market.period.number
    head = chain.head()

    def view(contract, function, *args):
        return chain.call(contract, function, *args)

    def in_order(of):
        return [(plants[name], *of(name)) for name in sorted(plants, key=plants.get)]

    def final(name):
        return view("EmissionsOracle", "finalReport", plants[name], 2020)

    def due(name):
        return view("Compliance", "obligationOf", plants[name], period)

    early = {
        e["installation"]: e["amount"] for e in chain.logs("Allocation", "AllowancesPreAllocated")
    }
    allowance, trader = market.allowance, numbers["trader"]
    wallets = [account.address for account in who.values()]
    held = sorted(
        ((view("Allowances", "balanceOf", w, allowance), w) for w in wallets), reverse=True
    )
    supply = view("Allowances", "totalSupply", allowance)
    disclosed = chain.logs("Schemes", "VintageDisclosed")[-1]
    benchmark = "benchmark.power.coal_gt300"
    key = next(e for e in chain.logs("Schemes", "ParamSet") if e["keyText"] == benchmark)
    scheduled = chain.logs(founding.MANAGER, "OperationScheduled")[-1]
    fills = [(5_000, 482_000), (2_000, 485_000)]
    turnover = sum(lots * price for lots, price in fills)
    books = [("east", 1, 4820, 5_000), ("east", 1, 4850, 10_000), ("east", 1, 4900, 20_000)]
    return {
        "How far has the history been read?": [(head.number, head.hash)],
        "How many events of each contract are there?": sorted(
            Counter(e.contract for e in chain.logs()).items()
        ),
        "Was any block replaced by a reorganisation?": [(0,)],
        "Who takes part, and who may not act at present?": [
            (n, ACTIVE[view("Participants", "participant", n).status])
            for n in range(1, len(numbers) + 1)
        ],
        "Whose is this wallet?": [(numbers["north"], who["north"].address)],
        "Which plants does a participant run, and how large are they?": [(plants["north"], 660_000)],
        "What did each plant report?": in_order(lambda n: (2020, *final(n)[1:3])),
        "Which reports can still be disputed at the last block?": [
            (plants[n],) for n in plants if not final(n)[0]
        ],
        "What cap and free amount were published for a vintage?": [
            (disclosed["capT"], disclosed["freeT"])
        ],
        "What was each plant allocated, early and in the end?": in_order(
            lambda n: (early[plants[n]], view("Allocation", "allocationOf", 1, period, plants[n])[1])
        ),
        "What does each plant owe?": in_order(lambda n: (due(n).due,)),
        "What has been surrendered for each plant, and by which wallet?": [
            (plants["north"], who["north"].address, due("north").allowances)
        ],
        "Which obligations are open, and by how much?": in_order(
            lambda n: (due(n).due - due(n).allowances - due(n).offsets,)
        ),
        "How many allowances of a vintage were issued?": [(view("Allowances", "issuedOf", allowance),)],
        "How many are there still?": [(supply,)],
        "Is every unit accounted for: issued less gone equals held?": [(True,)],
        "Who holds the most allowances outside the exchange?": [(w, n) for n, w in held[:3]],
        "How many units left by each kind of exit?": [
            (1, view("Allowances", "exitedOf", allowance, 1)),
            (2, view("OffsetCredits", "exitedOf", market.credit, 2)),
        ],
        "Who retired what, and for whom?": [(1, numbers["developer"], 100, "Example Airlines")],
        "What was traded in a market: lots and turnover?": [(7_000, turnover)],
        "At what prices, and at what mean price?": [(482_000, 485_000, turnover // 7_000)],
        "Who traded with whom?": [(trader, numbers["east"], 7_000)],
        "Did a participant trade with itself?": [],
        "What did a participant offer or ask for?": [
            (market.market, "sell", tick, lots) for _, _, tick, lots in books
        ],
        "How much money did each participant bring to the exchange?": [
            (numbers[name], 50_000_000_000) for name in ("north", "trader")
        ],
        "Which value had a rule on a day (days since 1970), from which source?": [
            (key["value"], "0x" + key["sourceHash"].hex())
        ],
        "Who was given which office?": [
            (e["officer"], e["powers"]) for e in chain.logs("Schemes", "OfficeGranted")
        ],
        "Whose units or account were frozen, by whom, and why?": [
            (who["east"].address, view("Allowances", "getFrozenTokens", who["east"], allowance),
             who["authority"].address, "0x" + REASON.hex())
        ],
        "Were units moved over their holder's head?": [
            (who["east"].address, who["north"].address, 5, who["authority"].address)
        ],
        "Which contracts were paused, which markets halted, by whom?": [
            ("Exchange", "MarketHalted", who["authority"].address),
            ("BlockTrades", "Paused", who["guardian"].address),
        ],
        "Which acts wait, and from when can they be carried out?": [
            ("Exchange", who["administrator"].address, scheduled["schedule"])
        ],
        "What did the last audit find?": [],
    }  # fmt: skip


def test_each_question_has_the_contracts_answer(town, asked):
    expected, queries = answers(town), questions()
    assert len(queries) >= 30 and queries.keys() == expected.keys()
    found = {}
    for question, query in queries.items():
        rows = [tuple(row.values()) for row in asked.rows(query)]
        found[question] = [
            tuple(v.lower() if isinstance(v, str) and v.startswith("0x") else v for v in row)
            for row in rows
        ]
    wanted = {
        question: [
            tuple(v.lower() if isinstance(v, str) and v.startswith("0x") else v for v in row)
            for row in rows
        ]
        for question, rows in expected.items()
    }
    assert {q: (found[q], wanted[q]) for q in wanted if found[q] != wanted[q]} == {}


def test_a_statement_has_what_was_sold_below_zero(asked, town):
    seller = town.market.participants["east"]
    sold = [line for line in statements.lines(asked, seller) if line["what"] == "sold lots"]
    assert sorted(line["amount"] for line in sold) == [-5_000, -2_000]
    assert {line["participant"] for line in sold} == {town.market.participants["trader"]}
