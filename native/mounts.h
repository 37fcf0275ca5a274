/* The files as commands see them. All functions return 0, or a negative errno with what failed in
 * ret_stage. */
#ifndef CODEX_MOUNTS_H
#define CODEX_MOUNTS_H

#include "landlock_shim.h"

/* Prepare what all commands of a server share; called once, in a new mount namespace. */
int mounts_prepare(const shim_server_config *config, int *ret_stage);

/* Called once for each command, in a copy of that mount namespace and in a new process namespace:
 * the first mounts /proc and needs no request, the second makes the command's view of the files. */
int mounts_own_processes(int *ret_stage);
int mounts_enter(const shim_view *view, int *ret_stage);

#endif
