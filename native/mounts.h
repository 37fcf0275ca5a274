/* The files as commands see them. All return 0, or a negative errno and what failed. */
#ifndef CODEX_MOUNTS_H
#define CODEX_MOUNTS_H

#include "landlock_shim.h"

/* Once, in a new mount namespace: what all commands of a server share. */
int mounts_prepare(const shim_server_config *config, int *ret_stage);

/* For one command, in a mount namespace copied from that one and a new process namespace. */
int mounts_enter(const shim_view *view, int *ret_stage);

#endif
