/* Answers to connect(2), which a filter cannot judge because the address is in memory. */
#ifndef CODEX_SUPERVISOR_H
#define CODEX_SUPERVISOR_H

/* Take one waiting call and answer it; one that may block is answered by a process of its own. */
void supervisor_answer(int listener);

#endif
