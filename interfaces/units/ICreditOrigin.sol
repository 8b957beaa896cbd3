// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {UnitId} from "../types/Ids.sol";
import {Activity, MethodologyId, ProjectId, ProjectKind} from "../evidence/IProjects.sol";

/// @dev Properties of a batch that eligibility rules look at, besides the vintage in its id.
struct Traits {
    Activity activity;
    ProjectKind kind;
    uint16 hostCountry; // ISO 3166-1 numeric
    MethodologyId methodology; // 0 when it is not registered in Projects
}

/// @title ICreditOrigin
/// @notice Origin of the batches of a contract that issues offset credits.
interface ICreditOrigin {
    /// @notice The traits of a batch; reverts when the batch is not of this issuer.
    function traitsOf(UnitId id) external view returns (Traits memory);

    /// @notice The project of a batch; 0 when it is not registered in Projects. Reverts like {traitsOf}.
    function projectOf(UnitId id) external view returns (ProjectId);
}
