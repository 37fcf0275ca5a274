/* Make the namespaces of a fork server, with their ID maps and loopback interface. */
#define _GNU_SOURCE
#include "namespaces.h"
#include "request.h"

#include <errno.h>
#include <fcntl.h>
#include <net/if.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#define LINE_SIZE 40

static int write_file(pid_t pid, const char *name, const char *text) {
    char path[64];
    int fd, r = 0;

    (void) snprintf(path, sizeof path, "/proc/%d/%s", (int) pid, name);
    fd = open(path, O_WRONLY | O_CLOEXEC);
    if (fd < 0)
        return -errno;
    if (write(fd, text, strlen(text)) < 0)
        r = -errno;
    close(fd);
    return r;
}

/* Map each ID to itself. `which`: 0 for users, 1 for groups. */
static int write_map(pid_t pid, const shim_server_config *config, size_t which) {
    char text[REQUEST_MAX_IDS * LINE_SIZE] = "";
    size_t size = 0;

    for (size_t i = 0; i < config->n_ids && i < REQUEST_MAX_IDS; i++) {
        unsigned id = config->ids[2 * i + which];
        int is_new = 1;

        for (size_t j = 0; j < i; j++)
            is_new &= config->ids[2 * j + which] != id;
        if (is_new)
            size += (size_t) snprintf(text + size, LINE_SIZE, "%u %u 1\n", id, id);
    }
    return write_file(pid, which ? "gid_map" : "uid_map", text);
}

/* Called in a process that stayed outside the namespaces: mapping the IDs of other users needs
 * privileges there. */
static int write_maps(pid_t pid, const shim_server_config *config) {
    int r = write_file(pid, "setgroups", "deny");

    if (r == 0)
        r = write_map(pid, config, 1);
    return r < 0 ? r : write_map(pid, config, 0);
}

static void wait_and_map(int gate, const shim_server_config *config) {
    char byte;

    if (read(gate, &byte, 1) != 1)
        _exit(0);
    _exit(-write_maps(getppid(), config));
}

static int raise_loopback(void) {
    struct ifreq request = { .ifr_name = "lo", .ifr_flags = IFF_UP };
    int r = 0, fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

    if (fd < 0)
        return -errno;
    if (ioctl(fd, SIOCSIFFLAGS, &request) < 0)
        r = -errno;
    close(fd);
    return r;
}

int namespaces_enter(const shim_server_config *config, int *ret_stage) {
    int kinds = CLONE_NEWUSER | CLONE_NEWNS | CLONE_NEWIPC;
    int gate[2], r, status = 0;
    pid_t mapper;

    *ret_stage = SHIM_STAGE_NAMESPACES;
    if (!config->shares_network)
        kinds |= CLONE_NEWNET;
    if (pipe2(gate, O_CLOEXEC) < 0)
        return -errno;
    mapper = fork();
    if (mapper < 0)
        return -errno;
    if (mapper == 0) {
        close(gate[1]);
        wait_and_map(gate[0], config);
    }
    close(gate[0]);
    r = unshare(kinds) < 0 ? -errno : 0;
    if (r == 0) {
        *ret_stage = SHIM_STAGE_IDS;
        if (write(gate[1], "", 1) != 1)
            r = -EPIPE;
    }
    close(gate[1]);
    if (waitpid(mapper, &status, 0) < 0 && r == 0)
        r = -errno;
    if (r == 0 && status != 0)
        r = WIFEXITED(status) ? -WEXITSTATUS(status) : -EIO;
    if (r < 0 || config->shares_network)
        return r;
    *ret_stage = SHIM_STAGE_NETWORK;
    return raise_loopback();
}
