// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {IContractSigned} from "../types/IContractSigned.sol";
import {InstallationId, ParticipantId, SchemeId, UnitId} from "../types/Ids.sol";

/// @dev Organisational boundary (GHG Protocol Corporate Standard, chapter 3): whose emissions an organisation counts.
enum BoundaryApproach {
    None,
    EquityShare,
    FinancialControl,
    OperationalControl
}

/// @dev Standard by which an inventory was worked out.
enum InventoryMethod {
    None,
    GhgProtocol, // Corporate Standard, Scope 2 Guidance, Scope 3 Standard
    Iso14064, //    ISO 14064-1
    National //     rules of the country
}

/// @dev Why an inventory takes the place of another (GHG Protocol Corporate Standard, chapter 5).
enum RestatementReason {
    None, //      it takes the place of none
    Structure, // mergers, sales, outsourcing
    Method, //    other methods or factors
    Error,
    Data //       better data
}

/// @dev An organisation's inventory of one calendar year, as it is signed. Masses [kg CO2e]; credits stand beside them and are
/// subtracted from none.
struct Inventory {
    ParticipantId organisation;
    uint16 year;
    uint8 version; //           1 for the first, one more for each restatement
    bytes32 replaces; //        struct hash of the version before; 0 for the first
    RestatementReason reason; // none for the first
    uint16 baseYear;
    BoundaryApproach boundary;
    InventoryMethod method;
    uint8 gwpSet; //            assessment report of the IPCC the global warming potentials are from: 4, 5 or 6
    uint64 scope1PlantsKg; //   of the plants named, by their final reports
    uint64 scope1OtherKg; //    of sources without a report on chain
    uint64 scope2LocationKg;
    uint64 scope2MarketKg;
    uint64 electricityWh; //    bought and used [Wh]
    uint64 certificatesWh; //   covered by certificates that were claimed for it here [Wh]
    uint64 otherContractsWh; // covered by contracts and certificates that are not on this chain [Wh]
    uint16 scope3Reported; //   bit c - 1: category c is reported; a category that is not has 0 kg
    uint64[15] scope3Kg; //     categories 1 to 15 of the GHG Protocol; signed as fifteen fields
    uint64 creditsT; //         retired credits that were claimed for it here [t]
    bytes32 plantsHash; //      keccak256(abi.encode(plants))
    bytes32 documentHash; //    of the report with the words
    uint64 signedAt; //         [s]
}

/// @dev A plant whose emissions are in an organisation's Scope 1, and the share of them.
struct PlantShare {
    InstallationId installation;
    uint32 sharePpm; // [ppm]
}

/// @dev A verification body's statement about an inventory; lead verifier and reviewer sign the same.
struct InventoryAssurance {
    bytes32 inventory; //     struct hash
    ParticipantId organisation;
    uint16 year;
    uint8 version;
    SchemeId scheme; //       under whose accreditation
    ParticipantId body;
    uint8 scope1Level; //     0 not assured, 1 limited, 2 reasonable
    uint8 scope2Level;
    uint8 scope3Level;
    bool qualified;
    uint32 materialityPpm; // [ppm]
    bytes32 configDigest; //  of the scheme's signer set, see {IEmissionsOracle}
    uint64 signedAt; //       [s]
}

/// @dev An inventory on record; an empty comment marks each slot boundary.
struct InventoryRecord {
    bytes32 hash; //          struct hash; 0 none
    //
    uint64 scope1Kg; //       [kg CO2e]
    uint64 scope2LocationKg;
    uint64 scope2MarketKg;
    uint64 scope3Kg; //       of the categories reported
    //
    uint40 signedAt; //       [s]
    uint40 submittedAt; //    [s]
    uint40 assuredAt; //      [s]; 0 without assurance
    ParticipantId body;
    SchemeId scheme;
    BoundaryApproach boundary;
    uint8 scope1Level;
    uint8 scope2Level;
    uint8 scope3Level;
    bool qualified;
    uint32 materialityPpm;
}

