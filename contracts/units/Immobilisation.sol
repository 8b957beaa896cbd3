// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {IAccessManaged} from "@openzeppelin/contracts/access/manager/IAccessManaged.sol";
import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";
import {IERC1155Receiver} from "@openzeppelin/contracts/token/ERC1155/IERC1155Receiver.sol";
import {IERC165} from "@openzeppelin/contracts/utils/introspection/IERC165.sol";

import {ICreditOrigin, Traits} from "../../interfaces/units/ICreditOrigin.sol";
import {HeldAccounts} from "../../interfaces/types/HeldAccounts.sol";
import {ParticipantId, UnitId} from "../../interfaces/types/Ids.sol";
import {
    BatchTerms,
    IImmobilisation,
    Lodging,
    Place,
    Request,
    RequestKind
} from "../../interfaces/units/IImmobilisation.sol";
import {BatchStatus, IOffsetCredits, Recipient, SerialBlock} from "../../interfaces/units/IOffsetCredits.sol";
import {IParticipants, ParticipantStatus, WalletRights} from "../../interfaces/parties/IParticipants.sol";
import {Activity, ProjectId, ProjectKind} from "../../interfaces/evidence/IProjects.sol";
import {ISchemes, Powers} from "../../interfaces/rules/ISchemes.sol";
import {Stretch} from "../../interfaces/units/ISerialSets.sol";
import {Exit} from "../../interfaces/units/IUnit1155.sol";
import {Extendable} from "../lib/Extendable.sol";
import {Payouts} from "../parties/Payouts.sol";
import {Pausable} from "../rules/Pausable.sol";
import {BatchNumbers} from "../types/BatchNumbers.sol";
import {UnitIdLib} from "../types/UnitIdLib.sol";
import {ImmobilisationExtension} from "./ImmobilisationExtension.sol";
import {SerialSets} from "./SerialSets.sol";

