/* Landlock's rules, for whoever has a ruleset to add to. */
#ifndef CODEX_RULES_H
#define CODEX_RULES_H

#include "landlock_shim.h"

/* Add a grant to a ruleset; a path that cannot be opened is passed over. */
int rules_add(int ruleset_fd, const shim_grant *grant);

#endif
