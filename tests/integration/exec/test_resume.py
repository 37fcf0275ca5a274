"""Old sessions on the command line: resumed, copied, listed, after every kind of end."""

from __future__ import annotations

import json
import shutil
import signal
import subprocess
from typing import TYPE_CHECKING

import pytest

from codex.protocol.settings import WireApi
from codex.rollout.resume import load
from tests.support import rollouts
from tests.support.engine import outputs
from tests.support.model.fake_model import FakeModel, Reply, Stall
from tests.support.program import PATIENCE_S, Program, provider_config

if TYPE_CHECKING:
    from pathlib import Path

    from tests.support.model.fake_model import Request

SUBMISSION = {"type": "user_input", "items": [{"type": "text", "text": "by proto"}]}


def session_id(program: Program) -> str:
    return load(str(rollouts.only_file(program.home))).session_id


def said(request: Request) -> list[str]:
    """Return the texts of the user in a request."""
    return [
        part["text"]
        for item in request.body["input"]
        if item.get("role") == "user"
        for part in item["content"]
        if "text" in part
    ]


def test_a_run_goes_on_where_the_last_one_ended(program: Program) -> None:
    with FakeModel([Reply.text("one"), Reply.text("two"), Reply.text("three")]) as model:
        program.configure(provider_config(model.base_url))
        first = program.run("exec", "first")
        found = session_id(program)
        assert f"codex exec resume {found}" in first.stderr
        second = program.run("exec", "resume", found, "second")
        third = program.run("exec", "resume", "--last", "-", text="third")
    assert (second.returncode, second.stdout) == (0, "two\n")
    assert (third.returncode, third.stdout) == (0, "three\n")
    assert f"session: {found}" in third.stderr
    assert said(model.requests[-1]) == ["first", "second", "third"]
    assert "tokens: 30 in" in third.stderr


def test_a_session_of_proto_is_resumed_by_exec(program: Program) -> None:
    with FakeModel([Reply.text("one"), Reply.text("two")]) as model:
        program.configure(provider_config(model.base_url))
        line = json.dumps({"id": "a", "op": SUBMISSION}) + "\n"
        assert program.run("proto", text=line).returncode == 0
        assert program.run("exec", "resume", "--last", "second").returncode == 0
    assert said(model.requests[-1]) == ["by proto", "second"]


@pytest.mark.parametrize("wire_api", [WireApi.RESPONSES, WireApi.CHAT])
def test_a_run_that_was_killed_within_a_command_goes_on(
    program: Program, wire_api: WireApi
) -> None:
    call = Reply.call("shell", {"command": ["sh", "-c", "echo up >> up; exec sleep 600"]})
    with FakeModel([call, Reply.text("ok")]) as model:
        program.configure(provider_config(model.base_url, wire_api))
        process = program.start("exec", "work")
        assert process.stderr is not None
        while "sleep 600" not in process.stderr.readline():
            pass
        process.send_signal(signal.SIGKILL)
        process.wait(PATIENCE_S)
        result = program.run("exec", "resume", "--last", "go on")
    assert (result.returncode, result.stdout) == (0, "ok\n")
    assert outputs(model.requests[-1].body) == ["aborted"]


def test_a_run_that_was_killed_within_an_answer_goes_on(program: Program) -> None:
    stall = Stall()
    broken = Reply.text("never", controls=((40, stall),))
    with FakeModel([broken, Reply.text("ok")]) as model:
        program.configure(provider_config(model.base_url))
        process = program.start("exec", "work")
        assert stall.reached.wait(PATIENCE_S)
        process.send_signal(signal.SIGKILL)
        process.wait(PATIENCE_S)
        result = program.run("exec", "resume", "--last", "go on")
    assert result.stdout == "ok\n"
    assert said(model.requests[-1]) == ["work", "go on"]


def test_two_programs_do_not_go_on_with_one_session_at_once(program: Program) -> None:
    stall = Stall()
    with FakeModel([Reply.text("one", before_head=stall), Reply.text("copy")]) as model:
        program.configure(provider_config(model.base_url))
        process = program.start("exec", "work")
        assert stall.reached.wait(PATIENCE_S)
        second = program.run("exec", "resume", "--last", "me too")
        copy = program.run("exec", "fork", "--last", "in a copy")
        stall.release.set()
        assert process.communicate(timeout=PATIENCE_S)[0] == "one\n"
    assert second.returncode == 1
    assert f"is open in process {process.pid}" in second.stderr
    assert (copy.returncode, copy.stdout) == (0, "copy\n")
    assert said(model.requests[-1]) == ["work", "in a copy"]


def test_a_copy_leaves_the_old_session_as_it_is(program: Program) -> None:
    with FakeModel([Reply.text("one"), Reply.text("two")]) as model:
        program.configure(provider_config(model.base_url))
        program.run("exec", "first")
        path = rollouts.only_file(program.home)
        before = path.read_bytes()
        program.run("exec", "fork", session_id(program)[:13], "second")
    assert path.read_bytes() == before
    assert said(model.requests[-1]) == ["first", "second"]
    assert len(list((program.home / "sessions").rglob("*.jsonl"))) == 2


