// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {DateTimeLib} from "solady/utils/DateTimeLib.sol";

import {SchemeId} from "../../interfaces/types/Ids.sol";
import {
    Disclosure,
    DisclosureAhead,
    ISchemes,
    PlannedCap,
    Powers,
    SchemeInfo
} from "../../interfaces/rules/ISchemes.sol";
import {SchemeOffices} from "./SchemeOffices.sol";

/// @title Disclosures
/// @notice Part of {Schemes}: caps of coming vintages, and what is disclosed of a vintage before anything of it is issued.
abstract contract Disclosures is SchemeOffices {
    uint256 private constant MAX_CAPS = 32;

    mapping(SchemeId scheme => mapping(uint16 vintage => Disclosure)) private _disclosures;
    mapping(SchemeId scheme => mapping(uint16 vintage => DisclosureAhead)) private _ahead;
    mapping(SchemeId scheme => mapping(uint16 vintage => PlannedCap)) private _path;

    /* CAPS */

    /// @inheritdoc ISchemes
    function planCaps(SchemeId scheme, uint16 firstVintage, uint64[] calldata capsT) external restricted {
        SchemeInfo memory info = _requireRules(scheme);
        if (capsT.length > MAX_CAPS) revert SchemesTooMany(capsT.length, MAX_CAPS);
        uint256 yearLimit = uint256(type(uint16).max) + 1;
        if (firstVintage + capsT.length > yearLimit) revert SchemesTooMany(firstVintage + capsT.length, yearLimit);

        for (uint256 i; i < capsT.length; ++i) {
            uint16 vintage = uint16(firstVintage + i); // checked above
            PlannedCap memory planned = _path[scheme][vintage];
            uint64 old = planned.capT;
            if (capsT[i] == old) continue;
            if (_disclosures[scheme][vintage].disclosedAt != 0) revert SchemesCapFixed(scheme, vintage);
            // A year that began before 1970 began before any notice.
            _requireNotice(scheme, info, vintage < 1970 ? 0 : DateTimeLib.dateToEpochDay(vintage, 1, 1));

            if (planned.publishedAt == 0) planned.publishedAt = uint40(block.timestamp); // as above
            else ++planned.revision;
            planned.capT = capsT[i];
            _path[scheme][vintage] = planned;
            emit CapPlanned(scheme, vintage, planned.revision, old, capsT[i]);
        }
    }

    /// @inheritdoc ISchemes
    function plannedCap(SchemeId scheme, uint16 vintage) external view returns (PlannedCap memory) {
        return _path[scheme][vintage];
    }

    /* DISCLOSURE */

    /// @inheritdoc ISchemes
    function disclose(SchemeId scheme, uint16 vintage, uint64 capT, uint64 freeT, uint64 auctionT) external {
        checkPower(msg.sender, scheme, 0, Powers.DISCLOSE);
        if (capT == 0 || uint256(freeT) + auctionT > capT) revert SchemesBadDisclosure(capT, freeT, auctionT);
        uint64 planned = _path[scheme][vintage].capT;
        if (planned != 0 && capT != planned) revert SchemesCapNotPlanned(scheme, vintage, capT, planned);

        Disclosure memory d = disclosure(scheme, vintage);
        if (d.disclosedAt != 0 && schemeInfo(scheme).activatedAt != 0) {
            _revise(scheme, vintage, d, capT, freeT, auctionT);
            return;
        }
        if (d.disclosedAt == 0) d.disclosedAt = uint40(block.timestamp); // as above
        else ++d.revision;
        (d.capT, d.freeT, d.auctionT) = (capT, freeT, auctionT);
        _disclosures[scheme][vintage] = d;
        emit VintageDisclosed(
            scheme,
            vintage,
            d.revision,
            capT,
            freeT,
            auctionT,
            msg.sender,
            uint40(block.timestamp) // as above
        );
    }

    /// @dev `d` holds until the revision does, and takes the place of what it was made of.
    function _revise(SchemeId scheme, uint16 vintage, Disclosure memory d, uint64 capT, uint64 freeT, uint64 auctionT)
        private
    {
        _requireReason(scheme);
        SchemeInfo memory info = _schemes[scheme];
        uint256 day = _dayOf(block.timestamp, info.utcOffset) + info.noticeDays;
        uint40 holdsFrom = uint40(_startOf(day, info.utcOffset)); // at most a year and a day from now
        uint16 last = _ahead[scheme][vintage].revision;
        uint16 revision = (last > d.revision ? last : d.revision) + 1;
        _disclosures[scheme][vintage] = d;
        _ahead[scheme][vintage] =
            DisclosureAhead({capT: capT, freeT: freeT, auctionT: auctionT, holdsFrom: holdsFrom, revision: revision});
        emit VintageDisclosed(scheme, vintage, revision, capT, freeT, auctionT, msg.sender, holdsFrom);
    }

    /// @inheritdoc ISchemes
    function disclosure(SchemeId scheme, uint16 vintage) public view returns (Disclosure memory d) {
        d = _disclosures[scheme][vintage];
        DisclosureAhead memory ahead = _ahead[scheme][vintage];
        if (ahead.holdsFrom == 0 || block.timestamp < ahead.holdsFrom) return d;
        (d.capT, d.freeT, d.auctionT, d.revision) = (ahead.capT, ahead.freeT, ahead.auctionT, ahead.revision);
    }

    /// @inheritdoc ISchemes
    function disclosureAhead(SchemeId scheme, uint16 vintage) external view returns (DisclosureAhead memory) {
        return _ahead[scheme][vintage];
    }

    /// @inheritdoc ISchemes
    function requireDisclosed(SchemeId scheme, uint16 vintage) external view {
        if (_disclosures[scheme][vintage].disclosedAt == 0) revert SchemesNotDisclosed(scheme, vintage);
    }
}
