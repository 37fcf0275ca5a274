/* Landlock's rulesets: what a command may do with files and ports. */
#define _GNU_SOURCE
#include "rules.h"
#include "kernel.h"

#include <errno.h>
#include <sys/stat.h>

#define RULESET_VERSION (1U << 0)
#define RULESET_ERRATA (1U << 1)
#define RULE_PATH_BENEATH 1
#define RULE_NET_PORT 2
#define FILE_RIGHTS 0x1C007 /* execute, write, read; truncate, device ioctls, connect */
#define WRITE_RIGHTS 0x1FF2 /* what changes a file or a folder */

struct ruleset_attr {
    uint64_t handled_access_fs;
    uint64_t handled_access_net; /* ABI 4; earlier kernels take it when it is zero */
    uint64_t scoped;             /* ABI 6; likewise */
};

struct path_beneath_attr {
    uint64_t allowed_access;
    int32_t parent_fd;
} __attribute__((packed));

struct net_port_attr {
    uint64_t allowed_access;
    uint64_t port;
};

int shim_landlock_abi(void) {
    long abi = syscall(SYS_landlock_create_ruleset, NULL, 0, RULESET_VERSION);

    return abi < 0 ? -errno : (int) abi;
}

int shim_landlock_errata(void) {
    long errata = syscall(SYS_landlock_create_ruleset, NULL, 0, RULESET_ERRATA);

    return errata < 0 ? -errno : (int) errata;
}

/* A folder to write to is opened without following a link: a command that runs now may have put
 * one where the caller saw none. Where openat2 is not to be had, as the caller saw it. */
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

int shim_ruleset_create(uint64_t fs, uint64_t net, uint64_t scoped,
                        const shim_grant *grants, size_t n_grants,
                        const shim_port *ports, size_t n_ports, int *ret_fd) {
    struct ruleset_attr attr = { fs, net, scoped };
    int r, fd, low = (int) syscall(SYS_landlock_create_ruleset, &attr, sizeof attr, 0);

    if (low < 0)
        return -errno;
    /* Not one of the first three, which the child replaces. */
    fd = fcntl(low, F_DUPFD_CLOEXEC, 3);
    r = fd < 0 ? -errno : 0;
    close(low);
    if (r < 0)
        return r;
    for (size_t i = 0; i < n_grants; i++) {
        r = rules_add(fd, &grants[i]);
        if (r < 0)
            goto fail;
    }
    for (size_t i = 0; i < n_ports; i++) {
        struct net_port_attr attr_port = { ports[i].access, ports[i].port };

        if (syscall(SYS_landlock_add_rule, fd, RULE_NET_PORT, &attr_port, 0) < 0) {
            r = -errno;
            goto fail;
        }
    }
    *ret_fd = fd;
    return 0;
fail:
    close(fd);
    return r;
}
