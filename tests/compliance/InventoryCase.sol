// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {MessageHashUtils} from "@openzeppelin/contracts/utils/cryptography/MessageHashUtils.sol";

import {
    BoundaryApproach,
    IInventories,
    Inventory,
    InventoryAssurance,
    InventoryMethod,
    InventoryRecord,
    PlantShare,
    RestatementReason
} from "../../interfaces/compliance/IInventories.sol";
import {Certificate, CertificateAnswer, IRetirementRegistry} from "../../interfaces/compliance/IRetirementRegistry.sol";
import {Determination} from "../../interfaces/evidence/IEmissionsOracle.sol";
import {ParticipantKinds, WalletRights} from "../../interfaces/parties/IParticipants.sol";
import {InstallationId, ParticipantId, UnitId} from "../../interfaces/types/Ids.sol";
import {EvidenceBase} from "../evidence/EvidenceBase.sol";

/// @dev Certificates of retirement as a test sets them.
contract CertificatesDouble {
    mapping(uint256 number => Certificate) private _certificates;
    mapping(uint256 number => CertificateAnswer) public answerOf;

    function set(uint256 number, Certificate calldata certificate_) external {
        _certificates[number] = certificate_;
    }

    function answer(uint256 number, CertificateAnswer given) external {
        answerOf[number] = given;
    }

    function certificate(uint256 number) external view returns (Certificate memory) {
        if (_certificates[number].holder == address(0)) {
            revert IRetirementRegistry.RetirementCertificateUnknown(number);
        }
        return _certificates[number];
    }
}

