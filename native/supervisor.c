/* Make connect(2) calls on behalf of a command.
 *
 * A path can lead to a socket of any process on the machine, whatever namespaces we are in. So each
 * connect is made here and not by the caller: between a check and the call, another of the caller's
 * threads could change the memory or descriptors. Here the address and the socket's descriptor are
 * copied, the path is followed once, and the file that it leads to is compared with the sockets of
 * the sandbox.
 */
#define _GNU_SOURCE
#include "supervisor.h"
#include "kernel.h"
#include "unix_peers.h"

#include <errno.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/uio.h>
#include <sys/un.h>

#define PATH_OFFSET offsetof(struct sockaddr_un, sun_path)

struct request {
    int listener;
    __u64 id;
    pid_t thread;
    int socket;
    socklen_t size;
    union {
        struct sockaddr any;
        struct sockaddr_un file;
        struct sockaddr_storage storage;
    } address;
};

static int is_waiting(const struct request *request) {
    __u64 id = request->id;

    return ioctl(request->listener, SECCOMP_IOCTL_NOTIF_ID_VALID, &id) == 0;
}

/* Return the ID of the process that a thread belongs to, or -1. */
static pid_t process_of(pid_t thread) {
    char path[48], line[128];
    pid_t process = -1;
    FILE *file;

    (void) snprintf(path, sizeof path, "/proc/%d/status", (int) thread);
    file = fopen(path, "re");
    if (!file)
        return -1;
    while (process < 0 && fgets(line, sizeof line, file))
        if (strncmp(line, "Tgid:", 5) == 0)
            process = (pid_t) strtol(line + 5, NULL, 10);
    (void) fclose(file);
    return process;
}

static int take_socket(const struct request *request, int number) {
    int fd, pidfd = (int) syscall(SYS_pidfd_open, request->thread, 0);

    if (pidfd < 0) /* not the first thread of its process */
        pidfd = (int) syscall(SYS_pidfd_open, process_of(request->thread), 0);
    if (pidfd < 0)
        return -ESRCH;
    fd = (int) syscall(SYS_pidfd_getfd, pidfd, number, 0);
    if (fd < 0)
        fd = -errno;
    close(pidfd);
    return fd;
}

static int take_address(struct request *request, uint64_t at) {
    struct iovec local = { &request->address, request->size };
    struct iovec remote = { (void *) (uintptr_t) at, request->size };

    if (process_vm_readv(request->thread, &local, 1, &remote, 1, 0) != (ssize_t) request->size)
        return -EFAULT;
    return 0;
}

/* Follow the path of an address from the caller's working directory. Magic links of /proc are
 * refused: below `self` they would be our own, not the caller's. */
static int follow(const struct request *request) {
    struct kernel_open_how how = { O_PATH | O_CLOEXEC, 0, WALK_NO_MAGIC_LINKS };
    char path[sizeof request->address.file.sun_path + 1] = "", cwd[48];
    int place, folder;

    memcpy(path, request->address.file.sun_path, request->size - PATH_OFFSET);
    (void) snprintf(cwd, sizeof cwd, "/proc/%d/cwd", (int) request->thread);
    folder = open(cwd, O_PATH | O_DIRECTORY | O_CLOEXEC);
    if (folder < 0)
        return -errno;
    place = (int) syscall(SYS_openat2, folder, path, &how, sizeof how);
    if (place < 0)
        place = -errno;
    close(folder);
    return place;
}

static int connect_to_file(const struct request *request) {
    struct sockaddr_un address = { .sun_family = AF_UNIX };
    struct statvfs around;
    int r, place = follow(request);

    if (place < 0)
        return place;
    r = unix_peers_has(place);
    if (r == 0) /* in a writable folder, a program that ended may have left the file */
        r = fstatvfs(place, &around) == 0 && !(around.f_flag & ST_RDONLY) ? -ECONNREFUSED : -EPERM;
    if (r > 0) {
        (void) snprintf(address.sun_path, sizeof address.sun_path, "/proc/self/fd/%d", place);
        r = is_waiting(request)
            && connect(request->socket, (struct sockaddr *) &address, sizeof address) == 0
                ? 0 : -errno;
    }
    close(place);
    return r;
}

static int is_of_unix(int socket) {
    int domain = 0;
    socklen_t size = sizeof domain;

    return getsockopt(socket, SOL_SOCKET, SO_DOMAIN, &domain, &size) == 0 && domain == AF_UNIX;
}

static int has_path(const struct request *request) {
    return request->address.any.sa_family == AF_UNIX && request->size > PATH_OFFSET
           && request->size <= sizeof request->address.file
           && request->address.file.sun_path[0] != '\0';
}

static void answer(const struct request *request, int error) {
    struct seccomp_notif_resp response = { .id = request->id, .error = error };

    (void) ioctl(request->listener, SECCOMP_IOCTL_NOTIF_SEND, &response);
}

static void connect_and_answer(const struct request *request) {
    int r;

    if (is_of_unix(request->socket) && has_path(request))
        r = connect_to_file(request);
    else
        r = connect(request->socket, &request->address.any, request->size) < 0 ? -errno : 0;
    answer(request, r);
}

static int take(struct request *request, const struct seccomp_notif *call) {
    int r;

    request->size = (socklen_t) call->data.args[2];
    if (request->size > sizeof request->address)
        return -EINVAL;
    request->socket = take_socket(request, (int) call->data.args[0]);
    if (request->socket < 0)
        return request->socket;
    r = take_address(request, call->data.args[1]);
    /* If the call no longer waits, the pid may belong to another process by now. */
    return r == 0 && !is_waiting(request) ? -ESRCH : r;
}

void supervisor_answer(int listener) {
    struct request request = { .listener = listener, .socket = -1 };
    struct seccomp_notif call = { 0 };
    int r;

    if (ioctl(listener, SECCOMP_IOCTL_NOTIF_RECV, &call) < 0)
        return; /* the caller is gone */
    request.id = call.id;
    request.thread = (pid_t) call.pid;
    r = take(&request, &call);
    if (r < 0) {
        answer(&request, r);
    } else if (fcntl(request.socket, F_GETFL) & O_NONBLOCK) {
        connect_and_answer(&request);
    } else {
        pid_t pid = fork();

        if (pid == 0) {
            connect_and_answer(&request);
            _exit(0);
        }
        if (pid < 0)
            answer(&request, -errno);
    }
    if (request.socket >= 0)
        close(request.socket);
}
