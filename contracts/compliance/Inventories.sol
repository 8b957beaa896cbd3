// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {EIP712} from "@openzeppelin/contracts/utils/cryptography/EIP712.sol";

import {
    ClaimedTotals,
    IInventories,
    Inventory,
    InventoryAssurance,
    InventoryRecord,
    PlantShare
} from "../../interfaces/compliance/IInventories.sol";
import {IRetirementRegistry} from "../../interfaces/compliance/IRetirementRegistry.sol";
import {IEmissionsReports} from "../../interfaces/evidence/IEmissionsOracle.sol";
import {IWalletSource} from "../../interfaces/parties/IWalletSource.sol";
import {IReporterSource} from "../../interfaces/rules/IReportSources.sol";
import {ParticipantId} from "../../interfaces/types/Ids.sol";
import {OracleConfigLib} from "../evidence/lib/OracleConfigLib.sol";
import {CodeWords} from "../lib/CodeWords.sol";
import {ReportingYear} from "../lib/ReportingYear.sol";
import {Signatures} from "../lib/Signatures.sol";
import {SignerSet, SignerWord} from "../lib/SignerSet.sol";
import {InventoryClaims} from "./InventoryClaims.sol";
import {InventoryFigures} from "./lib/InventoryFigures.sol";
import {InventoryShares} from "./InventoryShares.sol";

