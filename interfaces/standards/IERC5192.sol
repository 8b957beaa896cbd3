// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

/// @title ERC-5192, minimal soulbound tokens
/// @dev ERC-165 id 0xb45a3c0e.
interface IERC5192 {
    /// @notice Emitted when a token is locked.
    event Locked(uint256 tokenId);

    /// @notice Emitted when a token is unlocked.
    event Unlocked(uint256 tokenId);

    /// @notice Whether a token is locked; reverts for a token that does not exist.
    function locked(uint256 tokenId) external view returns (bool);
}
