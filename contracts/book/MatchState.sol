// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {OrderRequest} from "../../interfaces/types/BookTypes.sol";
import {PackedAccount} from "../types/PackedAccount.sol";
import {PackedMarket} from "../types/PackedMarket.sol";
import {BookStore} from "./BookStore.sol";
import {PackedMarketConfig} from "../types/PackedMarketConfig.sol";

/// @dev One participant at one market's book, in memory: what is read once and written once, and the order at hand.
struct Turn {
    uint256 market;
    uint256 participant;
    uint256 today;
    uint256 stamp; //    of the book's words
    PackedMarketConfig config;
    PackedMarket board;
    PackedMarket boardBefore;
    PackedAccount account; // rolled to today
    function(Turn memory, uint256) gather; // finds room for an order that is short of it
    // the order at hand
    OrderRequest request;
    uint256 left; //     lots neither filled nor shrunk away
    uint256 filled; //   [lots]
    uint256 turnover; // of the fills [0.0001 currency]
    uint256 makerFees; // [0.0001 currency]
    uint256 takerFee; // [0.0001 currency]
    uint256 maxTurnover; // [0.0001 currency]
    uint256 lastTick; // of the fills
    bool stopped; //     what is left must not rest
    uint256 holes; //    that may still be stepped over
    uint256 levels; //   that may still be traded at
    uint256 lastDay; //  of what rests, a market day; 0 = none, or a day market
    // the level at hand
    uint256 tick;
    uint256 key; //      see {BookStore.levelKey}
    uint256 level; //    its word
    uint256 start; //    lots wanted of it
    uint256 gone; //     lots of it that ended without trade
    uint256 index; //    of the order at hand, where its last day matters
    PackedAccount met; //  its owner's account then
    uint256 fills; //    memory: ABI head of the fill records; 0 = nothing was met
    uint256 out; //      memory: end of the records
    uint256 outEnd; //   memory: where they must end
}

/// @title Turns
library Turns {
    /// @dev What a {Turn} takes in memory [bytes]: 31 fields. A test compares it with what the compiler takes.
    uint256 internal constant SIZE = 31 * 32;

    /// @notice Gives memory for a turn, as it is found: every field is written before it is read.
    /// @dev Solidity would zero all fields first, which costs each order 500 gas, even in a struct that a function returns.
    /// A function that returns a number is spared that; here it is handed out as one that returns a turn.
    function unwritten() internal pure returns (function() pure returns (Turn memory) turn) {
        function() pure returns (uint256) place = _reserve;
        assembly ("memory-safe") {
            turn := place
        }
    }

    function _reserve() private pure returns (uint256 turn) {
        assembly ("memory-safe") {
            turn := mload(0x40)
            mstore(0x40, add(turn, SIZE))
        }
    }
}
