// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {InstallationId, ParticipantId, SchemeId} from "../types/Ids.sol";

/// @dev State of the free allocation of one installation for one period. `Final` never changes; `Tabled` is the
/// authority's own figure, final for everybody else.
enum AllocationState {
    None,
    PreAllocated,
    Final,
    Tabled
}

/// @dev Why the authority gives an installation the amount of a table, as registries name it.
enum AllocationReason {
    Table, //      the first one of a period
    NewEntrant, // likewise, for who came later
    Change, //     of activity or capacity, up or down
    Return, //     of what was given too much
    Closure
}

/// @dev Rights of a controller of {IAllocation}.
library AllocationRights {
    uint256 internal constant DEBT = 1; // add to an installation's debt
}

/// @dev Reference of an exit or issue by the compliance contracts: `scheme 16 | period 16 | installation 32`,
/// installation lowest; installation 0 is a whole batch.
function obligationRef(SchemeId scheme, uint16 periodId, InstallationId installation) pure returns (bytes32) {
    return
        bytes32(uint256(SchemeId.unwrap(scheme)) << 48 | uint256(periodId) << 32 | InstallationId.unwrap(installation));
}

/// @dev When the rules of a year are read: 31 December, 09:59:59 UTC, which is that day from 14 hours east of Greenwich to
/// 9:59 west, and the day before further west. Values `allocation.*`, `benchmark.*` and `obligation.*` of a period are
/// those of its last year, whenever they are used.
function rulesTime(uint16 year) pure returns (uint256) {
    // Years 1970 to 65535: leap days before the end of `year` by the Gregorian rule; 477 of them lie before 1970.
    uint256 leapDays = uint256(year) / 4 - uint256(year) / 100 + uint256(year) / 400 - 477;
    return ((uint256(year) - 1969) * 365 + leapDays) * 1 days - (14 hours + 1);
}

/// @title IAllocation
/// @notice Free allowances: by benchmark, given out early on last year's output and corrected on verified output, up or
/// down; or by a table of the authority, in whole tonnes.
/// @dev Amounts are whole allowances [t]. An installation's amount is, for each product apart (power, heat),
/// `floor(output × benchmark × share / 1e10)`, output in [MWh] or [GJ], benchmark in [t per MWh or GJ × 1e4], share in
/// [ppm] (1e6 at the true-up), and the two added. Rounding is down: the operator bears less than 1 t a product.
/// @dev Class 0 has no benchmark and gets 0. An output for which the scheme has no benchmark reverts; where there is none of
/// a product, its benchmark may be absent.
/// @dev Storage: six installations share a word (see {Lanes}), `amount 40 | state 2` each, by (scheme, period, number / 6);
/// so do unissued amounts, and debts by (number / 6). Events rebuild all.
///
/// ```
///        preAllocate (officer)         trueUp (anyone, once every report of the period is final)
///  None ─────────────────────▶ PreAllocated ───────────────▶ Final
///    ├──────────────────────── trueUp ──────────────────────▲         debt ◀─ units a claw-back did not find
///    └── allocate (officer) ──▶ Tabled ◀─┐ allocate: a change, up or down
///                                  └─────┘
///                                                                      debt ◀─ addDebt (Compliance: deduction)
///                                                                      debt ─▶ netted from the next allocation, any period
/// ```
/// @dev A plant that is sold takes all of it along: the operator at the time of a true-up receives the rest or is clawed
/// back, and the plant's debt is netted from its operator's next allocation.
/// @dev Every batch is all or nothing: an error names the installation, and the batch can be sent again without it.
interface IAllocation {
    /// @notice Emitted for each installation of a pre-allocation.
    /// @param operator who received `amount - netted` on its primary wallet
    /// @param powerMwh last year's output [MWh], as stated by the officer; `heatGj` likewise [GJ]
    /// @param amount allocated [t]
    /// @param netted part of it that paid the installation's debt and was not issued [t]
    event AllowancesPreAllocated(
        SchemeId indexed scheme,
        uint16 indexed periodId,
        InstallationId indexed installation,
        ParticipantId operator,
        uint64 powerMwh,
        uint64 heatGj,
        uint256 amount,
        uint256 netted
    );

