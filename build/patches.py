"""Patches for the sources of other projects: each replaces a text that must occur exactly once.

The versions are pinned, so a text that is missing means that a pin was changed: check the patch.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from console import BuildError

if TYPE_CHECKING:
    from pathlib import Path


class Patch(NamedTuple):
    """One replacement in one file."""

    file: str
    """Path relative to the folder that `apply` is given."""
    old: str
    """Text that must occur exactly once in the file."""
    new: str
    """Text that replaces it; empty to remove it."""


UNUSED_MODULES = (
    *("cgi", "cgitb", "chunk", "cmd", "code", "codeop", "colorsys", "configparser", "fileinput"),
    *("filecmp", "ftplib", "getopt", "graphlib", "imaplib", "imghdr", "imp", "mailcap", "netrc"),
    *("modulefinder", "nturl2path", "pickletools", "pipes", "poplib", "pstats", "pyclbr", "sched"),
    *("rlcompleter", "sndhdr", "socketserver", "symtable", "timeit", "tomllib", "trace", "uu"),
    *("webbrowser", "xdrlib", "_aix_support", "_bootsubprocess", "_osx_support", "_pyio"),
)
"""Modules of the standard library to leave out of the executable."""

NUITKA = (
    # The linker's options name files of the tree, whose path may contain a space.
    Patch(
        "nuitka/build/SconsCompilerSettings.py",
        "        env.Append(LINKFLAGS=env.ld_flags.split())\n",
        "        import shlex\n\n        env.Append(LINKFLAGS=shlex.split(env.ld_flags))\n",
    ),
    # Nuitka teaches `inspect` about its own function types, and imports that module at every start
    # to do so: 10 ms. Doing it right after the module is first imported is enough.
    Patch(
        "nuitka/build/static_src/MainProgram.c",
        "    patchInspectModule(tstate);\n",
        "",
    ),
    Patch(
        "nuitka/build/static_src/MetaPathBasedLoader.c",
        "            loadPostLoadCode(tstate, module_name, name, result, entry);\n",
        "            loadPostLoadCode(tstate, module_name, name, result, entry);\n"
        '            if (strcmp(name, "inspect") == 0) {\n'
        "                patchInspectModule(tstate);\n"
        "            }\n",
    ),
    # All lexers and styles of pygments are 3 MB; codex/tui/drawing/highlight.py names what it uses.
    Patch(
        "nuitka/plugins/standard/standard.nuitka-package.config.yml",
        "- module-name: 'pygments.lexers' # checksum: 1851bf53\n"
        "  implicit-imports:\n    - depends:\n        - '.*'\n\n"
        "- module-name: 'pygments.styles' # checksum: 1851bf53\n"
        "  implicit-imports:\n    - depends:\n        - '.*'\n\n",
        "",
    ),
    # Modules of the standard library that Nuitka adds unasked and nothing here imports. The whole
    # executable is read at start, so each module costs memory, too.
    Patch(
        "nuitka/importing/StandardLibrary.py",
        '    "optparse",\n',
        '    "optparse",\n' + "".join(f'    "{name}",\n' for name in UNUSED_MODULES),
    ),
    # At every start, Nuitka walks through all bytecode to find where each module's begins, and so
    # maps all 9 MiB of it. Its tables already have the lengths.
    Patch(
        "nuitka/code_generation/templates/CodeTemplatesLoader.py",
        '        loadConstantsBlob(tstate, bytecode_data, ".bytecode");\n',
        "        static int sizes[%(bytecode_count)d];\n"
        "        for (int i = 0; i < %(entry_count)d && meta_path_loader_entries[i]; i++)\n"
        "            if (meta_path_loader_entries[i]->flags & NUITKA_BYTECODE_FLAG)\n"
        "                sizes[meta_path_loader_entries[i]->bytecode_index] =\n"
        "                    meta_path_loader_entries[i]->bytecode_size;\n"
        "        nuitka_bytecode_sizes = sizes;\n"
        '        loadConstantsBlob(tstate, bytecode_data, ".bytecode");\n',
    ),
    Patch(
        "nuitka/code_generation/templates/CodeTemplatesLoader.py",
        "static void _loadBytesCodesBlob(PyThreadState *tstate) {\n",
        "extern int const *nuitka_bytecode_sizes;\n\n"
        "static void _loadBytesCodesBlob(PyThreadState *tstate) {\n",
    ),
    Patch(
        "nuitka/build/static_src/HelpersConstantsBlob.c",
        "void loadConstantsBlob(PyThreadState *tstate, void *output, char const *name) {\n",
        "int const *nuitka_bytecode_sizes = NULL;\n\n"
        "void loadConstantsBlob(PyThreadState *tstate, void *output, char const *name) {\n",
    ),
    Patch(
        "nuitka/build/static_src/HelpersConstantsBlob.c",
        "    unpackBlobConstants(tstate, output, w);\n}\n",
        '    if (strcmp(name, ".bytecode") == 0) {\n'
        "        int count = (int)unpackValueUint16(&w);\n\n"
        "        for (int i = 0; i < count; i++) {\n"
        "            unsigned int size = (unsigned int)nuitka_bytecode_sizes[i];\n\n"
        "            /* A tag, the length in groups of seven bits, the code. */\n"
        "            w += 2;\n"
        "            for (unsigned int left = size >> 7; left != 0; left >>= 7)\n"
        "                w += 1;\n"
        "            ((unsigned char const **)output)[i] = w;\n"
        "            w += size;\n"
        "        }\n"
        "        return;\n"
        "    }\n"
        "    unpackBlobConstants(tstate, output, w);\n}\n",
    ),
    # Nuitka decodes its own path by the locale, and aborts when neither the user's locale nor
    # C.UTF-8 is installed, as in an empty root or an old distribution. CPython's own decoder needs
    # no locale.
    Patch(
        "nuitka/build/static_src/HelpersSafeStrings.c",
        "void appendStringSafeW(wchar_t *target, char const *source, size_t buffer_size) {\n",
        "extern wchar_t *_Py_DecodeUTF8_surrogateescape(char const *, Py_ssize_t, size_t *);\n"
        "void appendStringSafeW(wchar_t *target, char const *source, size_t buffer_size) {\n",
    ),
    Patch(
        "nuitka/build/static_src/HelpersSafeStrings.c",
        '    locale_t env_locale = newlocale(LC_CTYPE_MASK, "", (locale_t)0);\n',
        "    wchar_t *decoded = _Py_DecodeUTF8_surrogateescape(source, strlen(source), NULL);\n"
        "    if (decoded != NULL && wcslen(decoded) < buffer_size) {\n"
        "        wcscpy(target, decoded);\n"
        "        converted = true;\n"
        "    }\n"
        "    PyMem_RawFree(decoded);\n"
        "    locale_t env_locale = (locale_t)0;\n",
    ),
    # Nuitka's "isolated" still lets PYTHONVERBOSE and other variables through.
    Patch(
        "nuitka/build/static_src/MainProgram.c",
        "        preconfig.parse_argv = 0;\n",
        "        preconfig.parse_argv = 0;\n        preconfig.use_environment = 0;\n",
    ),
    Patch(
        "nuitka/build/static_src/MainProgram.c",
        "    config.install_signal_handlers = 1;\n",
        "    config.install_signal_handlers = 1;\n    config.use_environment = 0;\n",
    ),
    # The arguments are UTF-8 too, so the locale's files need not be read.
    Patch(
        "nuitka/build/static_src/MainProgram.c",
        '    setlocale(LC_ALL, "");\n\n    for (int i = 0; i < argc; i++) {\n',
        "    for (int i = 0; i < argc; i++) {\n",
    ),
)

STDLIB = (
    # uuid imports platform only to detect Linux: 1 ms. msgspec and orjson import uuid.
    Patch(
        "uuid.py",
        "    import platform\n    _platform_system = platform.system()\n"
        "    _AIX     = _platform_system == 'AIX'\n    _LINUX   = _platform_system == 'Linux'\n",
        "    _AIX     = False\n    _LINUX   = True\n",
    ),
)

ORJSON = (
    # orjson looks up dataclasses when it is imported, which loads inspect, ast, dis and tokenize:
    # 6 ms. The first dataclass that is serialized is early enough; nothing here serializes one.
    Patch(
        "src/typeref.rs",
        '        FIELD_TYPE = look_up_type_object(c"dataclasses", c"_FIELD");\n',
        "",
    ),
    Patch(
        "src/typeref.rs",
        "unsafe fn look_up_type_object(",
        "pub(crate) unsafe fn look_up_type_object(",
    ),
    Patch(
        "src/serialize/writer/container.rs",
        "        let mut repeating = false;\n        for (attr, field) in map_iter {\n",
        "        unsafe {\n"
        "            use crate::typeref::look_up_type_object;\n"
        "            if FIELD_TYPE.is_null() {\n"
        '                FIELD_TYPE = look_up_type_object(c"dataclasses", c"_FIELD");\n'
        "            }\n"
        "        }\n"
        "        let mut repeating = false;\n        for (attr, field) in map_iter {\n",
    ),
)

LAZY_MODULES = """

