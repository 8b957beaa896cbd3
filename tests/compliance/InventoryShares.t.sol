// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {
    BoundaryApproach,
    IInventories,
    Inventory,
    PlantShare,
    RestatementReason,
    ShareHolder
} from "../../interfaces/compliance/IInventories.sol";
import {ParticipantKinds} from "../../interfaces/parties/IParticipants.sol";
import {InstallationId, ParticipantId} from "../../interfaces/types/Ids.sol";
import {InventoryCase} from "./InventoryCase.sol";

/// @dev Scope 1 against the plants' final reports, and a plant between organisations.
contract InventorySharesTest is InventoryCase {
    BoundaryApproach internal constant EQUITY = BoundaryApproach.EquityShare;
    BoundaryApproach internal constant CONTROL = BoundaryApproach.OperationalControl;

    function _share(uint32 sharePpm) private view returns (Inventory memory i, PlantShare[] memory plants) {
        plants = _plants(plant, sharePpm);
        i = _under(EQUITY, _inventoryOfSecond(plants, uint64(uint256(PLANT_T) * sharePpm / 1000)));
    }

    function test_scope1_isWhatFinalReportsGive() public {
        Inventory memory i = _inventory();
        i.scope1PlantsKg -= 1;
        _refused(
            i,
            abi.encodeWithSelector(
                IInventories.InventoriesOtherScope1.selector, uint256(i.scope1PlantsKg), uint256(PLANT_T) * 1000
            )
        );
    }

    function test_scope1_roundsTheSumOfSharesDown() public {
        PlantShare[] memory plants = new PlantShare[](2);
        (plants[0], plants[1]) = (PlantShare(plant, 1), PlantShare(secondPlant, 333_333));
        _consent(1, EQUITY);
        // 1,000.001 kg and 666,666,000 kg
        _submit(_under(EQUITY, _inventoryOfSecond(plants, 666_667_000)), plants);
    }

    function test_scope1_needsAFinalReport() public {
        InstallationId late = _installation(second, COAL, CAPACITY_KW);
        PlantShare[] memory plants = _plants(late, WHOLE);
        _refused(
            _inventoryOfSecond(plants, 0),
            plants,
            abi.encodeWithSelector(IInventories.InventoriesNotVerified.selector, late, YEAR)
        );
    }

    function test_scope1_takesPlantsInRisingOrder() public {
        PlantShare[] memory plants = new PlantShare[](2);
        (plants[0], plants[1]) = (PlantShare(secondPlant, WHOLE), PlantShare(secondPlant, WHOLE));
        _refused(
            _inventoryOfSecond(plants, 4_000_000_000),
            plants,
            abi.encodeWithSelector(IInventories.InventoriesPlantOrder.selector, secondPlant, secondPlant)
        );
    }

    function test_scope1_takes200PlantsAtMost() public {
        PlantShare[] memory plants = new PlantShare[](201);
        _refused(
            _inventoryOfSecond(plants, 0),
            plants,
            abi.encodeWithSelector(IInventories.InventoriesCount.selector, 201, 200)
        );
    }

    function test_shares_areWholeUnderOperationalControl() public {
        PlantShare[] memory plants = _plants(secondPlant, WHOLE - 1);
        _refused(_inventoryOfSecond(plants, 1), plants, _badShare(WHOLE - 1));
        plants = _plants(secondPlant, 0);
        _refused(_under(EQUITY, _inventoryOfSecond(plants, 0)), plants, _badShare(0));
        plants = _plants(secondPlant, WHOLE + 1);
        _refused(_under(EQUITY, _inventoryOfSecond(plants, 1)), plants, _badShare(WHOLE + 1));
    }

    function _badShare(uint32 sharePpm) private view returns (bytes memory) {
        return abi.encodeWithSelector(IInventories.InventoriesShare.selector, secondPlant, sharePpm);
    }

    function test_shares_ofOthersNeedTheOperatorsConsent() public {
        (Inventory memory i, PlantShare[] memory plants) = _share(400_000);
        _refused(i, plants, _noConsent(400_000, 0));
        _consent(399_999, EQUITY);
        _refused(i, plants, _noConsent(400_000, 399_999));
        _consent(WHOLE, CONTROL); // it is for one approach
        _refused(i, plants, _noConsent(400_000, 399_999));
        _consent(400_000, EQUITY);
        _submit(i, plants);
        assertEq(inventories.consentOf(plant, YEAR, second, EQUITY), 400_000);
    }

    function _noConsent(uint32 sharePpm, uint32 consented) private view returns (bytes memory) {
        return abi.encodeWithSelector(IInventories.InventoriesNoConsent.selector, plant, emitter, sharePpm, consented);
    }

    function test_consent_isTheOperatorsAlone() public {
        vm.expectRevert(
            abi.encodeWithSelector(IInventories.InventoriesNotOperator.selector, plant, secondWallet, second)
        );
        vm.prank(secondWallet);
        inventories.consent(plant, YEAR, second, EQUITY, 1);
        vm.expectRevert(abi.encodeWithSelector(IInventories.InventoriesShare.selector, plant, WHOLE + 1));
        _consent(WHOLE + 1, EQUITY);
        vm.expectEmit(address(inventories));
        emit IInventories.ShareConsented(plant, second, YEAR, EQUITY, WHOLE, emitterWallet);
        _consent(WHOLE, EQUITY);
    }

    function test_aTonne_isInOneScope1OfAnApproach() public {
        (Inventory memory i, PlantShare[] memory plants) = _share(400_000);
        _consent(WHOLE, EQUITY);
        _submit(i, plants);
        Inventory memory own = _under(EQUITY, _inventory());
        _refused(own, abi.encodeWithSelector(IInventories.InventoriesCountedTwice.selector, plant, YEAR, 1_400_000));

        plants = _plants(plant, 600_000);
        (own.scope1PlantsKg, own.plantsHash) = (600_000_600, keccak256(abi.encode(plants)));
        _submit(own, plants);
        ShareHolder[] memory holders = inventories.sharesOf(plant, YEAR, EQUITY);
        assertEq(holders.length, 2);
        assertTrue(holders[0].organisation == second && holders[1].organisation == emitter);
        assertEq(holders[0].sharePpm + holders[1].sharePpm, WHOLE);
    }

    function test_aTonne_underTwoApproachesIsShown() public {
        (Inventory memory i, PlantShare[] memory plants) = _share(400_000);
        _consent(400_000, EQUITY);
        _submit(i, plants);
        _submit(_inventory());
        assertEq(inventories.sharesOf(plant, YEAR, EQUITY)[0].sharePpm, 400_000);
        assertEq(inventories.sharesOf(plant, YEAR, CONTROL)[0].sharePpm, WHOLE);
    }

    function test_aRestatement_freesWhatItDoesNotNameAgain() public {
        (Inventory memory i, PlantShare[] memory plants) = _share(400_000);
        _consent(400_000, EQUITY);
        _submit(i, plants);
        PlantShare[] memory none = _none();
        Inventory memory again = _restated(_under(EQUITY, _inventoryOfSecond(none, 0)));
        _submit(again, none);
        assertEq(inventories.sharesOf(plant, YEAR, EQUITY).length, 0);
        _submit(_under(EQUITY, _inventory()));
        ShareHolder[] memory holders = inventories.sharesOf(plant, YEAR, EQUITY);
        assertEq(holders.length, 1);
        assertTrue(holders[0].organisation == emitter);
    }

    function test_aRestatement_takesThePlaceOfItsOwnShare() public {
        _submit(_inventory());
        _submit(_restated(_inventory()));
        ShareHolder[] memory holders = inventories.sharesOf(plant, YEAR, CONTROL);
        assertEq(holders.length, 1);
        assertEq(holders[0].version, 2);
    }

    /// @dev Two organisations restate a share in one plant in any order; a plain sum says which are refused.
    function testFuzz_shares_followAPlainSum(bool[8] calldata own, uint32[8] calldata shares) public {
        _consent(WHOLE, EQUITY);
        uint256[2] memory standing;
        uint8[2] memory versions;
        for (uint256 n = 0; n < 8; ++n) {
            (uint256 who, uint256 other) = own[n] ? (0, 1) : (1, 0);
            uint32 share = uint32(bound(shares[n], 1, WHOLE));
            (Inventory memory i, PlantShare[] memory plants) = _share(share);
            if (own[n]) i.organisation = emitter;
            if (versions[who] != 0) {
                (i.version, i.reason) = (versions[who] + 1, RestatementReason.Structure);
                i.replaces = inventories.recordOf(i.organisation, YEAR, versions[who]).hash;
            }
            if (standing[other] + share > WHOLE) {
                uint256 sum = standing[other] + share;
                _refused(
                    i, plants, abi.encodeWithSelector(IInventories.InventoriesCountedTwice.selector, plant, YEAR, sum)
                );
                continue;
            }
            _submit(i, plants);
            (standing[who], versions[who]) = (share, versions[who] + 1);
            uint256 counted = 0;
            ShareHolder[] memory holders = inventories.sharesOf(plant, YEAR, EQUITY);
            for (uint256 h = 0; h < holders.length; ++h) {
                counted += holders[h].sharePpm;
            }
            assertEq(counted, standing[0] + standing[1]);
        }
    }

    function test_aPlant_hasTwentyHoldersAtMost() public {
        PlantShare[] memory plants = _plants(plant, 1);
        Inventory memory i = _under(EQUITY, _inventoryOfSecond(plants, 1000));
        for (uint256 n = 0; n < 21; ++n) {
            address wallet;
            uint256 key;
            (i.organisation, wallet, key) =
                _participant(string.concat("holder ", vm.toString(n)), ParticipantKinds.TRADER);
            vm.prank(emitterWallet);
            inventories.consent(plant, YEAR, i.organisation, EQUITY, 1);
            bytes32[2] memory words = _signedBy(key, i);
            if (n == 20) {
                vm.expectRevert(abi.encodeWithSelector(IInventories.InventoriesTooManyHolders.selector, plant, 20));
            }
            inventories.submit(i, plants, words, new bytes[](0));
        }
    }
}
