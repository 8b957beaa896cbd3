// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {ParticipantId} from "../../interfaces/types/Ids.sol";
import {BidderTerms} from "../../interfaces/power/IBidLimits.sol";
import {PowerContract} from "../../interfaces/power/IPowerTrades.sol";
import {PowerAccountId} from "../../interfaces/power/IPowerMarket.sol";
import {TradeCase} from "./TradeCase.sol";

/// @dev A proof of an attack that is open: what a seller booked while it might sell stands when it may sell no more, and binds no credits
/// of either side.
contract TradeLimitsTest is TradeCase {
    function test_book_outlivesARegistration() public {
        vm.warp(vm.getBlockTimestamp() + 30 days); // registrations are in force
        interval = uint32(vm.getBlockTimestamp() / 900 + 2);
        PowerContract memory t = _neighbours();
        (t.price, t.maximumGridFee, t.untilInterval) = (0, 0, interval + 2_975);
        uint64 id = _agree(t);
        for (uint32 i; i < 31; ++i) {
            trades.book(id, interval + 96 * i, 96, _none());
        }
        assertEq(_bound(SELLER), 0);
        assertEq(_bound(BUYER), 0);
        (ParticipantId[] memory ids, BidderTerms[] memory list) = (new ParticipantId[](1), new BidderTerms[](1));
        ids[0] = sponsorId;
        vm.prank(officer);
        limits.register(0, ids, list);
        uint256 left;
        for (uint32 i = interval; i < interval + 2_976; ++i) {
            if (limits.mostOf(sponsorId, 0, 1, uint256(i) * 900) != 0) continue;
            (uint256 sold,) = trades.positionOf(PowerAccountId.wrap(SELLER), 0, i);
            left += sold;
        }
        assertEq(left, 2_974 * 1_001); // all but the two intervals of the notice
    }
}
