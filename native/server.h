/* A fork server. */
#ifndef CODEX_SERVER_H
#define CODEX_SERVER_H

/* Serve the socket on descriptor 0 until the agent closes its end, then exit. */
_Noreturn void server_main(void);

#endif
