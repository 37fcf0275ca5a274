/* The files as commands see them. All return 0, or a negative errno and what failed. */
#ifndef CODEX_MOUNTS_H
#define CODEX_MOUNTS_H

#include "landlock_shim.h"

/* Once, in a new mount namespace: what all commands of a server share. */
int mounts_prepare(const shim_server_config *config, int *ret_stage);

/* For one command, in a mount namespace copied from that one and a new process namespace: first what
 * needs no command, then its view. */
int mounts_own_processes(int *ret_stage);
int mounts_enter(const shim_view *view, int *ret_stage);

#endif
