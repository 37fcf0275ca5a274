/* Start a program in a sandbox, from a process with many threads and a lot of memory.
 *
 * The child is made by clone(CLONE_VM | CLONE_VFORK): it borrows the caller's memory until execve,
 * so its cost does not grow with the caller, and only the calling thread waits. Between clone and
 * execve the child makes system calls and nothing else: no allocation, no lock, no Python. Because
 * it shares the caller's memory, it reports a failure by writing into the caller's stack frame (as
 * glibc's posix_spawn does), and needs no pipe. A Landlock domain and a seccomp filter belong to a
 * task, not to its memory, so the caller stays unrestricted.
 */
#define _GNU_SOURCE
#include "child.h"
#include "kernel.h"

#include <errno.h>
#include <linux/capability.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>

#ifndef CLONE_PIDFD
#define CLONE_PIDFD 0x00001000
#endif
/* Bit 5, WAIT_KILLABLE_RECV: only a fatal signal ends a call that the supervisor is working on. */
#define LISTENER_FLAGS (SECCOMP_FILTER_FLAG_NEW_LISTENER | 1UL << 5)

#define N_SIGNALS 64
#define CHILD_STACK_SIZE 16384

struct child {
    const shim_command *command;
    char **argv;
    char **envp;
    pid_t parent;
    volatile int listener;
    volatile int stage;
    volatile int error;
};

/* The functions from here to child_main run in the child. They return 0, or -1 with errno set. */

static int leave_parent(const struct child *child) {
    if (setsid() < 0)
        return -1;
    if (child->command->outlives_caller)
        return 0;
    /* The command must not outlive the caller. Its children may: only the command gets the signal.
     * The kernel sends it when the thread that called clone ends, so that thread must stay. */
    if (prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0) < 0)
        return -1;
    if (getppid() != child->parent) {
        errno = ESRCH; /* the caller died before prctl took effect */
        return -1;
    }
    return 0;
}

static int reset_signals(void) {
    /* All zeros: SIG_DFL, no flags and nothing blocked, in every layout of the kernel's structure.
     * The bare system call is needed because glibc hides the two signals that it uses itself. */
    static const unsigned long long kernel_default[4];
    sigset_t none;

    for (int number = 1; number <= N_SIGNALS; number++)
        if (number != SIGKILL && number != SIGSTOP)
            (void) syscall(SYS_rt_sigaction, number, kernel_default, NULL, N_SIGNALS / 8);
    sigemptyset(&none);
    return sigprocmask(SIG_SETMASK, &none, NULL);
}

static int connect_stdio(const shim_command *command) {
    int wanted[3] = { command->stdin_fd, command->stdout_fd, command->stderr_fd };

    /* Copy the descriptors to 3 or above first: if the caller's own stdio is closed, its pipes may
     * be numbered 0 to 2. */
    for (int i = 0; i < 3; i++) {
        wanted[i] = fcntl(wanted[i], F_DUPFD_CLOEXEC, 3);
        if (wanted[i] < 0)
            return -1;
    }
    for (int i = 0; i < 3; i++)
        if (dup2(wanted[i], i) < 0)
            return -1;
    return 0;
}

static int close_others_on_exec(void) {
    struct rlimit limit;

    if (syscall(SYS_close_range, 3U, ~0U, RANGE_CLOEXEC) == 0)
        return 0;
    if (errno != ENOSYS && errno != EINVAL)
        return -1;
    /* Linux before 5.11, which has no Landlock either: only unsandboxed commands get here. */
    if (getrlimit(RLIMIT_NOFILE, &limit) < 0)
        return -1;
    for (rlim_t fd = 3; fd < limit.rlim_cur; fd++)
        (void) fcntl((int) fd, F_SETFD, FD_CLOEXEC);
    return 0;
}

int drop_capabilities(uint64_t kept) {
    struct __user_cap_header_struct header = { _LINUX_CAPABILITY_VERSION_3, 0 };
    struct __user_cap_data_struct sets[2];

    if (prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0) < 0)
        return -1;
    /* EPERM: we may not drop any, but under no_new_privs a program cannot regain what is in the
     * bounding set. EINVAL: past the kernel's last capability. */
    for (int capability = 0; capability < 64; capability++)
        if (!(kept >> capability & 1) && prctl(PR_CAPBSET_DROP, capability, 0, 0, 0) < 0) {
            if (errno == EINVAL || errno == EPERM)
                break;
            return -1;
        }
    if (syscall(SYS_capget, &header, sets) < 0)
        return -1;
    for (int i = 0; i < 2; i++) {
        sets[i].permitted &= (uint32_t) (kept >> 32 * i);
        sets[i].effective = sets[i].permitted;
        sets[i].inheritable = 0;
    }
    return (int) syscall(SYS_capset, &header, sets);
}

