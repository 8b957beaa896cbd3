// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {IPausable} from "../../interfaces/rules/IPausable.sol";
import {UnitId} from "../../interfaces/types/Ids.sol";
import {CreditUses, IEnergyCreditsErrors, Series} from "../../interfaces/units/IEnergyCredits.sol";
import {IERC7943MultiToken} from "../../interfaces/standards/IERC7943MultiToken.sol";
import {WalletRights} from "../../interfaces/parties/IParticipants.sol";
import {ISchemes, Powers} from "../../interfaces/rules/ISchemes.sol";
import {Exit, IUnit1155} from "../../interfaces/units/IUnit1155.sol";
import {EnergyBase} from "./EnergyBase.sol";

/// @dev What takes energy credits back: a freeze, redemption, reclaim and expiry; and that they are conserved.
contract EnergyCreditsEndTest is EnergyBase {
    uint64 private constant GIVEN = 1_000_000;

    function setUp() public override {
        super.setUp();
        _found();
    }

    /* freeze */

    function test_freeze_isTheSupervisorsAndHolds() public {
        _grantTo(alice, GIVEN);
        vm.prank(province);
        energy.freezeByOrder(alice, series, GIVEN - 1, REASON);
        _pass(alice, bob, 1);
        vm.expectRevert(
            abi.encodeWithSelector(
                IERC7943MultiToken.ERC7943InsufficientUnfrozenBalance.selector, alice, UnitId.unwrap(series), 1, 0
            )
        );
        _pass(alice, bob, 1);
        vm.prank(town);
        vm.expectRevert(
            abi.encodeWithSelector(ISchemes.SchemesNoPower.selector, town, SCHEME, JURISDICTION, Powers.FREEZE)
        );
        energy.freezeByOrder(alice, series, 0, REASON);
    }

    /* redeem */

    function test_redeem_takesCreditAndCollateralTogether() public {
        _grantTo(alice, GIVEN);
        vm.expectEmit(address(energy));
        emit IUnit1155.UnitsExited(series, alice, Exit.Released, 10, "heat pump");
        vm.prank(alice);
        energy.redeem(series, 10, "heat pump");
        Series memory s = energy.seriesOf(series);
        assertEq(s.outstanding, GIVEN - 10);
        assertEq(s.collateral, COVER - 10);
        assertEq(energy.exitedOf(series, Exit.Released), 10);
        _conserved();
    }

    function test_redeem_isAnActiveParticipantsThatMaySurrender() public {
        address desk = makeAddr("trading desk");
        _addWallet(alice, desk, WalletRights.ALL - WalletRights.SURRENDER);
        _grantTo(desk, GIVEN);
        _grantTo(alice, GIVEN);
        _refusesRedemption(desk);
        _suspend(alpha);
        _refusesRedemption(alice);
        _refusesRedemption(stranger);
    }

    function _refusesRedemption(address wallet) private {
        vm.prank(wallet);
        vm.expectRevert(abi.encodeWithSelector(IEnergyCreditsErrors.EnergyCreditsMayNotRedeem.selector, wallet));
        energy.redeem(series, 1, REF);
    }

    function test_redeem_leavesWhatIsFrozen() public {
        _grantTo(alice, GIVEN);
        vm.prank(province);
        energy.freezeByOrder(alice, series, GIVEN, REASON);
        vm.prank(alice);
        vm.expectRevert(
            abi.encodeWithSelector(
                IERC7943MultiToken.ERC7943InsufficientUnfrozenBalance.selector, alice, UnitId.unwrap(series), 1, 0
            )
        );
        energy.redeem(series, 1, REF);
    }

    function test_redeem_endsWithTheSeries() public {
        _grantTo(alice, GIVEN);
        vm.warp(EXPIRY + 1);
        vm.prank(alice);
        vm.expectRevert(abi.encodeWithSelector(IEnergyCreditsErrors.EnergyCreditsExpired.selector, series, EXPIRY));
        energy.redeem(series, 1, REF);
    }

    /* reclaim */

    function test_reclaim_freesTheCollateral() public {
        _grantTo(alice, GIVEN);
        vm.expectEmit(address(energy));
        emit IUnit1155.UnitsExited(series, alice, Exit.ClawedBack, 10, REASON);
        _reclaim(alice, 10);
        Series memory s = energy.seriesOf(series);
        assertEq(s.outstanding, GIVEN - 10);
        assertEq(s.collateral, COVER);
        _conserved();
    }

    function test_reclaim_reachesASuspendedParticipant() public {
        _grantTo(alice, GIVEN);
        _suspend(alpha);
        _reclaim(alice, GIVEN);
        assertEq(_held(alice), 0);
    }

    function test_reclaim_isTheIssuersWithAReason() public {
        _grantTo(alice, GIVEN);
        vm.prank(province);
        vm.expectRevert(abi.encodeWithSelector(IEnergyCreditsErrors.EnergyCreditsNotIssuer.selector, province, townId));
        energy.reclaim(series, alice, 1, REASON);
        vm.prank(town);
        vm.expectRevert(abi.encodeWithSelector(IEnergyCreditsErrors.EnergyCreditsNoReason.selector, series));
        energy.reclaim(series, alice, 1, 0);
    }

    function test_reclaim_leavesWhatAnAuthorityFroze() public {
        _grantTo(alice, GIVEN);
        vm.prank(province);
        energy.freezeByOrder(alice, series, GIVEN, REASON);
        vm.expectRevert(
            abi.encodeWithSelector(
                IERC7943MultiToken.ERC7943InsufficientUnfrozenBalance.selector, alice, UnitId.unwrap(series), 1, 0
            )
        );
        _reclaim(alice, 1);
    }

    function test_reclaim_leavesWhatACustodianHoldsForOthers() public {
        energy.setController(custodian, HOLD | uint256(CreditUses.POWER) << 32);
        _grantTo(alice, GIVEN);
        _pass(alice, custodian, 5);
        vm.expectRevert(abi.encodeWithSelector(IEnergyCreditsErrors.EnergyCreditsInCustody.selector, custodian));
        _reclaim(custodian, 5);
    }

    function _reclaim(address from, uint64 amount) private {
        vm.prank(town);
        energy.reclaim(series, from, amount, REASON);
    }

    /* orders */

    function test_order_leavesWhatACustodianHoldsForOthers() public {
        energy.setController(custodian, HOLD | uint256(CreditUses.POWER) << 32);
        _grantTo(alice, GIVEN);
        _pass(alice, custodian, 5);
        bytes memory refusal = abi.encodeWithSelector(IEnergyCreditsErrors.EnergyCreditsInCustody.selector, custodian);
        vm.startPrank(province);
        vm.expectRevert(refusal);
        energy.forcedTransferByOrder(custodian, bob, series, 5, REASON);
        vm.expectRevert(refusal);
        energy.freezeByOrder(custodian, series, 5, REASON);
        // A controller that may force is bound as well.
        vm.stopPrank();
        energy.setController(address(this), 4);
        vm.expectRevert(refusal);
        energy.forcedTransfer(custodian, bob, UnitId.unwrap(series), 5);
    }

    /* sweep */

    function test_sweep_endsWhatIsExpiredFrozenOrNot() public {
        _grantTo(alice, GIVEN);
        _grantTo(bob, 7);
        vm.prank(province);
        energy.freezeByOrder(bob, series, 7, REASON);
        vm.warp(EXPIRY + 1);
        vm.prank(stranger);
        energy.sweep(series, _holders());
        assertEq(energy.exitedOf(series, Exit.Expired), GIVEN + 7);
        assertEq(energy.totalSupply(series), 0);
        _conserved();
        vm.prank(town);
        energy.withdrawCollateral(series, deposit, COVER, REASON);
    }

    function test_sweep_waitsForTheExpiry() public {
        vm.warp(EXPIRY);
        vm.expectRevert(abi.encodeWithSelector(IEnergyCreditsErrors.EnergyCreditsStillGood.selector, series, EXPIRY));
        energy.sweep(series, _holders());
    }

    function test_sweep_leavesWhatACustodianStillOwes() public {
        energy.setController(custodian, HOLD | uint256(CreditUses.POWER) << 32);
        _grantTo(alice, GIVEN);
        _pass(alice, custodian, 5);
        vm.warp(EXPIRY + 1);
        address[] memory holders = new address[](1);
        holders[0] = custodian;
        vm.expectRevert(abi.encodeWithSelector(IEnergyCreditsErrors.EnergyCreditsInCustody.selector, custodian));
        energy.sweep(series, holders);
    }

    /// @dev A custodian behind a holder is no more swept than one that stands first.
    function test_sweep_looksAtEachOfItsHolders() public {
        energy.setController(custodian, HOLD | uint256(CreditUses.POWER) << 32);
        _grantTo(alice, GIVEN);
        _pass(alice, custodian, 5);
        vm.warp(EXPIRY + 1);
        address[] memory holders = new address[](2);
        (holders[0], holders[1]) = (alice, custodian);
        vm.expectRevert(abi.encodeWithSelector(IEnergyCreditsErrors.EnergyCreditsInCustody.selector, custodian));
        energy.sweep(series, holders);
        assertEq(_held(custodian), 5);
    }

    /// @dev The expiry is the last moment to issue and to redeem in, as it is to transfer.
    function test_redeem_atTheExpiryItself() public {
        _grantTo(alice, GIVEN);
        vm.warp(EXPIRY);
        _grantTo(alice, 1);
        vm.prank(alice);
        energy.redeem(series, GIVEN + 1, REF);
        assertEq(energy.exitedOf(series, Exit.Released), GIVEN + 1);
    }

    function test_sweep_isOfAtMost200() public {
        vm.warp(EXPIRY + 1);
        vm.expectRevert(abi.encodeWithSelector(IUnit1155.UnitTooManyItems.selector, 201, 200));
        energy.sweep(series, new address[](201));
    }

    function _holders() private view returns (address[] memory holders) {
        holders = new address[](3);
        (holders[0], holders[1], holders[2]) = (alice, bob, stranger);
    }

    /* no other way out */

    function test_exit_isNobodys() public {
        _grantTo(alice, GIVEN);
        energy.setController(controller, ISSUE | EXIT | FORCE);
        vm.prank(controller);
        vm.expectRevert(abi.encodeWithSelector(IUnit1155.UnitNotController.selector, controller, EXIT));
        energy.exit(alice, series, 1, Exit.Cancelled, REF);
    }

    /* conservation */

    /// @dev Whatever is issued, redeemed, reclaimed and swept, in whatever amounts.
    function testFuzz_credits_areConserved(uint64[4] memory amounts) public {
        uint64 given = uint64(bound(amounts[0], 3, COVER));
        _grantTo(alice, given);
        uint64 passed = uint64(bound(amounts[1], 1, given - 2));
        _pass(alice, bob, passed);
        uint64 redeemed = uint64(bound(amounts[2], 1, passed));
        vm.prank(bob);
        energy.redeem(series, redeemed, REF);
        uint64 back = uint64(bound(amounts[3], 1, given - passed));
        _reclaim(alice, back);
        _conserved();
        vm.warp(EXPIRY + 1);
        energy.sweep(series, _holders());
        _conserved();
        assertEq(energy.seriesOf(series).outstanding, 0);
        assertEq(energy.seriesOf(series).collateral, COVER - redeemed);
    }

    function _conserved() private view {
        Series memory s = energy.seriesOf(series);
        uint256 left = energy.exitedOf(series, Exit.Released) + energy.exitedOf(series, Exit.ClawedBack)
            + energy.exitedOf(series, Exit.Expired);
        assertEq(energy.issuedOf(series), s.outstanding + left);
        assertEq(energy.totalSupply(series), s.outstanding);
        assertLe(s.outstanding, s.limit);
        assertLe(s.outstanding, s.collateral);
    }

    /* PAUSE */

    /// @dev Redemption is the exit of money; its end moves with a pause, and sweeping waits as long.
    function test_aPause_stopsIssueAndRedemption_andMovesTheirEnd() public {
        _grantTo(alice, GIVEN);
        vm.warp(EXPIRY - 1 hours);
        IPausable(address(energy)).pause(1 days);
        bytes memory why = abi.encodeWithSelector(IPausable.PauseInForce.selector, EXPIRY + 23 hours);
        vm.expectRevert(why);
        _grantTo(alice, 1);
        vm.prank(alice);
        vm.expectRevert(why);
        energy.redeem(series, 1, REF);

        vm.warp(EXPIRY + 1 days);
        address[] memory holders = new address[](1);
        holders[0] = alice;
        vm.expectRevert(abi.encodeWithSelector(IEnergyCreditsErrors.EnergyCreditsStillGood.selector, series, EXPIRY));
        energy.sweep(series, holders);
        vm.prank(alice);
        energy.redeem(series, GIVEN, REF);
        (uint40 until,) = IPausable(address(energy)).pausedUntil();
        assertEq(until, 0);
    }

    function test_aPause_isTheGuardians() public {
        vm.prank(town);
        vm.expectRevert(abi.encodeWithSelector(IPausable.PauseNotGuardian.selector, town));
        IPausable(address(energy)).pause(1 days);
    }
}
