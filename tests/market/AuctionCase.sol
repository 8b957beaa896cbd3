// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {AuctionId, AuctionTerms, TieRule} from "../../interfaces/market/IAuction.sol";
import {AuctionBase} from "./AuctionBase.sol";

/// @dev An auction of up to four bids, cleared and settled.
abstract contract AuctionCase is AuctionBase {
    uint256 internal constant PURSE = 10_000_000_000_000;

    Sealed[] internal _bids;

    /// @dev Opens an auction in which `lots[i]` are bid for at `ticks[i]`, each by a bidder of its own, all revealed.
    function _auctioned(AuctionTerms memory t, uint256[4] memory ticks, uint256[4] memory lots)
        internal
        returns (AuctionId id)
    {
        id = _opened(t);
        for (uint256 i; i < 4; ++i) {
            if (lots[i] != 0) _bids.push(_bid(id, string.concat("bidder", vm.toString(i)), ticks[i], lots[i]));
        }
        if (t.tie == TieRule.Random) _draw(id);
        _toReveals();
        for (uint256 i; i < _bids.length; ++i) {
            _reveal(id, _bids[i]);
        }
    }

    /// @dev Bidder `i` got `lots` and paid `price` ticks for each.
    function _assertGot(uint256 i, uint256 lots, uint256 tick) internal view {
        assertEq(_account(_bids[i].id).lots, lots, "lots");
        assertEq(_cash(_bids[i].id), PURSE - PLACE_FEE - lots * tick * CENT, "cash");
    }
}
