"""The BPF interpreter that tests our filters, tested by programs small enough to read."""

from __future__ import annotations

import struct

import pytest

from tests.support.kernel.bpf import ALLOW, KILL_PROCESS, X86_64, answer

ALLOWED = (0x06, 0, 0, 0x7FFF_0000)
KILLED = (0x06, 0, 0, 0x8000_0000)
EPERM = (0x06, 0, 0, 0x0005_0001)
LOAD_NUMBER = (0x20, 0, 0, 0)
LOAD_LOW_HALF_OF_ARGUMENT_1 = (0x20, 0, 0, 24)


def program(*instructions: tuple[int, int, int, int]) -> bytes:
    return b"".join(struct.pack("<HBBI", *instruction) for instruction in instructions)


def test_a_return_answers_at_once() -> None:
    assert answer(program(ALLOWED), X86_64, 1) == ALLOW
    assert answer(program(KILLED), X86_64, 1) == KILL_PROCESS
    assert answer(program(EPERM), X86_64, 1) == 1


@pytest.mark.parametrize(
    ("code", "constant", "number", "expected"),
    [
        (0x15, 7, 7, 1),
        (0x15, 7, 8, ALLOW),
        (0x25, 7, 8, 1),
        (0x25, 7, 7, ALLOW),
        (0x35, 7, 7, 1),
        (0x35, 7, 6, ALLOW),
        (0x45, 4, 6, 1),
        (0x45, 4, 3, ALLOW),
    ],
)
def test_a_jump_compares_the_accumulator(
    code: int, constant: int, number: int, expected: str | int
) -> None:
    text = program(LOAD_NUMBER, (code, 1, 0, constant), ALLOWED, EPERM)
    assert answer(text, X86_64, number) == expected


def test_arguments_can_be_masked() -> None:
    text = program(LOAD_LOW_HALF_OF_ARGUMENT_1, (0x54, 0, 0, 0xF), (0x15, 1, 0, 2), ALLOWED, EPERM)
    assert answer(text, X86_64, 0, 0, 0x8_0000_0012) == 1
    assert answer(text, X86_64, 0, 0, 0x13) == ALLOW


def test_an_unknown_instruction_is_an_error() -> None:
    with pytest.raises(AssertionError, match="unknown instruction"):
        answer(program((0x99, 0, 0, 0)), X86_64, 0)