static int restrict_to_ruleset(const shim_command *command) {
    return (int) syscall(SYS_landlock_restrict_self, command->ruleset_fd, 0);
}

static int install_filter(struct child *child) {
    const shim_command *command = child->command;
    unsigned long flags = command->is_supervised ? LISTENER_FLAGS : 0;
    struct sock_fprog program = {
        .len = (unsigned short) (command->filter_size / sizeof(struct sock_filter)),
        .filter = (struct sock_filter *) command->filter,
    };

    long r = syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, flags, &program);

    if (r < 0)
        return -1;
    if (command->is_supervised)
        child->listener = (int) r;
    return 0;
}

static int child_main(void *argument) {
    struct child *child = argument;
    const shim_command *command = child->command;
    const struct rlimit no_core = { 0, 0 };

    child->stage = SHIM_STAGE_SESSION;
    if (leave_parent(child) < 0 || reset_signals() < 0)
        goto fail;
    child->stage = SHIM_STAGE_STDIO;
    if (connect_stdio(command) < 0)
        goto fail;
    child->stage = SHIM_STAGE_CWD;
    if (chdir(command->cwd) < 0)
        goto fail;
    child->stage = SHIM_STAGE_DESCRIPTORS;
    if (close_others_on_exec() < 0)
        goto fail;
    if (command->is_sandboxed) {
        child->stage = SHIM_STAGE_LIMITS;
        if (setrlimit(RLIMIT_CORE, &no_core) < 0)
            goto fail;
        child->stage = SHIM_STAGE_CAPABILITIES;
        if (drop_capabilities(command->kept_capabilities) < 0)
            goto fail;
        child->stage = SHIM_STAGE_NO_NEW_PRIVS;
        if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0)
            goto fail;
        child->stage = SHIM_STAGE_LANDLOCK;
        if (restrict_to_ruleset(command) < 0)
            goto fail;
        child->stage = SHIM_STAGE_SECCOMP;
        if (install_filter(child) < 0) /* last: the filter may refuse the calls above */
            goto fail;
    }
    child->stage = SHIM_STAGE_EXEC;
    execve(command->path, child->argv, child->envp);
fail:
    child->error = errno;
    _exit(127);
}

/* Make argv, which is returned, and envp for execve in one allocation; the child must not allocate.
 * NULL: no memory. */
static char **point_at_texts(const shim_command *command, char ***ret_envp) {
    size_t n = command->n_arguments + command->n_variables + 2;
    char **vector = calloc(n, sizeof *vector);
    const char *text = command->arguments;

    if (!vector)
        return NULL;
    for (size_t i = 0; i < command->n_arguments; i++, text += strlen(text) + 1)
        vector[i] = (char *) text;
    text = command->variables;
    *ret_envp = vector + command->n_arguments + 1;
    for (size_t i = 0; i < command->n_variables; i++, text += strlen(text) + 1)
        (*ret_envp)[i] = (char *) text;
    return vector;
}

int child_start(const shim_command *command, child_ids *ret, int *ret_stage) {
    _Alignas(16) char stack[CHILD_STACK_SIZE]; /* the child's; this thread sleeps meanwhile */
    struct child child = { .command = command, .parent = getpid(), .listener = -1,
                           .stage = SHIM_STAGE_CLONE };
    int flags = CLONE_VM | CLONE_VFORK | CLONE_PIDFD | SIGCHLD;
    sigset_t all, before;
    int pid = -1, pidfd = -1, r = -ENOMEM;

    if (command->is_supervised)
        flags |= CLONE_FILES;
    child.argv = point_at_texts(command, &child.envp);
    if (!child.argv)
        goto fail;
    /* A signal handler of the caller must not run in the child, on the caller's memory. */
    sigfillset(&all);
    r = -pthread_sigmask(SIG_SETMASK, &all, &before);
    if (r < 0)
        goto fail;
    pid = clone(child_main, stack + sizeof stack, flags, &child, &pidfd);
    r = pid < 0 ? -errno : -child.error;
    (void) pthread_sigmask(SIG_SETMASK, &before, NULL);
    if (r < 0)
        goto fail;
    free(child.argv);
    *ret = (child_ids) { pid, pidfd, child.listener };
    return 0;
fail:
    free(child.argv);
    if (pid > 0)
        (void) waitpid(pid, NULL, 0);
    if (pidfd >= 0)
        close(pidfd);
    *ret_stage = child.stage;
    return r;
}
