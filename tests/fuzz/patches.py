"""Fuzz targets: patches, the shell text around them, and the tool calls that carry both."""

from __future__ import annotations

import contextlib
import json
import shutil
from collections.abc import Callable
from pathlib import Path
from queue import SimpleQueue

import msgspec

from codex.apply_patch.files import plan
from codex.apply_patch.parser import parse_patch
from codex.apply_patch.shell import detect, patch_text_of
from codex.base.bash import split_script
from codex.base.cancel import Cancel
from codex.base.errors import Interrupted, PatchError
from codex.base.jsonio import dumps
from codex.core.context import TaskContext
from codex.core.safety.trusted import is_trusted
from codex.core.session import Session
from codex.core.setup import make_setup
from codex.core.tools.offered import offered_tools
from codex.exec.printer import Printer
from codex.exec.style import Painter
from codex.protocol.events import Event
from codex.protocol.items import FunctionCall
from codex.protocol.policy import AskForApproval, SandboxPolicy
from codex.protocol.wire import encode_event
from codex.rollout.writer import unrecorded
from tests.support.engine import fake_config
from tests.support.fuzz import Target
from tests.support.hosts import make_host
from tests.support.mutation import mutated_json
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

CALLS = [
    *({"name": "apply_patch", "arguments": {"input": patch}} for patch in PATCHES),
    {"name": "apply_patch", "arguments": {"command": ["apply_patch", PATCHES[0]]}},
    {"name": "shell", "arguments": {"command": ["apply_patch", PATCHES[1]], "workdir": "sub"}},
    {"name": "shell", "arguments": {"command": ["bash", "-lc", SCRIPTS[0]], "timeout": 1.5}},
    {
        "name": "container.exec",
        "arguments": {"command": "make", "with_escalated_permissions": True, "justification": "x"},
    },
    {
        "name": "update_plan",
        "arguments": {"explanation": "x", "plan": [{"step": "a", "status": "completed"}]},
    },
    {"name": "view_image", "arguments": {"path": "a.py"}},
]


def _take_patch(_: Path) -> Callable[[str], object]:
    def take(text: str) -> None:
        with contextlib.suppress(PatchError):
            parse_patch(text)
        for argv in ([text], ["apply_patch", text], ["bash", "-lc", text]):
            with contextlib.suppress(PatchError):
                detect(argv)
        with contextlib.suppress(PatchError):
            patch_text_of(text)

    return take


def _take_script(_: Path) -> Callable[[str], object]:
    def take(script: str) -> None:
        split_script(script)
        is_trusted(["bash", "-lc", script])
        is_trusted(script.split())

    return take


def _plan(folder: Path) -> Callable[[str], object]:
    write_tree(folder, FILES)
    before = read_tree(folder)

    def take(text: str) -> None:
        with contextlib.suppress(PatchError):
            plan(parse_patch(text), cwd=str(folder))
        assert read_tree(folder) == before

    return take


def _plan_for_any_file(folder: Path) -> Callable[[str], object]:
    patches = [parse_patch(text) for text in PATCHES]

    def take(text: str) -> None:
        # Latin-1 gives every byte; the mutations go beyond it.
        data = text.encode("latin-1", "ignore")
        write_tree(folder, dict.fromkeys(FILES, data))
        for patch in patches:
            with contextlib.suppress(PatchError):
                plan(patch, cwd=str(folder))

    return take


def _call_tool(folder: Path) -> Callable[[str], object]:
    """Patches inside the folder are written; no command runs, as the task is stopped already."""
    events: SimpleQueue[Event] = SimpleQueue()
    config = msgspec.structs.replace(
        fake_config("http://127.0.0.1:9", str(folder)),
        approval_policy=AskForApproval.AUTO_EDIT,
        sandbox_policy=SandboxPolicy(can_write_cwd=True),
    )
    session = Session(
        session_id="s",
        setup=make_setup(config, make_host(folder), None),
        put=events.put,
        rollout=unrecorded(),
    )
    cancel = Cancel()
    cancel.set()
    context = TaskContext(session, session.setup, "t", cancel)
    tools = offered_tools(context)
    printer = Printer(Painter(has_color=True))

    def take(text: str) -> None:
        shutil.rmtree(folder)
        folder.mkdir()
        write_tree(folder, FILES)
        with contextlib.suppress(Interrupted):
            output = tools.call(context, _call_in(text))
            dumps(output.text)
        while not events.empty():
            event = events.get()
            encode_event(event)
            printer.text(event.msg).encode()

    return take


def _call_in(text: str) -> FunctionCall:
    """Return the call of a mutated element of CALLS; other values become a tool's arguments."""
    with contextlib.suppress(ValueError, RecursionError):
        match json.loads(text):
            case {"name": str(name), "arguments": str(arguments)}:
                return FunctionCall(name, arguments, "c")
            case {"name": str(name), "arguments": arguments}:
                return FunctionCall(name, json.dumps(arguments), "c")
    names = ("shell", "apply_patch", "update_plan", "view_image")
    return FunctionCall(names[len(text) % len(names)], text, "c")


TARGETS = {
    "patch texts": Target(
        _take_patch,
        [
            *PATCHES,
            *(f"cd sub && apply_patch <<'EOF'\n{patch}EOF\n" for patch in PATCHES),
            *(json.dumps({"command": ["apply_patch", patch]}) for patch in PATCHES),
            *SCRIPTS,
        ],
        inputs=5000,
    ),
    "patch plans": Target(_plan, PATCHES),
    "patched files": Target(
        _plan_for_any_file,
        [data.decode("latin-1") if isinstance(data, bytes) else data for data in FILES.values()],
        inputs=100,
    ),
    "shell text": Target(_take_script, SCRIPTS, inputs=5000),
    "tool calls": Target(_call_tool, [json.dumps(call) for call in CALLS], mutated_json, 300),
}
