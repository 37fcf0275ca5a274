"""Source packages of Debian 12, unpacked with Debian's patches applied.

Works without root and leaves the system's own package lists alone: it keeps lists of its own in the
work folder. apt checks the archive's signature and every hash.
"""

from __future__ import annotations

import subprocess
from typing import TYPE_CHECKING

from console import BuildError, run, say

if TYPE_CHECKING:
    from pathlib import Path

SUITE = "bookworm"
ARCHIVE = "http://deb.debian.org/debian"
"""Archive used when the system's configuration names none for the suite (another distribution)."""


def fetch(package: str, work: Path) -> Path:
    """Download the source of `package`, unpack it in `work` and return the unpacked folder.

    The security archive is tried first. It sometimes removes files that its lists still name. The
    fallback is the main archive, whose point releases get the same patches a little later.

    Raises: BuildError, when neither archive has the source.
    """
    archives = _archives()
    for suites in (archives, [a for a in archives if "security" not in a]):
        try:
            return _fetch_from(suites, package, work)
        except BuildError as exc:
            failure = exc
            hosts = ", ".join(suites)
            say(f"cannot fetch the newest source of {package} (tried: {hosts})")
    raise failure


def _fetch_from(archives: list[str], package: str, work: Path) -> Path:
    lists = work / "lists"
    lists.mkdir(parents=True, exist_ok=True)
    sources = work / "sources.list"
    sources.write_text("".join(f"deb-src {archive} main\n" for archive in archives))
    options = ["-o", f"Dir::Etc::SourceList={sources}", "-o", "Dir::Etc::SourceParts=-"]
    options += ["-o", f"Dir::State::Lists={lists}", "-o", f"Dir::Cache={work}"]
    # As root, apt would download as a user who may not write here, and warn about it.
    options += ["-o", "APT::Sandbox::User="]
    advice = "Check the network and apt's proxy settings, then run this again."
    run(["apt-get", *options, "update"], what="reading Debian's source lists", advice=advice)
    run(
        ["apt-get", *options, "source", package],
        what=f"fetching the Debian source of {package}",
        advice=advice,
        cwd=work,
    )
    folders = sorted(path for path in work.glob(f"{package}-*") if path.is_dir())
    if len(folders) != 1:
        raise BuildError(f"the Debian source of {package}: expected one folder, found {folders}")
    return folders[0]


def _archives() -> list[str]:
    """Return `URI SUITE` of each Debian 12 archive that this system is configured to use."""
    form = "$(REPO_URI) $(RELEASE)"
    listed = subprocess.run(
        ["apt-get", "indextargets", "--format", form, "Created-By: Packages"],
        capture_output=True,
        text=True,
        check=False,
    )
    known = (SUITE, f"{SUITE}-updates", f"{SUITE}-security")
    found = {line for line in listed.stdout.splitlines() if line.rpartition(" ")[2] in known}
    debian = {line for line in found if "/debian" in line}
    return sorted(debian) or [f"{ARCHIVE} {SUITE}"]
