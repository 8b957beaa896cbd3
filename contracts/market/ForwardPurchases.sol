// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {IAccessManaged} from "@openzeppelin/contracts/access/manager/IAccessManaged.sol";
import {IERC1155Receiver, IERC165} from "@openzeppelin/contracts/token/ERC1155/IERC1155Receiver.sol";
import {IERC20, SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";

import {Forward, ForwardStatus, ForwardTerms, IForwardPurchases} from "../../interfaces/market/IForwardPurchases.sol";
import {ParticipantId, UnitId} from "../../interfaces/types/Ids.sol";
import {ICreditOrigin} from "../../interfaces/units/ICreditOrigin.sol";
import {IOffsetCredits} from "../../interfaces/units/IOffsetCredits.sol";
import {ProjectId, eqProject} from "../../interfaces/evidence/IProjects.sol";
import {IParticipants, ParticipantStatus, WalletRights} from "../../interfaces/parties/IParticipants.sol";
import {Payouts} from "../parties/Payouts.sol";
import {Pausable} from "../rules/Pausable.sol";
import {UnitIdLib} from "../types/UnitIdLib.sol";

/// @title ForwardPurchases
/// @notice Money for units that are not issued yet, paid out against them alone; see {IForwardPurchases}.
contract ForwardPurchases is IForwardPurchases, IERC1155Receiver, Payouts, Pausable {
    using SafeERC20 for IERC20;

    /// @dev [gas] for a delivery and the receiver's hook; a refusal leaves the units here for the buyer.
    uint256 private constant DELIVERY_GAS = 300_000;
    /// @inheritdoc IForwardPurchases
    uint256 public constant BOND_DIVISOR = 10;

    IParticipants public immutable PARTICIPANTS;
    IOffsetCredits public immutable CREDITS;

    /// @inheritdoc IForwardPurchases
    uint256 public count;
    mapping(uint256 id => Forward) private _forwards;
    /// @inheritdoc IForwardPurchases
    mapping(ParticipantId participant => mapping(UnitId unit => uint256)) public unitsFor;

    constructor(IParticipants participants, IOffsetCredits credits) {
        PARTICIPANTS = participants;
        CREDITS = credits;
    }

    /* AGREE */

    /// @inheritdoc IForwardPurchases
    function offer(ForwardTerms calldata terms) external returns (uint256 id) {
        ParticipantId buyer = _trader();
        if (
            terms.seller == ParticipantId.wrap(0) || terms.seller == buyer || terms.amount == 0 || terms.price == 0
                || uint256(terms.bond) * BOND_DIVISOR < terms.price || ProjectId.unwrap(terms.project) == 0
        ) revert ForwardBadTerms(terms);
        id = ++count;
        if (block.timestamp > terms.deadline) revert ForwardTooLate(id, terms.deadline);

        _forwards[id] = Forward({
            currency: terms.currency,
            deadline: terms.deadline,
            buyer: buyer,
            seller: terms.seller,
            status: ForwardStatus.Offered,
            project: terms.project,
            vintage: terms.vintage,
            amount: terms.amount,
            delivered: 0,
            price: terms.price,
            bond: terms.bond
        });
        emit ForwardOffered(id, buyer, terms.seller, msg.sender, terms);

        _escrow(IERC20(terms.currency), uint256(terms.amount) * terms.price);
    }

    /// @inheritdoc IForwardPurchases
    function accept(uint256 id) external {
        Forward memory f = _existing(id);
        if (f.status != ForwardStatus.Offered) revert ForwardWrongStatus(id, f.status);
        if (block.timestamp > _moved(f.deadline)) revert ForwardTooLate(id, f.deadline);
        _checkParty(f.seller);

        _forwards[id].status = ForwardStatus.Accepted;
        uint256 bonded = uint256(f.amount) * f.bond;
        emit ForwardAccepted(id, msg.sender, bonded);

        _escrow(IERC20(f.currency), bonded);
    }

    /* SETTLE */

    /// @inheritdoc IForwardPurchases
    function deliver(uint256 id, UnitId unit, uint64 amount) external {
        _requireUnpaused();
        Forward memory f = _existing(id);
        if (f.status != ForwardStatus.Accepted) revert ForwardWrongStatus(id, f.status);
        if (block.timestamp > _moved(f.deadline)) revert ForwardTooLate(id, f.deadline);
        _checkParty(f.seller);
        uint64 left = f.amount - f.delivered;
        if (amount == 0 || amount > left) revert ForwardBadAmount(id, amount, left);
        if (UnitIdLib.vintageOf(unit) != f.vintage || !eqProject(_projectOf(unit), f.project)) {
            revert ForwardWrongUnits(unit, f.project, f.vintage);
        }

        // Counted before external code runs: the hook of the receiver.
        _forwards[id].delivered = f.delivered + amount;
        address receiver = _handOver(f.buyer, unit, amount);
        uint256 paid = uint256(amount) * f.price;
        uint256 released = uint256(amount) * f.bond;
        emit ForwardDelivered(id, unit, msg.sender, receiver, amount, paid, released);

        _owe(f.seller, f.currency, paid + released);
    }

    /// @inheritdoc IForwardPurchases
    function end(uint256 id) external {
        _requireUnpaused();
        Forward memory f = _existing(id);
        if (f.status == ForwardStatus.Ended) revert ForwardWrongStatus(id, f.status);
        if (block.timestamp <= _moved(f.deadline)) {
            ParticipantId by = _trader();
            if (by != f.seller && by != f.buyer) revert ForwardNotParty(msg.sender, f.buyer);
            if (by == f.buyer && f.status != ForwardStatus.Offered) revert ForwardBound(id, f.deadline);
        }

        _forwards[id].status = ForwardStatus.Ended;
        uint256 left = f.amount - f.delivered;
        uint256 refunded = left * f.price;
        uint256 forfeited = f.status == ForwardStatus.Accepted ? left * f.bond : 0;
        emit ForwardEnded(id, msg.sender, refunded, forfeited);

        _owe(f.buyer, f.currency, refunded + forfeited);
    }

    /* COLLECT */

    /// @inheritdoc IForwardPurchases
    function collectUnits(UnitId unit) external returns (uint256 amount) {
        (ParticipantId participant, uint8 rights,) = PARTICIPANTS.walletOf(msg.sender);
        if (rights & WalletRights.WITHDRAW == 0) revert ForwardNotParty(msg.sender, participant);
        amount = unitsFor[participant][unit];
        unitsFor[participant][unit] = 0;
        emit ForwardUnitsCollected(participant, unit, msg.sender, amount);

        // The class refuses a participant that is suspended or closed.
        CREDITS.forcedTransferByOrder(address(this), msg.sender, unit, amount, 0);
    }

    /// @inheritdoc IERC1155Receiver
    function onERC1155Received(address operator, address, uint256, uint256, bytes calldata)
        external
        view
        returns (bytes4)
    {
        if (msg.sender != address(CREDITS) || operator != address(this)) {
            revert ForwardNotDelivered(msg.sender, operator);
        }
        return this.onERC1155Received.selector;
    }

    /// @inheritdoc IERC1155Receiver
    function onERC1155BatchReceived(address operator, address, uint256[] calldata, uint256[] calldata, bytes calldata)
        external
        view
        returns (bytes4)
    {
        revert ForwardNotDelivered(msg.sender, operator);
    }

    /// @inheritdoc IERC165
    function supportsInterface(bytes4 interfaceId) external pure returns (bool) {
        return interfaceId == type(IERC165).interfaceId || interfaceId == type(IERC1155Receiver).interfaceId;
    }

    /* VIEWS */

    /// @inheritdoc IForwardPurchases
    function forwardOf(uint256 id) external view returns (Forward memory) {
        return _existing(id);
    }

    /* INSIDE */

    function _manager() internal view override returns (address) {
        return IAccessManaged(address(CREDITS)).authority();
    }

    function _escrow(IERC20 currency, uint256 amount) private {
        uint256 before = currency.balanceOf(address(this));
        currency.safeTransferFrom(msg.sender, address(this), amount);
        uint256 received = currency.balanceOf(address(this)) - before;
        if (received != amount) revert ForwardCurrencyShort(address(currency), amount, received);
    }

    /// @dev Units go from the seller to the buyer's primary wallet; where that refuses, or its participant may not
    /// receive, they are kept here for the buyer.
    function _handOver(ParticipantId buyer, UnitId unit, uint64 amount) private returns (address receiver) {
        receiver = PARTICIPANTS.primaryWallet(buyer);
        try CREDITS.safeTransferFrom{gas: DELIVERY_GAS}(msg.sender, receiver, UnitId.unwrap(unit), amount, "") {}
        catch {
            receiver = address(this);
            unitsFor[buyer][unit] += amount;
            CREDITS.safeTransferFrom(msg.sender, receiver, UnitId.unwrap(unit), amount, "");
        }
    }

    /// @dev Which project a batch comes from.
    function _projectOf(UnitId unit) private view returns (ProjectId) {
        (address issuer,) = CREDITS.originOf(unit);
        return ICreditOrigin(issuer).projectOf(unit);
    }

    function _existing(uint256 id) private view returns (Forward memory f) {
        f = _forwards[id];
        if (f.status == ForwardStatus.None) revert ForwardUnknown(id);
    }

    function _checkParty(ParticipantId party) private view {
        if (_trader() != party) revert ForwardNotParty(msg.sender, party);
    }

    /// @dev The caller's participant: active, and by a wallet that may trade.
    function _trader() private view returns (ParticipantId participant) {
        uint8 rights;
        ParticipantStatus status;
        (participant, rights, status) = PARTICIPANTS.walletOf(msg.sender);
        if (status != ParticipantStatus.Active || rights & WalletRights.TRADE == 0) {
            revert ForwardNotParty(msg.sender, participant);
        }
    }

    function _owe(ParticipantId to, address currency, uint256 amount) private {
        _creditPayout(ParticipantId.unwrap(to), uint160(currency), amount);
    }

    /// @dev From a wallet with WITHDRAW of a participant that is not suspended to one of its wallets: a closed one keeps its
    /// money.
    function _mayWithdraw(address caller, uint256 payee, address to) internal view override returns (bool) {
        (ParticipantId owner, uint8 rights, ParticipantStatus status) = PARTICIPANTS.walletOf(caller);
        (ParticipantId receiver,,) = PARTICIPANTS.walletOf(to);
        return ParticipantId.unwrap(owner) != 0 && ParticipantId.unwrap(owner) == payee && receiver == owner
            && status != ParticipantStatus.Suspended && rights & WalletRights.WITHDRAW != 0;
    }

    function _payOut(uint256 asset, address to, uint256 amount) internal override {
        _requireUnpaused();
        IERC20(address(uint160(asset))).safeTransfer(to, amount); // an address, see {_owe}
    }
}
