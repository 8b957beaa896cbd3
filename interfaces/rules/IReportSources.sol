// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {InstallationId, ParticipantId, SchemeId} from "../types/Ids.sol";
import {InstallationWord} from "../types/InstallationTypes.sol";
import {Participant} from "../parties/IParticipants.sol";
import {Period, SchemeInfo} from "./ISchemes.sol";
import {IWalletSource} from "../parties/IWalletSource.sol";

/// @title IReporterSource
/// @notice The part of a register that the EmissionsOracle reads: verification bodies, installations and their signers.
/// @dev `Participants` implements it; any other register can, an open one included.
interface IReporterSource is IWalletSource {
    /// @notice A participant. Only its kinds and its status are read: a verification body has kind 4 and is active. One
    /// that does not exist may revert or be all zero.
    function participant(ParticipantId id) external view returns (Participant memory);

    /// @notice An installation; an all-zero word when there is none.
    function installation(InstallationId id) external view returns (InstallationWord);

    /// @notice Installations in the order asked, at most 200.
    function installationWords(InstallationId[] calldata ids) external view returns (InstallationWord[] memory words);

    /// @notice An installation and the rights `signer` has as a wallet of its operator, 0 when it is none.
    function reporterOf(InstallationId id, address signer) external view returns (InstallationWord word, uint8 rights);
}

/// @title IReportRuleSource
/// @notice The part of a scheme's rules that the EmissionsOracle reads. `Schemes` implements it.
interface IReportRuleSource {
    /// @notice Reverts unless {hasPower}.
    function checkPower(address officer, SchemeId scheme, uint16 jurisdiction, uint32 power) external view;

    /// @notice Whether `officer` holds `power` in the scheme and jurisdiction (0 = all of them). The oracle asks for
    /// DETERMINE 4, ACCREDIT 64 and DISPUTE 512.
    function hasPower(address officer, SchemeId scheme, uint16 jurisdiction, uint32 power) external view returns (bool);

    /// @notice The value that holds at `atTime` [s]; reverts when there is none. The oracle asks for
    /// `keccak256("mrv.dispute_window_s")` [s], once for each configuration.
    function param(SchemeId scheme, bytes32 key, uint256 atTime) external view returns (uint256);

    /// @notice A compliance period; reverts when there is none. Its years and `determinationFrom` are read.
    function period(SchemeId scheme, uint16 periodId) external view returns (Period memory);

    /// @notice The scheme's own facts. Only the zone is read, in which its years begin: once for each configuration.
    function schemeInfo(SchemeId scheme) external view returns (SchemeInfo memory);
}