/// @title Immobilisation
/// @notice Immobilises blocks of other registries and releases them; see {IImmobilisation}.
/// @dev Assumes that OffsetCredits and Participants are this project's own. A holder's hook runs last and cannot stop it.
/// Registries and the record of blocks used elsewhere are in {ImmobilisationExtension}.
contract Immobilisation is SerialSets, Payouts, Extendable, Pausable, IImmobilisation, IERC1155Receiver {
    using SafeERC20 for IERC20;

    uint256 private constant MAX_PROJECT = 64;
    /// @dev Requests to immobilise that a participant may have pending.
    uint256 private constant MAX_PENDING = 8;
    /// @dev For an officer to answer in [s].
    uint256 private constant ANSWER_WINDOW = 30 days;

    /// @notice Contract of the units, where this one issues and, as a controller with the right to exit, releases.
    IOffsetCredits public immutable CREDITS;
    /// @notice Currency of bonds.
    IERC20 public immutable CURRENCY;
    /// @notice Gets the bonds that are lost.
    address public immutable TREASURY;
    /// @notice Bond of a request to immobilise, in the currency's smallest unit.
    uint128 public immutable BOND;
    IParticipants private immutable PARTICIPANTS;

    mapping(uint64 batch => BatchTerms) private _batches;
    mapping(uint64 number => Request) private _requests;
    mapping(ParticipantId applicant => uint256) private _pending;

    /// @inheritdoc IImmobilisation
    uint64 public batchCount;
    /// @inheritdoc IImmobilisation
    uint64 public requestCount;

    constructor(
        IParticipants participants,
        ISchemes schemes,
        IOffsetCredits credits,
        IERC20 currency,
        address treasury,
        uint128 bond
    ) SerialSets(schemes) Extendable(address(new ImmobilisationExtension(schemes))) {
        PARTICIPANTS = participants;
        CREDITS = credits;
        CURRENCY = currency;
        TREASURY = treasury;
        BOND = bond;
    }

    /* BATCHES */

    /// @inheritdoc IImmobilisation
    function openBatch(BatchTerms calldata terms) external returns (UnitId id) {
        _checkOfficer(terms.scheme);
        bool typed = terms.activity != Activity.None && terms.kind != ProjectKind.None;
        bool placed = terms.vintage != 0 && terms.hostCountry != 0 && _isNumbered(terms.registry);
        bool described = _isText(terms.project, 1, MAX_PROJECT) && _isText(terms.account, 1, MAX_TEXT)
            && _isText(terms.methodologyText, 0, MAX_TEXT);
        if (!typed || !placed || !described) revert ImmobilisationBadTerms(terms);
        _checkBorder(terms.registry, terms.scheme);

        uint64 number = ++batchCount;
        _batches[number] = terms;
        id = batchAt(number);
        emit BatchOpened(id, terms.registry, terms, msg.sender);
    }

    /* IMMOBILISE */

    /// @inheritdoc IImmobilisation
    function request(Lodging calldata lodging, uint64 hint) external returns (uint64 number) {
        (uint64 batch, BatchTerms storage terms) = _batchOf(lodging.id);
        (ParticipantId participant,, ParticipantStatus status) = PARTICIPANTS.walletOf(msg.sender);
        if (status != ParticipantStatus.Active) revert ImmobilisationNotWallet(msg.sender);
        if (_pending[participant]++ >= MAX_PENDING) revert ImmobilisationTooManyRequests(participant, MAX_PENDING);

        number = ++requestCount;
        SerialBlock memory block_ = _reserve(lodging, terms, Stretch.Requested, number, hint);
        uint40 until = uint40(block.timestamp + ANSWER_WINDOW); // 34,000 years of seconds
        _requests[number] = Request({
            wallet: msg.sender,
            participant: participant,
            kind: RequestKind.Immobilise,
            batch: batch,
            series: block_.series,
            first: block_.first,
            last: block_.last,
            amount: 0,
            until: until,
            bond: BOND
        });
        emit ImmobilisationRequested(
            number, lodging.id, msg.sender, block_, lodging.serial, lodging.evidence, until, BOND
        );
        if (BOND != 0) CURRENCY.safeTransferFrom(msg.sender, address(this), BOND);
    }

    /// @inheritdoc IImmobilisation
    function finaliseImmobilisation(uint64 number, bytes32 evidence) external {
        Request memory r = _take(number, RequestKind.Immobilise);
        BatchTerms storage terms = _batches[r.batch];
        _checkOfficer(terms.scheme);

        SerialBlock memory block_ = SerialBlock(terms.registry, r.series, r.first, r.last);
        _settle(terms.registry, r.series, r.first, r.batch);
        UnitId id = batchAt(r.batch);
        address to = _homeOf(r);
        emit BlockImmobilised(id, number, to, block_, "", evidence, msg.sender);
        _settleBond(r, true);

        _issue(id, to, block_, evidence);
    }

    /// @inheritdoc IImmobilisation
    function revertImmobilisation(uint64 number, uint64 hint, bytes32 reason) external {
        Request memory r = _take(number, RequestKind.Immobilise);
        bool expired = block.timestamp >= _moved(r.until);
        if (!expired) _checkOfficerOrApplicant(number, r);

        _free(_batches[r.batch].registry, r.series, r.first, r.last, r.first, hint);
        emit ImmobilisationReverted(number, batchAt(r.batch), msg.sender, reason, expired);
        _settleBond(r, expired);
    }

    /// @inheritdoc IImmobilisation
    function immobilise(Lodging calldata lodging, address to, uint64 hint) external {
        (uint64 batch, BatchTerms storage terms) = _batchOf(lodging.id);
        _checkOfficer(terms.scheme);
        // Units held by this contract belong to pending releases.
        if (to == address(this)) revert ImmobilisationNotWallet(to);

        SerialBlock memory block_ = _reserve(lodging, terms, Stretch.Immobilised, batch, hint);
        emit BlockImmobilised(lodging.id, 0, to, block_, lodging.serial, lodging.evidence, msg.sender);

        _issue(lodging.id, to, block_, lodging.evidence);
    }

    /* RELEASE */

    /// @inheritdoc IERC1155Receiver
    /// @dev `data` is the account of the other registry, ABI-encoded.
    function onERC1155Received(address, address from, uint256 id, uint256 amount, bytes calldata data)
        external
        returns (bytes4)
    {
        bool fits = amount != 0 && amount <= type(uint64).max;
        if (msg.sender != address(CREDITS) || !fits) revert ImmobilisationRefused(msg.sender, amount);
        (ParticipantId participant, uint8 rights, ParticipantStatus status) = PARTICIPANTS.walletOf(from);
        bool may = status == ParticipantStatus.Active && rights & WalletRights.WITHDRAW != 0;
        if (!may) revert ImmobilisationNotWallet(from);
        (uint64 batch, BatchTerms storage terms) = _batchOf(UnitId.wrap(id));
        string memory account = abi.decode(data, (string));
        if (keccak256(bytes(account)) != keccak256(bytes(terms.account))) {
            revert ImmobilisationOtherAccount(UnitId.wrap(id), account);
        }

        uint64 number = ++requestCount;
        _requests[number] = Request({
            wallet: from,
            participant: participant,
            kind: RequestKind.Release,
            batch: batch,
            series: 0,
            first: 0,
            last: 0,
            amount: uint64(amount), // checked above
            until: 0,
            bond: 0
        });
        emit ReleaseRequested(number, UnitId.wrap(id), from, uint64(amount));
        return IERC1155Receiver.onERC1155Received.selector;
    }

    /// @inheritdoc IERC1155Receiver
    /// @dev One batch is released at a time.
    function onERC1155BatchReceived(address, address from, uint256[] calldata ids, uint256[] calldata, bytes calldata)
        external
        pure
        returns (bytes4)
    {
        revert ImmobilisationRefused(from, ids.length);
    }

    /// @inheritdoc IImmobilisation
    function finaliseRelease(uint64 number, Place[] calldata places, bytes32 evidence) external {
        _requireUnpaused();
        Request memory r = _take(number, RequestKind.Release);
        BatchTerms storage terms = _batches[r.batch];
        _checkOfficer(terms.scheme);

        UnitId id = batchAt(r.batch);
        SerialBlock[] memory blocks =
            CREDITS.exitWithSerials(address(this), id, r.amount, Exit.Released, bytes32(uint256(number)));
        if (blocks.length != places.length) revert ImmobilisationPlaces(blocks.length, places.length);
        // Bounded by the limit of blocks in a batch.
        for (uint256 i = 0; i < blocks.length; ++i) {
            SerialBlock memory b = blocks[i];
            (, Stretch kind, uint64 ref) = _stretchAt(b.registry, b.series, places[i].start);
            if (kind != Stretch.Immobilised || ref != r.batch) revert ImmobilisationNotHere(id, b);
            _free(b.registry, b.series, b.first, b.last, places[i].start, places[i].hint);
        }
        emit UnitsReleased(number, id, r.wallet, terms.account, blocks, evidence, msg.sender);
    }

    /// @inheritdoc IImmobilisation
    function revertRelease(uint64 number, bytes32 reason) external {
        Request memory r = _take(number, RequestKind.Release);
        _checkOfficerOrApplicant(number, r);

        UnitId id = batchAt(r.batch);
        bool invalid = CREDITS.batch(id).status == BatchStatus.Invalidated;
        address to = invalid ? address(0) : _backTo(r);
        emit ReleaseReverted(number, id, to, msg.sender, reason);

        if (!invalid) CREDITS.forcedTransferByOrder(address(this), to, id, r.amount, reason);
    }

    /* VIEWS */

    /// @inheritdoc IImmobilisation
    function termsOf(UnitId id) external view returns (BatchTerms memory) {
        (, BatchTerms storage terms) = _batchOf(id);
        return terms;
    }

    /// @inheritdoc ICreditOrigin
    function traitsOf(UnitId id) external view returns (Traits memory) {
        (, BatchTerms storage terms) = _batchOf(id);
        return Traits({
            activity: terms.activity, kind: terms.kind, hostCountry: terms.hostCountry, methodology: terms.methodology
        });
    }

    /// @inheritdoc ICreditOrigin
    /// @dev 0: the project is one of the other registry.
    function projectOf(UnitId id) external view returns (ProjectId) {
        _batchOf(id);
        return ProjectId.wrap(0);
    }

    /// @inheritdoc IImmobilisation
    function batchAt(uint64 number) public view returns (UnitId) {
        BatchTerms storage terms = _batches[number];
        return UnitIdLib.encode(UnitIdLib.OFFSET_CREDIT, terms.scheme, terms.vintage, BatchNumbers.IMMOBILISED | number);
    }

    /// @inheritdoc IImmobilisation
    function requestOf(uint64 number) external view returns (Request memory) {
        return _requests[number];
    }

    /// @inheritdoc IERC165
    function supportsInterface(bytes4 interfaceId) external pure returns (bool) {
        return interfaceId == type(IERC165).interfaceId || interfaceId == type(IERC1155Receiver).interfaceId;
    }

    /* INSIDE */

    /// @dev Puts a block into its set.
    function _reserve(Lodging calldata l, BatchTerms storage terms, Stretch kind, uint64 ref, uint64 hint)
        private
        returns (SerialBlock memory)
    {
        if (l.evidence == 0) revert ImmobilisationNoEvidence(l.id);
        uint32 registry = terms.registry;
        _checkBorder(registry, terms.scheme);
        uint64 series = _put(registry, l.issuance, l.first, l.last, l.serial, kind, ref, hint);
        return SerialBlock({registry: registry, series: series, first: l.first, last: l.last});
    }

    /// @dev The bond of a request that is answered becomes the applicant's, or the treasury's.
    function _settleBond(Request memory r, bool returned) private {
        --_pending[r.participant];
        uint256 payee = returned ? ParticipantId.unwrap(r.participant) : uint160(TREASURY);
        _creditPayout(payee, uint160(address(CURRENCY)), r.bond);
    }

    /// @dev A participant's number is below 2^24, where no address of an account lies.
    function _mayWithdraw(address caller, uint256 payee, address to) internal view override returns (bool) {
        if (uint160(caller) == payee) return true;
        (ParticipantId owner, uint8 rights,) = PARTICIPANTS.walletOf(caller);
        (ParticipantId receiver,,) = PARTICIPANTS.walletOf(to);
        bool own = ParticipantId.unwrap(owner) == payee && receiver == owner;
        return own && payee != 0 && rights & WalletRights.WITHDRAW != 0;
    }

    /// @dev There is one asset.
    function _payOut(uint256, address to, uint256 amount) internal override {
        _requireUnpaused();
        CURRENCY.safeTransfer(to, amount);
    }

    /// @dev All of the block is credited to one wallet.
    function _issue(UnitId id, address to, SerialBlock memory block_, bytes32 evidence) private {
        _requireUnpaused();
        Recipient[] memory all = new Recipient[](1);
        all[0] = Recipient({to: to, amount: block_.last - block_.first + 1});
        CREDITS.issueBlock(id, all, block_, evidence);
    }

    /// @dev A request is answered once.
    function _take(uint64 number, RequestKind kind) private returns (Request memory r) {
        r = _requests[number];
        if (r.kind != kind) revert ImmobilisationNoRequest(number, kind);
        delete _requests[number];
    }

    function _checkOfficerOrApplicant(uint64 number, Request memory r) private view {
        (ParticipantId caller, uint8 rights,) = PARTICIPANTS.walletOf(msg.sender);
        if (caller == r.participant && rights != 0) return; // never 0: the applicant was a participant
        bool officer = SCHEMES.hasPower(msg.sender, _batches[r.batch].scheme, 0, Powers.ISSUE);
        if (!officer) revert ImmobilisationNotYours(number, msg.sender);
    }

    /// @dev Recipient of the units of a request: its wallet, or the primary one if that is its participant's no longer or lost.
    function _homeOf(Request memory r) private view returns (address) {
        (ParticipantId owner, uint8 rights,) = PARTICIPANTS.walletOf(r.wallet);
        return owner == r.participant && rights != 0 ? r.wallet : PARTICIPANTS.primaryWallet(r.participant);
    }

    /// @dev {_homeOf}, or the participant's held account while it is not active.
    function _backTo(Request memory r) private view returns (address to) {
        to = _homeOf(r);
        (,, ParticipantStatus status) = PARTICIPANTS.walletOf(to);
        if (status != ParticipantStatus.Active) to = HeldAccounts.accountOf(r.participant);
    }

    function _batchOf(UnitId id) private view returns (uint64 number, BatchTerms storage terms) {
        number = UnitIdLib.batchOf(id) ^ BatchNumbers.IMMOBILISED;
        terms = _batches[number];
        if (terms.registry == 0 || id != batchAt(number)) revert ImmobilisationUnknownBatch(id);
    }

    function _manager() internal view override returns (address) {
        return IAccessManaged(address(SCHEMES)).authority();
    }
}
