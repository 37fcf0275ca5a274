/* The agent's side of a fork server: start the server, and send it a request for each command. */
#define _GNU_SOURCE
#include "kernel.h"
#include "request.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>

int shim_server_start(const char *path, const shim_server_config *config,
                      int *ret_pid, int *ret_fd, int *ret_stage) {
    request_start start = { config->shares_network, config->shares_memory, config->hides_run,
                           (unsigned) config->n_ids, { 0 } };
    shim_command command = { .path = path, .cwd = "/", .arguments = SHIM_SERVER_NAME,
                             .n_arguments = 1, .variables = "", .outlives_caller = 1 };
    request_answer answer = { SHIM_STAGE_SERVER, 0 };
    int sockets[2], pidfd = -1, pid = -1, r;

    *ret_stage = SHIM_STAGE_SERVER;
    if (config->n_ids > REQUEST_MAX_IDS)
        return -E2BIG;
    memcpy(start.ids, config->ids, 2 * config->n_ids * sizeof *start.ids);
    if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, sockets) < 0)
        return -errno;
    command.stdin_fd = command.stdout_fd = command.stderr_fd = sockets[1];
    r = shim_spawn(&command, &pid, &pidfd, ret_stage);
    close(sockets[1]);
    if (r < 0) {
        close(sockets[0]);
        return r;
    }
    if (pidfd >= 0)
        close(pidfd);
    *ret_stage = SHIM_STAGE_SERVER;
    r = request_send(sockets[0], &start, sizeof start, NULL, 0);
    if (r == 0)
        r = request_receive(sockets[0], &answer, sizeof answer, NULL, 0);
    if (r == 0 && answer.stage) {
        *ret_stage = answer.stage;
        r = answer.error ? answer.error : -EIO;
    }
    if (r < 0) {
        close(sockets[0]);
        (void) waitpid(pid, NULL, 0);
        return r;
    }
    *ret_pid = pid;
    *ret_fd = sockets[0];
    return 0;
}

int shim_server_spawn(int server_fd, const shim_command *command, const shim_view *view,
                      int *ret_pidfd, int *ret_link, int *ret_stage) {
    request_answer answer;
    int link[2] = { -1, -1 }, file = -1, pidfd = -1, r;

    *ret_stage = SHIM_STAGE_SERVER;
    r = request_pack(command, view, &file);
    if (r < 0)
        return r;
    r = socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, link) < 0 ? -errno : 0;
    if (r == 0) {
        const int fds[REQUEST_N_FDS] = {
            [REQUEST_FILE] = file,
            [REQUEST_STDIN] = command->stdin_fd,
            [REQUEST_STDOUT] = command->stdout_fd,
            [REQUEST_STDERR] = command->stderr_fd,
            [REQUEST_RULESET] = command->ruleset_fd,
            [REQUEST_LINK] = link[1],
        };

        r = request_send(server_fd, "", 1, fds, REQUEST_N_FDS);
        close(link[1]);
    }
    close(file);
    if (r == 0) {
        *ret_stage = SHIM_STAGE_FIRST_PROCESS;
        r = request_receive(link[0], &answer, sizeof answer, &pidfd, 1);
    }
    if (r == 0 && answer.stage) {
        *ret_stage = answer.stage;
        r = answer.error ? answer.error : -EIO;
    } else if (r == 0 && pidfd < 0) {
        r = -EMFILE; /* we had no descriptor left for it; closing the link ends the command */
    }
    if (r < 0) {
        if (link[0] >= 0)
            close(link[0]);
        if (pidfd >= 0)
            close(pidfd);
        return r;
    }
    *ret_pidfd = pidfd;
    *ret_link = link[0];
    return 0;
}
