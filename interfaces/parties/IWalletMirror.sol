// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

/// @title IWalletMirror
/// @notice A contract that remembers what the register says of a wallet, because asking at each act costs too much.
interface IWalletMirror {
    /// @notice Reads a wallet anew from the register. Caller: any account.
    function sync(address wallet) external;
}

/// @title IWalletMirrors
/// @notice The part of the register that keeps its mirror up to date.
/// @dev Each act that takes a right from a wallet (removal, another set of rights, a decision about stolen keys, suspension,
/// closure) ends with a call of the mirror, so that the loss takes effect there in the same transaction. A right that is
/// given is read when it is used first. The register knows nothing of the mirror but this call: floors below the mirror's
/// depend on no contract above them.
/// @dev Assumes that the mirror is this project's own and reverts for no wallet: the act reverts with it.
interface IWalletMirrors {
    /// @notice Emitted when the mirror is set; zero = none.
    event MirrorSet(address indexed mirror, address indexed old);

    /// @notice Sets the contract that mirrors wallets; zero = none. Caller: administrator.
    function setMirror(address mirror) external;

    /// @notice The contract that mirrors wallets; zero = none.
    function mirror() external view returns (address);
}