def __getattr__(name):
    if name in {names}:
        import importlib

        return {value}
    raise AttributeError(f"module {{__name__!r}} has no attribute {{name!r}}")
"""
"""Template of code that imports some attributes of a module when they are first used. `names` is an
expression for the collection of their names, `value` one for the value of the attribute `name`."""

LAZY_PATTERNS = """class _LazyPattern:
    def __init__(self, pattern, flags=0):
        self._arguments = pattern, flags

    def __getattr__(self, name):
        import re

        return getattr(re.compile(*self._arguments), name)


class re:
    compile = _LazyPattern
    DOTALL, UNICODE = 16, 32


"""
"""Stand-in for the module `re` in a file that makes patterns at import and rarely uses them. It
compiles a pattern when it is used; `re.compile` caches the result."""

LAZY_WIDTHS = {
    "center": "align",
    "clip": "_clip",
    "iter_sequences": "escape_sequences",
    "ljust": "align",
    "propagate_sgr": "sgr_state",
    "rjust": "align",
    "strip_sequences": "escape_sequences",
    "width": "_width",
    "wrap": "textwrap",
}
"""Names that the package wcwidth exports, each with the module that defines it."""

PACKAGES = (
    # Only msgspec's JSON and Structs are used; the rest, and JSON Schema, cost 2 ms at every start.
    Patch(
        "msgspec/__init__.py",
        "from . import inspect, json, msgpack, structs, toml, yaml\n",
        "from . import json, structs\n"
        + LAZY_MODULES.format(
            names='("inspect", "msgpack", "toml", "yaml")',
            value='importlib.import_module("." + name, __name__)',
        ),
    ),
    Patch(
        "msgspec/json.py",
        "from ._json_schema import schema, schema_components\n",
        LAZY_MODULES.format(
            names='("schema", "schema_components")',
            value='getattr(importlib.import_module("msgspec._json_schema"), name)',
        ),
    ),
    # The full grammar of URLs takes 4 ms to compile, and only proxies and TLS use it.
    Patch(
        "urllib3/util/url.py",
        "import re\nimport typing\n",
        "import typing\n",
    ),
    Patch(
        "urllib3/util/url.py",
        "# We only want to normalize urls with an HTTP(S) scheme.\n",
        f"{LAZY_PATTERNS}# We only want to normalize urls with an HTTP(S) scheme.\n",
    ),
    # importlib.metadata costs 12 ms (zipfile, tempfile, csv ...) and is used only to check for
    # HTTP/2 support, which is never switched on here.
    Patch(
        "urllib3/http2/__init__.py",
        "from importlib.metadata import version\n",
        "",
    ),
    Patch(
        "urllib3/http2/__init__.py",
        '    h2_version = version("h2")\n',
        '    from importlib.metadata import version\n\n    h2_version = version("h2")\n',
    ),
    # Importing any module of the package would load all of prompt_toolkit (dialogs, progress bars,
    # prompts): 10 ms.
    Patch(
        "prompt_toolkit/__init__.py",
        "from .formatted_text import ANSI, HTML\n"
        "from .shortcuts import PromptSession, choice, print_formatted_text, prompt\n",
        "",
    ),
    # The XML parser serves formatted text in HTML, which is never used here: 2 ms.
    Patch(
        "prompt_toolkit/formatted_text/html.py",
        "import xml.dom.minidom as minidom\n",
        "",
    ),
    Patch(
        "prompt_toolkit/formatted_text/html.py",
        "        document = minidom.parseString(",
        "        from xml.dom import minidom\n\n        document = minidom.parseString(",
    ),
    # Every application makes the key bindings of vi, even if it does not use that mode: 5 ms.
    Patch(
        "prompt_toolkit/key_binding/defaults.py",
        "from prompt_toolkit.key_binding.bindings.vi import (\n"
        "    load_vi_bindings,\n    load_vi_search_bindings,\n)\n",
        "",
    ),
    Patch(
        "prompt_toolkit/key_binding/defaults.py",
        "            load_vi_bindings(),\n            load_vi_search_bindings(),\n",
        "",
    ),
    # Only widths and graphemes are used; clipping, wrapping and links cost 8 ms.
    Patch(
        "wcwidth/__init__.py",
        "from ._clip import clip\n",
        f"LAZY = {LAZY_WIDTHS!r}\n"
        + LAZY_MODULES.format(
            names="LAZY",
            value='getattr(importlib.import_module("wcwidth." + LAZY[name]), name)',
        ),
    ),
    Patch(
        "wcwidth/__init__.py",
        "from .textwrap import SequenceTextWrapper, wrap\n"
        "from .hyperlink import Hyperlink, HyperlinkParams\n",
        "",
    ),
    Patch(
        "wcwidth/__init__.py",
        "from .text_sizing import TextSizing, TextSizingParams\n",
        "",
    ),
    Patch("wcwidth/__init__.py", "from .escape_sequences import iter_sequences\n", ""),
    Patch(
        "wcwidth/__init__.py",
        "    from .align import ljust, rjust, center\n    from ._width import width\n",
        "",
    ),
    Patch(
        "wcwidth/__init__.py",
        "    from .sgr_state import propagate_sgr\n"
        "    from .escape_sequences import strip_sequences\n",
        "",
    ),
)


def apply(patches: tuple[Patch, ...], folder: Path) -> None:
    """Apply `patches` to the files below `folder`.

    Raises: BuildError, when a text to replace does not occur exactly once.
    """
    for patch in patches:
        path = folder / patch.file
        text = path.read_text(encoding="utf-8")
        if (found := text.count(patch.old)) != 1:
            raise BuildError(
                f"patching '{path}': {patch.old.strip()!r} occurs {found} times, not once\n"
                "The pinned version has changed: adapt build/patches.py to it."
            )
        path.write_text(text.replace(patch.old, patch.new), encoding="utf-8")
