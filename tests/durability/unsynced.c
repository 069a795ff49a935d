/* A disk that forgets what was not flushed, for LD_PRELOAD.
 *
 * Beside each database file FILE stands FILE.unsynced: for every write since the last
 * flush the bytes that it replaced. Whoever kills the process plays that back (see
 * power.py) and has the file as a power cut may leave it. A flush empties the log.
 *
 * UNSYNCED_LIES=N makes every Nth flush a lie: it reports success and the log stays.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define FILES 4096

struct record {
    uint64_t offset, kept, size;
};

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
/* The log of each descriptor, plus one; 0 for files that are none of ours. */
static int logs[FILES];
static unsigned long flushes;

#define REAL(name) ((__typeof__(&name))real(#name))

static void *real(const char *name) {
    void *found = dlsym(RTLD_NEXT, name);
    if (!found) {
        abort();
    }
    return found;
}

static int is_ours(const char *path) {
    const char *endings[] = {".db", ".db-wal", ".db-journal"};
    size_t length = strlen(path);
    for (size_t i = 0; i < sizeof endings / sizeof *endings; i++) {
        size_t n = strlen(endings[i]);
        if (length > n && strcmp(path + length - n, endings[i]) == 0) {
            return 1;
        }
    }
    return 0;
}

static int opened(int fd, const char *path) {
    char name[4096];
    if (fd >= 0 && fd < FILES && is_ours(path)) {
        snprintf(name, sizeof name, "%s.unsynced", path);
        logs[fd] = REAL(open64)(name, O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC, 0600) + 1;
        if (!logs[fd]) {
            abort();
        }
    }
    return fd;
}

#define OPEN(name)                                         \
    int name(const char *path, int flags, ...) {           \
        va_list more;                                      \
        va_start(more, flags);                             \
        mode_t mode = va_arg(more, mode_t);                \
        va_end(more);                                      \
        return opened(REAL(name)(path, flags, mode), path); \
    }
OPEN(open)
OPEN(open64)

#define OPENAT(name)                                           \
    int name(int at, const char *path, int flags, ...) {       \
        va_list more;                                          \
        va_start(more, flags);                                 \
        mode_t mode = va_arg(more, mode_t);                    \
        va_end(more);                                          \
        return opened(REAL(name)(at, path, flags, mode), path); \
    }
OPENAT(openat)
OPENAT(openat64)

int close(int fd) {
    if (fd >= 0 && fd < FILES && logs[fd]) {
        REAL(close)(logs[fd] - 1);
        logs[fd] = 0;
    }
    return REAL(close)(fd);
}

static int log_of(int fd) {
    return fd >= 0 && fd < FILES ? logs[fd] - 1 : -1;
}

/* Keeps what stands in [offset, offset + length), before it is overwritten or cut off. */
static void keep(int fd, uint64_t offset, uint64_t length) {
    struct stat64 now;
    if (REAL(fstat64)(fd, &now) != 0) {
        abort();
    }
    struct record head = {offset, 0, (uint64_t)now.st_size};
    if (offset < head.size) {
        head.kept = head.size - offset < length ? head.size - offset : length;
    }
    size_t total = sizeof head + head.kept;
    char *entry = malloc(total);
    memcpy(entry, &head, sizeof head);
    if (head.kept && REAL(pread64)(fd, entry + sizeof head, head.kept, (off64_t)offset) != (ssize_t)head.kept) {
        abort();
    }
    if (REAL(write)(log_of(fd), entry, total) != (ssize_t)total) {
        abort();
    }
    free(entry);
}

#define PWRITE(name, offset_type)                                                \
    ssize_t name(int fd, const void *data, size_t length, offset_type offset) {  \
        if (log_of(fd) < 0) {                                                    \
            return REAL(name)(fd, data, length, offset);                         \
        }                                                                        \
        pthread_mutex_lock(&lock);                                               \
        keep(fd, (uint64_t)offset, length);                                      \
        ssize_t done = REAL(name)(fd, data, length, offset);                     \
        pthread_mutex_unlock(&lock);                                             \
        return done;                                                             \
    }
PWRITE(pwrite, off_t)
PWRITE(pwrite64, off64_t)

ssize_t write(int fd, const void *data, size_t length) {
    if (log_of(fd) < 0) {
        return REAL(write)(fd, data, length);
    }
    pthread_mutex_lock(&lock);
    keep(fd, (uint64_t)lseek64(fd, 0, SEEK_CUR), length);
    ssize_t done = REAL(write)(fd, data, length);
    pthread_mutex_unlock(&lock);
    return done;
}

#define TRUNCATE(name, offset_type)                          \
    int name(int fd, offset_type length) {                   \
        if (log_of(fd) < 0) {                                \
            return REAL(name)(fd, length);                   \
        }                                                    \
        pthread_mutex_lock(&lock);                           \
        keep(fd, (uint64_t)length, UINT64_MAX);              \
        int done = REAL(name)(fd, length);                   \
        pthread_mutex_unlock(&lock);                         \
        return done;                                         \
    }
TRUNCATE(ftruncate, off_t)
TRUNCATE(ftruncate64, off64_t)

static int flush(int (*sync)(int), int fd) {
    if (log_of(fd) < 0) {
        return sync(fd);
    }
    const char *lies = getenv("UNSYNCED_LIES");
    /* Nothing may be written between the flush and the emptying of the log. */
    pthread_mutex_lock(&lock);
    flushes++;
    int done = 0;
    if (!lies || flushes % strtoul(lies, NULL, 10) != 0) {
        done = sync(fd);
        if (done == 0 && REAL(ftruncate64)(log_of(fd), 0) != 0) {
            abort();
        }
    }
    pthread_mutex_unlock(&lock);
    return done;
}

int fsync(int fd) {
    return flush(REAL(fsync), fd);
}

int fdatasync(int fd) {
    return flush(REAL(fdatasync), fd);
}
