// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

/// @title BookStore
/// @notice Storage slots of the ledger and the books: each slot number is its own key.
/// @dev A slot is `tag 8 | 0 | key`, high to low. Solidity's own variables begin at slot 0 and its mappings lie at hashes,
/// so neither can meet a tagged slot; two different keys never share one. Against a mapping this saves a hash for each
/// access, about 90 gas, which a take of a hundred orders pays a hundred times.
library BookStore {
    uint256 private constant WALLET = 0xb1 << 248;
    uint256 private constant CONFIG = 0xb2 << 248;
    uint256 private constant MARKET_DATA = 0xb3 << 248;
    uint256 private constant ACCOUNT = 0xb4 << 248;
    uint256 private constant LEVEL = 0xb5 << 248;
    uint256 private constant ORDERS = 0xb6 << 248;
    uint256 private constant LEAF = 0xb7 << 248;
    uint256 private constant ROOT = 0xb8 << 248;
    uint256 private constant RULES = 0xb9 << 248;
    uint256 private constant MONTH = 0xba << 248;
    uint256 private constant LAST_DAYS = 0xbb << 248;
    uint256 private constant DAYS = 0xbc << 248;
    uint256 private constant FLOWS = 0xbd << 248;

    /// @dev {PackedWallet}: participant, rights and status of a wallet as last read.
    function walletSlot(address wallet) internal pure returns (uint256) {
        return WALLET | uint160(wallet);
    }

    /// @dev {PackedMarketConfig}: constant within a day.
    function configSlot(uint256 market) internal pure returns (uint256) {
        return CONFIG | market;
    }

    /// @dev {PackedMarketRules}: 0 the current ones, 1 those that the next day adopts.
    function rulesSlot(uint256 market, uint256 which) internal pure returns (uint256) {
        return RULES | (market << 1) | which;
    }

    /// @dev {PackedMarket}: changed by every trade.
    function marketDataSlot(uint256 market) internal pure returns (uint256) {
        return MARKET_DATA | market;
    }

    /// @dev {PackedAccount}.
    function accountSlot(uint256 market, uint256 participant) internal pure returns (uint256) {
        return ACCOUNT | (market << 24) | participant;
    }

    /// @dev {PackedFlows}; `account` is an {AccountId}.
    function flowsSlot(uint256 account) internal pure returns (uint256) {
        return FLOWS | account;
    }

    /// @dev One price of one side: `market 16 | side 1 | tick 16`. Keys of {levelSlot} and {ordersSlot}.
    function levelKey(uint256 market, uint256 side, uint256 tick) internal pure returns (uint256) {
        return (market << 17) | (side << 16) | tick;
    }

    /// @dev {PackedLevel}.
    function levelSlot(uint256 key) internal pure returns (uint256) {
        return LEVEL | key;
    }

    /// @dev The slot of order `index`, from 2 on, of a level: orders `2 + 4n` to `5 + 4n`, 64 bits each, the first one lowest.
    function ordersSlot(uint256 key, uint256 index) internal pure returns (uint256) {
        unchecked {
            return ORDERS | (key << 24) | ((index - 2) >> 2); // orders 0 and 1 are in the level's word
        }
    }

    /// @dev Last days of the dated orders among orders `16n` to `16n + 15` of a level, 16 bits each, the first one lowest.
    function lastDaysSlot(uint256 key, uint256 index) internal pure returns (uint256) {
        return LAST_DAYS | (key << 24) | (index >> 4);
    }

    /// @dev 240 ticks: {TickBitmap}.
    function leafSlot(uint256 market, uint256 side, uint256 leaf) internal pure returns (uint256) {
        return LEAF | (market << 9) | (side << 8) | leaf;
    }

    /// @dev 240 leaves: {TickBitmap}.
    function rootSlot(uint256 market, uint256 side) internal pure returns (uint256) {
        return ROOT | (market << 1) | side;
    }

    /// @dev {PackedMonth}: listed trades of a calendar month, `year × 12 + month − 1`.
    function monthSlot(uint256 market, uint256 month) internal pure returns (uint256) {
        return MONTH | (market << 32) | month;
    }

    /// @dev {PackedDays}: listed trades of market days `3n` to `3n + 2`.
    function daysSlot(uint256 market, uint256 n) internal pure returns (uint256) {
        return DAYS | (market << 16) | n;
    }

    function load(uint256 slot) internal view returns (uint256 word) {
        assembly ("memory-safe") {
            word := sload(slot)
        }
    }

    function save(uint256 slot, uint256 word) internal {
        assembly ("memory-safe") {
            sstore(slot, word)
        }
    }
}
