// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {MeteredLeaf} from "../../interfaces/units/IEnergyCertificates.sol";
import {ParticipantId} from "../../interfaces/types/Ids.sol";
import {MeterId, Quality} from "../../interfaces/types/MeterTypes.sol";
import {PowerAccountId} from "../../interfaces/power/IPowerMarket.sol";
import {Executed, IPowerTrades, PowerContract, PowerSignatures} from "../../interfaces/power/IPowerTrades.sol";
import {TradeCase} from "./TradeCase.sol";

/// @dev What intervals come to when they have ended: by their meters, and for those that were never booked.
contract TradeExecutionTest is TradeCase {
    /* CARRY OUT */

    function test_execute_paysWhoSold() public {
        uint64 id = _agree(_neighbours());
        _wrong(id, interval);
        trades.execute(id, interval, 1, _none(), new MeteredLeaf[](0));
        _toEndOf(interval);
        Executed memory e;
        (e.energyWh, e.paid, e.proceeds) = (1_001, COST, WORTH);
        vm.expectEmit(address(trades));
        emit IPowerTrades.IntervalsExecuted(id, interval, 1, e);
        vm.prank(stranger);
        trades.execute(id, interval, 1, _none(), new MeteredLeaf[](0));
        assertEq(_free(SELLER), FUNDS + WORTH);
        assertEq(_free(BUYER), FUNDS - COST);
        assertEq(_bound(BUYER), 0);
        assertEq(_free(own), 1);
        _wrong(id, interval);
        trades.execute(id, interval, 1, _none(), new MeteredLeaf[](0));
    }

    function test_execute_notWhatIsNotBooked() public {
        uint64 id = _agree(_supply());
        trades.book(id, interval, 1, _none());
        _final(interval + 1);
        MeteredLeaf[] memory two = new MeteredLeaf[](4);
        vm.warp(vm.getBlockTimestamp() + GRACE);
        _wrong(id, interval + 1);
        trades.execute(id, interval, 2, _none(), two);
    }

    function test_execute_wheelsOverNodes() public {
        vm.prank(officer);
        trades.setGridFee(1, 20_001, PowerAccountId.wrap(ParticipantId.unwrap(plantId)));
        uint64 id = _agree(_supply());
        trades.book(id, interval, 96, _none());
        MeteredLeaf[] memory leaves = _measured(interval, 1_001, 1_001);
        trades.execute(id, interval, 1, _none(), leaves);
        assertEq(_free(SELLER), FUNDS + WORTH - 95 * 100_101);
        assertEq(_free(_carrierAccount()), FUNDS + 30_031); // 1,001 Wh at 0.030001, down
        assertEq(_free(_own(plantId)), 20_021);
        assertEq(_free(BUYER) + _bound(BUYER), FUNDS - 300_304);
        assertEq(_bound(BUYER), 95 * (300_304 + 100_101));
        assertEq(_free(own), 300_304 - WORTH - 30_031 - 20_021);
    }

    /// @dev The seller's meter shows 400 Wh less than it sold.
    function test_execute_sellerShort_sellerPays() public {
        _executed(601, 1_001, 400, 0);
    }

    /// @dev The buyer took 301 Wh less than it bought: it pays, not the seller who delivered.
    function test_execute_buyerShort_buyerPays() public {
        _executed(1_001, 700, 0, 301);
    }

    function test_execute_bothShort_eachPaysItsOwn() public {
        _executed(601, 700, 400, 301);
    }

    function test_execute_noneShort_nonePays() public {
        _executed(5_000, 5_000, 0, 0);
    }

    /// @dev Who takes where it should deliver is short by all it sold, and no more.
    function test_execute_sellerTakes_paysForAllItSold() public {
        uint64 id = _booked();
        MeteredLeaf[] memory leaves = new MeteredLeaf[](2);
        leaves[0] = _leaf(sellerMeter, 9_000, 0, Quality.Settled);
        leaves[1] = _leaf(buyerMeter, 1_001, 0, Quality.Settled);
        _toEndOf(interval);
        _post(sellerMeter, interval, leaves[0]);
        _post(buyerMeter, interval, leaves[1]);
        _final(interval);
        _execute(id, leaves, 1_001, 0);
    }

    function _booked() private returns (uint64 id) {
        id = _agree(_supply());
        trades.book(id, interval, 96, _none());
    }

    function _executed(uint40 delivered, uint40 taken, uint256 sellerShort, uint256 buyerShort) private {
        uint64 id = _booked();
        _execute(id, _measured(interval, delivered, taken), sellerShort, buyerShort);
    }

    function _execute(uint64 id, MeteredLeaf[] memory leaves, uint256 sellerShort, uint256 buyerShort) private {
        (uint256 seller, uint256 buyer) = (_free(SELLER) + _bound(SELLER), _free(BUYER) + _bound(BUYER));
        (uint256 fromSeller, uint256 fromBuyer) = (sellerShort * 100_001 / 1_000, buyerShort * 100_001 / 1_000);
        Executed memory e;
        (e.energyWh, e.paid, e.proceeds, e.wheeling) = (1_001, 280_283, WORTH, 30_031);
        (e.sellerShortWh, e.buyerShortWh) = (sellerShort, buyerShort);
        (e.sellerPenalty, e.buyerPenalty) = (fromSeller, fromBuyer);
        vm.expectEmit(address(trades));
        emit IPowerTrades.IntervalsExecuted(id, interval, 1, e);
        trades.execute(id, interval, 1, _none(), leaves);
        assertEq(_free(SELLER) + _bound(SELLER), seller + WORTH + fromBuyer - fromSeller);
        assertEq(_free(BUYER) + _bound(BUYER), buyer + fromSeller - fromBuyer - 280_283);
        assertEq(_bound(SELLER), 95 * 100_101);
        assertEq(_bound(BUYER), 95 * (280_283 + 100_101));
    }

    /// @dev Two contracts on one roof: what it delivers cannot fulfil both.
    function test_execute_oneKwhIsNotDeliveredTwice() public {
        PowerContract memory t = _supply();
        t.buyerMeter = MeterId.wrap(0);
        uint64 first = _agree(t);
        (t.salt, t.energyWh) = (1, 3_003);
        uint64 second = _agree(t);
        trades.book(first, interval, 96, _none());
        trades.book(second, interval, 96, _none());
        MeteredLeaf[] memory leaves = new MeteredLeaf[](1);
        leaves[0] = _measured(interval, 1_004, 0)[0]; // 3,000 of 4,004 Wh are missing
        _expectShort(first, 1_001, 3_000 * uint256(1_001) / 4_004);
        trades.execute(first, interval, 1, _none(), leaves);
        _expectShort(second, 3_003, 3_000 * uint256(3_003) / 4_004);
        trades.execute(second, interval, 1, _none(), leaves);
    }

    function _expectShort(uint64 id, uint256 energy, uint256 short) private {
        Executed memory e;
        (e.energyWh, e.proceeds) = (energy, energy * 250_001 / 1_000);
        (e.paid, e.wheeling) = ((energy * 280_002 + 999) / 1_000, energy * 30_001 / 1_000);
        (e.sellerShortWh, e.sellerPenalty) = (short, short * 100_001 / 1_000);
        vm.expectEmit(address(trades));
        emit IPowerTrades.IntervalsExecuted(id, interval, 1, e);
    }

    /// @dev Who sells on what it bought has nothing of its own to deliver.
    function test_execute_whoSellsOnOwesNothing() public {
        PowerContract memory back = _neighbours(); // the buyer of node 0 sells to the seller
        (back.seller, back.buyer) = (back.buyer, back.seller);
        PowerSignatures memory s;
        (s.seller, s.buyer) = (_sign(_key(1), _digest(back)), _sign(_key(0), _digest(back)));
        uint64 first = trades.agree(back, s, _none());
        uint64 id = _booked();
        MeteredLeaf[] memory leaves = _measured(interval, 0, 1_001);
        trades.execute(first, interval, 1, _none(), new MeteredLeaf[](0));
        _execute(id, leaves, 0, 0);
    }

    /// @dev Who bought more than it sold took what was its own, whatever it took.
    function test_execute_whoBoughtMoreThanItSoldOwesNothing() public {
        PowerContract memory back = _neighbours();
        (back.seller, back.buyer, back.energyWh) = (back.buyer, back.seller, 3_003);
        PowerSignatures memory s;
        (s.seller, s.buyer) = (_sign(_key(1), _digest(back)), _sign(_key(0), _digest(back)));
        uint64 first = trades.agree(back, s, _none());
        uint64 id = _booked();
        MeteredLeaf[] memory leaves = new MeteredLeaf[](2);
        leaves[0] = _leaf(sellerMeter, 5_000, 0, Quality.Settled);
        leaves[1] = _leaf(buyerMeter, 1_001, 0, Quality.Settled);
        _toEndOf(interval);
        _post(sellerMeter, interval, leaves[0]);
        _post(buyerMeter, interval, leaves[1]);
        _final(interval);
        trades.execute(first, interval, 1, _none(), new MeteredLeaf[](0));
        _execute(id, leaves, 0, 0);
    }

    /// @dev A side without a meter owes no penalty, and binds none.
    function test_execute_byTheOnlyMeter() public {
        PowerContract memory t = _supply();
        t.sellerMeter = MeterId.wrap(0);
        uint64 id = _agree(t);
        assertEq(_bound(SELLER), 0);
        assertEq(_bound(BUYER), 96 * (280_283 + 100_101));
        trades.book(id, interval, 1, _none());
        MeteredLeaf[] memory leaves = new MeteredLeaf[](1);
        leaves[0] = _measured(interval, 0, 700)[1];
        Executed memory e;
        (e.energyWh, e.paid, e.proceeds, e.wheeling) = (1_001, 280_283, WORTH, 30_031);
        (e.buyerShortWh, e.buyerPenalty) = (301, 30_100);
        vm.expectEmit(address(trades));
        emit IPowerTrades.IntervalsExecuted(id, interval, 1, e);
        trades.execute(id, interval, 1, _none(), leaves);

        t = _supply();
        (t.buyerMeter, t.salt) = (MeterId.wrap(0), 1);
        uint256 before = _bound(BUYER);
        t.fromInterval = t.untilInterval = uint32(vm.getBlockTimestamp() / 900 + 2);
        t.deadline = uint40(vm.getBlockTimestamp());
        _agree(t);
        assertEq(_bound(SELLER), 100_101);
        assertEq(_bound(BUYER), before + 280_283);
    }

    /// @dev Where there is no energy nothing is to show, and nobody waits for a reading.
    function test_execute_nothingAsksForNoReading() public {
        PowerContract memory t = _supply();
        uint256[] memory profile = new uint256[](12);
        (t.energyWh, t.profile) = (0, keccak256(abi.encodePacked(profile)));
        uint64 id = trades.agree(t, _signed(t), profile);
        trades.book(id, interval, 2, profile);
        _toEndOf(interval);
        Executed memory nothing;
        vm.expectEmit(address(trades));
        emit IPowerTrades.IntervalsExecuted(id, interval, 1, nothing);
        trades.execute(id, interval, 1, profile, new MeteredLeaf[](2));
    }

    function test_execute_finalReadingsOnly() public {
        uint64 id = _booked();
        MeteredLeaf[] memory leaves = _measured(interval, 601, 1_001);
        vm.warp((uint256(interval) + 1) * 900 + 3 days);
        _notFinal(id, leaves, sellerMeter);
        _final(interval);
        MeteredLeaf memory shown = leaves[0];
        leaves[0] = _leaf(sellerMeter, 0, 1_001, Quality.Settled);
        vm.expectPartialRevert(bytes4(keccak256("MeterOracleNotInRoot(uint24,uint40,uint256,uint256)")));
        trades.execute(id, interval, 1, _none(), leaves);
        leaves[0] = shown;
        leaves[0].salt = "other";
        vm.expectRevert(abi.encodeWithSelector(IPowerTrades.TradesOtherMeter.selector, sellerMeter, interval));
        trades.execute(id, interval, 1, _none(), leaves);
        vm.expectRevert(abi.encodeWithSelector(IPowerTrades.TradesOtherLeaves.selector, 1, 2));
        trades.execute(id, interval, 1, _none(), new MeteredLeaf[](1));
        leaves[0] = _leaf(buyerMeter, 1_001, 0, Quality.Settled);
        vm.expectRevert(abi.encodeWithSelector(IPowerTrades.TradesOtherMeter.selector, sellerMeter, interval));
        trades.execute(id, interval, 1, _none(), leaves);
    }

    function _notFinal(uint64 id, MeteredLeaf[] memory leaves, MeterId meter) private {
        vm.expectRevert(abi.encodeWithSelector(IPowerTrades.TradesNotFinal.selector, meter, interval));
        trades.execute(id, interval, 1, _none(), leaves);
    }

    /// @dev The side whose meter is missing has delivered nothing, or taken nothing, once its leaf no longer comes.
    function test_execute_meterMissing_itsSidePays() public {
        uint64 id = _booked();
        MeteredLeaf[] memory leaves = _measured(interval, 1_001, 1_001);
        delete leaves[1];
        uint256 over = (uint256(interval) + 1) * 900 + GRACE;
        vm.warp(over);
        _notFinal(id, leaves, buyerMeter);
        vm.warp(over + 1);
        _execute(id, leaves, 0, 1_001);
    }

    function test_execute_readingHeld_itsSidePays() public {
        uint64 id = _booked();
        MeteredLeaf[] memory leaves = new MeteredLeaf[](2);
        leaves[0] = _leaf(sellerMeter, 0, 1_001, Quality.Held);
        leaves[1] = _leaf(buyerMeter, 1_001, 0, Quality.Substituted);
        _toEndOf(interval);
        _post(sellerMeter, interval, leaves[0]);
        _post(buyerMeter, interval, leaves[1]);
        _final(interval);
        _execute(id, leaves, 1_001, 0);
    }

    /* LAPSE */

    function test_lapse_freesWhatWasNotBooked() public {
        uint64 id = _agree(_supply());
        trades.book(id, interval, 1, _none());
        _toEndOf(interval + 4);
        _wrong(id, interval + 5);
        trades.lapse(id, interval + 1, 5, _none());
        _wrong(id, interval);
        trades.lapse(id, interval, 3, _none());
        vm.expectEmit(address(trades));
        emit IPowerTrades.IntervalsLapsed(id, interval + 1, 4);
        vm.prank(stranger);
        trades.lapse(id, interval + 1, 4, _none());
        assertEq(_bound(BUYER), 92 * (280_283 + 100_101));
        assertEq(_bound(SELLER), 92 * 100_101);
        _wrong(id, interval + 4);
        trades.lapse(id, interval + 4, 1, _none());
    }

    /* SUMS */

    /// @dev Whatever is traded and measured: what leaves accounts reaches accounts, and each node sells what it buys.
    function testFuzz_execute_closes(
        uint32 price,
        uint32 wheeling,
        uint32 grid_,
        uint32 penalty,
        uint32 energy,
        uint40 delivered,
        uint40 taken
    ) public {
        PowerContract memory t = _supply();
        t.price = uint32(bound(price, 0, 10_000_000));
        t.wheelingFee = uint32(bound(wheeling, 0, 1_000_000));
        t.maximumGridFee = uint32(bound(grid_, 0, 1_000_000));
        t.penalty = uint32(bound(penalty, 1, 10_000_000));
        t.energyWh = uint32(bound(energy, 1, 400_000));
        t.untilInterval = interval + 1;
        vm.prank(officer);
        trades.setGridFee(1, t.maximumGridFee, PowerAccountId.wrap(_own(plantId)));
        uint256 before = _all();
        uint64 id = _agree(t);
        trades.book(id, interval, 1, _none());
        assertEq(trades.soldBy(sponsorId, 0, interval), trades.soldBy(carrierId, 1, interval));
        MeteredLeaf[] memory leaves = _measured(interval, delivered % 800_000, taken % 800_000);
        trades.execute(id, interval, 1, _none(), leaves);
        assertEq(_all(), before);
        assertLe(_free(own), 3);
        trades.lapse(id, interval + 1, 1, _none());
        assertEq(_all(), before);
        assertEq(_bound(BUYER) + _bound(SELLER), 0);
        assertEq(ledger.debtOf(PowerAccountId.wrap(_own(sponsorId))), 0);
    }

    function _all() private view returns (uint256) {
        return _free(SELLER) + _bound(SELLER) + _free(BUYER) + _bound(BUYER) + _free(_carrierAccount())
            + _free(_own(plantId)) + _free(own);
    }
}
