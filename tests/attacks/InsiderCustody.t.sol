// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {AuctionId, AuctionTerms} from "../../interfaces/market/IAuction.sol";
import {ParticipantId} from "../../interfaces/types/Ids.sol";
import {AuctionCase} from "../market/AuctionCase.sol";

/// @dev Expiry and invalidation take a list of owners from any caller, who names the account that holds lots for an auction:
/// its last settlement found nothing to return and reverted for ever, with the last refund, the proceeds and the forfeits.
contract InsiderCustodyTest is AuctionCase {
    function test_debitUnits_doesNotReachWhatAnAuctionHolds() public {
        AuctionTerms memory terms = _terms();
        terms.minimumPpm = 0;
        AuctionId id = _auctioned(terms, [uint256(4_800), 0, 0, 0], [uint256(500), 0, 0, 0]);
        exchange.setController(address(this), 1);
        ParticipantId custody = ParticipantId.wrap(_houseId());
        assertEq(exchange.debitUnits(custody, market, type(uint256).max, seller), 0);

        _clear(id);
        _settle(id);
        _assertHouseEmpty();
        _assertGot(0, 500, 4_800);
        // Back with its owner, what expired is reached.
        assertEq(exchange.debitUnits(ParticipantId.wrap(sellerId), market, type(uint256).max, seller), 999_500);
    }
}
