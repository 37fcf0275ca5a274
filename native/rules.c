/* Landlock rules for paths. The agent adds most of them; the first process of a command adds those
 * for paths that exist only in its namespaces. */
#define _GNU_SOURCE
#include "rules.h"
#include "kernel.h"

#include <errno.h>
#include <sys/stat.h>

#define RULE_PATH_BENEATH 1
#define FILE_RIGHTS 0x1C007 /* execute, write, read; truncate, device ioctls, connect */
#define WRITE_RIGHTS 0x1FF2 /* everything that changes a file or folder */

struct path_beneath_attr {
    uint64_t allowed_access;
    int32_t parent_fd;
} __attribute__((packed));

/* Open the path of a grant. If the grant allows writing, links are not followed: a running command
 * may have put one where the caller saw none. Where openat2 is unavailable, links are followed. */
static int open_granted(const shim_grant *grant) {
    if (grant->access & WRITE_RIGHTS) {
        int fd = open_place(grant->path);

        if (fd >= 0 || (errno != ENOSYS && errno != EPERM))
            return fd;
    }
    return open(grant->path, O_PATH | O_CLOEXEC);
}

int rules_add(int ruleset_fd, const shim_grant *grant) {
    struct path_beneath_attr attr = { grant->access, -1 };
    struct stat status;
    int r = 0;

    attr.parent_fd = open_granted(grant);
    if (attr.parent_fd < 0)
        return 0; /* granting less is safe */
    if (fstat(attr.parent_fd, &status) < 0) {
        r = -errno;
        goto finish;
    }
    if (!S_ISDIR(status.st_mode))
        attr.allowed_access &= FILE_RIGHTS;
    if (syscall(SYS_landlock_add_rule, ruleset_fd, RULE_PATH_BENEATH, &attr, 0) < 0)
        r = -errno;
finish:
    close(attr.parent_fd);
    return r;
}
