from __future__ import annotations

import subprocess
from typing import TYPE_CHECKING

from tests.support.kernel.lifeline import HOLD, PATIENCE_S, UP, Lifeline

if TYPE_CHECKING:
    from pathlib import Path


def test_it_is_let_go_when_the_last_descendant_is_gone(tmp_path: Path) -> None:
    with (
        Lifeline(tmp_path) as lifeline,
        subprocess.Popen(
            ["sh", "-c", f"exec 3<&0; {HOLD} {UP} (read line <&3) & exit 0"],
            cwd=tmp_path,
            stdin=subprocess.PIPE,
        ) as process,
    ):
        lifeline.wait_until_held()
        assert process.wait(PATIENCE_S) == 0
        assert not lifeline.is_let_go()
        assert process.stdin is not None
        process.stdin.close()
        assert lifeline.is_let_go(PATIENCE_S)
