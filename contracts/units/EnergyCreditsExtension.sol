// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {AccessManaged} from "@openzeppelin/contracts/access/manager/AccessManaged.sol";

import {ParticipantId, UnitId} from "../../interfaces/types/Ids.sol";
import {
    Collateral,
    CollateralKind,
    CreditUses,
    Grant,
    IEnergyCreditsSeries,
    Series,
    SeriesTerms
} from "../../interfaces/units/IEnergyCredits.sol";
import {IParticipants, Participant, ParticipantKinds} from "../../interfaces/parties/IParticipants.sol";
import {ISchemes, Powers} from "../../interfaces/rules/ISchemes.sol";
import {Horizon} from "../lib/Horizon.sol";
import {ReportingYear} from "../lib/ReportingYear.sol";
import {Pausable} from "../rules/Pausable.sol";
import {UnitIdLib} from "../types/UnitIdLib.sol";
import {EnergyCreditsStore} from "./EnergyCreditsStore.sol";

/// @title EnergyCreditsExtension
/// @notice Extension of {EnergyCredits}: series, limits, collateral, pauses, views.
/// @dev See {Extendable}.
contract EnergyCreditsExtension is EnergyCreditsStore, Pausable, IEnergyCreditsSeries {
    IParticipants private immutable PARTICIPANTS;
    ISchemes private immutable SCHEMES;

    constructor(address authority_, IParticipants participants, ISchemes schemes) AccessManaged(authority_) {
        (PARTICIPANTS, SCHEMES) = (participants, schemes);
    }

    /* SERIES */

    /// @inheritdoc IEnergyCreditsSeries
    function openSeries(SeriesTerms calldata terms) external returns (UnitId id) {
        (ParticipantId issuer, Participant memory p) = _activeOwner(msg.sender);
        if (p.kinds & ParticipantKinds.AUTHORITY == 0) revert EnergyCreditsNotGovernment(msg.sender);
        _offices().checkPower(msg.sender, terms.scheme, p.jurisdiction, Powers.CREDIT);
        bool known = terms.uses != 0 && terms.uses <= CreditUses.ALL && terms.kinds <= ParticipantKinds.ALL;
        if (!known || terms.expiry <= block.timestamp) revert EnergyCreditsBadTerms(terms);
        Horizon.checkTerm(terms.expiry);

        // Within a hundred years.
        uint16 year = uint16(ReportingYear.yearOf(terms.expiry, SCHEMES.schemeInfo(terms.scheme).utcOffset));
        id = UnitIdLib.encode(UnitIdLib.ENERGY_CREDIT, terms.scheme, year, ++_seriesCount);
        Series storage s = _series[id];
        s.issuer = issuer;
        s.jurisdiction = p.jurisdiction;
        s.expiry = terms.expiry;
        s.uses = terms.uses;
        s.kinds = terms.kinds;
        emit SeriesOpened(id, issuer, p.jurisdiction, terms, msg.sender);
    }

    /// @inheritdoc IEnergyCreditsSeries
    function setIssueLimit(UnitId id, uint64 limit, bytes32 reason) external {
        Series storage s = _known(id);
        _offices().checkPower(msg.sender, UnitIdLib.schemeOf(id), s.jurisdiction, Powers.RULES);
        if (reason == 0) revert EnergyCreditsNoReason(id);
        if (limit < s.outstanding) revert EnergyCreditsOverLimit(id, s.outstanding, limit);

        emit IssueLimitSet(id, s.limit, limit, reason, msg.sender);
        s.limit = limit;
    }

    /// @inheritdoc IEnergyCreditsSeries
    function setReceiverLimit(UnitId id, ParticipantId participant, bool limited, uint64 limit) external {
        Series storage s = _seriesOfCaller(id);
        if (participant != ParticipantId.wrap(0)) {
            _grants[id][participant].limit = limit;
            _grants[id][participant].limited = limited;
        } else {
            s.receiverLimit = limit;
        }
        emit ReceiverLimitSet(id, participant, limited, limit, msg.sender);
    }

    /* COLLATERAL */

    /// @inheritdoc IEnergyCreditsSeries
    function recordCollateral(UnitId id, CollateralKind kind, uint64 amount, bytes32 documentHash)
        external
        returns (uint32 record)
    {
        Series storage s = _seriesOfCaller(id);
        bool whole = kind != CollateralKind.None && amount != 0 && documentHash != 0;
        if (!whole || amount > type(uint64).max - s.collateral) {
            revert EnergyCreditsBadCollateral(kind, amount, documentHash);
        }

        record = ++s.records;
        s.collateral += amount;
        _collateral[id][record] = Collateral({kind: kind, amount: amount, issued: 0, documentHash: documentHash});
        emit CollateralRecorded(id, record, kind, amount, documentHash, msg.sender);
    }

    /// @inheritdoc IEnergyCreditsSeries
    function withdrawCollateral(UnitId id, uint32 record, uint64 amount, bytes32 reason) external {
        Series storage s = _seriesOfCaller(id);
        if (reason == 0) revert EnergyCreditsNoReason(id);
        Collateral storage c = _collateral[id][record];
        if (amount == 0 || amount > c.amount) revert EnergyCreditsRecordShort(id, record, amount, c.amount);
        uint64 free = s.collateral - s.outstanding; // never more outstanding than there is collateral
        if (amount > free) revert EnergyCreditsUncovered(id, uint256(s.outstanding) + amount, s.collateral);

        c.amount -= amount;
        s.collateral -= amount;
        emit CollateralWithdrawn(id, record, amount, reason, msg.sender);
    }

    /* VIEWS */

    /// @inheritdoc IEnergyCreditsSeries
    function collateralOf(UnitId id, uint32 record) external view returns (Collateral memory) {
        return _collateral[id][record];
    }

    /// @inheritdoc IEnergyCreditsSeries
    function grantOf(UnitId id, ParticipantId participant) external view returns (Grant memory) {
        return _grants[id][participant];
    }

    /// @inheritdoc IEnergyCreditsSeries
    function seriesCount() external view returns (uint64) {
        return _seriesCount;
    }

    /* INSIDE */

    function _register() internal view override returns (IParticipants) {
        return PARTICIPANTS;
    }

    function _offices() internal view override returns (ISchemes) {
        return SCHEMES;
    }

    function _manager() internal view override returns (address) {
        return authority();
    }
}
