"""The popups of `/` and `@`, pastes and images, as they are typed and as they are drawn."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.screen.composer import COMMANDS, DOWN, ESC, LEFT, UP, ComposerDriver


def paste(text: str) -> str:
    return f"\x1b[200~{text}\x1b[201~"


def has_popup(driver: ComposerDriver) -> bool:
    return driver.composer.has_popup


class Files:
    """A directory, and a way to wait until the search has found something for it."""

    def __init__(self, folder: Path, *names: str) -> None:
        for name in names:
            path = folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.touch()
        self.driver = ComposerDriver(str(folder))

    def found(self, query: str) -> None:
        """Wait until the files for these letters are there."""
        files = self.driver.composer.files
        while files.found is None or files.found.query != query:
            assert self.driver.was_invalidated.wait(30)
            self.driver.was_invalidated.clear()


def test_a_slash_offers_the_commands() -> None:
    driver = ComposerDriver()
    driver.run("/")
    screen = driver.screen()
    assert screen[-9].startswith("› /approvals [policy]")
    assert screen[-1] == "› /"


def test_every_command_can_be_reached_with_down() -> None:
    driver = ComposerDriver(rows=20)
    driver.run("/")
    for command in COMMANDS:
        assert any(f"› /{command.name}" in line for line in driver.screen()), command.name
        driver.run(DOWN)


def test_enter_runs_the_selected_command() -> None:
    driver = ComposerDriver()
    assert driver.run("/di\r") == ""
    (draft,) = driver.drafts
    assert draft.command is not None
    assert draft.command.name == "diff"
    assert not driver.ops


def test_up_and_down_select_and_tab_completes() -> None:
    driver = ComposerDriver()
    assert driver.run("/m", DOWN, "\t") == "/mention "
    driver = ComposerDriver()
    assert driver.run("/m", UP, "\t") == "/resume "


def test_what_follows_the_command_is_its_argument() -> None:
    driver = ComposerDriver()
    driver.run("/model gpt-x\r")
    assert (driver.drafts[0].text, driver.drafts[0].args) == ("/model gpt-x", "gpt-x")


def test_an_argument_for_a_command_without_is_said_and_kept() -> None:
    driver = ComposerDriver()
    assert driver.run("/quit now\r") == "/quit now"
    assert driver.notices == ["/quit takes no argument."]


def test_a_mistyped_command_is_kept_and_never_sent() -> None:
    driver = ComposerDriver()
    assert driver.run("/modle\r") == "/modle"
    assert not driver.drafts
    assert "Did you mean /model?" in driver.notices[0]
    assert "no such command" in driver.screen()[-2]


def test_a_command_that_must_wait_for_the_task_is_kept() -> None:
    driver = ComposerDriver()
    driver.composer.is_busy = True
    assert driver.run("/new\r") == "/new"
    assert driver.notices == ["/new must wait until the task ends."]


def test_exit_is_quit() -> None:
    driver = ComposerDriver()
    driver.run("/exit\r")
    assert driver.drafts[0].command == next(c for c in COMMANDS if c.name == "quit")


@pytest.mark.parametrize("text", ["/usr/bin is there", " /help me", "a /quit"])
def test_a_path_or_a_space_before_the_slash_makes_a_message(text: str) -> None:
    driver = ComposerDriver()
    driver.run(f"{text}\r")
    assert driver.drafts[0].text == text
    assert driver.drafts[0].command is None


def test_esc_closes_the_popup_until_another_word_is_typed() -> None:
    driver = ComposerDriver()
    driver.run("/st", ESC)
    assert not has_popup(driver)
    driver.run(LEFT)
    assert not has_popup(driver)
    assert driver.run("a") == "/sat"
    assert has_popup(driver)


def test_the_popup_is_open_only_while_the_cursor_is_in_the_word() -> None:
    driver = ComposerDriver()
    driver.run("/model x")
    assert not has_popup(driver)
    driver.run("\x01")
    assert has_popup(driver)


def test_at_twenty_columns_the_popup_shows_names() -> None:
    driver = ComposerDriver(columns=20)
    driver.run("/")
    screen = driver.screen()
    assert screen[-9:] == [
        "› /approvals [poli…█",
        "  /clear           █",
        "  /copy            █",
        "  /diff            │",
        "  /export [file]   │",
        "  /fork            │",
        "  /help            │",
        "  /history         │",
        "› /",
    ]
    assert driver.composer.height(20, 24) == 9


def test_an_at_sign_offers_files_while_typing(tmp_path: Path) -> None:
    files = Files(tmp_path, "src/parser.py", "src/main.py", "docs/my notes.md")
    driver = files.driver
    driver.run("see @par", lambda: files.found("par"))
    assert driver.screen()[-2].startswith("› src/parser.py")
    assert driver.run("\t") == "see src/parser.py "
    assert not has_popup(driver)


def test_a_path_with_a_space_is_quoted(tmp_path: Path) -> None:
    files = Files(tmp_path, "docs/my notes.md")
    driver = files.driver
    assert driver.run("@notes", lambda: files.found("notes"), "\r") == '"docs/my notes.md" '
    assert not driver.drafts


def test_without_a_file_that_fits_enter_sends(tmp_path: Path) -> None:
    files = Files(tmp_path, "a")
    driver = files.driver
    driver.run("@nothing", lambda: files.found("nothing"), "\r")
    assert driver.drafts[0].text == "@nothing"


def test_esc_and_deleting_the_at_sign_close_the_search(tmp_path: Path) -> None:
    driver = Files(tmp_path, "a").driver
    driver.run("@a", ESC)
    assert not has_popup(driver)
    driver.run("b")
    assert not has_popup(driver)
    driver.run(" @")
    assert has_popup(driver)
    assert driver.run("\x7f") == "@ab "
    assert not has_popup(driver)


def test_an_address_opens_no_search(tmp_path: Path) -> None:
    driver = Files(tmp_path, "a").driver
    driver.run("me@example")
    assert not has_popup(driver)


def test_an_inserted_at_sign_opens_the_search(tmp_path: Path) -> None:
    driver = Files(tmp_path, "a").driver
    driver.run("see ", lambda: driver.composer.insert_text("@"))
    assert has_popup(driver)


def test_a_long_path_shows_its_end_at_twenty_columns(tmp_path: Path) -> None:
    files = Files(tmp_path, "a/very/long/way/to/the/file.py")
    files.driver.size = files.driver.size._replace(columns=20)
    files.driver.run("@file", lambda: files.found("file"))
    assert files.driver.screen()[-2] == "› …y/to/the/file.py"


def test_a_paste_is_one_event_without_controls() -> None:
    driver = ComposerDriver()
    assert driver.run(paste("a\r\nb\rc\x1b[31m\x07d\te")) == "a\nb\ncd\te"
    assert not driver.drafts
    assert driver.run("\x1f") == ""


def test_a_large_paste_is_a_label_and_is_sent_whole() -> None:
    driver = ComposerDriver()
    driver.run("see ", paste("x" * 1234), " end")
    assert driver.screen()[-1] == "› see [Pasted 1234 characters #1] end"
    driver.run("\r")
    assert driver.drafts[0].text == f"see {'x' * 1234} end"


def test_a_paste_of_many_lines_is_a_label() -> None:
    driver = ComposerDriver()
    assert driver.run(paste("a\n" * 11)) == "a\n" * 11
    assert driver.screen()[-1] == "› [Pasted 22 characters #1]"


def test_a_label_is_deleted_and_undone_as_one() -> None:
    driver = ComposerDriver()
    assert driver.run("a", paste("x" * 2000), "\x7f") == "a"
    assert driver.run("\x1f") == "a" + "x" * 2000
    driver.run("\r")
    assert driver.run(UP) == "a" + "x" * 2000
    assert driver.screen()[-1] == "› a[Pasted 2000 characters #1]"


def test_the_editor_gets_a_paste_written_out() -> None:
    driver = ComposerDriver()
    driver.run(paste("y" * 1001), "\x07")
    assert driver.edited == ["y" * 1001]


@pytest.fixture
def image(tmp_path: Path) -> Path:
    path = tmp_path / "a shot.png"
    path.touch()
    return path


def test_an_image_that_is_pasted_is_attached(image: Path) -> None:
    driver = ComposerDriver()
    driver.run("what is ", paste(f"'{image}'"), "?\r")
    assert driver.drafts[0].text == "what is [image: a shot.png #1] ?"
    assert driver.drafts[0].images == (str(image),)


def test_deleting_the_label_removes_the_image(image: Path) -> None:
    driver = ComposerDriver()
    driver.run("x", paste(str(image)), "\x7f\x7f\r")
    assert driver.drafts[0].text == "x"
    assert driver.drafts[0].images == ()


def test_an_image_that_has_gone_is_said_and_the_text_kept(image: Path) -> None:
    driver = ComposerDriver()
    driver.run(paste(str(image)), image.unlink, "\r")
    assert not driver.drafts
    assert "no longer exists" in driver.notices[0]
    assert driver.composer.text == "[image: a shot.png #1] "


def test_an_image_outlives_the_external_editor(image: Path) -> None:
    driver = ComposerDriver()
    driver.run(paste(str(image)))
    driver.composer.finish_editor("now [image: a shot.png #1] this")
    driver.run("\r")
    assert driver.drafts[0].images == (str(image),)


def test_the_editor_grows_to_a_third_of_the_screen() -> None:
    driver = ComposerDriver(columns=40, rows=24)
    assert driver.composer.height(40, 24) == 1
    driver.run("\n".join(str(number) for number in range(30)))
    assert driver.composer.height(40, 24) == 8
    assert driver.screen()[-8:] == [f"  {number}" for number in range(22, 30)]
    assert driver.composer.height(40, 2) == 2


def test_a_long_line_is_wrapped_between_words() -> None:
    driver = ComposerDriver(columns=20)
    driver.run("the quick brown fox jumps over it")
    assert driver.screen()[-3:] == ["", "› the quick brown", "  fox jumps over it"]


def test_an_empty_editor_says_what_it_is_for() -> None:
    driver = ComposerDriver(columns=20)
    assert driver.screen()[-1] == "› Ask codex to do a…"


def test_a_label_is_cut_where_there_is_no_room() -> None:
    driver = ComposerDriver(columns=20)
    driver.run("see ", paste("x" * 1234), " end")
    assert driver.screen()[-3:] == ["› see", "  [Pasted 1234 cha…", "  end"]
