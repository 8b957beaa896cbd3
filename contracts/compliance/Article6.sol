// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {AccessManaged} from "@openzeppelin/contracts/access/manager/AccessManaged.sol";
import {Strings} from "@openzeppelin/contracts/utils/Strings.sol";

import {
    Adjustment,
    AdjustmentStatus,
    Authorisation,
    FirstTransfer,
    IArticle6,
    ItmoBlock,
    ItmoPurpose,
    ItmoState
} from "../../interfaces/compliance/IArticle6.sol";
import {ICreditOrigin} from "../../interfaces/units/ICreditOrigin.sol";
import {UnitId} from "../../interfaces/types/Ids.sol";
import {Batch, IOffsetCredits, SerialBlock} from "../../interfaces/units/IOffsetCredits.sol";
import {IRetirementRegistry} from "../../interfaces/compliance/IRetirementRegistry.sol";
import {IntervalSet} from "../lib/IntervalSet.sol";
import {UnitIdLib} from "../types/UnitIdLib.sol";

/// @title Article6
/// @notice Mitigation outcomes between Parties; see {IArticle6}.
contract Article6 is IArticle6, AccessManaged {
    using IntervalSet for IntervalSet.Set;

    /// @dev Number of this registry in serial blocks.
    uint32 private constant THIS_REGISTRY = 1;
    /// @dev Longest text about an entity [bytes].
    uint256 private constant MAX_TEXT = 200;

    /// @dev Years of a Party's contribution.
    struct Contribution {
        uint16 firstYear;
        uint16 lastYear;
    }

    IOffsetCredits public immutable CREDITS;
    IRetirementRegistry public immutable REGISTRY;

    /// @inheritdoc IArticle6
    mapping(address officer => uint16) public partyOf;
    /// @inheritdoc IArticle6
    uint32 public authorisationCount;
    mapping(uint32 number => Authorisation) private _authorisations;
    /// @dev Blocks of each unit; the data of a stretch is {_pack}ed.
    mapping(UnitId unit => IntervalSet.Set) private _blocks;
    mapping(UnitId unit => mapping(uint64 first => Adjustment)) private _adjustments;
    /// @inheritdoc IArticle6
    mapping(uint16 party => Contribution) public contributionOf;

    constructor(address authority_, IOffsetCredits credits, IRetirementRegistry registry) AccessManaged(authority_) {
        CREDITS = credits;
        REGISTRY = registry;
    }

    /* CALLERS */

    /// @inheritdoc IArticle6
    function setFocalPoint(address officer, uint16 party) external restricted {
        emit FocalPointSet(officer, partyOf[officer], party);
        partyOf[officer] = party;
    }

    /// @inheritdoc IArticle6
    function setContributionPeriod(uint16 firstYear, uint16 lastYear) external {
        uint16 party = _checkSpeaks();
        if (firstYear == 0 || lastYear < firstYear) revert Article6BadPeriod(firstYear, lastYear);
        contributionOf[party] = Contribution(firstYear, lastYear);
        emit ContributionPeriodSet(party, firstYear, lastYear);
    }

    /// @inheritdoc IArticle6
    function authoriseEntity(bytes16 approach, uint16 country, string calldata name, string calldata registration)
        external
    {
        uint16 party = _checkSpeaks();
        bool told = _isText(name) && _isText(registration);
        if (approach == 0 || country == 0 || !told) revert Article6BadEntity(approach, country, name, registration);
        emit EntityAuthorised(party, approach, country, name, registration);
    }

    /* STATES */

    /// @inheritdoc IArticle6
    function authorise(
        UnitId unit,
        uint64 first,
        uint64 last,
        ItmoPurpose purpose,
        FirstTransfer firstTransfer,
        bytes16 approach,
        bytes32 documentHash,
        uint64 hint
    ) external returns (uint32 number) {
        uint16 party = _checkHeld(unit, first, last);
        _checkSpeaksFor(party);
        if (
            purpose == ItmoPurpose.None || approach == 0
                || (purpose == ItmoPurpose.Ndc) != (firstTransfer == FirstTransfer.None)
        ) revert Article6BadTerms(purpose, firstTransfer, approach);

        number = ++authorisationCount;
        _authorisations[number] = Authorisation({
            unit: unit,
            first: first,
            last: last,
            party: party,
            purpose: purpose,
            firstTransfer: firstTransfer,
            authorisedAt: uint40(block.timestamp), // 40 bits of seconds last 34,000 years
            approach: approach
        });
        emit OutcomeAuthorised(number, unit, party, first, last, purpose, firstTransfer, approach, documentHash);
        // Authorised units are issued already.
        bool transferred = firstTransfer == FirstTransfer.Authorisation || firstTransfer == FirstTransfer.Issuance;
        ItmoBlock memory b = ItmoBlock({
            first: first,
            last: last,
            state: transferred ? ItmoState.FirstTransferred : ItmoState.Authorised,
            transferred: transferred,
            acquirer: 0,
            authorisation: number,
            evidence: 0
        });
        _blocks[unit].insert(first, last + 1, _pack(b), hint);
        if (transferred) emit OutcomeTransferred(unit, party, 0, first, last);
    }

    /// @inheritdoc IArticle6
    function transfer(UnitId unit, uint64 block_, uint64 first, uint64 last, uint16 acquirer) external {
        ItmoBlock memory b = _cut(unit, block_, first, last);
        Authorisation storage a = _authorisations[b.authorisation];
        _checkSpeaksFor(a.party);
        if (acquirer == 0 || acquirer == a.party) revert Article6BadAcquirer(acquirer);
        bool open = b.state == ItmoState.Authorised || b.state == ItmoState.FirstTransferred;
        if (!open || b.acquirer != 0 || a.purpose == ItmoPurpose.Other) {
            revert Article6WrongState(unit, block_, b.state);
        }

        b.state = ItmoState.FirstTransferred;
        b.transferred = true;
        b.acquirer = acquirer;
        _save(unit, b);
        emit OutcomeTransferred(unit, a.party, acquirer, first, last);
    }

    /// @inheritdoc IArticle6
    function acquire(UnitId unit, uint64 block_, uint64 first, uint64 last) external {
        ItmoBlock memory b = _cut(unit, block_, first, last);
        if (b.state != ItmoState.FirstTransferred || b.acquirer == 0) revert Article6WrongState(unit, block_, b.state);
        _checkSpeaksFor(b.acquirer);

        b.state = ItmoState.Acquired;
        _save(unit, b);
        emit OutcomeAcquired(unit, b.acquirer, first, last);
    }

    /// @inheritdoc IArticle6
    function use(UnitId unit, uint64 block_, uint64 first, uint64 last, uint256 certificate) external {
        (ItmoBlock memory b, uint16 party) = _toUse(unit, block_, first, last);
        bool proved =
            REGISTRY.certificate(certificate).unit == unit && _holds(REGISTRY.serialsOf(certificate), first, last);
        if (!proved) revert Article6NotProved(unit, first, last, certificate);

        _close(unit, b, ItmoState.Used, certificate);
        emit OutcomeUsed(unit, party, certificate, first, last);
    }

    /// @inheritdoc IArticle6
    function useInSurrender(
        UnitId unit,
        uint64 block_,
        uint64 first,
        uint64 last,
        bytes32 obligation,
        SerialBlock[] calldata blocks
    ) external {
        (ItmoBlock memory b, uint16 party) = _toUse(unit, block_, first, last);
        bool proved = CREDITS.wasSurrenderOf(unit, blocks, obligation) && _holds(blocks, first, last);
        if (!proved) revert Article6NotProved(unit, first, last, uint256(obligation));

        _close(unit, b, ItmoState.Used, uint256(obligation));
        emit OutcomeSurrendered(unit, party, obligation, first, last);
    }

    /// @inheritdoc IArticle6
    function cancel(
        UnitId unit,
        uint64 block_,
        uint64 first,
        uint64 last,
        uint256 cancellation,
        SerialBlock[] calldata blocks
    ) external {
        ItmoBlock memory b = _cut(unit, block_, first, last);
        uint16 party = _checkHolder(b);
        if (b.state > ItmoState.Acquired) revert Article6WrongState(unit, block_, b.state);
        bool proved = REGISTRY.isCancellationOf(cancellation, unit, blocks) && _holds(blocks, first, last);
        if (!proved) revert Article6NotProved(unit, first, last, cancellation);

        _close(unit, b, ItmoState.Cancelled, cancellation);
        emit OutcomeCancelled(unit, party, cancellation, first, last);
    }

    /* CORRESPONDING ADJUSTMENT */

    /// @inheritdoc IArticle6
    function recordAdjustment(UnitId unit, uint64 block_, uint16 year, uint64 amount) external {
        ItmoBlock memory b = _blockOf(unit, block_);
        uint16 host = _authorisations[b.authorisation].party;
        uint16 party = partyOf[msg.sender];
        if (party == 0 || (party != host && party != b.acquirer)) revert Article6NotParty(msg.sender, party, host);
        Adjustment storage made = _adjustments[unit][block_];
        AdjustmentStatus status = _statusOf(b, made);
        if (b.state < ItmoState.Used || status == AdjustmentStatus.NotRequired) {
            revert Article6WrongState(unit, block_, b.state);
        }
        Contribution memory c = contributionOf[party];
        bool within = c.firstYear == 0 || (c.firstYear <= year && year <= c.lastYear);
        if (year == 0 || !within || amount == 0 || status == AdjustmentStatus.Completed) {
            revert Article6BadAdjustment(unit, block_, year, amount);
        }

        if (party == host) (made.hostYear, made.hostT) = (year, amount);
        else (made.acquirerYear, made.acquirerT) = (year, amount);
        emit AdjustmentRecorded(unit, block_, party, year, amount, _statusOf(b, made));
    }

    /* VIEWS */

    /// @inheritdoc IArticle6
    function authorisationOf(uint32 number) external view returns (Authorisation memory) {
        return _authorisations[number];
    }

    /// @inheritdoc IArticle6
    function blockOf(UnitId unit, uint64 first) external view returns (ItmoBlock memory) {
        return _blockOf(unit, first);
    }

    /// @inheritdoc IArticle6
    function adjustmentOf(UnitId unit, uint64 first) external view returns (Adjustment memory, AdjustmentStatus) {
        Adjustment memory made = _adjustments[unit][first];
        return (made, _statusOf(_blockOf(unit, first), made));
    }

    /// @inheritdoc IArticle6
    function identifierOf(UnitId unit, uint64 block_, uint64 serial) external view returns (string memory) {
        ItmoBlock memory b = _blockOf(unit, block_);
        if (b.state == ItmoState.None || serial < b.first || serial > b.last) {
            revert Article6OutsideBlock(unit, block_, serial, serial);
        }
        Authorisation storage a = _authorisations[b.authorisation];
        string memory party = _digits(a.party, 3);
        return string.concat(
            _text(a.approach),
            "-",
            string.concat(party, _digits(THIS_REGISTRY, 2)),
            "-",
            party,
            "-",
            Strings.toString(serial),
            "-",
            Strings.toString(UnitIdLib.vintageOf(unit))
        );
    }

    /* INSIDE */

    /// @dev The serial numbers must be this registry's, of the batch, and not gone. Returns the host Party.
    function _checkHeld(UnitId unit, uint64 first, uint64 last) private view returns (uint16 party) {
        Batch memory b = CREDITS.batch(unit);
        SerialBlock memory held = b.blocks[b.inUse];
        if (held.registry != THIS_REGISTRY || first < b.next || last < first || last > held.last) {
            revert Article6NotHeld(unit, first, last);
        }
        (address issuer,) = CREDITS.originOf(unit);
        return ICreditOrigin(issuer).traitsOf(unit).hostCountry;
    }

    /// @dev Cuts `first` to `last` out of the block that begins at `block_`; the rest stays as it is.
    function _cut(UnitId unit, uint64 block_, uint64 first, uint64 last) private returns (ItmoBlock memory b) {
        b = _blockOf(unit, block_);
        if (b.state == ItmoState.None || first < b.first || last < first || last > b.last) {
            revert Article6OutsideBlock(unit, block_, first, last);
        }
        IntervalSet.Set storage set = _blocks[unit];
        if (first != b.first) set.split(b.first, first);
        if (last != b.last) set.split(first, last + 1); // below b.last
        (b.first, b.last) = (first, last);
    }

    /// @dev The part of a block that its holder may use now.
    function _toUse(UnitId unit, uint64 block_, uint64 first, uint64 last)
        private
        returns (ItmoBlock memory b, uint16 party)
    {
        b = _cut(unit, block_, first, last);
        party = _checkHolder(b);
        if (!_mayUse(b)) revert Article6WrongState(unit, block_, b.state);
    }

    /// @dev The Party that uses or cancels: the acquirer, or the host Party where there is none.
    function _checkHolder(ItmoBlock memory b) private view returns (uint16 party) {
        party = b.acquirer != 0 ? b.acquirer : _authorisations[b.authorisation].party;
        _checkSpeaksFor(party);
    }

    /// @dev Towards an NDC once acquired; for other purposes once first transferred, or when the use is the first transfer.
    function _mayUse(ItmoBlock memory b) private view returns (bool) {
        if (b.acquirer != 0) return b.state == ItmoState.Acquired;
        return b.state == ItmoState.FirstTransferred
            || (b.state == ItmoState.Authorised && _authorisations[b.authorisation].firstTransfer == FirstTransfer.Use);
    }

    /// @dev The end of a block. Where use or cancellation is the first transfer, it happens now.
    function _close(UnitId unit, ItmoBlock memory b, ItmoState state, uint256 evidence) private {
        Authorisation storage a = _authorisations[b.authorisation];
        if (!b.transferred && a.firstTransfer == FirstTransfer.Use) {
            b.transferred = true;
            emit OutcomeTransferred(unit, a.party, 0, b.first, b.last);
        }
        b.state = state;
        b.evidence = uint64(evidence); // counted one by one, or an obligation, which has 64 bits
        _save(unit, b);
    }

    function _statusOf(ItmoBlock memory b, Adjustment memory made) private pure returns (AdjustmentStatus) {
        if (!b.transferred) return AdjustmentStatus.NotRequired;
        if (made.hostYear == 0 && made.acquirerYear == 0) return AdjustmentStatus.NotStarted;
        bool host = made.hostT == b.last - b.first + 1;
        bool equal = b.acquirer == 0 || (made.acquirerYear == made.hostYear && made.acquirerT == made.hostT);
        return host && equal ? AdjustmentStatus.Completed : AdjustmentStatus.Pending;
    }

    /// @dev The Party the caller speaks for, whichever.
    function _checkSpeaks() private view returns (uint16 party) {
        party = partyOf[msg.sender];
        if (party == 0) revert Article6NotParty(msg.sender, 0, 0);
    }

    function _checkSpeaksFor(uint16 party) private view {
        uint16 speaksFor = partyOf[msg.sender];
        if (party == 0 || speaksFor != party) revert Article6NotParty(msg.sender, speaksFor, party);
    }

    /// @dev Whether one of the blocks has all of `first` to `last`. They are blocks of a unit some of which was authorised,
    /// so that all of them are this registry's: a batch is either of this registry or of another.
    function _holds(SerialBlock[] memory blocks, uint64 first, uint64 last) private pure returns (bool) {
        for (uint256 i = 0; i < blocks.length; ++i) {
            if (blocks[i].first <= first && last <= blocks[i].last) return true;
        }
        return false;
    }

    /* BLOCKS AS STORED: state 8 | transferred 8 | acquirer 16 | authorisation 32 | evidence 64, lowest first */

    function _save(UnitId unit, ItmoBlock memory b) private {
        _blocks[unit].relabel(b.first, _pack(b));
    }

    function _pack(ItmoBlock memory b) private pure returns (uint128) {
        return uint128(uint8(b.state)) | uint128(b.transferred ? 1 : 0) << 8 | uint128(b.acquirer) << 16
            | uint128(b.authorisation) << 32 | uint128(b.evidence) << 64;
    }

    function _blockOf(UnitId unit, uint64 first) private view returns (ItmoBlock memory b) {
        (uint64 until, uint128 data) = _blocks[unit].get(first);
        if (until == 0) return b;
        return ItmoBlock({
            first: first,
            last: until - 1,
            state: ItmoState(uint8(data)),
            transferred: uint8(data >> 8) != 0,
            acquirer: uint16(data >> 16),
            authorisation: uint32(data >> 32),
            evidence: uint64(data >> 64)
        });
    }

    /* TEXT */

    function _isText(string calldata text) private pure returns (bool) {
        return bytes(text).length != 0 && bytes(text).length <= MAX_TEXT;
    }

    /// @dev `number` with at least `width` digits.
    function _digits(uint256 number, uint256 width) private pure returns (string memory digits) {
        digits = Strings.toString(number);
        while (bytes(digits).length < width) {
            digits = string.concat("0", digits);
        }
    }

    /// @dev Text up to its first zero byte.
    function _text(bytes16 word) private pure returns (string memory) {
        uint256 length = 0;
        while (length < 16 && word[length] != 0) {
            ++length;
        }
        bytes memory text = new bytes(length);
        for (uint256 i = 0; i < length; ++i) {
            text[i] = word[i];
        }
        return string(text);
    }
}
