/* A command and its view in the form that the agent sends to a fork server: one file in memory and
 * the descriptors that belong to it. */
#ifndef CODEX_REQUEST_H
#define CODEX_REQUEST_H

#include "landlock_shim.h"

/* The descriptors of a request, in the order in which they are sent. */
enum { REQUEST_FILE, REQUEST_STDIN, REQUEST_STDOUT, REQUEST_STDERR, REQUEST_RULESET, REQUEST_LINK,
       REQUEST_N_FDS };

/* The answer of a server to its start, and of a command's first process to its request. */
typedef struct {
    int stage; /* 0: success */
    int error; /* a negative errno */
} request_answer;

#define REQUEST_MAX_IDS 64

/* The first message to a server: its configuration. */
typedef struct {
    int shares_network;
    int shares_memory;
    int hides_run;
    unsigned n_ids;
    uint32_t ids[2 * REQUEST_MAX_IDS];
} request_start;

/* Write a request to a new file in memory, whose descriptor is ret_fd. */
int request_pack(const shim_command *command, const shim_view *view, int *ret_fd);

/* Read a request from its file; the values live as long as this process. No descriptor is set. */
int request_unpack(int fd, shim_command *ret_command, shim_view *ret_view);

/* Send one message with n_fds descriptors, 0 to 8. */
int request_send(int socket, const void *data, size_t size, const int *fds, size_t n_fds);

/* Receive the next message, which must have exactly this size. -ENOTCONN: the other side has closed
 * its socket. Descriptors that did not arrive are -1. */
int request_receive(int socket, void *data, size_t size, int *fds, size_t n_fds);

#endif
