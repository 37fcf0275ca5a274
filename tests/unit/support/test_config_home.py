from __future__ import annotations

from pathlib import Path

from tests.support.config_home import ConfigHome


def test_the_host_lives_in_the_tree(tmp_path: Path) -> None:
    home = ConfigHome(tmp_path)
    host = home.host("exec", "x")
    assert host.argv == ("exec", "x")
    assert host.home() == str(tmp_path / "home")
    assert host.cwd == str(tmp_path / "work")
    host.stderr.write("e")
    assert home.stderr.getvalue() == "e"


def test_a_written_file_is_the_one_that_is_loaded(tmp_path: Path) -> None:
    home = ConfigHome(tmp_path)
    home.write('model = "x"\n')
    assert Path(home.config_file).read_text() == 'model = "x"\n'
    assert home.load().model.model == "x"
