"""Lies about the receipts of a block: each alters receipt r and its log i in the node's answer."""

from __future__ import annotations

import copy


def flip(text, die):
    at = die.randrange(2, len(text)) if len(text) > 2 else None
    if at is None:
        return "0x00"
    return (
        text[:at]
        + die.choice([c for c in "0123456789abcdef" if c != text[at].lower()])
        + text[at + 1 :]
    )


def drop_log(answers, r, i, _):
    del answers[r]["logs"][i]


def double_log(answers, r, i, _):
    answers[r]["logs"].insert(i, copy.deepcopy(answers[r]["logs"][i]))


def alter_data(answers, r, i, die):
    answers[r]["logs"][i]["data"] = flip(answers[r]["logs"][i]["data"], die)


def alter_topic(answers, r, i, die):
    topics = answers[r]["logs"][i]["topics"]
    at = die.randrange(len(topics))
    topics[at] = flip(topics[at], die)


def alter_address(answers, r, i, die):
    answers[r]["logs"][i]["address"] = flip(answers[r]["logs"][i]["address"], die)


def move_border(answers, r, i, _):
    """The last topic's text goes in front of the data, with a blank where the border was."""
    log = answers[r]["logs"][i]
    log["topics"][-1] = log["topics"][-1][:-2] + " " + log["topics"][-1][-2:]


def drop_receipt(answers, r, _i, _die):
    del answers[r]


def double_receipt(answers, r, _i, _die):
    answers.insert(r, copy.deepcopy(answers[r]))


def flip_status(answers, r, _i, _die):
    answers[r]["status"] = "0x0" if answers[r]["status"] == "0x1" else "0x1"


def odd_status(answers, r, _i, die):
    answers[r]["status"] = die.choice(["0x2", "0x", None, 1, "yes"])


def alter_gas(answers, r, _i, _die):
    answers[r]["cumulativeGasUsed"] = hex(int(answers[r]["cumulativeGasUsed"], 16) + 1)


def alter_bloom(answers, r, _i, die):
    answers[r]["logsBloom"] = flip(answers[r]["logsBloom"], die)


def alter_type(answers, r, _i, _die):
    answers[r]["type"] = "0x3"


def other_transaction(answers, r, _i, die):
    answers[r]["transactionHash"] = flip(answers[r]["transactionHash"], die)


def other_index(answers, r, i, _):
    answers[r]["logs"][i]["logIndex"] = hex(int(answers[r]["logs"][i]["logIndex"], 16) + 1)


def other_block(answers, r, i, die):
    answers[r]["logs"][i]["blockHash"] = flip(answers[r]["logs"][i]["blockHash"], die)


def other_number(answers, r, i, _):
    answers[r]["logs"][i]["blockNumber"] = hex(int(answers[r]["logs"][i]["blockNumber"], 16) + 1)


def receipt_of_another_block(answers, r, _i, die):
    answers[r]["blockHash"] = flip(answers[r]["blockHash"], die)


def none_at_all(answers, _r, _i, _die):
    answers.clear()


LIES = [
    *(drop_log, double_log, alter_data, alter_topic, alter_address, move_border, drop_receipt),
    *(double_receipt, flip_status, odd_status, alter_gas, alter_bloom, alter_type),
    *(
        other_transaction,
        other_index,
        other_block,
        other_number,
        receipt_of_another_block,
        none_at_all,
    ),
]
