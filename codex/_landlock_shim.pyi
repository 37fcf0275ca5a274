"""What cffi makes of native/landlock_shim.h; typed where it is used, in codex/sandbox/spawn.py."""

from __future__ import annotations

from typing import Any

ffi: Any
lib: Any
