// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {ParticipantId, SchemeId, UnitId} from "../../interfaces/types/Ids.sol";
import {
    Collateral,
    CollateralKind,
    CreditUses,
    Grant,
    Hindrance,
    IEnergyCreditsCore,
    IEnergyCreditsErrors,
    IEnergyCreditsSeries,
    Series,
    SeriesTerms
} from "../../interfaces/units/IEnergyCredits.sol";
import {Recipient} from "../../interfaces/units/IOffsetCredits.sol";
import {IERC7943MultiToken} from "../../interfaces/standards/IERC7943MultiToken.sol";
import {ParticipantKinds} from "../../interfaces/parties/IParticipants.sol";
import {ISchemes, Powers} from "../../interfaces/rules/ISchemes.sol";
import {IUnit1155} from "../../interfaces/units/IUnit1155.sol";
import {Horizon} from "../../contracts/lib/Horizon.sol";
import {EnergyBase} from "./EnergyBase.sol";

contract EnergyCreditsTest is EnergyBase {
    ParticipantId private constant EVERYBODY = ParticipantId.wrap(0);
    uint64 private constant GIVEN = 1_000_000;

    function setUp() public override {
        super.setUp();
        _found();
    }

    /* openSeries */

    function test_openSeries_saysWhoAndWhatFor() public {
        SeriesTerms memory terms = _terms(CreditUses.BILLS, ParticipantKinds.EMITTER);
        UnitId next = _id(3, 2022, 2); // the expiry is in 2022, and one series stands already
        vm.expectEmit(address(energy));
        emit IEnergyCreditsSeries.SeriesOpened(next, townId, JURISDICTION, terms, town);
        vm.prank(town);
        assertEq(UnitId.unwrap(energy.openSeries(terms)), UnitId.unwrap(next));
        Series memory s = energy.seriesOf(next);
        assertEq(ParticipantId.unwrap(s.issuer), ParticipantId.unwrap(townId));
        assertEq(s.jurisdiction, JURISDICTION);
        assertEq(s.expiry, EXPIRY);
        assertEq(s.uses, CreditUses.BILLS);
        assertEq(s.kinds, ParticipantKinds.EMITTER);
        assertEq(s.limit, 0);
        assertEq(energy.seriesCount(), 2);
    }

    function test_openSeries_isAnAuthoritys() public {
        schemes.grantOffice(alice, SCHEME, JURISDICTION, Powers.ALL);
        vm.prank(alice);
        vm.expectRevert(abi.encodeWithSelector(IEnergyCreditsErrors.EnergyCreditsNotGovernment.selector, alice));
        energy.openSeries(_terms(CreditUses.ALL, 0));
    }

    function test_openSeries_isAnActiveAuthoritys() public {
        _suspend(townId);
        vm.prank(town);
        vm.expectRevert(abi.encodeWithSelector(IEnergyCreditsErrors.EnergyCreditsNotGovernment.selector, town));
        energy.openSeries(_terms(CreditUses.ALL, 0));
    }

    function test_openSeries_needsThePowerInItsSchemeAndPlace() public {
        schemes.createScheme(SchemeId.wrap(2), "other", 0, 30, 0); // abroad, for a town of this one
        SeriesTerms memory terms = _terms(CreditUses.ALL, 0);
        terms.scheme = SchemeId.wrap(2);
        vm.prank(town);
        vm.expectRevert(
            abi.encodeWithSelector(
                ISchemes.SchemesNoPower.selector, town, SchemeId.wrap(2), JURISDICTION, Powers.CREDIT
            )
        );
        energy.openSeries(terms);

        schemes.grantOffice(town, SCHEME, JURISDICTION, Powers.ALL & ~Powers.CREDIT);
        schemes.grantOffice(town, SCHEME, JURISDICTION + 1, Powers.ALL);
        vm.prank(town);
        vm.expectRevert(
            abi.encodeWithSelector(ISchemes.SchemesNoPower.selector, town, SCHEME, JURISDICTION, Powers.CREDIT)
        );
        energy.openSeries(_terms(CreditUses.ALL, 0));
    }

    function test_openSeries_isForAllKindsOfParticipants() public {
        vm.prank(town);
        UnitId all = energy.openSeries(_terms(CreditUses.ALL, ParticipantKinds.ALL));
        assertEq(energy.seriesOf(all).kinds, ParticipantKinds.ALL);
    }

    function test_openSeries_refusesTermsThatSayNothing() public {
        _refusesTerms(_terms(0, 0));
        _refusesTerms(_terms(CreditUses.ALL + 1, 0));
        _refusesTerms(_terms(CreditUses.ALL, ParticipantKinds.ALL + 1));
        SeriesTerms memory late = _terms(CreditUses.ALL, 0);
        late.expiry = uint40(block.timestamp);
        _refusesTerms(late);
    }

    function test_openSeries_expiresWithinAHundredYears() public {
        SeriesTerms memory terms = _terms(CreditUses.ALL, 0);
        uint40 latest = uint40(block.timestamp + 100 * 366 days);
        terms.expiry = latest + 1;
        vm.startPrank(town);
        vm.expectRevert(abi.encodeWithSelector(Horizon.HorizonExceeded.selector, latest + 1, latest));
        energy.openSeries(terms);
        terms.expiry = type(uint40).max;
        vm.expectRevert(abi.encodeWithSelector(Horizon.HorizonExceeded.selector, terms.expiry, latest));
        energy.openSeries(terms);
        terms.expiry = latest;
        energy.openSeries(terms);
        vm.stopPrank();
    }

    function _refusesTerms(SeriesTerms memory terms) private {
        vm.prank(town);
        vm.expectRevert(abi.encodeWithSelector(IEnergyCreditsErrors.EnergyCreditsBadTerms.selector, terms));
        energy.openSeries(terms);
    }

    /* setIssueLimit */

    function test_setIssueLimit_isTheSupervisors() public {
        vm.expectEmit(address(energy));
        emit IEnergyCreditsSeries.IssueLimitSet(series, COVER, 5, REASON, province);
        vm.prank(province);
        energy.setIssueLimit(series, 5, REASON);
        assertEq(energy.seriesOf(series).limit, 5);

        vm.prank(town);
        vm.expectRevert(
            abi.encodeWithSelector(ISchemes.SchemesNoPower.selector, town, SCHEME, JURISDICTION, Powers.RULES)
        );
        energy.setIssueLimit(series, COVER, REASON);
    }

    function test_setIssueLimit_needsAReason() public {
        vm.prank(province);
        vm.expectRevert(abi.encodeWithSelector(IEnergyCreditsErrors.EnergyCreditsNoReason.selector, series));
        energy.setIssueLimit(series, 5, 0);
    }

    function test_setIssueLimit_neverGoesBelowWhatIsOutstanding() public {
        _grantTo(alice, GIVEN);
        vm.prank(province);
        vm.expectRevert(
            abi.encodeWithSelector(IEnergyCreditsErrors.EnergyCreditsOverLimit.selector, series, GIVEN, GIVEN - 1)
        );
        energy.setIssueLimit(series, GIVEN - 1, REASON);
        vm.prank(province);
        energy.setIssueLimit(series, GIVEN, REASON);
        assertEq(energy.seriesOf(series).limit, GIVEN);
    }

    function test_setIssueLimit_knowsItsSeries() public {
        vm.prank(province);
        vm.expectRevert(abi.encodeWithSelector(IEnergyCreditsErrors.EnergyCreditsUnknown.selector, _id(3, 2022, 9)));
        energy.setIssueLimit(_id(3, 2022, 9), 5, REASON);
    }

    /* collateral */

    function test_recordCollateral_adds() public {
        vm.expectEmit(address(energy));
        emit IEnergyCreditsSeries.CollateralRecorded(series, 2, CollateralKind.Service, 7, "treaty", town);
        vm.prank(town);
        assertEq(energy.recordCollateral(series, CollateralKind.Service, 7, "treaty"), 2);
        Collateral memory c = energy.collateralOf(series, 2);
        assertTrue(c.kind == CollateralKind.Service);
        assertEq(c.amount, 7);
        assertEq(c.documentHash, "treaty");
        assertEq(energy.seriesOf(series).collateral, COVER + 7);
    }

    function test_recordCollateral_isTheIssuers() public {
        schemes.grantOffice(alice, SCHEME, JURISDICTION, Powers.ALL);
        vm.prank(alice);
        vm.expectRevert(abi.encodeWithSelector(IEnergyCreditsErrors.EnergyCreditsNotIssuer.selector, alice, townId));
        energy.recordCollateral(series, CollateralKind.Deposit, 7, "deed");

        vm.prank(clerk);
        vm.expectRevert(
            abi.encodeWithSelector(ISchemes.SchemesNoPower.selector, clerk, SCHEME, JURISDICTION, Powers.CREDIT)
        );
        energy.recordCollateral(series, CollateralKind.Deposit, 7, "deed");
    }

    /// @dev An issuer whose power is another scheme's acts on no series of this one, nor does an officer from there.
    function test_series_areOutOfReachFromAbroad() public {
        SchemeId elsewhere = SchemeId.wrap(2);
        address abroad = makeAddr("officer of another scheme");
        schemes.createScheme(elsewhere, "other", 0, 30, 0);
        schemes.grantOffice(abroad, elsewhere, 0, Powers.ALL);
        schemes.grantOffice(clerk, elsewhere, 0, Powers.ALL);
        Recipient[] memory to = new Recipient[](1);
        to[0] = Recipient(alice, 1);
        _outOfReach(abi.encodeCall(IEnergyCreditsCore.issue, (series, to, deposit, REF)));
        _outOfReach(abi.encodeCall(IEnergyCreditsCore.reclaim, (series, alice, 1, REASON)));
        _outOfReach(abi.encodeCall(IEnergyCreditsSeries.recordCollateral, (series, CollateralKind.Deposit, 7, "deed")));
        _outOfReach(abi.encodeCall(IEnergyCreditsSeries.setReceiverLimit, (series, alpha, true, 1)));
        _outOfReach(abi.encodeCall(IEnergyCreditsSeries.withdrawCollateral, (series, deposit, 1, REASON)));
        vm.expectRevert(
            abi.encodeWithSelector(ISchemes.SchemesNoPower.selector, abroad, SCHEME, JURISDICTION, Powers.RULES)
        );
        vm.prank(abroad);
        energy.setIssueLimit(series, 1, REASON);
    }

    function _outOfReach(bytes memory data) private {
        vm.prank(clerk);
        (bool done, bytes memory why) = address(energy).call(data);
        assertFalse(done);
        assertEq(
            why, abi.encodeWithSelector(ISchemes.SchemesNoPower.selector, clerk, SCHEME, JURISDICTION, Powers.CREDIT)
        );
    }

    function test_recordCollateral_isWhole() public {
        _refusesCollateral(CollateralKind.None, 7, "deed");
        _refusesCollateral(CollateralKind.Deposit, 0, "deed");
        _refusesCollateral(CollateralKind.Deposit, 7, 0);
        _refusesCollateral(CollateralKind.Deposit, type(uint64).max - COVER + 1, "deed");
        vm.prank(town);
        energy.recordCollateral(series, CollateralKind.Deposit, type(uint64).max - COVER, "deed");
        assertEq(energy.seriesOf(series).collateral, type(uint64).max);
    }

    function _refusesCollateral(CollateralKind kind, uint64 amount, bytes32 document) private {
        vm.prank(town);
        vm.expectRevert(
            abi.encodeWithSelector(IEnergyCreditsErrors.EnergyCreditsBadCollateral.selector, kind, amount, document)
        );
        energy.recordCollateral(series, kind, amount, document);
    }

    function test_withdrawCollateral_takesWhatNothingNeeds() public {
        _grantTo(alice, GIVEN);
        vm.expectEmit(address(energy));
        emit IEnergyCreditsSeries.CollateralWithdrawn(series, deposit, COVER - GIVEN, REASON, town);
        _withdraw(COVER - GIVEN);
        assertEq(energy.seriesOf(series).collateral, GIVEN);
        assertEq(energy.collateralOf(series, deposit).amount, GIVEN);
    }

    function test_withdrawCollateral_leavesWhatIsOutstandingCovered() public {
        _grantTo(alice, GIVEN);
        vm.expectRevert(
            abi.encodeWithSelector(IEnergyCreditsErrors.EnergyCreditsUncovered.selector, series, COVER + 1, COVER)
        );
        _withdraw(COVER - GIVEN + 1);
    }

    function test_withdrawCollateral_takesNoMoreThanTheRecordHas() public {
        _record(series, GIVEN); // there is more collateral than this record has
        _refusesWithdrawal(COVER + 1);
        _refusesWithdrawal(0);
    }

    function _refusesWithdrawal(uint64 amount) private {
        vm.expectRevert(
            abi.encodeWithSelector(
                IEnergyCreditsErrors.EnergyCreditsRecordShort.selector, series, deposit, amount, COVER
            )
        );
        _withdraw(amount);
    }

    function test_withdrawCollateral_needsAReason() public {
        vm.prank(town);
        vm.expectRevert(abi.encodeWithSelector(IEnergyCreditsErrors.EnergyCreditsNoReason.selector, series));
        energy.withdrawCollateral(series, deposit, 1, 0);
    }

    function _withdraw(uint64 amount) private {
        vm.prank(town);
        energy.withdrawCollateral(series, deposit, amount, REASON);
    }

    /* issue */

    function test_issue_namesWhatItStandsOn() public {
        vm.expectEmit(address(energy));
        emit IUnit1155.UnitsIssued(series, REF, GIVEN, 1);
        vm.expectEmit(address(energy));
        emit IEnergyCreditsCore.IssuedAgainst(series, deposit, GIVEN, town);
        _grantTo(alice, GIVEN);
        assertEq(_held(alice), GIVEN);
        assertEq(energy.seriesOf(series).outstanding, GIVEN);
        assertEq(energy.collateralOf(series, deposit).issued, GIVEN);
        assertEq(energy.grantOf(series, alpha).issued, GIVEN);
    }

    function test_issue_isTheIssuers() public {
        vm.prank(province);
        vm.expectRevert(abi.encodeWithSelector(IEnergyCreditsErrors.EnergyCreditsNotIssuer.selector, province, townId));
        energy.issue(series, _to(alice, GIVEN), deposit, REF);
    }

    function test_issue_isNotASuspendedIssuers() public {
        _suspend(townId);
        vm.expectRevert(abi.encodeWithSelector(IEnergyCreditsErrors.EnergyCreditsNotIssuer.selector, town, townId));
        _grantTo(alice, GIVEN);
    }

    function test_issue_staysWithinTheLimit() public {
        vm.prank(province);
        energy.setIssueLimit(series, GIVEN, REASON);
        _grantTo(alice, GIVEN);
        vm.expectRevert(
            abi.encodeWithSelector(IEnergyCreditsErrors.EnergyCreditsOverLimit.selector, series, GIVEN + 1, GIVEN)
        );
        _grantTo(alice, 1);
    }

    function test_issue_staysWithinTheCollateral() public {
        vm.prank(province);
        energy.setIssueLimit(series, type(uint64).max, REASON);
        _grantTo(alice, COVER);
        vm.expectRevert(
            abi.encodeWithSelector(IEnergyCreditsErrors.EnergyCreditsUncovered.selector, series, COVER + 1, COVER)
        );
        _grantTo(alice, 1);
    }

    function test_issue_staysWithinTheRecordItNames() public {
        uint32 small = _record(series, GIVEN);
        vm.startPrank(town);
        energy.issue(series, _to(alice, GIVEN - 1), small, REF);
        vm.expectRevert(
            abi.encodeWithSelector(IEnergyCreditsErrors.EnergyCreditsRecordShort.selector, series, small, 2, 1)
        );
        energy.issue(series, _to(alice, 2), small, REF);
        vm.expectRevert(abi.encodeWithSelector(IEnergyCreditsErrors.EnergyCreditsRecordShort.selector, series, 9, 2, 0));
        energy.issue(series, _to(alice, 2), 9, REF);
    }

    function test_issue_reachesActiveParticipantsOnly() public {
        _refusesReceiver(stranger);
        _suspend(beta);
        _refusesReceiver(bob);
    }

    function test_issue_reachesTheKindsOfItsPurposeOnly() public {
        series = _open(CreditUses.ALL, ParticipantKinds.DEVELOPER);
        deposit = _cover(series, COVER);
        _refusesReceiver(alice); // a trader
        address wind = makeAddr("wind farm");
        _registerAs(wind, ParticipantKinds.DEVELOPER | ParticipantKinds.EMITTER);
        _grantTo(wind, 5);
        assertEq(_held(wind), 5);
    }

    function _refusesReceiver(address to) private {
        vm.expectRevert(abi.encodeWithSelector(IEnergyCreditsErrors.EnergyCreditsReceiverRefused.selector, series, to));
        _grantTo(to, GIVEN);
    }

    function test_issue_endsWithTheSeries() public {
        vm.warp(EXPIRY);
        _grantTo(alice, 1);
        vm.warp(EXPIRY + 1);
        vm.expectRevert(abi.encodeWithSelector(IEnergyCreditsErrors.EnergyCreditsExpired.selector, series, EXPIRY));
        _grantTo(alice, 1);
    }

    function test_issue_isOfSomething() public {
        vm.expectRevert(abi.encodeWithSelector(IUnit1155.UnitZeroAmount.selector, series));
        _grantTo(alice, 0);
    }

    function test_issue_isToAtMost200() public {
        vm.prank(town);
        vm.expectRevert(abi.encodeWithSelector(IUnit1155.UnitTooManyItems.selector, 201, 200));
        energy.issue(series, new Recipient[](201), deposit, REF);
    }

    /* limits of receivers */

    function test_setReceiverLimit_bindsEveryWalletOfAParticipant() public {
        _limit(EVERYBODY, false, GIVEN);
        _grantTo(alice, GIVEN - 1);
        _refusesMore(aliceDesk, 2, alpha, GIVEN + 1, GIVEN);
        _grantTo(aliceDesk, 1);
        _grantTo(bob, GIVEN);
    }

    function test_setReceiverLimit_ofItsOwnOverridesTheUsual() public {
        _limit(EVERYBODY, false, GIVEN);
        _limit(alpha, true, 2 * GIVEN);
        _limit(beta, true, 0);
        _grantTo(alice, 2 * GIVEN);
        _refusesMore(alice, 1, alpha, 2 * GIVEN + 1, 2 * GIVEN);
        _refusesMore(bob, 1, beta, 1, 0);
        _limit(beta, false, 0);
        _grantTo(bob, GIVEN);
        _refusesMore(bob, 1, beta, GIVEN + 1, GIVEN);
    }

    function test_setReceiverLimit_isTheIssuersAndSaysSo() public {
        vm.expectEmit(address(energy));
        emit IEnergyCreditsSeries.ReceiverLimitSet(series, alpha, true, 9, town);
        _limit(alpha, true, 9);
        Grant memory g = energy.grantOf(series, alpha);
        assertTrue(g.limited);
        assertEq(g.limit, 9);
        vm.prank(clerk);
        vm.expectRevert(
            abi.encodeWithSelector(ISchemes.SchemesNoPower.selector, clerk, SCHEME, JURISDICTION, Powers.CREDIT)
        );
        energy.setReceiverLimit(series, alpha, true, 9);
    }

    function _limit(ParticipantId who, bool limited, uint64 amount) private {
        vm.prank(town);
        energy.setReceiverLimit(series, who, limited, amount);
    }

    function _refusesMore(address to, uint64 amount, ParticipantId who, uint256 would, uint64 limit) private {
        vm.expectRevert(
            abi.encodeWithSelector(
                IEnergyCreditsErrors.EnergyCreditsOverReceiverLimit.selector, series, who, would, limit
            )
        );
        _grantTo(to, amount);
    }

    /* what moves */

    function test_transfer_isFreeWhereThePurposeIs() public {
        _grantTo(alice, GIVEN);
        _pass(alice, bob, GIVEN);
        assertEq(_held(bob), GIVEN);
    }

    function test_transfer_isRefusedWhereThePurposeIsAnother() public {
        _only(CreditUses.BILLS, 0);
        _hindered(alice, bob, Hindrance.OtherPurpose);
        _pass(alice, aliceDesk, 1); // what is one's own stays so
        assertEq(_held(aliceDesk), 1);
    }

    function test_transfer_reachesTheKindsOfItsPurposeOnly() public {
        _only(CreditUses.ALL, ParticipantKinds.TRADER);
        address wind = makeAddr("wind farm");
        _registerAs(wind, ParticipantKinds.DEVELOPER);
        _hindered(alice, wind, Hindrance.OtherKind);
        _pass(alice, bob, 1);
    }

    function test_transfer_neverReachesAStranger() public {
        _grantTo(alice, GIVEN);
        _hindered(alice, stranger, Hindrance.NotAdmitted);
    }

    function test_transfer_throughACustodianServesItsUseOnly() public {
        energy.setController(custodian, HOLD | uint256(CreditUses.POWER) << 32);
        _only(CreditUses.BILLS, 0);
        _hindered(alice, custodian, Hindrance.OtherPurpose);
        energy.setController(custodian, HOLD | uint256(CreditUses.BILLS) << 32);
        _pass(alice, custodian, 5);
        _pass(custodian, bob, 5); // a transfer between the two would be refused
        assertEq(_held(bob), 5);
    }

    function test_transfer_byACustodianThatMovesByApprovalServesItsUse() public {
        energy.setController(custodian, HOLD | uint256(CreditUses.BILLS) << 32);
        _only(CreditUses.BILLS, 0);
        vm.prank(alice);
        energy.setApprovalForAll(custodian, true);
        vm.prank(custodian);
        energy.safeTransferFrom(alice, bob, UnitId.unwrap(series), 5, "");
        assertEq(_held(bob), 5);
    }

    function test_transfer_throughACustodianWithoutUseIsRefused() public {
        energy.setController(custodian, HOLD);
        _grantTo(alice, GIVEN);
        _hindered(alice, custodian, Hindrance.OtherPurpose);
    }

    function test_transfer_endsWithTheSeries() public {
        energy.setController(custodian, HOLD | uint256(CreditUses.POWER) << 32);
        _grantTo(alice, GIVEN);
        _pass(alice, custodian, 5);
        vm.warp(EXPIRY);
        _pass(alice, bob, 1);
        vm.warp(EXPIRY + 1);
        _hindered(alice, bob, Hindrance.Expired);
        _hindered(alice, aliceDesk, Hindrance.Expired);
        _hindered(alice, custodian, Hindrance.Expired);
        _pass(custodian, bob, 5); // what it owes it still pays
        assertEq(_held(bob), 6);
    }

    function test_transfer_ofASeriesThatIsNot() public view {
        assertTrue(energy.hindrance(alice, bob, _id(3, 2022, 9)) == Hindrance.UnknownSeries);
    }

    /// @dev A series of its own, GIVEN of it to alice.
    function _only(uint8 uses, uint16 kinds) private {
        series = _open(uses, kinds);
        deposit = _cover(series, COVER);
        _grantTo(alice, GIVEN);
    }

    function _hindered(address from, address to, Hindrance why) private {
        assertTrue(energy.hindrance(from, to, series) == why);
        assertFalse(energy.canTransfer(from, to, UnitId.unwrap(series), 1));
        vm.expectRevert(
            abi.encodeWithSelector(
                IERC7943MultiToken.ERC7943CannotTransfer.selector, from, to, UnitId.unwrap(series), 1
            )
        );
        _pass(from, to, 1);
    }
}
