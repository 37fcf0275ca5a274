/* A child process, from clone to the first instruction of its program. */
#ifndef CODEX_CHILD_H
#define CODEX_CHILD_H

#include "landlock_shim.h"

typedef struct {
    int pid;
    int pidfd;    /* -1 before Linux 5.2 */
    int listener; /* where the filter's notifications arrive; -1 unless is_supervised */
} child_ids;

/* Start a program. Returns once it runs or has failed to start; on failure only ret_stage is set. A
 * supervised child shares the caller's descriptors until its program starts: what it opens stays
 * open in the caller, whose descriptors 0 to 2 are replaced.
 */
int child_start(const shim_command *command, child_ids *ret, int *ret_stage);

/* Drop the caller's capabilities except `kept`, for the caller and everything that it starts. If
 * the caller lacks CAP_SETPCAP, a program that it starts can regain some, unless no_new_privs is
 * set. Returns 0, or -1 with errno set. */
int drop_capabilities(uint64_t kept);

#endif
