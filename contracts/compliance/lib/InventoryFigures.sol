// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {
    BoundaryApproach,
    IInventories,
    Inventory,
    InventoryMethod,
    RestatementReason
} from "../../../interfaces/compliance/IInventories.sol";

/// @title InventoryFigures
/// @notice What an inventory's figures must keep to by themselves, whatever else is on the chain.
library InventoryFigures {
    uint256 private constant CATEGORIES = 15;
    uint16 private constant FIRST_BASE_YEAR = 1990;
    uint8 private constant OLDEST_GWP = 4;
    uint8 private constant NEWEST_GWP = 6;
    /// @dev Electricity that emits a kilogram at the dirtiest [Wh]: lignite of 101 kg/GJ (IPCC 2006 Guidelines, volume 2, table
    /// 2.2) burnt at an efficiency of 18 % emits 2 kg/kWh.
    uint256 private constant LEAST_WH_PER_KG = 500;

    /// @notice Reverts unless base year, boundary, method, set of potentials and reason are given and fit.
    function checkTerms(Inventory calldata i) internal pure {
        if (i.baseYear < FIRST_BASE_YEAR || i.baseYear > i.year) {
            revert IInventories.InventoriesYear(i.year, i.baseYear);
        }
        bool named = i.boundary != BoundaryApproach.None && i.method != InventoryMethod.None;
        if (!named || i.gwpSet < OLDEST_GWP || i.gwpSet > NEWEST_GWP) {
            revert IInventories.InventoriesBasis(i.boundary, i.method, i.gwpSet);
        }
        if ((i.reason == RestatementReason.None) != (i.version == 1)) {
            revert IInventories.InventoriesReason(i.version, i.reason);
        }
    }

    /// @notice Reverts unless what is claimed for the market-based figure fits what was used.
    /// @dev Scope 2 Guidance: a market-based figure below the location-based one rests on contracts or certificates, and is
    /// lower by no more than the electricity that they cover can have emitted.
    function checkScope2(Inventory calldata i) internal pure {
        uint256 coveredWh = uint256(i.certificatesWh) + i.otherContractsWh;
        if (coveredWh > i.electricityWh) revert IInventories.InventoriesBeyondElectricity(coveredWh, i.electricityWh);
        uint256 coveredKg = coveredWh / LEAST_WH_PER_KG;
        if (i.scope2MarketKg + coveredKg < i.scope2LocationKg) {
            revert IInventories.InventoriesBeyondCovered(i.scope2MarketKg, i.scope2LocationKg - coveredKg);
        }
    }

    /// @notice Scope 1 [kg CO2e].
    function scope1Of(Inventory calldata i) internal pure returns (uint64) {
        return _fitting(uint256(i.scope1PlantsKg) + i.scope1OtherKg);
    }

    /// @notice Sum of the categories reported [kg CO2e]; reverts where one has a mass and is not reported.
    function scope3Of(Inventory calldata i) internal pure returns (uint64) {
        if (i.scope3Reported >> CATEGORIES != 0) revert IInventories.InventoriesCategory(CATEGORIES + 1);
        uint256 sum = 0;
        for (uint256 c = 0; c < CATEGORIES; ++c) {
            uint64 kg = i.scope3Kg[c];
            if (kg != 0 && i.scope3Reported >> c & 1 == 0) revert IInventories.InventoriesCategory(c + 1);
            sum += kg;
        }
        return _fitting(sum);
    }

    function _fitting(uint256 total) private pure returns (uint64) {
        if (total > type(uint64).max) revert IInventories.InventoriesTooLarge(total);
        return uint64(total); // compared
    }
}
