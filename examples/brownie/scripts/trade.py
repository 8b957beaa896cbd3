"""An Exchange alone: no register, no scheme of tonne's. Two accounts trade a token of OpenZeppelin's."""

import json
from pathlib import Path

from brownie import Contract, Credits, accounts, web3

from tonne.market.fills import decode
from tonne.market.order_encoding import OrderRequest, Side


def deploy(name, *args):  # a contract as the npm package brings it: compiled
    built = json.loads(Path("node_modules/tonne/artifacts", f"{name}.json").read_text())
    begins = [entry for entry in built["abi"] if entry["type"] == "constructor"]
    made = web3.eth.contract(abi=begins, bytecode=built["bytecode"]).constructor(*args)
    address = accounts[0].transfer(data=made.data_in_transaction).contract_address
    return Contract.from_abi(name, address, built["abi"])


def main():
    seller, buyer = {"from": accounts[0]}, {"from": accounts[1]}
    # Participants: every account that joins. Rules and administration: the seller's.
    manager = deploy("FoundedManager", accounts[0].address)
    register = deploy("OpenParticipants")
    rules = deploy("OpenRules", accounts[0].address)
    exchange = deploy("Exchange", manager.address, register.address, rules.address)
    money = deploy("SettlementCurrency", manager.address, "Euro", "EUR")
    credits = Credits.deploy(seller)
    for account in (seller, buyer):
        register.join(account)
    # One credit a lot, prices in cents, no band, no fees, open day and night; see MarketConfig.
    market_rules = (0, 0, 0, 1, 10_000, 0, 1, (0, 96, 0, 0), 0, 0, 0, (0, 0))
    config = (credits.address, 1, 0, 100, 500, 0, 1, market_rules)
    exchange.createMarket(7, 1, money.address, config, seller)
    exchange.openDay(1, seller)
    credits.safeTransferFrom(accounts[0], exchange.address, 7, 100, b"", seller)
    money.mint(accounts[1], 100_000, seller)
    money.approve(exchange.address, 100_000, buyer)
    exchange.depositCash(1, 100_000, buyer)
    exchange.place(OrderRequest(1, Side.SELL, 510, 60).pack(), seller)
    taken = exchange.place(OrderRequest(1, Side.BUY, 510, 40).pack(), buyer)
    for fill in decode(bytes(taken.events["OrdersFilled"]["fills"])):
        print(f"{fill.lots} lots at tick {fill.tick}")
    print(f"The buyer has {exchange.account(2, 1)[0]} credits.")