    /// @notice Emitted for each installation of a table.
    /// @param operator present operator, who bears it
    /// @param oldAmount [t] of the table before it; 0 for the first
    /// @param amount [t]; when higher, `amount - oldAmount - netted` was issued
    /// @param netted part of the rise that paid the installation's debt [t]
    /// @param reasonHash of the decision's document
    event AllowancesTabled(
        SchemeId indexed scheme,
        uint16 indexed periodId,
        InstallationId indexed installation,
        ParticipantId operator,
        uint256 oldAmount,
        uint256 amount,
        uint256 netted,
        AllocationReason reason,
        bytes32 reasonHash
    );

    /// @notice Emitted for each installation of a true-up.
    /// @param operator present operator, who bears it
    /// @param powerMwh verified output of the period [MWh]; `heatGj` likewise [GJ]
    /// @param oldAmount pre-allocated [t]
    /// @param amount final [t]; when higher, `amount - oldAmount - netted` was issued, less {AllowancesUnissued}
    /// @param netted part of the rise that paid the installation's debt [t]
    event AllocationTruedUp(
        SchemeId indexed scheme,
        uint16 indexed periodId,
        InstallationId indexed installation,
        ParticipantId operator,
        uint256 powerMwh,
        uint256 heatGj,
        uint256 oldAmount,
        uint256 amount,
        uint256 netted
    );

    /// @notice Emitted after {AllocationTruedUp} or {AllowancesTabled} when the amount is lower: the sources of the
    /// difference [t].
    /// @param fromWallets out of the operator's wallets and what is held for it
    event AllowancesClawedBack(
        SchemeId indexed scheme,
        uint16 indexed periodId,
        InstallationId indexed installation,
        ParticipantId operator,
        uint256 fromWallets,
        uint256 fromLedger,
        uint256 toDebt
    );

    /// @notice Emitted after {AllocationTruedUp} for the part of a rise that the disclosed free share has no room for [t].
    event AllowancesUnissued(
        SchemeId indexed scheme,
        uint16 indexed periodId,
        InstallationId indexed installation,
        ParticipantId operator,
        uint256 amount
    );

    /// @notice Emitted for each installation whose unissued allowances are issued.
    /// @param operator present operator, who receives `amount` [t]
    /// @param netted part that paid the installation's debt [t]
    /// @param left still unissued [t]
    event UnissuedAllowancesIssued(
        SchemeId indexed scheme,
        uint16 indexed periodId,
        InstallationId indexed installation,
        ParticipantId operator,
        uint256 amount,
        uint256 netted,
        uint256 left
    );

    /// @notice Emitted when a controller adds to an installation's debt [t].
    event AllocationDebtAdded(
        InstallationId indexed installation, address indexed controller, uint256 amount, bytes32 indexed ref
    );

    /// @notice Emitted when the rights of a controller change; see {AllocationRights}.
    event AllocationControllerSet(address indexed controller, uint256 oldRights, uint256 rights);

    /// @notice Thrown when arrays of one call differ in length.
    error AllocationLengthMismatch(uint256 left, uint256 right);
    /// @notice Thrown when a call carries no item or more than its bound.
    error AllocationBadCount(uint256 count, uint256 limit);
    /// @notice Thrown when the installation belongs to another scheme, or (0) does not exist.
    error AllocationWrongScheme(InstallationId installation, SchemeId scheme, SchemeId actual);
    /// @notice Thrown when the installations of a table do not rise strictly, so that one might stand in it twice.
    error AllocationOrder(InstallationId installation);
    /// @notice Thrown when a closed installation would be pre-allocated, or be given more by a table.
    error AllocationInstallationClosed(InstallationId installation);
    /// @notice Thrown when the step was made already: by benchmark or by table, and a table's amount stands as it is.
    error AllocationAlreadyMade(InstallationId installation, AllocationState state);
    /// @notice Thrown when the report of a year of the period is not final.
    error AllocationReportNotFinal(InstallationId installation, uint16 year);
    /// @notice Thrown when a period has more years than a true-up sums up.
    error AllocationTooManyYears(uint16 periodId, uint256 count, uint256 limit);
    /// @notice Thrown when no benchmark key is known for the installation's class.
    error AllocationClassUnknown(InstallationId installation, uint8 benchmarkClass);
    /// @notice Thrown when an amount or a debt does not fit its 40 bits [t].
    error AllocationTooLarge(InstallationId installation, uint256 amount);
    /// @notice Thrown when a pre-allocation or a table would bring the free allowances of a vintage above the disclosed free share [t].
    /// Disclose a larger share, or allocate less.
    error AllocationFreeShareExceeded(SchemeId scheme, uint16 vintage, uint256 issued, uint256 freeT);
    /// @notice Thrown when nothing of an installation's allocation is unissued, or the free share has no room for any of it (`left`
    /// [t]). Leave it out, or wait for a revised disclosure.
    error AllocationNothingToIssue(InstallationId installation, uint256 left);
    /// @notice Thrown when the caller is no controller with the right.
    error AllocationNotController(address caller, uint256 right);

