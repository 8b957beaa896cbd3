// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;
import {MarketBase} from "./MarketBase.sol";
import {OrderId, Side} from "../../interfaces/BookTypes.sol";
import {DepthLevel} from "../../interfaces/IExchangeLens.sol";
import {Account} from "../../interfaces/IExchange.sol";
contract SmokeTest is MarketBase {
    function test_smoke() public {
        (uint24 a, address seller) = _trader("seller", 1000, 100000);
        (uint24 b, address buyer) = _trader("buyer", 0, 10000000);
        _open(FIRST_DAY);
        OrderId id = _place(seller, SELL, 4810, 100);
        _place(seller, SELL, 4820, 100);
        (uint256 filled, uint256 cash) = _take(buyer, BUY, 4815, 150);
        assertEq(filled, 100);
        assertEq(cash, 100 * 481000 + 24050);
        Account memory x = _account(a);
        assertEq(x.lots, 900);
        assertEq(x.lotsInAsks, 100);
        assertEq(x.cash, 100000 * 100 + 48100000 - 14430);
        DepthLevel[] memory d = lens.depth(market, Side.Sell, 10);
        assertEq(d.length, 1);
        id; b;
    }
}
