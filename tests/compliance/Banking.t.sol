// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {IPausable} from "../../interfaces/rules/IPausable.sol";
import {bankingRef, IBanking} from "../../interfaces/compliance/IBanking.sol";
import {Settlement} from "../../interfaces/market/IExchangeBase.sol";
import {ParticipantId, UnitId} from "../../interfaces/types/Ids.sol";
import {WalletRights} from "../../interfaces/parties/IParticipants.sol";
import {ISchemes} from "../../interfaces/rules/ISchemes.sol";
import {Exit, IUnit1155} from "../../interfaces/units/IUnit1155.sol";
import {BankingCase} from "./BankingCase.sol";

/// @dev What is left of a vintage becomes a later one, within a limit that the ledger counts.
contract BankingTest is BankingCase {
    /* WHAT BANKING DOES */

    function test_bank_turnsUnitsIntoTheLaterVintage() public {
        vm.expectEmit(address(banking));
        emit IBanking.AllowancesBanked(CHINA, emitter, CEA_2021, CEA, wallet, 7000, false);
        vm.expectEmit(address(allowances));
        emit IUnit1155.UnitsExited(CEA, wallet, Exit.BankedAway, 7000, bankingRef(CHINA, 2021, emitter));
        vm.expectEmit(address(allowances));
        emit IUnit1155.UnitsIssued(CEA_2021, bankingRef(CHINA, 2021, emitter), 7000, 1);
        _bank(wallet, CEA, 7000);

        assertEq(_held(wallet, CEA), HELD - 7000);
        assertEq(_held(wallet, CEA_2021), 7000);
        assertEq(allowances.exitedOf(CEA, Exit.BankedAway), 7000);
        assertEq(allowances.issuedOf(CEA_2021), 7000);
        assertEq(banking.bankedOf(CHINA, 2021, emitter), 7000);
        assertEq(banking.roomOf(CHINA, emitter), BASE - 7000);
    }

    function test_bank_takesSeveralVintagesAtOnce() public {
        UnitId[] memory ids = new UnitId[](3);
        uint256[] memory amounts = new uint256[](3);
        (ids[0], ids[1], ids[2]) = (CEA, CEA_2019, CEA);
        (amounts[0], amounts[1], amounts[2]) = (1000, 2000, 3000);
        vm.prank(wallet);
        banking.bank(CHINA, ids, amounts);
        assertEq(_held(wallet, CEA_2021), 6000);
        assertEq(allowances.exitedOf(CEA, Exit.BankedAway), 4000);
        assertEq(allowances.exitedOf(CEA_2019, Exit.BankedAway), 2000);
    }

    function test_bankFromLedger_voidsOrdersWhenNeeded() public {
        _bring(wallet, CEA, 8000);
        _order(wallet, market, SELL, 6000);
        vm.prank(wallet);
        banking.bankFromLedger(CHINA, _one(CEA), _one(5000));
        assertEq(real.account(emitter, market).lots, 3000);
        assertEq(real.account(emitter, market).lotsInAsks, 0);
        assertEq(_held(wallet, CEA_2021), 5000);
        assertEq(real.netSoldOf(emitter, market), 0);
    }

    function test_bankFromLedger_takesWholeLotsOfWhatIsThere() public {
        _bring(wallet, CEA_2019, 8000);
        vm.startPrank(wallet);
        vm.expectRevert(abi.encodeWithSelector(IBanking.BankingNotWholeLots.selector, CEA_2019, 15, 10));
        banking.bankFromLedger(CHINA, _one(CEA_2019), _one(15));
        vm.expectRevert(abi.encodeWithSelector(IBanking.BankingLedgerShort.selector, emitter, CEA_2019, 8010, 8000));
        banking.bankFromLedger(CHINA, _one(CEA_2019), _one(8010));
        vm.stopPrank();
    }

    function test_bankFromLedger_needsAMarketOfTheUnit() public {
        _setParam("banking.oldest_vintage", 2018);
        UnitId unlisted = UnitId.wrap(uint256(1) << 96 | uint256(1) << 80 | uint256(2018) << 64);
        vm.prank(wallet);
        vm.expectRevert(abi.encodeWithSelector(IBanking.BankingLedgerShort.selector, emitter, unlisted, 5, 0));
        banking.bankFromLedger(CHINA, _one(unlisted), _one(5));
    }

    function test_bank_refusesWhatIsNewerThanTheRule() public {
        _setParam("banking.newest_vintage", 2019);
        bytes memory refusal =
            abi.encodeWithSelector(IBanking.BankingUnitRefused.selector, CEA, uint16(2019), uint16(2019));
        _refuse(wallet, CEA, 1, refusal);
        _bank(wallet, CEA_2019, 1);
    }

    /* THE LIMIT */

    function test_netSales_areNothingWhereNothingIsBanked() public {
        _setParam("banking.allowed", 0);
        vm.expectRevert(abi.encodeWithSelector(IBanking.BankingNotAllowed.selector, CHINA));
        banking.netSalesOf(CHINA, emitter);
    }

    function test_bank_endsAtTheBaseForWhoSoldNothing() public {
        _refuse(wallet, CEA, BASE + 1, _over(emitter, BASE + 1, BASE));
        _bank(wallet, CEA, 4000);
        _refuse(wallet, CEA_2019, 6001, _over(emitter, 6001, 6000));
        _bank(wallet, CEA_2019, 6000);
    }

    function test_bank_addsOneAndAHalfTimesNetSales() public {
        _bring(wallet, CEA, 20_001);
        _trade(wallet, buyer, market, 20_001, 1);
        assertEq(banking.netSalesOf(CHINA, emitter), 20_001);
        assertEq(banking.netSalesOf(CHINA, other), -20_001);
        assertEq(banking.roomOf(CHINA, emitter), BASE + 30_001); // 30,001.5 rounded down
        assertEq(banking.roomOf(CHINA, other), BASE);

        _refuse(wallet, CEA, 40_002, _over(emitter, 40_002, 40_001));
        _bank(wallet, CEA, 40_001);
    }

    function test_netSales_sumTheVintagesOfTheRule() public {
        _bring(wallet, CEA, 5000);
        _trade(wallet, buyer, market, 5000, 1);
        allowances.issue(buyer, CEA_2019, 30_000, 0);
        _bring(buyer, CEA_2019, 30_000);
        _trade(buyer, wallet, older, 200, 10); // buys 2,000 of 2019
        assertEq(banking.netSalesOf(CHINA, emitter), 3000);
        assertEq(banking.netSalesOf(CHINA, other), -3000);

        _setParam("banking.oldest_vintage", 2020);
        assertEq(banking.netSalesOf(CHINA, emitter), 5000);
    }

    function test_netSales_countTradesAlone() public {
        _bring(wallet, CEA, 50_000);
        vm.prank(wallet);
        real.withdrawUnits(market, 10_000, wallet);
        assertEq(banking.netSalesOf(CHINA, emitter), 0, "in and out");

        real.debitUnits(emitter, market, 5000, address(banking));
        assertEq(banking.netSalesOf(CHINA, emitter), 0, "debited");
        real.forcedTransfer(emitter, other, market, 5000);
        assertEq(banking.netSalesOf(CHINA, emitter), 0, "ordered away");
        assertEq(banking.netSalesOf(CHINA, other), 0, "ordered here");

        _order(wallet, market, SELL, 10_000);
        assertEq(banking.netSalesOf(CHINA, emitter), 0, "offered");
        _fund(buyer, market, 4000 * 4800);
        _order(buyer, market, 0, 4000);
        assertEq(banking.netSalesOf(CHINA, emitter), 4000, "sold in part");
    }

    function test_netSales_countUnitsInCustodyAsHeld() public {
        real.setController(address(this), 16); // a settling contract, with a custody account
        _bring(wallet, CEA, 1000);
        ParticipantId none = ParticipantId.wrap(0);
        real.settle(market, emitter, none, 600, 0, Settlement.Hold, bytes32("kept"));
        assertEq(real.account(emitter, market).lots, 400);
        assertEq(banking.netSalesOf(CHINA, emitter), 0);
    }

    function test_bank_hasNoLimitWhereThePackHasNoBase() public {
        _setParam("banking.base", type(uint192).max);
        assertEq(banking.roomOf(CHINA, emitter), type(uint256).max);
        _bank(wallet, CEA, HELD);
        assertEq(_held(wallet, CEA_2021), HELD);
    }

    function test_bank_sumsAtMostSixteenVintages() public {
        _setParam("banking.oldest_vintage", 2005);
        assertEq(banking.netSalesOf(CHINA, emitter), 0);
        _setParam("banking.oldest_vintage", 2004);
        vm.expectRevert(abi.encodeWithSelector(IBanking.BankingTooManyVintages.selector, 17, 16));
        banking.roomOf(CHINA, emitter);
    }

    function testFuzz_bank_neverExceedsTheLimit(uint256 sold, uint256[4] calldata wishes) public {
        sold = bound(sold, 1, 60_000);
        _bring(wallet, CEA, sold);
        _trade(wallet, buyer, market, sold, 1);
        uint256 most = BASE + sold * 3 / 2;
        uint256 banked = 0;
        for (uint256 i = 0; i < 4; ++i) {
            uint256 wish = bound(wishes[i], 1, _held(wallet, CEA_2019));
            if (banked + wish > most) {
                _refuse(wallet, CEA_2019, wish, _over(emitter, wish, most - banked));
            } else {
                _bank(wallet, CEA_2019, wish);
                banked += wish;
            }
            if (_held(wallet, CEA_2019) == 0) break;
        }
        assertLe(banked, most);
        assertEq(allowances.issuedOf(CEA_2021), banked);
        assertEq(allowances.issuedOf(CEA_2019), allowances.totalSupply(CEA_2019) + banked);
    }

    /* WHO, WHAT, WHEN */

    function test_bank_refusesWhatThePackDoesNotName() public {
        UnitId foreign = UnitId.wrap(uint256(1) << 96 | uint256(2) << 80 | uint256(2020) << 64);
        UnitId credit = UnitId.wrap(uint256(2) << 96 | uint256(1) << 80 | uint256(2020) << 64);
        UnitId[4] memory refused = [foreign, credit, CEA_2021, UnitId.wrap(UnitId.unwrap(CEA) - (2 << 64))];
        for (uint256 i = 0; i < 4; ++i) {
            _refuse(
                wallet,
                refused[i],
                1,
                abi.encodeWithSelector(IBanking.BankingUnitRefused.selector, refused[i], 2019, 2020)
            );
        }
    }

    function test_bank_neverTurnsAVintageIntoItself() public {
        _setParam("banking.newest_vintage", 2030);
        allowances.issue(wallet, CEA_2021, 5, 0);
        _refuse(wallet, CEA_2021, 1, abi.encodeWithSelector(IBanking.BankingUnitRefused.selector, CEA_2021, 2019, 2020));
    }

    function test_bank_isForTheDaysThePackSays() public {
        schemes.setParam(CHINA, keccak256("banking.allowed"), "banking.allowed", uint32(FIRST_DAY + 1), 0, 0);
        _bank(wallet, CEA, 1);
        vm.warp((FIRST_DAY + 1) * 1 days - 8 hours); // local midnight
        _refuse(wallet, CEA, 1, abi.encodeWithSelector(IBanking.BankingNotAllowed.selector, CHINA));
        assertEq(banking.roomOf(CHINA, emitter), 0);
    }

    function test_bank_isNotAllowedWhereAllowancesBecomeNothing() public {
        _setParam("banking.into_vintage", type(uint192).max);
        _refuse(wallet, CEA, 1, abi.encodeWithSelector(IBanking.BankingNotAllowed.selector, CHINA));
    }

    function test_bank_needsAnActiveParticipantsWalletThatMaySurrender() public {
        _refuse(stranger, CEA, 1, abi.encodeWithSelector(IBanking.BankingRightMissing.selector, stranger));
        address second = makeAddr("trades only");
        _addWallet(wallet, emitter, second, WalletRights.TRADE);
        _refuse(second, CEA, 1, abi.encodeWithSelector(IBanking.BankingRightMissing.selector, second));
        participants.suspend(emitter, 0);
        _refuse(wallet, CEA, 1, abi.encodeWithSelector(IBanking.BankingRightMissing.selector, wallet));
    }

    function test_bank_refusesBadCalls() public {
        _refuse(wallet, CEA, 0, abi.encodeWithSelector(IBanking.BankingZeroAmount.selector, CEA));
        vm.startPrank(wallet);
        vm.expectRevert(abi.encodeWithSelector(IBanking.BankingBadCount.selector, 0, 32));
        banking.bank(CHINA, new UnitId[](0), new uint256[](0));
        vm.expectRevert(abi.encodeWithSelector(IBanking.BankingBadCount.selector, 33, 32));
        banking.bank(CHINA, new UnitId[](33), new uint256[](33));
        vm.expectPartialRevert(IBanking.BankingUnitRefused.selector); // as many as may be, of no scheme
        banking.bank(CHINA, new UnitId[](32), new uint256[](32));
        vm.expectRevert(abi.encodeWithSelector(IBanking.BankingLengthMismatch.selector, 1, 2));
        banking.bank(CHINA, _one(CEA), new uint256[](2));
        vm.stopPrank();
    }

    function test_bank_needsTheLaterVintageDisclosed() public {
        _setParam("banking.into_vintage", 2022);
        _refuse(wallet, CEA, 1, abi.encodeWithSelector(ISchemes.SchemesNotDisclosed.selector, CHINA, 2022));
    }

    function test_receiving_takesNothingUnasked() public {
        vm.prank(wallet);
        vm.expectRevert();
        allowances.safeTransferFrom(wallet, address(banking), UnitId.unwrap(CEA), 1, "");
    }

    /* EXPIRY */

    /// @dev Units of 2020 and older are void from tomorrow on.
    function _expiresTomorrow() private {
        bytes32 key = keccak256("banking.expired_vintage");
        schemes.setParam(CHINA, key, "banking.expired_vintage", uint32(FIRST_DAY + 1), 2020, 0);
    }

    function _wallets(address one, address two) private pure returns (address[] memory found) {
        found = new address[](2);
        (found[0], found[1]) = (one, two);
    }

    function test_expire_endsAVintageOnItsDayAndNotBefore() public {
        _expiresTomorrow();
        assertFalse(banking.hasExpired(CEA));
        vm.expectRevert(abi.encodeWithSelector(IBanking.BankingNotExpired.selector, CEA));
        banking.expire(CEA, _wallets(wallet, buyer));

        vm.warp((FIRST_DAY + 1) * 1 days - 8 hours); // local midnight
        vm.prank(stranger);
        banking.expire(CEA, _wallets(wallet, buyer));
        banking.expire(CEA_2019, _wallets(wallet, buyer));
        assertEq(allowances.totalSupply(CEA), 0);
        assertEq(allowances.exitedOf(CEA, Exit.Expired), 2 * HELD);
        assertEq(allowances.exitedOf(CEA_2019, Exit.Expired), HELD);
        vm.expectRevert(abi.encodeWithSelector(IBanking.BankingNotExpired.selector, CEA_2021));
        banking.expire(CEA_2021, _wallets(wallet, buyer));
    }

    function test_expire_endsFrozenUnitsOfASuspendedHolder() public {
        _expiresTomorrow();
        vm.prank(ministry);
        allowances.setFrozenTokens(wallet, UnitId.unwrap(CEA), 60_000);
        participants.suspend(emitter, 0);
        vm.warp((FIRST_DAY + 1) * 1 days);
        banking.expire(CEA, _wallets(wallet, wallet));
        assertEq(_held(wallet, CEA), 0);
    }

    function test_expireFromLedger_endsWhatIsInAccountsAndInOrders() public {
        _expiresTomorrow();
        _bring(wallet, CEA, 5000);
        _bring(buyer, CEA, 700);
        ParticipantId[] memory owners = new ParticipantId[](2);
        (owners[0], owners[1]) = (emitter, other);
        vm.expectRevert(abi.encodeWithSelector(IBanking.BankingNotExpired.selector, CEA));
        banking.expireFromLedger(CEA, owners);

        vm.warp((FIRST_DAY + 1) * 1 days + 2 hours);
        real.openDay(market);
        _order(wallet, market, SELL, 3000);
        banking.expireFromLedger(CEA, owners);
        banking.expireFromLedger(CEA, owners); // nothing is left; nothing happens
        assertEq(allowances.exitedOf(CEA, Exit.Expired), 5700);
        assertEq(real.marketAssets(market).lots, 0);
        assertEq(real.account(emitter, market).lots, 0);
    }

    function test_expire_boundsItsCalls() public {
        vm.expectRevert(abi.encodeWithSelector(IBanking.BankingBadCount.selector, 0, 200));
        banking.expire(CEA, new address[](0));
        vm.expectRevert(abi.encodeWithSelector(IBanking.BankingBadCount.selector, 201, 200));
        banking.expireFromLedger(CEA, new ParticipantId[](201));
    }

    function test_expire_knowsNoOtherClass() public {
        _setParam("banking.expired_vintage", 2030);
        assertTrue(banking.hasExpired(CEA_2021));
        assertFalse(banking.hasExpired(UnitId.wrap(uint256(2) << 96 | uint256(1) << 80 | uint256(2020) << 64)));
    }

    /* PAUSE */

    /// @dev Banking ends on a stated day, and issues only in the place of what leaves.
    function test_aPauseOfIssue_doesNotStopBanking() public {
        IPausable(address(allowances)).pause(1 days);
        _bank(wallet, CEA, 7000);
        assertEq(_held(wallet, CEA_2021), 7000);
    }
}
