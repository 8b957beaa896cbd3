// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {ParticipantId} from "../../interfaces/types/Ids.sol";
import {WalletRights} from "../../interfaces/parties/IParticipants.sol";
import {ISchemes} from "../../interfaces/rules/ISchemes.sol";
import {IMeterPostings} from "../../interfaces/evidence/IMeterOracle.sol";
import {Carrier, Node} from "../../interfaces/evidence/IMeters.sol";
import {NodeId, Quality} from "../../interfaces/types/MeterTypes.sol";
import {IPowerMarket, PowerTerms} from "../../interfaces/power/IPowerMarket.sol";
import {
    AreaTerms,
    DayState,
    ISettlementRecords,
    RunTotals,
    SettlementParts
} from "../../interfaces/power/IPowerSettlement.sol";
import {Horizon} from "../../contracts/lib/Horizon.sol";
import {SettlementCase} from "./SettlementCase.sol";

/// @dev Runs: what an interval's deliveries are worth, and what is refused.
contract PowerSettlementTest is SettlementCase {
    function _assertNets(int256 seller, int256 buyer, int256 grid) private view {
        assertEq(lines[0].net, seller);
        assertEq(lines[1].net, buyer);
        assertEq(lines[2].net, grid);
    }

    // ------------------------------------------------------------------ who pays

    function test_post_asAgreed() public {
        _street(1_000, 1_000);
        _settle();
        _assertNets(80_000, -80_000, 0);
    }

    function test_post_theSellerShortPays() public {
        _street(700, 1_000);
        _settle();
        _assertNets(56_000, -80_000, 24_000);
    }

    function test_post_theBuyerShortGetsBackWhatItLeft() public {
        _street(1_000, 700);
        _settle();
        _assertNets(80_000, -56_000, -24_000);
    }

    function test_post_bothShortEachForItself() public {
        _street(700, 600);
        _settle();
        _assertNets(56_000, -48_000, -8_000);
    }

    function test_post_aMeterMissingHasDeliveredNothing() public {
        _account(0, 1_000, 0, 1_000, 0, Quality.Held);
        _account(1, 0, 1_000, 0, 1_000);
        _account(2, 1_000, 0, 0, 0);
        _trade();
        _read(1);
        _settle();
        _assertNets(0, -80_000, 80_000);
    }

    function test_post_aMeterMissingHasUsedNothing() public {
        _account(0, 1_000, 0, 1_000, 0);
        _account(1, 0, 1_000, 0, 1_000, Quality.Held);
        _account(2, 0, 1_000, 0, 0);
        _trade();
        _read(1);
        _settle();
        _assertNets(80_000, 0, -80_000);
    }

    function test_post_dualPricesMakeImbalanceDear() public {
        _setTerms(0, 0, 250_000);
        _street(700, 1_000);
        RunTotals memory t = _settle();
        _assertNets(50_000, -80_000, 18_000);
        assertEq(t.surplus, 12_000);
    }

    function test_post_feesAreTheOperators() public {
        _setTerms(10_001, 2_003, 0);
        _street(1_000, 1_000);
        RunTotals memory t = _settle();
        _assertNets(80_000 - 2_003, -80_000 - 10_001, 0);
        assertEq(t.due, 12_004);
    }

    function test_post_lossIsDealtOutWhenItIsBooked() public {
        _account(0, 1_053, 0, 1_000, 0);
        _account(1, 0, 1_001, 0, 1_000);
        _trade();
        _read(1);
        RunTotals memory t = _reckon();
        _toOver();
        vm.expectPartialRevert(ISettlementRecords.SettlementNotFinal.selector); // nor before
        _post(t);
        t = _settle();
        assertEq(charged, 52);
        assertEq(lines[0].lossWh, 23);
        assertEq(lines[1].lossWh, 29);
        assertEq(t.due, 0);
    }

    /// @dev Before, bids of the day could bring in accounts for which a run that stands has no line.
    function test_post_whenTheDayIsOver() public {
        _street(700, 1_000);
        _ready();
        RunTotals memory t = _reckon();
        uint256 over = (uint256(day) + 1) * 1 days;
        vm.warp(over - 1);
        vm.expectRevert(abi.encodeWithSelector(ISettlementRecords.SettlementDayEnd.selector, node, day, over));
        _post(t);
        vm.warp(over);
        _post(t);
    }

    // ------------------------------------------------------------------ agreement

    function test_post_agreesWithThePlainModel() public {
        string memory json = vm.readFile(string.concat(vm.projectRoot(), "/tests/vectors/settlements.json"));
        uint256 count = vm.parseJsonUint(json, ".count");
        assertGt(count, 20);
        for (uint256 i; i < count; ++i) {
            _agree(json, string.concat(".cases[", vm.toString(i), "]"));
            interval += 8; // the readings of the one before were waited for
            _clearAccounts();
        }
    }

    function _agree(string memory json, string memory place) private {
        uint256[] memory t = vm.parseJsonUintArray(json, string.concat(place, ".terms"));
        _setTerms(uint32(t[1]), uint32(t[2]), uint32(t[0]));
        price = vm.parseJsonUint(json, string.concat(place, ".price"));
        _setReference(vm.parseJsonUint(json, string.concat(place, ".reference")));
        _load(json, place);
        _trade();
        _read(1);
        // What is not borne by lines was decided to be the operator's.
        vm.prank(officer);
        losses.setAreaBound(area, vm.parseJsonUint(json, string.concat(place, ".charged")) == 0 ? 1 : 0);
        RunTotals memory totals = _settle();
        uint256[] memory shares = vm.parseJsonUintArray(json, string.concat(place, ".loss"));
        for (uint32 i; i < shares.length; ++i) {
            string memory net = string.concat(place, ".net[", vm.toString(i), "]");
            assertEq(lines[i].net, vm.parseJsonInt(json, net));
            assertEq(lines[i].lossWh, shares[i]);
            vm.expectRevert(ISettlementRecords.SettlementNothingFalse.selector);
            settlement.disputeLine(node, _show(totals, i), _reading(i));
        }
        assertEq(
            totals.due,
            vm.parseJsonInt(json, string.concat(place, ".operator"))
                + vm.parseJsonInt(json, string.concat(place, ".fees"))
        );
        assertEq(totals.surplus, vm.parseJsonInt(json, string.concat(place, ".surplus")));
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
        _settle();
        DayState memory d = _dayState();
        int256 sum;
        for (uint256 i; i < lines.length; ++i) {
            sum += lines[i].net;
        }
        assertEq(sum, d.net);
        int256 rounding = -sum - d.due - d.surplus;
        assertGe(rounding, 0);
        assertLt(rounding, int256(3 * (lines.length + 1) + 2));
    }

    // ------------------------------------------------------------------ refusals

    function _refused(RunTotals memory t, bytes4 refusal) private {
        vm.expectPartialRevert(refusal);
        _post(t);
    }

    function test_post_refusesEnergyThatDoesNotClose() public {
        _street(700, 1_000);
        _ready();
        RunTotals memory t = _reckon();
        t.longWh += 1;
        vm.expectRevert(
            abi.encodeWithSelector(ISettlementRecords.SettlementEnergyOpen.selector, node, interval, int256(-1))
        );
        _post(t);
        t = _reckon();
        t.importWh += 1;
        _refused(t, ISettlementRecords.SettlementEnergyOpen.selector);
        t = _reckon();
        (t.importWh, t.exportWh) = (t.importWh + 1, t.exportWh + 1); // more than the meters exported
        _refused(t, ISettlementRecords.SettlementEnergyOpen.selector);
        t = _reckon();
        t.soldWh += 1;
        _refused(t, ISettlementRecords.SettlementEnergyOpen.selector);
        _settle();
    }

    /// @dev A dispute of a line asks nobody for prices: they are the run's.
    function test_post_refusesOtherPrices() public {
        _setTerms(0, 0, 100_000);
        _street(700, 1_000);
        _ready();
        for (uint256 i; i < 3; ++i) {
            RunTotals memory t = _reckon();
            (uint256 pays, uint256 gets) = (t.shortPays, t.longGets);
            if (i == 0) t.cleared += 1;
            if (i == 1) t.shortPays += 1;
            if (i == 2) t.longGets += 1;
            bytes4 why = ISettlementRecords.SettlementOtherPrices.selector;
            vm.expectRevert(abi.encodeWithSelector(why, node, interval, PRICE, pays, gets));
            _post(t);
        }
        _settle();
    }

    function test_post_refusesMoneyThatDoesNotClose() public {
        _setTerms(10_001, 2_003, 100_000);
        _street(700, 1_000);
        _ready();
        int88[2] memory by = [int88(1), -1];
        for (uint256 i; i < 2; ++i) {
            RunTotals memory t = _reckon();
            t.net += by[i];
            vm.expectRevert(
                abi.encodeWithSelector(ISettlementRecords.SettlementMoneyOpen.selector, node, interval, int256(by[i]))
            );
            _post(t);
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
        _settle();
    }

    /// @dev Where lines bear all that the meters leave open, amounts at any one price cancel: there a line is disputed.
    function test_post_refusesAnotherPartOfTheOperator() public {
        _account(0, 1_053, 0, 1_000, 0);
        _account(1, 0, 1_001, 0, 1_000);
        _trade();
        _read(1);
        _ready();
        RunTotals memory t = _reckon();
        (t.due, t.net) = (t.due + 1, t.net - 1);
        _refused(t, ISettlementRecords.SettlementMoneyOpen.selector);
        t = _reckon();
        (t.surplus, t.net) = (t.surplus - 1, t.net + 1);
        _refused(t, ISettlementRecords.SettlementMoneyOpen.selector);
        _settle();
    }

    function test_post_refusesOtherReadings() public {
        _street(700, 1_000);
        _ready();
        RunTotals memory t = _reckon();
        t.meterRoot = keccak256("another");
        _refused(t, IMeterPostings.MeterOracleOtherRoot.selector);
        t = _reckon();
        t.count = 2;
        _refused(t, ISettlementRecords.SettlementTooFewLines.selector);
    }

    function test_post_refusesALossThatIsNotBooked() public {
        _street(1_053, 1_000);
        _ready();
        charged = 53;
        _refused(_reckon(), ISettlementRecords.SettlementOtherLoss.selector);
    }

    function test_post_refusesContractsThatNothingScheduled() public {
        _street(700, 1_000);
        _ready();
        (int256[2] memory by, uint48[2] memory sold) = ([int256(3), -3], [uint48(1_003), 1_000]);
        for (uint256 i; i < 2; ++i) {
            (lines[0].soldWh, lines[1].boughtWh) = (sold[i], i == 0 ? 1_000 : 1_003);
            RunTotals memory t = _reckon();
            vm.expectRevert(
                abi.encodeWithSelector(
                    ISettlementRecords.SettlementNotScheduled.selector, node, interval, by[i], uint256(2)
                )
            );
            _post(t);
        }
        (lines[0].soldWh, lines[1].boughtWh) = (1_002, 1_000); // rounding explains two
        _settle();
    }

    function test_post_isTheOperators() public {
        _street(700, 1_000);
        _ready();
        RunTotals memory t = _reckon();
        vm.expectRevert(abi.encodeWithSelector(ISettlementRecords.SettlementNotOperator.selector, sponsor, operatorId));
        _postAs(sponsor, t);
        vm.expectPartialRevert(ISettlementRecords.SettlementNotOperator.selector);
        _postAs(stranger, t);

        // Nor of a wallet of its own that may not report, or while it is suspended.
        address clerk = makeAddr("clerk");
        vm.prank(operator);
        participants.addWallet(clerk, WalletRights.ALL - WalletRights.REPORT);
        vm.prank(clerk);
        participants.confirmWallet(operatorId);
        vm.expectRevert(abi.encodeWithSelector(ISettlementRecords.SettlementNotOperator.selector, clerk, operatorId));
        _postAs(clerk, t);
        vm.prank(officer);
        participants.suspend(operatorId, 0);
        vm.expectRevert(abi.encodeWithSelector(ISettlementRecords.SettlementNotOperator.selector, operator, operatorId));
        _post(t);
    }

    function test_post_onceUntilItFails() public {
        _street(700, 1_000);
        RunTotals memory t = _settle();
        vm.expectRevert(abi.encodeWithSelector(ISettlementRecords.SettlementStands.selector, node, interval));
        _post(t);
    }

    // ------------------------------------------------------------------ terms and bonds

    function test_setArea_isAnOfficesAndForComingIntervals() public {
        AreaTerms memory a = AreaTerms(interval, operatorId, 0, 0, 0);
        vm.prank(stranger);
        vm.expectPartialRevert(ISchemes.SchemesNoPower.selector);
        settlement.setArea(node, a);

        uint256 now_ = vm.getBlockTimestamp() / STEP;
        vm.startPrank(officer);
        AreaTerms[4] memory bad = [
            AreaTerms(uint32(now_ / 4 * 4), operatorId, 0, 0, 0),
            AreaTerms(interval + 1, operatorId, 0, 0, 0), // within a day
            AreaTerms(interval, ParticipantId.wrap(0), 0, 0, 0),
            AreaTerms(interval, operatorId, 0, 0, 1_000_001)
        ];
        for (uint256 i; i < 4; ++i) {
            vm.expectPartialRevert(ISettlementRecords.SettlementBadTerms.selector);
            settlement.setArea(node, bad[i]);
        }
        (a.feeImport, a.fromInterval) = (7, interval + 4);
        settlement.setArea(node, a);
        vm.stopPrank();
        assertEq(settlement.termsAt(node, interval + 3).feeImport, 0);
        assertEq(settlement.termsAt(node, interval + 9).feeImport, 7);
        vm.expectRevert(abi.encodeWithSelector(ISettlementRecords.SettlementNoTerms.selector, node, interval - 1));
        settlement.termsAt(node, interval - 1);
    }

    /// @dev Terms from interval 2^32 - 1 on were the last there could be.
    function test_setArea_replacesTermsToCome_withinTheHorizon() public {
        uint256 latest = (vm.getBlockTimestamp() + 366 days) / STEP;
        uint32 beyond = uint32(latest / 4 * 4 + 4); // the first day's
        AreaTerms memory a = AreaTerms(beyond, operatorId, 1, 0, 0);
        vm.startPrank(officer);
        vm.expectRevert(abi.encodeWithSelector(Horizon.HorizonExceeded.selector, beyond, latest));
        settlement.setArea(node, a);
        for (uint32 i = 1; i <= 3; ++i) {
            (a.fromInterval, a.feeImport) = (interval + 12 * i, i);
            settlement.setArea(node, a);
        }
        (a.fromInterval, a.feeImport) = (interval + 24, 7);
        settlement.setArea(node, a);
        vm.stopPrank();
        uint32[5] memory at = [uint32(11), 12, 23, 24, 36];
        uint32[5] memory fees = [uint32(0), 1, 1, 7, 7];
        for (uint256 i; i < 5; ++i) {
            assertEq(settlement.termsAt(node, interval + at[i]).feeImport, fees[i]);
        }
    }

    /// @dev Its meters are read every six hours, as the market trades.
    function test_setArea_isOfANodeWhoseMetersKeepTheMarketsTime() public {
        Node memory n = Node(NORTH, PLACE, Carrier.Heat, plantId, 1, uint16(STEP / 2), CORRECTION, ASKING, ASKING);
        vm.startPrank(officer);
        NodeId hourly = meters.openNode(n);
        uint8 other = grid.addNode(NORTH, PLACE, 2, 1, NodeId.unwrap(hourly));
        vm.expectPartialRevert(ISettlementRecords.SettlementBadTerms.selector);
        settlement.setArea(other, AreaTerms(interval, operatorId, 0, 0, 0));
        vm.stopPrank();
    }

    function test_constructor_refusesIntervalsThatDoNotFillADay() public {
        PowerTerms memory t = _terms();
        t.intervalS = 7 hours;
        SettlementParts memory p;
        (p.window, p.late) = (WINDOW, LATE);
        p.market = IPowerMarket(
            vm.deployCode("PowerMarket.sol:PowerMarket", abi.encode(manager, participants, limits, references, t))
        );
        (address made, bytes32 said) = _created(p);
        assertEq(made, address(0));
        assertEq(said, keccak256(abi.encodeWithSelector(ISettlementRecords.SettlementBadStep.selector, 7 hours)));
    }

    /// @dev Without a cheat: the answer of a refused creation as it is.
    function _created(SettlementParts memory p) private returns (address made, bytes32 said) {
        return _created(p, _extensionOf(p));
    }

    function _extensionOf(SettlementParts memory p) private returns (address) {
        return vm.deployCode("PowerSettlementExtension.sol:PowerSettlementExtension", abi.encode(p));
    }

    function _created(SettlementParts memory p, address extension) private returns (address made, bytes32 said) {
        bytes memory all = abi.encode(p, extension);
        bytes memory code = abi.encodePacked(vm.getCode("PowerSettlement.sol:PowerSettlement"), all);
        assembly ("memory-safe") {
            made := create(0, add(code, 0x20), mload(code))
            let free := mload(0x40)
            returndatacopy(free, 0, returndatasize())
            said := keccak256(free, returndatasize())
        }
    }

    function test_bond_isOfAWalletThatManages() public {
        address clerk = makeAddr("clerk");
        vm.prank(operator);
        participants.addWallet(clerk, WalletRights.ALL - WalletRights.MANAGE);
        vm.startPrank(clerk);
        participants.confirmWallet(operatorId);
        vm.expectRevert(abi.encodeWithSelector(ISettlementRecords.SettlementNotOperator.selector, clerk, operatorId));
        settlement.bond(1);
        vm.expectRevert(abi.encodeWithSelector(ISettlementRecords.SettlementNotOperator.selector, clerk, operatorId));
        settlement.unbond(1);
        vm.stopPrank();
    }

    /// @dev No window; readings due, a day of silence and a window that come to more than a day's seven days.
    function test_constructor_refusesTimesThatDoNotFit() public {
        SettlementParts memory p;
        p.market = market;
        uint256[2][3] memory times = [[uint256(0), 1], [uint256(1), 6 days - 3], [uint256(1.5 days + 1), 0]];
        for (uint256 i; i < 3; ++i) {
            (p.window, p.late) = (times[i][0], times[i][1]);
            (address made, bytes32 said) = _created(p);
            assertEq(made, address(0));
            bytes4 why = ISettlementRecords.SettlementBadTimes.selector;
            assertEq(said, keccak256(abi.encodeWithSelector(why, p.window, p.late)));
        }
        (p.window, p.late) = (1, 6 days - 4);
        (address fits,) = _created(p);
        assertNotEq(fits, address(0));
    }

    /// @dev It runs on the storage of this one, by its own times and parts.
    function test_constructor_refusesAnExtensionOfOtherParts() public {
        SettlementParts memory p;
        (p.market, p.window, p.late) = (market, 1, 1);
        address extension = _extensionOf(p);
        p.bond = 1;
        (address made, bytes32 said) = _created(p, extension);
        assertEq(made, address(0));
        assertEq(said, keccak256(abi.encodeWithSelector(ISettlementRecords.SettlementOtherParts.selector, extension)));
        p.bond = 0;
        (made,) = _created(p, extension);
        assertNotEq(made, address(0));
    }

    /// @dev Else sponsor and reserve would lend it.
    function test_bond_isOfFreeCredits() public {
        uint96 free = uint96(_free(_own(operatorId)));
        vm.startPrank(operator);
        vm.expectRevert(
            abi.encodeWithSelector(IPowerMarket.PowerInsufficientCredits.selector, _own(operatorId), free, free + 1)
        );
        settlement.bond(free + 1);
        settlement.bond(free);
        vm.stopPrank();
        assertEq(_free(_own(operatorId)), 0);
    }

    function test_post_needsABond() public {
        vm.prank(operator);
        settlement.unbond(BOND + DEBITS + 1);
        _street(700, 1_000);
        _ready();
        RunTotals memory t = _reckon();
        vm.expectRevert(
            abi.encodeWithSelector(ISettlementRecords.SettlementBondTooSmall.selector, operatorId, BOND - 1, BOND)
        );
        _post(t);
    }
}
