// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {IERC721Errors} from "@openzeppelin/contracts/interfaces/draft-IERC6093.sol";
import {IERC721} from "@openzeppelin/contracts/token/ERC721/IERC721.sol";
import {IERC721Metadata} from "@openzeppelin/contracts/token/ERC721/extensions/IERC721Metadata.sol";
import {DataUri} from "forge-std/DataUri.sol";
import {LibString} from "solady/utils/LibString.sol";

import {IERC5192} from "../../interfaces/standards/IERC5192.sol";
import {Claim, IRetirementRegistry} from "../../interfaces/compliance/IRetirementRegistry.sol";
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

    /* JSON AND PICTURE */

    function test_tokenURI_isJsonFromTheChainWithThePictureInside() public {
        vm.prank(dora);
        uint256 number = registry.retire(credit, 5, _claim());
        string memory json = _json(number);
        assertEq(vm.parseJsonString(json, ".name"), "Retirement certificate 1");
        assertEq(vm.parseJsonString(json, ".description"), "5 tCO2e, Offset credit, retired for ever");
        assertEq(vm.parseJsonString(json, ".attributes[3].value"), "1-0-1-5");
        assertEq(vm.parseJsonString(json, ".attributes[4].value"), "CN");
        assertEq(vm.parseJsonString(json, ".attributes[5].value"), "2020-01-01 to 2020-12-31");
        assertEq(vm.parseJsonString(json, ".attributes[7].value"), _hex(registry.certificate(number).claimHash));
    }

    function test_tokenURI_pictureShowsEverythingThatIsStored() public {
        vm.warp(1_625_097_600); // 1 July 2021
        vm.prank(dora);
        uint256 number = registry.retire(credit, 5, _claim());
        string memory svg = _picture(number);
        _assertShows(svg, '<text x="40" y="64" font-size="20">Retirement certificate 1<');
        _assertShows(svg, ">5 tCO2e<");
        _assertShows(svg, ">Offset credit, retired for ever<");
        _assertShows(svg, ">2020-01-01 to 2020-12-31, country CN<");
        _assertShows(svg, ">2021-07-01 (UTC)<");
        _assertShows(svg, ">1-0-1-5<");
        _assertShows(svg, _hex(registry.certificate(number).claimHash));
        _assertShows(svg, vm.toString(block.chainid));
    }

    function test_tokenURI_keepsTheWordsOfTheClaimOut() public {
        Claim memory claim = _claim();
        claim.beneficiary = '"}</text><script>alert(1)</script>';
        vm.prank(dora);
        uint256 number = registry.retire(credit, 5, claim);
        assertFalse(_shows(_picture(number), "alert"));
        assertFalse(_shows(_json(number), "alert"));
    }

    function test_imageOf_showsTheWordsOfTheClaim() public {
        vm.prank(dora);
        uint256 number = registry.retire(credit, 5, _claim());
        string memory svg = registry.imageOf(number, _claim());
        _assertShows(svg, ">Example Airlines plc<");
        _assertShows(svg, ">Business travel 2020, scope 3 category 6<");
    }

    function test_imageOf_refusesOtherWords() public {
        vm.prank(dora);
        uint256 number = registry.retire(credit, 5, _claim());
        Claim memory claim = _claim();
        claim.beneficiary = "Example Airlines Ltd";
        vm.expectRevert(abi.encodeWithSelector(IRetirementRegistry.RetirementOtherClaim.selector, number));
        registry.imageOf(number, claim);
    }

    function test_imageOf_showsACommitmentAsSuch() public {
        Claim memory claim = _claim();
        (claim.beneficiary, claim.commitment) = ("", keccak256("somebody"));
        vm.prank(dora);
        uint256 number = registry.retire(credit, 5, claim);
        _assertShows(registry.imageOf(number, claim), _hex(keccak256("somebody")));
    }

    function test_imageOf_escapesHostileWords() public {
        Claim memory claim = _claim();
        claim.beneficiary = "</text><script>alert('x')</script>&";
        claim.purpose = unicode"\u202Eevil\u0000";
        vm.prank(dora);
        uint256 number = registry.retire(credit, 5, claim);
        string memory svg = registry.imageOf(number, claim);
        assertFalse(_shows(svg, "<script"));
        _assertShows(svg, "&lt;/text&gt;&lt;script&gt;alert(&#39;x&#39;)&lt;/script&gt;&amp;");
        _assertShows(svg, unicode">\uFFFDevil\uFFFD<");
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

    /* INSIDE */

    function _json(uint256 number) private view returns (string memory) {
        return DataUri.json(IERC721Metadata(address(registry)).tokenURI(number));
    }

    function _picture(uint256 number) private view returns (string memory) {
        return DataUri.image(_json(number));
    }

    function _assertShows(string memory text, string memory part) private pure {
        if (!_shows(text, part)) assertEq(text, part);
    }

    function _shows(string memory text, string memory part) private pure returns (bool) {
        return LibString.contains(text, part);
    }

    function _hex(bytes32 value) private pure returns (string memory) {
        return vm.toString(value);
    }
}
