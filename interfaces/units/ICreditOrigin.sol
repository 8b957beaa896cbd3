// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {UnitId} from "../types/Ids.sol";
import {Activity, MethodologyId, ProjectId, ProjectKind} from "../evidence/IProjects.sol";

/// @dev What the rules of a scheme ask about a batch, besides the vintage, which its id says.
struct Traits {
    Activity activity;
    ProjectKind kind;
    uint16 hostCountry; // ISO 3166-1 numeric
    MethodologyId methodology; // 0 when it is none of those in Projects
}

/// @title ICreditOrigin
/// @notice What each contract that issues offset credits answers about a batch of its own.
interface ICreditOrigin {
    /// @notice The traits of a batch; reverts when the batch is not of this issuer.
    function traitsOf(UnitId id) external view returns (Traits memory);

    /// @notice The project of Projects behind a batch; 0 when it is none of those. Reverts like {traitsOf}.
    function projectOf(UnitId id) external view returns (ProjectId);
}
