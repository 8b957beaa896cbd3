"""Several nodes: the next one is asked, a foreign one banned, and a majority decides."""

from __future__ import annotations

import contextlib
from bisect import bisect_left

import pytest

from oracles.runtime.rpc_pool import (
    FIRST_PATIENCE_S,
    LONGEST_REST_S,
    ROUNDS,
    NoQuorum,
    RpcPool,
)
from tonne.chain.rpc import RpcFailure, RpcUnreachable, StateGone
from tonne.errors import TonneError


class Node:
    """A connection that answers by a table: values are given, exceptions raised."""

    def __init__(self, name: str, chain: int = 31337, **answers) -> None:
        self.url = f"http://{name}"
        self.timeout_s = 5.0
        self.answers = {"eth_chainId": hex(chain), **answers}
        self.asked: list[str] = []

    def call(self, method, *_params):
        self.asked.append(method)
        answer = self.answers.get(method, self.url)
        if callable(answer):
            answer = answer(self)
        if isinstance(answer, Exception):
            raise answer
        return answer

    def batch(self, requests, _size=500):
        return [self._part(method, params) for method, params in requests]

    def _part(self, method, params):
        try:
            return self.call(method, *params)
        except RpcFailure as refusal:
            return refusal

    def close(self):
        pass


class Clock:
    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.now += seconds


def silence():
    return RpcUnreachable("RPC_UNREACHABLE", "No answer.", field="rpc", value="", remedy="")


def refused(code, message="no", data=None):
    return RpcFailure("eth_call", {"code": code, "message": message, "data": data})


def pool_of(*nodes):
    clock = Clock()
    return RpcPool(nodes, clock=clock, sleep=clock.sleep), clock


@pytest.mark.parametrize(
    "trouble",
    [
        silence(),
        refused(-32005, "limit exceeded"),
        refused(-32603, "Internal error"),
        refused(-32000, "header not found"),
        refused(429, "Too Many Requests"),
    ],
)
def test_a_node_in_trouble_is_passed_over(trouble):
    first, second = Node("a", eth_call=trouble), Node("b", eth_call="0x01")
    pool, _ = pool_of(first, second)
    assert pool.call("eth_call") == "0x01"
    assert pool.call("eth_call") == "0x01"
    assert first.asked.count("eth_call") == 2
    for _ in range(5):
        pool.call("eth_call")
    assert first.asked.count("eth_call") == ROUNDS


@pytest.mark.parametrize(
    "answer",
    [
        refused(3, "execution reverted", "0x12345678"),
        refused(-32603, "VM Exception while processing transaction: revert", "0x12345678"),
        refused(-32601, "method not found"),
    ],
)
def test_a_refusal_is_an_answer_and_not_a_fault_of_the_node(answer):
    first, second = Node("a", eth_call=answer), Node("b", eth_call="0x01")
    pool, _ = pool_of(first, second)
    with pytest.raises(RpcFailure):
        pool.call("eth_call")
    assert second.asked == []


def test_a_node_of_another_chain_is_never_asked_again():
    good, foreign = Node("a"), Node("b", chain=1)
    pool, clock = pool_of(good, foreign)
    pool.call("eth_blockNumber")
    good.answers["eth_blockNumber"] = silence()
    for _ in range(3):
        with pytest.raises(RpcUnreachable):
            pool.call("eth_blockNumber")
        clock.now += 10 * LONGEST_REST_S
    assert foreign.asked == ["eth_chainId"]


def test_a_chain_id_that_is_no_number_is_a_fault_of_the_node():
    broken, good = Node("a", eth_chainId={}), Node("b")
    pool, _ = pool_of(broken, good)
    assert pool.call("eth_blockNumber") == "http://b"


def test_rests_grow_and_end():
    node = Node("a", eth_call=silence())
    pool, clock = pool_of(node)
    rests = []
    for _ in range(12):
        with pytest.raises(RpcUnreachable):
            pool.call("eth_call")
        rests.append(pool.endpoints[0].rests_until - clock.now)
        clock.now = pool.endpoints[0].rests_until
    assert rests[0] < 0.5 and LONGEST_REST_S / 2 <= rests[-1] <= LONGEST_REST_S * 1.5
    node.answers["eth_call"] = "0x"
    assert pool.call("eth_call") == "0x"
    assert pool.endpoints[0].failures == 0


