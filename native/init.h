/* The first process of a command's process namespace. */
#ifndef CODEX_INIT_H
#define CODEX_INIT_H

/* Run one request to its end and exit; see shim_server_spawn. `fds` are the request's. */
_Noreturn void init_main(const int *fds);

#endif
