/* The first process of a command's process namespace. */
#ifndef CODEX_INIT_H
#define CODEX_INIT_H

/* Receive one request on the server's socket, run its command to the end and exit; see
 * shim_server_spawn. Once the command runs, only the descriptors needed from then on stay open. */
_Noreturn void init_main(int control);

#endif
