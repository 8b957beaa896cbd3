// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {InstallationId, ParticipantId} from "../../interfaces/types/Ids.sol";
import {IMonthlyEvidence, MonthItem, MonthRecord} from "../../interfaces/evidence/IMonthlyEvidence.sol";
import {ParticipantKinds, WalletRights} from "../../interfaces/parties/IParticipants.sol";
import {EvidenceBase} from "./EvidenceBase.sol";

/// @dev It is 2 March 2021; the plant's months of 2020 and the first two of 2021 are over.
contract MonthlyEvidenceTest is EvidenceBase {
    uint256 private constant APRIL_2021 = 1_617_235_200; // UTC
    bytes32 private constant DIGEST = keccak256("package");
    bytes32 private constant CORRECTED = keccak256("package, corrected");

    IMonthlyEvidence private months;

    function setUp() public override {
        super.setUp();
        months = IMonthlyEvidence(vm.deployCode("MonthlyEvidence.sol:MonthlyEvidence", abi.encode(participants)));
    }

    function _item(uint16 year, uint8 month, bytes32 hash) private view returns (MonthItem[] memory items) {
        items = new MonthItem[](1);
        items[0] = MonthItem(plant, year, month, hash);
    }

    function _record(uint16 year, uint8 month, bytes32 hash) private {
        vm.prank(emitterWallet);
        months.record(_item(year, month, hash));
    }

    function _refused(uint16 year, uint8 month, bytes32 hash, bytes memory error) private {
        vm.expectRevert(error);
        _record(year, month, hash);
    }

    function _notOver(uint16 year, uint8 month) private pure returns (bytes memory) {
        return abi.encodeWithSelector(IMonthlyEvidence.MonthsNotOver.selector, year, month);
    }

    /* RECORD */

    function test_record_keepsDigestAndMoment() public {
        vm.expectEmit();
        emit IMonthlyEvidence.MonthRecorded(plant, 202_012, emitter, DIGEST, 1, emitterWallet);
        _record(2020, 12, DIGEST);

        MonthRecord memory kept = months.monthOf(plant, 2020, 12);
        assertEq(kept.digest, DIGEST);
        assertEq(kept.firstAt, NOW);
        assertEq(kept.lastAt, NOW);
        assertEq(kept.revision, 1);
        assertEq(months.monthOf(plant, 2020, 11).digest, 0);
    }

    function test_record_aCorrectionKeepsTheFirstMoment() public {
        _record(2020, 12, DIGEST);
        vm.warp(NOW + 50 days);
        _record(2020, 12, CORRECTED);

        MonthRecord memory kept = months.monthOf(plant, 2020, 12);
        assertEq(kept.digest, CORRECTED);
        assertEq(kept.firstAt, NOW);
        assertEq(kept.lastAt, NOW + 50 days);
        assertEq(kept.revision, 2);
    }

    function test_record_takesSeveralPlantsAndMonths() public {
        InstallationId second = _installation(emitter, COAL, CAPACITY_KW);
        MonthItem[] memory items = new MonthItem[](24);
        for (uint8 i; i < 24; ++i) {
            items[i] = MonthItem(i < 12 ? plant : second, 2020, i % 12 + 1, bytes32(uint256(i) + 1));
        }
        vm.prank(emitterWallet);
        months.record(items);
        assertEq(months.monthOf(plant, 2020, 1).digest, bytes32(uint256(1)));
        assertEq(months.monthOf(second, 2020, 12).digest, bytes32(uint256(24)));
    }

    function test_record_needsTheRightToReport() public {
        (ParticipantId other, address wallet,) = _participant("other emitter", ParticipantKinds.EMITTER);
        assertTrue(ParticipantId.unwrap(other) != ParticipantId.unwrap(emitter));
        address clerk = makeAddr("clerk");
        vm.prank(emitterWallet);
        participants.addWallet(clerk, WalletRights.TRADE);
        vm.prank(clerk);
        participants.confirmWallet(emitter);
        address[3] memory callers = [stranger, wallet, clerk];
        uint8[3] memory rights = [0, 0, WalletRights.TRADE];
        for (uint256 i; i < 3; ++i) {
            vm.expectRevert(
                abi.encodeWithSelector(IMonthlyEvidence.MonthsNotReporter.selector, plant, callers[i], rights[i])
            );
            vm.prank(callers[i]);
            months.record(_item(2020, 12, DIGEST));
        }
    }

    function test_record_refusesAPlantThatIsNone() public {
        MonthItem[] memory items = _item(2020, 12, DIGEST);
        items[0].installation = InstallationId.wrap(99);
        vm.expectRevert(
            abi.encodeWithSelector(IMonthlyEvidence.MonthsNotReporter.selector, items[0].installation, emitterWallet, 0)
        );
        vm.prank(emitterWallet);
        months.record(items);
    }

    function test_record_waitsForTheMonthsEndWhereItEndsFirst() public {
        vm.warp(APRIL_2021 - 14 hours - 1);
        _refused(2021, 3, DIGEST, _notOver(2021, 3));
        vm.warp(APRIL_2021 - 14 hours);
        _record(2021, 3, DIGEST);
        _refused(2021, 12, DIGEST, _notOver(2021, 12));
    }

    function test_record_refusesAMonthThatIsNone() public {
        _refused(2020, 0, DIGEST, _notOver(2020, 0));
        _refused(2020, 13, DIGEST, _notOver(2020, 13));
        _refused(1969, 12, DIGEST, _notOver(1969, 12));
        _refused(type(uint16).max, 12, DIGEST, _notOver(type(uint16).max, 12));
    }

    function test_record_refusesWhatChangesNothing() public {
        bytes memory error =
            abi.encodeWithSelector(IMonthlyEvidence.MonthsNoChange.selector, plant, uint16(2020), uint8(12));
        _refused(2020, 12, 0, error);
        _record(2020, 12, DIGEST);
        _refused(2020, 12, DIGEST, error);
    }

    function test_record_isBounded() public {
        uint256[2] memory counts = [uint256(0), 121];
        for (uint256 i; i < 2; ++i) {
            vm.expectRevert(abi.encodeWithSelector(IMonthlyEvidence.MonthsBadCount.selector, counts[i]));
            vm.prank(emitterWallet);
            months.record(new MonthItem[](counts[i]));
        }
        vm.expectPartialRevert(IMonthlyEvidence.MonthsNotReporter.selector); // ten years may be, of no plant here
        vm.prank(emitterWallet);
        months.record(new MonthItem[](120));
    }
}
