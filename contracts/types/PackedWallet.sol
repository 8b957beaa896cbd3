// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

/// @dev A wallet as the register last described it, low to high: `participant 24 | rights 8 | status 8`. 0 = not known.
type WalletWord is uint256;

using WalletWords for WalletWord global;

/// @title WalletWords
library WalletWords {
    uint8 internal constant TRADE = 1;
    uint8 internal constant WITHDRAW = 2;
    uint8 internal constant ACTIVE = 2;

    uint256 private constant MAY_TRADE = (uint256(ACTIVE) << 32) | (uint256(TRADE) << 24);
    uint256 private constant MAY_TRADE_MASK = (uint256(0xff) << 32) | (uint256(TRADE) << 24);

    function pack(uint24 participant_, uint8 rights_, uint8 status_) internal pure returns (WalletWord) {
        return WalletWord.wrap(participant_ | (uint256(rights_) << 24) | (uint256(status_) << 32));
    }

    function participant(WalletWord w) internal pure returns (uint24) {
        return uint24(WalletWord.unwrap(w));
    }

    function rights(WalletWord w) internal pure returns (uint8) {
        return uint8(WalletWord.unwrap(w) >> 24);
    }

    function status(WalletWord w) internal pure returns (uint8) {
        return uint8(WalletWord.unwrap(w) >> 32);
    }

    /// @dev Active, and with the right to trade.
    function mayTrade(WalletWord w) internal pure returns (bool) {
        return WalletWord.unwrap(w) & MAY_TRADE_MASK == MAY_TRADE;
    }
}
