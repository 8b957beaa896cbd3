// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

/// @title CodeWords
/// @notice Words kept as the code of a contract: written once, read many at 3 gas each after one cold access.
/// @dev The code begins with a STOP byte, so that a call of it does nothing.
library CodeWords {
    /// @dev Copies what follows it into the code: PUSH2 size DUP1 PUSH1 10 0 CODECOPY 0 RETURN, then the STOP byte.
    uint256 private constant CREATION = 0x61000080600a3d393df300;
    uint256 private constant SIZE_SHIFT = 64;
    uint256 private constant CREATION_LENGTH = 11;

    /// @notice Thrown when the code could not be written.
    error CodeWordsNotWritten(uint256 count);
    /// @notice Thrown when there is more than a contract's code can hold.
    error CodeWordsTooMany(uint256 count, uint256 limit);

    uint256 internal constant LIMIT = 767; // (24,576 - 1) / 32

    /// @notice Writes the words; read them back with {load}.
    function write(uint256[] memory words) internal returns (address pointer) {
        uint256 count = words.length;
        if (count > LIMIT) revert CodeWordsTooMany(count, LIMIT);

        uint256 creation = CREATION | (count * 32 + 1) << SIZE_SHIFT;
        // The length slot of the array holds the creation code while the contract is made.
        assembly ("memory-safe") {
            mstore(words, creation)
            pointer := create(0, add(words, sub(32, CREATION_LENGTH)), add(mul(count, 32), CREATION_LENGTH))
            mstore(words, count)
        }
        if (pointer == address(0)) revert CodeWordsNotWritten(count);
    }

    /// @notice The words at `pointer`, which {write} made. No check: another contract's code gives nonsense.
    function load(address pointer) internal view returns (uint256[] memory words) {
        assembly ("memory-safe") {
            let count := shr(5, extcodesize(pointer))
            words := mload(0x40)
            mstore(words, count)
            extcodecopy(pointer, add(words, 32), 1, mul(count, 32))
            mstore(0x40, add(words, mul(add(count, 1), 32)))
        }
    }
}
