/* Tell whether a socket file belongs to a process of the sandbox. The kernel finds a Unix socket by
 * its file in any network namespace, but lists only the sockets of one: if a file is in no entry of
 * our list, its socket belongs to a process outside.
 */
#define _GNU_SOURCE
#include "unix_peers.h"
#include "kernel.h"

#include <errno.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <linux/sock_diag.h>
#include <linux/unix_diag.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/un.h>

struct entry {
    const struct unix_diag_vfs *file;
    const char *name;
    size_t name_size;
};

static struct entry read_entry(const struct nlmsghdr *message) {
    struct entry entry = { 0 };
    const struct unix_diag_msg *diag = NLMSG_DATA(message);
    int left = (int) NLMSG_PAYLOAD(message, sizeof *diag);

    for (struct rtattr *a = (struct rtattr *) (diag + 1); RTA_OK(a, left); a = RTA_NEXT(a, left))
        if (a->rta_type == UNIX_DIAG_VFS && RTA_PAYLOAD(a) >= sizeof *entry.file) {
            entry.file = RTA_DATA(a);
        } else if (a->rta_type == UNIX_DIAG_NAME) {
            entry.name = RTA_DATA(a);
            entry.name_size = RTA_PAYLOAD(a);
        }
    return entry;
}

/* On some file systems (btrfs, overlayfs) stat reports another device than the kernel's list; there
 * the socket's name must lead to the file. */
static int is_name_of(const struct entry *entry, const struct stat *file) {
    char path[sizeof ((struct sockaddr_un *) NULL)->sun_path + 1] = "";
    struct stat found;
    int r, place;

    if (entry->name_size == 0 || entry->name_size >= sizeof path || entry->name[0] != '/')
        return 0;
    memcpy(path, entry->name, entry->name_size);
    place = open_place(path);
    if (place < 0)
        return 0;
    r = fstat(place, &found) == 0 && found.st_ino == file->st_ino && found.st_dev == file->st_dev;
    close(place);
    return r;
}

static int is_bound_to(const struct entry *entry, const struct stat *file) {
    /* A device number in the kernel's own encoding. */
    uint32_t device = major(file->st_dev) << 20 | minor(file->st_dev);

    if (!entry->file || entry->file->udiag_vfs_ino != (uint32_t) file->st_ino)
        return 0;
    if (entry->file->udiag_vfs_dev == device && file->st_ino <= UINT32_MAX)
        return 1;
    return is_name_of(entry, file);
}

static int search(int diag, const struct stat *file) {
    _Alignas(struct nlmsghdr) char block[32768];
    int is_found = 0;

    for (;;) {
        ssize_t n = recv(diag, block, sizeof block, 0);
        unsigned left = (unsigned) n;

        if (n <= 0)
            return n < 0 ? -errno : -EIO;
        for (struct nlmsghdr *m = (struct nlmsghdr *) block; NLMSG_OK(m, left);
             m = NLMSG_NEXT(m, left)) {
            struct entry entry;

            if (m->nlmsg_type == NLMSG_DONE)
                return is_found;
            if (m->nlmsg_type == NLMSG_ERROR)
                return ((struct nlmsgerr *) NLMSG_DATA(m))->error;
            entry = read_entry(m);
            is_found |= is_bound_to(&entry, file);
        }
    }
}

int unix_peers_has(int place) {
    struct {
        struct nlmsghdr header;
        struct unix_diag_req body;
    } request = {
        { .nlmsg_len = sizeof request, .nlmsg_type = SOCK_DIAG_BY_FAMILY,
          .nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP },
        { .sdiag_family = AF_UNIX, .udiag_states = ~0U,
          .udiag_show = UDIAG_SHOW_NAME | UDIAG_SHOW_VFS },
    };
    struct stat file;
    int r, diag;

    if (fstat(place, &file) < 0)
        return -errno;
    diag = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_SOCK_DIAG);
    if (diag < 0)
        return -errno;
    r = send(diag, &request, sizeof request, 0) < 0 ? -errno : search(diag, &file);
    close(diag);
    return r;
}
