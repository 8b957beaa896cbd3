// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {UnitId} from "../types/Ids.sol";
import {IUnit1155} from "./IUnit1155.sol";

/// @title IUnitRenderer
/// @notice JSON and picture of every class of units, made on chain from the state of the contract that is named; no host.
/// @dev One contract without state for all unit contracts, which answer `uri` and `contractURI` with it. Each call reads the
/// chain anew, so that no `URI` event tells of changes; in the eyes of a wallet an answer is as old as its block.
/// @dev Texts of strangers (the name of another registry, its project and methodology) are escaped, for the JSON and for the
/// picture: whatever they are, a parser reads both. They have at most 200 bytes each, so that an answer stays below 16 kB.
interface IUnitRenderer {
    /// @notice ERC-1155: a data URI with the JSON of an id: `name` by vintage, `description`, `decimals` 0, `image`,
    /// `attributes`. Of an id that nothing was issued of, what the id itself says.
    function uri(IUnit1155 units, UnitId id) external view returns (string memory);

    /// @notice ERC-7572: a data URI with the JSON of a unit contract: `name`, `description`, `image`.
    function contractURI(IUnit1155 units) external view returns (string memory);

    /// @notice The picture of an id as an SVG.
    function picture(IUnit1155 units, UnitId id) external view returns (string memory);
}
