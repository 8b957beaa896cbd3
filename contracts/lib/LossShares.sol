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

    /// @notice Sums of all leaves left of number `index`, from a proof of that leaf that has been checked: they are a part of the
    /// tree's, so that no field runs over.
    function sumsBefore(uint256 index, uint256 count, bytes calldata proof) internal pure returns (SumWord sums) {
        assembly ("memory-safe") {
            let from := proof.offset
            for { let last := sub(count, 1) } last {} {
                if iszero(gt(xor(index, 1), last)) {
                    // 22 bytes of a sibling's hash and 24 of its sums, see {MerkleSum}.
                    if and(index, 1) { sums := add(sums, shr(64, calldataload(add(from, 22)))) }
                    from := add(from, 46)
                }
                index := shr(1, index)
                last := shr(1, last)
            }
        }
    }

    /// @notice Share of `loss` [Wh] that the leaf with sums `own` bears.
    /// @param before sums of the leaves left of it
    /// @param total sums of all leaves
    function share(uint256 loss, SumWord before, SumWord own, SumWord total) internal pure returns (uint256 wh) {
        (uint256 delivered, uint256 taken) = (total.exportWh(), total.importWh());
        // A loss and sums have 48 bits.
        unchecked {
            uint256 byExport = delivered == 0 ? 0 : taken == 0 ? loss : loss * DELIVERING_PPM / PPM;
            if (delivered != 0) wh = _part(byExport, before.exportWh(), own.exportWh(), delivered);
            if (taken != 0) wh += _part(loss - byExport, before.importWh(), own.importWh(), taken);
        }
    }

    function _part(uint256 loss, uint256 before, uint256 own, uint256 total) private pure returns (uint256) {
        unchecked {
            return loss * (before + own) / total - loss * before / total;
        }
    }
}
