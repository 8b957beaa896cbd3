// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {ERC1155Holder} from "@openzeppelin/contracts/token/ERC1155/utils/ERC1155Holder.sol";

import {CreditPledge, ICreditPledges} from "../../interfaces/power/ICreditPledges.sol";
import {IEnergyCredits, Series} from "../../interfaces/units/IEnergyCredits.sol";
import {ParticipantId, UnitId} from "../../interfaces/types/Ids.sol";
import {IParticipants, Participant, ParticipantStatus, WalletRights} from "../../interfaces/parties/IParticipants.sol";
import {Party} from "../../interfaces/market/IPledges.sol";
import {ISchemes, Powers} from "../../interfaces/rules/ISchemes.sol";
import {CreditPayouts} from "./CreditPayouts.sol";
import {UnitIdLib} from "../types/UnitIdLib.sol";

/// @title CreditPledges
/// @notice See {ICreditPledges}.
/// @dev Assumes that Participants, Schemes and EnergyCredits are this project's own. Wallets that are contracts are
/// called back by EnergyCredits: every number is written before credits move.
contract CreditPledges is ICreditPledges, CreditPayouts, ERC1155Holder {
    ParticipantId private constant NONE = ParticipantId.wrap(0);
    /// @dev [gas] for a delivery and the receiver's hook; a refusal leaves the credits owed to it.
    uint256 private constant DELIVERY_GAS = 300_000;

    ISchemes public immutable SCHEMES;

    /// @inheritdoc ICreditPledges
    uint256 public count;
    mapping(uint256 id => CreditPledge) private _pledges;
    mapping(ParticipantId pledgor => mapping(UnitId credit => uint64 amount)) private _pledged;

    constructor(IParticipants participants, ISchemes schemes, IEnergyCredits credits)
        CreditPayouts(participants, credits)
    {
        SCHEMES = schemes;
    }

    /* PLEDGING */

    /// @inheritdoc ICreditPledges
    function pledge(UnitId credit, ParticipantId lender, uint64 amount, bytes32 terms) external returns (uint256 id) {
        id = count + 1;
        ParticipantId pledgor = _disposer(id, msg.sender);
        Participant memory other = PARTICIPANTS.participant(lender);
        if (lender == pledgor || other.status != ParticipantStatus.Active) revert CreditPledgesBadLender(lender);
        _checkKind(credit, lender, other.kinds);
        if (amount == 0) revert CreditPledgesZeroAmount(id);

        count = id;
        CreditPledge storage p = _pledges[id];
        p.pledgor = pledgor;
        p.lender = lender;
        p.amount = amount;
        p.credit = credit;
        _pledged[pledgor][credit] += amount; // not above what was issued, which fits
        emit CreditsPledged(id, pledgor, lender, credit, amount, terms, msg.sender);

        CREDITS.safeTransferFrom(msg.sender, address(this), UnitId.unwrap(credit), amount, "");
    }

    /* RELEASING */

    /// @inheritdoc ICreditPledges
    function agree(uint256 id, uint64 amount, bool toLender) external returns (bool released) {
        CreditPledge memory p = _existing(id);
        Party by = _partyOf(id, p);
        if (amount == 0) {
            if (p.proposer != by) revert CreditPledgesNothingProposed(id);
            _propose(id, Party.None, 0, false);
            emit CreditReleaseProposed(id, by, 0, false, msg.sender);
            return false;
        }
        if (amount > p.amount) revert CreditPledgesTooMuch(id, amount, p.amount);
        // Where nothing is proposed its amount is 0, which this is not.
        released = p.proposer != by && p.proposedAmount == amount && p.proposedToLender == toLender;
        if (!released) {
            _propose(id, by, amount, toLender);
            emit CreditReleaseProposed(id, by, amount, toLender, msg.sender);
            return false;
        }
        // Credits that an authority froze must not reach the lender by agreement.
        if (p.frozen) revert CreditPledgesPledgeFrozen(id);
        if (toLender) {
            address frozen = _frozenWallet(p.pledgor, p.credit);
            if (frozen != address(0)) revert CreditPledgesFrozen(id, frozen);
        }
        _release(id, p, amount, toLender, 0);
    }

    /// @inheritdoc ICreditPledges
    function order(uint256 id, uint64 amount, bool toLender, bytes32 reason) external {
        CreditPledge memory p = _ordered(id, reason);
        if (amount == 0) revert CreditPledgesZeroAmount(id);
        if (amount > p.amount) revert CreditPledgesTooMuch(id, amount, p.amount);
        _release(id, p, amount, toLender, reason);
    }

    /// @inheritdoc ICreditPledges
    function freeze(uint256 id, bool frozen, bytes32 reason) external {
        if (_ordered(id, reason).frozen == frozen) revert CreditPledgesUnchanged(id, frozen);
        _pledges[id].frozen = frozen;
        emit CreditPledgeFrozen(id, frozen, reason, msg.sender);
    }

    /// @inheritdoc ICreditPledges
    function expire(uint256 id) external {
        CreditPledge memory p = _existing(id);
        Series memory s = CREDITS.seriesOf(p.credit);
        if (block.timestamp <= s.expiry) revert CreditPledgesStillGood(id, s.expiry);
        if (p.amount == 0) revert CreditPledgesZeroAmount(id);

        _take(id, p, p.amount);
        emit PledgedCreditsExpired(id, p.pledgor, p.amount, msg.sender);

        address[] memory holder = new address[](1);
        holder[0] = PARTICIPANTS.primaryWallet(p.pledgor);
        // A closed or refusing pledgor must not keep them outstanding. A caller can force the transfer to the issuer by too
        // little gas, without gain: the credits have expired.
        try CREDITS.safeTransferFrom(address(this), holder[0], UnitId.unwrap(p.credit), p.amount, "") {}
        catch {
            holder[0] = PARTICIPANTS.primaryWallet(s.issuer);
            CREDITS.safeTransferFrom(address(this), holder[0], UnitId.unwrap(p.credit), p.amount, "");
        }
        CREDITS.sweep(p.credit, holder);
    }

    /* VIEWS */

    /// @inheritdoc ICreditPledges
    function pledgeOf(uint256 id) external view returns (CreditPledge memory) {
        return _existing(id);
    }

    /// @inheritdoc ICreditPledges
    function pledgedBy(ParticipantId pledgor, UnitId credit) external view returns (uint64) {
        return _pledged[pledgor][credit];
    }

    /* RECEIVING */

    /// @notice Accepts only transfers made by this contract itself.
    function onERC1155Received(address operator, address from, uint256 id, uint256 value, bytes memory data)
        public
        override
        returns (bytes4)
    {
        if (msg.sender != address(CREDITS) || operator != address(this)) {
            revert CreditPledgesNotAsked(msg.sender, operator);
        }
        return super.onERC1155Received(operator, from, id, value, data);
    }

    /// @notice Refuses batches.
    function onERC1155BatchReceived(address operator, address, uint256[] memory, uint256[] memory, bytes memory)
        public
        view
        override
        returns (bytes4)
    {
        revert CreditPledgesNotAsked(msg.sender, operator);
    }

    /* INSIDE */

    /// @dev To a wallet of the receiver; where that refuses, or is suspended or closed, to its payouts: a pledge always ends.
    function _release(uint256 id, CreditPledge memory p, uint64 amount, bool toLender, bytes32 reason) private {
        _requireUnpaused();
        // Its kinds may be others by now, and an order is bound by the purpose of a series as a forced transfer is.
        if (toLender) _checkKind(p.credit, p.lender, PARTICIPANTS.participant(p.lender).kinds);
        ParticipantId to = toLender ? p.lender : p.pledgor;
        address receiver = toLender ? address(0) : _frozenWallet(to, p.credit);
        if (receiver == address(0)) receiver = PARTICIPANTS.primaryWallet(to);

        uint64 left = _take(id, p, amount);
        emit PledgedCreditsReleased(id, to, msg.sender, amount, left, reason);

        try CREDITS.safeTransferFrom{gas: DELIVERY_GAS}(address(this), receiver, UnitId.unwrap(p.credit), amount, "") {}
        catch {
            _owe(to, p.credit, amount);
        }
    }

    /// @dev Lowers a pledge by at most its amount, and clears the pending proposal.
    function _take(uint256 id, CreditPledge memory p, uint64 amount) private returns (uint64 left) {
        left = p.amount - amount;
        _pledges[id].amount = left;
        _pledged[p.pledgor][p.credit] -= amount;
        _propose(id, Party.None, 0, false);
    }

    function _propose(uint256 id, Party by, uint64 amount, bool toLender) private {
        CreditPledge storage p = _pledges[id];
        p.proposer = by;
        p.proposedAmount = amount;
        p.proposedToLender = toLender;
    }

    function _existing(uint256 id) private view returns (CreditPledge memory p) {
        p = _pledges[id];
        if (p.pledgor == NONE) revert CreditPledgesUnknown(id);
    }

    /// @dev The pledge, if the caller has the power FREEZE over the pledgor and gives a reason.
    function _ordered(uint256 id, bytes32 reason) private view returns (CreditPledge memory p) {
        p = _existing(id);
        uint16 jurisdiction = PARTICIPANTS.participant(p.pledgor).jurisdiction;
        SCHEMES.checkPower(msg.sender, UnitIdLib.schemeOf(p.credit), jurisdiction, Powers.FREEZE);
        if (reason == 0) revert CreditPledgesNoReason(id);
    }

    function _partyOf(uint256 id, CreditPledge memory p) private view returns (Party) {
        ParticipantId caller = _disposer(id, msg.sender);
        if (caller == p.pledgor) return Party.Pledgor;
        if (caller == p.lender) return Party.Lender;
        revert CreditPledgesNotParty(id, msg.sender);
    }

    /// @dev The active participant of a wallet with TRADE.
    function _disposer(uint256 id, address wallet) private view returns (ParticipantId participant) {
        uint8 rights;
        ParticipantStatus status;
        (participant, rights, status) = PARTICIPANTS.walletOf(wallet);
        if (status != ParticipantStatus.Active || rights & WalletRights.TRADE == 0) {
            revert CreditPledgesNotParty(id, wallet);
        }
    }

    /// @dev EnergyCredits does not check the kinds of a receiver that a custodian pays.
    function _checkKind(UnitId credit, ParticipantId lender, uint16 kinds) private view {
        uint16 wanted = CREDITS.seriesOf(credit).kinds;
        if (wanted != 0 && kinds & wanted == 0) revert CreditPledgesOtherKind(credit, lender);
    }

    /// @dev A withdrawal goes where a release would: being owed is no way out of a frozen wallet.
    function _payOut(uint256 asset, address to, uint256 amount) internal override {
        (ParticipantId owner,,) = PARTICIPANTS.walletOf(to);
        address frozen = _frozenWallet(owner, UnitId.wrap(asset));
        if (frozen != address(0) && frozen != to) revert CreditPledgesFrozenWallet(to, frozen);
        super._payOut(asset, to, amount);
    }

    /// @dev The first wallet of a participant in which credits of the series are frozen; zero when there is none. A
    /// participant has 8 wallets at most.
    function _frozenWallet(ParticipantId owner, UnitId credit) private view returns (address) {
        address[] memory wallets = PARTICIPANTS.walletsOf(owner);
        for (uint256 i = 0; i < wallets.length; ++i) {
            if (CREDITS.getFrozenTokens(wallets[i], UnitId.unwrap(credit)) != 0) return wallets[i];
        }
        return address(0);
    }
}
