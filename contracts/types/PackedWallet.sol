// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

/// @dev A wallet as the register last described it, low to high: `participant 24 | rights 8 | status 8`. 0 = not known.
type PackedWallet is uint256;

using PackedWalletLib for PackedWallet global;

/// @title PackedWalletLib
library PackedWalletLib {
    uint8 internal constant TRADE = 1;
    uint8 internal constant WITHDRAW = 2;
    uint8 internal constant ACTIVE = 2;

    uint256 private constant MAY_TRADE = (uint256(ACTIVE) << 32) | (uint256(TRADE) << 24);
    uint256 private constant MAY_TRADE_MASK = (uint256(0xff) << 32) | (uint256(TRADE) << 24);

    function pack(uint24 participant_, uint8 rights_, uint8 status_) internal pure returns (PackedWallet) {
        return PackedWallet.wrap(participant_ | (uint256(rights_) << 24) | (uint256(status_) << 32));
    }

    function participant(PackedWallet w) internal pure returns (uint24) {
        return uint24(PackedWallet.unwrap(w));
    }

    function rights(PackedWallet w) internal pure returns (uint8) {
        return uint8(PackedWallet.unwrap(w) >> 24);
    }

    function status(PackedWallet w) internal pure returns (uint8) {
        return uint8(PackedWallet.unwrap(w) >> 32);
    }

    /// @dev Active, and with the right to trade.
    function mayTrade(PackedWallet w) internal pure returns (bool) {
        return PackedWallet.unwrap(w) & MAY_TRADE_MASK == MAY_TRADE;
    }
}
