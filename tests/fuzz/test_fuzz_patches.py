"""Patches and shell text from random mutations: refused or understood, never a crash."""

from __future__ import annotations

import contextlib
import json
from pathlib import Path

from codex.apply_patch.files import plan
from codex.apply_patch.parser import parse
from codex.apply_patch.shell import detect, patch_text_of
from codex.bash import split_script
from codex.core.trusted import is_trusted
from codex.errors import PatchError
from tests.support.fuzz import fuzz, fuzz_seconds
from tests.support.tree import read_tree, write_tree

FILES: dict[str, str | bytes] = {
    "a.py": "def f(x):\n    return x\n\n\ndef g(x):\n    return x\n",
    "b.txt": b"\xef\xbb\xbfone\r\ntwo\r\nthree",
    "latin.txt": b"caf\xe9\nb\nc\n",
    "wide.txt": "\ufeffa\nb\n".encode("utf-16-le"),
    "sub/c": "",
    "blank": "\n" * 30,
}

PATCHES = [
    """*** Begin Patch
*** Add File: sub/new.txt
+x
+
+y
*** Delete File: a.py
*** End Patch
""",
    """*** Begin Patch
*** Update File: a.py
*** Move to: sub/moved.py
@@ def g(x):
@@ g
-    return x
+    return 2 * x
*** Update File: b.txt
 one
-two
+2
\\ No newline at end of file
*** End of File
*** End Patch
""",
    """<<'EOF'
*** Begin Patch
*** Update File: latin.txt
@@ -1,3 +1,3 @@ x
 caf\ufffd
-b
+B

@@
 c
+d
*** Update File: blank
@@

+x

*** Update File: wide.txt
-a
+\u00e4
*** End Patch
EOF""",
]

SCRIPTS = [
    'ls -la && cat \'a b\' | grep "x\\"y" ; find . -name \\*.py || true\nwc -l',
    "cd sub && git log --format='%h' HEAD~2 | sort -rn | uniq -c",
    "if true; then rg --pre x; fi > out 2>&1 &",
    'echo "$(x)" `y` {a,b} ~ ! # c',
]


def test_the_patch_parser_survives() -> None:
    def parse_it(text: str) -> None:
        with contextlib.suppress(PatchError):
            parse(text)

    fuzz(parse_it, PATCHES, seconds=fuzz_seconds())


def test_planning_survives_and_writes_nothing(tmp_path: Path) -> None:
    write_tree(tmp_path, FILES)
    before = read_tree(tmp_path)

    def plan_it(text: str) -> None:
        with contextlib.suppress(PatchError):
            plan(parse(text), cwd=str(tmp_path))

    fuzz(plan_it, PATCHES, seconds=fuzz_seconds())
    assert read_tree(tmp_path) == before


def test_reading_mutated_files_survives(tmp_path: Path) -> None:
    patches = [parse(text) for text in PATCHES]

    def plan_it(data: bytes) -> None:
        write_tree(tmp_path, dict.fromkeys(FILES, data))
        for patch in patches:
            with contextlib.suppress(PatchError):
                plan(patch, cwd=str(tmp_path))

    seeds = [data if isinstance(data, bytes) else data.encode() for data in FILES.values()]
    fuzz(plan_it, seeds, seconds=fuzz_seconds())


def test_the_splitter_and_the_trust_table_survive() -> None:
    def split(script: str) -> None:
        split_script(script)
        is_trusted(["bash", "-lc", script])

    fuzz(split, SCRIPTS, seconds=fuzz_seconds())


def test_recognising_patches_survives() -> None:
    def recognise(text: str) -> None:
        for argv in ([text], ["apply_patch", text], ["bash", "-lc", text]):
            with contextlib.suppress(PatchError):
                detect(argv)
        with contextlib.suppress(PatchError):
            patch_text_of(text)

    seeds = [
        *(f"cd sub && apply_patch <<'EOF'\n{patch}EOF\n" for patch in PATCHES),
        *(json.dumps({"command": ["apply_patch", patch]}) for patch in PATCHES),
        *SCRIPTS,
    ]
    fuzz(recognise, seeds, seconds=fuzz_seconds())