/// @dev An organisation's share in a plant's emissions of a year, as its inventory on record has it.
struct ShareHolder {
    ParticipantId organisation;
    uint8 version; //   of the inventory
    uint32 sharePpm; // [ppm]
}

/// @dev What an organisation has claimed for its inventory of a year.
struct ClaimedTotals {
    uint64 certificatesWh; // [Wh]
    uint64 creditsT; //       [t]
}

/// @title IInventories
/// @notice Greenhouse gas inventories of organisations: signed, checked against this chain, assured, and restated in the open.
/// @dev EIP-712, domain "tonne Inventories" version "1" with chain id and this contract. A wallet with the right to report
/// signs
///
/// `Inventory(uint24 organisation,uint16 year,uint8 version,bytes32 replaces,uint8 reason,uint16 baseYear,uint8 boundary,
/// uint8 method,uint8 gwpSet,uint64 scope1PlantsKg,uint64 scope1OtherKg,uint64 scope2LocationKg,uint64 scope2MarketKg,
/// uint64 electricityWh,uint64 certificatesWh,uint64 otherContractsWh,uint16 scope3Reported,uint64 category1Kg,
/// uint64 category2Kg, …, uint64 category15Kg,uint64 creditsT,bytes32 plantsHash,bytes32 documentHash,uint64 signedAt)`
///
/// and lead verifier and reviewer of a body sign the same
///
/// `InventoryAssurance(bytes32 inventory,uint24 organisation,uint16 year,uint8 version,uint16 scheme,uint24 body,
/// uint8 scope1Level,uint8 scope2Level,uint8 scope3Level,bool qualified,uint32 materialityPpm,bytes32 configDigest,
/// uint64 signedAt)`.
///
/// Any account submits: the signatures are the authority. Inventories of one boundary approach can be added up: no plant is
/// counted for more than the whole in them. Under another approach a tonne can be in a second organisation's Scope 1, as
/// the GHG Protocol has it; {sharesOf} shows it.
///
/// A certificate of retirement is claimed for one inventory, for ever.
interface IInventories is IContractSigned {
    /// @notice Emitted when the operator of a plant consents that an organisation counts a share of its emissions; 0 ends it
    /// for versions to come.
    event ShareConsented(
        InstallationId indexed installation,
        ParticipantId indexed organisation,
        uint16 indexed year,
        BoundaryApproach boundary,
        uint32 sharePpm,
        address wallet
    );

    /// @notice Emitted when an organisation claims certificates of retirement for its inventory of a year.
    /// @param certificatesWh claimed so far [Wh]
    /// @param creditsT claimed so far [t]
    event CertificatesClaimed(
        ParticipantId indexed organisation,
        uint16 indexed year,
        uint256[] numbers,
        uint64 certificatesWh,
        uint64 creditsT,
        address wallet
    );

    /// @notice Emitted for each inventory, first or restated.
    /// @param signer the organisation's wallet that signed
    event InventorySubmitted(
        ParticipantId indexed organisation,
        uint16 indexed year,
        bytes32 indexed hash,
        Inventory inventory,
        PlantShare[] plants,
        address signer
    );

    /// @notice Emitted when a verification body's statement is put on record.
    /// @param lead place of the lead verifier in the signer set
    /// @param reviewer place of the reviewer
    event InventoryAssured(
        ParticipantId indexed organisation,
        uint16 indexed year,
        bytes32 indexed hash,
        InventoryAssurance assurance,
        uint8 lead,
        uint8 reviewer
    );

