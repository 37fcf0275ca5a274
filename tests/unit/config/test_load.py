"""Sources of settings, their precedence, and the errors about wrong ones."""

from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest

from codex.base.errors import ConfigError
from codex.base.host import Host
from codex.config.load import load_config
from codex.config.overrides import Overrides
from codex.protocol.policy import AskForApproval, SandboxPolicy
from tests.support.config_home import ConfigHome


@pytest.fixture
def home(tmp_path: Path) -> ConfigHome:
    return ConfigHome(tmp_path.resolve())


def refusal(home: ConfigHome, *assignments: str) -> str:
    with pytest.raises(ConfigError) as caught:
        home.load(*assignments)
    return str(caught.value)


def test_without_a_file_everything_has_its_default(home: ConfigHome) -> None:
    config = home.load()
    assert config.model.model == "o4-mini"
    assert config.model.context_window == 200_000
    assert config.provider_id == "openai"
    assert config.provider.is_openai
    assert config.approval_policy is AskForApproval.UNTRUSTED
    assert config.sandbox_policy == SandboxPolicy()
    assert config.codex_home == str(home.codex_home)
    assert config.cwd == str(home.work)
    assert config.project_doc_max_bytes == 32_768
    assert config.warnings == ()


def test_a_missing_home_is_made_for_its_owner_only(tmp_path: Path) -> None:
    home = ConfigHome(tmp_path)
    wanted = tmp_path / "deep" / "state"
    home.environ["CODEX_HOME"] = str(wanted)
    assert home.load().codex_home == str(wanted.resolve())
    assert stat.S_IMODE(wanted.stat().st_mode) == 0o700


def test_an_empty_codex_home_counts_as_unset(home: ConfigHome) -> None:
    home.environ["CODEX_HOME"] = ""
    assert home.load().codex_home == str(home.codex_home)


def test_a_relative_codex_home_is_relative_to_the_working_directory(home: ConfigHome) -> None:
    home.environ["CODEX_HOME"] = "state"
    assert home.load().codex_home == str(home.work / "state")


def test_a_file_as_codex_home_is_refused(home: ConfigHome) -> None:
    file = home.work / "file"
    file.write_text("")
    home.environ["CODEX_HOME"] = str(file)
    assert refusal(home) == f'cannot use "{file}" as CODEX_HOME: not a directory'


@pytest.mark.skipif(os.geteuid() == 0 and not os.path.isdir("/proc"), reason="needs /proc")
def test_a_default_home_that_cannot_be_made_only_warns(home: ConfigHome) -> None:
    home.environ["HOME"] = "/proc/self"
    config = home.load()
    assert config.codex_home.endswith("/.codex")
    assert config.warnings[0].startswith("cannot create ")


def test_without_any_home_the_error_says_what_to_set(home: ConfigHome) -> None:
    class Homeless(Host):
        def home(self) -> str | None:
            return None

    with pytest.raises(ConfigError, match="Set CODEX_HOME"):
        load_config(Homeless(*home.host()), Overrides())


def test_flag_beats_assignment_beats_profile_beats_file(home: ConfigHome) -> None:
    home.write('model = "file"\nprofile = "p"\n[profiles.p]\nmodel = "profile"\n')
    assert home.load().model.model == "profile"
    assert home.load("model=assigned").model.model == "assigned"
    overrides = Overrides(config=("model=assigned",), model="flag")
    assert home.load(overrides=overrides).model.model == "flag"


def test_a_profile_leaves_alone_what_it_does_not_name(home: ConfigHome) -> None:
    home.write(
        'model = "file"\napproval_policy = "never"\n'
        '[profiles.zdr]\nmodel = "o3"\ndisable_response_storage = true\n'
        '[profiles.other]\nmodel = "other"\n'
    )
    config = home.load(overrides=Overrides(profile="zdr"))
    assert config.model.model == "o3"
    assert config.disable_response_storage
    assert config.approval_policy is AskForApproval.NEVER
    assert not home.load().disable_response_storage


def test_a_profile_may_set_the_sandbox(home: ConfigHome) -> None:
    home.write('sandbox_permissions = []\n[profiles.w]\nsandbox_mode = "workspace-write"\n')
    assert home.load(overrides=Overrides(profile="w")).sandbox_policy.can_write_cwd
    assert not home.load().sandbox_policy.can_read_everything


def test_a_profile_may_be_a_file_of_its_own(home: ConfigHome) -> None:
    home.write('model = "file"\n[profiles.p]\nmodel = "table"\nmodel_verbosity = "low"\n')
    home.write('model = "own file"\n', "p.config.toml")
    config = home.load(overrides=Overrides(profile="p"))
    assert config.model.model == "own file"
    assert config.model.verbosity == "low"


def test_a_profile_chosen_by_assignment_counts(home: ConfigHome) -> None:
    home.write('profile = "a"\n[profiles.a]\nmodel = "a"\n[profiles.b]\nmodel = "b"\n')
    assert home.load("profile=b").model.model == "b"


