// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {IExchange, MarketAssets} from "../../interfaces/market/IExchange.sol";
import {Settlement} from "../../interfaces/market/IExchangeBase.sol";
import {MarketId, ParticipantId} from "../../interfaces/types/Ids.sol";
import {IParticipantSource, IRuleSource} from "../../interfaces/rules/ILedgerSources.sol";
import {IPledges, Party, Pledge} from "../../interfaces/market/IPledges.sol";
import {Horizon} from "../lib/Horizon.sol";
import {PackedWalletLib} from "../types/PackedWallet.sol";

/// @title Pledges
contract Pledges is IPledges {
    uint32 private constant POWER_MARKET = 16;
    uint32 private constant POWER_FREEZE = 32;
    ParticipantId private constant OWN_CUSTODY = ParticipantId.wrap(0);
    /// @dev Longest pledge [s].
    uint256 private constant MAX_TERM = 10 * 366 days;

    /// @notice Where this contract is a controller with the right SETTLE.
    IExchange public immutable EXCHANGE;
    IParticipantSource public immutable PARTICIPANTS;
    IRuleSource public immutable RULES;

    /// @inheritdoc IPledges
    uint256 public count;
    mapping(uint256 id => Pledge) private _pledges;
    mapping(ParticipantId pledgor => mapping(MarketId market => uint256 lots)) private _pledged;

    constructor(IExchange exchange) {
        EXCHANGE = exchange;
        PARTICIPANTS = exchange.PARTICIPANTS();
        RULES = exchange.RULES();
    }

    // ------------------------------------------------------------------ pledging

    /// @inheritdoc IPledges
    function pledge(MarketId market, ParticipantId lender, uint40 lots, uint40 until, bytes32 terms)
        external
        returns (uint256 id)
    {
        id = count + 1;
        (ParticipantId pledgor, bool mayAct) = _disposer(msg.sender);
        if (!mayAct) revert PledgesNotParty(id, msg.sender);
        if (lender == pledgor || !_isActive(lender)) revert PledgesBadLender(lender);
        if (lots == 0) revert PledgesZeroLots();
        if (until < block.timestamp) revert PledgesBadEnd(until);
        Horizon.check(until, block.timestamp + MAX_TERM);

        count = id;
        Pledge storage p = _pledges[id];
        p.market = market;
        p.pledgor = pledgor;
        p.lender = lender;
        p.lots = lots;
        p.until = until;
        _pledged[pledgor][market] += lots;
        emit LotsPledged(id, pledgor, lender, market, lots, until, terms);

        EXCHANGE.settle(market, pledgor, OWN_CUSTODY, lots, 0, Settlement.Hold, bytes32(id));
    }

    // ------------------------------------------------------------------ releasing

    /// @inheritdoc IPledges
    function agree(uint256 id, uint40 lots, bool toLender) external returns (bool released) {
        Pledge memory p = _existing(id);
        Party by = _partyOf(id, p);
        if (lots == 0) {
            if (p.proposer != by) revert PledgesNothingProposed(id);
            _propose(id, Party.None, 0, false);
            emit ReleaseProposed(id, by, 0, false);
            return false;
        }
        if (lots > p.lots) revert PledgesTooManyLots(lots, p.lots);
        released =
            p.proposer != Party.None && p.proposer != by && p.proposedLots == lots && p.proposedToLender == toLender;
        if (!released) {
            _propose(id, by, lots, toLender);
            emit ReleaseProposed(id, by, lots, toLender);
            return false;
        }
        // What an authority froze must not leave by an agreement of the two.
        if (toLender && EXCHANGE.account(p.pledgor, p.market).frozen) {
            revert PledgesAccountFrozen(p.pledgor, p.market);
        }
        _release(id, p, lots, toLender, address(0), 0);
    }

    /// @inheritdoc IPledges
    function order(uint256 id, uint40 lots, bool toLender, bytes32 reason) external {
        Pledge memory p = _existing(id);
        _checkAuthority(p.market);
        if (reason == 0) revert PledgesNoReason();
        if (lots == 0) revert PledgesZeroLots();
        if (lots > p.lots) revert PledgesTooManyLots(lots, p.lots);
        _release(id, p, lots, toLender, msg.sender, reason);
    }

    /// @inheritdoc IPledges
    function end(uint256 id) external {
        Pledge memory p = _existing(id);
        if (block.timestamp <= p.until) revert PledgesNotOver(id, p.until);
        if (p.lots == 0) revert PledgesZeroLots();
        _release(id, p, p.lots, false, address(0), 0);
    }

    /// @dev Back to the pledgor as a deposit is: its limit had been lowered. To the lender as a purchase is, for nothing:
    /// its holding limit is checked, and it sells none of them today; and the pledgor's counts them no more.
    function _release(uint256 id, Pledge memory p, uint40 lots, bool toLender, address officer, bytes32 reason)
        private
    {
        uint40 left = p.lots - lots;
        _pledges[id].lots = left;
        _propose(id, Party.None, 0, false);
        _pledged[p.pledgor][p.market] -= lots;
        emit PledgeReleased(id, toLender ? p.lender : p.pledgor, officer, lots, left, reason);

        if (toLender) {
            EXCHANGE.settle(p.market, OWN_CUSTODY, p.lender, lots, 0, Settlement.Trade, bytes32(id));
            EXCHANGE.disown(p.market, p.pledgor, lots);
        } else {
            EXCHANGE.settle(p.market, OWN_CUSTODY, p.pledgor, lots, 0, Settlement.Return, bytes32(id));
        }
    }

    function _propose(uint256 id, Party by, uint40 lots, bool toLender) private {
        Pledge storage p = _pledges[id];
        p.proposer = by;
        p.proposedLots = lots;
        p.proposedToLender = toLender;
    }

    // ------------------------------------------------------------------ who

    function _existing(uint256 id) private view returns (Pledge memory p) {
        p = _pledges[id];
        if (p.market == MarketId.wrap(0)) revert PledgesUnknown(id);
    }

    function _partyOf(uint256 id, Pledge memory p) private view returns (Party) {
        (ParticipantId caller, bool mayAct) = _disposer(msg.sender);
        if (mayAct && caller == p.pledgor) return Party.Pledgor;
        if (mayAct && caller == p.lender) return Party.Lender;
        revert PledgesNotParty(id, msg.sender);
    }

    /// @dev Whose wallet it is, and whether it may give its participant's property away.
    function _disposer(address wallet) private view returns (ParticipantId participant, bool mayAct) {
        uint8 rights;
        uint8 status;
        (participant, rights, status) = PARTICIPANTS.walletOf(wallet);
        mayAct = participant != ParticipantId.wrap(0) && status == PackedWalletLib.ACTIVE
            && rights & PackedWalletLib.WITHDRAW != 0;
    }

    function _isActive(ParticipantId participant) private view returns (bool) {
        address[] memory wallets = PARTICIPANTS.walletsOf(participant);
        if (wallets.length == 0) return false;
        (ParticipantId owner,, uint8 status) = PARTICIPANTS.walletOf(wallets[0]);
        return owner == participant && status == PackedWalletLib.ACTIVE;
    }

    /// @dev An office with either of two powers orders.
    function _checkAuthority(MarketId market) private view {
        MarketAssets memory assets = EXCHANGE.marketAssets(market);
        try RULES.checkPower(msg.sender, assets.scheme, 0, POWER_FREEZE) {}
        catch {
            RULES.checkPower(msg.sender, assets.scheme, assets.jurisdiction, POWER_MARKET);
        }
    }

    // ------------------------------------------------------------------ views

    /// @inheritdoc IPledges
    function pledgeOf(uint256 id) external view returns (Pledge memory) {
        return _pledges[id];
    }

    /// @inheritdoc IPledges
    function pledgedBy(ParticipantId pledgor, MarketId market) external view returns (uint256 lots) {
        return _pledged[pledgor][market];
    }
}
