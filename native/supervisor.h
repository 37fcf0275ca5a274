/* Answers for connect(2), which a filter cannot judge: the address is in memory. */
#ifndef CODEX_SUPERVISOR_H
#define CODEX_SUPERVISOR_H

/* Take one call that waits and see that it is answered, by a process of its own where it may last. */
void supervisor_answer(int listener);

#endif
