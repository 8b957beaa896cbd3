// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {ParticipantId, UnitId} from "../../interfaces/types/Ids.sol";
import {
    Collateral,
    CreditUses,
    Grant,
    Hindrance,
    IEnergyCreditsCore,
    Series
} from "../../interfaces/units/IEnergyCredits.sol";
import {Recipient} from "../../interfaces/units/IOffsetCredits.sol";
import {IParticipants, Participant, WalletRights, WalletWord} from "../../interfaces/parties/IParticipants.sol";
import {ISchemes} from "../../interfaces/rules/ISchemes.sol";
import {Custody, Exit, IUnit1155} from "../../interfaces/units/IUnit1155.sol";
import {IUnitRenderer} from "../../interfaces/units/IUnitRenderer.sol";
import {Extendable} from "../lib/Extendable.sol";
import {ControllerRights} from "../types/ControllerRights.sol";
import {UnitIdLib} from "../types/UnitIdLib.sol";
import {EnergyCreditsExtension} from "./EnergyCreditsExtension.sol";
import {EnergyCreditsStore} from "./EnergyCreditsStore.sol";
import {Unit1155} from "./Unit1155.sol";

/// @title EnergyCredits
/// @notice Energy credits of local governments; see {IEnergyCredits}.
/// @dev Series, collateral and pauses are in {EnergyCreditsExtension}.
/// @dev Custody is Free in the base, so that custodians may hold; {hindrance} decides on every transfer.
contract EnergyCredits is EnergyCreditsStore, Unit1155, Extendable, IEnergyCreditsCore {
    constructor(address authority_, IParticipants participants, ISchemes schemes, IUnitRenderer renderer)
        Unit1155(authority_, participants, schemes, Custody.Free, renderer)
        Extendable(address(new EnergyCreditsExtension(authority_, participants, schemes)))
    {}

    /* ISSUE */

    /// @inheritdoc IEnergyCreditsCore
    function issue(UnitId id, Recipient[] calldata to, uint32 record, bytes32 evidence) external {
        _requireUnpaused();
        Series storage s = _seriesOfCaller(id);
        if (_isOver(s)) revert EnergyCreditsExpired(id, s.expiry);
        _checkItems(to.length);
        (uint16 kinds, uint64 usual) = (s.kinds, s.receiverLimit);
        uint64 total = 0;
        for (uint256 i = 0; i < to.length; ++i) {
            _grant(id, to[i], kinds, usual);
            total += to[i].amount;
            _credit(to[i].to, id, to[i].amount);
        }
        _countIssue(id, total);
        _cover(id, s, record, total);
        emit UnitsIssued(id, evidence, total, to.length);
        emit IssuedAgainst(id, record, total, msg.sender);

        // Hooks come last: a recipient that calls back sees the whole issue done.
        for (uint256 i = 0; i < to.length; ++i) {
            _offer(address(0), to[i].to, id, to[i].amount);
        }
    }

    /// @dev Counts an issue to a wallet's participant, within its limit.
    function _grant(UnitId id, Recipient calldata to, uint16 kinds, uint64 usual) private {
        (ParticipantId owner, Participant memory p) = _activeOwner(to.to);
        if (owner == ParticipantId.wrap(0) || (kinds != 0 && p.kinds & kinds == 0)) {
            revert EnergyCreditsReceiverRefused(id, to.to);
        }
        Grant memory g = _grants[id][owner];
        g.issued += to.amount;
        if (g.limited ? g.issued > g.limit : usual != 0 && g.issued > usual) {
            revert EnergyCreditsOverReceiverLimit(id, owner, g.issued, g.limited ? g.limit : usual);
        }
        _grants[id][owner] = g;
    }

    /// @dev Counts an issue as outstanding, within the limit, the series' collateral and the record's.
    function _cover(UnitId id, Series storage s, uint32 record, uint64 amount) private {
        uint256 outstanding = uint256(s.outstanding) + amount;
        if (outstanding > s.limit) revert EnergyCreditsOverLimit(id, outstanding, s.limit);
        if (outstanding > s.collateral) revert EnergyCreditsUncovered(id, outstanding, s.collateral);
        Collateral storage c = _collateral[id][record];
        uint256 issued = uint256(c.issued) + amount;
        if (issued > c.amount) {
            revert EnergyCreditsRecordShort(id, record, amount, c.amount > c.issued ? c.amount - c.issued : 0);
        }
        c.issued = uint64(issued); // at most the record's amount
        s.outstanding = uint64(outstanding); // at most the limit
    }

    /* RECOVERY */

    /// @inheritdoc IEnergyCreditsCore
    function redeem(UnitId id, uint64 amount, bytes32 ref) external {
        _requireUnpaused();
        Series storage s = _known(id);
        if (_isOver(s)) revert EnergyCreditsExpired(id, s.expiry);
        WalletWord wallet = _walletOf(msg.sender);
        if (!wallet.isActive() || !wallet.may(WalletRights.SURRENDER)) revert EnergyCreditsMayNotRedeem(msg.sender);

        _exit(ExitRequest(msg.sender, id, amount, Exit.Released, ref));
        s.outstanding -= amount;
        s.collateral -= amount; // paid out for these credits
    }

    /// @inheritdoc IEnergyCreditsCore
    function reclaim(UnitId id, address from, uint64 amount, bytes32 reason) external {
        Series storage s = _seriesOfCaller(id);
        if (reason == 0) revert EnergyCreditsNoReason(id);
        _checkUnprotected(from);

        _exit(ExitRequest(from, id, amount, Exit.ClawedBack, reason));
        s.outstanding -= amount;
    }

    /// @inheritdoc IEnergyCreditsCore
    function sweep(UnitId id, address[] calldata holders) external {
        Series storage s = _known(id);
        if (!_isOver(s)) revert EnergyCreditsStillGood(id, s.expiry);
        _checkItems(holders.length);
        uint64 swept = 0;
        for (uint256 i = 0; i < holders.length; ++i) {
            // A custodian pays its credits out first; the receiver is swept.
            _checkUnprotected(holders[i]);
            uint256 amount = balanceOf(holders[i], UnitId.unwrap(id));
            if (amount == 0) continue;
            _exit(ExitRequest(holders[i], id, amount, Exit.Expired, 0));
            swept += uint64(amount); // a balance fits 64 bits
        }
        s.outstanding -= swept;
    }

    /// @notice Always reverts: the only exits are the three above, which count.
    function exit(address, UnitId, uint256, Exit, bytes32) external view override(Unit1155, IUnit1155) {
        revert UnitNotController(msg.sender, ControllerRights.EXIT);
    }

    /* VIEWS */

    /// @inheritdoc IEnergyCreditsCore
    function seriesOf(UnitId id) external view returns (Series memory) {
        return _known(id);
    }

    /// @inheritdoc IEnergyCreditsCore
    function hindrance(address from, address to, UnitId id) public view returns (Hindrance) {
        Series storage s = _series[id];
        if (s.issuer == ParticipantId.wrap(0)) return Hindrance.UnknownSeries;
        (WalletWord giver, WalletWord taker) = _readParties(from, to);
        uint256 source = _rights[from];
        if (block.timestamp > s.expiry) {
            return taker.isSomebody() && source & ControllerRights.HOLD != 0 ? Hindrance.None : Hindrance.Expired;
        }
        uint256 target = _rights[to];
        if (!taker.isSomebody() && target & ControllerRights.HOLD == 0) return Hindrance.NotAdmitted;
        // Between wallets of one participant any transfer is allowed.
        if (taker.isSomebody() && giver.areOneParty(taker)) return Hindrance.None;

        uint256 rights = source | target | _rights[msg.sender];
        bool custodial = rights & ControllerRights.HOLD != 0;
        uint256 use = custodial ? ControllerRights.usesOf(rights) : CreditUses.TRANSFER;
        if (use == 0 || use & s.uses != use) return Hindrance.OtherPurpose;
        bool admitted = custodial || s.kinds == 0 || _kindsOf(taker) & s.kinds != 0;
        return admitted ? Hindrance.None : Hindrance.OtherKind;
    }

    /* INSIDE */

    /// @dev Every transfer is subject to {hindrance}.
    function _isFree(Row storage) internal pure override returns (bool) {
        return false;
    }

    function _mayMove(address from, address to, UnitId id) internal view override returns (bool) {
        return hindrance(from, to, id) == Hindrance.None;
    }

    /// @dev A custodian's credits belong to others: no reclaim, sweep, freeze or forced transfer.
    function _checkUnprotected(address account) internal view override {
        if (_rights[account] & ControllerRights.HOLD != 0) revert EnergyCreditsInCustody(account);
        super._checkUnprotected(account);
    }

    /// @dev Expiry takes frozen units too; what an authority froze is not reclaimed.
    function _mayThaw(Exit kind) internal pure override returns (bool) {
        return kind == Exit.Expired;
    }

    function _class() internal pure override returns (uint8) {
        return UnitIdLib.ENERGY_CREDIT;
    }

    function _register() internal view override returns (IParticipants) {
        return PARTICIPANTS;
    }

    function _offices() internal view override returns (ISchemes) {
        return SCHEMES;
    }

    function _kindsOf(WalletWord wallet) private view returns (uint16) {
        return PARTICIPANTS.participant(wallet.participantOf()).kinds;
    }
}
