// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {IERC1155} from "@openzeppelin/contracts/token/ERC1155/IERC1155.sol";
import {IERC1155Receiver} from "@openzeppelin/contracts/token/ERC1155/IERC1155Receiver.sol";
import {IERC165} from "@openzeppelin/contracts/utils/introspection/IERC165.sol";

import {UnitId} from "../../interfaces/types/Ids.sol";
import {IPlainUnits} from "../../interfaces/open/IPlainUnits.sol";
import {IRetirableUnits} from "../../interfaces/market/IRetirementSources.sol";
import {Exit} from "../../interfaces/units/IUnit1155.sol";
import {UnitIdLib} from "../types/UnitIdLib.sol";

/// @title PlainUnits
/// @notice Any ERC-1155 under the face of a unit contract; see {IPlainUnits}.
contract PlainUnits is IPlainUnits {
    uint256 private constant TOKEN_BITS = 96;

    /// @inheritdoc IPlainUnits
    IERC1155 public immutable TOKEN;
    /// @inheritdoc IPlainUnits
    address public immutable REGISTRY;
    /// @inheritdoc IRetirableUnits
    uint8 public immutable unitClass;

    mapping(UnitId id => mapping(Exit kind => uint256)) private _exited;

    /// @param class Any but 2, whose units have serial numbers; one that the registry has no contract for yet.
    constructor(IERC1155 token, uint8 class, address registry) {
        if (class == UnitIdLib.OFFSET_CREDIT) revert PlainUnitsUnsupported(class);
        TOKEN = token;
        unitClass = class;
        REGISTRY = registry;
    }

    /// @inheritdoc IRetirableUnits
    function exit(address from, UnitId id, uint256 amount, Exit kind, bytes32 ref) external {
        if (msg.sender != REGISTRY) revert PlainUnitsNotRegistry(msg.sender);
        if (UnitId.unwrap(id) >> TOKEN_BITS != unitClass) revert PlainUnitsWrongClass(id, unitClass);
        if (amount == 0 || amount > type(uint64).max) revert PlainUnitsAmount(id, amount);

        _exited[id][kind] += amount;
        emit PlainUnitsExited(id, from, kind, amount, ref);
        TOKEN.safeTransferFrom(from, address(this), uint96(UnitId.unwrap(id)), amount, "");
    }

    /// @inheritdoc IPlainUnits
    function exitedOf(UnitId id, Exit kind) external view returns (uint256) {
        return _exited[id][kind];
    }

    /// @inheritdoc IPlainUnits
    function unitOf(uint256 tokenId) external view returns (UnitId) {
        if (tokenId >> TOKEN_BITS != 0) revert PlainUnitsUnsupported(tokenId);
        return UnitId.wrap(uint256(unitClass) << TOKEN_BITS | tokenId);
    }

    /* RECEIVER */

    /// @inheritdoc IERC1155Receiver
    /// @dev Takes only units that it has called for itself.
    function onERC1155Received(address operator, address, uint256, uint256, bytes calldata)
        external
        view
        returns (bytes4)
    {
        if (msg.sender != address(TOKEN) || operator != address(this)) {
            revert PlainUnitsNotExpected(operator, msg.sender);
        }
        return this.onERC1155Received.selector;
    }

    /// @inheritdoc IERC1155Receiver
    function onERC1155BatchReceived(address operator, address, uint256[] calldata, uint256[] calldata, bytes calldata)
        external
        view
        returns (bytes4)
    {
        revert PlainUnitsNotExpected(operator, msg.sender);
    }

    /// @inheritdoc IERC165
    function supportsInterface(bytes4 interfaceId) external pure returns (bool) {
        return interfaceId == type(IERC165).interfaceId || interfaceId == type(IERC1155Receiver).interfaceId;
    }
}
