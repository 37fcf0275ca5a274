/* Which Unix sockets belong to the sandbox. */
#ifndef CODEX_UNIX_PEERS_H
#define CODEX_UNIX_PEERS_H

/* Whether a socket of our own network namespace, and so of the sandbox, is bound to the file that
 * `place` refers to: 1 or 0, or a negative errno. */
int unix_peers_has(int place);

#endif
