/* The interface to Python (codex/sandbox/linux): rulesets, filters, commands and fork servers.
 *
 * Conventions: 0 or a negative errno; out-parameters last, named ret_, unchanged on failure (except
 * ret_stage); every descriptor close-on-exec; no globals, no output. cffi reads the text between
 * the two cdef lines, so it holds plain declarations only.
 */
#ifndef CODEX_LANDLOCK_SHIM_H
#define CODEX_LANDLOCK_SHIM_H

#include <stddef.h>
#include <stdint.h>

#define SHIM_SERVER_NAME "codex-sandbox-server"

/* cdef begin */

/* The steps of a start. When a call returns an error, ret_stage is the step that failed. */
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
    SHIM_STAGE_EXEC,
    SHIM_STAGE_SERVER,        /* the fork server cannot be reached, or did not answer */
    SHIM_STAGE_NAMESPACES,
    SHIM_STAGE_IDS,
    SHIM_STAGE_NETWORK,
    SHIM_STAGE_DEVICES,
    SHIM_STAGE_PROC,
    SHIM_STAGE_MOUNTS,
    SHIM_STAGE_RULES,
    SHIM_STAGE_FIRST_PROCESS  /* the request was sent, but the process failed or is silent */
} shim_stage;

/* A program to run and the restrictions on it. */
typedef struct {
    const char *path;         /* of the program; PATH is not searched */
    const char *cwd;
    const char *arguments;    /* one after another, each ended by a zero byte */
    size_t n_arguments;
    const char *variables;    /* in the same form, each NAME=value */
    size_t n_variables;
    int stdin_fd;
    int stdout_fd;
    int stderr_fd;
    int outlives_caller;      /* 0: killed when the thread that started it ends */
    int is_sandboxed;         /* 0: the fields below are ignored */
    int ruleset_fd;           /* a Landlock ruleset */
    const void *filter;       /* a seccomp program: an array of struct sock_filter */
    size_t filter_size;       /* in bytes */
    uint64_t kept_capabilities; /* one bit each; the caller's others are dropped */
    int is_supervised;        /* the filter makes some system calls wait for the supervisor; must
                               * be 0 for shim_spawn, whose caller supervises nothing */
} shim_command;

/* A comparison of one argument of a system call: (argument & mask) OP value. */
typedef struct {
    unsigned index;           /* of the argument, from 0 */
    int op;                   /* enum scmp_compare of seccomp.h; only MASKED_EQ uses the mask */
    uint64_t mask;
    uint64_t value;
} shim_comparison;

/* Refuse one system call with an errno when all of the rule's comparisons hold. */
typedef struct {
    const char *name;         /* NULL: the call is given by number */
    int number;
    int refusal;              /* the errno; 0: ask the supervisor */
    unsigned n_comparisons;   /* 3 at most; with 0, they always hold */
    shim_comparison comparisons[3];
} shim_rule;

/* The version of Landlock's ABI, or a negative errno when Landlock is missing or switched off. */
int shim_landlock_abi(void);

/* One bit for each Landlock defect that this kernel has fixed, or a negative errno. */
int shim_landlock_errata(void);

/* Landlock rights for a path and everything below it; for a file, those that apply to folders only
 * are left out. */
typedef struct {
    const char *path;
    uint64_t access;
} shim_grant;

/* Landlock rights for a TCP port. */
typedef struct {
    uint64_t port;
    uint64_t access;
} shim_port;

/* Create a Landlock ruleset that denies every right in the three masks unless it is granted. A path
 * that cannot be opened is skipped. `net` and `scoped` must be 0 where the kernel's ABI lacks them.
 */
int shim_ruleset_create(uint64_t fs, uint64_t net, uint64_t scoped,
                        const shim_grant *grants, size_t n_grants,
                        const shim_port *ports, size_t n_ports, int *ret_fd);

/* Compile rules into a seccomp program that allows what no rule refuses, and kills a process that
 * makes system calls of another architecture. A rule for a call that this architecture lacks is
 * left out; an unknown name is -EINVAL. `architecture` is a number from linux/audit.h, or 0 for the
 * one that we run on; for another one, a rule with a number that libseccomp does not know is left
 * out too. `capacity` and `*ret_size` are in bytes; -EFBIG if the program is not smaller than
 * `capacity`.
 */
int shim_filter_compile(const shim_rule *rules, size_t n_rules, uint32_t architecture,
                        void *program, size_t capacity, size_t *ret_size);

/* Set whether descendants whose parent dies become children of this process. Afterwards SIGCHLD is
 * not ignored. */
int shim_adopt_orphans(int is_on);

/* Start a program in the agent's namespaces. On failure only ret_stage is set. ret_pidfd is -1
 * before Linux 5.2. */
int shim_spawn(const shim_command *command, int *ret_pid, int *ret_pidfd, int *ret_stage);

/* The settings of a fork server; see shim_server_start. */
typedef struct {
    int shares_network;       /* commands see the agent's network; 0: their own, loopback only */
    int shares_memory;        /* commands see the agent's /dev/shm; 0: their own */
    int hides_run;            /* commands see an empty /run */
    const uint32_t *ids;      /* file owners that a command can tell apart: pairs of user, group */
    size_t n_ids;             /* number of pairs, 64 at most; the first is the caller's own */
} shim_server_config;

typedef enum { SHIM_WRITABLE = 1, SHIM_READ_ONLY, SHIM_PINNED } shim_place_kind;

/* A file or folder and how a command sees it. A pinned one cannot be moved away. */
typedef struct {
    const char *path;
    int kind;                 /* a shim_place_kind */
} shim_place;

/* The files as a command of a fork server sees them. Everything outside the places is read-only,
 * unless is_writable is set. */
typedef struct {
    const shim_place *places; /* outer places before inner ones */
    size_t n_places;
    int is_writable;          /* 1: only places of kind SHIM_READ_ONLY are read-only */
    const shim_grant *grants; /* for paths in the namespaces only; added to the command's ruleset */
    size_t n_grants;
} shim_view;

/* Start a fork server: the program at `path`, run under the name SHIM_SERVER_NAME. It makes its
 * namespaces and tries everything that a command will need. On failure only ret_stage is set, to
 * what is unavailable. The server ends when all copies of ret_fd are closed.
 */
int shim_server_start(const char *path, const shim_server_config *config,
                      int *ret_pid, int *ret_fd, int *ret_stage);

/* A report from the first process of a command. */
typedef struct {
    int status;               /* the command's wait status */
    int is_last;              /* nothing that the command started is left, either */
} shim_end;

/* Like shim_spawn, but in a server's namespaces. ret_pidfd refers to the first process of a new
 * process namespace: it runs the command, and every other process in the namespace ends with it. It
 * passes SIGTERM on to all the others, and SIGINT, SIGHUP, SIGQUIT, SIGWINCH, SIGUSR1 and SIGUSR2
 * to the command's process group. ret_link delivers a shim_end when the command is over and,
 * unless that one has is_last set, another when nothing is left. The first process ends then, or
 * when all copies of ret_link are closed. is_sandboxed and outlives_caller are ignored: the command
 * is always sandboxed, and ends with the first process.
 *
 * With SHIM_STAGE_SERVER, the request did not reach the server, and nothing was started.
 */
int shim_server_spawn(int server_fd, const shim_command *command, const shim_view *view,
                      int *ret_pidfd, int *ret_link, int *ret_stage);

/* cdef end */

#endif