/// @dev Two organisations with a plant each, whose emissions of 2020 are final, and the means to sign inventories.
abstract contract InventoryCase is EvidenceBase {
    uint32 internal constant WHOLE = 1e6;
    uint40 internal constant PLANT_T = 1_000_001;
    uint32 internal constant FIRST_DAY = 18_262; // 1 January 2020
    uint32 internal constant LAST_DAY = 18_627; //  31 December 2020
    UnitId internal constant CREDIT = UnitId.wrap(2 << 96 | 1 << 80 | 2018 << 64 | 1);
    UnitId internal constant GREEN = UnitId.wrap(4 << 96 | 1 << 80 | 2020 << 64 | 1);

    bytes32 internal constant INVENTORY_TYPE = keccak256(
        "Inventory(uint24 organisation,uint16 year,uint8 version,bytes32 replaces,uint8 reason,uint16 baseYear,uint8 boundary,uint8 method,uint8 gwpSet,uint64 scope1PlantsKg,uint64 scope1OtherKg,uint64 scope2LocationKg,uint64 scope2MarketKg,uint64 electricityWh,uint64 certificatesWh,uint64 otherContractsWh,uint16 scope3Reported,uint64 category1Kg,uint64 category2Kg,uint64 category3Kg,uint64 category4Kg,uint64 category5Kg,uint64 category6Kg,uint64 category7Kg,uint64 category8Kg,uint64 category9Kg,uint64 category10Kg,uint64 category11Kg,uint64 category12Kg,uint64 category13Kg,uint64 category14Kg,uint64 category15Kg,uint64 creditsT,bytes32 plantsHash,bytes32 documentHash,uint64 signedAt)"
    );
    bytes32 internal constant ASSURANCE_TYPE = keccak256(
        "InventoryAssurance(bytes32 inventory,uint24 organisation,uint16 year,uint8 version,uint16 scheme,uint24 body,uint8 scope1Level,uint8 scope2Level,uint8 scope3Level,bool qualified,uint32 materialityPpm,bytes32 configDigest,uint64 signedAt)"
    );

    IInventories internal inventories;
    CertificatesDouble internal certificates;
    bytes32 internal inventoryDomain;
    ParticipantId internal second;
    uint256 internal secondKey;
    address internal secondWallet;
    InstallationId internal secondPlant;

    function setUp() public virtual override {
        super.setUp();
        certificates = new CertificatesDouble();
        inventories =
            IInventories(vm.deployCode("Inventories.sol:Inventories", abi.encode(participants, oracle, certificates)));
        inventoryDomain = _domain("tonne Inventories", address(inventories));
        (second, secondWallet, secondKey) = _participant("second", ParticipantKinds.EMITTER);
        secondPlant = _installation(second, COAL, CAPACITY_KW);
        vm.warp(YEAR_END + 181 days);
        _determine(plant, PLANT_T);
        _determine(secondPlant, 2_000_000);
    }

    /// @dev A final figure of the year.
    function _determine(InstallationId installation, uint40 emissionsT) internal {
        Determination[] memory made = new Determination[](1);
        made[0] = Determination(installation, YEAR, emissionsT, POWER_MWH, 0, keccak256("reason"));
        vm.prank(authority);
        oracle.determine(CHINA, PERIOD, made);
    }

    /* INVENTORY */

    function _plants(InstallationId installation, uint32 sharePpm) internal pure returns (PlantShare[] memory plants) {
        plants = new PlantShare[](1);
        plants[0] = PlantShare(installation, sharePpm);
    }

    function _none() internal pure returns (PlantShare[] memory) {
        return new PlantShare[](0);
    }

    function _own() internal view returns (PlantShare[] memory) {
        return _plants(plant, WHOLE);
    }

    /// @dev The emitter's first inventory of the year, of its plant and an office.
    function _inventory() internal view returns (Inventory memory i) {
        i.organisation = emitter;
        (i.year, i.version, i.baseYear) = (YEAR, 1, 2019);
        (i.boundary, i.method, i.gwpSet) = (BoundaryApproach.OperationalControl, InventoryMethod.GhgProtocol, 6);
        (i.scope1PlantsKg, i.scope1OtherKg) = (uint64(PLANT_T) * 1000, 12_345);
        (i.scope2LocationKg, i.scope2MarketKg) = (500_000, 600_000);
        i.electricityWh = 1e12;
        (i.scope3Reported, i.scope3Kg[0], i.scope3Kg[14]) = (1 | 1 << 5 | 1 << 14, 7_000, 3_000);
        i.plantsHash = keccak256(abi.encode(_own()));
        i.documentHash = keccak256("document");
        i.signedAt = uint64(block.timestamp);
    }

    /// @dev The other organisation's first one.
    function _inventoryOfSecond(PlantShare[] memory plants, uint64 plantsKg)
        internal
        view
        returns (Inventory memory i)
    {
        i = _inventory();
        (i.organisation, i.scope1PlantsKg, i.plantsHash) = (second, plantsKg, keccak256(abi.encode(plants)));
    }

    function _under(BoundaryApproach boundary, Inventory memory i) internal pure returns (Inventory memory) {
        i.boundary = boundary;
        return i;
    }

    function _restated(Inventory memory i) internal view returns (Inventory memory) {
        (i.version, i.reason) = (2, RestatementReason.Error);
        i.replaces = inventories.recordOf(i.organisation, i.year, 1).hash;
        return i;
    }

    function _hash(Inventory memory i) internal pure returns (bytes32) {
        return keccak256(abi.encode(INVENTORY_TYPE, i));
    }

    function _signInventory(uint256 key, bytes32 hash) internal view returns (bytes32 r, bytes32 vs) {
        return vm.signCompact(key, MessageHashUtils.toTypedDataHash(inventoryDomain, hash));
    }

    function _signedBy(uint256 key, Inventory memory i) internal view returns (bytes32[2] memory words) {
        (words[0], words[1]) = _signInventory(key, _hash(i));
    }

    function _keyOf(Inventory memory i) private view returns (uint256) {
        return i.organisation == second ? secondKey : emitterKey;
    }

    function _submit(Inventory memory i) internal {
        _submit(i, _own());
    }

    function _submit(Inventory memory i, PlantShare[] memory plants) internal {
        inventories.submit(i, plants, _signedBy(_keyOf(i), i), new bytes[](0));
    }

    function _refused(Inventory memory i, bytes memory error_) internal {
        _refused(i, _own(), error_);
    }

    function _refused(Inventory memory i, PlantShare[] memory plants, bytes memory error_) internal {
        bytes32[2] memory words = _signedBy(_keyOf(i), i);
        vm.expectRevert(error_);
        inventories.submit(i, plants, words, new bytes[](0));
    }

    function _record(Inventory memory i) internal view returns (InventoryRecord memory) {
        return inventories.recordOf(i.organisation, i.year, i.version);
    }

    function _consent(uint32 sharePpm, BoundaryApproach boundary) internal {
        vm.prank(emitterWallet);
        inventories.consent(plant, YEAR, second, boundary, sharePpm);
    }

    /* CERTIFICATES */

    function _certificate(UnitId unit, uint64 amount) internal view returns (Certificate memory) {
        return Certificate(emitterWallet, unit, amount, uint64(block.timestamp), FIRST_DAY, LAST_DAY, "CN", 0);
    }

    function _claim(uint256 number) internal {
        vm.prank(emitterWallet);
        inventories.claim(YEAR, _one(number));
    }

    function _refusedClaim(uint256 number, bytes memory error_) internal {
        vm.prank(emitterWallet);
        vm.expectRevert(error_);
        inventories.claim(YEAR, _one(number));
    }

    function _one(uint256 number) internal pure returns (uint256[] memory numbers) {
        numbers = new uint256[](1);
        numbers[0] = number;
    }

    /* ASSURANCE */

    /// @dev The first body's statement about the emitter's inventory on record: Scopes 1 and 2.
    function _assurance(Inventory memory i) internal view returns (InventoryAssurance memory) {
        return InventoryAssurance({
            inventory: _hash(i),
            organisation: i.organisation,
            year: i.year,
            version: i.version,
            scheme: CHINA,
            body: bodies[0],
            scope1Level: 2,
            scope2Level: 1,
            scope3Level: 0,
            qualified: false,
            materialityPpm: 50_000,
            configDigest: digest,
            signedAt: uint64(block.timestamp)
        });
    }

    function _signedBy(uint256 leadKey, uint256 reviewerKey, InventoryAssurance memory a)
        internal
        view
        returns (bytes32[4] memory words)
    {
        bytes32 hash = keccak256(abi.encode(ASSURANCE_TYPE, a));
        (words[0], words[1]) = _signInventory(leadKey, hash);
        (words[2], words[3]) = _signInventory(reviewerKey, hash);
    }

    function _assure(InventoryAssurance memory a) internal {
        inventories.assure(a, place[0], place[1], _signedBy(keys[0], keys[1], a), new bytes[](0));
    }

    function _refused(InventoryAssurance memory a, bytes memory error_) internal {
        bytes32[4] memory words = _signedBy(keys[0], keys[1], a);
        vm.expectRevert(error_);
        inventories.assure(a, place[0], place[1], words, new bytes[](0));
    }
}
