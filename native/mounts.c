/* Make a command's file tree: read-only, with writable folders in it, and its own /dev and /proc.
 *
 * The server's tree is writable and shows the machine's files as they are. Each command's copy is
 * made read-only when the command starts, after the writable folders have been cloned. Places are
 * looked up at that moment, so a folder that was removed and made again is the new one.
 */
#define _GNU_SOURCE
#include "mounts.h"
#include "kernel.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mount.h>
#include <sys/stat.h>

#define N_DEVICES 6

static const char *const DEVICES[N_DEVICES] = {
    "/dev/null", "/dev/zero", "/dev/full", "/dev/random", "/dev/urandom", "/dev/tty",
};

static const struct {
    const char *target;
    const char *path;
} LINKS[] = {
    { "pts/ptmx", "/dev/ptmx" },
    { "/proc/self/fd", "/dev/fd" },
    { "/proc/self/fd/0", "/dev/stdin" },
    { "/proc/self/fd/1", "/dev/stdout" },
    { "/proc/self/fd/2", "/dev/stderr" },
};

/* Mount a new file system on a folder, which is made if it is missing. */
static int mount_new(const char *path, const char *type, unsigned long flags, const char *options) {
    if (mkdir(path, 0755) < 0 && errno != EEXIST)
        return -errno;
    return mount(type, path, type, flags, options) < 0 ? -errno : 0;
}

/* Attach a clone at a path, and close its descriptor. */
static int attach_at(int tree, const char *path) {
    int r, place = open_place(path);

    r = place < 0 || attach_tree(tree, place) < 0 ? -errno : 0;
    if (place >= 0)
        close(place);
    close(tree);
    return r;
}

static int clone_path(const char *path) {
    int tree, place = open_place(path);

    if (place < 0)
        return -1;
    tree = clone_tree(place);
    close(place);
    return tree;
}

static int attach_device(int tree, const char *path) {
    int fd = open(path, O_CREAT | O_WRONLY | O_CLOEXEC, 0666);

    if (fd < 0)
        return -errno;
    close(fd);
    return attach_at(tree, path);
}

/* Make a /dev with only the machine's harmless devices, and with its own terminals, message queues
 * and, unless the agent's is shared, shared memory. */
static int make_devices(const shim_server_config *config) {
    int trees[N_DEVICES], memory = -1, r;

    if (config->shares_memory)
        memory = clone_path("/dev/shm");
    for (int i = 0; i < N_DEVICES; i++)
        trees[i] = clone_path(DEVICES[i]);
    r = mount_new("/dev", "tmpfs", MS_NOSUID | MS_NOEXEC, "mode=755,size=64k");
    if (r == -EROFS || r == -EACCES || r == -ENOENT)
        return 0; /* an empty root: it has no devices, and cannot show any */
    for (int i = 0; r == 0 && i < N_DEVICES; i++)
        if (trees[i] >= 0)
            r = attach_device(trees[i], DEVICES[i]);
    for (size_t i = 0; r == 0 && i < sizeof LINKS / sizeof *LINKS; i++)
        if (symlink(LINKS[i].target, LINKS[i].path) < 0)
            r = -errno;
    if (r == 0)
        r = mount_new("/dev/pts", "devpts", MS_NOSUID | MS_NOEXEC, "newinstance,ptmxmode=0666");
    if (r == 0)
        r = mount_new("/dev/mqueue", "mqueue", MS_NOSUID | MS_NODEV | MS_NOEXEC, NULL);
    if (r == 0 && memory < 0)
        return mount_new("/dev/shm", "tmpfs", MS_NOSUID | MS_NODEV, "mode=1777");
    if (r == 0 && mkdir("/dev/shm", 0755) < 0)
        r = -errno;
    return r < 0 ? r : attach_at(memory, "/dev/shm");
}

