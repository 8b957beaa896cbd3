// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {IERC20, SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";

import {ParticipantId} from "../../interfaces/types/Ids.sol";
import {IMeterPostings} from "../../interfaces/evidence/IMeterOracle.sol";
import {ParticipantStatus, WalletRights} from "../../interfaces/parties/IParticipants.sol";
import {IWalletSource} from "../../interfaces/parties/IWalletSource.sol";
import {NodeId} from "../../interfaces/types/MeterTypes.sol";
import {MeterStore} from "./MeterStore.sol";

/// @title MeterBonds
/// @notice What oracles of meters stand to lose.
abstract contract MeterBonds is MeterStore, IMeterPostings {
    using SafeERC20 for IERC20;

    /// @notice What bonds and fees are paid in.
    IERC20 public immutable CURRENCY;
    /// @notice Gets half of what an oracle loses, so that none can save its bond by challenging itself.
    address public immutable TREASURY;
    /// @notice Least bond of an oracle that posts; it loses as much for each interval that fails.
    uint256 public immutable SLASH;
    /// @notice Price of asking for a leaf.
    uint256 public immutable FEE;
    IWalletSource public immutable PARTICIPANTS;

    constructor(IWalletSource participants, IERC20 currency, address treasury, uint256 slash, uint256 fee) {
        PARTICIPANTS = participants;
        CURRENCY = currency;
        TREASURY = treasury;
        SLASH = slash;
        FEE = fee;
    }

    /// @inheritdoc IMeterPostings
    function depositBond(ParticipantId oracle, uint256 amount) external {
        Bond storage bond = _bonds[oracle];
        uint256 total = bond.amount + amount;
        bond.amount = uint128(total); // what a currency has in all is far below 128 bits; the transfer below proves it
        emit BondDeposited(oracle, msg.sender, amount, total);
        CURRENCY.safeTransferFrom(msg.sender, address(this), amount);
    }

    /// @inheritdoc IMeterPostings
    function withdrawBond(uint256 amount, address to) external {
        (ParticipantId oracle, uint8 rights, uint8 status) = PARTICIPANTS.walletOf(msg.sender);
        if (rights & WalletRights.MANAGE == 0 || status != uint8(ParticipantStatus.Active)) {
            revert MeterOracleNotOracle(NodeId.wrap(0), msg.sender, oracle, rights);
        }
        _requireFree(oracle);
        Bond storage bond = _bonds[oracle];
        if (amount > bond.amount) revert MeterOracleBondTooSmall(oracle, bond.amount, amount);
        bond.amount -= uint128(amount); // as above
        emit BondWithdrawn(oracle, to, amount, bond.amount);
        CURRENCY.safeTransfer(to, amount);
    }

    /// @inheritdoc IMeterPostings
    function bondOf(ParticipantId oracle) external view returns (uint256 bond, uint40 boundUntil, uint32 open) {
        Bond memory b = _bonds[oracle];
        return (b.amount, b.boundUntil, b.open);
    }

    /// @dev Reverts while anything the oracle posted can be challenged.
    function _requireFree(ParticipantId oracle) private view {
        Bond memory bond = _bonds[oracle];
        if (bond.open != 0 || block.timestamp <= bond.boundUntil) {
            revert MeterOracleBondBound(oracle, bond.boundUntil, bond.open);
        }
    }

    /// @dev The bond behind a posting, bound until `until`.
    function _bind(ParticipantId oracle, uint256 until) internal {
        Bond memory bond = _bonds[oracle];
        if (bond.amount < SLASH) revert MeterOracleBondTooSmall(oracle, bond.amount, SLASH);
        if (until > bond.boundUntil) bond.boundUntil = uint40(until); // a time and windows of years fit 40 bits
        _bonds[oracle] = bond;
    }

    /// @dev Takes what a failure costs: half to `to`, the rest, with an odd unit, to the treasury.
    function _slash(ParticipantId oracle, address to, uint256 fee) internal returns (uint256 paid, uint256 treasury) {
        uint256 lost = _bonds[oracle].amount;
        if (lost > SLASH) lost = SLASH;
        _bonds[oracle].amount -= uint128(lost); // no more than there is
        paid = lost / 2 + fee;
        treasury = lost - lost / 2;
        CURRENCY.safeTransfer(to, paid);
        CURRENCY.safeTransfer(TREASURY, treasury);
    }
}