def test_a_majority_decides_and_a_liar_does_not():
    honest = [Node("a", eth_call="0x01"), Node("b", eth_call="0x01")]
    pool, _ = pool_of(Node("liar", eth_call="0x02"), *honest)
    assert pool.agreed("it", lambda: pool.call("eth_call")) == "0x01"


@pytest.mark.parametrize("others", [[silence(), silence()], ["0x02", "0x03"]])
def test_without_a_majority_nothing_is_concluded(others):
    nodes = [Node("a", eth_call="0x01"), *(Node(f"n{i}", eth_call=o) for i, o in enumerate(others))]
    pool, _ = pool_of(*nodes)
    with pytest.raises(NoQuorum):
        pool.agreed("it", lambda: pool.call("eth_call"))


def test_signed_bytes_go_to_every_node():
    nodes = [
        Node("a", eth_sendRawTransaction=silence()),
        Node("b", eth_sendRawTransaction=refused(-32000, "already known")),
        Node("c"),
    ]
    pool, _ = pool_of(*nodes)
    assert pool.broadcast(["0x01", "0x02"]) == [["already known", ""]] * 2
    assert all("eth_sendRawTransaction" in node.asked for node in nodes)


def test_requests_are_paced():
    node = Node("a")
    clock = Clock()
    pool = RpcPool([node], rate=10.0, clock=clock, sleep=clock.sleep)
    for _ in range(10 + 21):  # ten at once, the rest at the rate
        pool.call("eth_blockNumber")
    assert 1.9 <= clock.now <= 2.2


def test_a_batch_with_a_node_in_trouble_is_put_to_the_next():
    first = Node("a", eth_call=refused(-32603, "Internal error"))
    first.batch = lambda _asked, _size=500: [first.answers["eth_call"]]
    pool, _ = pool_of(first, Node("b", eth_call="0x01"))
    assert pool.batch([("eth_call", [])]) == ["0x01"]


def test_when_every_node_is_in_trouble_nothing_was_refused():
    pool, _ = pool_of(Node("a", eth_call=refused(-32603, "Internal error")))
    with pytest.raises(RpcUnreachable) as failed:
        pool.call("eth_call")
    assert failed.value.code == "RPC_IN_TROUBLE"


def test_the_operator_says_which_chain_it_is_not_the_node_that_is_asked_first():
    foreign, good = Node("a", chain=1), Node("b")
    clock = Clock()
    pool = RpcPool([foreign, good], clock=clock, sleep=clock.sleep, chain_id=31337)
    assert pool.call("eth_blockNumber") == "http://b"
    assert foreign.asked == ["eth_chainId"]


def test_an_error_counts_when_a_majority_comes_to_it():
    nodes = [Node("liar", eth_call="0x"), Node("b", eth_call="0x01"), Node("c", eth_call="0x01")]
    pool, _ = pool_of(*nodes)

    def question():
        if pool.call("eth_call") == "0x":
            raise TonneError("NOT_THERE", "It is not there.")
        return "there"

    assert pool.settled("it", question) == "there"
    nodes[1].answers["eth_call"] = "0x"
    with pytest.raises(TonneError) as failed:
        pool.settled("it", question)
    assert failed.value.code == "NOT_THERE"


def test_one_node_alone_does_not_say_how_high_the_chain_is():
    nodes = [Node(name, eth_blockNumber="0x10") for name in "abc"]
    pool, clock = pool_of(*nodes)
    assert pool.look() == 16
    nodes[0].answers["eth_blockNumber"] = "0x1000"
    assert pool.look() == 16
    for node in nodes[1:]:
        node.answers["eth_blockNumber"] = silence()
    assert pool.look() == 16
    clock.now += LONGEST_REST_S
    for node in nodes[1:]:
        node.answers["eth_blockNumber"] = "0x11"
    assert pool.look() == 17


