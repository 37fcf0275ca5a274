/* What codex/sandbox/spawn.py calls: rules, filters, and a child made under them.
 *
 * Conventions: 0 or a negative errno; out-parameters last, named ret_, untouched on failure; every
 * descriptor close-on-exec; no globals, no output. The text between the two cdef lines is also
 * what cffi reads, so it holds plain declarations only.
 */
#ifndef CODEX_LANDLOCK_SHIM_H
#define CODEX_LANDLOCK_SHIM_H

#include <stddef.h>
#include <stdint.h>

/* cdef begin */

/* How far a child came; what failed when shim_spawn returns an error. */
typedef enum {
    SHIM_STAGE_CLONE = 1,
    SHIM_STAGE_SESSION,
    SHIM_STAGE_STDIO,
    SHIM_STAGE_CWD,
    SHIM_STAGE_DESCRIPTORS,
    SHIM_STAGE_LIMITS,
    SHIM_STAGE_CAPABILITIES,
    SHIM_STAGE_NO_NEW_PRIVS,
    SHIM_STAGE_LANDLOCK,
    SHIM_STAGE_SECCOMP,
    SHIM_STAGE_EXEC
} shim_stage;

/* A program to run, and under what. */
typedef struct {
    const char *path;         /* of the program; nothing is searched here */
    const char *cwd;
    const char *arguments;    /* each ends with a zero byte */
    size_t n_arguments;
    const char *variables;    /* likewise, as NAME=value */
    size_t n_variables;
    int stdin_fd;
    int stdout_fd;
    int stderr_fd;
    int is_sandboxed;         /* 0: the fields below are not looked at */
    int ruleset_fd;           /* Landlock's */
    const void *filter;       /* seccomp's: an array of struct sock_filter */
    size_t filter_size;       /* in bytes */
    uint64_t kept_capabilities; /* of those the caller has; a bit each */
} shim_command;

/* One comparison of a system call's argument: (argument & mask) OP value. */
typedef struct {
    unsigned index;
    int op;                   /* enum scmp_compare of seccomp.h; the mask only counts for MASKED_EQ */
    uint64_t mask;
    uint64_t value;
} shim_comparison;

/* Refuse one system call with an errno, when all of its comparisons hold. */
typedef struct {
    const char *name;         /* NULL: number says which */
    int number;
    int refusal;              /* the errno */
    unsigned n_comparisons;
    shim_comparison comparisons[3];
} shim_rule;

/* The kernel's Landlock ABI, or a negative errno when it has none or has it switched off. */
int shim_landlock_abi(void);

/* A bit for each defect that this kernel's Landlock has mended, or a negative errno. */
int shim_landlock_errata(void);

/* Rights for a path and all below it; for a file, of those that files have. */
typedef struct {
    const char *path;
    uint64_t access;
} shim_grant;

/* A ruleset that denies what it handles, less the grants. A path that cannot be opened is passed
 * over. The other two masks must be 0 where the kernel's ABI does not know them.
 */
int shim_ruleset_create(uint64_t fs, uint64_t net, uint64_t scoped,
                        const shim_grant *grants, size_t n_grants, int *ret_fd);

/* Compile rules into a program that allows what no rule refuses, and kills a process that makes
 * system calls of another architecture. A rule for a call that this architecture does not have is
 * left out; a name that nobody knows is -EINVAL.
 */
int shim_filter_compile(const shim_rule *rules, size_t n_rules,
                        void *program, size_t capacity, size_t *ret_size);

/* Whether descendants whose parent dies become children of this process; SIGCHLD is not ignored
 * from then on. */
int shim_adopt_orphans(int is_on);

/* Start a program. On failure ret_stage, alone, says where. ret_pidfd is -1 before Linux 5.2. */
int shim_spawn(const shim_command *command, int *ret_pid, int *ret_pidfd, int *ret_stage);

/* cdef end */

#endif
