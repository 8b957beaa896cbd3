// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {IERC20, SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";

import {Forward, ForwardStatus, ForwardTerms, IForwardPurchases} from "../../interfaces/market/IForwardPurchases.sol";
import {ParticipantId, UnitId} from "../../interfaces/types/Ids.sol";
import {ICreditOrigin} from "../../interfaces/units/ICreditOrigin.sol";
import {IOffsetCredits} from "../../interfaces/units/IOffsetCredits.sol";
import {ProjectId, eqProject} from "../../interfaces/evidence/IProjects.sol";
import {IWalletSource} from "../../interfaces/parties/IWalletSource.sol";
import {UnitIdLib} from "../types/UnitIdLib.sol";
import {PackedWalletLib} from "../types/PackedWallet.sol";

/// @title ForwardPurchases
/// @notice Money for units that are not issued yet, paid out against them alone; see {IForwardPurchases}.
contract ForwardPurchases is IForwardPurchases {
    using SafeERC20 for IERC20;

    IWalletSource public immutable PARTICIPANTS;
    IOffsetCredits public immutable CREDITS;

    /// @inheritdoc IForwardPurchases
    uint256 public count;
    mapping(uint256 id => Forward) private _forwards;

    constructor(IWalletSource participants, IOffsetCredits credits) {
        PARTICIPANTS = participants;
        CREDITS = credits;
    }

    /* AGREE */

    /// @inheritdoc IForwardPurchases
    function offer(ForwardTerms calldata terms) external returns (uint256 id) {
        ParticipantId buyer = _trader();
        if (
            terms.seller == ParticipantId.wrap(0) || terms.seller == buyer || terms.amount == 0 || terms.price == 0
                || ProjectId.unwrap(terms.project) == 0
        ) revert ForwardBadTerms(terms);
        id = ++count;
        if (block.timestamp > terms.deadline) revert ForwardTooLate(id, terms.deadline);

        _forwards[id] = Forward({
            payer: msg.sender,
            deadline: terms.deadline,
            buyer: buyer,
            seller: terms.seller,
            status: ForwardStatus.Offered,
            currency: terms.currency,
            project: terms.project,
            vintage: terms.vintage,
            amount: terms.amount,
            delivered: 0,
            price: terms.price
        });
        emit ForwardOffered(id, buyer, terms.seller, msg.sender, terms);

        _escrow(IERC20(terms.currency), uint256(terms.amount) * terms.price);
    }

    /// @inheritdoc IForwardPurchases
    function accept(uint256 id) external {
        Forward memory f = _existing(id);
        if (f.status != ForwardStatus.Offered) revert ForwardWrongStatus(id, f.status);
        if (block.timestamp > f.deadline) revert ForwardTooLate(id, f.deadline);
        _checkParty(f.seller);

        _forwards[id].status = ForwardStatus.Accepted;
        emit ForwardAccepted(id, msg.sender);
    }

    /* SETTLE */

    /// @inheritdoc IForwardPurchases
    function deliver(uint256 id, UnitId unit, uint64 amount) external {
        Forward memory f = _existing(id);
        if (f.status != ForwardStatus.Accepted) revert ForwardWrongStatus(id, f.status);
        if (block.timestamp > f.deadline) revert ForwardTooLate(id, f.deadline);
        _checkParty(f.seller);
        uint64 left = f.amount - f.delivered;
        if (amount == 0 || amount > left) revert ForwardBadAmount(id, amount, left);
        if (UnitIdLib.vintageOf(unit) != f.vintage || !eqProject(_projectOf(unit), f.project)) {
            revert ForwardWrongUnits(unit, f.project, f.vintage);
        }

        // Counted before external code runs: the hook of the payer, then the currency.
        _forwards[id].delivered = f.delivered + amount;
        uint256 paid = uint256(amount) * f.price;
        emit ForwardDelivered(id, unit, msg.sender, amount, paid);

        CREDITS.safeTransferFrom(msg.sender, f.payer, UnitId.unwrap(unit), amount, "");
        IERC20(f.currency).safeTransfer(msg.sender, paid);
    }

    /// @inheritdoc IForwardPurchases
    function end(uint256 id) external {
        Forward memory f = _existing(id);
        if (f.status == ForwardStatus.Ended) revert ForwardWrongStatus(id, f.status);
        if (block.timestamp <= f.deadline) {
            ParticipantId by = _trader();
            if (by != f.seller && by != f.buyer) revert ForwardNotParty(msg.sender, f.buyer);
            if (by == f.buyer && f.status != ForwardStatus.Offered) revert ForwardBound(id, f.deadline);
        }

        _forwards[id].status = ForwardStatus.Ended;
        uint256 refunded = uint256(f.amount - f.delivered) * f.price;
        emit ForwardEnded(id, msg.sender, refunded);

        IERC20(f.currency).safeTransfer(f.payer, refunded);
    }

    /* VIEWS */

    /// @inheritdoc IForwardPurchases
    function forwardOf(uint256 id) external view returns (Forward memory) {
        return _existing(id);
    }

    /* INSIDE */

    function _escrow(IERC20 currency, uint256 amount) private {
        uint256 before = currency.balanceOf(address(this));
        currency.safeTransferFrom(msg.sender, address(this), amount);
        uint256 received = currency.balanceOf(address(this)) - before;
        if (received != amount) revert ForwardCurrencyShort(address(currency), amount, received);
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
        uint8 status;
        (participant, rights, status) = PARTICIPANTS.walletOf(msg.sender);
        if (status != PackedWalletLib.ACTIVE || rights & PackedWalletLib.TRADE == 0) {
            revert ForwardNotParty(msg.sender, participant);
        }
    }
}
