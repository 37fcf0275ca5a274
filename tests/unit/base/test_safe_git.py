from __future__ import annotations

from codex.base.safe_git import FILTERS_QUERY, filters_of, safe_git_argv, safe_git_environment


def test_settings_stand_before_the_command_and_flags_after() -> None:
    argv = safe_git_argv(("diff", "--", "a.c"))
    assert argv[0] == "git"
    for setting in ("core.fsmonitor=false", "core.hooksPath=/dev/null"):
        assert argv[argv.index(setting) - 1] == "-c"
        assert argv.index(setting) < argv.index("diff")
    assert argv[argv.index("diff") :] == ("diff", "--no-ext-diff", "--no-textconv", "--", "a.c")


def test_only_what_shows_diffs_gets_their_flags() -> None:
    assert safe_git_argv(("status",))[-1] == "status"


def test_each_filter_is_switched_off_by_its_name() -> None:
    names = filters_of("filter.lfs.clean\nfilter.lfs.process\nfilter.a.b.smudge\n")
    assert names == ("lfs", "a.b")
    argv = safe_git_argv(("diff",), filters=names)
    assert {"filter.lfs.clean=", "filter.lfs.process=", "filter.a.b.required=false"} <= set(argv)


def test_no_output_means_no_filters() -> None:
    assert filters_of("") == ()
    assert FILTERS_QUERY[0] == "config"


def test_variables_that_name_programs_are_left_out() -> None:
    env = safe_git_environment({"PATH": "/bin", "GIT_PAGER": "x", "GIT_SSH_COMMAND": "y"})
    assert env["PATH"] == "/bin"
    assert not {"GIT_PAGER", "GIT_SSH_COMMAND"} & set(env)
    assert env["GIT_OPTIONAL_LOCKS"] == "0"
