"""An Exchange alone: no register, no scheme of tonne's. Two accounts trade a token of OpenZeppelin's.

npm install && brownie run trade
"""

import json
from pathlib import Path

from brownie import Contract, Credits, accounts
from eth_abi import encode

from tonne.book_words import Order, Side
from tonne.fills import decode

ARTIFACTS = Path(__file__).resolve().parents[1] / "node_modules" / "tonne" / "artifacts"


def deploy(name, *args):
    """A contract as the npm package brings it: compiled."""
    artifact = json.loads((ARTIFACTS / f"{name}.json").read_text())
    constructor = next((e for e in artifact["abi"] if e["type"] == "constructor"), {"inputs": []})
    packed = encode([value["type"] for value in constructor["inputs"]], args)
    made = accounts[0].transfer(data=artifact["bytecode"] + packed.hex())
    return Contract.from_abi(name, made.contract_address, artifact["abi"])


def main():
    seller, buyer = accounts[0], accounts[1]
    # Who trades: anybody who joins. By which rules: the seller's. Administration: the seller's.
    manager = deploy("AccessManager", seller.address)
    register = deploy("OpenParticipants")
    rules = deploy("OpenRules", seller.address)
    exchange = deploy("Exchange", manager.address, register.address, rules.address)
    money = deploy("SettlementCurrency", manager.address, "Euro", "EUR")
    credits = Credits.deploy({"from": seller})
    for account in (seller, buyer):
        register.join({"from": account})

    # One credit a lot, prices in cents, no band, no fees, open day and night; see MarketConfig.
    market_rules = (0, 0, 0, 1, 10_000, 0, 1, (0, 96, 0, 0), 0, 0, 0, (0, 0))
    config = (credits.address, 1, 0, 100, 500, 0, 1, market_rules)
    exchange.createMarket(7, 1, money.address, config, {"from": seller})
    exchange.openDay(1, {"from": seller})

    credits.mint(7, 100, {"from": seller})
    credits.safeTransferFrom(seller, exchange.address, 7, 100, b"", {"from": seller})
    money.mint(buyer, 100_000, {"from": seller})
    money.approve(exchange.address, 100_000, {"from": buyer})
    exchange.depositCash(1, 100_000, {"from": buyer})

    exchange.place(Order(1, Side.SELL, 510, 60).pack(), {"from": seller})
    taken = exchange.place(Order(1, Side.BUY, 510, 40).pack(), {"from": buyer})
    for fill in decode(bytes(taken.events["OrdersFilled"]["fills"])):
        print(f"{fill.lots} lots at tick {fill.tick}")
    print(f"The buyer has {exchange.account(2, 1)[0]} credits.")
