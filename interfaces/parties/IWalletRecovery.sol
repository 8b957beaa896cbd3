// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {ParticipantId} from "../types/Ids.sol";

/// @dev A claim of theft and the proposed set of wallets; all zero without either.
struct Recovery {
    uint256 frozenUntil; //  [s] until then the participant's wallets manage nothing; past or 0: no claim is open
    uint256 nextClaimAt; //  [s] from then its wallets may claim again; a registrar always may
    bytes32 proposal; //     keccak256(abi.encode(wallets, rights)) of the proposed set; 0 none
    address registrar; //    that proposed it
    uint256 decidableAt; //  [s] end of the hearing
    uint256 lapsesAt; //     [s] the last moment for a decision
}

/// @title IWalletRecovery
/// @notice Replaces the wallets of a participant whose keys are lost or stolen: a registrar proposes, the participant is
/// heard, an arbiter decides. Neither office can do it alone.
/// @dev Part of the register (see {IParticipants}). Without a claim of theft a wallet with MANAGE may object to a proposal,
/// which ends it: an owner that lost one key of several, or none. A claim of theft freezes all acts of management,
/// objection included, for 30 days at most, so that the thief can neither stop the hearing nor remove wallets.
/// Trade and duties go on: only a registrar suspends.
/// @dev Times: a hearing of 7 days, 30 more to decide, 30 of freeze at most and 90 until wallets may claim again.
/// @dev A wallet outside the decided set is lost: it stays bound to the participant without any right, suspended for ever.
/// Its units go to the primary wallet by {IUnit1155-recoverHoldings}; what is kept by participant (ledger, orders, pledges, roles)
/// needs no act.
interface IWalletRecovery {
    /// @notice Emitted when theft of keys is claimed; management is frozen.
    /// @param evidenceHash Hash of the evidence handed to the registrar; not stored.
    /// @param frozenUntil [s]
    /// @param nextClaimAt [s] from then the participant's wallets may claim again
    event TheftClaimed(
        ParticipantId indexed id, address indexed by, bytes32 evidenceHash, uint256 frozenUntil, uint256 nextClaimAt
    );

    /// @notice Emitted when a wallet of the participant, accused or not, is heard.
    event TheftAnswered(ParticipantId indexed id, address indexed wallet, bytes32 answerHash);

    /// @notice Emitted when a registrar proposes a participant's wallets; the hearing begins.
    /// @param wallets all of them from then on, the primary one first
    /// @param rights of each
    /// @param decidableAt [s]
    event RecoveryProposed(
        ParticipantId indexed id,
        address indexed registrar,
        address[] wallets,
        uint8[] rights,
        uint256 decidableAt,
        bytes32 reasonHash
    );

    /// @notice Emitted when a new wallet agrees to become one of the participant's (0: of none).
    event RecoveryJoined(ParticipantId indexed id, address indexed wallet);

    /// @notice Emitted when a proposal ends by objection of the participant or by a registrar.
    event RecoveryCancelled(ParticipantId indexed id, address indexed by);

    /// @notice Emitted when an arbiter refuses a claim or a proposal; both end, and the freeze with them.
    event RecoveryRejected(ParticipantId indexed id, address indexed arbiter, bytes32 reasonHash);

    /// @notice Emitted when an arbiter has put the proposed set into force, after {WalletLost} and {WalletRecovered}.
    event RecoveryUpheld(ParticipantId indexed id, address indexed arbiter, address indexed primary);

    /// @notice Emitted for each wallet that the decision takes from the participant for ever.
    event WalletLost(ParticipantId indexed id, address indexed wallet);

    /// @notice Emitted for each wallet of the decided set, kept or new, in its order.
    event WalletRecovered(ParticipantId indexed id, address indexed wallet, uint8 rights);

    /// @notice Emitted when an account becomes, or stops being, arbiter of a jurisdiction (0: of all).
    event ArbiterSet(address indexed arbiter, uint16 indexed jurisdiction, bool allowed);

