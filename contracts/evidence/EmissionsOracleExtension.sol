// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {ParticipantId, SchemeId} from "../../interfaces/types/Ids.sol";
import {
    ClassBounds,
    IEmissionsConfig,
    OracleRules,
    Signer,
    SignerRoles
} from "../../interfaces/evidence/IEmissionsConfig.sol";
import {
    Participant,
    ParticipantKinds,
    ParticipantStatus,
    WalletRights
} from "../../interfaces/parties/IParticipants.sol";
import {IReporterSource, IReportRuleSource} from "../../interfaces/rules/IReportSources.sol";
import {ParamKeys, Powers} from "../../interfaces/rules/ISchemes.sol";
import {CodeWords} from "../lib/CodeWords.sol";
import {SignerSet, SignerWord} from "../lib/SignerSet.sol";
import {PPM} from "../types/Ppm.sol";
import {EmissionsStore} from "./EmissionsStore.sol";
import {Interests} from "./lib/Interests.sol";
import {OracleConfigLib} from "./lib/OracleConfigLib.sol";

/// @title EmissionsOracleExtension
/// @notice Configuration of {EmissionsOracle}: accredited signers, plausibility bounds, report rules, conflicts of
/// interest.
/// @dev Called through {EmissionsOracle}, see {Extendable}. Word layouts in {OracleConfigLib} and {SignerSet}.
contract EmissionsOracleExtension is EmissionsStore, IEmissionsConfig {
    using Interests for Interests.Register;

    /* CONSTANTS */

    uint256 private constant MAX_CLASSES = 16; // benchmark classes of a scheme
    uint256 private constant MAX_SCOPE = 23; // highest bit of `Signer.scopes`
    uint256 private constant MAX_WINDOW = 366 days; // of the dispute window and of a signature's age
    uint256 private constant MAX_SKEW = 1 days; // of a signature dated in the future
    uint8 private constant ALL_ROLES = SignerRoles.LEAD | SignerRoles.REVIEWER;

    /* CONSTRUCTOR */

    constructor(IReporterSource participants, IReportRuleSource schemes) EmissionsStore(participants, schemes) {}

    /* CONFIGURATION */

    /// @inheritdoc IEmissionsConfig
    function configure(
        SchemeId scheme,
        OracleRules calldata rules,
        ClassBounds[] calldata bounds,
        Signer[] calldata signers
    ) external returns (bytes32 digest) {
        SCHEMES.checkPower(msg.sender, scheme, 0, Powers.ACCREDIT);
        if (bounds.length == 0 || bounds.length > MAX_CLASSES) revert EmissionsTooMany(bounds.length, MAX_CLASSES);
        if (signers.length == 0 || signers.length > SignerSet.LIMIT) {
            revert EmissionsTooMany(signers.length, SignerSet.LIMIT);
        }
        uint256 window = SCHEMES.param(scheme, ParamKeys.DISPUTE_WINDOW_S, block.timestamp);

        uint256[] memory words = new uint256[](OracleConfigLib.HEAD + bounds.length + signers.length);
        words[OracleConfigLib.RULES] = OracleConfigLib.withZone(
            _packRules(rules, window, signers.length, bounds.length), SCHEMES.schemeInfo(scheme).utcOffset
        );
        for (uint256 i; i < bounds.length; ++i) {
            words[OracleConfigLib.HEAD + i] = _packBounds(i, bounds[i]);
        }
        _putSigners(scheme, words, OracleConfigLib.HEAD + bounds.length, signers);

        Config storage config = _configs[scheme];
        bytes32 oldDigest = config.version == 0 ? bytes32(0) : OracleConfigLib.digestOf(CodeWords.load(config.pointer));
        uint16 version = config.version + 1;
        // Binds rules, bounds and signers too; the digest's own word is still 0.
        digest = keccak256(abi.encode(block.chainid, address(this), scheme, version, words));
        words[OracleConfigLib.DIGEST] = uint256(digest);
        address pointer = CodeWords.write(words);
        config.pointer = pointer;
        config.version = version;
        emit OracleConfigured(scheme, version, digest, oldDigest, pointer, words);
    }

    /// @dev Reverts unless the rules and the dispute window [s] are within the limits above.
    function _packRules(OracleRules calldata r, uint256 window, uint256 signers, uint256 classes)
        private
        pure
        returns (uint256 word)
    {
        word = OracleConfigLib.packRules(r, window, signers, classes);
        bool bodies = r.minBodies != 0 && r.minBodies <= MAX_BODIES;
        bool opinion = r.minAssurance != 0 && r.minAssurance <= OracleConfigLib.REASONABLE && r.maxMateriality <= PPM;
        bool times = r.maxAge != 0 && r.maxAge <= MAX_WINDOW && r.maxSkew <= MAX_SKEW && r.reportDays != 0;
        if (!bodies || !opinion || !times || window > MAX_WINDOW) revert EmissionsBadRules(word, window);
    }

    /// @dev Reverts unless the bounds are in order and outputs are limited, or all are zero: no reports are taken.
    function _packBounds(uint256 class, ClassBounds calldata b) private pure returns (uint256 word) {
        word = OracleConfigLib.packBounds(b);
        bool ordered = b.minPower <= b.maxPower && b.minHeat <= b.maxHeat && b.scope <= MAX_SCOPE;
        if (!ordered || (b.maxLoadPpm == 0 && word != 0)) revert EmissionsBadBounds(class, word);
    }

    /// @dev Packs the signers from `words[first]` on, and into the rules the days on which all are accredited.
    /// Reverts unless their keys rise strictly, so that none is zero or listed twice.
    function _putSigners(SchemeId scheme, uint256[] memory words, uint256 first, Signer[] calldata signers) private {
        address last;
        uint256 latestFrom;
        uint256 earliestUntil = type(uint16).max;
        for (uint256 i; i < signers.length; ++i) {
            Signer calldata s = signers[i];
            if (s.key <= last) revert EmissionsSignerOrder(i, s.key);
            last = s.key;
            if (s.validFrom > latestFrom) latestFrom = s.validFrom;
            if (s.validUntil < earliestUntil) earliestUntil = s.validUntil;
            words[first + i] = _packSigner(scheme, i, s);
        }
        words[OracleConfigLib.RULES] =
            OracleConfigLib.withDates(words[OracleConfigLib.RULES], latestFrom, earliestUntil);
    }

    /// @dev Reverts unless roles and scopes are given, the roles known and the dates in order.
    function _packSigner(SchemeId scheme, uint256 index, Signer calldata s) private returns (uint256) {
        bool may = s.roles != 0 && s.roles <= ALL_ROLES && s.scopes != 0;
        if (!may || s.validFrom >= s.validUntil) revert EmissionsBadSigner(index, s.key);

        return SignerWord.unwrap(
            SignerSet.pack(s.key, s.body, s.roles, s.scopes, _ordinalOf(scheme, s.body), s.validFrom, s.validUntil)
        );
    }

    /// @dev Returns the body's ordinal in {Interests}, assigned at its first accreditation in the scheme.
    /// Reverts unless the participant is an active verification body.
    function _ordinalOf(SchemeId scheme, ParticipantId body) private returns (uint8) {
        Participant memory p = PARTICIPANTS.participant(body);
        if (p.status != ParticipantStatus.Active || p.kinds & ParticipantKinds.VERIFICATION_BODY == 0) {
            revert EmissionsNotBody(body);
        }
        return _interests.enter(scheme, body);
    }

    /* CONFLICTS OF INTEREST */

    /// @inheritdoc IEmissionsConfig
    function setInterest(SchemeId scheme, ParticipantId body, ParticipantId participant, bool interested) external {
        if (!_declaresOwn(body, interested)) SCHEMES.checkPower(msg.sender, scheme, 0, Powers.ACCREDIT);

        _interests.set(scheme, body, participant, interested);
        emit InterestSet(scheme, body, participant, interested, msg.sender);
    }

    /// @dev Returns whether the caller manages the body and declares its interest; a body cannot lift one.
    function _declaresOwn(ParticipantId body, bool interested) private view returns (bool) {
        if (!interested) return false;
        (ParticipantId id, uint8 rights,) = PARTICIPANTS.walletOf(msg.sender);
        return id == body && rights & WalletRights.MANAGE != 0;
    }

    /* VIEWS */

    /// @inheritdoc IEmissionsConfig
    function configWords(SchemeId scheme) external view returns (uint256[] memory) {
        return _load(scheme);
    }

    /// @inheritdoc IEmissionsConfig
    function signersOf(SchemeId scheme) external view returns (Signer[] memory signers) {
        uint256[] memory words = _load(scheme);
        uint256 first = OracleConfigLib.firstSigner(words[OracleConfigLib.RULES]);
        signers = new Signer[](words.length - first);
        for (uint256 i; i < signers.length; ++i) {
            SignerWord w = SignerWord.wrap(words[first + i]);
            signers[i] = Signer({
                key: SignerSet.keyOf(w),
                body: SignerSet.bodyOf(w),
                roles: SignerSet.rolesOf(w),
                scopes: SignerSet.scopesOf(w),
                validFrom: SignerSet.validFromOf(w),
                validUntil: SignerSet.validUntilOf(w)
            });
        }
    }

    /// @dev Reverts if the scheme has no configuration.
    function _load(SchemeId scheme) private view returns (uint256[] memory) {
        address pointer = _configs[scheme].pointer;
        if (pointer == address(0)) revert EmissionsNotConfigured(scheme);
        return CodeWords.load(pointer);
    }
}