def test_a_node_without_an_old_state_is_not_in_trouble():
    gone = StateGone("eth_call", {"code": -32000, "message": "missing trie node"})
    pool, _ = pool_of(Node("a", eth_call=gone))
    for _ in range(ROUNDS):
        with pytest.raises(StateGone):
            pool.call("eth_call")
    assert pool.call("eth_blockNumber") == "http://a"


def test_a_node_that_has_no_latest_block_is_passed_over():
    pool, _ = pool_of(
        Node("a", eth_getBlockByNumber=None), Node("b", eth_getBlockByNumber={"number": "0x1"})
    )
    assert pool.call("eth_getBlockByNumber", "latest", False) == {"number": "0x1"}
    assert pool.call("eth_getBlockByNumber", "0x5", False) is None


def test_another_node_is_asked_first_after_each_turn():
    pool, _ = pool_of(Node("a"), Node("b"))
    said = []
    for _ in range(3):
        said.append(pool.call("eth_blockNumber"))
        pool.turn()
    assert said == ["http://a", "http://b", "http://a"]


def test_a_node_in_trouble_has_not_taken_signed_bytes_and_one_that_refuses_them_has_answered():
    trouble = Node("a", eth_sendRawTransaction=refused(-32603, "Internal error"))
    too_low = Node("b", eth_sendRawTransaction=refused(-32603, "nonce too low"))
    pool, _ = pool_of(trouble, too_low)
    assert pool.broadcast(["0x01"]) == [["nonce too low"]]


def _after(clock, seconds):
    """A node that answers after some seconds, where it is waited for so long."""

    def answer(node):
        clock.now += min(seconds, node.timeout_s)
        return "0x1" if seconds < node.timeout_s else silence()

    return answer


def test_a_late_node_keeps_nobody_waiting_where_there_is_another():
    late, other = Node("late"), Node("other", eth_blockNumber="0x1")
    pool, clock = pool_of(late, other)
    late.answers["eth_blockNumber"] = _after(clock, 60)
    assert pool.call("eth_blockNumber") == "0x1"
    assert clock.now == FIRST_PATIENCE_S


def test_a_slow_node_gets_the_time_it_takes_and_a_lone_one_has_it_at_once():
    slow, other = Node("slow"), Node("other", eth_blockNumber=silence())
    pool, clock = pool_of(slow, other)
    slow.answers["eth_blockNumber"] = _after(clock, 3)
    assert pool.call("eth_blockNumber") == "0x1"
    before = clock.now
    assert pool.call("eth_blockNumber") == "0x1" and clock.now == before + 3

    pool, clock = pool_of(slow)
    slow.answers["eth_blockNumber"] = _after(clock, 4.9)
    slow.timeout_s = 5.0
    assert pool.call("eth_blockNumber") == "0x1" and clock.now == 4.9


def test_an_error_of_a_moment_ends_nothing():
    """Two of three stumble at once, and one of them does not the next time."""
    stumbles = iter(["0x"])
    honest = Node("b", eth_call=lambda _: next(stumbles, "0x01"))
    pool, _ = pool_of(Node("liar", eth_call="0x"), honest, Node("c", eth_call="0x01"))
    pool.endpoints[2].banned = True

    def question():
        if pool.call("eth_call") == "0x":
            raise TonneError("NOT_THERE", "It is not there.")
        return "there"

    with pytest.raises(NoQuorum):  # it is asked again later: one against one
        pool.settled("it", question)
    pool.endpoints[2].banned = False
    assert pool.settled("it", question) == "there"


def test_a_node_that_failed_once_is_asked_for_its_chain_before_anything_else():
    """Behind one address another node may answer now."""
    node, other = Node("a", eth_call=silence()), Node("b", eth_call="0x01")
    pool, _ = pool_of(node, other)
    assert pool.call("eth_call") == "0x01"
    node.answers |= {"eth_chainId": "0x1", "eth_call": "0xbad"}
    assert pool.call("eth_call") == "0x01"
    assert pool.endpoints[0].banned and node.asked == ["eth_chainId", "eth_call", "eth_chainId"]


