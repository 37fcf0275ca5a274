/* Pack and unpack requests. Both ends come from one build, so the compiler decides the layout of
 * the numbers. The texts follow them, each ended by a zero byte. */
#define _GNU_SOURCE
#include "request.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#define MAX_FDS 8

struct header {
    uint64_t n_arguments;
    uint64_t n_variables;
    uint64_t n_places;
    uint64_t n_grants;
    uint64_t filter_size;
    uint64_t kept_capabilities;
    int is_supervised;
    int is_writable;
};

struct buffer {
    char *data;
    size_t size;
    size_t capacity;
    int error;
};

static void append(struct buffer *buffer, const void *data, size_t size) {
    if (buffer->error)
        return;
    if (size > buffer->capacity - buffer->size) {
        size_t capacity = (buffer->capacity + size) * 2;
        char *grown = realloc(buffer->data, capacity);

        if (!grown) {
            buffer->error = -ENOMEM;
            return;
        }
        buffer->data = grown;
        buffer->capacity = capacity;
    }
    if (size)
        memcpy(buffer->data + buffer->size, data, size);
    buffer->size += size;
}

/* Append n texts that follow one another in memory. */
static void append_texts(struct buffer *buffer, const char *texts, size_t n) {
    const char *end = texts;

    for (size_t i = 0; i < n; i++)
        end += strlen(end) + 1;
    append(buffer, texts, (size_t) (end - texts));
}

int request_pack(const shim_command *command, const shim_view *view, int *ret_fd) {
    struct header header = {
        .n_arguments = command->n_arguments,
        .n_variables = command->n_variables,
        .n_places = view->n_places,
        .n_grants = view->n_grants,
        .filter_size = command->filter_size,
        .kept_capabilities = command->kept_capabilities,
        .is_supervised = command->is_supervised,
        .is_writable = view->is_writable,
    };
    struct buffer buffer = { 0 };
    ssize_t n;
    int r, fd = -1;

    append(&buffer, &header, sizeof header);
    append(&buffer, command->filter, command->filter_size);
    for (size_t i = 0; i < view->n_grants; i++)
        append(&buffer, &view->grants[i].access, sizeof(uint64_t));
    for (size_t i = 0; i < view->n_places; i++)
        append(&buffer, &view->places[i].kind, sizeof(int));
    append_texts(&buffer, command->path, 1);
    append_texts(&buffer, command->cwd, 1);
    append_texts(&buffer, command->arguments, command->n_arguments);
    append_texts(&buffer, command->variables, command->n_variables);
    for (size_t i = 0; i < view->n_places; i++)
        append_texts(&buffer, view->places[i].path, 1);
    for (size_t i = 0; i < view->n_grants; i++)
        append_texts(&buffer, view->grants[i].path, 1);
    r = buffer.error;
    if (r < 0)
        goto finish;
    fd = memfd_create("command", MFD_CLOEXEC);
    if (fd < 0) {
        r = -errno;
        goto finish;
    }
    n = write(fd, buffer.data, buffer.size);
    if (n != (ssize_t) buffer.size) {
        r = n < 0 ? -errno : -EIO;
        close(fd);
        goto finish;
    }
    *ret_fd = fd;
finish:
    free(buffer.data);
    return r;
}

static const char *take_texts(const char **at, size_t n) {
    const char *first = *at;

    for (size_t i = 0; i < n; i++)
        *at += strlen(*at) + 1;
    return first;
}

int request_unpack(int fd, shim_command *ret_command, shim_view *ret_view) {
    const struct header *header;
    const uint64_t *accesses;
    const int *kinds;
    const char *text;
    shim_place *places;
    shim_grant *grants;
    struct stat status;

    if (fstat(fd, &status) < 0)
        return -errno;
    header = mmap(NULL, (size_t) status.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
    if (header == MAP_FAILED)
        return -errno;
    places = calloc(header->n_places + 1, sizeof *places);
    grants = calloc(header->n_grants + 1, sizeof *grants);
    if (!places || !grants)
        return -ENOMEM;
    accesses = (const uint64_t *) ((const char *) (header + 1) + header->filter_size);
    kinds = (const int *) (accesses + header->n_grants);
    text = (const char *) (kinds + header->n_places);
    *ret_command = (shim_command) {
        .path = take_texts(&text, 1),
        .cwd = take_texts(&text, 1),
        .arguments = take_texts(&text, header->n_arguments),
        .n_arguments = header->n_arguments,
        .variables = take_texts(&text, header->n_variables),
        .n_variables = header->n_variables,
        .is_sandboxed = 1,
        .filter = header + 1,
        .filter_size = header->filter_size,
        .kept_capabilities = header->kept_capabilities,
        .is_supervised = header->is_supervised,
    };
    for (size_t i = 0; i < header->n_places; i++)
        places[i] = (shim_place) { take_texts(&text, 1), kinds[i] };
    for (size_t i = 0; i < header->n_grants; i++)
        grants[i] = (shim_grant) { take_texts(&text, 1), accesses[i] };
    *ret_view = (shim_view) { places, header->n_places, header->is_writable,
                              grants, header->n_grants };
    return 0;
}

int request_send(int socket, const void *data, size_t size, const int *fds, size_t n_fds) {
    _Alignas(struct cmsghdr) char control[CMSG_SPACE(MAX_FDS * sizeof(int))] = { 0 };
    struct iovec block = { (void *) data, size };
    struct msghdr message = { .msg_iov = &block, .msg_iovlen = 1 };
    struct cmsghdr *rights;
    ssize_t n;

    if (n_fds > MAX_FDS)
        return -EINVAL;
    if (n_fds) {
        message.msg_control = control;
        message.msg_controllen = CMSG_SPACE(n_fds * sizeof(int));
        rights = CMSG_FIRSTHDR(&message);
        rights->cmsg_level = SOL_SOCKET;
        rights->cmsg_type = SCM_RIGHTS;
        rights->cmsg_len = CMSG_LEN(n_fds * sizeof(int));
        memcpy(CMSG_DATA(rights), fds, n_fds * sizeof(int));
    }
    do
        n = sendmsg(socket, &message, MSG_NOSIGNAL);
    while (n < 0 && errno == EINTR);
    return n < 0 ? -errno : 0;
}

int request_receive(int socket, void *data, size_t size, int *fds, size_t n_fds) {
    _Alignas(struct cmsghdr) char control[CMSG_SPACE(MAX_FDS * sizeof(int))] = { 0 };
    struct iovec block = { data, size };
    struct msghdr message = { .msg_iov = &block, .msg_iovlen = 1,
                              .msg_control = control, .msg_controllen = sizeof control };
    struct cmsghdr *rights;
    ssize_t n;

    for (size_t i = 0; i < n_fds; i++)
        fds[i] = -1;
    do
        n = recvmsg(socket, &message, MSG_CMSG_CLOEXEC);
    while (n < 0 && errno == EINTR);
    if (n < 0)
        return -errno;
    if (n == 0)
        return -ENOTCONN;
    rights = CMSG_FIRSTHDR(&message);
    if (rights && rights->cmsg_type == SCM_RIGHTS
        && rights->cmsg_len == CMSG_LEN(n_fds * sizeof(int)))
        memcpy(fds, CMSG_DATA(rights), n_fds * sizeof(int));
    return (size_t) n == size ? 0 : -EPROTO;
}
