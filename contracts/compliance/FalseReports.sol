// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";

import {AllocationState, IAllocation} from "../../interfaces/compliance/IAllocation.sol";
import {ComplianceKeys} from "../../interfaces/compliance/ICompliance.sol";
import {IEmissionsOracle} from "../../interfaces/evidence/IEmissionsOracle.sol";
import {RecordWord} from "../../interfaces/types/ReportTypes.sol";
import {IExchange, MarketAssets} from "../../interfaces/market/IExchange.sol";
import {
    Accused,
    Charge,
    ChargeId,
    chargeIdOf,
    chargeRef,
    FalseReportKeys,
    IFalseReports
} from "../../interfaces/compliance/IFalseReports.sol";
import {InstallationId, MarketId, ParticipantId, SchemeId} from "../../interfaces/types/Ids.sol";
import {IInstallations} from "../../interfaces/parties/IInstallations.sol";
import {InstallationWord} from "../../interfaces/types/InstallationTypes.sol";
import {IParticipants, ParticipantKinds, WalletRights} from "../../interfaces/parties/IParticipants.sol";
import {IPenalties} from "../../interfaces/compliance/IPenalties.sol";
import {AppealOutcome, PenaltyState} from "../../interfaces/compliance/PenaltyTypes.sol";
import {ISchemes, Period, Powers} from "../../interfaces/rules/ISchemes.sol";
import {PPM} from "../types/Ppm.sol";