def test_the_words_of_the_client_libraries_resume(program: Program) -> None:
    """The public client libraries start and resume sessions with exactly these words."""
    picture = program.repo / "a.png"
    picture.write_bytes(b"\x89PNG\r\n\x1a\n")
    with FakeModel([Reply.text("ok")] * 4) as model:
        program.configure(provider_config(model.base_url))
        program.run("exec", "first")
        found = session_id(program)
        for words in (
            ("--sandbox", "read-only", "resume", found, "--image", "a.png"),
            ("--image", "a.png", "resume", found),
            ("resume", "--image", "a.png", "--", found, "-"),
        ):
            result = program.run("exec", *words, text="again")
            assert result.returncode == 0, result.stderr
            assert said(model.requests[-1])[-1] == "again"
            last = model.requests[-1].body["input"][-1]["content"]
            assert [part["type"] for part in last] == ["input_text", "input_image"]


def test_an_unknown_session_is_an_error(program: Program) -> None:
    program.configure(provider_config("http://127.0.0.1:9/v1"))
    result = program.run("exec", "resume", "01a2060d-5dbc-7641-85e0-eb1d6c8d85be", "go on")
    assert (result.returncode, result.stdout) == (1, "")
    assert "no rollout found for thread id 01a2060d" in result.stderr


def test_the_last_session_is_of_this_folder_unless_all_are_asked_for(
    program: Program, tmp_path: Path
) -> None:
    other = tmp_path / "other"
    (other / ".git").mkdir(parents=True)
    with FakeModel([Reply.text("ok")] * 4) as model:
        program.configure(provider_config(model.base_url))
        program.run("exec", "here")
        program.run("exec", "there", cwd=other)
        program.run("exec", "resume", "--last", "again")
        assert said(model.requests[-1]) == ["here", "again"]
        refused = program.run("exec", "resume", "--last", "again", cwd=tmp_path)
        assert refused.returncode == 1
        assert "--all" in refused.stderr
        result = program.run("exec", "resume", "--last", "--all", "again", cwd=tmp_path)
    assert f"workdir: {program.repo}" in result.stderr


def test_a_folder_that_is_gone_needs_another(program: Program, tmp_path: Path) -> None:
    other = tmp_path / "other"
    (other / ".git").mkdir(parents=True)
    with FakeModel([Reply.text("ok")] * 2) as model:
        program.configure(provider_config(model.base_url))
        program.run("exec", "there", cwd=other)
        found = session_id(program)
        shutil.rmtree(other)
        refused = program.run("exec", "resume", found, "again")
        result = program.run("exec", "resume", found, "-C", str(program.repo), "again")
    assert refused.returncode == 1
    assert "the folder is gone" in refused.stderr
    assert "-C DIR" in refused.stderr
    assert result.returncode == 0


def test_an_ephemeral_run_leaves_no_session(program: Program) -> None:
    with FakeModel([Reply.text("ok")]) as model:
        program.configure(provider_config(model.base_url))
        result = program.run("exec", "--ephemeral", "first")
    assert result.returncode == 0
    assert "exec resume" not in result.stderr
    assert not (program.home / "sessions").exists()


def mounted(options: str) -> tuple[str, ...]:
    """Return a launcher that mounts a file system of its own over the sessions, or skip."""
    mount = f'mount -t tmpfs -o {options} none "$CODEX_HOME/sessions"'
    words = ("unshare", "--mount", "sh", "-c", f'{mount} && exec "$0" "$@"')
    try:
        test = subprocess.run(
            ["unshare", "--mount", "sh", "-c", "mount -t tmpfs none /mnt"],
            capture_output=True,
            check=False,
        )
    except FileNotFoundError:
        pytest.skip("there is no unshare")
    if test.returncode != 0:
        pytest.skip("this user may not mount file systems")
    return words


@pytest.mark.parametrize(
    ("options", "cause"), [("size=4k", "No space left"), ("ro", "Read-only file system")]
)
def test_a_disk_that_takes_nothing_is_told_once(program: Program, options: str, cause: str) -> None:
    (program.home / "sessions").mkdir()
    script = [Reply.call("shell", {"command": ["echo", "x" * 5000]}), Reply.text("done")]
    with FakeModel(script) as model:
        program.configure(provider_config(model.base_url))
        result = program.run("exec", "work", launcher=mounted(options))
    assert (result.returncode, result.stdout) == (0, "done\n")
    assert result.stderr.count("cannot write the session file") == 1
    assert cause in result.stderr


def test_sessions_are_listed_named_put_away_and_deleted(program: Program) -> None:
    with FakeModel([Reply.text("ok")]) as model:
        program.configure(provider_config(model.base_url))
        program.run("exec", "what is\nthis?")
    found = session_id(program)
    assert "what is this?" in program.run("sessions").stdout
    assert program.run("rename", found, "my work").returncode == 0
    listed = json.loads(program.run("sessions", "--json").stdout)
    assert (listed["id"], listed["name"], listed["source"]) == (found, "my work", "exec")
    assert program.run("archive", "my work").returncode == 0
    assert "no sessions" in program.run("sessions").stderr
    assert found in program.run("sessions", "--archived", "--all").stdout
    assert program.run("unarchive", found[:10]).returncode == 0
    refused = program.run("delete", found)
    assert refused.returncode == 1
    assert "--yes" in refused.stderr
    assert program.run("delete", found, "--yes").returncode == 0
    assert program.run("sessions", "--all").stdout == ""
