// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {MessageHashUtils} from "@openzeppelin/contracts/utils/cryptography/MessageHashUtils.sol";

import {
    BoundaryApproach,
    IInventories,
    Inventory,
    InventoryMethod,
    InventoryRecord,
    PlantShare,
    RestatementReason
} from "../../interfaces/compliance/IInventories.sol";
import {WalletRights} from "../../interfaces/parties/IParticipants.sol";
import {ParticipantId} from "../../interfaces/types/Ids.sol";
import {OwnedWallet} from "../evidence/WalletDoubles.sol";
import {InventoryCase} from "./InventoryCase.sol";

/// @dev Inventories as they are put on record, restated and refused.
contract InventoriesTest is InventoryCase {
    function test_submit_putsSignedFiguresOnRecord() public {
        Inventory memory i = _inventory();
        vm.expectEmit(address(inventories));
        emit IInventories.InventorySubmitted(emitter, YEAR, _hash(i), i, _own(), emitterWallet);
        vm.prank(stranger);
        _submit(i);
        InventoryRecord memory r = _record(i);
        assertEq(r.hash, _hash(i));
        assertEq(r.scope1Kg, uint256(PLANT_T) * 1000 + 12_345);
        assertEq(r.scope2LocationKg, 500_000);
        assertEq(r.scope2MarketKg, 600_000);
        assertEq(r.scope3Kg, 10_000);
        assertEq(r.signedAt, block.timestamp);
        assertEq(r.submittedAt, block.timestamp);
        assertEq(r.assuredAt, 0);
        assertEq(uint8(r.boundary), uint8(BoundaryApproach.OperationalControl));
        assertEq(inventories.versionOf(emitter, YEAR), 1);
        assertEq(inventories.versionOf(emitter, YEAR + 1), 0);
    }

    function test_submit_takesTheSignatureOfAContract() public {
        OwnedWallet wallet = new OwnedWallet(vm.addr(emitterKey));
        vm.prank(emitterWallet);
        participants.addWallet(address(wallet), WalletRights.REPORT);
        wallet.act(address(participants), abi.encodeCall(participants.confirmWallet, (emitter)));

        Inventory memory i = _inventory();
        (uint8 v, bytes32 r, bytes32 s) =
            vm.sign(emitterKey, MessageHashUtils.toTypedDataHash(inventoryDomain, _hash(i)));
        bytes[] memory contracts = new bytes[](1);
        contracts[0] = abi.encodePacked(r, s, v);
        bytes32[2] memory words = [bytes32(uint256(uint160(address(wallet)))), bytes32(type(uint256).max)];
        inventories.submit(i, _own(), words, contracts);
        assertEq(_record(i).hash, _hash(i));
    }

    function test_submit_isSignedByAReporterOfTheOrganisation() public {
        Inventory memory i = _inventory();
        bytes32[2] memory words = _signedBy(secondKey, i);
        vm.expectRevert(
            abi.encodeWithSelector(IInventories.InventoriesNotReporter.selector, secondWallet, second, uint8(0))
        );
        inventories.submit(i, _own(), words, new bytes[](0));

        (address clerk, uint256 clerkKey) = makeAddrAndKey("clerk");
        uint8 rights = WalletRights.ALL - WalletRights.REPORT;
        vm.prank(emitterWallet);
        participants.addWallet(clerk, rights);
        vm.prank(clerk);
        participants.confirmWallet(emitter);
        words = _signedBy(clerkKey, i);
        vm.expectRevert(abi.encodeWithSelector(IInventories.InventoriesNotReporter.selector, clerk, emitter, rights));
        inventories.submit(i, _own(), words, new bytes[](0));
    }

    function test_submit_needsAnActiveOrganisation() public {
        vm.prank(authority);
        participants.suspend(emitter, keccak256("reason"));
        _refused(
            _inventory(),
            abi.encodeWithSelector(
                IInventories.InventoriesNotReporter.selector, emitterWallet, emitter, WalletRights.ALL
            )
        );
    }

    function test_submit_keepsTheHistoryOfARestatement() public {
        Inventory memory first = _inventory();
        _submit(first);
        Inventory memory again = _restated(_inventory());
        again.scope1OtherKg = 99;
        _submit(again);
        assertEq(inventories.versionOf(emitter, YEAR), 2);
        assertEq(_record(first).hash, _hash(first));
        assertEq(_record(first).scope1Kg, uint256(PLANT_T) * 1000 + 12_345);
        assertEq(_record(again).scope1Kg, uint256(PLANT_T) * 1000 + 99);
        assertEq(again.replaces, _hash(first));
    }

    function test_submit_takesTheNextVersionAlone() public {
        Inventory memory i = _inventory();
        (i.version, i.reason) = (2, RestatementReason.Error);
        _refused(i, _wrongVersion(i, 1, 0));
        i = _inventory();
        i.replaces = keccak256("another");
        _refused(i, _wrongVersion(i, 1, 0));
        i = _inventory();
        _submit(i);
        _refused(i, _wrongVersion(i, 2, _hash(i)));
        Inventory memory again = _restated(_inventory());
        again.replaces = 0;
        _refused(again, _wrongVersion(again, 2, _hash(i)));
    }

    function _wrongVersion(Inventory memory i, uint8 expected, bytes32 standing) private pure returns (bytes memory) {
        return abi.encodeWithSelector(
            IInventories.InventoriesWrongVersion.selector, i.version, expected, i.replaces, standing
        );
    }

    function test_submit_givesAReasonForARestatementAlone() public {
        Inventory memory i = _inventory();
        i.reason = RestatementReason.Data;
        _refused(i, abi.encodeWithSelector(IInventories.InventoriesReason.selector, uint8(1), RestatementReason.Data));
        _submit(_inventory());
        i = _restated(_inventory());
        i.reason = RestatementReason.None;
        _refused(i, abi.encodeWithSelector(IInventories.InventoriesReason.selector, uint8(2), RestatementReason.None));
    }

    function test_submit_isSignedOnceTheYearIsOver() public {
        Inventory memory i = _inventory();
        uint256 earliest = YEAR_END - 14 hours;
        i.signedAt = uint64(earliest - 1);
        uint256 latest = block.timestamp + 5 minutes;
        _refused(
            i, abi.encodeWithSelector(IInventories.InventoriesSignedAt.selector, uint256(i.signedAt), earliest, latest)
        );
        i.signedAt = uint64(latest + 1);
        _refused(
            i, abi.encodeWithSelector(IInventories.InventoriesSignedAt.selector, uint256(i.signedAt), earliest, latest)
        );
        i.signedAt = type(uint64).max;
        _refused(
            i, abi.encodeWithSelector(IInventories.InventoriesSignedAt.selector, uint256(i.signedAt), earliest, latest)
        );
        i.signedAt = uint64(earliest);
        _submit(i);
    }

    function test_submit_isOfNoYearToCome() public {
        Inventory memory i = _inventory();
        i.year = type(uint16).max;
        bytes32[2] memory words = _signedBy(emitterKey, i);
        vm.expectPartialRevert(IInventories.InventoriesSignedAt.selector);
        inventories.submit(i, _own(), words, new bytes[](0));
    }

    function test_submit_namesBaseYearBoundaryMethodAndPotentials() public {
        Inventory memory i = _inventory();
        i.baseYear = 1989;
        _refused(i, abi.encodeWithSelector(IInventories.InventoriesYear.selector, YEAR, uint16(1989)));
        i.baseYear = YEAR + 1;
        _refused(i, abi.encodeWithSelector(IInventories.InventoriesYear.selector, YEAR, YEAR + 1));
        i.baseYear = type(uint16).max;
        _refused(i, abi.encodeWithSelector(IInventories.InventoriesYear.selector, YEAR, type(uint16).max));
        i = _inventory();
        i.boundary = BoundaryApproach.None;
        _refused(i, _basis(i));
        i = _inventory();
        i.method = InventoryMethod.None;
        _refused(i, _basis(i));
        i = _inventory();
        i.gwpSet = 3;
        _refused(i, _basis(i));
        i.gwpSet = 7;
        _refused(i, _basis(i));
    }

    function _basis(Inventory memory i) private pure returns (bytes memory) {
        return abi.encodeWithSelector(IInventories.InventoriesBasis.selector, i.boundary, i.method, i.gwpSet);
    }

    function test_submit_takesThePlantsThatWereSigned() public {
        Inventory memory i = _inventory();
        PlantShare[] memory other = _plants(secondPlant, WHOLE);
        _refused(
            i,
            other,
            abi.encodeWithSelector(
                IInventories.InventoriesOtherPlants.selector, i.plantsHash, keccak256(abi.encode(other))
            )
        );
    }

    function test_submit_needsInstrumentsBelowTheGrid() public {
        Inventory memory i = _inventory();
        i.scope2MarketKg = i.scope2LocationKg - 1;
        _refused(i, _beyondCovered(i, i.scope2LocationKg));
        i.otherContractsWh = 499;
        _refused(i, _beyondCovered(i, i.scope2LocationKg));
        i.otherContractsWh = 500;
        i.scope2MarketKg -= 1;
        _refused(i, _beyondCovered(i, i.scope2LocationKg - 1));
        i.scope2MarketKg += 1;
        _submit(i);
    }

    function _beyondCovered(Inventory memory i, uint256 leastKg) private pure returns (bytes memory) {
        return abi.encodeWithSelector(IInventories.InventoriesBeyondCovered.selector, i.scope2MarketKg, leastKg);
    }

    function test_submit_coversNoMoreElectricityThanWasUsed() public {
        Inventory memory i = _inventory();
        i.otherContractsWh = i.electricityWh + 1;
        _refused(
            i,
            abi.encodeWithSelector(
                IInventories.InventoriesBeyondElectricity.selector, uint256(i.otherContractsWh), i.electricityWh
            )
        );
    }

    function test_submit_tellsACategoryNotReportedFromNothing() public {
        Inventory memory i = _inventory();
        i.scope3Kg[3] = 1;
        _refused(i, abi.encodeWithSelector(IInventories.InventoriesCategory.selector, 4));
        i = _inventory();
        i.scope3Reported = 1 << 15 | 1;
        _refused(i, abi.encodeWithSelector(IInventories.InventoriesCategory.selector, 16));
    }

    function test_submit_refusesTotalsOfMoreThan64Bits() public {
        Inventory memory i = _inventory();
        (i.scope3Kg[0], i.scope3Kg[14]) = (type(uint64).max, 1);
        _refused(i, abi.encodeWithSelector(IInventories.InventoriesTooLarge.selector, uint256(1) << 64));
        i = _inventory();
        i.scope1OtherKg = type(uint64).max;
        _refused(
            i,
            abi.encodeWithSelector(
                IInventories.InventoriesTooLarge.selector, uint256(type(uint64).max) + i.scope1PlantsKg
            )
        );
    }
}
