// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {AccessManaged} from "@openzeppelin/contracts/access/manager/AccessManaged.sol";
import {IERC1155Errors} from "@openzeppelin/contracts/interfaces/draft-IERC6093.sol";
import {IERC1155} from "@openzeppelin/contracts/token/ERC1155/IERC1155.sol";
import {IERC1155Receiver} from "@openzeppelin/contracts/token/ERC1155/IERC1155Receiver.sol";
import {IERC1155MetadataURI} from "@openzeppelin/contracts/token/ERC1155/extensions/IERC1155MetadataURI.sol";
import {IERC165} from "@openzeppelin/contracts/utils/introspection/IERC165.sol";

import {HeldAccounts} from "../../interfaces/types/HeldAccounts.sol";
import {ParticipantId, UnitId} from "../../interfaces/types/Ids.sol";
import {IERC7572} from "../../interfaces/standards/IERC7572.sol";
import {IERC7943MultiToken} from "../../interfaces/standards/IERC7943MultiToken.sol";
import {IParticipants, WalletRights, WalletWord} from "../../interfaces/parties/IParticipants.sol";
import {ISchemes, Powers} from "../../interfaces/rules/ISchemes.sol";
import {Custody, Exit, IUnit1155} from "../../interfaces/units/IUnit1155.sol";
import {IUnitRenderer} from "../../interfaces/units/IUnitRenderer.sol";
import {ControllerRights} from "../types/ControllerRights.sol";
import {PackedHolding} from "../types/PackedHolding.sol";
import {UnitIdLib} from "../types/UnitIdLib.sol";

