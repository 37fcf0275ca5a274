"""What cffi makes of native/landlock_shim.h; codex/sandbox/linux/spawn.py gives it types."""

from __future__ import annotations

from typing import Any

ffi: Any
lib: Any
