// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {MerkleSum, SumWord} from "../../contracts/lib/MerkleSum.sol";
import {IEmissionsReports} from "../../interfaces/evidence/IEmissionsOracle.sol";
import {ReportStatus} from "../../interfaces/types/ReportTypes.sol";
import {InstallationId, ParticipantId} from "../../interfaces/types/Ids.sol";
import {IMeterOracle} from "../../interfaces/evidence/IMeterOracle.sol";
import {Carrier, Node} from "../../interfaces/evidence/IMeters.sol";
import {ParticipantKinds} from "../../interfaces/parties/IParticipants.sol";
import {IPlantMeters} from "../../interfaces/evidence/IPlantMeters.sol";
import {ISchemes, Powers} from "../../interfaces/rules/ISchemes.sol";
import {ISettlementCurrency} from "../../interfaces/market/ISettlementCurrency.sol";
import {NodeId} from "../../interfaces/types/MeterTypes.sol";
import {EvidenceBase} from "./EvidenceBase.sol";

/// @dev A plant of 660 MW whose meters' oracle posts each hour.
contract PlantMetersTest is EvidenceBase {
    uint40 private constant BEGIN = uint40(YEAR_END - 366 days); // 2020 has 8,784 hours
    uint256 private constant MAX_MWH = 660 * 8784;
    uint256 private constant DAY_WH = 24 * 200e6; // a day at 200 MW
    bytes32 private constant ROOT = bytes22(keccak256("root of the plant"));

    IMeterOracle private meters;
    IPlantMeters private plants;
    NodeId private node;
    address private notary;
    ParticipantId private poster;

    function setUp() public override {
        super.setUp();
        ISettlementCurrency currency = ISettlementCurrency(
            vm.deployCode("SettlementCurrency.sol:SettlementCurrency", abi.encode(manager, "yuan", "CNY"))
        );
        address verifier = vm.deployCode("P256Verifier.sol:P256Verifier");
        meters = IMeterOracle(
            vm.deployCode(
                "MeterOracle.sol:MeterOracle",
                abi.encode(participants, schemes, verifier, currency, authority, uint256(100), uint256(5))
            )
        );
        plants = IPlantMeters(
            vm.deployCode("PlantMeters.sol:PlantMeters", abi.encode(participants, schemes, oracle, meters))
        );
        schemes.grantOffice(address(plants), CHINA, 0, Powers.DISPUTE);
        (poster, notary,) = _participant("meter oracle", ParticipantKinds.EMITTER);
        currency.mint(address(this), 100);
        currency.approve(address(meters), 100);
        meters.depositBond(poster, 100);
        node = _open(Carrier.Electricity, BEIJING, 1);
        vm.prank(authority);
        plants.link(plant, node);
    }

    function _open(Carrier carrier, uint16 jurisdiction, uint24 region) private returns (NodeId) {
        Node memory n = Node({
            scheme: CHINA,
            jurisdiction: jurisdiction,
            carrier: carrier,
            oracle: poster,
            region: region,
            intervalS: 3_600,
            correctionS: 0,
            challengeS: 1 days,
            revealS: 6 hours
        });
        vm.prank(authority);
        return meters.openNode(n);
    }

    function _sums(uint256 exportWh) private pure returns (SumWord) {
        return MerkleSum.ofLeaf(0, exportWh, 0);
    }

    /// @dev Posts `hours_` from hour `first` of the year on, each with as much.
    function _post(uint256 first, uint256 hours_, uint256 exportWh) private {
        vm.startPrank(notary);
        for (uint256 i = first; i < first + hours_; ++i) {
            meters.post(node, uint40(BEGIN + i * 1 hours), 1, ROOT, _sums(exportWh), 0);
        }
        vm.stopPrank();
    }

    function _count(uint256 first, uint256 hours_, uint256 exportWh) private {
        bytes32[] memory roots = new bytes32[](hours_);
        SumWord[] memory sums = new SumWord[](hours_);
        for (uint256 i; i < hours_; ++i) {
            (roots[i], sums[i]) = (ROOT, _sums(exportWh));
        }
        plants.count(plant, YEAR, uint40(BEGIN + first * 1 hours), roots, sums);
    }

    function _report(uint40 powerMwh) private {
        Report memory r = _report();
        (r.powerMwh, r.emissionsT) = (powerMwh, powerMwh * 88 / 100);
        bytes32[] memory signatures = _signed(r, _terms(), 1);
        _submit(r, _word(_terms(), 1), signatures);
    }

    /* LINKS */

    function test_link_needsTheOffice() public {
        NodeId other = _open(Carrier.Electricity, BEIJING, 2);
        vm.expectRevert(
            abi.encodeWithSelector(ISchemes.SchemesNoPower.selector, stranger, CHINA, BEIJING, Powers.METER)
        );
        vm.prank(stranger);
        plants.link(plant, other);
    }

    function test_link_refusesANodeOfOtherEnergyOrElsewhere() public {
        NodeId[2] memory others = [_open(Carrier.Heat, BEIJING, 2), _open(Carrier.Electricity, HEBEI, 2)];
        vm.startPrank(authority);
        for (uint256 i; i < 2; ++i) {
            vm.expectRevert(abi.encodeWithSelector(IPlantMeters.PlantMetersOtherNode.selector, plant, others[i]));
            plants.link(plant, others[i]);
        }
    }

    function test_link_givesOneNodeToOnePlant() public {
        InstallationId second = _installation(emitter, COAL, CAPACITY_KW);
        vm.startPrank(authority);
        vm.expectRevert(abi.encodeWithSelector(IPlantMeters.PlantMetersNodeTaken.selector, node, plant));
        plants.link(second, node);
        vm.stopPrank();

        NodeId other = _open(Carrier.Electricity, BEIJING, 2);
        vm.startPrank(authority);
        vm.expectEmit(address(plants));
        emit IPlantMeters.PlantLinked(plant, other, authority);
        plants.link(plant, other);
        plants.link(second, node); // which is free again
        assertTrue(plants.nodeOf(second) == node);
    }

    /* COUNTS */

    function test_count_putsWhatWasMeasuredInThePlaceOfCapacity() public {
        assertEq(plants.mostMwh(plant, YEAR), MAX_MWH);
        _post(0, 24, DAY_WH / 24);
        vm.warp(NOW + 1 days + 1);
        vm.expectEmit(address(plants));
        emit IPlantMeters.OutputCounted(plant, YEAR, node, BEGIN, 24, DAY_WH);
        _count(0, 24, DAY_WH / 24);
        (uint256 exportWh, uint256 intervals) = plants.countedOf(plant, YEAR);
        assertEq(exportWh, DAY_WH);
        assertEq(intervals, 24);
        assertEq(plants.mostMwh(plant, YEAR), MAX_MWH - 24 * 660 + 24 * 200);
    }

    function test_count_roundsTheBoundUp() public {
        _post(0, 1, 1);
        vm.warp(NOW + 1 days + 1);
        _count(0, 1, 1);
        assertEq(plants.mostMwh(plant, YEAR), MAX_MWH - 660 + 1);
    }

    function test_count_takesEachIntervalOnce() public {
        _post(254, 4, 7);
        vm.warp(NOW + 1 days + 1);
        _count(255, 2, 7); // across two words
        for (uint256 i = 254; i < 257; ++i) {
            uint256 counted = BEGIN + (i == 254 ? 255 : i) * 1 hours;
            vm.expectRevert(abi.encodeWithSelector(IPlantMeters.PlantMetersCounted.selector, node, counted));
            _count(i, 2, 7);
        }
        _count(257, 1, 7);
        _count(254, 1, 7);
        (uint256 exportWh, uint256 intervals) = plants.countedOf(plant, YEAR);
        assertEq(exportWh, 28);
        assertEq(intervals, 4);
    }

    function test_count_refusesARunThatCanChange() public {
        _post(0, 1, 7);
        vm.warp(NOW + 1 days);
        vm.expectRevert(abi.encodeWithSelector(IPlantMeters.PlantMetersNotFinal.selector, node, BEGIN));
        _count(0, 1, 7);
    }

    /// @dev The later hour was posted first, and is final first.
    function test_count_refusesARunThatCanChangeBeforeOneThatCannot() public {
        _post(1, 1, 7);
        vm.warp(NOW + 12 hours);
        _post(0, 1, 7);
        vm.warp(NOW + 1 days + 1);
        vm.expectRevert(abi.encodeWithSelector(IPlantMeters.PlantMetersNotFinal.selector, node, BEGIN));
        _count(0, 2, 7);
        _count(1, 1, 7);
    }

    function test_count_refusesALeafHeldInTheFirstOfTwoIntervals() public {
        SumWord[] memory sums = new SumWord[](2);
        (sums[0], sums[1]) = (_sums(7).add(MerkleSum.ofLeaf(0, 9, 3)), _sums(7));
        bytes32[] memory roots = new bytes32[](2);
        (roots[0], roots[1]) = (ROOT, ROOT);
        vm.prank(notary);
        meters.post(node, BEGIN, 1, ROOT, sums[0], 0);
        _post(1, 1, 7);
        vm.warp(NOW + 1 days + 1);
        vm.expectRevert(abi.encodeWithSelector(IPlantMeters.PlantMetersNotFinal.selector, node, BEGIN));
        plants.count(plant, YEAR, BEGIN, roots, sums);
    }

    function test_count_refusesAnIntervalInWhichALeafIsHeld() public {
        SumWord[] memory sums = new SumWord[](1);
        sums[0] = _sums(7).add(MerkleSum.ofLeaf(0, 9, 3));
        bytes32[] memory roots = new bytes32[](1);
        roots[0] = ROOT;
        vm.prank(notary);
        meters.post(node, BEGIN, 1, ROOT, sums[0], 0);
        vm.warp(NOW + 1 days + 1);
        vm.expectRevert(abi.encodeWithSelector(IPlantMeters.PlantMetersNotFinal.selector, node, BEGIN));
        plants.count(plant, YEAR, BEGIN, roots, sums);
    }

    function test_count_refusesWhatIsOutsideTheYear() public {
        // Of two hours the first begins before the year of the scheme's zone, or the second ends after it.
        uint40[2] memory firsts = [uint40(BEGIN - 9 hours), uint40(YEAR_END - 9 hours)];
        for (uint256 i; i < 2; ++i) {
            vm.expectRevert(abi.encodeWithSelector(IPlantMeters.PlantMetersOutsideYear.selector, YEAR, firsts[i]));
            plants.count(plant, YEAR, firsts[i], new bytes32[](2), new SumWord[](2));
        }
    }

    function test_count_refusesNothingAndUnequal() public {
        for (uint256 i; i < 2; ++i) {
            vm.expectRevert(abi.encodeWithSelector(IPlantMeters.PlantMetersBadCount.selector, i, 0));
            plants.count(plant, YEAR, BEGIN, new bytes32[](i), new SumWord[](0));
        }
    }

    function test_aPlantWithoutNodeIsNotConcerned() public {
        InstallationId second = _installation(emitter, COAL, CAPACITY_KW);
        bytes memory refusal = abi.encodeWithSelector(IPlantMeters.PlantMetersNotLinked.selector, second);
        vm.expectRevert(refusal);
        plants.count(second, YEAR, BEGIN, new bytes32[](1), new SumWord[](1));
        vm.expectRevert(refusal);
        plants.hold(second, YEAR);
        vm.expectRevert(refusal);
        plants.mostMwh(second, YEAR);
    }

    /* HOLDS */

    /// @dev 4,392 hours at 200 MW, and the other half of the year at most at 660 MW.
    function _halfAYear() private returns (uint256 most) {
        _post(0, 4392, 200e6);
        vm.warp(NOW + 1 days + 1);
        _count(0, 4392, 200e6);
        most = 4392 * (200 + 660);
        assertEq(plants.mostMwh(plant, YEAR), most);
    }

    function test_hold_disputesAReportAboveTheMeters() public {
        _report(4392 * 860 + 1);
        uint256 most = _halfAYear();
        vm.expectEmit(address(plants));
        emit IPlantMeters.ReportHeld(plant, YEAR, most + 1, most);
        vm.prank(stranger);
        plants.hold(plant, YEAR);
        assertTrue(oracle.record(plant, YEAR).recordStatus() == ReportStatus.Disputed);
        assertEq(oracle.disputedBy(plant, YEAR), address(plants));

        vm.prank(authority);
        oracle.resolve(plant, YEAR, true, keccak256("meters"));
        (bool isFinal,,,) = oracle.finalReport(plant, YEAR);
        assertFalse(isFinal);
    }

    function test_hold_sparesAReportAtTheBound() public {
        _report(4392 * 860);
        uint256 most = _halfAYear();
        vm.expectRevert(abi.encodeWithSelector(IPlantMeters.PlantMetersWithin.selector, plant, YEAR, most, most));
        plants.hold(plant, YEAR);
    }

    function test_hold_needsTheOfficeOfDisputes() public {
        _report(4392 * 860 + 1);
        _halfAYear();
        schemes.grantOffice(address(plants), CHINA, 0, 0);
        vm.expectRevert(abi.encodeWithSelector(IEmissionsReports.EmissionsNoStanding.selector, plants, plant));
        plants.hold(plant, YEAR);
    }
}
