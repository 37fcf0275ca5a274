"""Interpret a seccomp filter (classic BPF) to find out what it does with one system call."""

from __future__ import annotations

import struct

KILL_PROCESS = "kill"
ALLOW = "allow"
ASK = "ask"

X86_64 = 0xC000_003E
AARCH64 = 0xC000_00B7
I386 = 0x4000_0003

WORD = 0xFFFF_FFFF


def answer(program: bytes, arch: int, number: int, *args: int) -> str | int:
    """Return what a filter does with a call: `ALLOW`, `ASK`, `KILL_PROCESS`, or an errno."""
    padded = (*args, *([0] * (6 - len(args))))
    data = struct.pack("<IIQ6Q", number & WORD, arch, 0, *padded)
    result = Machine(program, data).run()
    action, value = result & 0xFFFF_0000, result & 0xFFFF
    match action:
        case 0x7FFF_0000:
            return ALLOW
        case 0x7FC0_0000:
            return ASK
        case 0x8000_0000:
            return KILL_PROCESS
        case 0x0005_0000:
            return value
    raise AssertionError(f"a filter of ours never answers {result:#x}")


class Machine:
    """Executes one program over one block of data. Unknown instructions raise."""

    def __init__(self, program: bytes, data: bytes) -> None:
        self._program = list(struct.iter_unpack("<HBBI", program))
        self._data = data
        self._accumulator = 0
        self._at = 0

    def run(self) -> int:
        """Run to the return instruction; return its value."""
        while True:
            code, if_true, if_false, constant = self._program[self._at]
            self._at += 1
            match code:
                case 0x06:  # ret k
                    return int(constant)
                case 0x20:  # ld [k]
                    (self._accumulator,) = struct.unpack_from("<I", self._data, constant)
                case 0x54:  # and #k
                    self._accumulator &= constant
                case 0x05:  # ja k
                    self._at += constant
                case _:
                    self._at += if_true if self._test(code, constant) else if_false

    def _test(self, code: int, constant: int) -> bool:
        match code:
            case 0x15:  # jeq
                return self._accumulator == constant
            case 0x25:  # jgt
                return self._accumulator > constant
            case 0x35:  # jge
                return self._accumulator >= constant
            case 0x45:  # jset
                return bool(self._accumulator & constant)
        raise AssertionError(f"unknown instruction {code:#x}")