def at_height(*heads):
    """A pool that knows block 16, and nodes that now stand where it is said."""
    nodes = [Node(f"n{place}", eth_blockNumber="0x10") for place in range(len(heads))]
    pool, _ = pool_of(*nodes)
    assert pool.look() == 16
    for node, head in zip(nodes, heads, strict=True):
        node.answers["eth_blockNumber"] = hex(head)
    return pool, nodes


def test_a_node_that_is_behind_takes_no_other_s_place():
    """It is passed over, not put to rest: it is well."""
    pool, (first, behind, _) = at_height(16, 5, 17)
    first.answers["eth_call"] = silence()
    assert pool.call("eth_call") == "http://n2"
    assert "eth_call" not in behind.asked and not pool.resting(pool.endpoints[1])
    behind.answers["eth_blockNumber"] = "0x11"
    assert pool.call("eth_call") == "http://n1"


def test_a_node_of_another_chain_takes_no_other_s_place():
    pool, (first, moved, _) = at_height(16, 16, 16)
    first.answers["eth_call"] = silence()
    moved.answers["eth_chainId"] = "0x1"
    assert pool.call("eth_call") == "http://n2"
    assert "eth_call" not in moved.asked and pool.endpoints[1].banned


def test_the_node_whose_turn_it_is_after_a_failure_shows_where_it_is():
    pool, (_, behind, _) = at_height(16, 5, 17)
    pool.endpoints[0].failures = 1
    pool.turn()
    assert pool.call("eth_call") == "http://n2"
    assert "eth_call" not in behind.asked


def test_a_node_that_is_behind_is_still_asked_about_itself():
    """What it has kept counts among the others' answers."""
    pool, _ = at_height(16, 5, 16)
    pool.endpoints[1].admitted = False
    assert pool.each(lambda: pool.call("eth_call")) == ["http://n0", "http://n1", "http://n2"]
    assert pool.look() == 16 and pool.endpoints[1].head == 5


def test_a_node_that_cannot_tell_its_chain_is_handed_no_bytes():
    node, other = Node("a", eth_chainId=refused(-32603, "Internal error")), Node("b")
    pool, _ = pool_of(node, other)
    assert pool.broadcast(["0x01"]) == [[""]]
    assert node.asked == ["eth_chainId"]


def asked_for(seconds, up, nodes=3, rate=20.0):
    """When each node is asked by a caller who asks twenty times a second; and the pool."""
    clock = Clock()
    times = [[] for _ in range(nodes)]

    def answer(place):
        def said(_):
            times[place].append(clock.now)
            return hex(31337) if up(clock.now, place) else silence()

        return said

    made = [Node(f"n{p}", eth_chainId=answer(p), eth_call=answer(p)) for p in range(nodes)]
    pool = RpcPool(made, rate=rate, clock=clock, sleep=clock.sleep)
    while clock.now < seconds:
        with contextlib.suppress(RpcUnreachable):
            pool.call("eth_call")
        clock.now += 0.05
    return times, pool


def most_in_a_second(times):
    return max((bisect_left(times, at + 1) - place for place, at in enumerate(times)), default=0)


def test_nodes_that_come_and_go_are_not_stampeded():
    """No node is asked more often than its rate and what it has saved up, however the others fare."""
    flapping, _ = asked_for(120, lambda now, place: int(now * 3 + place) % 3)
    assert all(flapping) and max(map(most_in_a_second, flapping)) <= 2 * 20
    # All were away and are back at once: they find no queue.
    back, _ = asked_for(120, lambda now, _: now > 60)
    assert max(map(most_in_a_second, back)) <= 2 * 20
    assert len([at for times in back for at in times if at > 100]) >= 20 * 15


def test_nodes_that_are_away_are_asked_ever_less_and_not_all_at_once():
    times, pool = asked_for(600, lambda *_: False, nodes=6)
    assert max(map(len, times)) <= 600 / (LONGEST_REST_S / 2) + 20
    assert len({round(endpoint.rests_until, 3) for endpoint in pool.endpoints}) == 6
