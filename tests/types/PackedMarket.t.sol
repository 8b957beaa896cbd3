// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {Test} from "forge-std/Test.sol";

import {PackedMarket, PackedMarketLib} from "../../contracts/types/PackedMarket.sol";
import {BookFull} from "../../interfaces/types/BookTypes.sol";

contract PackedMarketTest is Test {
    function test_addsUpTheDay() public pure {
        PackedMarket b = PackedMarketLib.opened(3, 4_800, 4_320, 5_280, 7, 1);
        b = b.withBest(1, 4_810).withBest(0, 4_790);
        b = b.traded(4_811, 10, 2_000, 5).traded(4_812, 1, 100, 1);
        assertEq(b.ask(), 4_810);
        assertEq(b.bid(), 4_790);
        assertEq(b.best(0), 4_790);
        assertEq(b.best(1), 4_810);
        assertEq(b.last(), 4_812);
        assertEq(b.low(), 4_320);
        assertEq(b.high(), 5_280);
        assertEq(b.day(), 3);
        assertEq(b.volume(), 11);
        assertEq(b.turnover(), 2_100);
        assertEq(b.fees(), 6);
        assertEq(b.sessions(), 7);
        assertEq(b.withStatus(2).status(), 2);
        assertEq(b.withStatus(2).sessions(), 7);
    }

    function traded(uint256 volume, uint256 turnover, uint256 fees) external pure returns (PackedMarket) {
        return PackedMarketLib.opened(3, 1, 1, 1, 0, 1).traded(1, volume, turnover, fees);
    }

    function test_refusesToWrap() public {
        this.traded((1 << 36) - 1, (1 << 48) - 1, (1 << 40) - 1);
        vm.expectRevert(BookFull.selector);
        this.traded(1 << 36, 0, 0);
        vm.expectRevert(BookFull.selector);
        this.traded(0, 1 << 48, 0);
        vm.expectRevert(BookFull.selector);
        this.traded(0, 0, 1 << 40);
    }
}
