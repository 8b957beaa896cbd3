// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {MerkleSum, SumWord} from "../../contracts/lib/MerkleSum.sol";
import {MeterReadings} from "../../contracts/lib/MeterReadings.sol";
import {IMeterPostings, LeafProof, MeterLeaf} from "../../interfaces/evidence/IMeterOracle.sol";
import {Curve, IMeters} from "../../interfaces/evidence/IMeters.sol";
import {IOpenRules} from "../../interfaces/open/IOpenRules.sol";
import {
    AreaLoss,
    AreaRoot,
    IPowerLosses,
    Line,
    LineId,
    LineLoss,
    LineReadings,
    LossCurve,
    LossStatus
} from "../../interfaces/power/IPowerLosses.sol";
import {MeterId, Quality} from "../../interfaces/types/MeterTypes.sol";
import {Powers} from "../../interfaces/rules/ISchemes.sol";
import {Horizon} from "../../contracts/lib/Horizon.sol";
import {MeterCase} from "../evidence/MeterCase.sol";

/// @dev One street: a line with a meter at each end, a household that takes, a roof that delivers. Leaves 0 to 3.
contract PowerLossesTest is MeterCase {
    uint40 private constant FINAL = START + QUARTER + 3 days + 1 days + 2;
    LineId private constant AREA = LineId.wrap(0);

    IPowerLosses private losses;
    MeterId private meterIn;
    MeterId private meterOut;
    LineId private line;
    MeterLeaf[] private leaves;

    function setUp() public override {
        super.setUp();
        vm.warp(START - 2 days);
        losses = IPowerLosses(vm.deployCode("PowerLosses.sol:PowerLosses", abi.encode(address(meters), _rules())));
        meterIn = _meter(Curve.P256, 1);
        meterOut = _meter(Curve.Secp256k1, 2);
        line = _line(_curve(START - 1 days));
        _measure(1_000, 950, 3_000, 3_200);
    }

    /* THE STREET */

    function _rules() private returns (address) {
        return vm.deployCode("OpenRules.sol:OpenRules", abi.encode(officer));
    }

    function _curve(uint40 from) private pure returns (LossCurve memory) {
        return LossCurve({noLoadWh: 10, linearPpm: 20_000, quadraticWh: 100_000, from: from, mostPpm: 100_000});
    }

    function _ends() private view returns (Line memory) {
        return Line(meterIn, meterOut, node, START - 1 days, 0, 0);
    }

    function _line(LossCurve memory curve) private returns (LineId) {
        vm.prank(officer);
        return losses.registerLine(_ends(), curve);
    }

    function _leaf(bytes32 salted, uint40 importWh, uint40 exportWh, Quality quality)
        private
        pure
        returns (MeterLeaf memory)
    {
        return MeterLeaf(salted, MeterReadings.pack(0, importWh, exportWh, 11, quality), keccak256("record"));
    }

    /// @dev Into the line, out of it, what the household took, what the roof delivered [Wh].
    function _measure(uint40 into, uint40 out, uint40 taken, uint40 delivered) private {
        delete leaves;
        leaves.push(_leaf(_salted(SALT, meterIn), into, 0, Quality.Settled));
        leaves.push(_leaf(_salted(SALT, meterOut), 0, out, Quality.Provisional));
        leaves.push(_leaf(keccak256("household"), taken, 0, Quality.Settled));
        leaves.push(_leaf(keccak256("roof"), 0, delivered, Quality.Substituted));
    }

    /// @dev Leaf `index` and its way up.
    function _shown(uint32 index) private view returns (LeafProof memory shown) {
        (bytes32[2] memory pairs, SumWord[2] memory sums) = _pairs();
        MeterLeaf memory beside = leaves[index ^ 1];
        uint256 other = 1 - index / 2;
        shown = LeafProof(
            leaves[index],
            index,
            4,
            abi.encodePacked(
                bytes22(_hash(beside)),
                uint192(SumWord.unwrap(beside.reading.sums())),
                bytes22(pairs[other]),
                uint192(SumWord.unwrap(sums[other]))
            )
        );
    }

    function _pairs() private view returns (bytes32[2] memory pairs, SumWord[2] memory sums) {
        for (uint256 i; i < 2; ++i) {
            (MeterLeaf memory l, MeterLeaf memory r) = (leaves[2 * i], leaves[2 * i + 1]);
            pairs[i] = MerkleSum.node(_hash(l), l.reading.sums(), _hash(r), r.reading.sums());
            sums[i] = MerkleSum.add(l.reading.sums(), r.reading.sums());
        }
    }

    function _root() private view returns (bytes32 root, SumWord sums) {
        (bytes32[2] memory pairs, SumWord[2] memory halves) = _pairs();
        return (MerkleSum.node(pairs[0], halves[0], pairs[1], halves[1]), MerkleSum.add(halves[0], halves[1]));
    }

    function _postStreet() private {
        vm.warp(START + QUARTER);
        (bytes32 root, SumWord sums) = _root();
        vm.prank(notary);
        oracle.post(node, START, 1, root, sums, DATA);
        vm.warp(FINAL);
    }

    function _bookLine() private {
        losses.bookLine(line, START, 1, _shown(0), SALT, _shown(1), SALT);
    }

    function _bookArea() private {
        (bytes32 root, SumWord sums) = _root();
        losses.bookArea(node, START, root, sums);
    }

    function _share(uint32 index) private view returns (uint256) {
        (bytes32 root, SumWord sums) = _root();
        return losses.shareOf(node, START, _shown(index), root, sums);
    }

    /* BOOKED APART */

    function test_aLine_isBookedAsItsEndsSay() public {
        _postStreet();
        _bookLine();
        LineLoss memory booked = losses.lineLoss(line, START);
        assertEq(booked.inWh, 1_000);
        assertEq(booked.outWh, 950);
        assertEq(booked.modelledWh, 10 + 20 + 10); // no load, 2 %, 1,000² / 100,000
        assertEq(uint8(booked.status), uint8(LossStatus.Charged));
    }

    function test_anArea_isBookedFromItsSums_withItsLines() public {
        _postStreet();
        _bookLine();
        _bookArea();
        AreaLoss memory booked = losses.areaLoss(node, START);
        assertEq(booked.injectedWh, 950 + 3_200);
        assertEq(booked.withdrawnWh, 1_000 + 3_000);
        assertEq(booked.measuredWh, 50);
        assertEq(booked.modelledWh, 40);
        assertEq(booked.chargedWh, 150 + 50); // 150 Wh that no line explains
        assertEq(uint8(booked.status), uint8(LossStatus.Charged));
    }

    function test_sharesAddUpToTheWattHour() public {
        _postStreet();
        _bookLine();
        _bookArea();
        // 45 % of 200 by 4,150 Wh of export in the leaves' order, 110 by 4,000 Wh of import.
        assertEq(_share(0), 27); //               floor(110 * 1,000 / 4,000)
        assertEq(_share(1), 20); //               floor(90 * 950 / 4,150)
        assertEq(_share(2), 110 - 27);
        assertEq(_share(3), 90 - 20);
    }

    function testFuzz_sharesAddUpToTheWattHour(uint40 into, uint40 out, uint40 taken, uint40 delivered) public {
        into = uint40(bound(into, 0, 1e9));
        out = uint40(bound(out, 0, into));
        taken = uint40(bound(taken, 0, 1e9));
        delivered = uint40(bound(delivered, uint256(taken) + into - out, 3e9));
        _measure(into, out, taken, delivered);
        _postStreet();
        _bookLine();
        _bookArea();
        uint256 charged = losses.areaLoss(node, START).chargedWh;
        assertEq(charged, uint256(delivered) - taken);
        assertEq(_share(0) + _share(1) + _share(2) + _share(3), charged);
    }

    function test_aShare_isOfTheRootThatStands() public {
        _postStreet();
        _bookLine();
        _bookArea();
        (bytes32 root, SumWord sums) = _root();
        LeafProof memory shown = _shown(0);
        vm.expectPartialRevert(IMeterPostings.MeterOracleOtherRoot.selector);
        losses.shareOf(node, START, shown, keccak256("another"), sums);
        shown.leaf.salted = keccak256("another");
        vm.expectPartialRevert(IMeterPostings.MeterOracleNotInRoot.selector);
        losses.shareOf(node, START, shown, root, sums);
    }

    function test_modelledLoss_isNeverMoreThanWentIn() public {
        _measure(8, 8, 3_000, 3_200);
        _postStreet();
        _bookLine();
        assertEq(losses.lineLoss(line, START).modelledWh, 8);
    }

    function test_aDelivererAloneBearsAll_andSoDoesATaker() public {
        _measure(0, 0, 0, 3_200);
        _postStreet();
        _bookLine();
        _bookArea();
        assertEq(_share(3), 3_200);
    }

    /* HELD */

    function test_aLine_thatDeliversMoreThanItTook_isHeld_andDisputed() public {
        _measure(950, 1_000, 3_000, 3_200);
        _postStreet();
        vm.expectEmit();
        emit IPowerLosses.LossDisputed(node, START, line, -50, 95);
        _bookLine();
        assertEq(uint8(losses.lineLoss(line, START).status), uint8(LossStatus.Held));
        _bookArea(); // the street's own loss closes all the same
        assertEq(losses.areaLoss(node, START).chargedWh, 200);
    }

    function test_aLine_thatLosesMoreThanIsPlausible_isHeld() public {
        _measure(1_000, 899, 3_000, 3_400);
        _postStreet();
        vm.expectEmit();
        emit IPowerLosses.LossDisputed(node, START, line, 101, 100);
        _bookLine();
        assertEq(uint8(losses.lineLoss(line, START).status), uint8(LossStatus.Held));
    }

    function test_anArea_thatWithdrawsMoreThanIsInjected_isHeld_andChargesNobody() public {
        _measure(1_000, 950, 3_000, 2_900);
        _postStreet();
        _bookLine();
        vm.expectEmit();
        emit IPowerLosses.LossDisputed(node, START, AREA, -100, 3_850);
        _bookArea();
        assertEq(losses.areaLoss(node, START).chargedWh, 0);
        assertEq(uint8(losses.areaLoss(node, START).status), uint8(LossStatus.Held));
        assertEq(_share(2), 0);
    }

    function test_anArea_aboveItsBound_isHeld() public {
        vm.prank(officer);
        losses.setAreaBound(node, 48_192); // of 4,150 Wh: 199
        _postStreet();
        _bookLine();
        vm.expectEmit();
        emit IPowerLosses.LossDisputed(node, START, AREA, 200, 199);
        _bookArea();
    }

    function test_theAuthority_decidesOnAHeldArea_withinWhatWasInjected() public {
        _measure(1_000, 950, 3_000, 2_900);
        _postStreet();
        _bookLine();
        _bookArea();
        bytes memory tooMuch =
            abi.encodeWithSelector(IPowerLosses.LossesBadCharge.selector, node, START, uint48(3_851), uint256(3_850));
        vm.startPrank(officer);
        vm.expectRevert(tooMuch);
        losses.decideArea(node, START, 3_851, keccak256("a meter was turned round"));
        losses.decideArea(node, START, 80, keccak256("a meter was turned round"));
        vm.expectRevert(
            abi.encodeWithSelector(IPowerLosses.LossesNotHeld.selector, node, START, AREA, LossStatus.Settled)
        );
        losses.decideArea(node, START, 80, keccak256("again"));
        vm.stopPrank();
        assertEq(_share(0) + _share(1) + _share(2) + _share(3), 80);
    }

    function test_theAuthority_decidesOnAHeldLine_once() public {
        _measure(950, 1_000, 3_000, 3_200);
        _postStreet();
        _bookLine();
        vm.startPrank(officer);
        losses.decideLine(line, START, keccak256("the clock of one end ran late"));
        assertEq(uint8(losses.lineLoss(line, START).status), uint8(LossStatus.Settled));
        vm.expectRevert(
            abi.encodeWithSelector(IPowerLosses.LossesNotHeld.selector, node, START, line, LossStatus.Settled)
        );
        losses.decideLine(line, START, keccak256("again"));
    }

    /* REFUSED */

    function test_nothingIsBooked_whileARootCanChange() public {
        _postStreet();
        vm.warp(START + QUARTER + 1 hours);
        vm.expectRevert(abi.encodeWithSelector(IPowerLosses.LossesNotFinal.selector, node, START, 1));
        _bookLine();
        vm.expectRevert(abi.encodeWithSelector(IPowerLosses.LossesNotFinal.selector, node, START, 1));
        _bookArea();
    }

    function test_nothingIsBookedTwice() public {
        _postStreet();
        _bookLine();
        vm.expectRevert(abi.encodeWithSelector(IPowerLosses.LossesBooked.selector, node, START, line));
        _bookLine();
        _bookArea();
        vm.expectRevert(abi.encodeWithSelector(IPowerLosses.LossesBooked.selector, node, START, AREA));
        _bookArea();
    }

    /// @dev A stranger that books one ahead does not undo the others.
    function test_many_areBookedInOneCall_pastThoseThatAre() public {
        LineId other = _line(_curve(START - 1 days));
        _postStreet();
        _bookLine();
        LineReadings[] memory lines = new LineReadings[](2);
        for (uint256 i; i < 2; ++i) {
            lines[i] = LineReadings(i == 0 ? line : other, 1, SALT, SALT, _shown(0), _shown(1));
        }
        losses.bookLines(START, lines);
        assertTrue(losses.lineLoss(other, START).status == LossStatus.Charged);
        assertEq(losses.areaLoss(node, START).lines, 2);
        AreaRoot[] memory areas = new AreaRoot[](2);
        (bytes32 root, SumWord sums) = _root();
        (areas[0], areas[1]) = (AreaRoot(node, root, sums), AreaRoot(node, root, sums));
        losses.bookAreas(START, areas);
        assertTrue(losses.areaLoss(node, START).status == LossStatus.Charged);
        assertEq(losses.areaLoss(node, START).lines, 2);
    }

    function test_anArea_addsUpItsLines() public {
        LineId other = _line(_curve(START - 1 days));
        _postStreet();
        _bookLine();
        losses.bookLine(other, START, 1, _shown(0), SALT, _shown(1), SALT);
        _bookArea();
        AreaLoss memory booked = losses.areaLoss(node, START);
        assertEq(booked.measuredWh, 100);
        assertEq(booked.modelledWh, 80);
        assertEq(booked.chargedWh, 150 + 100);
    }

    function test_anArea_waitsForItsLines() public {
        _postStreet();
        vm.expectRevert(abi.encodeWithSelector(IPowerLosses.LossesLinesMissing.selector, node, START, 0, 1));
        _bookArea();
    }

    function test_anotherMetersLeaf_isNotTheLinesEnd() public {
        _postStreet();
        bytes32 household = leaves[2].salted;
        vm.expectRevert(abi.encodeWithSelector(IPowerLosses.LossesOtherMeter.selector, line, meterIn, household));
        losses.bookLine(line, START, 1, _shown(2), SALT, _shown(1), SALT);
        vm.expectRevert(abi.encodeWithSelector(IPowerLosses.LossesOtherMeter.selector, line, meterOut, household));
        losses.bookLine(line, START, 1, _shown(0), SALT, _shown(2), SALT);
    }

    function test_aHeldReading_saysNothingOfALine() public {
        leaves[1] = _leaf(_salted(SALT, meterOut), 0, 950, Quality.Held);
        _postStreet();
        vm.expectRevert(abi.encodeWithSelector(IPowerLosses.LossesHeldReading.selector, line, meterOut));
        _bookLine();
    }

    function test_aLeafOutsideTheRoot_isRefused() public {
        _postStreet();
        LeafProof memory shown = _shown(0);
        shown.leaf.reading = MeterReadings.pack(0, 951, 0, 11, Quality.Settled);
        vm.expectRevert(
            abi.encodeWithSelector(IMeterPostings.MeterOracleNotInRoot.selector, node, START, uint256(0), uint256(4))
        );
        losses.bookLine(line, START, 1, shown, SALT, _shown(1), SALT);
    }

    function test_theCurveIsTheOneInForce() public {
        vm.prank(officer);
        losses.setCurve(line, _curve(START)); // version 2, for the interval that is measured
        _postStreet();
        vm.expectRevert(abi.encodeWithSelector(IPowerLosses.LossesOtherVersion.selector, line, uint16(1), START));
        _bookLine();
        vm.expectRevert(abi.encodeWithSelector(IPowerLosses.LossesOtherVersion.selector, line, uint16(3), START));
        losses.bookLine(line, START, 3, _shown(0), SALT, _shown(1), SALT);
        vm.expectRevert(abi.encodeWithSelector(IPowerLosses.LossesOtherVersion.selector, line, uint16(0), START));
        losses.bookLine(line, START, 0, _shown(0), SALT, _shown(1), SALT);
        losses.bookLine(line, START, 2, _shown(0), SALT, _shown(1), SALT);
        assertEq(losses.lineLoss(line, START).version, 2);
    }

    function test_aCurveOfLater_isNotYetInForce() public {
        vm.prank(officer);
        losses.setCurve(line, _curve(START + 1));
        _postStreet();
        vm.expectRevert(abi.encodeWithSelector(IPowerLosses.LossesOtherVersion.selector, line, uint16(2), START));
        losses.bookLine(line, START, 2, _shown(0), SALT, _shown(1), SALT);
        _bookLine();
    }

    /// @dev It counts from a day ahead, and how it loses was said from a second later than the interval on.
    function test_aLineWithoutACurveYet_isNotBooked() public {
        LineId bare = _line(_curve(START + 1));
        _postStreet();
        vm.expectRevert(abi.encodeWithSelector(IPowerLosses.LossesOtherVersion.selector, bare, uint16(0), START));
        losses.bookLine(bare, START, 0, _shown(0), SALT, _shown(1), SALT);
    }

    /* LINES */

    function test_aLineThatIsNotThere_isNotBooked() public {
        LineId none = LineId.wrap(99);
        _postStreet();
        vm.expectRevert(abi.encodeWithSelector(IPowerLosses.LossesNoLine.selector, none, START));
        losses.bookLine(none, START, 1, _shown(0), SALT, _shown(1), SALT);
        bytes memory unknown = abi.encodeWithSelector(IPowerLosses.LossesNoLine.selector, none, uint40(0));
        vm.expectRevert(unknown);
        losses.line(none);
        vm.expectRevert(unknown);
        losses.closeLine(none, START);
    }

    function test_aLineClosedLater_isBooked() public {
        vm.prank(officer);
        losses.closeLine(line, START + 1);
        _postStreet();
        _bookLine();
        assertEq(losses.lineLoss(line, START).inWh, 1_000);
    }

    function test_aClosedLine_isNotBooked_andNotWaitedFor() public {
        vm.prank(officer);
        losses.closeLine(line, START);
        assertEq(losses.linesOf(node, START - 1), 1);
        assertEq(losses.linesOf(node, START), 0);
        _postStreet();
        vm.expectRevert(abi.encodeWithSelector(IPowerLosses.LossesNoLine.selector, line, START));
        _bookLine();
        _bookArea();
        assertEq(losses.areaLoss(node, START).chargedWh, 150);
    }

    function test_aLineOfLater_isNotBooked() public {
        vm.prank(officer);
        LineId later = losses.registerLine(Line(meterIn, meterOut, node, START + 1, 0, 0), _curve(START + 1));
        _postStreet();
        vm.expectRevert(abi.encodeWithSelector(IPowerLosses.LossesNoLine.selector, later, START));
        losses.bookLine(later, START, 1, _shown(0), SALT, _shown(1), SALT);
    }

    function test_aLine_isNotClosedTwice() public {
        vm.startPrank(officer);
        losses.closeLine(line, START);
        vm.expectRevert(abi.encodeWithSelector(IPowerLosses.LossesNoLine.selector, line, START + 5));
        losses.closeLine(line, START + 5);
    }

    function test_thePastOfLines_doesNotChange() public {
        vm.warp(START);
        vm.startPrank(officer);
        vm.expectRevert(abi.encodeWithSelector(IPowerLosses.LossesBadTime.selector, line, START - 1, uint256(START)));
        losses.closeLine(line, START - 1);
        losses.closeLine(line, START + 10);
        // One change after another: what is announced is not passed by.
        vm.expectRevert(
            abi.encodeWithSelector(IPowerLosses.LossesBadTime.selector, LineId.wrap(2), START + 9, uint256(START + 10))
        );
        losses.registerLine(Line(meterIn, meterOut, node, START + 9, 0, 0), _curve(START + 9));
    }

    /// @dev An end dated 2^40 - 1 was the area's last change.
    function test_withdrawLine_takesBackTheLatestChange_beforeItBegins() public {
        vm.warp(START);
        vm.startPrank(officer);
        losses.closeLine(line, START + 10);
        LineId later = losses.registerLine(Line(meterIn, meterOut, node, START + 10, 0, 0), _curve(START + 10));
        LineId third = losses.registerLine(Line(meterIn, meterOut, node, START + 11, 0, 0), _curve(START + 11));
        vm.expectRevert(
            abi.encodeWithSelector(IPowerLosses.LossesNotPending.selector, line, START + 10, uint256(START + 11))
        );
        losses.withdrawLine(line);
        vm.expectEmit(address(losses));
        emit IPowerLosses.LineWithdrawn(third, false, officer);
        losses.withdrawLine(third);
        assertEq(losses.linesOf(node, START + 11), 1);
        losses.withdrawLine(later); // nothing is left of it
        assertEq(losses.linesOf(node, START + 10), 0);
        vm.expectEmit(address(losses));
        emit IPowerLosses.LineWithdrawn(line, true, officer);
        losses.withdrawLine(line);
        assertEq(losses.linesOf(node, START + 10), 1);
        assertEq(losses.line(line).validUntil, 0);
        losses.closeLine(line, START + 1); // earlier than what was withdrawn
    }

    function test_withdrawLine_ofOneDate_inAnyOrder() public {
        vm.warp(START);
        vm.startPrank(officer);
        losses.closeLine(line, START + 10);
        Line memory same = Line(meterIn, meterOut, node, START + 10, 0, 0);
        LineId b = losses.registerLine(same, _curve(START + 10));
        LineId c = losses.registerLine(same, _curve(START + 10));
        losses.withdrawLine(b);
        losses.withdrawLine(line);
        losses.withdrawLine(c);
        assertEq(losses.linesOf(node, START + 10), 1);
        assertEq(losses.linesOf(node, START - 1), 1);
    }

    function test_withdrawLine_notWhatHasBegunOrIsWithdrawn() public {
        vm.warp(START);
        vm.startPrank(officer);
        bytes memory begun = abi.encodeWithSelector(
            IPowerLosses.LossesNotPending.selector, line, START - 1 days, uint256(START - 1 days)
        );
        vm.expectRevert(begun);
        losses.withdrawLine(line);
        losses.closeLine(line, START);
        vm.expectRevert(abi.encodeWithSelector(IPowerLosses.LossesNotPending.selector, line, START, uint256(START)));
        losses.withdrawLine(line);
        LineId later = losses.registerLine(Line(meterIn, meterOut, node, START + 9, 0, 0), _curve(START + 9));
        losses.withdrawLine(later);
        vm.expectRevert(
            abi.encodeWithSelector(IPowerLosses.LossesNotPending.selector, later, START + 9, uint256(START))
        );
        losses.withdrawLine(later);
        vm.expectRevert(abi.encodeWithSelector(IPowerLosses.LossesNoLine.selector, later, START + 20));
        losses.closeLine(later, START + 20);
    }

    function test_aCurveToCome_isReplaced() public {
        vm.warp(START);
        vm.startPrank(officer);
        losses.setCurve(line, _curve(START + 366 days));
        losses.setCurve(line, _curve(START + 1));
        assertEq(losses.line(line).versions, 2);
        assertEq(losses.curve(line, 2).from, START + 1);
        vm.warp(START + 1);
        losses.setCurve(line, _curve(START + 2));
        assertEq(losses.line(line).versions, 3);
    }

    function test_datesAreWithinTheHorizon() public {
        vm.warp(START);
        uint40 latest = START + 366 days;
        bytes memory far = abi.encodeWithSelector(Horizon.HorizonExceeded.selector, latest + 1, latest);
        vm.startPrank(officer);
        vm.expectRevert(far);
        losses.registerLine(Line(meterIn, meterOut, node, latest + 1, 0, 0), _curve(latest + 1));
        vm.expectRevert(far);
        losses.registerLine(Line(meterIn, meterOut, node, latest, 0, 0), _curve(latest + 1));
        vm.expectRevert(far);
        losses.closeLine(line, latest + 1);
        vm.expectRevert(far);
        losses.setCurve(line, _curve(latest + 1));
        losses.setCurve(line, _curve(latest));
        losses.closeLine(line, latest);
    }

    function test_aLine_hasTwoEnds() public {
        Line memory bad = Line(meterIn, meterIn, node, START - 1 days, 0, 0);
        vm.startPrank(officer);
        vm.expectRevert(abi.encodeWithSelector(IPowerLosses.LossesBadLine.selector, bad));
        losses.registerLine(bad, _curve(START - 1 days));
        bad = Line(meterIn, meterOut, node, START - 1 days, START, 0);
        vm.expectRevert(abi.encodeWithSelector(IPowerLosses.LossesBadLine.selector, bad));
        losses.registerLine(bad, _curve(START - 1 days));
    }

    function test_aLine_ofNoMeter_isRefused() public {
        bytes memory refused = abi.encodeWithSelector(IMeters.MetersUnknown.selector, MeterId.wrap(99));
        vm.startPrank(officer);
        vm.expectRevert(refused);
        losses.registerLine(Line(MeterId.wrap(99), meterOut, node, START - 1 days, 0, 0), _curve(START - 1 days));
        vm.expectRevert(refused);
        losses.registerLine(Line(meterIn, MeterId.wrap(99), node, START - 1 days, 0, 0), _curve(START - 1 days));
    }

    function test_aCurve_losesNoMoreThanAll_andComesAfterTheLast() public {
        LossCurve[4] memory bad = [_curve(START), _curve(START), _curve(START), _curve(START - 1 days)];
        (bad[0].linearPpm, bad[0].mostPpm) = (1_000_001, 1_000_001);
        bad[1].mostPpm = 1_000_001;
        bad[2].mostPpm = 19_999; // below what it loses by itself
        uint256 after_ = START - 1 days + 1;
        vm.startPrank(officer);
        for (uint256 i; i < bad.length; ++i) {
            vm.expectRevert(abi.encodeWithSelector(IPowerLosses.LossesBadCurve.selector, line, bad[i], after_));
            losses.setCurve(line, bad[i]);
        }
        vm.warp(START + 1);
        vm.expectRevert(
            abi.encodeWithSelector(IPowerLosses.LossesBadCurve.selector, line, _curve(START), uint256(START + 1))
        );
        losses.setCurve(line, _curve(START));
    }

    function test_aBound_isAPart() public {
        vm.prank(officer);
        vm.expectRevert(abi.encodeWithSelector(IPowerLosses.LossesBadBound.selector, node, uint32(1_000_001)));
        losses.setAreaBound(node, 1_000_001);
    }

    function test_anArea_hasAtMost255Lines() public {
        vm.startPrank(officer);
        for (uint256 i = 1; i < 255; ++i) {
            losses.registerLine(_ends(), _curve(START - 1 days));
        }
        vm.expectRevert(abi.encodeWithSelector(IPowerLosses.LossesTooManyLines.selector, node, uint256(255)));
        losses.registerLine(_ends(), _curve(START - 1 days));
        losses.closeLine(line, START);
        assertEq(losses.linesOf(node, START), 254);
    }

    function test_onlyTheOffice_keepsLines() public {
        bytes memory refused = abi.encodeWithSelector(IOpenRules.OpenRulesNotOfficer.selector, sceptic, Powers.METER);
        vm.startPrank(sceptic);
        vm.expectRevert(refused);
        losses.registerLine(_ends(), _curve(START - 1 days));
        vm.expectRevert(refused);
        losses.closeLine(line, START);
        vm.expectRevert(refused);
        losses.setCurve(line, _curve(START));
        vm.expectRevert(refused);
        losses.setAreaBound(node, 1);
        vm.expectRevert(refused);
        losses.decideLine(line, START, keccak256("mine"));
        vm.expectRevert(refused);
        losses.decideArea(node, START, 1, keccak256("mine"));
    }
}
