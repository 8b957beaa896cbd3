// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {Test} from "forge-std/Test.sol";
import {LibString} from "solady/utils/LibString.sol";

import {IsoDate} from "../../contracts/lib/IsoDate.sol";
import {SafeText} from "../../contracts/lib/SafeText.sol";

/// @dev Words that anybody may have written, and days, as a picture and JSON show them.
contract SafeTextTest is Test {
    function test_lines_escapeMarkup() public pure {
        assertEq(_one("<a b=\"c\" d='e'>&"), "&lt;a b=&quot;c&quot; d=&#39;e&#39;&gt;&amp;");
    }

    function test_lines_keepEveryScript() public pure {
        string memory names = unicode"Åse Ørsted, Ελλάς, Россия, 中国石油, かな, 🌲";
        assertEq(_one(names), names);
    }

    function test_lines_showAsReplacementWhatIsNotUtf8() public pure {
        assertEq(_raw(hex"41ff42"), bytes(unicode"A\uFFFDB")); //       no first byte
        assertEq(_raw(hex"41c342"), bytes(unicode"A\uFFFDB")); //       cut short
        assertEq(_raw(hex"41e4b8"), bytes(unicode"A\uFFFD\uFFFD")); // cut short at the end
        assertEq(_raw(hex"c0bc"), bytes(unicode"\uFFFD\uFFFD")); //     `<`, overlong in two
        assertEq(_raw(hex"e080bc"), bytes(unicode"\uFFFD\uFFFD\uFFFD")); //       and in three
        assertEq(_raw(hex"f08080bc"), bytes(unicode"\uFFFD\uFFFD\uFFFD\uFFFD")); // and in four
        assertEq(_raw(hex"eda080"), bytes(unicode"\uFFFD\uFFFD\uFFFD")); //       a surrogate
        assertEq(_raw(hex"f4908080"), bytes(unicode"\uFFFD\uFFFD\uFFFD\uFFFD")); // beyond Unicode
    }

    function test_lines_showAsReplacementWhatXmlForbidsOrTurnsTheReading() public pure {
        assertEq(_one(unicode"a\u0000\u0008\u001F\u007F\u0085b"), unicode"a\uFFFD\uFFFD\uFFFD\uFFFD\uFFFDb");
        assertEq(_one(unicode"a\u061C\u200E\u200F\u2028\u202Eb"), unicode"a\uFFFD\uFFFD\uFFFD\uFFFD\uFFFDb");
        assertEq(_one(unicode"a\u2066\u2069\uFFFE\uFFFFb"), unicode"a\uFFFD\uFFFD\uFFFD\uFFFDb");
    }

    function test_lines_breakAtASpaceNearTheEnd() public pure {
        string[] memory lines = SafeText.lines("Business travel of all offices, by rail and by air", 40);
        assertEq(lines.length, 2);
        assertEq(lines[0], "Business travel of all offices,");
        assertEq(lines[1], "by rail and by air");
    }

    /// @dev Twelve columns before the end a space is near enough, thirteen before it is not.
    function test_lines_breakAtTheFirstSpaceThatIsNear() public pure {
        string[] memory lines = SafeText.lines("abcdefghijklmnopqrstuvwxyz12 next word of it", 40);
        assertEq(lines[0], "abcdefghijklmnopqrstuvwxyz12");
        assertEq(lines[1], "next word of it");
        lines = SafeText.lines("abcdefghijklmnopqrstuvwxyz1 longerthanthat", 40);
        assertEq(lines[0], "abcdefghijklmnopqrstuvwxyz1 longerthanth");
        assertEq(lines[1], "at");
    }

    function test_lines_breakAWordThatIsTooLong() public pure {
        string[] memory lines = SafeText.lines(unicode"中国石油天然气集团有限公司", 20);
        assertEq(lines.length, 2);
        assertEq(lines[0], unicode"中国石油天然气集团有");
        assertEq(lines[1], unicode"限公司");
    }

    function test_lines_ofNothingAreNone() public pure {
        assertEq(SafeText.lines("", 24).length, 0);
    }

    /// @dev Whatever the bytes: no markup comes out, and nothing reverts.
    function testFuzz_lines_letNoMarkupThrough(bytes memory text) public pure {
        string[] memory lines = SafeText.lines(string(text), 24);
        for (uint256 i = 0; i < lines.length; ++i) {
            bytes memory line = bytes(lines[i]);
            for (uint256 k = 0; k < line.length; ++k) {
                bytes1 c = line[k];
                assertTrue(c >= 0x20 && c != "<" && c != ">" && c != '"' && c != "'");
            }
        }
    }

    function test_json_escapesWhatWouldEndAString() public pure {
        assertEq(SafeText.json('a"b\\c</script>'), 'a\\"b\\\\c</script>');
        assertEq(SafeText.json(""), "");
    }

    function test_json_keepsEveryScript() public pure {
        string memory names = unicode"Åse Ørsted, Ελλάς, Россия, 中国石油, かな, 🌲";
        assertEq(SafeText.json(names), names);
    }

    function test_json_showsAsReplacementWhatIsNotUtf8OrTurnsTheReading() public pure {
        assertEq(bytes(SafeText.json(string(bytes(hex"41ff42c3")))), bytes(unicode"A\uFFFDB\uFFFD"));
        assertEq(bytes(SafeText.json(string(bytes(hex"eda080")))), bytes(unicode"\uFFFD\uFFFD\uFFFD"));
        assertEq(SafeText.json(unicode"a\u0000\u000A\u202Eb"), unicode"a\uFFFD\uFFFD\uFFFDb");
    }

    /// @dev Whatever the bytes: a string of JSON that a parser reads.
    function testFuzz_json_isReadByAParser(bytes memory text) public pure {
        string memory shown = SafeText.json(string(text));
        vm.parseJsonString(string.concat('{"v":"', shown, '"}'), ".v");
        assertLe(bytes(shown).length, 3 * text.length);
    }

    function test_date_isTheCalendars() public pure {
        assertEq(IsoDate.text(0), "1970-01-01");
        assertEq(IsoDate.text(11_016), "2000-02-29");
        assertEq(IsoDate.text(11_017), "2000-03-01");
        assertEq(IsoDate.text(18_627), "2020-12-31");
        assertEq(IsoDate.text(18_628), "2021-01-01");
        assertEq(IsoDate.text(47_540), "2100-02-28");
        assertEq(IsoDate.text(47_541), "2100-03-01");
        assertEq(IsoDate.text(65_535), "2149-06-06");
    }

    /// @dev As bytes: a comparison of text would forgive what is not UTF-8.
    function _raw(bytes memory text) private pure returns (bytes memory) {
        return bytes(_one(string(text)));
    }

    function _one(string memory text) private pure returns (string memory) {
        string[] memory lines = SafeText.lines(text, 60);
        assertEq(lines.length, 1);
        return lines[0];
    }
}
