/* The fork server of a session. */
#ifndef CODEX_SERVER_H
#define CODEX_SERVER_H

/* Serve the socket on descriptor 0 until it is closed, and exit. */
_Noreturn void server_main(void);

#endif
