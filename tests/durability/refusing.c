/* A disk that refuses to write, for LD_PRELOAD.
 *
 * While the file that REFUSING names is there nothing is written to a database: with an
 * empty one the disk is full (ENOSPC), else it is broken (EIO).
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static void *real(const char *name) {
    void *found = dlsym(RTLD_NEXT, name);
    if (!found) {
        abort();
    }
    return found;
}

static int is_ours(int fd) {
    char link[64], path[PATH_MAX];
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    ssize_t length = readlink(link, path, sizeof path - 1);
    if (length < 0) {
        return 0;
    }
    path[length] = 0;
    return strstr(path, ".db") != NULL;
}

/* Whether this write is refused; says so in errno. */
static int refuses(int fd) {
    const char *name = getenv("REFUSING");
    struct stat found;
    if (!name || stat(name, &found) != 0 || !is_ours(fd)) {
        return 0;
    }
    errno = found.st_size == 0 ? ENOSPC : EIO;
    return 1;
}

#define PWRITE(name, offset_type)                                               \
    ssize_t name(int fd, const void *data, size_t length, offset_type offset) { \
        if (refuses(fd)) {                                                      \
            return -1;                                                          \
        }                                                                       \
        return ((__typeof__(&name))real(#name))(fd, data, length, offset);      \
    }
PWRITE(pwrite, off_t)
PWRITE(pwrite64, off64_t)

ssize_t write(int fd, const void *data, size_t length) {
    if (refuses(fd)) {
        return -1;
    }
    return ((__typeof__(&write))real("write"))(fd, data, length);
}
