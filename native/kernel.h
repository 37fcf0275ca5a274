/* System calls newer than the C libraries that we build with. Their numbers are the same on all
 * architectures. */
#ifndef CODEX_KERNEL_H
#define CODEX_KERNEL_H

#include <fcntl.h>
#include <stdint.h>
#include <sys/syscall.h>
#include <unistd.h>

#ifndef SYS_open_tree
#define SYS_open_tree 428
#define SYS_move_mount 429
#endif
#ifndef SYS_pidfd_open
#define SYS_pidfd_open 434
#endif
#ifndef SYS_close_range
#define SYS_close_range 436
#endif
#ifndef SYS_openat2
#define SYS_openat2 437
#endif
#ifndef SYS_pidfd_getfd
#define SYS_pidfd_getfd 438
#endif
#ifndef SYS_mount_setattr
#define SYS_mount_setattr 442
#endif
#ifndef SYS_landlock_create_ruleset
#define SYS_landlock_create_ruleset 444
#define SYS_landlock_add_rule 445
#define SYS_landlock_restrict_self 446
#endif

#define RANGE_CLOEXEC (1U << 2)

#define WALK_NO_MAGIC_LINKS 0x02 /* of openat2; this name and those below are ours */
#define WALK_NO_LINKS 0x04

#define TREE_CLONE 1U
#define TREE_RECURSIVE 0x8000U
#define TREE_EMPTY_PATH 0x1000U
#define MOVE_EMPTY_FROM 0x04U
#define MOVE_EMPTY_TO 0x40U

#define MOUNT_READ_ONLY 0x01U
#define MOUNT_NO_SUID 0x02U
#define MOUNT_NO_DEVICES 0x04U

struct kernel_open_how {
    uint64_t flags;
    uint64_t mode;
    uint64_t resolve;
};

struct kernel_mount_attr {
    uint64_t set;
    uint64_t clear;
    uint64_t propagation;
    uint64_t userns_fd;
};

/* Return a descriptor that refers to a file or folder without opening it, or -1. No link anywhere
 * in the path is followed: a link that a command put there could lead elsewhere. */
static inline int open_place(const char *path) {
    struct kernel_open_how how = { O_PATH | O_CLOEXEC, 0, WALK_NO_LINKS };

    return (int) syscall(SYS_openat2, AT_FDCWD, path, &how, sizeof how);
}

/* Make a detached copy of the tree at a descriptor from open_place, with all mounts below it. */
static inline int clone_tree(int place) {
    return (int) syscall(SYS_open_tree, place, "",
                         TREE_CLONE | TREE_RECURSIVE | TREE_EMPTY_PATH | O_CLOEXEC);
}

static inline int attach_tree(int tree, int place) {
    return (int) syscall(SYS_move_mount, tree, "", place, "", MOVE_EMPTY_FROM | MOVE_EMPTY_TO);
}

static inline int change_tree(int tree, unsigned flags, uint64_t set, uint64_t clear) {
    struct kernel_mount_attr attr = { set, clear, 0, 0 };

    return (int) syscall(SYS_mount_setattr, tree, "", TREE_EMPTY_PATH | flags, &attr, sizeof attr);
}

#endif
