// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {IERC1155Receiver} from "@openzeppelin/contracts/token/ERC1155/IERC1155Receiver.sol";
import {IERC165} from "@openzeppelin/contracts/utils/introspection/IERC165.sol";

import {IPayouts} from "../../interfaces/parties/IPayouts.sol";
import {ICreditPayouts} from "../../interfaces/power/ICreditPayouts.sol";
import {ICreditPledges} from "../../interfaces/power/ICreditPledges.sol";
import {ParticipantId, SchemeId, UnitId} from "../../interfaces/types/Ids.sol";
import {IPausable} from "../../interfaces/rules/IPausable.sol";
import {ParticipantKinds, WalletRights} from "../../interfaces/parties/IParticipants.sol";
import {ISchemes, Powers} from "../../interfaces/rules/ISchemes.sol";
import {Exit, IUnit1155} from "../../interfaces/units/IUnit1155.sol";
import {Applications} from "../parties/Applications.sol";
import {CreditPledgesCase} from "./CreditPledgesCase.sol";

/// @dev Pledges that end without the two: by an officer, or with their series; and what always holds.
contract CreditPledgeOrdersTest is CreditPledgesCase {
    /* orders of an authority */

    function test_order_releasesToEither() public {
        _pledge(LOAN);
        vm.expectEmit(address(pledges));
        emit ICreditPledges.PledgedCreditsReleased(1, alpha, province, 50, LOAN - 50, REASON);
        _order(50, false);
        vm.expectEmit(address(pledges));
        emit ICreditPledges.PledgedCreditsReleased(1, beta, province, LOAN - 50, 0, REASON);
        _order(LOAN - 50, true);
        assertEq(_held(alice), HERS - LOAN + 50);
        assertEq(_held(bob), LOAN - 50);
        assertEq(pledges.pledgedBy(alpha, series), 0);
    }

    function test_order_reachesWhatAFrozenPledgorPledged() public {
        _pledge(LOAN);
        _freeze(alice, HERS);
        _suspend(alpha);
        _order(LOAN, true);
        assertEq(_held(bob), LOAN);
    }

    /* receivers that refuse */

    function _payout(ParticipantId payee) private view returns (uint256) {
        return pledges.payoutOf(ParticipantId.unwrap(payee), UnitId.unwrap(series));
    }

    function _withdraw(address to) private {
        vm.prank(alice);
        pledges.withdrawPayout(ParticipantId.unwrap(alpha), UnitId.unwrap(series), to);
    }

    /// @dev A suspended receiver kept a pledge from ending, whoever ordered it.
    function test_order_isStoppedByNoReceiver() public {
        _pledge(LOAN);
        _suspend(alpha);
        _suspend(beta);
        _order(50, true);
        vm.expectEmit(address(pledges));
        emit IPayouts.PayoutCredited(ParticipantId.unwrap(alpha), UnitId.unwrap(series), LOAN - 50);
        _order(LOAN - 50, false);
        assertEq(pledges.pledgeOf(1).amount, 0);
        assertEq(_payout(beta), 50);

        vm.expectPartialRevert(IPayouts.PayoutsNotPayee.selector);
        _withdraw(alice);
        vm.prank(officer);
        participants.reinstate(alpha);
        _freeze(aliceDesk, 1); // being owed is no way out of a frozen wallet
        vm.expectRevert(abi.encodeWithSelector(ICreditPledges.CreditPledgesFrozenWallet.selector, alice, aliceDesk));
        _withdraw(alice);
        _withdraw(aliceDesk);
        assertEq(_held(aliceDesk), LOAN - 50);
    }

    function test_expirePayout_endsCreditsThatAreOwed() public {
        _pledge(LOAN);
        _suspend(alpha);
        _order(LOAN, false);
        vm.expectRevert(abi.encodeWithSelector(ICreditPayouts.CreditPayoutsStillGood.selector, series, EXPIRY));
        pledges.expirePayout(alpha, series);
        vm.warp(EXPIRY + 1);
        vm.expectEmit(address(pledges));
        emit ICreditPayouts.PayoutExpired(alpha, series, LOAN, stranger);
        vm.prank(stranger);
        pledges.expirePayout(alpha, series);
        assertEq(_payout(alpha), 0);
        assertEq(energy.seriesOf(series).outstanding, HERS - LOAN);
    }

    function test_aPause_stopsReleases() public {
        _pledge(LOAN);
        _suspend(alpha);
        _order(50, false);
        vm.prank(officer);
        participants.reinstate(alpha);
        IPausable(address(pledges)).pause(1 days);
        bytes memory why = abi.encodeWithSelector(IPausable.PauseInForce.selector, vm.getBlockTimestamp() + 1 days);
        vm.expectRevert(why);
        _order(LOAN - 50, false);
        vm.expectRevert(why);
        _withdraw(alice);
        skip(1 days);
        _withdraw(alice);
    }

    function test_order_givesBackIntoTheFrozenWallet() public {
        _pledge(LOAN);
        _freeze(aliceDesk, 1);
        _order(LOAN, false);
        assertEq(_held(aliceDesk), LOAN);
    }

    function test_order_needsThePowerToFreezeWhereThePledgorIs() public {
        _pledge(LOAN);
        address clerkOfRules = makeAddr("clerk of rules");
        schemes.grantOffice(clerkOfRules, SCHEME, JURISDICTION, Powers.ALL ^ Powers.FREEZE);
        _refusesOrder(clerkOfRules);
        _refusesOrder(alice);
        _refusesOrder(_abroad());
        schemes.grantOffice(stranger, SCHEME, JURISDICTION + 1, Powers.ALL);
        _refusesOrder(stranger);
        schemes.grantOffice(stranger, SCHEME, JURISDICTION, Powers.FREEZE);
        vm.prank(stranger);
        pledges.order(1, 1, false, REASON);
    }

    /// @dev Else the lender's own province could hand it what another one's resident pledged.
    function test_order_isNeverOfTheLendersOfficer() public {
        address lender = makeAddr("lender of another province");
        ParticipantId abroad =
            Applications.join(participants, lender, ParticipantKinds.EMITTER, JURISDICTION + 1, 0, officer);
        vm.prank(alice);
        pledges.pledge(series, abroad, LOAN, TERMS);
        schemes.grantOffice(stranger, SCHEME, JURISDICTION + 1, Powers.ALL);
        _refusesOrder(stranger);
        vm.expectRevert(
            abi.encodeWithSelector(ISchemes.SchemesNoPower.selector, stranger, SCHEME, JURISDICTION, Powers.FREEZE)
        );
        _hold(stranger, true);
        _hold(province, true);
        _order(LOAN, true);
        assertEq(_held(lender), LOAN);
    }

    function _refusesOrder(address who) private {
        vm.prank(who);
        vm.expectRevert(
            abi.encodeWithSelector(ISchemes.SchemesNoPower.selector, who, SCHEME, JURISDICTION, Powers.FREEZE)
        );
        pledges.order(1, 1, false, REASON);
    }

    /// @dev An officer of another scheme, with every power there.
    function _abroad() private returns (address officer_) {
        officer_ = makeAddr("officer of another scheme");
        schemes.createScheme(SchemeId.wrap(99), "other", 0, 30, 0);
        schemes.grantOffice(officer_, SchemeId.wrap(99), 0, Powers.ALL);
    }

    function test_order_isOfSomethingPledgedWithAReason() public {
        _pledge(LOAN);
        _pledge(LOAN);
        vm.startPrank(province);
        vm.expectRevert(abi.encodeWithSelector(ICreditPledges.CreditPledgesNoReason.selector, 1));
        pledges.order(1, 1, false, 0);
        vm.expectRevert(abi.encodeWithSelector(ICreditPledges.CreditPledgesZeroAmount.selector, 1));
        pledges.order(1, 0, false, REASON);
        vm.expectRevert(
            abi.encodeWithSelector(ICreditPledges.CreditPledgesTooMuch.selector, uint256(1), LOAN + 1, LOAN)
        );
        pledges.order(1, LOAN + 1, false, REASON);
        vm.expectRevert(abi.encodeWithSelector(ICreditPledges.CreditPledgesUnknown.selector, 3));
        pledges.order(3, 1, false, REASON);
        vm.stopPrank();
    }

    function test_freeze_holdsAPledgeWhateverBecomesOfWallets() public {
        _pledge(LOAN);
        _freeze(aliceDesk, 1);
        vm.expectEmit(address(pledges));
        emit ICreditPledges.CreditPledgeFrozen(1, true, REASON, province);
        _hold(province, true);
        assertTrue(pledges.pledgeOf(1).frozen);
        vm.expectRevert(abi.encodeWithSelector(ICreditPledges.CreditPledgesUnchanged.selector, 1, true));
        _hold(province, true);
        vm.prank(alice);
        participants.removeWallet(aliceDesk); // and with it the freeze in it
        for (uint256 i = 0; i < 2; ++i) {
            _agree(alice, LOAN, i == 0);
            vm.expectRevert(abi.encodeWithSelector(ICreditPledges.CreditPledgesPledgeFrozen.selector, 1));
            _agree(bob, LOAN, i == 0);
        }
        _order(LOAN / 2, false);
        assertTrue(pledges.pledgeOf(1).frozen, "what is left");
        _hold(province, false);
        _agree(alice, LOAN / 2, true);
        assertTrue(_agree(bob, LOAN / 2, true));
    }

    function test_freeze_isAnOfficersWithAReason() public {
        _pledge(LOAN);
        address clerkOfRules = makeAddr("clerk of rules");
        schemes.grantOffice(clerkOfRules, SCHEME, JURISDICTION, Powers.ALL ^ Powers.FREEZE);
        schemes.grantOffice(stranger, SCHEME, JURISDICTION + 1, Powers.ALL);
        address[3] memory others = [clerkOfRules, stranger, _abroad()];
        for (uint256 i = 0; i < 3; ++i) {
            vm.expectRevert(
                abi.encodeWithSelector(ISchemes.SchemesNoPower.selector, others[i], SCHEME, JURISDICTION, Powers.FREEZE)
            );
            _hold(others[i], true);
        }
        vm.expectRevert(abi.encodeWithSelector(ICreditPledges.CreditPledgesUnknown.selector, 2));
        vm.prank(province);
        pledges.freeze(2, true, REASON);
        vm.expectRevert(abi.encodeWithSelector(ICreditPledges.CreditPledgesNoReason.selector, 1));
        vm.prank(province);
        pledges.freeze(1, true, 0);
    }

    function _hold(address who, bool frozen) private {
        vm.prank(who);
        pledges.freeze(1, frozen, REASON);
    }

    /// @dev What the issuer cannot reach in a pledge it reaches once an officer ordered it back.
    function test_order_bringsBackWhatTheIssuerReclaims() public {
        _pledge(HERS);
        _order(HERS, false);
        vm.prank(town);
        energy.reclaim(series, alice, HERS, REASON);
        assertEq(energy.seriesOf(series).outstanding, 0);
    }

    /* expiry */

    function test_expire_givesBackToThePledgorAndEnds() public {
        _pledge(LOAN);
        _agree(bob, LOAN, true);
        vm.warp(EXPIRY + 1);
        vm.expectEmit(address(pledges));
        emit ICreditPledges.PledgedCreditsExpired(1, alpha, LOAN, stranger);
        vm.expectEmit(address(energy));
        emit IUnit1155.UnitsExited(series, alice, Exit.Expired, HERS, 0);
        _expire();
        assertEq(_held(address(pledges)), 0);
        assertEq(pledges.pledgedBy(alpha, series), 0);
        assertEq(pledges.pledgeOf(1).amount, 0);
        assertEq(pledges.pledgeOf(1).proposedAmount, 0);
        assertEq(energy.seriesOf(series).outstanding, 0);
        assertEq(energy.exitedOf(series, Exit.Expired), HERS);
        vm.expectRevert(abi.encodeWithSelector(ICreditPledges.CreditPledgesZeroAmount.selector, 1));
        _expire();
    }

    function test_expire_waitsForTheExpiry() public {
        _pledge(LOAN);
        vm.warp(EXPIRY);
        vm.expectRevert(abi.encodeWithSelector(ICreditPledges.CreditPledgesStillGood.selector, 1, EXPIRY));
        _expire();
        vm.warp(EXPIRY + 1);
        _expire();
    }

    function test_expire_endsWhatIsFrozenToo() public {
        _pledge(LOAN);
        _freeze(alice, HERS);
        _hold(province, true);
        vm.warp(EXPIRY + 1);
        _expire();
        assertEq(energy.seriesOf(series).outstanding, 0);
    }

    function test_expire_endsWithTheIssuerWhereThePledgorIsGone() public {
        _pledge(LOAN);
        vm.prank(officer);
        participants.close(alpha);
        vm.warp(EXPIRY + 1);
        vm.expectEmit(address(energy));
        emit IUnit1155.UnitsExited(series, town, Exit.Expired, LOAN, 0);
        _expire();
        assertEq(_held(address(pledges)), 0);
        assertEq(energy.seriesOf(series).outstanding, HERS - LOAN, "her wallet is swept as any");
    }

    function test_expire_isNotHeldUpByAWalletThatTakesNothing() public {
        _pledge(LOAN);
        _primary(address(new RefusingWallet()));
        vm.warp(EXPIRY + 1);
        _expire();
        assertEq(_held(address(pledges)), 0);
        assertEq(energy.seriesOf(series).outstanding, HERS - LOAN);
    }

    function test_expire_needsAPledge() public {
        vm.expectRevert(abi.encodeWithSelector(ICreditPledges.CreditPledgesUnknown.selector, 1));
        _expire();
    }

    function test_expire_leavesNothingToAgreementsAfterIt() public {
        _pledge(LOAN);
        vm.warp(EXPIRY + 1);
        _agree(alice, LOAN, true);
        assertTrue(_agree(bob, LOAN, true), "what it gets is good for nothing");
        address[] memory holders = new address[](1);
        holders[0] = bob;
        energy.sweep(series, holders);
        assertEq(energy.exitedOf(series, Exit.Expired), LOAN);
    }

    function _expire() private {
        vm.prank(stranger);
        pledges.expire(1);
    }

    function _primary(address wallet) private {
        _addWallet(alice, wallet, WalletRights.ALL);
        vm.prank(alice);
        participants.setPrimaryWallet(wallet);
    }

    /* what arrives, and who calls back */

    function test_receiving_takesNothingUnasked() public {
        vm.prank(alice);
        vm.expectRevert(abi.encodeWithSelector(ICreditPledges.CreditPledgesNotAsked.selector, address(energy), alice));
        energy.safeTransferFrom(alice, address(pledges), UnitId.unwrap(series), 1, "");
        uint256[] memory ids = new uint256[](1);
        ids[0] = UnitId.unwrap(series);
        uint256[] memory amounts = new uint256[](1);
        amounts[0] = 1;
        vm.prank(alice);
        vm.expectRevert(abi.encodeWithSelector(ICreditPledges.CreditPledgesNotAsked.selector, address(energy), alice));
        energy.safeBatchTransferFrom(alice, address(pledges), ids, amounts, "");
        vm.expectRevert(
            abi.encodeWithSelector(ICreditPledges.CreditPledgesNotAsked.selector, address(this), address(pledges))
        );
        IERC1155Receiver(address(pledges)).onERC1155Received(address(pledges), alice, 1, 1, "");
    }

    function test_agree_isNotRepeatedByAWalletThatComesBack() public {
        StrikingLender lender = new StrikingLender(pledges);
        _addWallet(bob, address(lender), WalletRights.ALL);
        vm.prank(bob);
        participants.setPrimaryWallet(address(lender));
        _pledge(LOAN);
        _pledge(LOAN);
        lender.plan(LOAN / 3);
        _agree(alice, LOAN / 3, true);
        assertTrue(_agree(bob, LOAN / 3, true));
        assertEq(lender.calls(), 1);
        assertFalse(lender.again());
        assertEq(_held(address(lender)), LOAN / 3);
        assertEq(_held(address(pledges)), 2 * uint256(LOAN) - LOAN / 3);
    }

    /* what always holds */

    /// @dev Whatever is pledged, released and ended, here lies just what is pledged, and each pledgor's sum is its own.
    function testFuzz_custody_isTheSumOfThePledges(uint256 seed) public {
        _grantTo(bob, HERS);
        vm.prank(bob);
        energy.setApprovalForAll(address(pledges), true);
        for (uint256 i; i < 16; ++i) {
            seed = uint256(keccak256(abi.encode(seed)));
            if (i == 13) vm.warp(EXPIRY + 1);
            _step(seed, i > 12);
            _checkSums();
        }
        for (uint256 id = 1; id <= pledges.count(); ++id) {
            if (pledges.pledgeOf(id).amount != 0) pledges.expire(id);
        }
        assertEq(_held(address(pledges)), 0);
    }

    function _step(uint256 seed, bool expired) private {
        (address giver, address taker) = seed % 2 == 0 ? (alice, bob) : (bob, alice);
        uint256 id = pledges.count() == 0 ? 0 : (seed >> 64) % pledges.count() + 1;
        uint64 left = id == 0 ? 0 : pledges.pledgeOf(id).amount;
        uint64 amount = uint64(bound(seed >> 128, 1, LOAN));
        if (left == 0 || (seed >> 8) % 3 == 0) {
            if (expired || amount > _held(giver)) return;
            vm.prank(giver);
            pledges.pledge(series, giver == alice ? beta : alpha, amount, TERMS);
            return;
        }
        amount = amount % left + 1;
        bool toLender = (seed >> 16) % 2 == 0;
        if ((seed >> 24) % 4 == 0) {
            vm.prank(province);
            pledges.order(id, amount, toLender, REASON);
        } else if (expired && (seed >> 24) % 4 == 1) {
            pledges.expire(id);
        } else {
            vm.prank(giver);
            pledges.agree(id, amount, toLender);
            vm.prank(taker);
            assertTrue(pledges.agree(id, amount, toLender));
        }
    }

    function _checkSums() private view {
        uint256 hers;
        uint256 his;
        for (uint256 id = 1; id <= pledges.count(); ++id) {
            uint64 amount = pledges.pledgeOf(id).amount;
            if (pledges.pledgeOf(id).pledgor == alpha) hers += amount;
            else his += amount;
        }
        assertEq(_held(address(pledges)), hers + his);
        assertEq(pledges.pledgedBy(alpha, series), hers);
        assertEq(pledges.pledgedBy(beta, series), his);
        assertEq(_held(alice) + _held(bob) + hers + his, energy.seriesOf(series).outstanding);
    }
}

/// @dev A wallet that comes back while it is paid, and agrees once more.
contract StrikingLender is IERC1155Receiver {
    ICreditPledges private immutable PLEDGES;
    uint64 private _amount;
    uint256 public calls;
    bool public again;

    constructor(ICreditPledges pledges) {
        PLEDGES = pledges;
    }

    function plan(uint64 amount) external {
        _amount = amount;
    }

    function onERC1155Received(address, address, uint256, uint256, bytes calldata) external returns (bytes4) {
        if (++calls == 1) again = PLEDGES.agree(1, _amount, true);
        return this.onERC1155Received.selector;
    }

    function onERC1155BatchReceived(address, address, uint256[] calldata, uint256[] calldata, bytes calldata)
        external
        pure
        returns (bytes4)
    {
        return this.onERC1155BatchReceived.selector;
    }

    function supportsInterface(bytes4 interfaceId) external pure returns (bool) {
        return interfaceId == type(IERC165).interfaceId || interfaceId == type(IERC1155Receiver).interfaceId;
    }
}

/// @dev A wallet that takes no tokens.
contract RefusingWallet {}