int mounts_prepare(const shim_server_config *config, int *ret_stage) {
    int r;

    *ret_stage = SHIM_STAGE_MOUNTS;
    /* A command's mounts stay in its namespace, and later mounts of the machine do not appear here,
     * where they would be writable. */
    if (mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0)
        return -errno;
    umask(0);
    *ret_stage = SHIM_STAGE_DEVICES;
    r = make_devices(config);
    if (r == 0 && config->hides_run && access("/run", F_OK) == 0) {
        *ret_stage = SHIM_STAGE_MOUNTS;
        if (mount("tmpfs", "/run", "tmpfs", MS_NOSUID | MS_NODEV | MS_NOEXEC,
                  "mode=755,size=64k") < 0)
            r = -errno;
    }
    umask(022);
    return r;
}

/* A place that does not exist is skipped: there is nothing to make writable or to protect. So is a
 * path with a link in it: a command may have put it there, and it could lead elsewhere. */
static int is_gone(int error) {
    return error == ENOENT || error == ENOTDIR || error == ELOOP;
}

/* Open a place and clone the tree at it; both descriptors are -1 when the place does not exist. */
static int take_place(const shim_place *place, int *ret_point, int *ret_tree) {
    int tree, point = open_place(place->path);

    *ret_point = *ret_tree = -1;
    if (point < 0)
        return is_gone(errno) ? 0 : -errno;
    tree = clone_tree(point);
    if (tree < 0) {
        int r = -errno;

        close(point);
        return r;
    }
    *ret_point = point;
    *ret_tree = tree;
    return 0;
}

static int put_place(const shim_place *place, int point, int tree) {
    int r = 0;

    if (tree < 0)
        return 0;
    if (place->kind == SHIM_READ_ONLY)
        r = change_tree(tree, TREE_RECURSIVE, MOUNT_READ_ONLY, 0);
    else if (place->kind == SHIM_WRITABLE)
        r = change_tree(tree, TREE_RECURSIVE, MOUNT_NO_SUID | MOUNT_NO_DEVICES, 0);
    if (r < 0 || attach_tree(tree, point) < 0)
        r = -errno;
    close(tree);
    close(point);
    return r;
}

/* Clone the writable places, then make the whole tree read-only. */
static int close_tree(const shim_view *view, int fds[][2]) {
    int r = 0;

    for (size_t i = 0; r == 0 && i < view->n_places; i++) {
        fds[i][0] = fds[i][1] = -1;
        if (view->places[i].kind == SHIM_WRITABLE)
            r = take_place(&view->places[i], &fds[i][0], &fds[i][1]);
    }
    if (r < 0 || view->is_writable)
        return r;
    if (syscall(SYS_mount_setattr, AT_FDCWD, "/", TREE_RECURSIVE,
                &(struct kernel_mount_attr) { .set = MOUNT_READ_ONLY },
                sizeof(struct kernel_mount_attr)) < 0)
        return -errno;
    return 0;
}

/* Make /dev/pts writable again: it is the server's own and not a place, but its devices must keep
 * working. */
static int open_terminals(void) {
    struct kernel_mount_attr attr = { .clear = MOUNT_READ_ONLY };
    long r = syscall(SYS_mount_setattr, AT_FDCWD, "/dev/pts", 0, &attr, sizeof attr);

    return r < 0 && errno != ENOENT && errno != EINVAL ? -errno : 0;
}

int mounts_own_processes(int *ret_stage) {
    *ret_stage = SHIM_STAGE_PROC;
    if (mount("proc", "/proc", "proc", MS_NOSUID | MS_NODEV | MS_NOEXEC | MS_RDONLY, NULL) < 0)
        return -errno;
    return 0;
}

int mounts_enter(const shim_view *view, int *ret_stage) {
    int (*fds)[2] = calloc(view->n_places + 1, sizeof *fds);
    int r;

    *ret_stage = SHIM_STAGE_MOUNTS;
    r = fds ? close_tree(view, fds) : -ENOMEM;
    for (size_t i = 0; r == 0 && i < view->n_places; i++) {
        if (view->places[i].kind != SHIM_WRITABLE)
            r = take_place(&view->places[i], &fds[i][0], &fds[i][1]);
        if (r == 0)
            r = put_place(&view->places[i], fds[i][0], fds[i][1]);
    }
    free(fds);
    return r < 0 ? r : open_terminals();
}
