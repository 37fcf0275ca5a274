/* What codex/sandbox/linux/spawn.py calls: rules, filters, and a child made under them.
 *
 * Conventions: 0 or a negative errno; out-parameters last, named ret_, untouched on failure; every
 * descriptor close-on-exec; no globals, no output. The text between the two cdef lines is also
 * what cffi reads, so it holds plain declarations only.
 */
#ifndef CODEX_LANDLOCK_SHIM_H
#define CODEX_LANDLOCK_SHIM_H

#include <stddef.h>
#include <stdint.h>

#define SHIM_SERVER_NAME "codex-sandbox-server"

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
    SHIM_STAGE_EXEC,
    SHIM_STAGE_SERVER,        /* it cannot be reached, or gave no answer */
    SHIM_STAGE_NAMESPACES,
    SHIM_STAGE_IDS,
    SHIM_STAGE_NETWORK,
    SHIM_STAGE_DEVICES,
    SHIM_STAGE_PROC,
    SHIM_STAGE_MOUNTS,
    SHIM_STAGE_RULES,
    SHIM_STAGE_FIRST_PROCESS  /* took the command, and could not tell what became of it */
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
    int outlives_caller;      /* 0: killed when the thread that started it ends */
    int is_sandboxed;         /* 0: the fields below are not looked at */
    int ruleset_fd;           /* Landlock's */
    const void *filter;       /* seccomp's: an array of struct sock_filter */
    size_t filter_size;       /* in bytes */
    uint64_t kept_capabilities; /* of those the caller has; a bit each */
    int is_supervised;        /* some calls of the filter wait for an answer */
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
    int refusal;              /* the errno; 0: ask the supervisor */
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

/* Rights for a TCP port. */
typedef struct {
    uint64_t port;
    uint64_t access;
} shim_port;

/* A ruleset that denies what it handles, less the grants. A path that cannot be opened is passed
 * over. The other two masks must be 0 where the kernel's ABI does not know them.
 */
int shim_ruleset_create(uint64_t fs, uint64_t net, uint64_t scoped,
                        const shim_grant *grants, size_t n_grants,
                        const shim_port *ports, size_t n_ports, int *ret_fd);

/* Compile rules into a program that allows what no rule refuses, and kills a process that makes
 * system calls of another architecture. A rule for a call that this architecture does not have is
 * left out; a name that nobody knows is -EINVAL. The architecture is a number of linux/audit.h, or
 * 0 for the one that we run on; for another, a number that libseccomp does not know is left out.
 */
int shim_filter_compile(const shim_rule *rules, size_t n_rules, uint32_t architecture,
                        void *program, size_t capacity, size_t *ret_size);

/* Whether descendants whose parent dies become children of this process; SIGCHLD is not ignored
 * from then on. */
int shim_adopt_orphans(int is_on);

/* Start a program. On failure ret_stage, alone, says where. ret_pidfd is -1 before Linux 5.2. */
int shim_spawn(const shim_command *command, int *ret_pid, int *ret_pidfd, int *ret_stage);

/* What a fork server is to be; see shim_server_start. */
typedef struct {
    int shares_network;       /* with us; 0: it has one of its own, with nothing but loopback */
    int shares_memory;        /* /dev/shm is ours; 0: its own */
    int hides_run;            /* /run is empty */
    const uint32_t *ids;      /* whose files a command can tell apart: pairs of user and group */
    size_t n_ids;             /* the first pair is the caller's own */
} shim_server_config;

typedef enum { SHIM_WRITABLE = 1, SHIM_READ_ONLY, SHIM_PINNED } shim_place_kind;

/* A file or folder and how a command sees it; SHIM_PINNED cannot be moved away. */
typedef struct {
    const char *path;
    int kind;
} shim_place;

/* The files as a command of a fork server sees them. All that is not in a place is read-only. */
typedef struct {
    const shim_place *places; /* the outer before the inner */
    size_t n_places;
    int is_writable;          /* nothing is made read-only but places of that kind */
    const shim_grant *grants; /* for what is there only inside, added to the command's ruleset */
    size_t n_grants;
} shim_view;

/* Start a fork server: the program at `path` run under the name of SHIM_SERVER_NAME. It makes
 * namespaces and tries out all that a command will need. On failure ret_stage, alone, says what is
 * not to be had. It ends when ret_fd is closed everywhere.
 */
int shim_server_start(const char *path, const shim_server_config *config,
                      int *ret_pid, int *ret_fd, int *ret_stage);

/* What the first process of a command tells. */
typedef struct {
    int status;               /* the command's wait status */
    int is_last;              /* nothing is left of what the command started, either */
} shim_end;

/* As shim_spawn, in the namespaces of a server. ret_pidfd is the first process of a process
 * namespace: it runs the command, and all that is in it ends with it. SIGTERM to it goes to all the
 * others. ret_link gives a shim_end when the command is over and, if that was not the last, another
 * when nothing is left. The process ends then, or when ret_link is closed everywhere.
 *
 * SHIM_STAGE_SERVER: the server is not there, and nothing was started.
 */
int shim_server_spawn(int server_fd, const shim_command *command, const shim_view *view,
                      int *ret_pidfd, int *ret_link, int *ret_stage);

/* cdef end */

#endif
