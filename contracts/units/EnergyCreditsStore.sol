// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {AccessManaged} from "@openzeppelin/contracts/access/manager/AccessManaged.sol";

import {ParticipantId, UnitId} from "../../interfaces/types/Ids.sol";
import {Collateral, Grant, IEnergyCreditsErrors, Series} from "../../interfaces/units/IEnergyCredits.sol";
import {IParticipants, Participant, ParticipantStatus} from "../../interfaces/parties/IParticipants.sol";
import {ISchemes, Powers} from "../../interfaces/rules/ISchemes.sol";
import {PauseState} from "../rules/PauseState.sol";
import {UnitIdLib} from "../types/UnitIdLib.sol";

/// @title EnergyCreditsStore
/// @notice Storage of {EnergyCredits} and {EnergyCreditsExtension}, and the checks of both.
/// @dev Inherited before {Unit1155}, so that both contracts have it in the same slots.
abstract contract EnergyCreditsStore is IEnergyCreditsErrors, AccessManaged, PauseState {
    uint64 internal _seriesCount;
    mapping(UnitId id => Series) internal _series;
    mapping(UnitId id => mapping(uint32 record => Collateral)) internal _collateral;
    mapping(UnitId id => mapping(ParticipantId participant => Grant)) internal _grants;

    /// @dev The active participant of a wallet; zero when there is none.
    function _activeOwner(address wallet) internal view returns (ParticipantId owner, Participant memory p) {
        ParticipantStatus status;
        (owner,, status) = _register().walletOf(wallet);
        if (status != ParticipantStatus.Active) return (ParticipantId.wrap(0), p);
        p = _register().participant(owner);
    }

    function _known(UnitId id) internal view returns (Series storage s) {
        s = _series[id];
        if (s.issuer == ParticipantId.wrap(0)) revert EnergyCreditsUnknown(id);
    }

    /// @dev The series, if the caller is its issuer: a wallet of the active participant, with the power CREDIT.
    function _seriesOfCaller(UnitId id) internal view returns (Series storage s) {
        s = _known(id);
        (ParticipantId owner,, ParticipantStatus status) = _register().walletOf(msg.sender);
        if (owner != s.issuer || status != ParticipantStatus.Active) {
            revert EnergyCreditsNotIssuer(msg.sender, s.issuer);
        }
        _offices().checkPower(msg.sender, UnitIdLib.schemeOf(id), s.jurisdiction, Powers.CREDIT);
    }

    /// @dev Whether the time to issue and to redeem has passed, which a pause moves; transfers end with the expiry itself.
    function _isOver(Series storage s) internal view returns (bool) {
        return block.timestamp > _moved(s.expiry);
    }

    function _register() internal view virtual returns (IParticipants);

    function _offices() internal view virtual returns (ISchemes);
}
