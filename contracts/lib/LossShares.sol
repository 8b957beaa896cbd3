// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {MerkleSum, SumWord} from "./MerkleSum.sol";

/// @title LossShares
/// @notice An area's loss dealt out among the leaves of its interval, so that the shares add up to the watt-hour.
/// @dev Leaf k bears floor(L·C_k/W) - floor(L·C_(k-1)/W), C being the running sum of weights in the order of the leaves and W
/// their total: each share is within 1 Wh of its due and no table is kept. A Merkle sum proof carries C_(k-1): the sums of
/// what lies left of the way up. `tonne/power/losses.py` deals out the same.
library LossShares {
    /// @dev Part of a loss that is dealt out by export, the rest by import (Balancing and Settlement Code of Great Britain,
    /// section T 2.3.1).
    uint256 internal constant DELIVERING_PPM = 450_000;
    uint256 private constant PPM = 1_000_000;
    uint256 private constant HASH = 22; // bytes of a sibling's hash in a proof, see {MerkleSum}
    uint256 private constant SIBLING = 46; // and of its sums, 24, with it

    /// @notice Sums of all leaves left of number `index`, from a proof of that leaf that has been checked.
    function sumsBefore(uint256 index, uint256 count, bytes calldata proof) internal pure returns (SumWord sums) {
        uint256 at;
        for (; count > 1; count = (count + 1) / 2) {
            if (index ^ 1 < count) {
                if (index & 1 == 1) {
                    sums = sums.add(SumWord.wrap(uint192(bytes24(proof[at + HASH:at + SIBLING]))));
                }
                at += SIBLING;
            }
            index /= 2;
        }
    }

    /// @notice Share of `loss` [Wh] that the leaf with sums `own` bears.
    /// @param before sums of the leaves left of it
    /// @param total sums of all leaves
    function share(uint256 loss, SumWord before, SumWord own, SumWord total) internal pure returns (uint256 wh) {
        (uint256 delivered, uint256 taken) = (total.exportWh(), total.importWh());
        uint256 byExport = delivered == 0 ? 0 : taken == 0 ? loss : loss * DELIVERING_PPM / PPM;
        SumWord upTo = before.add(own);
        if (delivered != 0) {
            wh = byExport * upTo.exportWh() / delivered - byExport * before.exportWh() / delivered;
        }
        if (taken != 0) {
            uint256 byImport = loss - byExport;
            wh += byImport * upTo.importWh() / taken - byImport * before.importWh() / taken;
        }
    }
}
