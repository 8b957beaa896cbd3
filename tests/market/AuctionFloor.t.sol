// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {AuctionId, AuctionStage, AuctionTerms, IAuction} from "../../interfaces/market/IAuction.sol";
import {IAuctionBase} from "../../interfaces/market/IAuctionBase.sol";
import {AuctionFloorCase} from "./AuctionFloorCase.sol";

/// @dev The exchange's price that an auction is compared with: of days, not of a moment. A tenth of 10,000 lots makes a day.
contract AuctionFloorTest is AuctionFloorCase {
    function test_floorPrice_isTheMedianOfTheLastDays() public {
        _threeDays(4_700, 5_000, 4_900);
        assertEq(house.floorPrice(_announced(FIRST_DAY + 5)), 4_900 * CENT);
    }

    /// @dev A day's mean is rounded down, for the bidders.
    function test_floorPrice_ofADayIsItsMeanRoundedDown() public {
        _threeDays(4_800, 4_800, 4_800);
        _trade(FIRST_DAY + 4, 4_801, 2);
        _trade(FIRST_DAY + 3 + 2, 4_900, LEAST);
        _trade(FIRST_DAY + 6, 4_700, LEAST);
        assertEq(house.floorPrice(_announced(FIRST_DAY + 7)), (1_000 * 480_000 + 2 * 480_100) / uint256(1_002));
    }

    function test_floorPrice_leavesOutDaysOfFewLots() public {
        _threeDays(4_700, 4_800, 4_900);
        _trade(FIRST_DAY + 5, 5_000, LEAST - 1); // with it the median would be another one
        assertEq(house.floorPrice(_announced(FIRST_DAY + 6)), 4_800 * CENT);
        assertEq(house.floorPrice(_announced(FIRST_DAY + 6)), 4_800 * CENT);
    }

    /// @dev Lots carried over from another auction are part of the volume that a day's is compared with.
    function test_floorPrice_asksForTheVolumeThatWasCarriedToo() public {
        _trade(FIRST_DAY, 4_700, 2 * LEAST);
        AuctionTerms memory t = _terms();
        t.spread = 1;
        AuctionId unsold = _opened(t);
        _clear(unsold);
        house.settle(unsold, 0);
        _trade(FIRST_DAY + 3, 4_800, 2 * LEAST);
        _trade(FIRST_DAY + 4, 4_900, 2 * LEAST);
        _trade(FIRST_DAY + 5, 5_000, 2 * LEAST - 1); // enough for the lots announced alone
        _startOn(FIRST_DAY + 6);
        AuctionId[] memory next = new AuctionId[](1);
        next[0] = _announce(_floored());
        vm.prank(officer);
        house.carry(unsold, next);
        vm.prank(seller);
        house.open(next[0]);
        assertEq(_state(next[0]).volume, 2 * OFFERED);
        assertEq(house.floorPrice(next[0]), 4_800 * CENT);
    }

    function test_floorPrice_mayAskForTheWholeVolume() public {
        _trade(FIRST_DAY, 4_700, 10_000);
        _trade(FIRST_DAY + 3, 4_800, 10_000);
        _trade(FIRST_DAY + 4, 4_900, 10_000);
        _startOn(FIRST_DAY + 5);
        AuctionTerms memory t = _floored();
        t.floorVolumePpm = 1_000_000;
        assertEq(house.floorPrice(_opened(t)), 4_800 * CENT);
    }

    function test_floorPrice_isNoneWithTooFewDays() public {
        _trade(FIRST_DAY, 4_800, LEAST);
        _trade(FIRST_DAY + 3, 4_800, LEAST);
        AuctionId id = _announced(FIRST_DAY + 5);
        assertEq(house.floorPrice(id), 0);
        _bids.push(_bid(id, "a", 1, 10_000));
        _toReveals();
        _reveal(id, _bids[0]);
        _clear(id);
        assertTrue(_state(id).stage == AuctionStage.Cleared);
    }

    function test_floorPrice_looksBackNoFurtherThanNineWeeks() public {
        _threeDays(4_800, 4_900, 4_700);
        assertEq(house.floorPrice(_announced(FIRST_DAY + 63)), 4_800 * CENT);
        assertEq(house.floorPrice(_announced(FIRST_DAY + 64)), 0);
    }

    /// @dev Whether somebody has opened a day since makes no difference.
    function test_floorPrice_countsADayThatNoLaterOneHasClosed() public {
        _threeDays(4_700, 4_900, 4_800);
        AuctionId id = _announced(FIRST_DAY + 5);
        assertEq(house.floorPrice(id), 4_800 * CENT);
        exchange.openDay(market);
        assertEq(house.floorPrice(id), 4_800 * CENT);
    }

    /// @dev Nothing that happens once bids are in, however long a call of `clear` waits.
    function test_floorPrice_ofTheDayOfTheBidsOrLaterDoesNotCount() public {
        _threeDays(4_700, 4_800, 4_900);
        AuctionId id = _announced(FIRST_DAY + 5);
        _trade(FIRST_DAY + 5, 5_100, LEAST);
        _trade(FIRST_DAY + 6, 5_100, LEAST);
        _trade(FIRST_DAY + 7, 5_100, LEAST);
        _trade(FIRST_DAY + 10, 5_100, LEAST);
        assertEq(house.floorPrice(id), 4_800 * CENT);
    }

    function test_clear_cancelsBelowTheShareOfTheExchangesPrice() public {
        _threeDays(5_000, 5_000, 5_000);
        _startOn(FIRST_DAY + 5);
        AuctionId id = _auctioned(_floored(), [uint256(4_749), 4_749, 0, 0], [uint256(5_000), 5_000, 0, 0]);
        vm.warp(start + 3 hours);
        vm.expectEmit(address(house));
        emit IAuctionBase.AuctionCancelled(id, "below the exchange's price");
        house.clear(id, 10);
    }

    function test_clear_atTheShareOfTheExchangesPriceIsEnough() public {
        _threeDays(5_000, 5_000, 5_000);
        _startOn(FIRST_DAY + 5);
        AuctionId id = _auctioned(_floored(), [uint256(4_750), 4_750, 0, 0], [uint256(5_000), 5_000, 0, 0]);
        _clear(id);
        assertEq(_state(id).tick, 4_750);
    }
}