def test_a_missing_profile_is_an_error_that_names_those_there_are(home: ConfigHome) -> None:
    home.write("[profiles.p]\n[profiles.q]\n")
    text = refusal(home, "profile=x")
    assert 'profile "x" not found' in text
    assert "p, q" in text


def test_a_profile_name_is_never_a_path(home: ConfigHome) -> None:
    (home.home / "x.config.toml").write_text('model = "outside"\n')
    assert 'profile "../x" not found' in refusal(home, "profile=../x")


def test_a_wrong_type_names_file_key_expected_and_given(home: ConfigHome) -> None:
    home.write("[history]\nmax_bytes = true\n")
    assert refusal(home) == (
        f"{home.config_file}: history.max_bytes: expected an integer from 0 up, got a boolean"
    )


def test_a_wrong_name_lists_the_right_ones(home: ConfigHome) -> None:
    home.write('approval_policy = "always"\n')
    text = refusal(home)
    assert text.startswith(f'{home.config_file}: approval_policy: expected one of "unless-allow-')
    assert text.endswith('got "always"')


def test_a_wrong_item_is_named_by_its_place(home: ConfigHome) -> None:
    home.write('sandbox_permissions = ["disk-write-cwd", "disk-write-foo"]\n')
    text = refusal(home)
    assert "sandbox_permissions[1]: expected one of" in text
    assert text.endswith('got "disk-write-foo"')


def test_a_value_of_a_wrong_type_is_not_shown_since_it_may_be_a_secret(home: ConfigHome) -> None:
    home.write('[model_providers.x]\nhttp_headers = "Bearer hidden"\n')
    assert "hidden" not in refusal(home)


def test_a_wrong_assignment_is_named_as_one(home: ConfigHome) -> None:
    assert refusal(home, "model=3") == (
        "-c model: expected a string that is not empty, got an integer"
    )


def test_a_syntax_error_names_line_and_column(home: ConfigHome) -> None:
    home.write('model = "x"\nprofile = \n')
    assert refusal(home).startswith(f"{home.config_file}: line 2, column ")


def test_bytes_that_are_no_utf8_name_their_line(home: ConfigHome) -> None:
    (home.codex_home / "config.toml").write_bytes(b'a = 1\nmodel = "\xff"\n')
    assert refusal(home) == f"{home.config_file}: line 2: not UTF-8"


def test_a_byte_order_mark_is_no_syntax_error(home: ConfigHome) -> None:
    (home.codex_home / "config.toml").write_bytes(b'\xef\xbb\xbfmodel = "x"\n')
    assert home.load().model.model == "x"


def test_nesting_without_end_is_refused(home: ConfigHome) -> None:
    home.write("notify = " + "[" * 100_000)
    assert home.config_file in refusal(home)
    assert refusal(home, "notify=" + "[" * 100_000)


def test_a_file_that_cannot_be_read_is_an_error(home: ConfigHome) -> None:
    (home.codex_home / "config.toml").mkdir()
    assert refusal(home) == f'cannot read "{home.config_file}": Is a directory'


def test_an_unknown_key_warns_with_the_nearest_valid_one(home: ConfigHome) -> None:
    home.write('aproval_policy = "never"\n[history]\npersistance = "none"\nzzz = 1\n')
    assert home.load().warnings == (
        f'{home.config_file}: aproval_policy: unknown key; did you mean "approval_policy"?',
        f'{home.config_file}: history.persistance: unknown key; did you mean "persistence"?',
        f"{home.config_file}: history.zzz: unknown key",
    )


def test_a_top_level_key_below_a_table_is_recognised(home: ConfigHome) -> None:
    home.write('[history]\npersistence = "none"\nmodel = "x"\n')
    (warning,) = home.load().warnings
    assert warning == (
        f'{home.config_file}: history.model: unknown key; "model" is a top-level key:'
        " write it above the first [table]"
    )


def test_known_keys_of_other_versions_load_without_noise(home: ConfigHome) -> None:
    home.write(
        'file_opener = "vscode"\ncheck_for_update_on_startup = false\nweb_search = "disabled"\n'
        '[tui]\ntheme = "dark"\n[features]\nx = true\n'
        '[projects."/a.b/c"]\ntrust_level = "trusted"\n'
        "[tools]\nview_image = true\nweb_search = false\n"
    )
    assert home.load().warnings == ()


def test_a_known_key_whose_wish_is_not_granted_warns(home: ConfigHome) -> None:
    home.write('web_search = "live"\n')
    assert home.load().warnings == (
        f"{home.config_file}: web_search: has no effect: this version does not search the web",
    )


