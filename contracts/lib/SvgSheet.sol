// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {Strings} from "@openzeppelin/contracts/utils/Strings.sol";

import {SafeText} from "./SafeText.sol";

/// @title SvgSheet
/// @notice A sheet of paper as an SVG: a head of three lines, and rows of a label and a value.
/// @dev Values are safe for XML, but those of {words}, which come from strangers and are escaped here.
library SvgSheet {
    uint256 private constant LINE = 24; //    [px]
    uint256 private constant COLUMNS = 62; // of a value

    /// @dev The picture drawn so far, and its height [px].
    struct Sheet {
        bytes body;
        uint256 y;
    }

    /// @notice A sheet with its head; the second line is the large one.
    function headed(string memory first, string memory second, string memory third)
        internal
        pure
        returns (Sheet memory s)
    {
        s.y = 64;
        _text(s, 40, 20, first);
        s.y += 52;
        _text(s, 40, 40, second);
        s.y += 32;
        _text(s, 40, 16, third);
        s.y += 20;
    }

    /// @notice One row; without a label it goes on with the one above.
    function row(Sheet memory s, string memory label, string memory value) internal pure {
        s.y += LINE;
        if (bytes(label).length != 0) _text(s, 40, 14, label);
        _text(s, 190, 13, value);
    }

    /// @notice Words of a stranger: as many rows as they need, escaped.
    function words(Sheet memory s, string memory label, string memory value) internal pure {
        string[] memory lines = SafeText.lines(value, COLUMNS);
        for (uint256 i = 0; i < lines.length; ++i) {
            row(s, i == 0 ? label : "", lines[i]);
        }
    }

    /// @notice The whole picture.
    function framed(Sheet memory s) internal pure returns (string memory) {
        string memory height = Strings.toString(s.y + 40);
        string memory inner = Strings.toString(s.y + 16);
        return string(
            abi.encodePacked(
                '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 800 ',
                height,
                '" font-family="sans-serif" fill="#1b3a2f"><rect width="800" height="',
                height,
                '" fill="#f6f4ec"/><rect x="12" y="12" width="776" height="',
                inner,
                '" fill="none" stroke="#2f6f4f" stroke-width="3"/>',
                s.body,
                "</svg>"
            )
        );
    }

    function _text(Sheet memory s, uint256 x, uint256 size, string memory value) private pure {
        s.body = abi.encodePacked(
            s.body,
            '<text x="',
            Strings.toString(x),
            '" y="',
            Strings.toString(s.y),
            '" font-size="',
            Strings.toString(size),
            '">',
            value,
            "</text>"
        );
    }
}
