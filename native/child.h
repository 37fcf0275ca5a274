/* The child: from its making to the first instruction of its program. */
#ifndef CODEX_CHILD_H
#define CODEX_CHILD_H

#include "landlock_shim.h"

typedef struct {
    int pid;
    int pidfd;    /* -1 before Linux 5.2 */
    int listener; /* of the filter, in the caller's descriptors; -1 unless is_supervised */
} child_ids;

/* Start a program and return when it runs, or when it is known that it cannot; then ret_stage, and
 * no other, is set. A supervised child shares the caller's descriptors until its program starts:
 * what it opens stays open here, and 0 to 2 are replaced.
 */
int child_start(const shim_command *command, child_ids *ret, int *ret_stage);

/* Keep only these of the caller's capabilities, for it and all that it starts. -1 and errno. */
int drop_capabilities(uint64_t kept);

#endif