/// @title Unit1155
/// @notice Base of every class of units: ERC-1155 with freezes, forced transfers and counted exits; see {IUnit1155}.
/// @dev Its own ERC-1155 core: balance and freeze share a word, four totals another.
/// @dev Assumes that Participants and Schemes are this project's own and do not call back.
abstract contract Unit1155 is IUnit1155, IERC7572, IERC1155Errors, AccessManaged {
    /// @dev Why a transfer is refused.
    enum Refusal {
        None,
        CannotSend,
        CannotReceive,
        OwnWalletsOnly,
        TradeRight
    }

    /// @dev A holding behind a pointer, so that its place is computed once.
    struct Slot {
        PackedHolding holding;
    }

    /// @dev State of one id, found by one hash: a word of its class, and the holdings.
    struct Row {
        uint256 word;
        mapping(address account => Slot) slots;
        mapping(uint256 number => Slot) shared; // of a class that packs several holdings into a slot
    }

    /// @dev An exit about to happen.
    struct ExitRequest {
        address from;
        UnitId id;
        uint256 amount;
        Exit kind;
        bytes32 ref;
    }

    /// @dev Most items in one call.
    uint256 internal constant MAX_ITEMS = 200;
    /// @dev Gas of the hook where a rule brings the units. Wallets answer within 15,000; a participant's 200 plants whose
    /// wallet burns it all fit a transaction of 16.7M beside their true-up.
    uint256 private constant HOOK_GAS = 30_000;
    /// @dev Gas between the check and the hook.
    uint256 private constant CALL_GAS = 1000;

    IParticipants internal immutable PARTICIPANTS;
    ISchemes internal immutable SCHEMES;
    Custody internal immutable CUSTODY;
    IUnitRenderer private immutable RENDERER;
    /// @dev Whether participants may transfer to each other, which every transfer asks.
    bool private immutable BETWEEN_PARTICIPANTS;

    mapping(UnitId id => Row) internal _rows;
    /// @dev Four totals of 64 bits in a word; total number 0 is issued, number `kind` left by that kind.
    mapping(UnitId id => mapping(uint256 word => uint256)) private _totals;
    mapping(address account => mapping(address operator => bool)) private _approved;
    mapping(address controller => uint256 rights) internal _rights;
    address internal _venue;

    constructor(
        address authority_,
        IParticipants participants,
        ISchemes schemes,
        Custody custody_,
        IUnitRenderer renderer
    ) AccessManaged(authority_) {
        (PARTICIPANTS, SCHEMES, CUSTODY, RENDERER) = (participants, schemes, custody_, renderer);
        BETWEEN_PARTICIPANTS = custody_ != Custody.OwnWallets;
    }

    /* TRANSFERS */

    /// @inheritdoc IERC1155
    function safeTransferFrom(address from, address to, uint256 id, uint256 value, bytes calldata data) external {
        _checkOperator(from);
        _transfer(from, to, UnitId.wrap(id), value);
        emit TransferSingle(msg.sender, from, to, id, value);

        // Most recipients are no contracts; asking here saves them a call.
        if (to.code.length != 0) _callReceiver(from, to, UnitId.wrap(id), value, data);
    }

    /// @inheritdoc IERC1155
    function safeBatchTransferFrom(
        address from,
        address to,
        uint256[] calldata ids,
        uint256[] calldata values,
        bytes calldata data
    ) external {
        if (ids.length != values.length) {
            revert ERC1155InvalidArrayLength(ids.length, values.length);
        }
        _checkItems(ids.length);
        _checkOperator(from);
        _transferAll(from, to, ids, values);
        emit TransferBatch(msg.sender, from, to, ids, values);

        if (to.code.length == 0) return;
        _checkAccepted(
            to, abi.encodeCall(IERC1155Receiver.onERC1155BatchReceived, (msg.sender, from, ids, values, data))
        );
    }

    /// @inheritdoc IERC1155
    function setApprovalForAll(address operator, bool approved) external {
        if (operator == address(0)) revert ERC1155InvalidOperator(operator);
        _approved[msg.sender][operator] = approved;
        emit ApprovalForAll(msg.sender, operator, approved);
    }

    /// @dev Moves free units, if both sides may.
    function _transfer(address from, address to, UnitId id, uint256 amount) internal virtual {
        _checkParties(from, to);
        _move(from, to, id, amount);
    }

    function _transferAll(address from, address to, uint256[] calldata ids, uint256[] calldata values)
        internal
        virtual
    {
        _checkParties(from, to);
        for (uint256 i = 0; i < ids.length; ++i) {
            _move(from, to, UnitId.wrap(ids[i]), values[i]);
        }
    }

    /// @dev Moves free units; permission of both sides was checked.
    function _move(address from, address to, UnitId id, uint256 amount) private {
        Row storage row = _rows[id];
        if (!_isFree(row)) _checkMovable(from, to, id, amount);
        Slot storage giver = row.slots[from];
        PackedHolding held = giver.holding;
        if (amount > held.free()) _revertShort(from, id, amount, held);

        giver.holding = held.take(amount);
        // Read after the write: `from` and `to` may be one.
        Slot storage taker = row.slots[to];
        taker.holding = taker.holding.add(amount);
    }

    /// @dev Tells a recipient that is a contract of units sent by an ordinary transfer; it may refuse them.
    function _callReceiver(address from, address to, UnitId id, uint256 amount, bytes calldata data) internal {
        if (to.code.length == 0) return;
        _checkAccepted(
            to, abi.encodeCall(IERC1155Receiver.onERC1155Received, (msg.sender, from, UnitId.unwrap(id), amount, data))
        );
    }

    /// @dev Both hooks of ERC-1155 answer with their own selector; a reason for refusing is passed on.
    function _checkAccepted(address to, bytes memory call) private {
        (bool success, bytes memory answer) = to.call(call);
        if (success && answer.length >= 32 && bytes4(answer) == bytes4(call)) return;
        if (success || answer.length == 0) revert ERC1155InvalidReceiver(to);
        assembly ("memory-safe") {
            revert(add(answer, 0x20), mload(answer))
        }
    }

    /* DELIVERY BY A RULE */

    /// @dev Tells a recipient that is a contract of units a rule has brought. If it refuses them they are held for its
    /// participant; where there is none, the refusal stands.
    function _offer(address from, address to, UnitId id, uint256 amount) internal {
        if (to.code.length == 0 || _accepts(from, to, id, amount)) return;
        ParticipantId owner = _walletOf(to).participantOf();
        if (ParticipantId.unwrap(owner) == 0) revert ERC1155InvalidReceiver(to);
        _hold(to, HeldAccounts.accountOf(owner), id, amount);
    }

    /// @dev Calls the hook with bounded gas and reads one word of its answer, however long that is.
    function _accepts(address from, address to, UnitId id, uint256 amount) private returns (bool accepted) {
        bytes memory input =
            abi.encodeCall(IERC1155Receiver.onERC1155Received, (msg.sender, from, UnitId.unwrap(id), amount, ""));
        // EIP-150 keeps a 64th back and passes less in silence: else a caller could make an honest wallet refuse.
        if (gasleft() < HOOK_GAS * 64 / 63 + CALL_GAS) revert UnitGasShort(gasleft());
        assembly ("memory-safe") {
            // Arguments are evaluated from the right: the call comes before the question how much it returned.
            accepted := and(
                gt(returndatasize(), 0x1f),
                call(HOOK_GAS, to, 0, add(input, 0x20), mload(input), 0x00, 0x20)
            )
            accepted := and(accepted, eq(shr(224, mload(0x00)), shr(224, mload(add(input, 0x20)))))
        }
    }

    /// @dev Takes refused units back. Their freeze goes with them; what the wallet moved on inside its hook is gone.
    function _hold(address wallet, address account, UnitId id, uint256 amount) private {
        PackedHolding held = _holdingOf(wallet, UnitId.unwrap(id));
        if (amount > held.balance()) amount = held.balance();
        if (amount == 0) return;
        _relocate(wallet, account, id, amount);
        if (amount > held.free()) {
            uint256 stuck = amount - held.free(); // at most what was frozen
            _setFrozen(wallet, id, held.frozen() - stuck);
            stuck += _holdingOf(account, UnitId.unwrap(id)).frozen();
            _setFrozen(account, id, stuck > _maxAmount() ? _maxAmount() : stuck);
        }
        emit UnitsHeld(HeldAccounts.ownerOf(account), id, wallet, amount);
    }

    /// @inheritdoc IUnit1155
    function claim(UnitId id, uint256 amount, address to) external {
        (WalletWord caller, WalletWord receiver) = _readParties(msg.sender, to);
        bool may = caller.areActive(receiver) && caller.areOneParty(receiver) && caller.may(WalletRights.WITHDRAW);
        if (!may) revert UnitNotClaimant(msg.sender, to);
        // As between two wallets of one participant.
        if (!_isFree(_rows[id])) _checkMovable(to, to, id, amount);
        address account = _claimFor(to, receiver.participantOf(), id, amount);

        _callReceiver(account, to, id, amount, msg.data[:0]);
    }

    /// @dev Moves free units held for a participant to one of its wallets.
    function _claimFor(address wallet, ParticipantId owner, UnitId id, uint256 amount)
        private
        returns (address account)
    {
        account = HeldAccounts.accountOf(owner);
        _checkFree(account, id, amount);
        _relocate(account, wallet, id, amount);
        emit HeldUnitsClaimed(owner, id, wallet, amount);
    }

    /// @dev Moves units, frozen ones too, and lowers the freeze by as much; permission and hook are the caller's.
    function _relocate(address from, address to, UnitId id, uint256 amount) private {
        (Slot storage slot, uint256 lane, PackedHolding held) = _find(id, from);
        _checkBalance(from, id, amount, held);

        if (amount > held.free()) held = _thaw(from, id, amount, held);
        _write(slot, lane, held.take(amount));
        // Read after the write: `from` and `to` may be one.
        (slot, lane, held) = _find(id, to);
        _write(slot, lane, held.add(amount));
        emit TransferSingle(msg.sender, from, to, UnitId.unwrap(id), amount);
    }

    function _checkFree(address account, UnitId id, uint256 amount) private view {
        PackedHolding held = _holdingOf(account, UnitId.unwrap(id));
        if (amount > held.free()) _revertShort(account, id, amount, held);
    }

    function _checkOperator(address from) private view {
        if (msg.sender != from && !_approved[from][msg.sender]) {
            revert ERC1155MissingApprovalForAll(msg.sender, from);
        }
    }

    /* WHO MAY TRANSFER */

    function _checkParties(address from, address to) internal view returns (WalletWord sender, WalletWord receiver) {
        (sender, receiver) = _readParties(from, to);
        // The usual case first; it reads nothing else. The zero address is no wallet and never gets past it.
        if (_mayGive(sender, receiver)) return (sender, receiver);
        if (to == address(0)) revert ERC1155InvalidReceiver(to);
        if (from == address(0)) revert ERC1155InvalidSender(from);
        Refusal refusal = _refusal(from, to, sender, receiver);
        if (refusal == Refusal.CannotSend) revert ERC7943CannotSend(from);
        if (refusal == Refusal.CannotReceive) revert ERC7943CannotReceive(to);
        if (refusal == Refusal.OwnWalletsOnly) revert UnitOwnWalletsOnly(from, to);
        if (refusal == Refusal.TradeRight) revert UnitTradeRightMissing(from);
    }

    /// @dev Whether two active participants' wallets may deal, or two wallets of one participant.
    function _mayGive(WalletWord sender, WalletWord receiver) private view returns (bool) {
        if (!sender.areActive(receiver)) return false;
        return sender.areOneParty(receiver) || (BETWEEN_PARTICIPANTS && sender.may(WalletRights.TRADE));
    }

    /// @dev Why `from` may not give to `to`, where {_mayGive} said no.
    function _refusal(address from, address to, WalletWord sender, WalletWord receiver) private view returns (Refusal) {
        bool sends = sender.isSomebody();
        bool receives = receiver.isSomebody();
        if (sends ? !sender.isActive() : from == address(this)) return Refusal.CannotSend;
        if (receives ? !receiver.isActive() : to == address(this)) return Refusal.CannotReceive;
        if (sends && receives) return CUSTODY == Custody.OwnWallets ? Refusal.OwnWalletsOnly : Refusal.TradeRight;
        if (CUSTODY == Custody.Free) return Refusal.None;

        bool withdraws = from == _venue;
        if (!withdraws && !sends) return Refusal.CannotSend;
        // Out of the venue's ledger to a wallet, or into it; from both to a controller that ends units or gives them back.
        bool may = (withdraws ? receives : to == _venue) || _rights[to] & ControllerRights.EXIT != 0;
        return may ? Refusal.None : Refusal.CannotReceive;
    }

    /// @dev {IParticipants-readParties} without the compiler's checks of what comes back, which cost a transfer 250 gas.
    function _readParties(address from, address to) internal view returns (WalletWord sender, WalletWord receiver) {
        address participants = address(PARTICIPANTS);
        bytes4 selector = IParticipants.readParties.selector;
        assembly ("memory-safe") {
            let input := mload(0x40)
            mstore(input, selector)
            mstore(add(input, 0x04), from)
            mstore(add(input, 0x24), to)
            // Arguments are evaluated from the right: the call comes before the question how much it returned.
            if or(lt(returndatasize(), 0x40), iszero(staticcall(gas(), participants, input, 0x44, 0x00, 0x40))) {
                revert(0x00, 0x00)
            }
            sender := mload(0x00)
            receiver := mload(0x20)
        }
    }

    function _walletOf(address account) internal view returns (WalletWord wallet) {
        (wallet,) = _readParties(account, account);
    }

    /// @dev Whether the restrictions of a class let units of a row move without asking {_mayMove}.
    function _isFree(Row storage) internal view virtual returns (bool) {
        return true;
    }

    /// @dev Whether units of a row that is not free may move from one account to the other.
    function _mayMove(address, address, UnitId) internal view virtual returns (bool) {
        return true;
    }

    function _checkMovable(address from, address to, UnitId id, uint256 amount) private view {
        if (!_mayMove(from, to, id)) revert ERC7943CannotTransfer(from, to, UnitId.unwrap(id), amount);
    }

    /* FREEZE AND FORCE */

    /// @inheritdoc IERC7943MultiToken
    function setFrozenTokens(address account, uint256 tokenId, uint256 amount) external returns (bool) {
        _freeze(account, UnitId.wrap(tokenId), amount);
        return true;
    }

    /// @inheritdoc IUnit1155
    function freezeByOrder(address account, UnitId id, uint256 amount, bytes32 reason) external {
        _freeze(account, id, amount);
        emit FreezeOrdered(account, id, msg.sender, amount, reason);
    }

    /// @inheritdoc IERC7943MultiToken
    function forcedTransfer(address from, address to, uint256 tokenId, uint256 amount) external returns (bool) {
        _force(from, to, UnitId.wrap(tokenId), amount);
        _offer(from, to, UnitId.wrap(tokenId), amount);
        return true;
    }

    /// @inheritdoc IUnit1155
    function forcedTransferByOrder(address from, address to, UnitId id, uint256 amount, bytes32 reason) external {
        _force(from, to, id, amount);
        emit TransferOrdered(from, to, id, amount, msg.sender, reason);
        _offer(from, to, id, amount);
    }

    /// @inheritdoc IUnit1155
    function recoverHoldings(address lost, UnitId[] calldata ids) external {
        _checkItems(ids.length);
        WalletWord wallet = _walletOf(lost);
        if (!wallet.isLost()) revert UnitWalletNotLost(lost);
        address to = PARTICIPANTS.primaryWallet(wallet.participantOf());

        for (uint256 i = 0; i < ids.length; ++i) {
            (,, PackedHolding held) = _find(ids[i], lost);
            uint256 amount = held.free();
            if (amount == 0) continue;
            if (!_isFree(_rows[ids[i]])) _checkMovable(lost, to, ids[i], amount);
            _shift(lost, to, ids[i], amount);
            _offer(lost, to, ids[i], amount);
        }
    }

    function _freeze(address account, UnitId id, uint256 amount) private {
        _checkOrder(account, account, id);
        if (amount > _maxAmount()) revert UnitAmountTooLarge(id, amount);
        _begin(id);
        _setFrozen(account, id, amount);
    }

    function _setFrozen(address account, UnitId id, uint256 amount) private {
        (Slot storage slot, uint256 lane, PackedHolding held) = _find(id, account);
        _write(slot, lane, held.withFrozen(amount));
        emit Frozen(account, UnitId.unwrap(id), amount);
    }

    function _force(address from, address to, UnitId id, uint256 amount) private {
        _checkOrder(from, to, id);
        if (to == address(0)) revert ERC1155InvalidReceiver(to);
        if (!_isActive(to)) _checkHeldAccount(to, id, amount);
        if (!_isFree(_rows[id])) _checkMovable(from, to, id, amount);
        _shift(from, to, id, amount);
    }

    /// @dev Moves units, frozen ones too, without the holder. The right was checked; the hook is the caller's.
    function _shift(address from, address to, UnitId id, uint256 amount) internal {
        _relocate(from, to, id, amount);
        emit ForcedTransfer(from, to, UnitId.unwrap(id), amount);
    }

    /// @dev Lowers the freeze so that `amount` becomes free; the caller writes it with the amount taken. Assumes
    /// `free < amount <= balance`.
    function _thaw(address account, UnitId id, uint256 amount, PackedHolding held)
        private
        returns (PackedHolding thawed)
    {
        unchecked {
            thawed = held.withFrozen(held.balance() - amount); // amount <= balance
        }
        emit Frozen(account, UnitId.unwrap(id), thawed.frozen());
    }

    /// @dev An order about `account` (for a forced transfer to `to`): by a controller that may force, by a controller that
    /// exits and gives back units it holds itself, or by an officer with the power to freeze in the unit's scheme and the
    /// jurisdiction of the account's participant, or of `to`'s where the account is a wallet no longer.
    function _checkOrder(address account, address to, UnitId id) private view {
        _checkUnprotected(account);
        bool keeps = _rights[account] & ControllerRights.EXIT != 0;
        if (_mayForce() || (account == msg.sender && keeps)) return;
        // What a controller keeps for others is no officer's to move.
        if (keeps) revert UnitVenueProtected(account);
        ParticipantId owner = _ownerOf(account);
        if (ParticipantId.unwrap(owner) == 0) owner = _ownerOf(to);
        if (ParticipantId.unwrap(owner) == 0) revert UnitUnknownWallet(account);
        uint16 jurisdiction = PARTICIPANTS.participant(owner).jurisdiction;
        SCHEMES.checkPower(msg.sender, UnitIdLib.schemeOf(id), jurisdiction, Powers.FREEZE);
    }

    /// @dev Participant whose wallet or held account this is; zero when there is none.
    function _ownerOf(address account) private view returns (ParticipantId owner) {
        owner = HeldAccounts.ownerOf(account);
        if (ParticipantId.unwrap(owner) == 0) owner = _walletOf(account).participantOf();
    }

    /// @dev Reports units forced to a participant's held account, where the class lets them be; reverts for any other account.
    function _checkHeldAccount(address account, UnitId, uint256) internal virtual {
        revert ERC7943CannotReceive(account);
    }

    /// @dev Orders and exits never name the venue, whose ledger knows the owners, nor the buffer.
    function _checkUnprotected(address account) internal view virtual {
        if (account == _venue || account == address(this)) revert UnitVenueProtected(account);
    }

    function _mayForce() internal view returns (bool) {
        return _rights[msg.sender] & ControllerRights.FORCE != 0;
    }

    /* ISSUE */

    /// @dev Adds to the total issued of `id`, which must be of this class and stay within {_maxAmount}.
    function _countIssue(UnitId id, uint256 amount) internal {
        _checkClass(id);
        if (amount == 0) revert UnitZeroAmount(id);
        if (amount > _maxAmount() - issuedOf(id)) revert UnitAmountTooLarge(id, amount);
        _count(id, 0, amount);
    }

    /// @dev Brings `amount` of `id` to `to`. Event and hook are the caller's.
    function _credit(address to, UnitId id, uint256 amount) internal {
        if (to == address(0)) revert ERC1155InvalidReceiver(to);
        // The caller checks the id's new total, which bounds every balance.
        (Slot storage slot, uint256 lane, PackedHolding held) = _find(id, to);
        _write(slot, lane, held.add(amount));
        emit TransferSingle(msg.sender, address(0), to, UnitId.unwrap(id), amount);
    }

    function _checkController(uint256 right) internal view {
        if (_rights[msg.sender] & right == 0) revert UnitNotController(msg.sender, right);
    }

    /* EXITS */

    /// @inheritdoc IUnit1155
    function exit(address from, UnitId id, uint256 amount, Exit kind, bytes32 ref) external virtual {
        _checkExit(from, id, kind);
        if (amount == 0) revert UnitZeroAmount(id);
        (Slot storage slot, uint256 lane, PackedHolding held) = _find(id, from);
        _exitAt(slot, lane, held, from, id, amount, kind, ref);
    }

    /// @dev Takes units out for good. The caller has checked the right.
    function _exit(ExitRequest memory request) internal {
        if (request.amount == 0) revert UnitZeroAmount(request.id);
        (Slot storage slot, uint256 lane, PackedHolding held) = _find(request.id, request.from);
        _exitAt(slot, lane, held, request.from, request.id, request.amount, request.kind, request.ref);
    }

    /// @dev The same where the holding is known.
    function _exitAt(
        Slot storage slot,
        uint256 lane,
        PackedHolding held,
        address from,
        UnitId id,
        uint256 amount,
        Exit kind,
        bytes32 ref
    ) internal {
        if (_drawsHeld(kind) && amount > held.balance()) {
            _drawHeld(from, id, amount, held);
            (slot, lane, held) = _find(id, from);
        }
        _checkBalance(from, id, amount, held);

        if (amount > held.free()) {
            if (!_mayThaw(kind)) _revertFrozen(from, id, amount, held);
            held = _thaw(from, id, amount, held);
        }
        // A suspended participant keeps its duties (surrender) and loses its freedoms (retire, cancel).
        if (kind != Exit.Surrendered && from != msg.sender && !_isForced(kind) && !_isActive(from)) {
            revert ERC7943CannotSend(from);
        }

        _write(slot, lane, held.take(amount));
        _count(id, uint256(kind), amount);
        emit TransferSingle(msg.sender, from, address(0), UnitId.unwrap(id), amount);
        emit UnitsExited(id, from, kind, amount, ref);
    }

    /// @dev Whether an exit from a wallet draws on the units held for its participant: a surrender, in classes that have it.
    function _drawsHeld(Exit) internal pure virtual returns (bool) {
        return false;
    }

    /// @dev Brings what a wallet lacks for a surrender out of the units held for its participant.
    function _drawHeld(address from, UnitId id, uint256 amount, PackedHolding held) private {
        ParticipantId owner = _walletOf(from).participantOf();
        uint256 missing = amount - held.balance(); // the caller compared them
        if (missing > _holdingOf(HeldAccounts.accountOf(owner), UnitId.unwrap(id)).free()) {
            _checkBalance(from, id, amount, held);
        }
        _claimFor(from, owner, id, missing);
    }

    /// @dev The caller must be a controller with the right to exit under this kind. Units in the venue's ledger and in the
    /// buffer exit by calls of their own.
    function _checkExit(address from, UnitId id, Exit kind) internal view {
        if (kind == Exit.None) revert UnitExitKindMissing(id);
        _checkUnprotected(from);
        if (!ControllerRights.mayExit(_rights[msg.sender], uint256(kind))) {
            revert UnitNotController(msg.sender, ControllerRights.EXIT);
        }
    }

    /// @dev Kinds that rules impose on a holder, in contrast to those it chooses.
    function _isForced(Exit kind) internal pure returns (bool) {
        return kind == Exit.ClawedBack || kind == Exit.Expired || kind == Exit.Invalidated || kind == Exit.Reversed;
    }

    /// @dev Whether this exit may take frozen units too.
    function _mayThaw(Exit kind) internal view virtual returns (bool) {
        return _isForced(kind) && _mayForce();
    }

    /* WIRING */

    /// @inheritdoc IUnit1155
    function setController(address controller, uint256 rights) external restricted {
        emit ControllerSet(controller, _rights[controller], rights);
        _rights[controller] = rights;
    }

    /// @inheritdoc IUnit1155
    function setVenue(address venue_) external restricted {
        if (_venue != address(0) || venue_ == address(0) || _walletOf(venue_).isSomebody()) {
            revert UnitVenueRefused(_venue, venue_);
        }
        _venue = venue_;
        emit VenueSet(venue_);
    }

    /* VIEWS */

    /// @inheritdoc IERC1155
    function balanceOf(address account, uint256 id) public view returns (uint256) {
        return _holdingOf(account, id).balance();
    }

    /// @inheritdoc IERC1155
    function balanceOfBatch(address[] calldata accounts, uint256[] calldata ids)
        external
        view
        returns (uint256[] memory balances)
    {
        if (accounts.length != ids.length) revert ERC1155InvalidArrayLength(ids.length, accounts.length);
        balances = new uint256[](ids.length);
        for (uint256 i = 0; i < ids.length; ++i) {
            balances[i] = balanceOf(accounts[i], ids[i]);
        }
    }

    /// @inheritdoc IERC1155
    function isApprovedForAll(address account, address operator) public view returns (bool) {
        return _approved[account][operator];
    }

    /// @inheritdoc IERC7943MultiToken
    function canSend(address account) external view returns (bool) {
        return _mayBeParty(account, 0);
    }

    /// @inheritdoc IERC7943MultiToken
    function canReceive(address account) external view returns (bool) {
        return _mayBeParty(account, ControllerRights.EXIT);
    }

    /// @dev An active participant's wallet, the venue, a controller with `right`, and under free custody any other account.
    function _mayBeParty(address account, uint256 right) private view returns (bool) {
        WalletWord wallet = _walletOf(account);
        if (wallet.isSomebody()) return wallet.isActive();
        if (account == address(0) || account == address(this)) return false;
        return account == _venue || CUSTODY == Custody.Free || _rights[account] & right != 0;
    }

    /// @inheritdoc IERC7943MultiToken
    function canTransfer(address from, address to, uint256 tokenId, uint256 amount) external view returns (bool) {
        if (from == address(0) || to == address(0)) return false;
        (WalletWord sender, WalletWord receiver) = _readParties(from, to);
        if (!_mayGive(sender, receiver) && _refusal(from, to, sender, receiver) != Refusal.None) return false;
        if (!_isFree(_rows[UnitId.wrap(tokenId)]) && !_mayMove(from, to, UnitId.wrap(tokenId))) return false;
        PackedHolding held = _holdingOf(from, tokenId);
        return held.frozen() == 0 || amount <= held.free();
    }

    /// @inheritdoc IERC7943MultiToken
    function getFrozenTokens(address account, uint256 tokenId) external view returns (uint256) {
        return _holdingOf(account, tokenId).frozen();
    }

    /// @inheritdoc IUnit1155
    function freeOf(address account, UnitId id) external view returns (uint256) {
        return _holdingOf(account, UnitId.unwrap(id)).free();
    }

    /// @inheritdoc IUnit1155
    function issuedOf(UnitId id) public view returns (uint256) {
        return _total(id, 0);
    }

    /// @inheritdoc IUnit1155
    function exitedOf(UnitId id, Exit kind) external view returns (uint256) {
        return kind == Exit.None ? 0 : _total(id, uint256(kind));
    }

    /// @inheritdoc IUnit1155
    function totalSupply(UnitId id) public view returns (uint256 supply) {
        supply = issuedOf(id);
        for (uint256 kind = 1; kind <= uint256(type(Exit).max); ++kind) {
            supply -= _total(id, kind);
        }
    }

    /// @inheritdoc IUnit1155
    function rightsOf(address controller) external view returns (uint256) {
        return _rights[controller];
    }

    /// @inheritdoc IUnit1155
    function venue() external view returns (address) {
        return _venue;
    }

    /// @inheritdoc IUnit1155
    function unitClass() external pure returns (uint8) {
        return _class();
    }

    /// @inheritdoc IUnit1155
    function custody() external view returns (Custody) {
        return CUSTODY;
    }

    /// @inheritdoc IERC1155MetadataURI
    function uri(uint256 id) external view returns (string memory) {
        _checkClass(UnitId.wrap(id));
        return RENDERER.uri(this, UnitId.wrap(id));
    }

    /// @inheritdoc IERC7572
    function contractURI() external view returns (string memory) {
        return RENDERER.contractURI(this);
    }

    /// @inheritdoc IERC165
    function supportsInterface(bytes4 interfaceId) external pure returns (bool) {
        return interfaceId == type(IERC165).interfaceId || interfaceId == type(IERC1155).interfaceId
            || interfaceId == type(IERC1155MetadataURI).interfaceId
            || interfaceId == type(IERC7943MultiToken).interfaceId;
    }

    /* HOLDINGS: a class may keep them elsewhere than each in a slot of its own */

    /// @dev Number of an account in the register for life, where the class asks for it.
    function _seatOf(address) internal view virtual returns (uint256) {
        return 0;
    }

    /// @dev An account's holding and its place: a slot, and the lane in it (0: all of it).
    function _find(Row storage row, address account, uint256)
        internal
        view
        virtual
        returns (Slot storage slot, uint256 lane, PackedHolding held)
    {
        slot = row.slots[account];
        return (slot, 0, slot.holding);
    }

    /// @dev Writes a holding where {_find} found it.
    function _write(Slot storage slot, uint256, PackedHolding held) internal virtual {
        slot.holding = held;
    }

    /// @dev Comes before the first freeze of an id, and before all others.
    function _begin(UnitId id) internal virtual {}

    /// @dev The most units of one id, and the most that is frozen in one account.
    function _maxAmount() internal pure virtual returns (uint256) {
        return type(uint64).max;
    }

    /// @dev The class of every id here.
    function _class() internal pure virtual returns (uint8);

    function _find(UnitId id, address account)
        internal
        view
        returns (Slot storage slot, uint256 lane, PackedHolding held)
    {
        return _find(_rows[id], account, _seatOf(account));
    }

    function _holdingOf(address account, uint256 id) private view returns (PackedHolding held) {
        (,, held) = _find(UnitId.wrap(id), account);
    }

    function _total(UnitId id, uint256 number) private view returns (uint256) {
        return uint64(_totals[id][number / 4] >> 64 * (number % 4));
    }

    /// @dev No carry into the next total: what leaves never exceeds the units issued, which stay within 64 bits.
    function _count(UnitId id, uint256 number, uint256 amount) private {
        _totals[id][number / 4] += amount << 64 * (number % 4);
    }

    function _isActive(address account) internal view returns (bool) {
        return _walletOf(account).isActive();
    }

    function _checkClass(UnitId id) private pure {
        if (!UnitIdLib.isOfClass(id, _class())) revert UnitWrongClass(id, _class());
    }

    function _checkItems(uint256 count) internal pure {
        if (count > MAX_ITEMS) revert UnitTooManyItems(count, MAX_ITEMS);
    }

    /// @dev Says whether the balance or the freeze is in the way.
    function _revertShort(address account, UnitId id, uint256 amount, PackedHolding held) internal pure {
        _checkBalance(account, id, amount, held);
        _revertFrozen(account, id, amount, held);
    }

    function _checkBalance(address account, UnitId id, uint256 amount, PackedHolding held) private pure {
        if (amount > held.balance()) {
            revert ERC1155InsufficientBalance(account, held.balance(), amount, UnitId.unwrap(id));
        }
    }

    function _revertFrozen(address account, UnitId id, uint256 amount, PackedHolding held) private pure {
        revert ERC7943InsufficientUnfrozenBalance(account, UnitId.unwrap(id), amount, held.free());
    }
}
