/* Functions that Python calls: they make Landlock rulesets and start a child in the agent's own
 * namespaces. The others of landlock_shim.h are in filter.c (seccomp) and client.c (fork servers).
 */
#define _GNU_SOURCE
#include "landlock_shim.h"
#include "child.h"
#include "kernel.h"
#include "rules.h"

#include <errno.h>
#include <signal.h>
#include <sys/prctl.h>

#define RULESET_VERSION (1U << 0)
#define RULESET_ERRATA (1U << 1)
#define RULE_NET_PORT 2

struct ruleset_attr {
    uint64_t handled_access_fs;
    uint64_t handled_access_net; /* ABI 4; earlier kernels accept it when it is zero */
    uint64_t scoped;             /* ABI 6; likewise */
};

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

int shim_ruleset_create(uint64_t fs, uint64_t net, uint64_t scoped,
                        const shim_grant *grants, size_t n_grants,
                        const shim_port *ports, size_t n_ports, int *ret_fd) {
    struct ruleset_attr attr = { fs, net, scoped };
    int r, fd, low = (int) syscall(SYS_landlock_create_ruleset, &attr, sizeof attr, 0);

    if (low < 0)
        return -errno;
    /* The child replaces descriptors 0 to 2, so the ruleset must not be one of them. */
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

int shim_spawn(const shim_command *command, int *ret_pid, int *ret_pidfd, int *ret_stage) {
    child_ids ids;
    int r = child_start(command, &ids, ret_stage);

    if (r < 0)
        return r;
    *ret_pid = ids.pid;
    *ret_pidfd = ids.pidfd;
    return 0;
}

int shim_adopt_orphans(int is_on) {
    struct sigaction action;

    /* We may have inherited an ignored SIGCHLD: then the kernel reaps our children, and their exit
     * status is lost. */
    if (sigaction(SIGCHLD, NULL, &action) == 0 && action.sa_handler == SIG_IGN) {
        action.sa_handler = SIG_DFL;
        (void) sigaction(SIGCHLD, &action, NULL);
    }
    return prctl(PR_SET_CHILD_SUBREAPER, is_on, 0, 0, 0) < 0 ? -errno : 0;
}
