// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

/// @title SafeText
/// @notice Makes text from an untrusted author safe in XML and in JSON, whatever its bytes are.
/// @dev Markup is escaped. Bytes that are no UTF-8, characters that XML 1.0 forbids, and those that turn the direction
/// of reading or break a line (so that words seem to say something else) are shown as U+FFFD.
library SafeText {
    /// @dev The longest thing one byte becomes in XML: `&quot;`.
    uint256 private constant MOST = 6;
    /// @dev And in a string of JSON: U+FFFD.
    uint256 private constant MOST_JSON = 3;
    /// @dev A line ends at a space when it has come within this of its end.
    uint256 private constant NEAR = 12;

    /// @notice `text` in lines of at most `columns`, each escaped; wide characters take two columns.
    function lines(string memory text, uint256 columns) internal pure returns (string[] memory out) {
        bytes memory source = bytes(text);
        out = new string[](source.length / (columns - NEAR) + 1); // a line but the last holds as much
        uint256 count;
        uint256 position;
        while (position < source.length) {
            bytes memory line;
            (line, position) = _line(source, position, columns);
            out[count++] = string(line);
        }
        assembly ("memory-safe") {
            mstore(out, count) // only ever shorter
        }
    }

    /// @notice `text` for a string of JSON.
    function json(string memory text) internal pure returns (string memory) {
        bytes memory source = bytes(text);
        bytes memory out = new bytes(MOST_JSON * source.length);
        uint256 length;
        uint256 position;
        while (position < source.length) {
            (uint256 size, uint256 code) = _character(source, position);
            if (code == 0x22 || code == 0x5C) out[length++] = bytes1("\\");
            length = _append(out, length, _isHarmful(code) ? bytes(hex"efbfbd") : _part(source, position, size));
            position += size;
        }
        return string(_cut(out, length));
    }

    /// @dev One escaped line of `source` from `position`, and where the next begins.
    function _line(bytes memory source, uint256 position, uint256 columns)
        private
        pure
        returns (bytes memory, uint256)
    {
        bytes memory line = new bytes(MOST * columns);
        uint256 length;
        uint256 column;
        while (position < source.length) {
            (uint256 size, uint256 code) = _character(source, position);
            if (column + _width(code) > columns) break;
            if (code == 0x20 && column + NEAR >= columns) return (_cut(line, length), position + 1);
            column += _width(code);
            length = _append(line, length, _shown(source, position, size, code));
            position += size;
        }
        return (_cut(line, length), position);
    }

    function _cut(bytes memory line, uint256 length) private pure returns (bytes memory) {
        assembly ("memory-safe") {
            mstore(line, length) // only ever shorter
        }
        return line;
    }

    /// @dev Copies `part` to place `length` of `out`; returns the place after it.
    function _append(bytes memory out, uint256 length, bytes memory part) private pure returns (uint256) {
        for (uint256 i = 0; i < part.length; ++i) {
            out[length++] = part[i];
        }
        return length;
    }

    function _shown(bytes memory source, uint256 position, uint256 size, uint256 code)
        private
        pure
        returns (bytes memory)
    {
        if (code == 0x26) return "&amp;";
        if (code == 0x3C) return "&lt;";
        if (code == 0x3E) return "&gt;";
        if (code == 0x22) return "&quot;";
        if (code == 0x27) return "&#39;";
        return _isHarmful(code) ? bytes(hex"efbfbd") : _part(source, position, size);
    }

    function _part(bytes memory source, uint256 position, uint256 size) private pure returns (bytes memory out) {
        out = new bytes(size);
        for (uint256 i = 0; i < size; ++i) {
            out[i] = source[position + i];
        }
    }

    /// @dev The character at `position` and its bytes; a byte that begins none is 0, which is harmful.
    function _character(bytes memory source, uint256 position) private pure returns (uint256 size, uint256 code) {
        uint256 first = uint8(source[position]);
        if (first < 0x80) return (1, first);
        size = first < 0xE0 ? 2 : first < 0xF0 ? 3 : 4;
        if (first < 0xC2 || first > 0xF4 || position + size > source.length) return (1, 0);

        code = first & (0x7F >> size);
        for (uint256 i = 1; i < size; ++i) {
            uint256 next = uint8(source[position + i]);
            if (next >> 6 != 2) return (1, 0);
            code = code << 6 | (next & 0x3F);
        }
        bool overlong = (size == 3 && code < 0x800) || (size == 4 && code < 0x10000);
        if (overlong || code > 0x10FFFF || code >> 11 == 0x1B) return (1, 0); // the last are surrogates
    }

    function _isHarmful(uint256 code) private pure returns (bool) {
        if (code < 0x20 || (code >= 0x7F && code < 0xA0)) return true; //           controls
        if (code == 0x61C || code == 0x200E || code == 0x200F) return true; //      marks of direction
        if (code >= 0x2028 && code <= 0x202E) return true; //                       line ends, overrides
        return (code >= 0x2066 && code <= 0x2069) || code & 0xFFFE == 0xFFFE; //    isolates, non-characters
    }

    /// @dev East Asian characters are about twice as wide.
    function _width(uint256 code) private pure returns (uint256) {
        return code >= 0x1100 ? 2 : 1;
    }
}
