"""Set up what every test relies on: signals, the temporary folder, Hypothesis."""

from __future__ import annotations

import signal
from pathlib import Path

from hypothesis import HealthCheck, settings
from hypothesis.configuration import set_hypothesis_home_dir
from hypothesis.database import DirectoryBasedExampleDatabase
from hypothesis.internal.conjecture import providers

from tests.support.temporary import use_a_clean_folder

# A run in the background of a script, or under nohup, starts with these signals ignored, and so
# would every program that a test starts and stops.
signal.signal(signal.SIGINT, signal.default_int_handler)
signal.signal(signal.SIGHUP, signal.SIG_DFL)
signal.signal(signal.SIGQUIT, signal.SIG_DFL)

use_a_clean_folder()

# No deadline and no complaint about slowness: a busy machine must not fail a test. An ordinary run
# always uses the same examples and stores none; `build.py fuzz` chooses the random profile.
HYPOTHESIS = Path(__file__).parents[1] / ".build" / "hypothesis"
set_hypothesis_home_dir(HYPOTHESIS)
settings.register_profile(
    "fixed",
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
    derandomize=True,
    database=None,
)
settings.register_profile(
    "random",
    parent=settings.get_profile("fixed"),
    max_examples=2000,
    print_blob=True,
    derandomize=False,
    database=DirectoryBasedExampleDatabase(HYPOTHESIS / "examples"),
)
settings.load_profile("fixed")


def pytest_sessionstart() -> None:
    """Make every run under the profile `fixed`, once it is chosen, use the same examples.

    Hypothesis would also try the constants of the modules imported so far, so the examples would
    change with the selection of tests and with every constant of the program.
    """
    if settings.get_current_profile_name() == "fixed":
        assert hasattr(providers, "is_local_module_file")
        providers.is_local_module_file = lambda _: False