    /// @notice Thrown when the wallet has no right to report for the organisation, or the organisation is not active.
    /// Remedy: use a wallet of it with the right REPORT.
    error InventoriesNotReporter(address wallet, ParticipantId participant, uint8 rights);
    /// @notice Thrown when a wallet that consents has no right to manage for the plant's operator.
    error InventoriesNotOperator(InstallationId installation, address wallet, ParticipantId participant);
    /// @notice Thrown when a version is not the one that comes next, or does not name the hash of the one before. Remedy: see
    /// the record and sign for its version plus 1.
    error InventoriesWrongVersion(uint8 version, uint8 expected, bytes32 replaces, bytes32 standing);
    /// @notice Thrown when a first version gives a reason, or a restatement none.
    error InventoriesReason(uint8 version, RestatementReason reason);
    /// @notice Thrown when the year is not over, or the base year is before 1990 or after the year.
    error InventoriesYear(uint16 year, uint16 baseYear);
    /// @notice Thrown when boundary or method are missing, or the set of global warming potentials is none of 4, 5 and 6.
    error InventoriesBasis(BoundaryApproach boundary, InventoryMethod method, uint8 gwpSet);
    /// @notice Thrown when something was signed before its year was over, in the future, or before what it is about [s].
    error InventoriesSignedAt(uint256 signedAt, uint256 earliest, uint256 latest);
    /// @notice Thrown when the plants are not those that were signed. Remedy: give them in the order of the signed file.
    error InventoriesOtherPlants(bytes32 signed, bytes32 given);
    /// @notice Thrown when a call has more items than allowed, or none.
    error InventoriesCount(uint256 count, uint256 most);
    /// @notice Thrown when plants are not in strictly rising order of their numbers.
    error InventoriesPlantOrder(InstallationId installation, InstallationId previous);
    /// @notice Thrown when a share is 0, above the whole, or not the whole under operational control [ppm].
    error InventoriesShare(InstallationId installation, uint32 sharePpm);
    /// @notice Thrown when the plant's operator has not consented to such a share [ppm]. Remedy: `tonne inventory consent`, by the
    /// operator.
    error InventoriesNoConsent(InstallationId installation, ParticipantId operator, uint32 sharePpm, uint32 consented);
    /// @notice Thrown when a plant has no final report of the year.
    error InventoriesNotVerified(InstallationId installation, uint16 year);
    /// @notice Thrown when organisations of one boundary approach would count more than the whole of a plant [ppm].
    error InventoriesCountedTwice(InstallationId installation, uint16 year, uint256 sharesPpm);
    /// @notice Thrown when too many organisations share a plant.
    error InventoriesTooManyHolders(InstallationId installation, uint256 most);
    /// @notice Thrown when Scope 1 of the plants is not what their final reports give by the shares [kg CO2e].
    error InventoriesOtherScope1(uint256 given, uint256 reported);
    /// @notice Thrown when a total does not fit 64 bits.
    error InventoriesTooLarge(uint256 total);
    /// @notice Thrown when the market-based figure is lower than the electricity covered allows, at 2 kg/kWh [kg CO2e].
    /// Remedy: claim the certificates that it rests on, `tonne inventory claim`, or state what other contracts cover.
    error InventoriesBeyondCovered(uint64 marketKg, uint256 leastKg);
    /// @notice Thrown when more electricity is covered than was used [Wh].
    error InventoriesBeyondElectricity(uint256 coveredWh, uint64 electricityWh);
    /// @notice Thrown when an inventory states other claims than the organisation has made here for its year.
    error InventoriesOtherClaims(uint64 certificatesWh, uint64 claimedWh, uint64 creditsT, uint64 claimedT);
    /// @notice Thrown when a category is unknown, or has a mass and is not reported.
    error InventoriesCategory(uint256 category);
    /// @notice Thrown when a certificate's holder is no wallet of the organisation.
    error InventoriesForeignCertificate(uint256 number, address holder, ParticipantId participant);
    /// @notice Thrown when the holder declined a certificate.
    error InventoriesDeclined(uint256 number);
    /// @notice Thrown when a certificate is claimed already.
    error InventoriesClaimed(uint256 number, ParticipantId organisation, uint16 year);
    /// @notice Thrown when a certificate is neither of credits nor of renewable electricity.
    error InventoriesOtherUnit(uint256 number, UnitId unit);
    /// @notice Thrown when a certificate is for other days, or its electricity of another year.
    error InventoriesOtherPeriod(uint256 number, uint32 periodStart, uint32 periodEnd, uint16 year);
    /// @notice Thrown when a statement is not about the inventory that stands.
    error InventoriesNotStanding(bytes32 inventory, bytes32 standing);
    /// @notice Thrown when an inventory is assured already.
    error InventoriesAssured(ParticipantId organisation, uint16 year, uint8 version);
    /// @notice Thrown when no scope is assured, a level is unknown, or materiality is above the whole [ppm].
    error InventoriesLevels(uint8 scope1Level, uint8 scope2Level, uint8 scope3Level, uint32 materialityPpm);
    /// @notice Thrown when a statement names another configuration than the scheme's. Remedy: sign it anew.
    error InventoriesOtherConfig(SchemeId scheme, bytes32 given, bytes32 standing);
    /// @notice Thrown when the body is the organisation, is of its group, or has an interest in it.
    error InventoriesInterest(ParticipantId body, ParticipantId organisation);

