"""Load the configuration from config.toml, profile files, flags and the environment.

Must not write anything, except that it creates the folder CODEX_HOME.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

import msgspec

from codex.base.errors import ConfigError
from codex.config.keys import CONFIG, PROFILE
from codex.config.merge import overlay
from codex.config.overrides import Overrides, parse_assignments
from codex.config.resolve import ConfigInputs, resolve_config
from codex.config.schema import Source, check

if TYPE_CHECKING:
    from codex.base.host import Host
    from codex.config.schema import KeyTable
    from codex.config.types import Config


def load_config(host: Host, overrides: Overrides) -> Config:
    """Return the settings of this run, from flags, `-c`, profile, file, environment and defaults.

    Creates the folder CODEX_HOME (mode 0700) if it is missing. If the default one, `~/.codex`,
    cannot be created, a warning says so, and `codex_home` names a missing folder.

    Raises: ConfigError, if a setting is wrong, a file cannot be read or a folder does not exist.
    """
    loader = _Loader(host, overrides)
    settings = loader.settings()
    return loader.config(settings)


class _Loader:
    def __init__(self, host: Host, overrides: Overrides) -> None:
        self.host = host
        self.overrides = overrides
        self.warnings: list[str] = []
        self.home = host.home()
        self.codex_home = self._codex_home()
        self.config_file = os.path.join(self.codex_home, "config.toml")

    def settings(self) -> dict[str, Any]:
        """Return the settings of config.toml, the profile and `-c`, merged."""
        file = self._file_layer(self.config_file, CONFIG) or {}
        flags = self._flag_layer()
        name = self.overrides.profile
        if name is None:
            name = flags.get("profile", file.get("profile"))
        profiles: list[dict[str, Any]] = []
        if name is not None:
            profiles = self._profile_layers(name, overlay(file, flags).get("profiles", {}))
        return overlay(file, *profiles, flags)

    def config(self, settings: dict[str, Any]) -> Config:
        """Return the Config made from merged settings, with the warnings of all steps."""
        base_file = settings.get("model_instructions_file")
        config = resolve_config(
            settings,
            self.overrides,
            ConfigInputs(
                codex_home=self.codex_home,
                config_file=self.config_file,
                cwd=self._cwd(),
                process=self._source(""),
                environ=self.host.environ,
                instructions_file=self._instructions_file(),
                base_instructions=None if base_file is None else _required_text(base_file),
            ),
        )
        warnings = dict.fromkeys((*self.warnings, *config.warnings))
        return msgspec.structs.replace(config, warnings=tuple(warnings))

    def _codex_home(self) -> str:
        given = self.host.environ.get("CODEX_HOME")
        if not given and self.home is None:
            raise ConfigError(
                "cannot find the home directory: HOME is not set",
                advice="Set CODEX_HOME to a folder for codex's settings.",
            )
        path = os.path.realpath(
            os.path.join(self.host.cwd, given or os.path.join(self.home or "", ".codex"))
        )
        try:
            os.makedirs(path, mode=0o700, exist_ok=True)
        except OSError as error:
            if given or os.path.lexists(path):
                cause = "not a directory" if os.path.exists(path) else error.strerror
                raise ConfigError(f'cannot use "{path}" as CODEX_HOME: {cause}') from error
            # A read-only file system, as in many containers: all works except saving state.
            self.warnings.append(
                f'cannot create "{path}": {error.strerror}; no session or message is saved'
            )
        return path

    def _cwd(self) -> str:
        flag = self.overrides.cwd
        path = self.host.cwd
        if flag is not None:
            path = os.path.realpath(os.path.join(path, flag)) if flag else ""
        if not os.path.isdir(path):
            place = "working directory" if flag is None else "--cd"
            raise ConfigError(f'{place}: expected a directory, got "{path}"')
        return path

    def _source(self, prefix: str, folder: str | None = None) -> Source:
        return Source(prefix=prefix, folder=folder or self.host.cwd, home=self.home)

    def _checked(self, table: dict[str, Any], shape: KeyTable, source: Source) -> dict[str, Any]:
        settings, warnings = check(table, shape, source)
        self.warnings += warnings
        if "sandbox_mode" in settings and "sandbox_permissions" in settings:
            raise ConfigError(
                f"{source.prefix}sandbox_permissions: expected one of sandbox_mode and"
                " sandbox_permissions, got both"
            )
        return settings

    def _file_layer(self, path: str, shape: KeyTable) -> dict[str, Any] | None:
        data = _read(path)
        if data is None:
            return None
        source = self._source(f"{path}: ", os.path.dirname(path))
        return self._checked(_parse_toml(data, path), shape, source)

    def _flag_layer(self) -> dict[str, Any]:
        if not self.overrides.config:
            return {}
        table = parse_assignments(self.overrides.config, _parse_value)
        return self._checked(table, CONFIG, self._source("-c "))

    def _profile_layers(self, name: str, tables: dict[str, Any]) -> list[dict[str, Any]]:
        path = os.path.join(self.codex_home, f"{name}.config.toml")
        is_file_name = name[:1] not in ("", ".") and "/" not in name and "\0" not in name
        file = self._file_layer(path, PROFILE) if is_file_name else None
        layers = [layer for layer in (tables.get(name), file) if layer is not None]
        if not layers:
            known = ", ".join(sorted(tables)) or "none"
            raise ConfigError(
                f'config profile "{name}" not found',
                advice=f"Profiles in {self.config_file}: {known}. A profile is a table"
                f' [profiles.NAME] there or a file NAME.config.toml in "{self.codex_home}".',
            )
        return layers

    def _instructions_file(self) -> str | None:
        path = os.path.join(self.codex_home, "instructions.md")
        try:
            data = _read(path)
        except ConfigError as error:
            self.warnings.append(f"{error}; continuing without it")
            return None
        return None if data is None else data.decode("utf-8", "replace")


def _read(path: str) -> bytes | None:
    """Return the bytes of a file; None if it is missing. Raises: ConfigError."""
    try:
        with open(path, "rb") as file:
            return file.read()
    except (FileNotFoundError, NotADirectoryError):
        return None
    except OSError as error:
        raise ConfigError(f'cannot read "{path}": {error.strerror}') from error


def _required_text(path: str) -> str:
    data = _read(path)
    if data is None:
        raise ConfigError(f'cannot read "{path}" (model_instructions_file): no such file')
    text = data.decode("utf-8", "replace").strip()
    if not text:
        raise ConfigError(f'"{path}" (model_instructions_file) is empty')
    return text


def _parse_toml(data: bytes, path: str) -> dict[str, Any]:
    import tomli

    try:
        return tomli.loads(data.decode("utf-8-sig"))
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise ConfigError(f"{path}: line {line}: not UTF-8") from error
    except tomli.TOMLDecodeError as error:
        raise ConfigError(
            f"{path}: line {error.lineno}, column {error.colno}: {error.msg}"
        ) from error
    except RecursionError as error:
        raise ConfigError(f"{path}: nested too deeply") from error


def _parse_value(text: str) -> Any:
    """Return one value from its TOML text. Raises: ValueError, if `text` is anything else."""
    import tomli

    try:
        table = tomli.loads(f"value = {text}")
    except RecursionError as error:
        raise ValueError("nested too deeply") from error
    if len(table) != 1:
        raise ValueError("more than one value")
    return table["value"]
