// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

/// @title SealedAnswers
/// @notice Bytes sealed to a one-time key on secp256k1, and what that key's private half opens them to.
/// @dev ECIES as SEC 1 has it, with ANSI X9.63 key derivation (SHA-256) and bitwise addition, without a tag: what opens is
/// held against a root, which nothing else fits. No EVM multiplies on this curve, but recovering a signer is one
/// multiplication, and a caller brings the product to be compared. `tonne/crypto/sealing.py` seals and opens the same.
library SealedAnswers {
    /// @notice Of the point that sealed bytes begin with.
    uint256 internal constant POINT_BYTES = 33;

    uint256 private constant P = 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEFFFFFC2F;
    uint256 private constant N = 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEBAAEDCE6AF48A03BBFD25E8CD0364141;
    bytes32 private constant G_X = 0x79BE667EF9DCBBAC55A06295CE870B07029BFCDB2DCE28D959F2815B16F81798; // its y is even
    uint8 private constant EVEN = 27;

    /// @notice Whether a key lies on the curve.
    function isPoint(bytes32 x, bytes32 y) internal pure returns (bool) {
        (uint256 a, uint256 b) = (uint256(x), uint256(y));
        return a < P && b < P && mulmod(b, b, P) == addmod(mulmod(mulmod(a, a, P), a, P), 7, P);
    }

    /// @notice The address of a key: as much of its hash as is kept of it.
    function addressOf(bytes32 x, bytes32 y) internal pure returns (address) {
        return address(uint160(uint256(keccak256(abi.encode(x, y)))));
    }

    /// @notice Whether a private key is that of an address.
    function isSecretOf(uint256 secret, address key) internal pure returns (bool) {
        return _product(secret, G_X, EVEN) == key;
    }

    /// @notice What sealed bytes open to.
    /// @param x of the point shared by the one-time key and the one that sealed bytes begin with; `y` is its other half
    /// @param info binds the bytes to their place
    /// @return isShared false when the point is another one: then nothing is said of the bytes
    /// @return opened nothing when sealed bytes begin with no point
    function open(bytes calldata sealed_, uint256 secret, bytes32 x, bytes32 y, bytes32 info)
        internal
        view
        returns (bool isShared, bytes memory opened)
    {
        if (sealed_.length < POINT_BYTES) return (true, opened);
        uint8 parity = uint8(sealed_[0]);
        if (parity != 2 && parity != 3) return (true, opened);
        address product = _product(secret, bytes32(sealed_[1:POINT_BYTES]), EVEN - 2 + parity);
        if (product == address(0)) return (true, opened);
        if (product != addressOf(x, y)) return (false, opened);
        return (true, _added(sealed_[POINT_BYTES:], abi.encodePacked(x, uint32(0), info)));
    }

    /// @dev The address of `secret` times the point of this x: with no message, the signer recovered from (r, r * secret) is that
    /// product. 0 where there is no such point.
    function _product(uint256 secret, bytes32 x, uint8 v) private pure returns (address) {
        return ecrecover(0, v, x, bytes32(mulmod(uint256(x), secret, N)));
    }

    /// @dev Adds the derived key, SHA-256(x ‖ number ‖ info) for each 32 bytes from number 1 on. At most 255 of them: see the limit
    /// of an answer.
    function _added(bytes memory data, bytes memory input) private view returns (bytes memory) {
        assembly ("memory-safe") {
            let last := add(add(data, 32), mload(data))
            let turn := 1
            for { let at := add(data, 32) } lt(at, last) { at := add(at, 32) } {
                mstore8(add(input, 67), turn)
                if iszero(staticcall(gas(), 2, add(input, 32), 68, 0, 32)) { revert(0, 0) }
                mstore(at, xor(mload(at), mload(0)))
                turn := add(turn, 1)
            }
        }
        return data;
    }
}
