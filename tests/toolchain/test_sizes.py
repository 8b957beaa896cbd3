"""Every deployed contract fits the limit that chains put on code, with room for the next feature."""

import pytest

from tonne.deployment import compiler

CODE_LIMIT = 24_576  # EIP-170
INIT_CODE_LIMIT = 49_152  # EIP-3860
FREE = 512  # of CODE_LIMIT, in every contract


@pytest.fixture(scope="module")
def artifacts():
    return compiler.contracts()


def test_every_contract_fits_the_code_limit(artifacts):
    sizes = {name: (len(a.runtime) - 2) // 2 for name, a in artifacts.items()}
    assert len(sizes) >= 10
    assert {name: size for name, size in sizes.items() if size > CODE_LIMIT} == {}


def test_every_contract_has_room_for_the_next_feature(artifacts):
    free = {name: CODE_LIMIT - (len(a.runtime) - 2) // 2 for name, a in artifacts.items()}
    assert {name: left for name, left in free.items() if left < FREE} == {}


def test_every_creation_code_fits_its_limit_with_its_arguments(artifacts):
    sizes = {
        name: (len(a.bytecode) - 2) // 2 + 32 * sum(map(words, arguments(a)))
        for name, a in artifacts.items()
    }
    assert {name: size for name, size in sizes.items() if size > INIT_CODE_LIMIT} == {}


def arguments(artifact):
    """Parameters of a contract's constructor, as its ABI has them."""
    own = [entry for entry in artifact.abi if entry["type"] == "constructor"]
    return own[0]["inputs"] if own else []


def words(parameter):
    """Words that a parameter takes: its members', or an offset, a length and its text or one item."""
    inside = sum(map(words, parameter.get("components", []))) or 1
    dynamic = parameter["type"].endswith("]") or parameter["type"] in ("string", "bytes")
    return 2 + inside if dynamic else inside


def test_no_contract_needs_linking(artifacts):
    assert [name for name, a in artifacts.items() if "__$" in a.bytecode] == []
