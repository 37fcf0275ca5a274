/* Registers the modules linked into the executable as built-in ones, under their import names.
 *
 * A constructor runs before main; the table may be extended only before Py_Initialize. Names with
 * a dot need the finder in build/launcher.py: CPython's own importer of built-in modules looks up
 * top-level names only.
 */
#include <Python.h>

PyMODINIT_FUNC PyInit__cffi_backend(void);
PyMODINIT_FUNC PyInit_msgspec_core(void);
PyMODINIT_FUNC PyInit_orjson(void);
PyMODINIT_FUNC PyInit__landlock_shim(void);

static const struct _inittab modules[] = {
    {"_cffi_backend", PyInit__cffi_backend},
    {"codex._landlock_shim", PyInit__landlock_shim},
    {"msgspec._core", PyInit_msgspec_core},
    {"orjson", PyInit_orjson},
};

__attribute__((constructor)) static void register_modules(void)
{
    for (size_t i = 0; i < sizeof modules / sizeof modules[0]; i++)
        if (PyImport_AppendInittab(modules[i].name, modules[i].initfunc) < 0)
            Py_FatalError("out of memory");
}
