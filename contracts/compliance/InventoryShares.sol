// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {
    BoundaryApproach,
    IInventories,
    Inventory,
    PlantShare,
    ShareHolder
} from "../../interfaces/compliance/IInventories.sol";
import {IEmissionsReports} from "../../interfaces/evidence/IEmissionsOracle.sol";
import {WalletRights} from "../../interfaces/parties/IParticipants.sol";
import {IReporterSource} from "../../interfaces/rules/IReportSources.sol";
import {InstallationId, ParticipantId} from "../../interfaces/types/Ids.sol";
import {RecordWordLib} from "../types/RecordWordLib.sol";

/// @title InventoryShares
/// @notice Whose Scope 1 the emissions of a plant are in: each tonne once under one boundary approach.
/// @dev A share counts while the inventory it came with stands: a restatement frees what it does not name again.
abstract contract InventoryShares is IInventories {
    uint256 private constant MOST_PLANTS = 200;
    uint256 private constant MOST_HOLDERS = 20;
    uint32 private constant WHOLE = 1e6; // [ppm]
    /// @dev Tonnes times ppm in a kilogram.
    uint256 private constant PPM_TONNES = 1000;
    uint256 private constant BOUNDARY_SHIFT = 48; // above {RecordWordLib-keyOf}

    IReporterSource public immutable PARTICIPANTS;
    IEmissionsReports public immutable EMISSIONS;

    /// @dev Version that stands.
    mapping(ParticipantId organisation => mapping(uint16 year => uint8)) internal _versions;
    mapping(uint256 key => ShareHolder[]) private _holders;
    mapping(uint256 key => mapping(ParticipantId organisation => uint32 sharePpm)) private _consents;

    constructor(IReporterSource participants, IEmissionsReports emissions) {
        PARTICIPANTS = participants;
        EMISSIONS = emissions;
    }

    /// @inheritdoc IInventories
    function consent(
        InstallationId installation,
        uint16 year,
        ParticipantId organisation,
        BoundaryApproach boundary,
        uint32 sharePpm
    ) external {
        (, uint8 rights) = PARTICIPANTS.reporterOf(installation, msg.sender);
        if (rights & WalletRights.MANAGE == 0) {
            (ParticipantId own,,) = PARTICIPANTS.walletOf(msg.sender);
            revert InventoriesNotOperator(installation, msg.sender, own);
        }
        if (sharePpm > WHOLE) revert InventoriesShare(installation, sharePpm);

        _consents[_keyOf(installation, year, boundary)][organisation] = sharePpm;
        emit ShareConsented(installation, organisation, year, boundary, sharePpm, msg.sender);
    }

    /// @dev Counts the plants for an inventory; their emissions by the shares, the sum rounded down [kg].
    function _countPlants(Inventory calldata inventory, PlantShare[] calldata plants) internal returns (uint256) {
        if (plants.length > MOST_PLANTS) revert InventoriesCount(plants.length, MOST_PLANTS);
        uint256 sum = 0;
        InstallationId previous;
        for (uint256 i = 0; i < plants.length; ++i) {
            InstallationId plant = plants[i].installation;
            if (InstallationId.unwrap(plant) <= InstallationId.unwrap(previous)) {
                revert InventoriesPlantOrder(plant, previous);
            }
            previous = plant;
            sum += _countPlant(inventory, plants[i]);
        }
        return sum / PPM_TONNES;
    }

    /// @dev Emissions of one plant by the share [t × 1e-6].
    function _countPlant(Inventory calldata inventory, PlantShare calldata counted) private returns (uint256) {
        _checkShare(inventory, counted);
        (bool isFinal, uint256 emissionsT,,) = EMISSIONS.finalReport(counted.installation, inventory.year);
        if (!isFinal) revert InventoriesNotVerified(counted.installation, inventory.year);
        _hold(inventory, counted);
        return emissionsT * counted.sharePpm;
    }

    function _checkShare(Inventory calldata inventory, PlantShare calldata counted) private view {
        (InstallationId plant, uint32 sharePpm) = (counted.installation, counted.sharePpm);
        bool partly = sharePpm != 0 && sharePpm < WHOLE && inventory.boundary != BoundaryApproach.OperationalControl;
        if (sharePpm != WHOLE && !partly) revert InventoriesShare(plant, sharePpm);
        ParticipantId operator = PARTICIPANTS.installation(plant).operatorOf();
        if (operator == inventory.organisation) return;
        uint32 consented = consentOf(plant, inventory.year, inventory.organisation, inventory.boundary);
        if (sharePpm > consented) revert InventoriesNoConsent(plant, operator, sharePpm, consented);
    }

    /// @dev Takes the place of a share that counts no more, or a new one.
    function _hold(Inventory calldata inventory, PlantShare calldata counted) private {
        ShareHolder[] storage holders = _holders[_keyOf(counted.installation, inventory.year, inventory.boundary)];
        uint256 count = holders.length;
        uint256 place = count;
        uint256 shares = counted.sharePpm;
        for (uint256 i = 0; i < count; ++i) {
            ShareHolder memory other = holders[i];
            if (other.organisation != inventory.organisation && _stands(other, inventory.year)) {
                shares += other.sharePpm;
            } else {
                place = i;
            }
        }
        if (shares > WHOLE) revert InventoriesCountedTwice(counted.installation, inventory.year, shares);
        ShareHolder memory holder = ShareHolder(inventory.organisation, inventory.version, counted.sharePpm);
        if (place < count) {
            holders[place] = holder;
            return;
        }
        if (count == MOST_HOLDERS) revert InventoriesTooManyHolders(counted.installation, MOST_HOLDERS);
        holders.push(holder);
    }

    /// @inheritdoc IInventories
    function sharesOf(InstallationId installation, uint16 year, BoundaryApproach boundary)
        external
        view
        returns (ShareHolder[] memory standing)
    {
        ShareHolder[] memory all = _holders[_keyOf(installation, year, boundary)];
        standing = new ShareHolder[](all.length);
        uint256 count = 0;
        for (uint256 i = 0; i < all.length; ++i) {
            if (_stands(all[i], year)) standing[count++] = all[i];
        }
        assembly ("memory-safe") {
            mstore(standing, count) // no more than its length
        }
    }

    /// @inheritdoc IInventories
    function consentOf(InstallationId installation, uint16 year, ParticipantId organisation, BoundaryApproach boundary)
        public
        view
        returns (uint32)
    {
        return _consents[_keyOf(installation, year, boundary)][organisation];
    }

    function _stands(ShareHolder memory holder, uint16 year) private view returns (bool) {
        return _versions[holder.organisation][year] == holder.version;
    }

    function _keyOf(InstallationId installation, uint16 year, BoundaryApproach boundary)
        private
        pure
        returns (uint256)
    {
        return uint256(boundary) << BOUNDARY_SHIFT | RecordWordLib.keyOf(installation, year);
    }
}
