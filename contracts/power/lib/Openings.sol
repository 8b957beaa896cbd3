// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {Opening} from "../../../interfaces/power/IPowerBids.sol";
import {ParticipantId} from "../../../interfaces/types/Ids.sol";
import {PackedCurve, PackedCurveLib} from "../../types/PackedCurve.sol";

/// @title Openings
/// @notice Curves as they were opened: their commitment, and the accepted energy of a part of them.
library Openings {
    using PackedCurveLib for uint256;

    /// @notice A bidder's commitment to its curves.
    function commitmentOf(uint32 interval, ParticipantId participant, Opening calldata o)
        internal
        pure
        returns (bytes24)
    {
        bytes32 words = PackedCurveLib.hashOf(o.words);
        return bytes24(keccak256(abi.encode(interval, participant, o.salt, o.root, o.leaves, words)));
    }

    /// @notice Energy accepted at a node of the part of curves between two energies from their beginning [Wh].
    /// @dev Of a step at the price its share is rounded down: what it really gets is that or one more.
    /// @param price of the node
    /// @param margins lanes of the clearing, see {Proposal}
    /// @return energy by side
    /// @return loose steps at the price, by side
    function acceptedOf(
        uint256[] calldata words,
        uint256 node,
        uint256 from,
        uint256 to,
        uint256 price,
        uint256[] calldata margins
    ) internal pure returns (uint256[2] memory energy, uint256[2] memory loose) {
        uint256 past;
        for (uint256 i; i < words.length && past < to;) {
            PackedCurve head = PackedCurve.wrap(words[i++]);
            uint256 side = head.side();
            for (uint256 j; j < head.steps(); ++j) {
                uint256 step =
                    words[i + j / PackedCurveLib.PER_WORD] >> PackedCurveLib.STEP_BITS * (j % PackedCurveLib.PER_WORD);
                uint256 next = past + uint32(step >> 32);
                (uint256 first, uint256 last) = (past > from ? past : from, next < to ? next : to);
                past = next;
                if (first >= last || head.node() != node) continue;
                if (uint32(step) == price) {
                    uint256 lane = 4 * node + 2 * side;
                    uint256 word = margins[lane / 8];
                    energy[side] += PackedCurveLib.share(word.lane(lane), word.lane(lane + 1), 0, last - first);
                    ++loose[side];
                } else if (side == PackedCurveLib.BID == (uint32(step) > price)) {
                    energy[side] += last - first;
                }
            }
            i += PackedCurveLib.words(head.steps());
        }
    }

    /// @notice Adds the energy that curves have at a node at better prices than the node's, by side [Wh].
    function addBetter(uint256[2] memory energy, uint256[] calldata words, uint256 node, uint256 price) internal pure {
        for (uint256 i; i < words.length;) {
            PackedCurve head = PackedCurve.wrap(words[i++]);
            uint256 side = head.side();
            for (uint256 j; j < head.steps() && head.node() == node; ++j) {
                uint256 step =
                    words[i + j / PackedCurveLib.PER_WORD] >> PackedCurveLib.STEP_BITS * (j % PackedCurveLib.PER_WORD);
                uint256 own = uint32(step);
                if (own != price && side == PackedCurveLib.BID == (own > price)) energy[side] += uint32(step >> 32);
            }
            i += PackedCurveLib.words(head.steps());
        }
    }
}