    /// @notice Allocates the period's share on last year's output, at most 200 installations. Caller: power ALLOCATE in
    /// each one's jurisdiction. Once for each.
    /// @dev Needs the vintage's disclosure. Units, less the installation's debt, go to its operator's primary wallet.
    /// @param lastPowerMwh last year's output [MWh]; `lastHeatGj` likewise [GJ]
    function preAllocate(
        SchemeId scheme,
        uint16 periodId,
        InstallationId[] calldata installations,
        uint64[] calldata lastPowerMwh,
        uint64[] calldata lastHeatGj
    ) external;

    /// @notice Sets the allocation of installations to the amounts of a table [t], at most 200 installations in rising order,
    /// all for one reason. Caller: power ALLOCATE in each one's jurisdiction. Again for a change, up or down.
    /// @dev Needs the vintage's disclosure. Up: the rise, less the installation's debt, is issued to its operator's primary
    /// wallet, within the disclosed free share. Down: as at a true-up, and before anything of the table is issued. A closed
    /// installation is given nothing more. An installation has its allocation for a period by benchmark or by table.
    /// @dev An obligation stands on the amount of the time it was assessed.
    function allocate(
        SchemeId scheme,
        uint16 periodId,
        InstallationId[] calldata installations,
        uint64[] calldata amounts,
        AllocationReason reason,
        bytes32 reasonHash
    ) external;

    /// @notice Fixes the final allocation on verified output, at most 200 installations. Anyone, once for each, as soon as
    /// every report of the period is final (a determination counts); final ones are passed over, unless all are, and tabled ones
    /// always. A plant without pre-allocation gets all of it now, a
    /// closed one too.
    /// @dev Up: the rise, less the installation's debt, is issued; where the disclosed free share has no room for it, the rest
    /// stays on record as unissued, and the allocation is final all the same. Down, in this order: free units on the
    /// operator's wallets (at most 8, primary first) and held for it, then its account on the Exchange (open sell orders of
    /// that market are voided when needed), then a debt. Only the period's vintage is taken.
    /// @dev Frozen and pledged units on a wallet are left to the holder of the claim; their part becomes debt. A frozen
    /// account on the Exchange is debited all the same.
    function trueUp(SchemeId scheme, uint16 periodId, InstallationId[] calldata installations) external;

    /// @notice Issues what a true-up left unissued to the present operators, less the installations' debts, in the order of the
    /// call, as far as the disclosed free share has room by now. One with nothing to issue is passed over, unless there is no
    /// other. At most 200 installations. Anyone.
    function issueUnissued(SchemeId scheme, uint16 periodId, InstallationId[] calldata installations) external;

    /// @notice Adds to the debt that the installation's next allocation is reduced by. Controllers with right DEBT.
    /// @param ref the obligation or charge it comes from; see {obligationRef}
    function addDebt(InstallationId installation, uint256 amount, bytes32 ref) external;

    /// @notice Sets the rights of a controller. Restricted.
    function setController(address controller, uint256 rights) external;

    /// @notice State of an installation and its allocation before netting [t].
    function allocationOf(SchemeId scheme, uint16 periodId, InstallationId installation)
        external
        view
        returns (AllocationState state, uint256 amount);

    /// @notice Part of a final allocation that waits for room under the disclosed free share [t].
    function unissuedOf(SchemeId scheme, uint16 periodId, InstallationId installation) external view returns (uint256);

    /// @notice Debt to be netted from the installation's next allocation [t].
    function debtOf(InstallationId installation) external view returns (uint256);

    /// @notice Free allowances of a vintage issued here, less those clawed back [t]; never above the disclosed share, never
    /// below 0 (the units clawed back may have been bought).
    function freeIssuedOf(SchemeId scheme, uint16 vintage) external view returns (uint256);

    /// @notice Allocation [t] for an output, at a share [ppm].
    function amountFor(
        SchemeId scheme,
        uint16 periodId,
        uint8 benchmarkClass,
        uint256 powerMwh,
        uint256 heatGj,
        uint256 sharePpm
    ) external view returns (uint256);

    /// @notice Rights of a controller; 0 for other accounts.
    function rightsOf(address controller) external view returns (uint256);
}
