// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {OpinionWord, ReportWord} from "../../interfaces/types/ReportTypes.sol";
import {EvidenceBase} from "./EvidenceBase.sol";

/// @dev Reports that are refused, in short forms.
abstract contract OracleCase is EvidenceBase {
    function _flipped(Report memory r, uint256 bits) internal pure returns (ReportWord) {
        return ReportWord.wrap(ReportWord.unwrap(_word(r)) ^ bits);
    }

    function _refused(bytes memory error_, Report memory r) internal {
        _refusedWith(error_, r, _terms());
    }

    function _refusedWith(bytes memory error_, Report memory r, Terms memory t) internal {
        bytes32[] memory signatures = _signed(r, t, 1);
        OpinionWord opinion = _word(t, 1);
        vm.expectRevert(error_);
        _submit(r, opinion, signatures);
    }

    function _refusedPartly(bytes4 selector, Report memory r) internal {
        bytes32[] memory signatures = _signed(r, _terms(), 1);
        OpinionWord opinion = _word(_terms(), 1);
        vm.expectPartialRevert(selector);
        _submit(r, opinion, signatures);
    }

    /// @dev The first body's opinion, by other persons, all of whom sign properly.
    function _refusedPersons(bytes memory error_, uint8 lead, uint8 reviewer, uint256 leadKey, uint256 reviewerKey)
        internal
    {
        Report memory r = _report();
        Terms memory t = _terms();
        bytes32[] memory signatures = _signed(r, t, 1);
        _signOpinion(signatures, 0, _hash(t, bodies[0], r), leadKey, reviewerKey);
        OpinionWord opinion = _withPersons(_word(t, 1), 0, lead, reviewer);
        vm.expectRevert(error_);
        _submit(r, opinion, signatures);
    }
}
