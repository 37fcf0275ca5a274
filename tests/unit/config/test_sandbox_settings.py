"""Both generations of sandbox settings become one policy."""

from __future__ import annotations

from pathlib import Path

import pytest

from codex.base.errors import ConfigError
from codex.config.overrides import Overrides
from codex.config.types import SandboxSettings
from codex.protocol.policy import DANGER_FULL_ACCESS, READ_ONLY, WORKSPACE_WRITE, SandboxPolicy
from tests.support.config_home import ConfigHome


@pytest.fixture
def home(tmp_path: Path) -> ConfigHome:
    return ConfigHome(tmp_path.resolve())


def test_no_permissions_are_not_the_same_as_no_key(home: ConfigHome) -> None:
    assert home.load().sandbox_policy == READ_ONLY
    home.write("sandbox_permissions = []\n")
    assert home.load().sandbox_policy == SandboxPolicy(can_read_everything=False)


def test_each_permission_opens_what_it_says(home: ConfigHome) -> None:
    home.write(
        'sandbox_permissions = ["disk-full-read-access", "disk-write-cwd",'
        ' "disk-write-platform-user-temp-folder", "disk-write-platform-global-temp-folder",'
        ' "disk-write-folder=/data", "network-full-access"]\n'
    )
    assert home.load().sandbox_policy == SandboxPolicy(
        can_write_cwd=True,
        can_write_tmpdir=True,
        can_write_slash_tmp=True,
        can_use_network=True,
        writable_roots=("/data",),
    )


def test_the_three_full_permissions_leave_nothing_to_enforce(home: ConfigHome) -> None:
    home.write(
        'sandbox_permissions = ["disk-full-read-access", "disk-full-write-access",'
        ' "network-full-access"]\n'
    )
    assert home.load().sandbox_policy.is_unrestricted


@pytest.mark.parametrize(
    ("folder", "resolved"),
    [("~/data", "home/data"), ("data/../x", "home/.codex/x"), ("/abs/./y", None)],
)
def test_folders_in_the_file_start_from_its_folder(
    home: ConfigHome, tmp_path: Path, folder: str, resolved: str | None
) -> None:
    home.write(f'sandbox_permissions = ["disk-write-folder={folder}"]\n')
    expected = str(tmp_path.resolve() / resolved) if resolved else "/abs/y"
    assert home.load().sandbox_policy.writable_roots == (expected,)


def test_folders_on_the_command_line_start_from_the_process(home: ConfigHome) -> None:
    (home.work / "sub").mkdir()
    overrides = Overrides(sandbox_permissions=("disk-write-folder=data",), cwd="sub")
    assert home.load(overrides=overrides).sandbox_policy.writable_roots == (
        str(home.work / "data"),
    )


def test_an_empty_folder_is_no_permission(home: ConfigHome) -> None:
    home.write('sandbox_permissions = ["disk-write-folder="]\n')
    with pytest.raises(ConfigError, match="disk-write-folder=PATH"):
        home.load()


@pytest.mark.parametrize(
    ("mode", "policy"),
    [
        ("read-only", READ_ONLY),
        ("workspace-write", WORKSPACE_WRITE),
        ("danger-full-access", DANGER_FULL_ACCESS),
    ],
)
def test_each_mode_is_a_policy(home: ConfigHome, mode: str, policy: SandboxPolicy) -> None:
    assert home.load(f"sandbox_mode={mode}").sandbox_policy == policy


def test_the_table_counts_for_workspace_write_alone(home: ConfigHome) -> None:
    home.write(
        '[sandbox_workspace_write]\nwritable_roots = ["~/w"]\nnetwork_access = true\n'
        "exclude_tmpdir_env_var = true\nexclude_slash_tmp = true\n"
    )
    assert home.load("sandbox_mode=workspace-write").sandbox_policy == SandboxPolicy(
        can_write_cwd=True, can_use_network=True, writable_roots=(str(home.home / "w"),)
    )
    assert home.load("sandbox_mode=read-only").sandbox_policy == READ_ONLY
    assert home.load().sandbox_policy == READ_ONLY


