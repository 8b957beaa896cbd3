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
import {ParticipantId, UnitId} from "../../interfaces/types/Ids.sol";
import {Batch, BatchStatus, IOffsetCredits, SerialBlock} from "../../interfaces/units/IOffsetCredits.sol";
import {IOutcomeBatches, OutcomeUse} from "../../interfaces/units/IOutcomeBatches.sol";
import {IRetirementRegistry} from "../../interfaces/compliance/IRetirementRegistry.sol";
import {IWalletSource} from "../../interfaces/parties/IWalletSource.sol";
import {ParticipantStatus, WalletRights} from "../../interfaces/parties/IParticipants.sol";
import {IntervalSet} from "../lib/IntervalSet.sol";
import {BatchNumbers} from "../types/BatchNumbers.sol";
import {UnitIdLib} from "../types/UnitIdLib.sol";

/// @title Article6
/// @notice Mitigation outcomes between Parties; see {IArticle6}.
/// @dev A controller of credits with the right to the exit SetApart alone: by it the issuance sets units apart for this contract.
contract Article6 is IArticle6, AccessManaged {
    using IntervalSet for IntervalSet.Set;

    /// @dev Number of this registry in serial blocks.
    uint32 private constant THIS_REGISTRY = 1;
    /// @dev Longest text about an entity [bytes].
    uint256 private constant MAX_TEXT = 200;
    /// @dev Of a batch, and parts of each: what is locked reaches as many batches set apart from it as the issuance admits.
    /// Each authorisation has a share, so that no holder takes the room of another.
    uint256 private constant MAX_AUTHORISATIONS = 32;
    uint256 private constant MAX_PARTS = 4;
    /// @inheritdoc IArticle6
    uint256 public constant LAPSE = 365 days;

    /// @dev Years of a Party's contribution.
    struct Contribution {
        uint16 firstYear;
        uint16 lastYear;
    }

    IWalletSource public immutable PARTICIPANTS;
    IOffsetCredits public immutable CREDITS;
    IOutcomeBatches public immutable ISSUANCE;
    IRetirementRegistry public immutable REGISTRY;

    /// @inheritdoc IArticle6
    mapping(address officer => uint16) public partyOf;
    /// @inheritdoc IArticle6
    uint32 public authorisationCount;
    mapping(uint32 number => Authorisation) private _authorisations;
    /// @inheritdoc IArticle6
    mapping(UnitId unit => uint256) public authorisationsOf;
    /// @dev Blocks of each unit; the data of a stretch is {_pack}ed.
    mapping(UnitId unit => IntervalSet.Set) private _blocks;
    mapping(UnitId unit => mapping(uint64 first => Adjustment)) private _adjustments;
    /// @inheritdoc IArticle6
    mapping(uint16 party => Contribution) public contributionOf;

    /// @inheritdoc IArticle6
    mapping(UnitId unit => uint40) public waitingSince;

    constructor(
        address authority_,
        IWalletSource participants,
        IOffsetCredits credits,
        IOutcomeBatches issuance,
        IRetirementRegistry registry
    ) AccessManaged(authority_) {
        (PARTICIPANTS, CREDITS, ISSUANCE, REGISTRY) = (participants, credits, issuance, registry);
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
        uint64 amountT,
        ParticipantId holder,
        uint16 acquirer,
        ItmoPurpose purpose,
        FirstTransfer firstTransfer,
        bytes16 approach,
        bytes32 documentHash
    ) external returns (uint32 number) {
        uint16 party = _checkIssued(unit, amountT);
        _checkSpeaksFor(party);
        bool towards = purpose == ItmoPurpose.Ndc || purpose == ItmoPurpose.Both;
        if (
            purpose == ItmoPurpose.None || approach == 0 || acquirer == party || (acquirer != 0) != towards
                || (purpose == ItmoPurpose.Ndc) != (firstTransfer == FirstTransfer.None)
        ) revert Article6BadTerms(purpose, acquirer, firstTransfer, approach);

        if (authorisationsOf[unit]++ == MAX_AUTHORISATIONS) revert Article6TooManyParts(unit, 0, MAX_AUTHORISATIONS);
        number = ++authorisationCount;
        _authorisations[number] = Authorisation({
            unit: unit,
            holder: holder,
            amountT: amountT,
            leftT: amountT,
            party: party,
            acquirer: acquirer,
            purpose: purpose,
            firstTransfer: firstTransfer,
            authorisedAt: uint40(block.timestamp), // 40 bits of seconds last 34,000 years
            parts: 0,
            approach: approach
        });
        emit OutcomeAuthorised(
            number, unit, party, holder, acquirer, amountT, purpose, firstTransfer, approach, documentHash
        );
    }

    /// @inheritdoc IArticle6
    function setApart(uint32 number, uint64 amountT) external returns (UnitId unit) {
        Authorisation storage a = _authorisations[number];
        _checkHolderOf(number, a.holder);
        if (amountT == 0 || amountT > a.leftT) revert Article6BeyondAuthorisation(number, amountT, a.leftT);
        if (a.parts == MAX_PARTS) revert Article6TooManyParts(a.unit, number, MAX_PARTS);
        (a.leftT, a.parts) = (a.leftT - amountT, a.parts + 1);

        OutcomeUse usable = a.purpose == ItmoPurpose.Ndc ? OutcomeUse.Waiting : OutcomeUse.Marked;
        uint64 first;
        (unit, first) = ISSUANCE.setApart(msg.sender, a.unit, amountT, usable, _referenceOf(number));
        waitingSince[unit] = uint40(block.timestamp); // as above
        ItmoBlock memory b;
        (b.first, b.last, b.authorisation) = (first, first + amountT - 1, number);
        _begin(b, a.firstTransfer);
        _blocks[unit].insert(first, b.last + 1, _pack(b), 0); // the first of its unit
        emit OutcomeSetApart(number, unit, a.party, a.unit, msg.sender, first, b.last);
        if (b.transferred) emit OutcomeTransferred(unit, a.party, 0, first, b.last);
    }

    /// @inheritdoc IArticle6
    function transfer(UnitId unit, uint64 block_) external {
        ItmoBlock memory b = _known(unit, block_);
        Authorisation storage a = _authorisations[b.authorisation];
        _checkSpeaksFor(a.party);
        bool open = b.state == ItmoState.Authorised || b.state == ItmoState.FirstTransferred;
        if (!open || b.acquirer != 0 || a.acquirer == 0) revert Article6WrongState(unit, block_, b.state);
        _checkWhole(unit, b);

        b.state = ItmoState.FirstTransferred;
        b.transferred = true;
        b.acquirer = a.acquirer;
        _save(unit, b);
        waitingSince[unit] = uint40(block.timestamp); // as above
        ISSUANCE.setUse(unit, b.acquirer, OutcomeUse.Waiting);
        emit OutcomeTransferred(unit, a.party, b.acquirer, b.first, b.last);
    }

    /// @inheritdoc IArticle6
    function acquire(UnitId unit, uint64 block_) external {
        ItmoBlock memory b = _known(unit, block_);
        if (!_isOffered(b)) revert Article6WrongState(unit, block_, b.state);
        _checkSpeaksFor(b.acquirer);
        _checkWhole(unit, b);

        b.state = ItmoState.Acquired;
        _save(unit, b);
        ISSUANCE.setUse(unit, b.acquirer, OutcomeUse.Marked);
        emit OutcomeAcquired(unit, b.acquirer, b.first, b.last);
    }

    /// @inheritdoc IArticle6
    function lapse(UnitId unit, uint64 block_) external {
        ItmoBlock memory b = _known(unit, block_);
        Authorisation storage a = _authorisations[b.authorisation];
        bool towardsNdc = a.purpose == ItmoPurpose.Ndc;
        bool waits = _isOffered(b) || (towardsNdc && b.state == ItmoState.Authorised);
        if (!waits) revert Article6WrongState(unit, block_, b.state);
        uint256 lapsesAt = waitingSince[unit] + LAPSE;
        if (block.timestamp <= lapsesAt) revert Article6TooEarly(unit, lapsesAt);

        // What may be used for other purposes is as it was set apart.
        _begin(b, a.firstTransfer);
        if (towardsNdc) b.state = ItmoState.Lapsed;
        b.acquirer = 0;
        _save(unit, b);
        ISSUANCE.setUse(unit, 0, towardsNdc ? OutcomeUse.Free : OutcomeUse.Marked);
        emit OutcomeLapsed(unit, a.party, b.first, b.last);
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
        // What an acquiring Party cancelled, it did not use.
        bool used = party == b.acquirer && b.state == ItmoState.Used;
        if (party == 0 || (party != host && !used)) revert Article6NotParty(msg.sender, party, host);
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

    /// @dev The units must be of an active batch of this registry that was not set apart. Returns the host Party.
    function _checkIssued(UnitId unit, uint64 amountT) private view returns (uint16 party) {
        Batch memory b = CREDITS.batch(unit);
        if (b.status != BatchStatus.Active) revert Article6BatchNotActive(unit, b.status);
        bool own = b.blocks[b.inUse].registry == THIS_REGISTRY && !BatchNumbers.isAuthorised(unit);
        if (!own || amountT == 0 || amountT > CREDITS.totalSupply(unit)) revert Article6NotHeld(unit, amountT);
        (address issuer,) = CREDITS.originOf(unit);
        return ICreditOrigin(issuer).traitsOf(unit).hostCountry;
    }

    function _checkHolderOf(uint32 number, ParticipantId holder) private view {
        (ParticipantId caller, uint8 rights, uint8 status) = PARTICIPANTS.walletOf(msg.sender);
        bool may = caller == holder && status == uint8(ParticipantStatus.Active);
        if (!may || rights & WalletRights.SURRENDER == 0) revert Article6NotHolder(number, msg.sender);
    }

    /// @dev A block may change hands while its batch is active and nothing of it has left without a record.
    function _checkWhole(UnitId unit, ItmoBlock memory b) private view {
        Batch memory held = CREDITS.batch(unit);
        if (held.status != BatchStatus.Active) revert Article6BatchNotActive(unit, held.status);
        if (held.next != b.first) revert Article6UnrecordedExit(unit, b.first, held.next);
    }

    /// @dev State of a block when it is set apart. Authorised units are issued already.
    function _begin(ItmoBlock memory b, FirstTransfer definition) private pure {
        b.transferred = definition == FirstTransfer.Authorisation || definition == FirstTransfer.Issuance;
        b.state = b.transferred ? ItmoState.FirstTransferred : ItmoState.Authorised;
    }

    /// @dev Transferred to a Party that has not confirmed.
    function _isOffered(ItmoBlock memory b) private pure returns (bool) {
        return b.state == ItmoState.FirstTransferred && b.acquirer != 0;
    }

    /// @dev This contract's address and the authorisation's number: distinct from every other controller's references.
    function _referenceOf(uint32 number) private view returns (bytes32) {
        return bytes32(uint256(uint160(address(this))) << 96 | number);
    }

    function _known(UnitId unit, uint64 block_) private view returns (ItmoBlock memory b) {
        b = _blockOf(unit, block_);
        if (b.state == ItmoState.None) revert Article6OutsideBlock(unit, block_, block_, block_);
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
        uint64 amountT = b.last - b.first + 1;
        bool used = b.acquirer != 0 && b.state == ItmoState.Used;
        bool whole = made.hostT == amountT && (!used || made.acquirerT == amountT);
        return whole ? AdjustmentStatus.Completed : AdjustmentStatus.Pending;
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
