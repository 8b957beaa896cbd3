// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {IAuctionShare, auctionShareRef} from "../../interfaces/compliance/IAuctionShare.sol";
import {ParticipantId, UnitId} from "../../interfaces/types/Ids.sol";
import {ParticipantKinds} from "../../interfaces/parties/IParticipants.sol";
import {ISchemes, Powers} from "../../interfaces/rules/ISchemes.sol";
import {IUnit1155} from "../../interfaces/units/IUnit1155.sol";
import {ComplianceBase} from "./ComplianceBase.sol";

/// @dev A vintage of which 600,000 t are to be auctioned, and the authority that sells them.
contract AuctionShareTest is ComplianceBase {
    uint16 internal constant VINTAGE = 2022;
    UnitId internal constant UNIT = UnitId.wrap(uint256(1) << 96 | uint256(1) << 80 | uint256(VINTAGE) << 64);
    uint64 internal constant SHARE = 600_000;

    IAuctionShare internal share;
    address internal seller = makeAddr("seller");
    ParticipantId internal sellerId;

    function setUp() public override {
        super.setUp();
        share = IAuctionShare(
            vm.deployCode("AuctionShare.sol:AuctionShare", abi.encode(participants, schemes, allowances))
        );
        allowances.setController(address(share), 1);
        sellerId = _join(seller, ParticipantKinds.AUTHORITY);
        vm.prank(ministry);
        schemes.disclose(CHINA, VINTAGE, 1_000_000, 300_000, SHARE);
    }

    function _issue(address to, uint256 amount) private {
        vm.prank(ministry);
        share.issue(CHINA, VINTAGE, to, amount);
    }

    function test_issue_bringsTheAuctionedShareToTheSeller() public {
        vm.expectEmit(address(share));
        emit IAuctionShare.AuctionShareIssued(CHINA, VINTAGE, sellerId, seller, ministry, 400_000);
        vm.expectEmit(address(allowances));
        emit IUnit1155.UnitsIssued(UNIT, auctionShareRef(CHINA, sellerId), 400_000, 1);
        _issue(seller, 400_000);
        assertEq(allowances.balanceOf(seller, UnitId.unwrap(UNIT)), 400_000);
        assertEq(share.issuedOf(UNIT), 400_000);
    }

    function test_issue_endsAtWhatWasDisclosed() public {
        _issue(seller, SHARE - 1);
        vm.expectRevert(
            abi.encodeWithSelector(IAuctionShare.AuctionShareExceeded.selector, CHINA, VINTAGE, SHARE + 1, SHARE)
        );
        _issue(seller, 2);
        _issue(seller, 1);
        assertEq(share.issuedOf(UNIT), SHARE);
    }

    function test_issue_needsADisclosedVintage() public {
        vm.prank(ministry);
        vm.expectRevert(abi.encodeWithSelector(IAuctionShare.AuctionShareExceeded.selector, CHINA, VINTAGE + 1, 1, 0));
        share.issue(CHINA, VINTAGE + 1, seller, 1);
    }

    function test_issue_isForAnActiveParticipant() public {
        vm.expectRevert(abi.encodeWithSelector(IAuctionShare.AuctionShareNoSeller.selector, stranger));
        _issue(stranger, 1);
    }

    function test_issue_needsThePowerToAllocateInTheWholeScheme() public {
        vm.prank(stranger);
        vm.expectRevert(abi.encodeWithSelector(ISchemes.SchemesNoPower.selector, stranger, CHINA, 0, Powers.ALLOCATE));
        share.issue(CHINA, VINTAGE, seller, 1);
    }
}
