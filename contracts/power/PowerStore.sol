// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {IParticipants, ParticipantStatus} from "../../interfaces/parties/IParticipants.sol";
import {IBidLimits} from "../../interfaces/power/IBidLimits.sol";
import {BidDeposit, Forfeit} from "../../interfaces/power/IPowerBidDisputes.sol";
import {PowerBid} from "../../interfaces/power/IPowerBids.sol";
import {IPowerGrid} from "../../interfaces/power/IPowerGrid.sol";
import {IPowerMarket, PowerAccountId, PowerStage, PowerTerms} from "../../interfaces/power/IPowerMarket.sol";
import {ParticipantId} from "../../interfaces/types/Ids.sol";
import {PowerBalances} from "./PowerBalances.sol";

/// @title PowerStore
/// @notice Part of {PowerMarket} and its extension: storage, terms, and the stages of an interval.
/// @dev Storage, by slot, behind that of {PowerBalances}:
///
///     round    curves 256                                                    running keccak, one per interval
///              commits 32 · opened 32 · proposer 160
///              result 256
///              welfare 88 · energy 48 · loss 48 · rent 72
///              cleared at 40
///     prices   32 each, eight a slot, by node
///     flows    32 each, eight a slot, by arc; losses and rents follow from them, the prices and the grid of that time
///     bid      commitment 192 · most 48 · state 8                           by (interval, participant)
///              escrow 96 · fee 96
///     deposit  amount 96 · committed 64 · bound until 40 · silences 8 · barred until 40
///     forfeit  amount 96 · left 96 · connections 32
///              customers 256
///     award    256                                                        one per pseudonym that ever had one
///     pseudonyms 256                                                      how many there are
///
/// Curves have no slot: they are in the running hash and in the event, and calls that need them carry them. Credits that bids
/// hold, or that are set aside for silence, and awards, are in no account: no controller reaches them.
abstract contract PowerStore is PowerBalances {
    struct Round {
        bytes32 curves;
        //
        uint32 commits;
        uint32 opened;
        address proposer;
        //
        bytes32 result;
        //
        int88 welfare;
        uint48 energy;
        uint48 loss;
        int72 rent;
        //
        uint40 clearedAt;
        //
        uint256[8] prices;
        uint256[16] flows;
    }

    /// @dev So that a price coupled through a converter still fits 32 bits.
    uint256 private constant MAX_PRICE_CAP = 1 << 28;
    uint256 private constant MAX_OPENING = 30; // [s]

    IPowerGrid internal immutable _grid;
    IBidLimits internal immutable _limits;
    IParticipants internal immutable PARTICIPANTS;
    uint256 internal immutable NOTICE;

    uint256 internal immutable INTERVAL_S;
    uint256 internal immutable GATE_LEAD_S;
    uint256 internal immutable OPENING_S;
    uint256 internal immutable WINDOW_S;
    uint256 internal immutable HOLD_S;
    uint256 internal immutable PRICE_CAP;
    uint256 internal immutable GUARANTEE;
    uint256 internal immutable STEP_FEE;

    mapping(uint256 interval => Round) internal _rounds;
    mapping(address signer => PowerAccountId) internal _pseudonyms;
    mapping(uint256 interval => mapping(ParticipantId => PowerBid)) internal _bids;
    mapping(ParticipantId => BidDeposit) internal _deposits;
    mapping(uint256 interval => mapping(ParticipantId => Forfeit)) internal _forfeits;
    mapping(uint256 interval => mapping(ParticipantId => mapping(uint256 word => uint256))) internal _claimed;
    mapping(bytes32 digest => uint40 deadline) internal _disputes;
    mapping(uint256 account => uint256 amount) internal _awards;
    uint256 internal _pseudonymCount;

    constructor(IParticipants participants, IBidLimits limits, PowerTerms memory t) {
        IPowerGrid grid = limits.GRID();
        NOTICE = grid.NOTICE();
        bool gateFits = t.intervalS != 0 && t.windowS <= t.gateLeadS && t.gateLeadS < NOTICE;
        bool timesFit = t.openingS != 0 && t.openingS <= MAX_OPENING && t.openingS < t.windowS;
        bool pricesFit = t.priceCap != 0 && t.priceCap <= MAX_PRICE_CAP && t.guarantee <= MAX_PRICE_CAP;
        if (!gateFits || !timesFit || !pricesFit || t.stepFee > MAX_PRICE_CAP) revert IPowerMarket.PowerBadTerms(t);
        (PARTICIPANTS, _limits, _grid) = (participants, limits, grid);
        (INTERVAL_S, GATE_LEAD_S, OPENING_S) = (t.intervalS, t.gateLeadS, t.openingS);
        (WINDOW_S, HOLD_S, STEP_FEE) = (t.windowS, t.holdS, t.stepFee);
        (PRICE_CAP, GUARANTEE) = (t.priceCap, t.guarantee);
    }

    // ------------------------------------------------------------------ time

    function _stageOf(uint32 interval) internal view returns (PowerStage) {
        uint256 gate = _gateOf(interval);
        if (block.timestamp < gate) return PowerStage.Open;
        Round storage round = _rounds[interval];
        if (block.timestamp < gate + OPENING_S && round.opened != round.commits) return PowerStage.Opening;
        if (block.timestamp < gate + WINDOW_S) return PowerStage.Clearing;
        return round.proposer == address(0) ? PowerStage.Lapsed : PowerStage.Cleared;
    }

    function _startOf(uint256 interval) internal view returns (uint256) {
        return interval * INTERVAL_S;
    }

    /// @dev 0 for an interval that starts before its gate could close.
    function _gateOf(uint256 interval) internal view returns (uint256) {
        uint256 start = _startOf(interval);
        return start < GATE_LEAD_S ? 0 : start - GATE_LEAD_S;
    }

    function _checkStage(uint32 interval, PowerStage needed) internal view {
        PowerStage stage = _stageOf(interval);
        if (stage != needed) revert IPowerMarket.PowerWrongStage(interval, stage);
    }

    // ------------------------------------------------------------------ who

    /// @dev Account of a participant's wallet or of a pseudonym's key; 0 = none. The wallet's comes first: an account that was
    /// opened for its address before is another participant's.
    function _accountOf(address signer) internal view returns (uint256) {
        (ParticipantId participant,,) = PARTICIPANTS.walletOf(signer);
        if (participant != ParticipantId.wrap(0)) return ParticipantId.unwrap(participant);
        return PowerAccountId.unwrap(_pseudonyms[signer]);
    }

    // ------------------------------------------------------------------ bids

    /// @dev Value of energy at the cap, rounded up [micro-credit].
    function _atCap(uint256 wh) internal view returns (uint256) {
        return (wh * PRICE_CAP + 999) / 1_000;
    }

    /// @dev The active participant of a wallet with a right.
    function _participantWith(address wallet, uint8 right) internal view returns (ParticipantId participant) {
        uint8 rights;
        ParticipantStatus status;
        (participant, rights, status) = PARTICIPANTS.walletOf(wallet);
        if (status != ParticipantStatus.Active || rights & right == 0) revert IPowerMarket.PowerNotAllowed(wallet);
    }
}
