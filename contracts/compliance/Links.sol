// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {IAllowances} from "../../interfaces/units/IAllowances.sol";
import {ICompliance, Obligation, ObligationState} from "../../interfaces/compliance/ICompliance.sol";
import {InstallationId, SchemeId, UnitId} from "../../interfaces/types/Ids.sol";
import {IInstallations} from "../../interfaces/parties/IInstallations.sol";
import {InstallationWord} from "../../interfaces/types/InstallationTypes.sol";
import {ILinks, LinkKeys, linkRef} from "../../interfaces/compliance/ILinks.sol";
import {WalletRights} from "../../interfaces/parties/IParticipants.sol";
import {ISchemes, NO_VALUE, Period} from "../../interfaces/rules/ISchemes.sol";
import {Exit} from "../../interfaces/units/IUnit1155.sol";
import {UnitIdLib} from "../types/UnitIdLib.sol";
import {PPM} from "../types/Ppm.sol";

/// @title Links
/// @notice Recognised allowances of another scheme against a share of an obligation; see {ILinks}.
/// @dev Assumes that the contracts below are this project's own; only {IAllowances-issue} reaches a stranger's code (a
/// wallet's receiver hook), and it comes last.
contract Links is ILinks {
    uint256 private constant MAX_UNITS = 32;

    IInstallations public immutable INSTALLATIONS;
    ISchemes public immutable SCHEMES;
    IAllowances public immutable ALLOWANCES;
    ICompliance public immutable COMPLIANCE;

    mapping(bytes32 ref => uint256 amount) private _recognised;

    /// @dev Linking rules of the pack at the deadline of the period.
    struct Rules {
        uint256 scheme; // 0: no other scheme is recognised
        uint256 limitPpm;
        uint256 ratioPpm;
        uint256 oldest;
    }

    constructor(IInstallations installations, ISchemes schemes, IAllowances allowances, ICompliance compliance) {
        INSTALLATIONS = installations;
        SCHEMES = schemes;
        ALLOWANCES = allowances;
        COMPLIANCE = compliance;
    }

    /// @inheritdoc ILinks
    function recognise(InstallationId installation, uint16 periodId, UnitId[] calldata ids, uint256[] calldata given)
        external
    {
        if (ids.length == 0 || ids.length > MAX_UNITS) revert LinksBadCount(ids.length, MAX_UNITS);
        if (ids.length != given.length) revert LinksLengthMismatch(ids.length, given.length);
        (InstallationWord word, uint8 rights) = INSTALLATIONS.reporterOf(installation, msg.sender);
        if (rights & WalletRights.SURRENDER == 0) revert LinksNotOperator(msg.sender, installation, word.operatorOf());
        SchemeId scheme = word.schemeOf();
        Period memory period = SCHEMES.period(scheme, periodId);
        Rules memory rules = _rules(scheme, period);
        UnitId into = UnitIdLib.encode(UnitIdLib.ALLOWANCE, scheme, period.vintage, 0);
        bytes32 ref = linkRef(scheme, periodId, installation);

        uint256 total = 0;
        for (uint256 i = 0; i < ids.length; ++i) {
            _checkUnit(rules, ids[i]);
            uint256 amount = given[i] * rules.ratioPpm / PPM;
            if (amount == 0) revert LinksTooFew(ids[i], given[i]);
            total += amount;
            emit UnitsRecognised(
                scheme, periodId, installation, word.operatorOf(), msg.sender, ids[i], into, given[i], amount
            );
        }
        uint256 room = _room(installation, periodId, rules, ref, true);
        if (total > room) revert LinksLimitExceeded(installation, total, room);
        _recognised[ref] += total;

        for (uint256 i = 0; i < ids.length; ++i) {
            ALLOWANCES.exit(msg.sender, ids[i], given[i], Exit.Surrendered, ref);
        }
        ALLOWANCES.issue(msg.sender, into, total, ref);
    }

    /* VIEWS */

    /// @inheritdoc ILinks
    function roomOf(InstallationId installation, uint16 periodId) external view returns (uint256) {
        SchemeId scheme = INSTALLATIONS.installation(installation).schemeOf();
        Rules memory rules = _rules(scheme, SCHEMES.period(scheme, periodId));
        return _room(installation, periodId, rules, linkRef(scheme, periodId, installation), false);
    }

    /// @inheritdoc ILinks
    function recognisedOf(InstallationId installation, uint16 periodId) external view returns (uint256) {
        SchemeId scheme = INSTALLATIONS.installation(installation).schemeOf();
        return _recognised[linkRef(scheme, periodId, installation)];
    }

    /* INSIDE */

    function _rules(SchemeId scheme, Period memory period) private view returns (Rules memory) {
        bytes32[] memory keys = new bytes32[](4);
        keys[0] = LinkKeys.SCHEME;
        keys[1] = LinkKeys.LIMIT_PPM;
        keys[2] = LinkKeys.RATIO_PPM;
        keys[3] = LinkKeys.OLDEST_VINTAGE;
        uint256[] memory v = SCHEMES.paramsAt(scheme, keys, period.surrenderDeadline);
        return Rules({
            scheme: v[0] == NO_VALUE || v[0] == SchemeId.unwrap(scheme) ? 0 : v[0], // no scheme links to itself
            limitPpm: v[1] == NO_VALUE ? 0 : v[1],
            ratioPpm: v[2] == NO_VALUE ? PPM : v[2],
            oldest: v[3] == NO_VALUE ? 0 : v[3]
        });
    }

    function _checkUnit(Rules memory rules, UnitId id) private pure {
        bool linked =
            UnitIdLib.isOfClass(id, UnitIdLib.ALLOWANCE) && SchemeId.unwrap(UnitIdLib.schemeOf(id)) == rules.scheme;
        if (!linked || UnitIdLib.vintageOf(id) < rules.oldest) revert LinksUnitRefused(id, rules.scheme, rules.oldest);
    }

    /// @param strict whether an obligation that is not open is an error
    function _room(InstallationId installation, uint16 periodId, Rules memory rules, bytes32 ref, bool strict)
        private
        view
        returns (uint256 room)
    {
        Obligation memory owed = COMPLIANCE.obligationOf(installation, periodId);
        if (owed.state != ObligationState.Open) {
            if (strict) revert LinksWrongState(installation, periodId, owed.state);
            return 0;
        }
        if (rules.scheme == 0) return 0;
        uint256 limit = uint256(owed.due) * rules.limitPpm / PPM; // rounds down: never above the pack's share
        uint256 came = _recognised[ref];
        uint256 open = uint256(owed.due) + owed.added - owed.allowances - owed.offsets;
        room = limit > came ? limit - came : 0;
        return room < open ? room : open;
    }
}