/// @title Inventories
/// @notice Inventories of organisations beside regulated plants; see {IInventories}.
/// @dev Members of the signed structs are words without length, so that their ABI encoding is what EIP-712 hashes.
/// @dev Assumes that the contracts below are this project's own.
contract Inventories is InventoryShares, InventoryClaims, EIP712 {
    bytes32 private constant INVENTORY_TYPEHASH = keccak256(
        "Inventory(uint24 organisation,uint16 year,uint8 version,bytes32 replaces,uint8 reason,uint16 baseYear,uint8 boundary,uint8 method,uint8 gwpSet,uint64 scope1PlantsKg,uint64 scope1OtherKg,uint64 scope2LocationKg,uint64 scope2MarketKg,uint64 electricityWh,uint64 certificatesWh,uint64 otherContractsWh,uint16 scope3Reported,uint64 category1Kg,uint64 category2Kg,uint64 category3Kg,uint64 category4Kg,uint64 category5Kg,uint64 category6Kg,uint64 category7Kg,uint64 category8Kg,uint64 category9Kg,uint64 category10Kg,uint64 category11Kg,uint64 category12Kg,uint64 category13Kg,uint64 category14Kg,uint64 category15Kg,uint64 creditsT,bytes32 plantsHash,bytes32 documentHash,uint64 signedAt)"
    );
    bytes32 private constant ASSURANCE_TYPEHASH = keccak256(
        "InventoryAssurance(bytes32 inventory,uint24 organisation,uint16 year,uint8 version,uint16 scheme,uint24 body,uint8 scope1Level,uint8 scope2Level,uint8 scope3Level,bool qualified,uint32 materialityPpm,bytes32 configDigest,uint64 signedAt)"
    );
    /// @dev So much earlier than in UTC a year ends where it ends first.
    uint256 private constant EARLIEST = 14 hours;
    uint256 private constant MAX_SKEW = 5 minutes;
    uint8 private constant REASONABLE = 2;
    uint32 private constant WHOLE = 1e6; // [ppm]

    /// @dev By version. Three slots; see {InventoryRecord}.
    mapping(ParticipantId organisation => mapping(uint16 year => mapping(uint8 => InventoryRecord))) private _records;

    constructor(IReporterSource participants, IEmissionsReports emissions, IRetirementRegistry retirements)
        InventoryShares(participants, emissions)
        InventoryClaims(retirements)
        EIP712("tonne Inventories", "1")
    {}

    /* INVENTORY */

    /// @inheritdoc IInventories
    function submit(
        Inventory calldata inventory,
        PlantShare[] calldata plants,
        bytes32[2] calldata signature,
        bytes[] calldata contractSignatures
    ) external {
        InventoryFigures.checkTerms(inventory);
        uint256 over = ReportingYear.start(uint256(inventory.year) + 1) - EARLIEST; // base years begin in 1990
        _checkSignedAt(inventory.signedAt, over);
        _checkNext(inventory);
        bytes32 given = keccak256(abi.encode(plants));
        if (given != inventory.plantsHash) revert InventoriesOtherPlants(inventory.plantsHash, given);

        bytes32 hash = keccak256(abi.encode(INVENTORY_TYPEHASH, inventory));
        address signer = Signatures.signerOf(_hashTypedDataV4(hash), signature[0], signature[1], contractSignatures);
        ParticipantId reporter = _reporter(signer);
        if (reporter != inventory.organisation) revert InventoriesNotReporter(signer, reporter, 0);
        _checkAgainstChain(inventory, plants);
        _record(inventory, hash);
        emit InventorySubmitted(inventory.organisation, inventory.year, hash, inventory, plants, signer);
    }

    /// @dev The plants' reports, and what was claimed for the year.
    function _checkAgainstChain(Inventory calldata i, PlantShare[] calldata plants) private {
        uint256 plantsKg = _countPlants(i, plants);
        if (plantsKg != i.scope1PlantsKg) revert InventoriesOtherScope1(i.scope1PlantsKg, plantsKg);
        InventoryFigures.checkScope2(i);
        ClaimedTotals memory claimed = claimedOf(i.organisation, i.year);
        if (i.certificatesWh != claimed.certificatesWh || i.creditsT != claimed.creditsT) {
            revert InventoriesOtherClaims(i.certificatesWh, claimed.certificatesWh, i.creditsT, claimed.creditsT);
        }
    }

    function _checkNext(Inventory calldata i) private view {
        uint8 standing = _versions[i.organisation][i.year];
        bytes32 hash = _records[i.organisation][i.year][standing].hash; // version 0: none
        if (i.version != standing + 1 || i.replaces != hash) {
            revert InventoriesWrongVersion(i.version, standing + 1, i.replaces, hash);
        }
    }

    function _record(Inventory calldata i, bytes32 hash) private {
        InventoryRecord storage kept = _records[i.organisation][i.year][i.version];
        kept.hash = hash;
        (kept.scope1Kg, kept.scope3Kg) = (InventoryFigures.scope1Of(i), InventoryFigures.scope3Of(i));
        (kept.scope2LocationKg, kept.scope2MarketKg) = (i.scope2LocationKg, i.scope2MarketKg);
        // Times fit 40 bits: compared with the block's.
        (kept.signedAt, kept.submittedAt) = (uint40(i.signedAt), uint40(block.timestamp));
        kept.boundary = i.boundary;
        _versions[i.organisation][i.year] = i.version;
    }

    /* ASSURANCE */

    /// @inheritdoc IInventories
    function assure(
        InventoryAssurance calldata assurance,
        uint8 lead,
        uint8 reviewer,
        bytes32[4] calldata signatures,
        bytes[] calldata contractSignatures
    ) external {
        _checkLevels(assurance);
        InventoryRecord storage kept = _standing(assurance);
        _checkSignedAt(assurance.signedAt, kept.signedAt);
        if (_isInterested(assurance)) revert InventoriesInterest(assurance.body, assurance.organisation);

        _checkPersons(assurance, lead, reviewer, signatures, contractSignatures);
        kept.assuredAt = uint40(block.timestamp); // 40 bits of seconds last 34,000 years
        (kept.body, kept.scheme) = (assurance.body, assurance.scheme);
        (kept.scope1Level, kept.scope2Level, kept.scope3Level) =
        (assurance.scope1Level, assurance.scope2Level, assurance.scope3Level);
        (kept.qualified, kept.materialityPpm) = (assurance.qualified, assurance.materialityPpm);
        emit InventoryAssured(assurance.organisation, assurance.year, assurance.inventory, assurance, lead, reviewer);
    }

    function _checkLevels(InventoryAssurance calldata a) private pure {
        bool known = a.scope1Level <= REASONABLE && a.scope2Level <= REASONABLE && a.scope3Level <= REASONABLE;
        bool any = a.scope1Level | a.scope2Level | a.scope3Level != 0;
        if (!known || !any || a.materialityPpm > WHOLE) {
            revert InventoriesLevels(a.scope1Level, a.scope2Level, a.scope3Level, a.materialityPpm);
        }
    }

    /// @dev The record a statement is about: the one that stands, without assurance.
    function _standing(InventoryAssurance calldata a) private view returns (InventoryRecord storage kept) {
        uint8 version = _versions[a.organisation][a.year];
        kept = _records[a.organisation][a.year][version];
        if (a.version != version || a.inventory != kept.hash || version == 0) {
            revert InventoriesNotStanding(a.inventory, kept.hash);
        }
        if (kept.assuredAt != 0) revert InventoriesAssured(a.organisation, a.year, version);
    }

    function _isInterested(InventoryAssurance calldata a) private view returns (bool) {
        if (a.body == a.organisation || EMISSIONS.hasInterest(a.scheme, a.body, a.organisation)) return true;
        uint24 group = PARTICIPANTS.participant(a.organisation).group;
        return group != 0 && group == PARTICIPANTS.participant(a.body).group;
    }

    /// @dev Lead and reviewer of the body, accredited under the scheme for any scope.
    function _checkPersons(
        InventoryAssurance calldata a,
        uint8 lead,
        uint8 reviewer,
        bytes32[4] calldata signatures,
        bytes[] calldata contractSignatures
    ) private {
        (, bytes32 digest, address pointer) = EMISSIONS.configOf(a.scheme);
        if (digest == 0 || a.configDigest != digest) revert InventoriesOtherConfig(a.scheme, a.configDigest, digest);
        uint256[] memory words = CodeWords.load(pointer);
        uint256 first = OracleConfigLib.firstSigner(words[OracleConfigLib.RULES]);
        (SignerWord leads, SignerWord reviews) = SignerSet.pair(words, first, lead, reviewer, 0, a.signedAt);
        if (SignerSet.bodyOf(leads) != a.body) {
            revert SignerSet.SignersWrongBody(lead, SignerSet.bodyOf(leads), a.body);
        }
        bytes32 toSign = _hashTypedDataV4(keccak256(abi.encode(ASSURANCE_TYPEHASH, a)));
        SignerSet.requireSigned(leads, lead, toSign, signatures[0], signatures[1], contractSignatures);
        SignerSet.requireSigned(reviews, reviewer, toSign, signatures[2], signatures[3], contractSignatures);
    }

    /* VIEWS */

    /// @inheritdoc IInventories
    function recordOf(ParticipantId organisation, uint16 year, uint8 version)
        external
        view
        returns (InventoryRecord memory)
    {
        return _records[organisation][year][version];
    }

    /// @inheritdoc IInventories
    function versionOf(ParticipantId organisation, uint16 year) external view returns (uint8) {
        return _versions[organisation][year];
    }

    /* INSIDE */

    function _checkSignedAt(uint256 signedAt, uint256 earliest) private view {
        uint256 latest = block.timestamp + MAX_SKEW;
        if (signedAt < earliest || signedAt > latest) revert InventoriesSignedAt(signedAt, earliest, latest);
    }

    function _wallets() internal view override returns (IWalletSource) {
        return PARTICIPANTS;
    }
}
