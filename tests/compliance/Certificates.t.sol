// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {IERC721Errors} from "@openzeppelin/contracts/interfaces/draft-IERC6093.sol";
import {IERC721} from "@openzeppelin/contracts/token/ERC721/IERC721.sol";
import {IERC721Metadata} from "@openzeppelin/contracts/token/ERC721/extensions/IERC721Metadata.sol";

import {IERC5192} from "../../interfaces/IERC5192.sol";
import {IRetirementRegistry} from "../../interfaces/IRetirementRegistry.sol";
import {RetirementCase} from "./RetirementCase.sol";

/// @dev A certificate as a token that never moves.
contract CertificatesTest is RetirementCase {
    /* CERTIFICATES */

    function test_certificate_neverMoves() public {
        vm.startPrank(dora);
        uint256 number = registry.retire(credit, 1, _claim());
        IERC721 nft = _nft();
        bytes memory locked = abi.encodeWithSelector(IRetirementRegistry.RetirementCertificateLocked.selector, number);
        vm.expectRevert(locked);
        nft.transferFrom(dora, bob, number);
        vm.expectRevert(locked);
        nft.safeTransferFrom(dora, bob, number);
        vm.expectRevert(locked);
        nft.safeTransferFrom(dora, bob, number, "");
        vm.expectRevert(locked);
        nft.approve(bob, number);
        vm.expectRevert(abi.encodeWithSelector(IRetirementRegistry.RetirementCertificateLocked.selector, 0));
        nft.setApprovalForAll(bob, true);
        vm.stopPrank();
        assertTrue(IERC5192(address(registry)).locked(number));
        assertEq(nft.getApproved(number), address(0));
        assertFalse(nft.isApprovedForAll(dora, bob));
        assertEq(nft.ownerOf(number), dora);
    }

    function test_certificate_revertsForANumberNeverGiven() public {
        bytes memory unknown = abi.encodeWithSelector(IRetirementRegistry.RetirementCertificateUnknown.selector, 1);
        IERC721 nft = _nft();
        vm.expectRevert(unknown);
        registry.certificate(1);
        vm.expectRevert(unknown);
        registry.serialsOf(1);
        vm.expectRevert(unknown);
        registry.isClaimOf(1, _claim());
        vm.expectRevert(unknown);
        nft.ownerOf(1);
        vm.expectRevert(unknown);
        nft.getApproved(1);
        vm.expectRevert(unknown);
        IERC5192(address(registry)).locked(1);
        vm.expectRevert(unknown);
        IERC721Metadata(address(registry)).tokenURI(1);
    }

    function test_balanceOf_revertsForTheZeroAddress() public {
        IERC721 nft = _nft();
        vm.expectRevert(abi.encodeWithSelector(IERC721Errors.ERC721InvalidOwner.selector, address(0)));
        nft.balanceOf(address(0));
    }

    function test_tokenURI_isBuiltOnChain() public {
        vm.prank(dora);
        uint256 number = registry.retire(credit, 1, _claim());
        bytes memory uri = bytes(IERC721Metadata(address(registry)).tokenURI(number));
        bytes memory head = "data:application/json;base64,";
        for (uint256 i = 0; i < head.length; ++i) {
            assertEq(bytes32(uri[i]), bytes32(head[i]));
        }
    }

    function test_supportsInterface() public view {
        IERC721 nft = _nft();
        assertTrue(nft.supportsInterface(0x01ffc9a7));
        assertTrue(nft.supportsInterface(0x80ac58cd));
        assertTrue(nft.supportsInterface(0x5b5e139f));
        assertTrue(nft.supportsInterface(0xb45a3c0e));
        assertTrue(nft.supportsInterface(0x4e2312e0));
        assertFalse(nft.supportsInterface(0xffffffff));
    }
}
