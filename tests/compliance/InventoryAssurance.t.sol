// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {SignerSet} from "../../contracts/lib/SignerSet.sol";
import {
    IInventories,
    Inventory,
    InventoryAssurance,
    InventoryRecord
} from "../../interfaces/compliance/IInventories.sol";
import {InventoryCase} from "./InventoryCase.sol";

/// @dev Statements of verification bodies about inventories.
contract InventoryAssuranceTest is InventoryCase {
    Inventory internal inventory;

    function setUp() public override {
        super.setUp();
        inventory = _inventory();
        _submit(inventory);
    }

    function test_assure_putsLevelsByScopeOnRecord() public {
        InventoryAssurance memory a = _assurance(inventory);
        a.qualified = true;
        vm.expectEmit(address(inventories));
        emit IInventories.InventoryAssured(emitter, YEAR, a.inventory, a, place[0], place[1]);
        vm.prank(stranger);
        _assure(a);
        InventoryRecord memory r = _record(inventory);
        assertEq(r.assuredAt, block.timestamp);
        assertTrue(r.body == bodies[0] && r.scheme == CHINA);
        assertEq(r.scope1Level, 2);
        assertEq(r.scope2Level, 1);
        assertEq(r.scope3Level, 0);
        assertTrue(r.qualified);
        assertEq(r.materialityPpm, 50_000);
        assertEq(r.scope1Kg, uint256(PLANT_T) * 1000 + 12_345);
    }

    function test_assure_isOfAccreditedPersonsOfTheBody() public {
        InventoryAssurance memory a = _assurance(inventory);
        a.body = bodies[1];
        _refused(a, abi.encodeWithSelector(SignerSet.SignersWrongBody.selector, place[0], bodies[0], bodies[1]));

        a = _assurance(inventory);
        bytes32[4] memory words = _signedBy(keys[1], keys[0], a);
        vm.expectRevert(
            abi.encodeWithSelector(SignerSet.SignersBadSignature.selector, place[0], vm.addr(keys[1]), vm.addr(keys[0]))
        );
        inventories.assure(a, place[0], place[1], words, new bytes[](0));

        words = _signedBy(keys[0], keys[0], a);
        vm.expectRevert(
            abi.encodeWithSelector(SignerSet.SignersBadSignature.selector, place[1], vm.addr(keys[0]), vm.addr(keys[1]))
        );
        inventories.assure(a, place[0], place[1], words, new bytes[](0));
    }

    function test_assure_isIndependentOfTheOrganisation() public {
        bytes memory error_ = abi.encodeWithSelector(IInventories.InventoriesInterest.selector, bodies[0], emitter);
        InventoryAssurance memory a = _assurance(inventory);
        vm.prank(authority);
        oracle.setInterest(CHINA, bodies[0], emitter, true);
        _refused(a, error_);
        vm.prank(authority);
        oracle.setInterest(CHINA, bodies[0], emitter, false);
        _assure(a);
    }

    function test_assure_isOfNoBodyOfTheGroup() public {
        vm.startPrank(authority);
        participants.setGroup(bodies[0], 7);
        participants.setGroup(emitter, 7);
        vm.stopPrank();
        _refused(
            _assurance(inventory), abi.encodeWithSelector(IInventories.InventoriesInterest.selector, bodies[0], emitter)
        );
    }

    function test_assure_isOfNoBodyAboutItself() public {
        InventoryAssurance memory a = _assurance(inventory);
        Inventory memory own = inventory;
        own.organisation = bodies[0];
        (own.plantsHash, own.scope1PlantsKg) = (keccak256(abi.encode(_none())), 0);
        (, uint256 key) = makeAddrAndKey("body 0");
        inventories.submit(own, _none(), _signedBy(key, own), new bytes[](0));
        (a.organisation, a.inventory) = (bodies[0], _hash(own));
        _refused(a, abi.encodeWithSelector(IInventories.InventoriesInterest.selector, bodies[0], bodies[0]));
    }

    function test_assure_isAboutTheInventoryThatStands() public {
        InventoryAssurance memory a = _assurance(inventory);
        Inventory memory again = _restated(_inventory());
        _submit(again);
        _refused(a, abi.encodeWithSelector(IInventories.InventoriesNotStanding.selector, a.inventory, _hash(again)));
        a = _assurance(again);
        a.inventory = keccak256("another");
        _refused(a, abi.encodeWithSelector(IInventories.InventoriesNotStanding.selector, a.inventory, _hash(again)));
        (a.year, a.version, a.inventory) = (YEAR + 1, 0, 0);
        _refused(a, abi.encodeWithSelector(IInventories.InventoriesNotStanding.selector, bytes32(0), bytes32(0)));
    }

    function test_assure_isOnce() public {
        _assure(_assurance(inventory));
        _refused(
            _assurance(inventory),
            abi.encodeWithSelector(IInventories.InventoriesAssured.selector, emitter, YEAR, uint8(1))
        );
    }

    function test_aRestatement_isNotAssured() public {
        _assure(_assurance(inventory));
        Inventory memory again = _restated(_inventory());
        _submit(again);
        assertEq(_record(again).assuredAt, 0);
        assertEq(_record(inventory).scope1Level, 2);
    }

    function test_assure_namesLevelsAndMateriality() public {
        InventoryAssurance memory a = _assurance(inventory);
        (a.scope1Level, a.scope2Level) = (0, 0);
        _refused(a, _levels(a));
        a.scope3Level = 3;
        _refused(a, _levels(a));
        a = _assurance(inventory);
        a.materialityPpm = WHOLE + 1;
        _refused(a, _levels(a));
    }

    function _levels(InventoryAssurance memory a) private pure returns (bytes memory) {
        return abi.encodeWithSelector(
            IInventories.InventoriesLevels.selector, a.scope1Level, a.scope2Level, a.scope3Level, a.materialityPpm
        );
    }

    function test_assure_bindsTheSignerSet() public {
        InventoryAssurance memory a = _assurance(inventory);
        bytes32 next = _configure();
        _refused(a, abi.encodeWithSelector(IInventories.InventoriesOtherConfig.selector, CHINA, a.configDigest, next));
        (a.scheme, a.configDigest) = (OTHER, 0);
        _refused(a, abi.encodeWithSelector(IInventories.InventoriesOtherConfig.selector, OTHER, bytes32(0), bytes32(0)));
    }

    function test_assure_isSignedAfterTheInventory() public {
        InventoryAssurance memory a = _assurance(inventory);
        a.signedAt -= 1;
        _refused(a, _signedAt(a));
        a.signedAt = type(uint64).max;
        _refused(a, _signedAt(a));
    }

    function _signedAt(InventoryAssurance memory a) private view returns (bytes memory) {
        return abi.encodeWithSelector(
            IInventories.InventoriesSignedAt.selector,
            uint256(a.signedAt),
            uint256(inventory.signedAt),
            block.timestamp + 5 minutes
        );
    }
}
