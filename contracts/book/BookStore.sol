// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

/// @title BookStore
/// @notice Where the words of the ledger and the books lie: each at a slot that spells its own key.
/// @dev A slot is `tag 8 | 0 | key`, high to low. Solidity's own variables begin at slot 0 and its mappings lie at hashes,
/// so neither can meet a tagged slot; two different keys never share one. Against a mapping this saves a hash for each
/// access, about 90 gas, which a take of a hundred orders pays a hundred times.
library BookStore {
    uint256 private constant WALLET = 0xb1 << 248;
    uint256 private constant CONFIG = 0xb2 << 248;
    uint256 private constant BOARD = 0xb3 << 248;
    uint256 private constant ACCOUNT = 0xb4 << 248;
    uint256 private constant LEVEL = 0xb5 << 248;
    uint256 private constant ENTRIES = 0xb6 << 248;
    uint256 private constant LEAF = 0xb7 << 248;
    uint256 private constant ROOT = 0xb8 << 248;
    uint256 private constant RULES = 0xb9 << 248;
    uint256 private constant MONTH = 0xba << 248;
    uint256 private constant DATES = 0xbb << 248;

    /// @dev Participant, rights and status of a wallet as last read: {PackedWalletLib}.
    function walletSlot(address wallet) internal pure returns (uint256) {
        return WALLET | uint160(wallet);
    }

    /// @dev What does not change within a day: {PackedMarketConfigLib}.
    function configSlot(uint256 market) internal pure returns (uint256) {
        return CONFIG | market;
    }

    /// @dev {PackedMarketRulesLib}: 0 those that hold, 1 those that the next day adopts.
    function rulesSlot(uint256 market, uint256 which) internal pure returns (uint256) {
        return RULES | (market << 1) | which;
    }

    /// @dev What every trade changes: {PackedMarketLib}.
    function boardSlot(uint256 market) internal pure returns (uint256) {
        return BOARD | market;
    }

    /// @dev {PackedAccountLib}.
    function accountSlot(uint256 market, uint256 participant) internal pure returns (uint256) {
        return ACCOUNT | (market << 24) | participant;
    }

    /// @dev One price of one side: `market 16 | side 1 | tick 16`. Keys of {levelSlot} and {entriesSlot}.
    function levelKey(uint256 market, uint256 side, uint256 tick) internal pure returns (uint256) {
        return (market << 17) | (side << 16) | tick;
    }

    /// @dev {PackedLevelLib}.
    function levelSlot(uint256 key) internal pure returns (uint256) {
        return LEVEL | key;
    }

    /// @dev Orders `2 + 4n` to `5 + 4n` of a level, 64 bits each, the first one lowest.
    function entriesSlot(uint256 key, uint256 n) internal pure returns (uint256) {
        return ENTRIES | (key << 24) | n;
    }

    /// @dev Last days of the dated orders among orders `16n` to `16n + 15` of a level, 16 bits each, the first one lowest.
    function datesSlot(uint256 key, uint256 n) internal pure returns (uint256) {
        return DATES | (key << 24) | n;
    }

    /// @dev 240 ticks: {TickBitmap}.
    function leafSlot(uint256 market, uint256 side, uint256 leaf) internal pure returns (uint256) {
        return LEAF | (market << 9) | (side << 8) | leaf;
    }

    /// @dev 240 leaves: {TickBitmap}.
    function rootSlot(uint256 market, uint256 side) internal pure returns (uint256) {
        return ROOT | (market << 1) | side;
    }

    /// @dev Listed trades of a calendar month: `lots 64 | turnover 192`, low to high.
    function monthSlot(uint256 market, uint256 month) internal pure returns (uint256) {
        return MONTH | (market << 32) | month;
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
