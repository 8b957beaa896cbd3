// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

/// @dev An order for power in one word, low to high: `accepted 32 | account 32 | limit 32 | price 32 | node 8 | side 8`.
/// Energy is in Wh, the price in micro-credits per kWh. `accepted` is 0 until a clearing says how much of `limit` is.
type OrderWord is uint256;

/// @dev An arc of the grid in one word, low to high: `capacity 32 | cost 32 | efficiency 32 | from 8 | to 8 | line 8 | table 16
/// | version 16 | since 40`. Capacity is in Wh per interval, the cost in micro-credits per kWh sent, the efficiency in ppm of
/// what is sent, `since` in seconds. A version is at least 1, so the word of an arc is never 0.
type ArcWord is uint256;

using PowerWords for OrderWord global;
using ArcWords for ArcWord global;

/// @title PowerWords
library PowerWords {
    uint8 internal constant BID = 0;
    uint8 internal constant OFFER = 1;

    uint256 private constant PER_KWH = 1_000;
    /// @dev What an order may use of its word before it is cleared.
    uint256 private constant PLACED = ((1 << 112) - 1) << 32;

    function accepted(OrderWord w) internal pure returns (uint256) {
        return uint32(OrderWord.unwrap(w));
    }

    function account(OrderWord w) internal pure returns (uint32) {
        return uint32(OrderWord.unwrap(w) >> 32);
    }

    function limit(OrderWord w) internal pure returns (uint256) {
        return uint32(OrderWord.unwrap(w) >> 64);
    }

    function price(OrderWord w) internal pure returns (uint256) {
        return uint32(OrderWord.unwrap(w) >> 96);
    }

    function node(OrderWord w) internal pure returns (uint256) {
        return uint8(OrderWord.unwrap(w) >> 128);
    }

    function side(OrderWord w) internal pure returns (uint256) {
        return uint8(OrderWord.unwrap(w) >> 136);
    }

    /// @dev Whether nothing is accepted yet and no bit beyond the fields is used.
    function isPlain(OrderWord w) internal pure returns (bool) {
        return OrderWord.unwrap(w) & ~PLACED == 0;
    }

    function pack(uint32 account_, uint32 limit_, uint32 price_, uint8 node_, uint8 side_)
        internal
        pure
        returns (OrderWord)
    {
        return OrderWord.wrap(
            uint256(account_) << 32 | uint256(limit_) << 64 | uint256(price_) << 96 | uint256(node_) << 128
                | uint256(side_) << 136
        );
    }

    /// @notice What `energy` Wh of an order bind [micro-credit]: a bid its price, an offer the guarantee [micro-credit/kWh].
    /// The payer rounds up.
    function escrow(OrderWord w, uint256 energy, uint256 guarantee) internal pure returns (uint256) {
        uint256 each = w.side() == BID ? w.price() : guarantee;
        return (energy * each + PER_KWH - 1) / PER_KWH; // 32 and 32 bits
    }

    /// @notice The running hash with one order more.
    function chain(bytes32 hash, uint256 word) internal pure returns (bytes32 next) {
        assembly ("memory-safe") {
            mstore(0x00, hash)
            mstore(0x20, word)
            next := keccak256(0x00, 0x40)
        }
    }

    /// @notice Lane `index` of 32 bits, eight to a word.
    function lane(uint256 word, uint256 index) internal pure returns (uint256) {
        return uint32(word >> (index % 8 * 32));
    }

    /// @notice Words that `count` lanes need.
    function words(uint256 count) internal pure returns (uint256) {
        return (count + 7) / 8;
    }
}

/// @title ArcWords
library ArcWords {
    uint256 internal constant PPM = 1_000_000;

    function capacity(ArcWord w) internal pure returns (uint256) {
        return uint32(ArcWord.unwrap(w));
    }

    function cost(ArcWord w) internal pure returns (uint256) {
        return uint32(ArcWord.unwrap(w) >> 32);
    }

    function efficiency(ArcWord w) internal pure returns (uint256) {
        return uint32(ArcWord.unwrap(w) >> 64);
    }

    function from(ArcWord w) internal pure returns (uint8) {
        return uint8(ArcWord.unwrap(w) >> 96);
    }

    function to(ArcWord w) internal pure returns (uint8) {
        return uint8(ArcWord.unwrap(w) >> 104);
    }

    /// @dev A line joins nodes of one carrier; a converter does not.
    function isLine(ArcWord w) internal pure returns (bool) {
        return uint8(ArcWord.unwrap(w) >> 112) != 0;
    }

    function table(ArcWord w) internal pure returns (uint16) {
        return uint16(ArcWord.unwrap(w) >> 120);
    }

    function version(ArcWord w) internal pure returns (uint16) {
        return uint16(ArcWord.unwrap(w) >> 136);
    }

    function since(ArcWord w) internal pure returns (uint40) {
        return uint40(ArcWord.unwrap(w) >> 152);
    }

    /// @dev What arrives of `flow` Wh sent, rounded down.
    function arriving(ArcWord w, uint256 flow) internal pure returns (uint256) {
        return flow * efficiency(w) / PPM;
    }
}
