/* The namespaces that all commands of a fork server share. */
#ifndef CODEX_NAMESPACES_H
#define CODEX_NAMESPACES_H

#include "landlock_shim.h"

/* Leave the caller's user, mount, IPC and, unless it is shared, network namespace for new ones.
 * Returns 0, or a negative errno and what failed. */
int namespaces_enter(const shim_server_config *config, int *ret_stage);

#endif