@pytest.mark.parametrize(
    ("settings", "policy"),
    [
        ('network = "full"', SandboxPolicy(can_use_network=True)),
        ('network = "none"', READ_ONLY),
        ('network = "none"\nconnect_ports = [443]', READ_ONLY),
        ("connect_ports = [443, 80]", SandboxPolicy(connect_ports=(443, 80))),
        ('network = "ports"\nbind_ports = [8000]', SandboxPolicy(bind_ports=(8000,))),
        ('network = "full"\nbind_ports = [8000]', SandboxPolicy(can_use_network=True)),
    ],
)
def test_the_network_is_a_setting_of_its_own(
    home: ConfigHome, settings: str, policy: SandboxPolicy
) -> None:
    home.write(f"[sandbox]\n{settings}\n")
    assert home.load().sandbox_policy == policy


def test_the_networks_own_setting_wins_over_the_older_ones(home: ConfigHome) -> None:
    home.write("[sandbox_workspace_write]\nnetwork_access = true\n")
    workspace = "sandbox_mode=workspace-write"
    assert home.load(workspace).sandbox_policy.can_use_network
    assert not home.load(workspace, "sandbox.network=none").sandbox_policy.can_use_network
    ports = home.load(workspace, "sandbox.connect_ports=[1]").sandbox_policy
    assert (ports.can_use_network, ports.connect_ports) == (True, ())


def test_full_access_is_what_its_name_says(home: ConfigHome) -> None:
    found = home.load("sandbox_mode=danger-full-access", "sandbox.network=none")
    assert found.sandbox_policy == DANGER_FULL_ACCESS


@pytest.mark.parametrize(
    ("assignment", "expected"),
    [
        ("sandbox.require=most", '"full", "best-effort"'),
        ("sandbox.network=some", '"none", "ports", "full"'),
        ("sandbox.connect_ports=[0]", "a TCP port from 1 to 65535"),
        ("sandbox.bind_ports=[65536]", "a TCP port from 1 to 65535"),
        ("sandbox.container=1", "true or false"),
    ],
)
def test_a_wrong_setting_of_the_sandbox_is_refused(
    home: ConfigHome, assignment: str, expected: str
) -> None:
    with pytest.raises(ConfigError, match="sandbox") as caught:
        home.load(assignment)
    assert expected in str(caught.value)


def test_how_the_sandbox_is_enforced_is_kept_apart_from_what_it_allows(home: ConfigHome) -> None:
    assert home.load().sandbox == SandboxSettings()
    home.write('[sandbox]\nrequire = "full"\ncontainer = true\n')
    assert home.load().sandbox == SandboxSettings(require="full", container=True)
    home.write('[sandbox]\nrequire = "full"\n')
    flagged = home.load(overrides=Overrides(is_container=True))
    assert flagged.sandbox == SandboxSettings(require="full", container=True)
    assert flagged.sandbox_policy == READ_ONLY


def test_the_higher_layer_wins_whichever_form_it_uses(home: ConfigHome) -> None:
    home.write('sandbox_mode = "danger-full-access"\n')
    assert not home.load("sandbox_permissions=[]").sandbox_policy.can_read_everything
    home.write('sandbox_permissions = ["disk-full-write-access"]\n')
    assert home.load("sandbox_mode=read-only").sandbox_policy == READ_ONLY


def test_both_forms_in_one_place_are_refused(home: ConfigHome) -> None:
    home.write('sandbox_mode = "read-only"\nsandbox_permissions = ["disk-full-write-access"]\n')
    with pytest.raises(ConfigError, match="got both"):
        home.load()


def test_a_flag_beats_every_setting(home: ConfigHome) -> None:
    home.write('sandbox_mode = "danger-full-access"\n')
    overrides = Overrides(sandbox_permissions=(), config=("sandbox_mode=danger-full-access",))
    assert home.load(overrides=overrides).sandbox_policy == SandboxPolicy(can_read_everything=False)
    overrides = Overrides(sandbox_mode="workspace-write")
    assert home.load(overrides=overrides).sandbox_policy == WORKSPACE_WRITE


def test_added_folders_are_writable_where_anything_is(home: ConfigHome) -> None:
    config = home.load(
        overrides=Overrides(
            sandbox_mode="workspace-write",
            writable_roots=("more", "/abs"),
            config=('sandbox_workspace_write.writable_roots=["/first"]',),
        )
    )
    assert config.sandbox_policy.writable_roots == ("/first", str(home.work / "more"), "/abs")
    assert config.warnings == ()


def test_added_folders_do_not_open_a_read_only_sandbox(home: ConfigHome) -> None:
    config = home.load(overrides=Overrides(writable_roots=("/abs",)))
    assert config.sandbox_policy == READ_ONLY
    assert config.warnings[0].startswith("--add-dir /abs: has no effect")