    /// @notice Consents that an organisation counts a share of a plant's emissions of a year. Caller: wallet of its operator with
    /// MANAGE.
    /// @dev An operator needs no consent for its own inventory.
    function consent(
        InstallationId installation,
        uint16 year,
        ParticipantId organisation,
        BoundaryApproach boundary,
        uint32 sharePpm
    ) external;

    /// @notice Claims certificates of retirement for the inventory of a year, at most 200. Caller: wallet with REPORT of the
    /// active participant that holds them.
    /// @dev Renewable electricity must be of the year, a credit's certificate for days of it.
    function claim(uint16 year, uint256[] calldata numbers) external;

    /// @notice Puts an inventory on record, the first or a restatement. Caller: any account.
    /// @param plants at most 200, in rising order of their numbers
    /// @param signature two words, as in {IEmissionsOracle}: the word of a contract is its address, and the complement of its place below
    /// @param contractSignatures of wallets that are contracts (ERC-1271)
    function submit(
        Inventory calldata inventory,
        PlantShare[] calldata plants,
        bytes32[2] calldata signature,
        bytes[] calldata contractSignatures
    ) external;

    /// @notice Puts a body's statement about the inventory that stands on record. Caller: any account.
    /// @param lead place of the lead verifier in the scheme's signer set
    /// @param reviewer place of the reviewer
    /// @param signatures two words of the lead, two of the reviewer
    /// @dev Faults of a person or a signature revert with the errors of {SignerSet} and {Signatures}.
    function assure(
        InventoryAssurance calldata assurance,
        uint8 lead,
        uint8 reviewer,
        bytes32[4] calldata signatures,
        bytes[] calldata contractSignatures
    ) external;

    /// @notice An inventory on record; all zero when there is none.
    function recordOf(ParticipantId organisation, uint16 year, uint8 version)
        external
        view
        returns (InventoryRecord memory);

    /// @notice The version that stands; 0 none.
    function versionOf(ParticipantId organisation, uint16 year) external view returns (uint8);

    /// @notice What an organisation has claimed for its inventory of a year.
    function claimedOf(ParticipantId organisation, uint16 year) external view returns (ClaimedTotals memory);

    /// @notice For which inventory a certificate is claimed; all zero for none.
    function claimOf(uint256 number) external view returns (ParticipantId organisation, uint16 year);

    /// @notice Who counts how much of a plant's emissions of a year, by inventories that stand.
    function sharesOf(InstallationId installation, uint16 year, BoundaryApproach boundary)
        external
        view
        returns (ShareHolder[] memory);

    /// @notice The share [ppm] to which a plant's operator has consented.
    function consentOf(InstallationId installation, uint16 year, ParticipantId organisation, BoundaryApproach boundary)
        external
        view
        returns (uint32);
}