/// @title FalseReports
/// @notice Fines for reports annulled in a dispute; see {IFalseReports}.
contract FalseReports is IFalseReports {
    using SafeERC20 for IERC20;

    /// @dev The Exchange's ledger counts in 0.0001, its token in 0.01.
    uint256 private constant LEDGER_PER_CENT = 100;

    IParticipants public immutable PARTICIPANTS;
    IInstallations public immutable INSTALLATIONS;
    ISchemes public immutable SCHEMES;
    IEmissionsOracle public immutable ORACLE;
    /// @dev Has the treasury that a scheme's fines are paid to.
    IPenalties public immutable PENALTIES;
    IExchange public immutable EXCHANGE;
    IAllocation public immutable ALLOCATION;

    mapping(ChargeId id => Charge) private _charges;
    /// @dev By the operator's charge: bodies charged beside the first that signed.
    mapping(ChargeId id => uint256 count) private _others;

    /// @param participants the register, which also answers for installations
    constructor(
        address participants,
        ISchemes schemes,
        IEmissionsOracle oracle,
        IPenalties penalties,
        IExchange exchange,
        IAllocation allocation
    ) {
        PARTICIPANTS = IParticipants(participants);
        INSTALLATIONS = IInstallations(participants);
        SCHEMES = schemes;
        ORACLE = oracle;
        PENALTIES = penalties;
        EXCHANGE = exchange;
        ALLOCATION = allocation;
    }

    /* CHARGE AND DECISION */

    /// @inheritdoc IFalseReports
    function charge(
        InstallationId installation,
        uint16 year,
        ParticipantId body,
        uint256 gainsCents,
        bytes32 reasonHash
    ) external returns (ChargeId id) {
        InstallationWord plant = INSTALLATIONS.installation(installation);
        SCHEMES.checkPower(msg.sender, plant.schemeOf(), plant.jurisdictionOf(), Powers.PENALISE);
        RecordWord fallen = ORACLE.fallenReport(installation, year);
        if (RecordWord.unwrap(fallen) == 0) revert FalseReportsNothingFell(installation, year);
        id = chargeIdOf(installation, year, fallen.recordRevision(), body);
        Charge storage c = _charges[id];
        if (c.state != PenaltyState.None) revert FalseReportsState(id, c.state);
        ParticipantId party = plant.operatorOf();
        if (ParticipantId.unwrap(body) != 0) {
            party = body;
            _countSigner(installation, year, body, fallen);
        }
        if (gainsCents > type(uint56).max) revert FalseReportsTooLarge(gainsCents);
        _checkReason(reasonHash);

        c.party = party;
        c.noticedAt = uint40(block.timestamp); // 40 bits of seconds last 34,000 years
        c.state = PenaltyState.Noticed;
        c.gainsCents = uint56(gainsCents); // compared above
        emit FalseReportCharged(
            id, plant.schemeOf(), party, msg.sender, gainsCents, reasonHash, _after(c, plant.schemeOf())
        );
    }

    /// @dev The first body that signed is on record; of others it counts how many are charged.
    function _countSigner(InstallationId installation, uint16 year, ParticipantId body, RecordWord fallen) private {
        ParticipantId first = fallen.recordBody();
        if (body == first) return;
        uint256 signed = fallen.recordBodies();
        ChargeId report = chargeIdOf(installation, year, fallen.recordRevision(), ParticipantId.wrap(0));
        // Bodies sign in rising order of their numbers.
        bool may = ParticipantId.unwrap(body) > ParticipantId.unwrap(first) && _others[report] + 1 < signed
            && PARTICIPANTS.participant(body).kinds & ParticipantKinds.VERIFICATION_BODY != 0;
        if (!may) revert FalseReportsNotSigner(installation, year, body);
        ++_others[report];
    }

    /// @inheritdoc IFalseReports
    function decide(ChargeId id, uint256 fineCents, bytes32 reasonHash) external {
        SchemeId scheme = _checkOfficer(id);
        Charge storage c = _charges[id];
        _checkState(id, c, PenaltyState.Noticed);
        _checkTime(id, _after(c, scheme));
        _checkReason(reasonHash);
        _checkFine(id, c, scheme, fineCents);

        c.fineCents = uint56(fineCents); // compared in the check
        c.decidedAt = uint40(block.timestamp); // as above
        c.decidedBy = msg.sender;
        c.state = fineCents == 0 ? PenaltyState.Paid : PenaltyState.Decided;
        emit FalseReportFined(id, msg.sender, fineCents, reasonHash, _appealUntil(c, scheme));
    }

    /* APPEAL */

    /// @inheritdoc IFalseReports
    function appeal(ChargeId id, bytes32 groundsHash) external {
        Charge storage c = _charges[id];
        _checkState(id, c, PenaltyState.Decided);
        _checkParty(c);
        if (c.paidCents != 0 || c.outcome != AppealOutcome.None) {
            revert FalseReportsAccepted(id, c.paidCents, c.outcome);
        }
        uint256 until = _appealUntil(c, INSTALLATIONS.installation(id.chargeInstallation()).schemeOf());
        if (block.timestamp > until) revert FalseReportsAppealTooLate(id, until);
        _checkReason(groundsHash);

        c.state = PenaltyState.Appealed;
        emit FalseReportAppealed(id, msg.sender, groundsHash);
    }

    /// @inheritdoc IFalseReports
    function decideAppeal(ChargeId id, AppealOutcome outcome, uint256 fineCents, bytes32 reasonHash) external {
        SchemeId scheme = _checkOfficer(id);
        Charge storage c = _charges[id];
        _checkState(id, c, PenaltyState.Appealed);
        if (c.decidedBy == msg.sender) revert FalseReportsOwnDecision(msg.sender);
        _checkReason(reasonHash);
        uint256 old = c.fineCents;
        bool fits = outcome == AppealOutcome.Upheld
            ? fineCents == old
            : outcome == AppealOutcome.Reduced ? fineCents < old : outcome != AppealOutcome.None && fineCents == 0;
        if (!fits) revert FalseReportsBadOutcome(outcome, old, fineCents);
        if (outcome == AppealOutcome.Reduced) _checkFine(id, c, scheme, fineCents);

        c.fineCents = uint56(fineCents); // at most the old one
        c.decidedAt = uint40(block.timestamp); // as above
        c.outcome = outcome;
        c.state = fineCents == 0 ? PenaltyState.Paid : PenaltyState.Decided;
        if (outcome == AppealOutcome.Annulled) c.state = PenaltyState.Annulled;
        emit FalseReportAppealDecided(id, msg.sender, outcome, old, fineCents, reasonHash);
    }

    /* PAYMENT AND PUBLICATION */

    /// @inheritdoc IFalseReports
    function pay(ChargeId id, uint256 cents) external {
        Charge storage c = _charges[id];
        _checkState(id, c, PenaltyState.Decided);
        uint256 dueCents = uint256(c.fineCents) - c.paidCents;
        if (cents == 0 || cents > dueCents) revert FalseReportsBadPayment(cents, dueCents);
        SchemeId scheme = INSTALLATIONS.installation(id.chargeInstallation()).schemeOf();
        // A payment accepts the fine: while it can be appealed, only a wallet that may appeal pays.
        if (c.outcome == AppealOutcome.None && block.timestamp <= _appealUntil(c, scheme)) _checkParty(c);
        (address currency, address payee) = PENALTIES.treasuryOf(scheme);
        if (payee == address(0)) revert IPenalties.ComplianceNoTreasury(scheme);

        c.paidCents += uint56(cents); // at most the fine
        if (cents == dueCents) c.state = PenaltyState.Paid;
        emit FalseReportFinePaid(id, msg.sender, cents, c.paidCents);

        IERC20(currency).safeTransferFrom(msg.sender, payee, cents);
    }

    /// @inheritdoc IFalseReports
    function debit(ChargeId id, MarketId market) external {
        SchemeId scheme = _checkOfficer(id);
        Charge storage c = _charges[id];
        _checkUnpaid(id, c, scheme);
        (address currency, address payee) = PENALTIES.treasuryOf(scheme);
        if (payee == address(0)) revert IPenalties.ComplianceNoTreasury(scheme);
        MarketAssets memory assets = EXCHANGE.marketAssets(market);
        // Cash in another scheme's market is beyond this scheme's officers.
        if (assets.scheme != scheme) revert FalseReportsForeignMarket(market, assets.scheme, scheme);
        address traded = assets.currency;
        if (traded != currency) revert FalseReportsWrongCurrency(market, traded, currency);

        uint256 dueCents = uint256(c.fineCents) - c.paidCents;
        uint256 cents = EXCHANGE.account(c.party, market).cash / LEDGER_PER_CENT;
        if (cents > dueCents) cents = dueCents;
        if (cents == 0) revert FalseReportsNothingDebited(id, market);
        c.paidCents += uint56(cents); // at most the fine
        if (cents == dueCents) c.state = PenaltyState.Paid;
        emit FalseReportFineDebited(id, msg.sender, market, cents, c.paidCents);

        uint256 taken = EXCHANGE.debitCash(c.party, market, cents * LEDGER_PER_CENT, payee);
        if (taken != cents * LEDGER_PER_CENT) revert FalseReportsDebitShort(market, cents, taken);
    }

    /// @inheritdoc IFalseReports
    function cut(ChargeId id, uint16 periodId, uint256 sharePpm, bytes32 reasonHash) external {
        SchemeId scheme = _checkOfficer(id);
        Charge storage c = _charges[id];
        if (!_isOperators(id)) revert FalseReportsNotOperator(id);
        _checkUnpaid(id, c, scheme);
        if (c.cutPpm != 0) revert FalseReportsAlreadyCut(id, c.cutPpm);
        _checkReason(reasonHash);
        _checkShare(scheme, c.noticedAt, sharePpm);
        uint256 allocationT = _nextAllocation(id, scheme, periodId);
        uint256 cutT = (allocationT * sharePpm + PPM - 1) / PPM;

        c.cutPpm = uint24(sharePpm); // at most PPM
        emit AllocationCut(id, msg.sender, periodId, allocationT, sharePpm, cutT, reasonHash);

        if (cutT != 0) ALLOCATION.addDebt(id.chargeInstallation(), cutT, chargeRef(id));
    }

    function _checkShare(SchemeId scheme, uint256 atTime, uint256 sharePpm) private view {
        uint256 least = SCHEMES.param(scheme, FalseReportKeys.CUT_MIN, atTime);
        uint256 most = SCHEMES.param(scheme, FalseReportKeys.CUT_MAX, atTime);
        if (sharePpm == 0 || sharePpm < least || sharePpm > most || sharePpm > PPM) {
            revert FalseReportsCutOutOfBounds(sharePpm, least, most);
        }
    }

    /// @dev Final allocation for the period of the year after the report's [t].
    function _nextAllocation(ChargeId id, SchemeId scheme, uint16 periodId) private view returns (uint256 amount) {
        Period memory period = SCHEMES.period(scheme, periodId);
        uint256 next = uint256(id.chargeYear()) + 1;
        if (next < period.firstYear || next > period.lastYear) revert FalseReportsNotNextPeriod(periodId, next);
        AllocationState state;
        (state, amount) = ALLOCATION.allocationOf(scheme, periodId, id.chargeInstallation());
        if (state != AllocationState.Final) revert FalseReportsAllocationNotFinal(id.chargeInstallation(), periodId);
    }

    /// @inheritdoc IFalseReports
    function publish(ChargeId id, bytes32 textHash) external {
        SchemeId scheme = _checkOfficer(id);
        Charge storage c = _charges[id];
        if (c.state == PenaltyState.Decided) {
            _checkStands(id, c, scheme);
        } else if (c.state != PenaltyState.Paid && c.state != PenaltyState.Annulled) {
            revert FalseReportsState(id, c.state);
        }
        _checkReason(textHash);
        if (c.published) revert FalseReportsPublished(id);

        c.published = true;
        emit FalseReportPublished(id, msg.sender, c.fineCents, c.state, textHash);
    }

    /* VIEWS */

    /// @inheritdoc IFalseReports
    function chargeOf(ChargeId id) external view returns (Charge memory) {
        return _charges[id];
    }

    /// @inheritdoc IFalseReports
    function fineBounds(SchemeId scheme, Accused accused, uint256 gainsCents, uint256 atTime)
        public
        view
        returns (uint256 minCents, uint256 maxCents)
    {
        if (accused == Accused.Operator) {
            minCents = _multiple(scheme, FalseReportKeys.MULTIPLE_MIN, gainsCents, atTime);
            maxCents = _multiple(scheme, FalseReportKeys.MULTIPLE_MAX, gainsCents, atTime);
            uint256 least = SCHEMES.param(scheme, FalseReportKeys.MIN_CENTS, atTime);
            uint256 most = SCHEMES.param(scheme, FalseReportKeys.MAX_CENTS, atTime);
            return (minCents > least ? minCents : least, maxCents > most ? maxCents : most);
        }
        if (gainsCents < SCHEMES.param(scheme, FalseReportKeys.BODY_SMALL_GAINS, atTime)) {
            return (0, SCHEMES.param(scheme, FalseReportKeys.BODY_MAX_CENTS, atTime));
        }
        minCents = _multiple(scheme, FalseReportKeys.BODY_MULTIPLE_MIN, gainsCents, atTime);
        maxCents = _multiple(scheme, FalseReportKeys.BODY_MULTIPLE_MAX, gainsCents, atTime);
    }

    function _multiple(SchemeId scheme, bytes32 key, uint256 gainsCents, uint256 atTime)
        private
        view
        returns (uint256)
    {
        return gainsCents * SCHEMES.param(scheme, key, atTime) / PPM;
    }

    /* CHECKS */

    function _checkOfficer(ChargeId id) private view returns (SchemeId scheme) {
        InstallationWord plant = INSTALLATIONS.installation(id.chargeInstallation());
        scheme = plant.schemeOf();
        SCHEMES.checkPower(msg.sender, scheme, plant.jurisdictionOf(), Powers.PENALISE);
    }

    function _checkParty(Charge storage c) private view {
        (ParticipantId owner, uint8 rights,) = PARTICIPANTS.walletOf(msg.sender);
        if (owner != c.party || rights & WalletRights.MANAGE == 0) revert FalseReportsNotParty(msg.sender, c.party);
    }

    function _checkFine(ChargeId id, Charge storage c, SchemeId scheme, uint256 fineCents) private view {
        Accused accused = _isOperators(id) ? Accused.Operator : Accused.Body;
        (uint256 minCents, uint256 maxCents) = fineBounds(scheme, accused, c.gainsCents, c.noticedAt);
        if (fineCents < minCents || fineCents > maxCents) {
            revert FalseReportsFineOutOfBounds(fineCents, minCents, maxCents);
        }
        if (fineCents > type(uint56).max) revert FalseReportsTooLarge(fineCents);
    }

    function _checkState(ChargeId id, Charge storage c, PenaltyState needed) private view {
        if (c.state != needed) revert FalseReportsState(id, c.state);
    }

    /// @dev Reverts unless the fine is final, and the time to pay it is over.
    function _checkUnpaid(ChargeId id, Charge storage c, SchemeId scheme) private view {
        _checkState(id, c, PenaltyState.Decided);
        _checkTime(id, c.decidedAt + _days(scheme, ComplianceKeys.PENALTY_PAYMENT_DAYS, c.noticedAt));
        _checkStands(id, c, scheme);
    }

    /// @dev Reverts while a decided fine can still be appealed against.
    function _checkStands(ChargeId id, Charge storage c, SchemeId scheme) private view {
        uint256 until = c.outcome == AppealOutcome.None ? _appealUntil(c, scheme) : 0;
        if (until != 0) _checkTime(id, until + 1); // `until` itself is in time
    }

    /// @dev `notBefore` itself is early enough.
    function _checkTime(ChargeId id, uint256 notBefore) private view {
        if (block.timestamp < notBefore) revert FalseReportsTooEarly(id, notBefore);
    }

    function _checkReason(bytes32 hash) private pure {
        if (hash == 0) revert FalseReportsNoReason();
    }

    /// @return time [s] when the hearing is over
    function _after(Charge storage c, SchemeId scheme) private view returns (uint256 time) {
        return c.noticedAt + _days(scheme, ComplianceKeys.PENALTY_HEARING_DAYS, c.noticedAt);
    }

    /// @return until [s] last moment to appeal; 0 where the pack gives no time
    function _appealUntil(Charge storage c, SchemeId scheme) private view returns (uint256 until) {
        uint256 time = _days(scheme, ComplianceKeys.PENALTY_APPEAL_DAYS, c.noticedAt);
        return time == 0 ? 0 : c.decidedAt + time;
    }

    /// @dev A time of the pack, of days, in [s]; none when absent.
    function _days(SchemeId scheme, bytes32 key, uint256 atTime) private view returns (uint256) {
        return SCHEMES.paramOr(scheme, key, atTime, 0) * 1 days;
    }

    function _isOperators(ChargeId id) private pure returns (bool) {
        return ParticipantId.unwrap(id.chargeBody()) == 0;
    }
}
