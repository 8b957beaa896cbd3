// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {IAccessManaged} from "@openzeppelin/contracts/access/manager/IAccessManaged.sol";

import {ISettlementCurrency} from "../../interfaces/market/ISettlementCurrency.sol";
import {MarketBase} from "./MarketBase.sol";

contract SettlementCurrencyTest is MarketBase {
    address private alice = makeAddr("alice");

    function test_currency_hasTwoDecimals() public view {
        assertEq(currency.decimals(), 2);
        assertEq(currency.name(), "Renminbi");
        assertEq(currency.symbol(), "CNY");
    }

    function testFuzz_mint_isUndoneByBurn(uint128 amount) public {
        currency.mint(alice, amount);
        assertEq(currency.totalSupply(), amount);
        vm.prank(alice);
        currency.burn(amount);
        assertEq(currency.balanceOf(alice), 0);
        assertEq(currency.totalSupply(), 0);
    }

    function test_mint_isForTheIssuerOnly() public {
        vm.startPrank(alice);
        vm.expectRevert(abi.encodeWithSelector(IAccessManaged.AccessManagedUnauthorized.selector, alice));
        currency.mint(alice, 1);
        vm.expectRevert(abi.encodeWithSelector(IAccessManaged.AccessManagedUnauthorized.selector, alice));
        currency.mintBatch(new address[](0), new uint256[](0));
        vm.stopPrank();
    }

    function test_mintBatch_mintsEach() public {
        address[] memory to = new address[](2);
        uint256[] memory amounts = new uint256[](2);
        (to[0], to[1], amounts[0], amounts[1]) = (alice, makeAddr("bob"), 3, 4);
        currency.mintBatch(to, amounts);
        assertEq(currency.balanceOf(to[1]), 4);
    }

    function test_mintBatch_revertsOnBadLengths() public {
        vm.expectRevert(abi.encodeWithSelector(ISettlementCurrency.CurrencyTooManyItems.selector, 201, 200));
        currency.mintBatch(new address[](201), new uint256[](201));
        vm.expectRevert(abi.encodeWithSelector(ISettlementCurrency.CurrencyLengthMismatch.selector, 1, 2));
        currency.mintBatch(new address[](1), new uint256[](2));
    }
}
