// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {OrderRequest} from "../../interfaces/types/BookTypes.sol";
import {PackedAccount} from "../types/PackedAccount.sol";
import {PackedLevel} from "../types/PackedLevel.sol";
import {PackedMarket} from "../types/PackedMarket.sol";
import {PackedMarketConfig} from "../types/PackedMarketConfig.sol";

/// @dev State of matching the orders of one participant in one market, in memory: loaded once, stored once.
struct MatchState {
    uint256 market;
    uint256 participant;
    uint256 today; //    market day
    uint256 stamp; //    day stamp of the book's words
    PackedMarketConfig config;
    PackedMarket marketData;
    PackedMarket storedMarketData; // as loaded
    PackedAccount account; // the participant's, as of today
    /// Moves holding limit that the participant's other accounts do not use to this one, for an order of so many lots.
    function(MatchState memory, uint256) raiseLimit;
    // the incoming order
    OrderRequest request;
    uint256 remaining; // neither filled nor cancelled [lots]
    uint256 filled; //   [lots]
    uint256 turnover; // of the fills [0.0001 currency]
    uint256 makerFees; // [0.0001 currency]
    uint256 takerFee; // [0.0001 currency]
    uint256 maxTurnover; // [0.0001 currency]
    uint256 lastTick; // of the fills
    bool dropRemainder; // the remainder must not rest
    uint256 skipsLeft; // cancelled orders that may still be skipped
    uint256 levelsLeft; // price levels that may still be traded at
    uint256 lastDay; //  of the order that rests, a market day; 0 = none, or a day market
    // the price level being matched
    uint256 tick;
    uint256 levelKey; // see {BookStore.levelKey}
    PackedLevel level;
    uint256 levelLots; // wanted at this level [lots]
    uint256 cancelledLots; // ended here without trade [lots]
    uint256 makerIndex; // of the maker's order, where its last day matters
    PackedAccount makerAccount;
    // the fill records, in memory
    uint256 recordHead; // ABI head of the records; 0 = no maker's order was reached
    uint256 recordPtr; // end of the records
    uint256 recordEnd; // where they must end
}

/// @title MatchStateLib
library MatchStateLib {
    /// @dev Size of a {MatchState} in memory [bytes]: 31 fields. A test compares it with the compiler's.
    uint256 internal constant SIZE = 31 * 32;

    /// @notice Allocates a match state without zeroing it: every field is written before it is read.
    /// @dev Solidity would zero all fields first, which costs each order 500 gas, even in a struct that a function returns.
    /// A function that returns a number is spared that; here it is handed out as one that returns a match state.
    function allocate() internal pure returns (function() pure returns (MatchState memory) allocated) {
        function() pure returns (uint256) reserve = _reserve;
        assembly ("memory-safe") {
            allocated := reserve
        }
    }

    function _reserve() private pure returns (uint256 state) {
        assembly ("memory-safe") {
            state := mload(0x40)
            mstore(0x40, add(state, SIZE))
        }
    }
}