def test_an_mcp_server_is_a_program_or_an_address(home: ConfigHome) -> None:
    home.write('[mcp_servers.docs]\ncommand = "x"\nargs = ["a"]\nenv = { K = "v" }\n')
    config = home.load()
    assert config.mcp_servers["docs"].args == ("a",)
    assert config.mcp_servers["docs"].env == {"K": "v"}
    assert config.warnings == ()
    home.write('[mcp_servers.docs]\ncommand = "x"\nurl = "http://localhost:1"\n')
    with pytest.raises(ConfigError, match="docs: expected a command or a url, got both"):
        home.load()
    home.write("[mcp_servers.docs]\nstartup_timeout_ms = 1500\n")
    config = home.load()
    assert config.mcp_servers == {}
    assert config.warnings == ("mcp_servers.docs: has no effect without a command or a url",)
    home.write('[mcp_servers.docs]\nurl = "http://localhost:1"\nstartup_timeout_ms = 1500\n')
    assert home.load().mcp_servers["docs"].startup_timeout_sec == 1.5
    home.write('[mcp_servers.docs]\nurl = "http://localhost:1"\nstartup_timeout_ms = 86400001\n')
    with pytest.raises(ConfigError, match="expected an integer from 1 to 86400000"):
        home.load()


def test_user_instructions_are_the_keys_and_the_file(home: ConfigHome) -> None:
    home.write('instructions = "From the key."\ndeveloper_instructions = "From developers."\n')
    home.write("\n  From the file.\n\n", "instructions.md")
    assert home.load().instructions == "From developers.\n\nFrom the key.\n\nFrom the file."


def test_blank_instructions_are_none(home: ConfigHome) -> None:
    home.write(" \n", "instructions.md")
    assert home.load().instructions is None


def test_unreadable_instructions_warn(home: ConfigHome) -> None:
    (home.codex_home / "instructions.md").mkdir()
    config = home.load()
    assert config.instructions is None
    assert "instructions.md" in config.warnings[0]


@pytest.mark.parametrize("key", ["model_instructions_file", "experimental_instructions_file"])
def test_the_base_prompt_may_come_from_a_file_beside_the_config(home: ConfigHome, key: str) -> None:
    home.write(f'{key} = "base.md"\n')
    home.write("You are terse.\n", "base.md")
    assert home.load().base_instructions == "You are terse."


def test_a_missing_or_empty_base_prompt_is_an_error(home: ConfigHome) -> None:
    home.write('model_instructions_file = "base.md"\n')
    assert "no such file" in refusal(home)
    home.write(" \n", "base.md")
    assert "is empty" in refusal(home)


def test_a_command_never_runs_longer_than_the_cap_by_default(home: ConfigHome) -> None:
    assert home.load("max_command_timeout_ms=5000").command_timeout_ms == 5000
    assert home.load("command_timeout_ms=90000").command_timeout_ms == 90_000


def test_the_working_directory_comes_from_the_flag(home: ConfigHome) -> None:
    (home.work / "sub").mkdir()
    (home.work / "link").symlink_to("sub")
    assert home.load(overrides=Overrides(cwd="link")).cwd == str(home.work / "sub")


def test_a_working_directory_that_is_not_there_is_an_error(home: ConfigHome) -> None:
    with pytest.raises(ConfigError, match="--cd: expected a directory, got"):
        home.load(overrides=Overrides(cwd="nowhere"))


@pytest.mark.parametrize(
    ("overrides", "message"),
    [
        (Overrides(cwd=""), '--cd: expected a directory, got ""'),
        (Overrides(model=" "), '--model: expected a string that is not empty, got " "'),
        (Overrides(profile=""), 'config profile "" not found'),
        (Overrides(provider=""), 'model provider "" not found'),
    ],
)
def test_an_empty_flag_is_not_taken_for_none(
    home: ConfigHome, overrides: Overrides, message: str
) -> None:
    with pytest.raises(ConfigError) as caught:
        home.load(overrides=overrides)
    assert str(caught.value).startswith(message)


def test_the_approval_policy_of_a_flag_beats_the_file(home: ConfigHome) -> None:
    home.write('approval_policy = "untrusted"\n')
    flag = Overrides(approval_policy=AskForApproval.NEVER)
    assert home.load(overrides=flag).approval_policy is AskForApproval.NEVER


def test_an_assignment_of_several_lines_is_one_text(home: ConfigHome) -> None:
    text = '"a"\nprofile="b"'
    assert home.load(f"model={text}").model.model == text


def test_storage_can_be_turned_off_by_flag(home: ConfigHome) -> None:
    assert home.load(overrides=Overrides(disable_response_storage=True)).disable_response_storage


def test_loading_costs_no_toml_reader_where_there_is_no_toml(home: ConfigHome) -> None:
    import subprocess
    import sys

    script = (
        "import sys, os\n"
        "from codex.base.host import current_host\n"
        "from codex.config.load import load_config\n"
        "from codex.config.overrides import Overrides\n"
        "load_config(current_host(), Overrides())\n"
        "heavy = {'tomli', 'difflib', 'subprocess', 'pathlib', 'urllib3', 'orjson', 'argparse'}\n"
        "print(sorted(heavy & set(sys.modules)))\n"
    )
    result = subprocess.run(
        [sys.executable, "-S", "-c", script],
        env={**home.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
        check=True,
        capture_output=True,
        text=True,
    )
    assert result.stdout == "[]\n"