    /// @notice Thrown while a claim of theft freezes the participant's management [s]. Answer the claim; an arbiter's
    /// decision or the passing of the time ends the freeze.
    error RecoveryFrozen(ParticipantId id, uint256 frozenUntil);
    /// @notice Thrown when the caller is neither wallet of the participant, nor was one within 30 days, nor its
    /// registrar. Ask the registrar to claim.
    error RecoveryNotClaimant(ParticipantId id, address caller);
    /// @notice Thrown when the participant's wallets claimed not long ago [s]. Ask the registrar to claim, or wait.
    error RecoveryClaimTooSoon(ParticipantId id, uint256 nextClaimAt);
    /// @notice Thrown when no claim of theft is open. File one first.
    error RecoveryNoClaim(ParticipantId id);
    /// @notice Thrown when a proposal waits for its decision [s]. Have it decided or cancelled first.
    error RecoveryPending(ParticipantId id, uint256 lapsesAt);
    /// @notice Thrown when nothing is proposed, or the proposal has lapsed. A registrar proposes again.
    error RecoveryNoProposal(ParticipantId id);
    /// @notice Thrown when the set is empty, beyond eight wallets, names a wallet twice or zero, gives unknown rights or
    /// none, or has no wallet with MANAGE. Propose another.
    error RecoveryBadSet(ParticipantId id);
    /// @notice Thrown when the set to be decided is not the one proposed. Give wallets and rights as {RecoveryProposed} has
    /// them.
    error RecoveryOtherSet(ParticipantId id, bytes32 given, bytes32 proposed);
    /// @notice Thrown before the hearing is over [s]. Decide later.
    error RecoveryHearing(ParticipantId id, uint256 decidableAt);
    /// @notice Thrown when a new wallet of the set has not agreed. It calls {joinRecovery}.
    error RecoveryNotJoined(ParticipantId id, address wallet);
    /// @notice Thrown when the caller is not arbiter of the jurisdiction. Have an arbiter decide.
    error RecoveryNotArbiter(address caller, uint16 jurisdiction);
    /// @notice Thrown when arbiter and registrar are one account. Have another arbiter decide.
    error RecoveryOneOffice(address caller);

    /// @notice Claims that keys of participant `id` were stolen. Its wallets manage nothing from now on, for
    /// 30 days at most. Caller: a wallet of it, with whatever rights; one that was removed within 30 days; or
    /// its registrar. Wallets claim once in 120 days.
    function claimTheft(ParticipantId id, bytes32 evidenceHash) external;

    /// @notice States a position in the hearing. Caller: as for {claimTheft}, while a claim is open.
    function answerTheft(ParticipantId id, bytes32 answerHash) external;

    /// @notice Proposes all wallets of a participant, the primary one first, with the rights of each; the hearing begins.
    /// Caller: registrar.
    function proposeRecovery(ParticipantId id, address[] calldata wallets, uint8[] calldata rights, bytes32 reasonHash)
        external;

    /// @notice Agrees to become a wallet of `id` by a decision; `id` 0 withdraws. Caller: a wallet of no participant, which
    /// proves that its key exists.
    function joinRecovery(ParticipantId id) external;

    /// @notice Ends a proposal. Caller: wallet with MANAGE, unless a claim of theft is open; or registrar.
    function cancelRecovery(ParticipantId id) external;

    /// @notice Puts the proposed set into force, in one act; a claim of theft ends. After the hearing, until the proposal
    /// lapses. Caller: arbiter that is not registrar too.
    function upholdRecovery(ParticipantId id, address[] calldata wallets, uint8[] calldata rights) external;

    /// @notice Refuses a claim of theft and the proposal; the freeze ends. At any time. Caller: arbiter.
    function rejectRecovery(ParticipantId id, bytes32 reasonHash) external;

    /// @notice Appoints or dismisses an arbiter. Jurisdiction 0 is all. Restricted.
    function setArbiter(address arbiter, uint16 jurisdiction, bool allowed) external;

    /// @notice Whether `account` may decide in `jurisdiction`.
    function isArbiter(address account, uint16 jurisdiction) external view returns (bool);

    /// @notice Claim and proposal about a participant, and their times.
    function recoveryOf(ParticipantId id) external view returns (Recovery memory);

    /// @notice The participant that a new wallet has agreed to join.
    function joining(address wallet) external view returns (ParticipantId);

    /// @notice The participant that a wallet was removed from, and until when it may claim for it [s].
    function formerly(address wallet) external view returns (ParticipantId id, uint256 until);
}
