// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {ParticipantId, SchemeId} from "../../interfaces/types/Ids.sol";
import {
    ClassBounds,
    IEmissionsOracle,
    OracleRules,
    Signer,
    SignerRoles
} from "../../interfaces/evidence/IEmissionsOracle.sol";
import {
    Participant,
    ParticipantKinds,
    ParticipantStatus,
    WalletRights
} from "../../interfaces/parties/IParticipants.sol";
import {IReporterSource, IReportRuleSource} from "../../interfaces/rules/IReportSources.sol";
import {ParamKeys, Powers} from "../../interfaces/rules/ISchemes.sol";
import {CodeWords} from "../lib/CodeWords.sol";
import {OracleWords} from "./OracleWords.sol";
import {SignerSet, SignerWord} from "../lib/SignerSet.sol";

/// @title OracleConfig
/// @notice The half of the EmissionsOracle that knows who may sign for what, what is plausible, and who is not impartial.
/// @dev A scheme's configuration is the code of a contract made for it, in the layout of {OracleWords}; one slot a scheme
/// says where. The digest in it binds chain, contract, scheme, version and all the rest.
abstract contract OracleConfig is IEmissionsOracle {
    uint256 private constant MAX_CLASSES = 16;
    uint256 private constant MAX_BODIES = 8;
    uint256 private constant MAX_ORDINALS = 256;
    uint256 private constant MAX_SCOPE = 23;
    uint256 private constant MAX_WINDOW = 366 days;
    uint256 private constant MAX_SKEW = 1 days;
    uint256 private constant REASONABLE = 2;
    uint256 private constant PPM = 1_000_000;
    uint8 private constant ALL_ROLES = SignerRoles.LEAD | SignerRoles.REVIEWER;

    IReporterSource internal immutable PARTICIPANTS;
    IReportRuleSource internal immutable SCHEMES;

    struct Config {
        address pointer;
        uint16 version;
    }

    mapping(SchemeId scheme => Config) internal _configs;
    /// @dev Order of first accreditation, plus 1; 0 never.
    mapping(ParticipantId body => uint256) private _ordinals;
    uint256 private _bodyCount;
    /// @dev `scheme << 24 | participant` to bits of the interested bodies' ordinals.
    mapping(uint256 key => uint256 bodies) private _interests;
    /// @dev `scheme << 16 | participant / 256` to one bit a participant in whom anybody ever had an interest: usually the
    /// only word read, and neighbours of a batch share it.
    mapping(uint256 key => uint256 participants) private _anyInterest;

    constructor(IReporterSource participants, IReportRuleSource schemes) {
        PARTICIPANTS = participants;
        SCHEMES = schemes;
    }

    /* CONFIGURE */

    /// @inheritdoc IEmissionsOracle
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

        uint256[] memory words = new uint256[](OracleWords.HEAD + bounds.length + signers.length);
        words[OracleWords.RULES] = _packRules(rules, window, signers.length, bounds.length);
        for (uint256 i; i < bounds.length; ++i) {
            words[OracleWords.HEAD + i] = _packBounds(i, bounds[i]);
        }
        _putSigners(words, OracleWords.HEAD + bounds.length, signers);

        Config storage config = _configs[scheme];
        bytes32 oldDigest = config.version == 0 ? bytes32(0) : OracleWords.digestOf(CodeWords.load(config.pointer));
        uint16 version = config.version + 1;
        digest = keccak256(abi.encode(block.chainid, address(this), scheme, version, words));
        words[OracleWords.DIGEST] = uint256(digest);
        address pointer = CodeWords.write(words);
        config.pointer = pointer;
        config.version = version;
        emit OracleConfigured(scheme, version, digest, oldDigest, pointer, words);
    }

    function _packRules(OracleRules calldata r, uint256 window, uint256 signers, uint256 classes)
        private
        pure
        returns (uint256 word)
    {
        word = OracleWords.packRules(r, window, signers, classes);
        bool bodies = r.minBodies != 0 && r.minBodies <= MAX_BODIES;
        bool opinion = r.minAssurance != 0 && r.minAssurance <= REASONABLE && r.maxMateriality <= PPM;
        bool times = r.maxAge != 0 && r.maxAge <= MAX_WINDOW && r.maxSkew <= MAX_SKEW && r.reportDays != 0;
        if (!bodies || !opinion || !times || window > MAX_WINDOW) revert EmissionsBadRules(word, window);
    }

    function _packBounds(uint256 class, ClassBounds calldata b) private pure returns (uint256 word) {
        word = OracleWords.packBounds(b);
        bool ordered = b.minPower <= b.maxPower && b.minHeat <= b.maxHeat && b.scope <= MAX_SCOPE;
        if (!ordered || (b.maxLoadPpm == 0 && word != 0)) revert EmissionsBadBounds(class, word);
    }

    /// @dev Into `words[first]` and after; the rules learn from when to when all of them are accredited.
    function _putSigners(uint256[] memory words, uint256 first, Signer[] calldata signers) private {
        address last;
        uint256 latestFrom;
        uint256 earliestUntil = type(uint16).max;
        for (uint256 i; i < signers.length; ++i) {
            Signer calldata s = signers[i];
            if (s.key <= last) revert EmissionsSignerOrder(i, s.key);
            last = s.key;
            if (s.validFrom > latestFrom) latestFrom = s.validFrom;
            if (s.validUntil < earliestUntil) earliestUntil = s.validUntil;
            words[first + i] = _packSigner(i, s);
        }
        words[OracleWords.RULES] = OracleWords.withDates(words[OracleWords.RULES], latestFrom, earliestUntil);
    }

    function _packSigner(uint256 index, Signer calldata s) private returns (uint256) {
        bool may = s.roles != 0 && s.roles <= ALL_ROLES && s.scopes != 0;
        if (!may || s.validFrom >= s.validUntil) revert EmissionsBadSigner(index, s.key);

        return SignerWord.unwrap(
            SignerSet.pack(s.key, s.body, s.roles, s.scopes, _ordinalOf(s.body), s.validFrom, s.validUntil)
        );
    }

    /// @dev Gives a new body its number; refuses who is not an active verification body.
    function _ordinalOf(ParticipantId body) private returns (uint8) {
        Participant memory p = PARTICIPANTS.participant(body);
        if (p.status != ParticipantStatus.Active || p.kinds & ParticipantKinds.VERIFICATION_BODY == 0) {
            revert EmissionsNotBody(body);
        }

        uint256 ordinal = _ordinals[body];
        if (ordinal == 0) {
            if (_bodyCount == MAX_ORDINALS) revert EmissionsTooManyBodies(MAX_ORDINALS);
            ordinal = ++_bodyCount;
            _ordinals[body] = ordinal;
        }
        return uint8(ordinal - 1); // at most 255
    }

    /* INTERESTS */

    /// @inheritdoc IEmissionsOracle
    function setInterest(SchemeId scheme, ParticipantId body, ParticipantId participant, bool interested) external {
        if (!_declaresOwn(body, interested)) SCHEMES.checkPower(msg.sender, scheme, 0, Powers.ACCREDIT);
        uint256 ordinal = _ordinals[body];
        if (ordinal == 0) revert EmissionsUnknownBody(body);

        uint256 key = _interestKey(scheme, participant);
        uint256 bit = 1 << (ordinal - 1);
        _interests[key] = interested ? _interests[key] | bit : _interests[key] & ~bit;
        // Never cleared: it only says that the exact word has to be read.
        if (interested) _anyInterest[key >> 8] |= 1 << (key & 0xff);
        emit InterestSet(scheme, body, participant, interested, msg.sender);
    }

    /// @dev A body may say that it is not impartial, never that it is again.
    function _declaresOwn(ParticipantId body, bool interested) private view returns (bool) {
        if (!interested) return false;
        (ParticipantId id, uint8 rights,) = PARTICIPANTS.walletOf(msg.sender);
        return id == body && rights & WalletRights.MANAGE != 0;
    }

    /// @dev `scheme << 24 | participant`.
    function _interestKey(SchemeId scheme, ParticipantId participant) private pure returns (uint256) {
        return uint256(SchemeId.unwrap(scheme)) << 24 | ParticipantId.unwrap(participant);
    }

    function _interestsIn(SchemeId scheme, ParticipantId participant) internal view returns (uint256) {
        uint256 key = _interestKey(scheme, participant);
        if (_anyInterest[key >> 8] >> (key & 0xff) & 1 == 0) return 0;
        return _interests[key];
    }

    /// @dev One body's interests while many participants are looked at: neighbours share the word read first.
    struct InterestCache {
        SchemeId scheme;
        uint256 bodyBit; // 0 for a body no signer set knows, which then fails on its signers
        uint256 key; //     of `word`, plus 1
        uint256 word;
    }

    function _interestCache(SchemeId scheme, ParticipantId body) internal view returns (InterestCache memory cache) {
        uint256 ordinal = _ordinals[body];
        cache.scheme = scheme;
        if (ordinal != 0) cache.bodyBit = 1 << (ordinal - 1);
    }

    function _interestedIn(InterestCache memory cache, ParticipantId participant) internal view returns (bool) {
        uint256 key = _interestKey(cache.scheme, participant);
        if (cache.key != (key >> 8) + 1) {
            cache.key = (key >> 8) + 1; // 32 bits plus 1
            cache.word = _anyInterest[key >> 8];
        }
        if (cache.word >> (key & 0xff) & 1 == 0) return false;
        return _interests[key] & cache.bodyBit != 0;
    }

    /* VIEWS */

    /// @inheritdoc IEmissionsOracle
    function configOf(SchemeId scheme) external view returns (uint16 version, bytes32 digest, address pointer) {
        Config memory config = _configs[scheme];
        if (config.version != 0) digest = OracleWords.digestOf(CodeWords.load(config.pointer));
        return (config.version, digest, config.pointer);
    }

    /// @inheritdoc IEmissionsOracle
    function configWords(SchemeId scheme) external view returns (uint256[] memory) {
        return _load(scheme);
    }

    /// @inheritdoc IEmissionsOracle
    function signersOf(SchemeId scheme) external view returns (Signer[] memory signers) {
        uint256[] memory words = _load(scheme);
        uint256 first = OracleWords.firstSigner(words[OracleWords.RULES]);
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

    /// @inheritdoc IEmissionsOracle
    function hasInterest(SchemeId scheme, ParticipantId body, ParticipantId participant) external view returns (bool) {
        uint256 ordinal = _ordinals[body];
        return ordinal != 0 && _interestsIn(scheme, participant) >> (ordinal - 1) & 1 == 1;
    }

    function _load(SchemeId scheme) internal view returns (uint256[] memory) {
        address pointer = _configs[scheme].pointer;
        if (pointer == address(0)) revert EmissionsNotConfigured(scheme);
        return CodeWords.load(pointer);
    }
}
