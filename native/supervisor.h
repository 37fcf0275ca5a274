/* Answers to connect(2), which a filter cannot judge because the address is in memory. */
#ifndef CODEX_SUPERVISOR_H
#define CODEX_SUPERVISOR_H

/* Receive one waiting connect call and answer it. A call that may block is answered in a forked
 * process. */
void supervisor_answer(int listener);

#endif
