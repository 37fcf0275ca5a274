from __future__ import annotations

from tests.integration.conftest import program_argv

__all__ = ["program_argv"]
