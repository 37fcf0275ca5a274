/* The fork server. It makes the shared namespaces once and, for each command, one process with its
 * own process and mount namespaces. That process is made ahead of time, and receives the request
 * directly from the agent.
 *
 * The server is small, so forking it is cheap however large the agent is. It runs from the agent's
 * own executable, before Python starts, or from a small program when the agent runs from source. It
 * does not have the agent's privileges, and ends when the agent closes its socket or dies.
 */
#define _GNU_SOURCE
#include "server.h"
#include "init.h"
#include "kernel.h"
#include "mounts.h"
#include "namespaces.h"
#include "request.h"

#include <errno.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>

#define CONTROL 0

static pid_t make_process(void) {
    return (pid_t) syscall(SYS_clone, CLONE_NEWPID | CLONE_NEWNS | SIGCHLD, 0, 0, 0, 0);
}

/* Make one process that does what every command needs, but runs none: it may be forbidden here. */
static int try_process(int *ret_stage) {
    request_answer *answer = mmap(NULL, sizeof *answer, PROT_READ | PROT_WRITE,
                                  MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    const shim_view nothing = { 0 };
    pid_t pid;
    int r;

    *ret_stage = SHIM_STAGE_NAMESPACES;
    if (answer == MAP_FAILED)
        return -errno;
    pid = make_process();
    if (pid < 0)
        return -errno;
    if (pid == 0) {
        answer->error = mounts_own_processes(&answer->stage);
        if (answer->error == 0)
            answer->error = mounts_enter(&nothing, &answer->stage);
        _exit(0);
    }
    r = waitpid(pid, NULL, 0) < 0 ? -errno : answer->error;
    *ret_stage = answer->stage;
    (void) munmap(answer, sizeof *answer);
    return r;
}

static request_answer prepare(void) {
    request_start start;
    request_answer answer = { SHIM_STAGE_SERVER, 0 };
    shim_server_config config;

    answer.error = request_receive(CONTROL, &start, sizeof start, NULL, 0);
    if (answer.error < 0)
        return answer;
    config = (shim_server_config) { start.shares_network, start.shares_memory, start.hides_run,
                                    start.ids, start.n_ids };
    answer.error = namespaces_enter(&config, &answer.stage);
    if (answer.error == 0)
        answer.error = mounts_prepare(&config, &answer.stage);
    if (answer.error == 0)
        answer.error = try_process(&answer.stage);
    if (answer.error == 0)
        answer.stage = 0;
    return answer;
}

/* Wait until the process made ahead runs its command or is gone; both close the gate. Returns 0
 * when there are no more requests. */
static int wait_at(int gate) {
    struct pollfd polled[] = { { .fd = gate, .events = POLLIN }, { .fd = CONTROL } };

    while (poll(polled, 2, -1) < 0)
        if (errno != EINTR)
            return 0;
    return !polled[1].revents;
}

/* Answer the next request with an error, because no process could be made for it. Returns 0 when
 * there are no more requests. */
static int refuse(int error) {
    const request_answer answer = { SHIM_STAGE_NAMESPACES, error };
    int fds[REQUEST_N_FDS];
    char byte;

    if (request_receive(CONTROL, &byte, sizeof byte, fds, REQUEST_N_FDS) < 0)
        return 0;
    (void) request_send(fds[REQUEST_LINK], &answer, sizeof answer, NULL, 0);
    for (int i = 0; i < REQUEST_N_FDS; i++)
        if (fds[i] >= 0)
            close(fds[i]);
    return 1;
}

/* Make the process that receives the next request before that request arrives, so that a command
 * does not wait for its namespaces. Returns 0 when there are no more requests. */
static int serve(void) {
    int gate[2], r;
    pid_t pid;

    if (pipe2(gate, O_CLOEXEC) < 0)
        return refuse(-errno);
    pid = make_process();
    if (pid == 0) {
        close(gate[0]);
        init_main(CONTROL);
    }
    r = pid < 0 ? -errno : 0;
    close(gate[1]);
    r = r < 0 ? refuse(r) : wait_at(gate[0]);
    close(gate[0]);
    return r;
}

_Noreturn void server_main(void) {
    request_answer answer;
    sigset_t all;

    (void) prctl(PR_SET_NAME, SHIM_SERVER_NAME);
    sigfillset(&all);
    (void) sigprocmask(SIG_SETMASK, &all, NULL);
    answer = prepare();
    /* The ID maps are written; from here on, no other process may look into this one. */
    (void) prctl(PR_SET_DUMPABLE, 0);
    (void) signal(SIGCHLD, SIG_IGN); /* the kernel reaps the children */
    if (request_send(CONTROL, &answer, sizeof answer, NULL, 0) == 0 && answer.stage == 0)
        while (serve())
            continue;
    _exit(0);
}
