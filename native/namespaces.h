/* The namespaces that all commands of a fork server share. */
#ifndef CODEX_NAMESPACES_H
#define CODEX_NAMESPACES_H

#include "landlock_shim.h"

/* Move the caller to new user, mount and IPC namespaces and, unless the network is shared, to a new
 * network namespace. Returns 0, or a negative errno with what failed in ret_stage. */
int namespaces_enter(const shim_server_config *config, int *ret_stage);

#endif
