/* The first process of a command's process namespace. */
#ifndef CODEX_INIT_H
#define CODEX_INIT_H

/* Take one request from a server's socket, run it to its end and exit; see shim_server_spawn. Once
 * the command runs, no other descriptor than those that it needs is open. */
_Noreturn void init_main(int control);

#endif
