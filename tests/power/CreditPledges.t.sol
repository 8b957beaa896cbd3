// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {IERC1155Errors} from "@openzeppelin/contracts/interfaces/draft-IERC6093.sol";

import {CreditPledge, ICreditPledges} from "../../interfaces/power/ICreditPledges.sol";
import {CreditUses, IEnergyCreditsErrors} from "../../interfaces/units/IEnergyCredits.sol";
import {IERC7943MultiToken} from "../../interfaces/standards/IERC7943MultiToken.sol";
import {ParticipantId, UnitId} from "../../interfaces/types/Ids.sol";
import {ParticipantKinds, WalletRights} from "../../interfaces/parties/IParticipants.sol";
import {Party} from "../../interfaces/market/IPledges.sol";
import {CreditPledgesCase} from "./CreditPledgesCase.sol";

/// @dev What is pledged, to whom, and what the two agree to.
contract CreditPledgesTest is CreditPledgesCase {
    /* pledging */

    function test_pledge_setsCreditsAside() public {
        vm.expectEmit(address(pledges));
        emit ICreditPledges.CreditsPledged(1, alpha, beta, series, LOAN, TERMS, alice);
        assertEq(_pledge(LOAN), 1);
        assertEq(_held(alice), HERS - LOAN);
        assertEq(_held(address(pledges)), LOAN);
        CreditPledge memory p = pledges.pledgeOf(1);
        assertTrue(p.pledgor == alpha && p.lender == beta && p.credit == series && p.proposer == Party.None);
        assertEq(p.amount, LOAN);
        assertEq(pledges.pledgedBy(alpha, series), LOAN);
        assertEq(_pledge(1), 2);
        assertEq(pledges.count(), 2);
        assertEq(pledges.pledgedBy(alpha, series), LOAN + 1);
        assertEq(energy.seriesOf(series).outstanding, HERS, "what is pledged is outstanding");
    }

    function test_pledge_takesFreeCreditsOnly() public {
        _freeze(alice, HERS - LOAN);
        vm.expectRevert(
            abi.encodeWithSelector(
                IERC7943MultiToken.ERC7943InsufficientUnfrozenBalance.selector,
                alice,
                UnitId.unwrap(series),
                LOAN + 1,
                LOAN
            )
        );
        _pledge(LOAN + 1);
        _pledge(LOAN);
    }

    function test_pledge_takesFromTheCallerAlone() public {
        _grantTo(bob, LOAN);
        vm.prank(bob);
        vm.expectRevert(
            abi.encodeWithSelector(IERC1155Errors.ERC1155MissingApprovalForAll.selector, address(pledges), bob)
        );
        pledges.pledge(series, alpha, LOAN, TERMS);
    }

    function test_pledge_isByAWalletThatTradesForAnActiveParticipant() public {
        _pass(alice, aliceDesk, LOAN);
        vm.prank(aliceDesk);
        energy.setApprovalForAll(address(pledges), true);
        _rights(WalletRights.ALL ^ WalletRights.TRADE);
        bytes memory why = abi.encodeWithSelector(ICreditPledges.CreditPledgesNotParty.selector, 1, aliceDesk);
        vm.expectRevert(why);
        _deskPledges();
        _rights(WalletRights.TRADE);
        _deskPledges();
        _suspend(alpha);
        vm.expectRevert(abi.encodeWithSelector(ICreditPledges.CreditPledgesNotParty.selector, 2, aliceDesk));
        _deskPledges();
        vm.prank(stranger);
        vm.expectRevert(abi.encodeWithSelector(ICreditPledges.CreditPledgesNotParty.selector, 2, stranger));
        pledges.pledge(series, beta, 1, TERMS);
    }

    function _rights(uint8 rights) private {
        vm.prank(alice);
        participants.setRights(aliceDesk, rights);
    }

    function _deskPledges() private {
        vm.prank(aliceDesk);
        pledges.pledge(series, beta, 1, TERMS);
    }

    function test_pledge_needsAnotherActiveLender() public {
        vm.prank(alice);
        vm.expectRevert(abi.encodeWithSelector(ICreditPledges.CreditPledgesBadLender.selector, alpha));
        pledges.pledge(series, alpha, 1, TERMS);
        _suspend(beta);
        vm.expectRevert(abi.encodeWithSelector(ICreditPledges.CreditPledgesBadLender.selector, beta));
        _pledge(1);
    }

    function test_pledge_ofNothingIsNone() public {
        vm.expectRevert(abi.encodeWithSelector(ICreditPledges.CreditPledgesZeroAmount.selector, 1));
        _pledge(0);
    }

    /// @dev Else a pledge that ends with the lender would be the way round a purpose.
    function test_pledge_isOfASeriesThatPassesBetweenParticipants() public {
        _only(CreditUses.POWER | CreditUses.BILLS, 0);
        _refusesToMove();
        _only(CreditUses.TRANSFER, 0);
        _pledge(LOAN);
    }

    function _refusesToMove() private {
        vm.expectRevert(
            abi.encodeWithSelector(
                IERC7943MultiToken.ERC7943CannotTransfer.selector,
                alice,
                address(pledges),
                UnitId.unwrap(series),
                uint256(LOAN)
            )
        );
        _pledge(LOAN);
    }

    function test_pledge_isToTheKindsOfItsPurposeOnly() public {
        _only(CreditUses.ALL, ParticipantKinds.TRADER);
        ParticipantId wind = _registerAs(makeAddr("wind farm"), ParticipantKinds.DEVELOPER);
        vm.prank(alice);
        vm.expectRevert(abi.encodeWithSelector(ICreditPledges.CreditPledgesOtherKind.selector, series, wind));
        pledges.pledge(series, wind, LOAN, TERMS);
        _pledge(LOAN);
    }

    function test_pledge_endsWithTheSeries() public {
        vm.warp(EXPIRY + 1);
        _refusesToMove();
    }

    function test_pledge_isOutOfReachOfReclaimAndSweep() public {
        _pledge(LOAN);
        vm.prank(town);
        vm.expectRevert(abi.encodeWithSelector(IEnergyCreditsErrors.EnergyCreditsInCustody.selector, address(pledges)));
        energy.reclaim(series, address(pledges), 1, REASON);
        address[] memory holders = new address[](1);
        holders[0] = address(pledges);
        vm.warp(EXPIRY + 1);
        vm.expectRevert(abi.encodeWithSelector(IEnergyCreditsErrors.EnergyCreditsInCustody.selector, address(pledges)));
        energy.sweep(series, holders);
    }

    /* limits */

    function test_pledge_makesNoRoomUnderTheReceiverLimit() public {
        vm.prank(town);
        energy.setReceiverLimit(series, alpha, true, HERS);
        _pledge(LOAN);
        vm.expectRevert(
            abi.encodeWithSelector(
                IEnergyCreditsErrors.EnergyCreditsOverReceiverLimit.selector, series, alpha, uint256(HERS) + 1, HERS
            )
        );
        _grantTo(alice, 1);
        assertEq(_held(alice) + pledges.pledgedBy(alpha, series), HERS);
    }

    /* both agree */

    function test_agree_releasesToThePledgorInParts() public {
        _pledge(LOAN);
        vm.expectEmit(address(pledges));
        emit ICreditPledges.CreditReleaseProposed(1, Party.Pledgor, LOAN - 1, false, alice);
        assertFalse(_agree(alice, LOAN - 1, false));
        assertTrue(pledges.pledgeOf(1).proposer == Party.Pledgor);
        assertEq(pledges.pledgeOf(1).proposedAmount, LOAN - 1);
        vm.expectEmit(address(pledges));
        emit ICreditPledges.PledgedCreditsReleased(1, alpha, bob, LOAN - 1, 1, 0);
        assertTrue(_agree(bob, LOAN - 1, false));
        assertEq(_held(alice), HERS - 1);
        assertEq(pledges.pledgeOf(1).amount, 1);
        assertEq(pledges.pledgedBy(alpha, series), 1);
        assertFalse(_agree(bob, 1, false));
        assertTrue(_agree(alice, 1, false));
        assertEq(_held(alice), HERS);
        assertEq(_held(address(pledges)), 0);
        assertEq(pledges.pledgedBy(alpha, series), 0);
    }

    function test_agree_givesToTheLender() public {
        _pledge(LOAN);
        assertFalse(_agree(bob, LOAN, true));
        vm.expectEmit(address(pledges));
        emit ICreditPledges.PledgedCreditsReleased(1, beta, alice, LOAN, 0, 0);
        assertTrue(_agree(alice, LOAN, true));
        assertEq(_held(bob), LOAN);
        assertEq(pledges.pledgedBy(alpha, series), 0);
        _pass(bob, alice, LOAN); // its own by now
    }

    function test_agree_isToTheSameThingOnly() public {
        _pledge(LOAN);
        _agree(alice, LOAN / 2, false);
        assertFalse(_agree(bob, LOAN / 2, true), "another receiver");
        assertFalse(_agree(alice, LOAN, true), "another amount");
        assertFalse(_agree(alice, LOAN, true), "agreeing with oneself");
        assertTrue(pledges.pledgeOf(1).proposedToLender);
        assertEq(_held(address(pledges)), LOAN);
        assertTrue(_agree(bob, LOAN, true));
    }

    function test_agree_canBeTakenBack() public {
        _pledge(LOAN);
        bytes memory why = abi.encodeWithSelector(ICreditPledges.CreditPledgesNothingProposed.selector, 1);
        vm.expectRevert(why);
        _agree(alice, 0, false);
        _agree(alice, LOAN, false);
        vm.expectRevert(why);
        _agree(bob, 0, false); // not its own
        vm.expectEmit(address(pledges));
        emit ICreditPledges.CreditReleaseProposed(1, Party.Pledgor, 0, false, alice);
        assertFalse(_agree(alice, 0, false));
        assertFalse(_agree(bob, LOAN, false));
    }

    /// @dev What was agreed to before a release says nothing about what is left.
    function test_agree_beginsAnewAfterARelease() public {
        _pledge(LOAN);
        _agree(alice, 50, true);
        _order(10, false);
        assertFalse(_agree(bob, 50, true));
    }

    function test_agree_isBoundedByWhatIsPledged() public {
        _pledge(LOAN);
        _pledge(LOAN); // what lies here for another pledge is not this one's
        vm.expectRevert(
            abi.encodeWithSelector(ICreditPledges.CreditPledgesTooMuch.selector, uint256(1), LOAN + 1, LOAN)
        );
        _agree(alice, LOAN + 1, false);
    }

    function test_agree_isForPartiesThatTrade() public {
        _pledge(LOAN);
        bytes memory why = abi.encodeWithSelector(ICreditPledges.CreditPledgesNotParty.selector, 1, dora);
        vm.expectRevert(why);
        _agree(dora, 1, false);
        vm.expectRevert(abi.encodeWithSelector(ICreditPledges.CreditPledgesNotParty.selector, 1, stranger));
        _agree(stranger, 1, false);
        _rights(WalletRights.ALL ^ WalletRights.TRADE);
        vm.expectRevert(abi.encodeWithSelector(ICreditPledges.CreditPledgesNotParty.selector, 1, aliceDesk));
        _agree(aliceDesk, 1, false);
        _suspend(beta);
        vm.expectRevert(abi.encodeWithSelector(ICreditPledges.CreditPledgesNotParty.selector, 1, bob));
        _agree(bob, 1, false);
    }

    function test_agree_needsAPledge() public {
        vm.expectRevert(abi.encodeWithSelector(ICreditPledges.CreditPledgesUnknown.selector, 1));
        _agree(alice, 1, false);
        vm.expectRevert(abi.encodeWithSelector(ICreditPledges.CreditPledgesUnknown.selector, 0));
        pledges.pledgeOf(0);
    }

    function test_agree_keepsToTheKindsOfThePurpose() public {
        _only(CreditUses.ALL, ParticipantKinds.TRADER);
        _pledge(LOAN);
        _agree(alice, LOAN, true);
        vm.prank(officer);
        participants.setKinds(beta, ParticipantKinds.DEVELOPER);
        vm.expectRevert(abi.encodeWithSelector(ICreditPledges.CreditPledgesOtherKind.selector, series, beta));
        _agree(bob, LOAN, true);
        vm.expectRevert(abi.encodeWithSelector(ICreditPledges.CreditPledgesOtherKind.selector, series, beta));
        _order(LOAN, true);
        _agree(alice, LOAN, false);
        assertTrue(_agree(bob, LOAN, false));
    }

    /* what is frozen */

    function test_agree_doesNotGiveTheLenderWhatIsFrozen() public {
        _pledge(LOAN);
        _agree(bob, LOAN, true);
        _freeze(aliceDesk, 1); // in whichever wallet of hers
        vm.expectRevert(abi.encodeWithSelector(ICreditPledges.CreditPledgesFrozen.selector, 1, aliceDesk));
        _agree(alice, LOAN, true);
        _freeze(aliceDesk, 0);
        _freeze(alice, HERS);
        vm.expectRevert(abi.encodeWithSelector(ICreditPledges.CreditPledgesFrozen.selector, 1, alice));
        _agree(alice, LOAN, true);
        _freeze(alice, 0);
        assertTrue(_agree(alice, LOAN, true));
    }

    /// @dev A pledge and its release are no way out of a frozen wallet.
    function test_agree_givesBackIntoTheFrozenWallet() public {
        vm.startPrank(aliceDesk);
        energy.setApprovalForAll(address(pledges), true);
        vm.stopPrank();
        _pass(alice, aliceDesk, LOAN);
        vm.prank(aliceDesk);
        pledges.pledge(series, beta, LOAN, TERMS);
        _freeze(aliceDesk, LOAN);
        _agree(bob, LOAN, false);
        assertTrue(_agree(alice, LOAN, false));
        assertEq(_held(aliceDesk), LOAN);
        assertEq(energy.freeOf(aliceDesk, series), 0);
        assertEq(_frozenIn(aliceDesk), LOAN);
    }
}
