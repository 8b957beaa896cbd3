// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {ParticipantId, SchemeId} from "../../../interfaces/types/Ids.sol";
import {IEmissionsConfig} from "../../../interfaces/evidence/IEmissionsConfig.sol";

/// @title Interests
/// @notice Conflicts of interest between verification bodies and the participants they verify.
/// @dev A body has an ordinal in each scheme that accredits it: its bit in the words of interests there. Keys are
/// `scheme << 24 | participant`.
library Interests {
    uint256 private constant MAX_BODIES = 256;

    struct Register {
        /// @dev In order of first accreditation there, from 1; 0 never accredited.
        mapping(SchemeId scheme => mapping(ParticipantId body => uint256)) ordinals;
        mapping(SchemeId scheme => uint256) bodyCount;
        /// @dev Bits of the interested bodies.
        mapping(uint256 key => uint256 bodies) interests;
        /// @dev By `key >> 8`: one bit for each participant in whom any body ever had an interest. Usually the only
        /// word read, and neighbours of a batch share it.
        mapping(uint256 word => uint256 participants) ever;
    }

    /// @dev One body's interests while many participants are checked: neighbours share the word read first.
    struct Cache {
        SchemeId scheme;
        uint256 bodyBit; // 0 for a body that no signer set knows, whose batch then fails on its signers
        uint256 key; //     of `word`, plus 1
        uint256 word;
    }

    /* WRITE */

    /// @notice A body's ordinal in a scheme less 1, given to it when it has none.
    function enter(Register storage self, SchemeId scheme, ParticipantId body) internal returns (uint8) {
        uint256 ordinal = self.ordinals[scheme][body];
        if (ordinal == 0) {
            if (self.bodyCount[scheme] == MAX_BODIES) revert IEmissionsConfig.EmissionsTooManyBodies(MAX_BODIES);
            ordinal = ++self.bodyCount[scheme];
            self.ordinals[scheme][body] = ordinal;
        }
        return uint8(ordinal - 1); // at most 255
    }

    function set(Register storage self, SchemeId scheme, ParticipantId body, ParticipantId participant, bool interested)
        internal
    {
        uint256 ordinal = self.ordinals[scheme][body];
        if (ordinal == 0) revert IEmissionsConfig.EmissionsUnknownBody(body);

        uint256 key = _keyOf(scheme, participant);
        uint256 bit = 1 << (ordinal - 1);
        self.interests[key] = interested ? self.interests[key] | bit : self.interests[key] & ~bit;
        // Never cleared: it only means that the exact word has to be read.
        if (interested) self.ever[key >> 8] |= 1 << (key & 0xff);
    }

    /* READ */

    function has(Register storage self, SchemeId scheme, ParticipantId body, ParticipantId participant)
        internal
        view
        returns (bool)
    {
        uint256 ordinal = self.ordinals[scheme][body];
        return ordinal != 0 && bodiesWith(self, scheme, participant) >> (ordinal - 1) & 1 == 1;
    }

    /// @notice Bits of the bodies that have an interest in a participant.
    function bodiesWith(Register storage self, SchemeId scheme, ParticipantId participant)
        internal
        view
        returns (uint256)
    {
        uint256 key = _keyOf(scheme, participant);
        if (self.ever[key >> 8] >> (key & 0xff) & 1 == 0) return 0;
        return self.interests[key];
    }

    /// @notice A cache for {hasCached}.
    function cacheOf(Register storage self, SchemeId scheme, ParticipantId body)
        internal
        view
        returns (Cache memory cache)
    {
        uint256 ordinal = self.ordinals[scheme][body];
        cache.scheme = scheme;
        if (ordinal != 0) cache.bodyBit = 1 << (ordinal - 1);
    }

    /// @notice As {has}, for the body of the cache.
    function hasCached(Register storage self, Cache memory cache, ParticipantId participant)
        internal
        view
        returns (bool)
    {
        uint256 key = _keyOf(cache.scheme, participant);
        if (cache.key != (key >> 8) + 1) {
            cache.key = (key >> 8) + 1; // 32 bits plus 1
            cache.word = self.ever[key >> 8];
        }
        if (cache.word >> (key & 0xff) & 1 == 0) return false;
        return self.interests[key] & cache.bodyBit != 0;
    }

    function _keyOf(SchemeId scheme, ParticipantId participant) private pure returns (uint256) {
        return uint256(SchemeId.unwrap(scheme)) << 24 | ParticipantId.unwrap(participant);
    }
}
