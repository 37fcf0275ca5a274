/* The first process of a command's process namespace: it starts the command and reaps every process
 * that ends. When it ends itself, every process left in the namespace ends with it.
 *
 * It ends when no other process is left, when the agent dies or closes its end of the link, and
 * when the agent kills it. It is not sandboxed itself, so no process of the command may trace it,
 * read its memory or signal it: it is not dumpable, Landlock separates them from it, and it ignores
 * signals from inside the namespace.
 */
#define _GNU_SOURCE
#include "init.h"
#include "child.h"
#include "kernel.h"
#include "mounts.h"
#include "request.h"
#include "rules.h"
#include "supervisor.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/wait.h>

#define MAX_PROCESSES 4096 /* counted in the user namespace only */
#define CAP_SYS_PTRACE_BIT (1ULL << 19)

static void limit_processes(void) {
    struct rlimit limit;

    if (getrlimit(RLIMIT_NPROC, &limit) < 0 || limit.rlim_max < MAX_PROCESSES)
        return;
    limit.rlim_cur = limit.rlim_max = MAX_PROCESSES;
    (void) setrlimit(RLIMIT_NPROC, &limit);
}

/* Return the command's standard input: the descriptor `given` or, if that is the agent's null
 * device, the null device of the command's tree. The agent's is not on a read-only mount, so the
 * command could change its mode. */
static int open_nothing(int given) {
    struct stat found;
    int fd;

    if (fstat(given, &found) == 0
        && !(S_ISCHR(found.st_mode) && found.st_rdev == makedev(1, 3)))
        return given;
    fd = open("/dev/null", O_RDONLY | O_CLOEXEC);
    return fd < 0 ? given : fd;
}

static int start(const int *fds, child_ids *ret, int *ret_stage) {
    shim_command command;
    shim_view view;
    int r;

    *ret_stage = SHIM_STAGE_FIRST_PROCESS;
    r = request_unpack(fds[REQUEST_FILE], &command, &view);
    if (r < 0)
        return r;
    r = mounts_enter(&view, ret_stage);
    if (r < 0)
        return r;
    *ret_stage = SHIM_STAGE_RULES;
    for (size_t i = 0; i < view.n_grants; i++) {
        r = rules_add(fds[REQUEST_RULESET], &view.grants[i]);
        if (r < 0)
            return r;
    }
    command.stdin_fd = open_nothing(fds[REQUEST_STDIN]);
    command.stdout_fd = fds[REQUEST_STDOUT];
    command.stderr_fd = fds[REQUEST_STDERR];
    command.ruleset_fd = fds[REQUEST_RULESET];
    limit_processes();
    return child_start(&command, ret, ret_stage);
}

/* Close all descriptors but these three, which move to the lowest numbers; -1 means absent. They
 * come in above 2, because the server's socket and the command's stdio occupy 0 to 2. */
static int keep_only(int *link, int *signals, int *listener) {
    int *kept[] = { link, signals, listener };
    int n = 0;

    for (int i = 0; i < 3; i++)
        if (*kept[i] >= 0) {
            if (dup3(*kept[i], n, O_CLOEXEC) < 0)
                return -1;
            *kept[i] = n++;
        }
    return (int) syscall(SYS_close_range, (unsigned) n, ~0U, 0);
}

/* Reap every process that has ended. Report on the link when the command is over, and when no
 * process is left. Returns 0 when no process is left. */
static int reap(pid_t command, int link, shim_end *end) {
    int is_over = 0, status;
    pid_t pid;

    while ((pid = waitpid(-1, &status, WNOHANG)) > 0)
        if (pid == command) {
            end->status = status;
            is_over = 1;
        }
    end->is_last = pid < 0;
    if (is_over || end->is_last)
        (void) send(link, end, sizeof *end, MSG_NOSIGNAL);
    return !end->is_last;
}

/* The signals that `codex sandbox` passes on besides SIGTERM. */
static const int handed_on[] = { SIGINT, SIGHUP, SIGQUIT, SIGWINCH, SIGUSR1, SIGUSR2 };

/* Pass on the signals that came from outside the namespace, and ignore those from inside: a sender
 * outside has no pid in this namespace and reads as 0. */
static void take_signals(int signals, pid_t command) {
    struct signalfd_siginfo info;

    while (read(signals, &info, sizeof info) == (ssize_t) sizeof info) {
        if (info.ssi_signo == SIGCHLD || info.ssi_pid != 0)
            continue;
        if (info.ssi_signo == SIGTERM) {
            (void) kill(-1, SIGTERM);
            (void) kill(-1, SIGCONT);
        } else {
            (void) kill(-command, (int) info.ssi_signo); /* which leads its process group */
        }
    }
}

static void watch(pid_t command, int link, int signals, int listener) {
    struct pollfd polled[] = {
        { .fd = link, .events = POLLIN },
        { .fd = signals, .events = POLLIN },
        { .fd = listener, .events = POLLIN },
    };
    shim_end end = { 0 };

    while (reap(command, link, &end)) {
        if (poll(polled, 3, -1) < 0 && errno != EINTR)
            return;
        if (polled[0].revents)
            return; /* the agent sends nothing, so the link is closed */
        if (polled[1].revents)
            take_signals(signals, command);
        if (polled[2].revents & POLLIN)
            supervisor_answer(listener);
        else if (polled[2].revents)
            polled[2].fd = -1; /* no process is left under the filter */
    }
}

/* Open the descriptor that signals are read from; the server has blocked all signals. */
static int open_signals(void) {
    sigset_t watched;

    (void) signal(SIGCHLD, SIG_DFL); /* the server ignores it */
    sigemptyset(&watched);
    sigaddset(&watched, SIGCHLD);
    sigaddset(&watched, SIGTERM);
    for (size_t i = 0; i < sizeof handed_on / sizeof handed_on[0]; i++)
        sigaddset(&watched, handed_on[i]);
    return signalfd(-1, &watched, SFD_CLOEXEC | SFD_NONBLOCK);
}

_Noreturn void init_main(int control) {
    request_answer answer = { SHIM_STAGE_FIRST_PROCESS, 0 };
    child_ids ids = { .listener = -1 };
    int fds[REQUEST_N_FDS], link, signals, self;
    char byte;

    (void) prctl(PR_SET_NAME, "codex-sandbox");
    (void) prctl(PR_SET_DUMPABLE, 0);
    signals = open_signals();
    self = (int) syscall(SYS_pidfd_open, getpid(), 0);
    if (signals < 0 || self < 0)
        answer.error = -errno;
    if (answer.error == 0)
        answer.error = mounts_own_processes(&answer.stage);
    if (request_receive(control, &byte, sizeof byte, fds, REQUEST_N_FDS) < 0)
        _exit(0); /* there are no more requests */
    link = fds[REQUEST_LINK];
    if (answer.error == 0)
        answer.error = start(fds, &ids, &answer.stage);
    if (answer.error == 0) {
        answer.stage = 0;
        /* Needed to read addresses and copy sockets of supervised processes. */
        if (drop_capabilities(CAP_SYS_PTRACE_BIT) < 0)
            answer = (request_answer) { SHIM_STAGE_CAPABILITIES, -errno };
    }
    if (request_send(link, &answer, sizeof answer, &self, answer.stage == 0) == 0
        && answer.stage == 0 && keep_only(&link, &signals, &ids.listener) == 0)
        watch(ids.pid, link, signals, ids.listener);
    _exit(0);
}
