// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {IERC165} from "@openzeppelin/contracts/utils/introspection/IERC165.sol";

/// @title ERC-7943 (uRWA), multi-token form
/// @notice Permission, freeze and forced transfer of ERC-1155 tokens, as the standard names them.
/// @dev Pinned text: ethereum/ERCs at 0981419f92db8630e80114d8160d70edac4be48f, ERCS/erc-7943.md, status Review.
/// @dev ERC-165 id 0x41c4fbad. Names changed between drafts: `canSend` and `canReceive` are the ones of this text.
interface IERC7943MultiToken is IERC165 {
    /// @notice Emitted when `amount` of `tokenId` was taken from one account and given to another by force.
    event ForcedTransfer(address indexed from, address indexed to, uint256 indexed tokenId, uint256 amount);

    /// @notice Emitted when the frozen amount of `tokenId` of `account` became `amount`.
    event Frozen(address indexed account, uint256 indexed tokenId, uint256 amount);

    /// @notice Thrown when `account` may not send.
    error ERC7943CannotSend(address account);

    /// @notice Thrown when `account` may not receive.
    error ERC7943CannotReceive(address account);

    /// @notice Thrown when the rules refuse this transfer.
    error ERC7943CannotTransfer(address from, address to, uint256 tokenId, uint256 amount);

    /// @notice Thrown when `amount` is within the balance of `account`, but above its `unfrozen` part.
    error ERC7943InsufficientUnfrozenBalance(address account, uint256 tokenId, uint256 amount, uint256 unfrozen);

    /// @notice Takes `amount` of `tokenId` from one account and gives it to another; reverts on failure.
    function forcedTransfer(address from, address to, uint256 tokenId, uint256 amount) external returns (bool result);

    /// @notice Sets the frozen amount of `tokenId` of `account`; it may exceed the balance. Overwrites, like an approval.
    function setFrozenTokens(address account, uint256 tokenId, uint256 amount) external returns (bool result);

    /// @notice Whether `account` may send at all. Never reverts.
    function canSend(address account) external view returns (bool allowed);

    /// @notice Whether `account` may receive at all. Never reverts.
    function canReceive(address account) external view returns (bool allowed);

    /// @notice The frozen amount of `tokenId` of `account`; may exceed the balance.
    function getFrozenTokens(address account, uint256 tokenId) external view returns (uint256 amount);

    /// @notice Whether the rules allow this transfer now. Never reverts.
    /// @dev Looks at permissions and at the frozen amount, not at the balance or at approvals.
    function canTransfer(address from, address to, uint256 tokenId, uint256 amount) external view returns (bool allowed);
}
