// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

/// @dev An order for power in one word, low to high: `accepted 32 | account 32 | limit 32 | price 32 | node 8 | side 8`.
/// Energy is in Wh, the price in micro-credits per kWh. `accepted` is 0 until a clearing says how much of `limit` is.
type PackedPowerOrder is uint256;

using PackedPowerOrderLib for PackedPowerOrder global;

/// @title PackedPowerOrderLib
library PackedPowerOrderLib {
    uint8 internal constant BID = 0;
    uint8 internal constant OFFER = 1;

    uint256 private constant PER_KWH = 1_000;
    /// @dev Bits that an order may use before it is cleared.
    uint256 private constant PLACED = ((1 << 112) - 1) << 32;

    function accepted(PackedPowerOrder w) internal pure returns (uint256) {
        return uint32(PackedPowerOrder.unwrap(w));
    }

    function account(PackedPowerOrder w) internal pure returns (uint32) {
        return uint32(PackedPowerOrder.unwrap(w) >> 32);
    }

    function limit(PackedPowerOrder w) internal pure returns (uint256) {
        return uint32(PackedPowerOrder.unwrap(w) >> 64);
    }

    function price(PackedPowerOrder w) internal pure returns (uint256) {
        return uint32(PackedPowerOrder.unwrap(w) >> 96);
    }

    function node(PackedPowerOrder w) internal pure returns (uint256) {
        return uint8(PackedPowerOrder.unwrap(w) >> 128);
    }

    function side(PackedPowerOrder w) internal pure returns (uint256) {
        return uint8(PackedPowerOrder.unwrap(w) >> 136);
    }

    /// @dev Whether nothing is accepted yet and no bit beyond the fields is used.
    function isPlain(PackedPowerOrder w) internal pure returns (bool) {
        return PackedPowerOrder.unwrap(w) & ~PLACED == 0;
    }

    function pack(uint32 account_, uint32 limit_, uint32 price_, uint8 node_, uint8 side_)
        internal
        pure
        returns (PackedPowerOrder)
    {
        return PackedPowerOrder.wrap(
            uint256(account_) << 32 | uint256(limit_) << 64 | uint256(price_) << 96 | uint256(node_) << 128
                | uint256(side_) << 136
        );
    }

    /// @notice Escrow for `energy` Wh of an order [micro-credit]: a bid its price, an offer the guarantee [micro-credit/kWh].
    /// The payer rounds up.
    function escrow(PackedPowerOrder w, uint256 energy, uint256 guarantee) internal pure returns (uint256) {
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
