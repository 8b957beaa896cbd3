// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {Merkle} from "./Merkle.sol";

/// @dev One account at one node in one interval. Fields low to high; energy in Wh, amounts in micro-credits:
///
///     energy  account 32 · metered 48, signed · sold 48 · bought 48 · traded 48, signed
///     money   net 88, signed · loss 48
///     day     net 88, signed · volume 72
///
/// `metered` is the net export of its reading, 0 where that is held or missing; sold and bought are in the clearing, traded is
/// sold less bought by contracts, see {IPowerTrades}; loss is its share of the node's; net is contract leg, imbalance and fee.
/// The last word has the sums of net and of metered energy without sign from the day's first interval to this one. Bits beyond the fields are not read, so that any four words are a line. The salt
/// keeps it confidential.
struct AccountLine {
    uint256 energy;
    uint256 money;
    uint256 day;
    bytes32 salt;
}

using AccountLineLib for AccountLine global;

/// @title AccountLineLib
library AccountLineLib {
    function account(AccountLine memory self) internal pure returns (uint32) {
        return uint32(self.energy);
    }

    function meteredWh(AccountLine memory self) internal pure returns (int256) {
        return int48(uint48(self.energy >> 32));
    }

    function soldWh(AccountLine memory self) internal pure returns (uint256) {
        return uint48(self.energy >> 80);
    }

    function boughtWh(AccountLine memory self) internal pure returns (uint256) {
        return uint48(self.energy >> 128);
    }

    function tradedWh(AccountLine memory self) internal pure returns (int256) {
        return int48(uint48(self.energy >> 176));
    }

    function net(AccountLine memory self) internal pure returns (int256) {
        return int88(uint88(self.money));
    }

    function lossWh(AccountLine memory self) internal pure returns (uint256) {
        return uint48(self.money >> 88);
    }

    function dayNet(AccountLine memory self) internal pure returns (int256) {
        return int88(uint88(self.day));
    }

    function dayVolumeWh(AccountLine memory self) internal pure returns (uint256) {
        return uint72(self.day >> 88);
    }

    /// @notice Metered energy without sign.
    function volumeWh(AccountLine memory self) internal pure returns (uint256) {
        int256 wh = self.meteredWh();
        return uint256(wh < 0 ? -wh : wh);
    }

    /// @notice Delivered beyond contracts and losses [Wh]; negative when short.
    function imbalanceWh(AccountLine memory self) internal pure returns (int256) {
        unchecked {
            int256 sold = int256(self.soldWh()) - int256(self.boughtWh()) + self.tradedWh();
            return self.meteredWh() - sold - int256(self.lossWh());
        }
    }

    /// @notice Hash of its leaf in the tree of an interval's lines, see {LineTree}.
    function leaf(AccountLine memory self) internal pure returns (bytes32) {
        return Merkle.leaf(abi.encode(self));
    }
}
