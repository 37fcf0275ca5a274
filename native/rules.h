/* The rules of a Landlock ruleset. */
#ifndef CODEX_RULES_H
#define CODEX_RULES_H

#include "landlock_shim.h"

/* Add a grant to a ruleset; a path that cannot be opened is skipped. */
int rules_add(int ruleset_fd, const shim_grant *grant);

#endif
