// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {ParticipantId} from "../../interfaces/Ids.sol";
import {ISchemes} from "../../interfaces/ISchemes.sol";
import {IMeterPostings} from "../../interfaces/IMeterOracle.sol";
import {Quality} from "../../interfaces/MeterTypes.sol";
import {PowerAccountId} from "../../interfaces/IPowerMarket.sol";
import {
    AreaTerms,
    DayState,
    IntervalState,
    ISettlementRecords,
    RunTotals,
    ShownChunk
} from "../../interfaces/IPowerSettlement.sol";
import {SettlementCase} from "./SettlementCase.sol";

/// @dev Pseudonym 0 sells 1,000 Wh to pseudonym 1; 2 is the exchange with the grid outside.
contract PowerSettlementTest is SettlementCase {
    function _street(uint40 delivered, uint40 used) private {
        _account(0, delivered, 0, 1_000, 0);
        _account(1, 0, used, 0, 1_000);
        _account(2, used > delivered ? used - delivered : 0, delivered > used ? delivered - used : 0, 0, 0);
        _trade();
        _read(1);
    }

    function _assertNets(int256 seller, int256 buyer, int256 grid) private view {
        assertEq(lines[0].net, seller);
        assertEq(lines[1].net, buyer);
        assertEq(lines[2].net, grid);
    }

    // ------------------------------------------------------------------ who pays

    function test_post_asAgreed() public {
        _street(1_000, 1_000);
        _settle(1);
        _assertNets(80_000, -80_000, 0);
    }

    function test_post_theSellerShortPays() public {
        _street(700, 1_000);
        _settle(1);
        _assertNets(56_000, -80_000, 24_000);
    }

    function test_post_theBuyerShortGetsBackWhatItLeft() public {
        _street(1_000, 700);
        _settle(1);
        _assertNets(80_000, -56_000, -24_000);
    }

    function test_post_bothShortEachForItself() public {
        _street(700, 600);
        _settle(1);
        _assertNets(56_000, -48_000, -8_000);
    }

    function test_post_aMeterMissingHasDeliveredNothing() public {
        _account(0, 1_000, 0, 1_000, 0, Quality.Held);
        _account(1, 0, 1_000, 0, 1_000);
        _account(2, 1_000, 0, 0, 0);
        _trade();
        _read(1);
        _settle(1);
        _assertNets(0, -80_000, 80_000);
    }

    function test_post_aMeterMissingHasUsedNothing() public {
        _account(0, 1_000, 0, 1_000, 0);
        _account(1, 0, 1_000, 0, 1_000, Quality.Held);
        _account(2, 0, 1_000, 0, 0);
        _trade();
        _read(1);
        _settle(1);
        _assertNets(80_000, 0, -80_000);
    }

    function test_post_dualPricesMakeImbalanceDear() public {
        _setTerms(0, 0, 250_000);
        _street(700, 1_000);
        _settle(1);
        _assertNets(50_000, -80_000, 18_000);
        assertEq(_state().surplus, 12_000);
    }

    function test_post_feesAreTheOperators() public {
        _setTerms(10_001, 2_003, 0);
        _street(1_000, 1_000);
        _settle(1);
        _assertNets(80_000 - 2_003, -80_000 - 10_001, 0);
        assertEq(_state().due, 12_004);
    }

    function test_post_lossIsDealtOutWhenItIsBooked() public {
        _account(0, 1_053, 0, 1_000, 0);
        _account(1, 0, 1_001, 0, 1_000);
        _trade();
        _read(1);
        _settle(1);
        assertEq(_state().due, -4_160); // 52 Wh are the operator's so far
        assertFalse(_state().isFinal);

        _toFinal();
        _bookLoss();
        assertEq(charged, 52);
        _settle(2);
        assertEq(lines[0].lossWh, 23);
        assertEq(lines[1].lossWh, 29);
        assertEq(_state().due, 0);
        assertTrue(_state().isFinal);
    }

    // ------------------------------------------------------------------ agreement

    function test_post_agreesWithThePlainModel() public {
        string memory json = vm.readFile(string.concat(vm.projectRoot(), "/tests/vectors/settlements.json"));
        uint256 count = vm.parseJsonUint(json, ".count");
        assertGt(count, 20);
        for (uint256 i; i < count; ++i) {
            _agree(json, string.concat(".cases[", vm.toString(i), "]"));
            interval += 8; // losses of the one before were booked late
            _clearAccounts();
        }
    }

    function _agree(string memory json, string memory place) private {
        uint256[] memory t = vm.parseJsonUintArray(json, string.concat(place, ".terms"));
        _setTerms(uint32(t[1]), uint32(t[2]), uint32(t[0]));
        price = vm.parseJsonUint(json, string.concat(place, ".price"));
        _load(json, place);
        _trade();
        _read(1);
        if (vm.parseJsonUint(json, string.concat(place, ".charged")) != 0) {
            _toFinal();
            _bookLoss();
        }
        RunTotals memory totals = _settle(1);
        uint256[] memory shares = vm.parseJsonUintArray(json, string.concat(place, ".loss"));
        for (uint32 i; i < shares.length; ++i) {
            string memory net = string.concat(place, ".net[", vm.toString(i), "]");
            assertEq(lines[i].net, vm.parseJsonInt(json, net));
            assertEq(lines[i].lossWh, shares[i]);
            vm.expectRevert(ISettlementRecords.SettlementNothingFalse.selector);
            settlement.disputeLine(node, _show(totals, i), _reading(i), PowerAccountId.wrap(FIRST_PSEUDONYM));
        }
        assertEq(
            _state().due,
            vm.parseJsonInt(json, string.concat(place, ".operator"))
                + vm.parseJsonInt(json, string.concat(place, ".fees"))
        );
        assertEq(_state().surplus, vm.parseJsonInt(json, string.concat(place, ".surplus")));
        assertEq(totals.rounding, vm.parseJsonUint(json, string.concat(place, ".rounding")));
    }

    function _load(string memory json, string memory place) private {
        uint256[] memory exported = vm.parseJsonUintArray(json, string.concat(place, ".exported"));
        uint256[] memory imported = vm.parseJsonUintArray(json, string.concat(place, ".imported"));
        uint256[] memory sold = vm.parseJsonUintArray(json, string.concat(place, ".sold"));
        uint256[] memory bought = vm.parseJsonUintArray(json, string.concat(place, ".bought"));
        uint256[] memory quality = vm.parseJsonUintArray(json, string.concat(place, ".quality"));
        for (uint256 i; i < sold.length; ++i) {
            _account(
                i, uint40(exported[i]), uint40(imported[i]), uint32(sold[i]), uint32(bought[i]), Quality(quality[i])
            );
        }
    }

    /// @dev Whatever accounts deliver, money sums to zero.
    function testFuzz_post_sumsToZero(uint256 seed) public {
        _setTerms(uint32(seed % 20_000), uint32(seed >> 16) % 5_000, uint32(seed >> 32) % 300_000);
        price = 1 + (seed >> 64) % 10_000_000;
        uint256 pairs = 1 + (seed >> 96) % 5;
        for (uint256 i; i < pairs; ++i) {
            uint256 r = uint256(keccak256(abi.encode(seed, i)));
            uint32 energy = 1 + uint32(r) % 100_000;
            _account(2 * i, uint40(r >> 32) % 200_000, uint40(r >> 72) % 9, energy, 0, Quality((r >> 112) % 4));
            _account(2 * i + 1, 0, uint40(r >> 120) % 200_000, 0, energy, Quality((r >> 160) % 4));
        }
        _trade();
        _read(1);
        _settle(1);
        IntervalState memory s = _state();
        DayState memory d = _dayState();
        int256 sum;
        for (uint256 i; i < lines.length; ++i) {
            sum += lines[i].net;
        }
        assertEq(sum, d.net);
        assertEq(sum + s.due + s.surplus + d.rounding, 0);
        assertGe(d.rounding, 0);
    }

    // ------------------------------------------------------------------ refusals

    function _refused(RunTotals memory t, bytes4 refusal) private {
        vm.expectPartialRevert(refusal);
        _post(1, t);
    }

    function test_post_refusesEnergyThatDoesNotClose() public {
        _street(700, 1_000);
        RunTotals memory t = _reckon();
        t.longWh += 1;
        vm.expectRevert(
            abi.encodeWithSelector(ISettlementRecords.SettlementEnergyOpen.selector, node, interval, int256(-1))
        );
        _post(1, t);
        t = _reckon();
        t.importWh += 1;
        _refused(t, ISettlementRecords.SettlementEnergyOpen.selector);
        t = _reckon();
        (t.importWh, t.exportWh) = (t.importWh + 1, t.exportWh + 1); // more than the meters exported
        _refused(t, ISettlementRecords.SettlementEnergyOpen.selector);
        t = _reckon();
        t.soldWh += 1;
        _refused(t, ISettlementRecords.SettlementEnergyOpen.selector);
        _settle(1);
    }

    function test_post_refusesMoneyThatDoesNotClose() public {
        _setTerms(10_001, 2_003, 100_000);
        _street(700, 1_000);
        int88[2] memory by = [int88(1), -1];
        for (uint256 i; i < 2; ++i) {
            RunTotals memory t = _reckon();
            t.net += by[i];
            vm.expectRevert(
                abi.encodeWithSelector(ISettlementRecords.SettlementMoneyOpen.selector, node, interval, int256(by[i]))
            );
            _post(1, t);
        }
        RunTotals memory r = _reckon();
        (r.net, r.rounding) = (r.net - 100, r.rounding + 100); // more than rounding can leave
        _refused(r, ISettlementRecords.SettlementMoneyOpen.selector);
        r = _reckon();
        (r.fees, r.net) = (r.fees - 2, r.net + 2); // roundings of three fees explain one
        _refused(r, ISettlementRecords.SettlementOtherFees.selector);
        r = _reckon();
        (r.fees, r.net) = (r.fees + 4, r.net - 4);
        _refused(r, ISettlementRecords.SettlementOtherFees.selector);
        _settle(1);
    }

    /// @dev Where lines bear all that the meters leave open, amounts at any one price cancel: there a line is disputed.
    function test_post_refusesAnotherPrice() public {
        _account(0, 1_053, 0, 1_000, 0);
        _account(1, 0, 1_001, 0, 1_000);
        _trade();
        _read(1);
        price = 2 * PRICE;
        _refused(_reckon(), ISettlementRecords.SettlementMoneyOpen.selector);
        price = PRICE;
        _settle(1);
    }

    function test_post_refusesOtherReadings() public {
        _street(700, 1_000);
        RunTotals memory t = _reckon();
        t.meterRoot = keccak256("another");
        _refused(t, IMeterPostings.MeterOracleOtherRoot.selector);
        t = _reckon();
        t.count = 2;
        _refused(t, ISettlementRecords.SettlementTooFewLines.selector);
    }

    function test_post_refusesALossThatIsNotBooked() public {
        _street(1_053, 1_000);
        charged = 53;
        _refused(_reckon(), ISettlementRecords.SettlementOtherLoss.selector);
    }

    function test_post_refusesContractsThatNothingScheduled() public {
        _street(700, 1_000);
        lines[0].soldWh = 1_002; // rounding explains two
        _settle(1);
        lines[0].soldWh = 1_003;
        RunTotals memory t = _reckon();
        vm.expectRevert(
            abi.encodeWithSelector(
                ISettlementRecords.SettlementNotScheduled.selector, node, interval, int256(3), uint256(2)
            )
        );
        _post(2, t);
    }

    function test_post_isTheOperators() public {
        _street(700, 1_000);
        RunTotals memory t = _reckon();
        vm.prank(sponsor);
        vm.expectRevert(abi.encodeWithSelector(ISettlementRecords.SettlementNotOperator.selector, sponsor, operatorId));
        settlement.post(node, interval, 1, t, DATA);
        vm.prank(stranger);
        vm.expectPartialRevert(ISettlementRecords.SettlementNotOperator.selector);
        settlement.post(node, interval, 1, t, DATA);
    }

    function test_post_takesRunsInOrder() public {
        _street(700, 1_000);
        RunTotals memory t = _reckon();
        vm.prank(operator);
        vm.expectRevert(abi.encodeWithSelector(ISettlementRecords.SettlementBadRun.selector, node, interval, 2, 1));
        settlement.post(node, interval, 2, t, DATA);
        _post(1, t);
        vm.prank(operator);
        vm.expectRevert(abi.encodeWithSelector(ISettlementRecords.SettlementBadRun.selector, node, interval, 1, 2));
        settlement.post(node, interval, 1, t, DATA);
    }

    function test_post_refusesACorrectionAfterTheFinalRun() public {
        _street(1_000, 1_000);
        _settle(1);
        _toFinal();
        _bookLoss();
        RunTotals memory t = _settle(2);
        vm.prank(operator);
        vm.expectRevert(abi.encodeWithSelector(ISettlementRecords.SettlementFinal.selector, node, interval, 2));
        settlement.post(node, interval, 3, t, DATA);
    }

    // ------------------------------------------------------------------ terms and bonds

    function test_setArea_isAnOfficesAndForComingIntervals() public {
        AreaTerms memory a = AreaTerms(interval, operatorId, 0, 0, 0);
        vm.prank(stranger);
        vm.expectPartialRevert(ISchemes.SchemesNoPower.selector);
        settlement.setArea(node, a);

        uint256 now_ = vm.getBlockTimestamp() / STEP;
        vm.startPrank(officer);
        AreaTerms[3] memory bad = [
            AreaTerms(uint32(now_), operatorId, 0, 0, 0),
            AreaTerms(interval, ParticipantId.wrap(0), 0, 0, 0),
            AreaTerms(interval, operatorId, 0, 0, 1_000_001)
        ];
        for (uint256 i; i < 3; ++i) {
            vm.expectPartialRevert(ISettlementRecords.SettlementBadTerms.selector);
            settlement.setArea(node, bad[i]);
        }
        a.feeImport = 7;
        settlement.setArea(node, a);
        a.fromInterval = interval; // not ahead of the latest
        vm.expectPartialRevert(ISettlementRecords.SettlementBadTerms.selector);
        settlement.setArea(node, a);
        vm.stopPrank();
        assertEq(settlement.termsAt(node, interval - 1).feeImport, 0);
        assertEq(settlement.termsAt(node, interval + 9).feeImport, 7);
        vm.expectRevert(abi.encodeWithSelector(ISettlementRecords.SettlementNoTerms.selector, node, interval - 2));
        settlement.termsAt(node, interval - 2);
    }

    function test_bond_isBoundWhileSomethingCanBeShownFalse() public {
        _street(700, 1_000);
        _settle(1);
        uint256 until = vm.getBlockTimestamp() + WINDOW;
        vm.startPrank(operator);
        vm.expectRevert(abi.encodeWithSelector(ISettlementRecords.SettlementBondBound.selector, operatorId, until));
        settlement.unbond(1);
        vm.warp(until + 1);
        vm.expectRevert(
            abi.encodeWithSelector(
                ISettlementRecords.SettlementBondTooSmall.selector, operatorId, 2 * BOND, 2 * BOND + 1
            )
        );
        settlement.unbond(2 * BOND + 1);
        settlement.unbond(BOND + 1);
        vm.stopPrank();
        (uint96 left,) = settlement.bondOf(operatorId);
        assertEq(left, BOND - 1);
        assertEq(_bound(_own(operatorId)), BOND - 1);

        RunTotals memory t = _reckon();
        vm.prank(operator);
        vm.expectRevert(
            abi.encodeWithSelector(ISettlementRecords.SettlementBondTooSmall.selector, operatorId, BOND - 1, BOND)
        );
        settlement.post(node, interval, 2, t, DATA);
    }

    // ------------------------------------------------------------------ days

    /// @dev A day of four intervals: the first one trades, in the others everybody uses and delivers a little.
    function _day() private returns (int256[3] memory sums) {
        uint32 first = interval;
        _street(700, 1_000);
        _settle(1);
        for (uint256 i; i < 4; ++i) {
            if (i != 0) {
                _next();
                _account(0, 10, 0, 0, 0);
                _account(1, 0, 13, 0, 0);
                _account(2, 3, 0, 0, 0);
                _read(1);
                _settle(1);
            }
            for (uint256 j; j < 3; ++j) {
                sums[j] += lines[j].net;
            }
        }
        assertEq(interval, first + 3);
    }

    function _words(int256[3] memory sums, uint256 unbound) private pure returns (uint256[] memory words) {
        words = new uint256[](3);
        for (uint256 i; i < 3; ++i) {
            words[i] = _payWord(i, sums[i], i == 1 ? unbound : 0);
        }
    }

    function test_pay_oneNetAmountForEachAccountAndDay() public {
        _setTerms(10_000, 0, 0);
        int256[3] memory sums = _day();
        ShownChunk memory c = _chunk(_words(sums, 80_000));
        _postPayments(c, 0);
        vm.warp(vm.getBlockTimestamp() + WINDOW + 1);
        uint256 before = _free(_own(operatorId));
        vm.expectEmit(address(settlement));
        emit ISettlementRecords.ChunkPaid(node, day, 1, 0);
        settlement.pay(node, day, c);

        // The seller's guarantee of 50,000 stays bound, the buyer's 80,000 paid for what it bought.
        assertEq(int256(_free(FIRST_PSEUDONYM)), int256(uint256(PURSE)) - 50_000 + sums[0]);
        assertEq(int256(_free(FIRST_PSEUDONYM + 1)), int256(uint256(PURSE)) + sums[1]);
        assertEq(int256(_free(FIRST_PSEUDONYM + 2)), int256(uint256(PURSE)) + sums[2]);
        assertEq(_free(_own(operatorId)) - before, 10_390); // 1,039 Wh imported
        DayState memory d = _dayState();
        uint32 own = PowerAccountId.unwrap(ledger.controllerOf(address(settlement)).account);
        assertEq(int256(_free(own)), int256(d.surplus) + d.rounding);
        assertEq(d.duePaid, d.due);
    }

    function test_pay_onceAndNotBeforeTheWindowEnds() public {
        ShownChunk memory c = _chunk(_words(_day(), 0));
        _postPayments(c, 0);
        uint256 until = vm.getBlockTimestamp() + WINDOW;
        vm.expectRevert(abi.encodeWithSelector(ISettlementRecords.SettlementWindow.selector, until));
        settlement.pay(node, day, c);
        vm.warp(until + 1);
        settlement.pay(node, day, c);
        vm.expectRevert(abi.encodeWithSelector(ISettlementRecords.SettlementPaid.selector, node, day, 1, 0));
        settlement.pay(node, day, c);
    }

    function test_pay_refusesWhatIsNotUnderTheRoot() public {
        ShownChunk memory c = _chunk(_words(_day(), 0));
        _postPayments(c, 0);
        vm.warp(vm.getBlockTimestamp() + WINDOW + 1);
        c.words[0] += 1 << 32;
        c.words[1] -= 1 << 32;
        vm.expectRevert(abi.encodeWithSelector(ISettlementRecords.SettlementNotInRoot.selector, node, day, 0));
        settlement.pay(node, day, c);
    }

    function test_pay_refusesAChunkWhoseAmountsAreNotItsSum() public {
        ShownChunk memory c = _chunk(_words(_day(), 0));
        c.words[0] += 1 << 32; // the sum that is posted stays
        _postPayments(c, 0);
        vm.warp(vm.getBlockTimestamp() + WINDOW + 1);
        vm.expectRevert(
            abi.encodeWithSelector(
                ISettlementRecords.SettlementOtherSum.selector, node, day, int256(c.sum) + 1, int256(c.sum)
            )
        );
        settlement.pay(node, day, c);
    }

    function test_postPayments_needsAllIntervalsOfTheDay() public {
        _street(700, 1_000);
        _settle(1);
        vm.prank(operator);
        vm.expectRevert(abi.encodeWithSelector(ISettlementRecords.SettlementDayOpen.selector, node, day, 1, 4));
        settlement.postPayments(node, day, new bytes32[](1), new int88[](1), 0);
    }

    function test_postPayments_refusesAnotherSum() public {
        ShownChunk memory c = _chunk(_words(_day(), 0));
        bytes32[] memory hashes = new bytes32[](1);
        int88[] memory sums = new int88[](1);
        sums[0] = c.sum + 1;
        vm.startPrank(operator);
        vm.expectRevert(
            abi.encodeWithSelector(
                ISettlementRecords.SettlementOtherSum.selector, node, day, int256(c.sum) + 1, int256(c.sum)
            )
        );
        settlement.postPayments(node, day, hashes, sums, 0);
        vm.expectRevert(abi.encodeWithSelector(ISettlementRecords.SettlementTooMany.selector, 0, 256));
        settlement.postPayments(node, day, new bytes32[](0), new int88[](0), 0);
        vm.expectRevert(abi.encodeWithSelector(ISettlementRecords.SettlementTooMany.selector, 257, 256));
        settlement.postPayments(node, day, new bytes32[](257), new int88[](257), 0);
        vm.stopPrank();
        vm.expectPartialRevert(ISettlementRecords.SettlementNotOperator.selector);
        settlement.postPayments(node, day, hashes, sums, 0);
    }

    /// @dev The reading of the last interval's user was wrong: only what changes is paid.
    function test_correction_booksOnlyTheDifference() public {
        int256[3] memory sums = _day();
        ShownChunk memory c = _chunk(_words(sums, 0));
        _postPayments(c, 0);
        vm.warp(vm.getBlockTimestamp() + WINDOW + 1);
        settlement.pay(node, day, c);
        uint256[2] memory before = [_free(FIRST_PSEUDONYM + 1), _free(FIRST_PSEUDONYM + 2)];
        int256[2] memory nets = [int256(lines[1].net), lines[2].net];

        _clearAccounts();
        _account(0, 10, 0, 0, 0);
        _account(1, 0, 17, 0, 0);
        _account(2, 7, 0, 0, 0);
        _read(2);
        _settle(2);
        assertEq(_state().meterRun, 2);
        int256[3] memory changes = [int256(0), lines[1].net - nets[0], lines[2].net - nets[1]];
        assertEq(changes[1], -320); // four Wh more
        ShownChunk memory more = _chunk(_words(changes, 0));
        _postPayments(more, 0);
        vm.warp(vm.getBlockTimestamp() + WINDOW + 1);
        settlement.pay(node, day, more);
        assertEq(_free(FIRST_PSEUDONYM + 1), before[0] - 320);
        assertEq(_free(FIRST_PSEUDONYM + 2), before[1] + 320);
        assertEq(_dayState().run, 2);
        assertEq(_dayState().posted, _dayState().net);
    }

    function test_post_dropsPaymentsThatHaveNotBegun() public {
        ShownChunk memory c = _chunk(_words(_day(), 0));
        _postPayments(c, 0);
        vm.expectEmit(address(settlement));
        emit ISettlementRecords.PaymentsDropped(node, day, 1);
        _settle(2);
        assertEq(_dayState().run, 0);
        assertEq(_dayState().posted, 0);
        _postPayments(c, 0);
        assertEq(_dayState().run, 1);
    }

    function test_surplus_returnsWithTheLastPaymentsByVolume() public {
        _setTerms(0, 0, 250_000);
        uint32 first = interval;
        int256[3] memory sums = _day();
        uint256[3] memory volumes = [uint256(730), 1_039, 309];
        DayState memory d = _dayState();
        assertGt(d.surplus, 12_000);

        // Not before all is final, not less than all, not twice.
        int256 returned;
        for (uint256 i; i < 3; ++i) {
            int256 share = int256(uint256(int256(d.surplus)) * volumes[i] / 2_078);
            (sums[i], returned) = (sums[i] + share, returned + share);
        }
        _refuseReturn(sums, returned, d.surplus);
        _finish(first);
        sums[0] -= 200;
        _refuseReturn(sums, returned - 200, d.surplus);
        sums[0] += 200;
        ShownChunk memory c = _chunk(_words(sums, 0));
        _postPayments(c, uint88(uint256(returned)));
        vm.warp(vm.getBlockTimestamp() + WINDOW + 1);
        settlement.pay(node, day, c);
        assertEq(int256(_free(FIRST_PSEUDONYM + 2)), int256(uint256(PURSE)) + sums[2]);
        _refuseReturn([int256(1), 0, 0], 1, d.surplus);
    }

    function _refuseReturn(int256[3] memory sums, int256 returned, int256 surplus) private {
        ShownChunk memory c = _chunk(_words(sums, 0));
        bytes32[] memory hashes = new bytes32[](1);
        int88[] memory one = new int88[](1);
        one[0] = c.sum;
        vm.prank(operator);
        vm.expectRevert(
            abi.encodeWithSelector(
                ISettlementRecords.SettlementOtherSurplus.selector, node, day, uint256(returned), surplus
            )
        );
        settlement.postPayments(node, day, hashes, one, uint88(uint256(returned)));
    }

    /// @dev Books losses, of which there are none, and posts the final runs.
    function _finish(uint32 first) private {
        _toFinal();
        for (uint32 i; i < 4; ++i) {
            interval = first + i;
            _clearAccounts();
            _account(0, i == 0 ? 700 : 10, 0, i == 0 ? 1_000 : 0, 0);
            _account(1, 0, i == 0 ? 1_000 : 13, 0, i == 0 ? 1_000 : 0);
            _account(2, i == 0 ? 300 : 3, 0, 0, 0);
            _bookLoss();
            _settle(2);
        }
    }
}
