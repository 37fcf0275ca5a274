/* seccomp filters: a table of refused system calls becomes a program for the kernel. */
#define _GNU_SOURCE
#include "landlock_shim.h"

#include <errno.h>
#include <seccomp.h>
#include <stdbool.h>
#include <sys/mman.h>
#include <unistd.h>

/* libseccomp exports only to a descriptor. */
static int export_program(scmp_filter_ctx filter, void *program, size_t capacity,
                          size_t *ret_size) {
    ssize_t size = 0;
    int r, fd = memfd_create("seccomp", MFD_CLOEXEC);

    if (fd < 0)
        return -errno;
    r = seccomp_export_bpf(filter, fd);
    if (r < 0)
        goto finish;
    size = pread(fd, program, capacity, 0);
    if (size < 0)
        r = -errno;
    else if ((size_t) size == capacity)
        r = -EFBIG; /* the program may have been cut */
    else
        *ret_size = (size_t) size;
finish:
    close(fd);
    return r;
}

static int add_rule(scmp_filter_ctx filter, const shim_rule *rule, bool is_foreign) {
    struct scmp_arg_cmp arguments[3];
    int number = rule->number, r;
    uint32_t action;

    if (rule->name) {
        number = seccomp_syscall_resolve_name(rule->name);
        if (number == __NR_SCMP_ERROR)
            return -EINVAL;
        if (number < 0)
            return 0; /* this architecture lacks the call */
    }
    if (rule->n_comparisons > 3)
        return -EINVAL;
    for (unsigned i = 0; i < rule->n_comparisons; i++) {
        const shim_comparison *c = &rule->comparisons[i];
        bool is_masked = c->op == SCMP_CMP_MASKED_EQ;

        arguments[i] = (struct scmp_arg_cmp) { c->index, (enum scmp_compare) c->op,
                                               is_masked ? c->mask : c->value, c->value };
    }
    action = rule->refusal ? SCMP_ACT_ERRNO((uint32_t) rule->refusal) : SCMP_ACT_NOTIFY;
    r = seccomp_rule_add_array(filter, action, number, rule->n_comparisons, arguments);
    /* The library cannot translate a number that it does not know. */
    return r == -EFAULT && is_foreign && !rule->name ? 0 : r;
}

/* Compile for `architecture` instead of our own. */
static int replace_architecture(scmp_filter_ctx filter, uint32_t architecture) {
    int r = seccomp_arch_add(filter, architecture);

    return r < 0 ? r : seccomp_arch_remove(filter, SCMP_ARCH_NATIVE);
}

int shim_filter_compile(const shim_rule *rules, size_t n_rules, uint32_t architecture,
                        void *program, size_t capacity, size_t *ret_size) {
    scmp_filter_ctx filter = seccomp_init(SCMP_ACT_ALLOW);
    bool is_foreign = architecture != 0 && architecture != seccomp_arch_native();
    int r;

    if (!filter)
        return -ENOMEM;
    r = seccomp_attr_set(filter, SCMP_FLTATR_ACT_BADARCH, SCMP_ACT_KILL_PROCESS);
    if (r < 0)
        goto finish;
    r = seccomp_attr_set(filter, SCMP_FLTATR_CTL_OPTIMIZE, 2); /* a binary tree, not a list */
    if (r < 0)
        goto finish;
    if (is_foreign) {
        r = replace_architecture(filter, architecture);
        if (r < 0)
            goto finish;
    }
    for (size_t i = 0; i < n_rules; i++) {
        r = add_rule(filter, &rules[i], is_foreign);
        if (r < 0)
            goto finish;
    }
    r = export_program(filter, program, capacity, ret_size);
finish:
    seccomp_release(filter);
    return r;
}
