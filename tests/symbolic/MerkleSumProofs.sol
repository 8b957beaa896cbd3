// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {Test} from "forge-std/Test.sol";

import {MerkleSum, SumWord} from "../../contracts/lib/MerkleSum.sol";

/// @notice Proofs over sum trees: an addition is exact in each field or refused, a proof's sums are those of all leaves.
contract MerkleSumProofs is Test {
    function check_add_isExactInEveryField(SumWord a, SumWord b) public pure {
        SumWord sum = a.add(b);
        assert(sum.importWh() == a.importWh() + b.importWh() && sum.exportWh() == a.exportWh() + b.exportWh());
        for (uint256 quality; quality < 4; ++quality) {
            assert(sum.countOf(quality) == a.countOf(quality) + b.countOf(quality));
        }
        assert(SumWord.unwrap(sum) >> 192 == 0);
    }

    /// @dev What does not fit is refused, not wrapped.
    function check_add_refusesWhatDoesNotFit(SumWord a, SumWord b) public view {
        vm.assume(SumWord.unwrap(a) & MerkleSum.GUARDS == 0 && SumWord.unwrap(b) & MerkleSum.GUARDS == 0);
        bool fits = a.importWh() + b.importWh() < 1 << 47 && a.exportWh() + b.exportWh() < 1 << 47;
        for (uint256 quality; quality < 4; ++quality) {
            fits = fits && a.countOf(quality) + b.countOf(quality) < 1 << 23;
        }
        try this.add(a, b) {
            assert(fits);
        } catch {
            assert(!fits);
        }
    }

    function add(SumWord a, SumWord b) external pure returns (SumWord) {
        return a.add(b);
    }

    function check_ofLeaf_countsOneLeafAndItsEnergy(uint40 imported, uint40 exported, uint8 quality) public pure {
        vm.assume(quality < 4);
        SumWord sums = MerkleSum.ofLeaf(imported, exported, quality);
        assert(sums.importWh() == (quality == 3 ? 0 : imported) && sums.exportWh() == (quality == 3 ? 0 : exported));
        assert(sums.count() == 1 && sums.countOf(quality) == 1 && SumWord.unwrap(sums) & MerkleSum.GUARDS == 0);
    }

    /// @dev A tree of two leaves: both climb to one root with one total, the sum of the two.
    function check_climb_ofTwoLeavesMeetsAtOneRoot(bytes22 left, SumWord a, bytes22 right, SumWord b) public view {
        vm.assume(_isLeaf(a) && _isLeaf(b));
        bytes32 root = MerkleSum.node(left, a, right, b);
        uint256 total = SumWord.unwrap(a.add(b));
        assert(_climbs(left, a, 0, abi.encodePacked(right, _sums(b)), root, total));
        assert(_climbs(right, b, 1, abi.encodePacked(left, _sums(a)), root, total));
    }

    function _isLeaf(SumWord sums) private pure returns (bool) {
        return SumWord.unwrap(sums) & MerkleSum.GUARDS == 0 && sums.count() == 1;
    }

    function _climbs(bytes32 leaf, SumWord sums, uint256 index, bytes memory proof, bytes32 root, uint256 total)
        private
        view
        returns (bool)
    {
        (bytes32 found, SumWord all, bool whole) = this.climb(leaf, sums, index, 2, proof);
        return whole && found == root && SumWord.unwrap(all) == total;
    }

    /// @dev Sums of another number of leaves than the tree has are not whole, whatever the proof says.
    function check_climb_isWholeForTheCountOfItsSumsAlone(bytes22 left, SumWord a, bytes22 right, uint192 sibling)
        public
        view
    {
        (, SumWord total, bool whole) = this.climb(left, a, 0, 2, abi.encodePacked(right, sibling));
        assert(!whole || (total.count() == 2 && SumWord.unwrap(total) & MerkleSum.GUARDS == 0));
        if (whole) assert(total.importWh() == a.importWh() + SumWord.wrap(sibling).importWh());
    }

    function climb(bytes32 hash, SumWord sums, uint256 index, uint256 count, bytes calldata proof)
        external
        pure
        returns (bytes32 root, SumWord total, bool isWhole)
    {
        return MerkleSum.climb(hash, sums, index, count, proof);
    }

    function _sums(SumWord sums) private pure returns (uint192) {
        return uint192(SumWord.unwrap(sums));
    }
}
