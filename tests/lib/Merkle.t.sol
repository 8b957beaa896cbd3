// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {Test} from "forge-std/Test.sol";
import {CodeWords} from "../../contracts/lib/CodeWords.sol";
import {Merkle} from "../../contracts/lib/Merkle.sol";
import {ReportingYear} from "../../contracts/lib/ReportingYear.sol";

contract MerkleTest is Test {
    /// @dev The same roots are in tests/tonne/evidence/test_manifest.py, made by tonne/crypto/merkle.py.
    function test_root_isPythonsToo() public pure {
        assertEq(Merkle.root(_leaves(0)), bytes32(0));
        assertEq(Merkle.root(_leaves(1)), _leaves(1)[0]);
        assertEq(Merkle.root(_leaves(5)), 0x41daa804515fbc94f330a1820f15303b9c72afefcaa771af3b7731fe64dff2c8);
        assertEq(Merkle.root(_leaves(200)), 0xf8ca02861110b3003e43bc028d1b8cb0efec22ae5cc1e8cb3898c1438accff5b);
    }

    function test_leaf_isNoNode() public pure {
        bytes32 a = keccak256("a");
        bytes32 b = keccak256("b");
        assertTrue(Merkle.leaf(a, b) != Merkle.node(a, b));
        assertEq(Merkle.leaf(a, b), Merkle.leaf(abi.encodePacked(a, b)));
    }

    function testFuzz_verify_provesEachLeafAtItsPlaceOnly(uint256 count, uint256 index, uint256 other) public pure {
        count = bound(count, 1, 40);
        index = bound(index, 0, count - 1);
        other = bound(other, 0, count - 1);
        bytes32[] memory proof = _proof(_leaves(count), index);
        bytes32 root = Merkle.root(_leaves(count));
        bytes32 leaf = _leaves(count)[index];
        assertTrue(Merkle.verify(root, leaf, index, count, proof));
        assertEq(Merkle.verify(root, leaf, other, count, proof), other == index);
        assertFalse(Merkle.verify(root, ~leaf, index, count, proof));
        assertFalse(Merkle.verify(root, leaf, index, index, proof));
        bytes32[] memory longer = new bytes32[](proof.length + 1);
        for (uint256 i; i < proof.length; ++i) {
            longer[i] = proof[i];
        }
        assertFalse(Merkle.verify(root, leaf, index, count, longer));
    }

    function testFuzz_codeWords_comeBack(uint256 seed, uint256 count) public {
        uint256[] memory words = new uint256[](bound(count, 0, 767));
        for (uint256 i; i < words.length; ++i) {
            words[i] = uint256(keccak256(abi.encode(seed, i)));
        }
        uint256[] memory got = CodeWords.load(CodeWords.write(words));
        assertEq(keccak256(abi.encode(got)), keccak256(abi.encode(words)));
    }

    /// @dev Without the gas that the code costs there is no pointer to nothing.
    function test_codeWords_revertWhenTheCodeCannotBeWritten() public {
        vm.expectRevert(abi.encodeWithSelector(CodeWords.CodeWordsNotWritten.selector, 767));
        this.write{gas: 1_500_000}(767);
    }

    function test_codeWords_refusesMoreThanCodeCanHold() public {
        vm.expectRevert(abi.encodeWithSelector(CodeWords.CodeWordsTooMany.selector, 768, 767));
        this.write(768);
    }

    function write(uint256 count) external {
        CodeWords.write(new uint256[](count));
    }

    function test_reportingYear_knowsTheCalendar() public pure {
        assertEq(ReportingYear.start(1970), 0);
        assertEq(ReportingYear.start(1971), 31_536_000);
        assertEq(ReportingYear.start(2000), 946_684_800);
        assertEq(ReportingYear.start(2021), 1_609_459_200);
        assertEq(ReportingYear.start(2101), 4_133_980_800);
        assertEq(ReportingYear.hoursOf(2020), 8784);
        assertEq(ReportingYear.hoursOf(2021), 8760);
        assertEq(ReportingYear.hoursOf(2100), 8760);
        assertEq(ReportingYear.hoursOf(2000), 8784);
    }

    function testFuzz_reportingYear_holdsItsMoments(uint256 year, uint256 moment) public pure {
        year = bound(year, 1970, 9999);
        uint256 length = ReportingYear.hoursOf(year) * 1 hours;
        assertEq(ReportingYear.start(year + 1), ReportingYear.start(year) + length);
        assertEq(ReportingYear.yearOf(ReportingYear.start(year) + bound(moment, 0, length - 1)), year);
    }

    function _leaves(uint256 count) private pure returns (bytes32[] memory leaves) {
        leaves = new bytes32[](count);
        for (uint256 i; i < count; ++i) {
            leaves[i] = Merkle.leaf(bytes32(i), bytes32(i));
        }
    }

    /// @dev Level by level, apart from the library's own way.
    function _proof(bytes32[] memory level, uint256 index) private pure returns (bytes32[] memory proof) {
        proof = new bytes32[](16);
        uint256 used;
        while (level.length > 1) {
            if (index ^ 1 < level.length) proof[used++] = level[index ^ 1];
            bytes32[] memory above = new bytes32[]((level.length + 1) / 2);
            for (uint256 i; i < above.length; ++i) {
                above[i] = 2 * i + 1 < level.length ? Merkle.node(level[2 * i], level[2 * i + 1]) : level[2 * i];
            }
            level = above;
            index /= 2;
        }
        assembly {
            mstore(proof, used)
        }
    }
}
