"""Is this execv call safe: the policy language, its rules, and their judgement. No I/O, no core."""
