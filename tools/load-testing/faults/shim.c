/*
 * Makes chosen file operations of a process fail. Preloaded with LD_PRELOAD; `hammer faults`
 * compiles it and sets the variables below.
 *
 *   HAMMER_FAULT_ROOT    an absolute path without links: only calls below it are counted and injected
 *   HAMMER_FAULT_REPORT  a file outside the root: one line for each counted call, "<class> <n> <path>[ !]", where the
 *                        exclamation mark marks an injected fault
 *   HAMMER_FAULT_CLASS   write, sync, rename, truncate, create or remove; without it calls are only counted
 *   HAMMER_FAULT_KIND    eio, enospc or short (writes only: half of the bytes are really written)
 *   HAMMER_FAULT_AT      the number of the call in its class, from 1
 *   HAMMER_FAULT_COUNTED how many calls of each class an earlier process has made, in the order of the classes and
 *                        separated by commas: this process continues the count
 *   HAMMER_FAULT_LASTS   1: every call of the class from that one on; otherwise only that call
 *
 * Each wrapper makes the system call itself and never asks for the C library's own function, so it works from the first
 * call on. Which file a descriptor stands for is read from /proc: a few hundred calls do not need a table.
 *
 * Not seen: stores into mapped memory (SQLite's -shm, which is rebuilt at every start) and stdio streams, which neither
 * Rust's standard library nor SQLite writes files with.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/types.h>
#include <sys/uio.h>
#include <unistd.h>

enum class { WRITE, SYNC, RENAME, TRUNCATE, CREATE, REMOVE, CLASSES };
enum verdict { PASS, FAIL, SHORTEN };

static const char *const class_names[CLASSES] = {"write", "sync", "rename", "truncate", "create", "remove"};
static atomic_long counts[CLASSES];

static const char *root;
static size_t root_length;
static int report = -1;
static int fault_class = -1;
static int fault_errno; /* 0 for short writes */
static long fault_at;
static int fault_lasts;

__attribute__((constructor)) static void configure(void) {
    const char *class = getenv("HAMMER_FAULT_CLASS"), *kind = getenv("HAMMER_FAULT_KIND");
    const char *at = getenv("HAMMER_FAULT_AT"), *lasts = getenv("HAMMER_FAULT_LASTS");
    const char *file = getenv("HAMMER_FAULT_REPORT");
    root = getenv("HAMMER_FAULT_ROOT");
    if (!root || !file) {
        root = NULL;
        return;
    }
    root_length = strlen(root);
    const char *counted = getenv("HAMMER_FAULT_COUNTED");
    for (int each = 0; counted && *counted && each < CLASSES; each++) {
        char *end;
        atomic_store(&counts[each], strtol(counted, &end, 10));
        counted = *end == ',' ? end + 1 : end;
    }
    report = (int)syscall(SYS_openat, AT_FDCWD, file, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    for (int each = 0; class && each < CLASSES; each++)
        if (strcmp(class, class_names[each]) == 0)
            fault_class = each;
    if (kind && strcmp(kind, "eio") == 0)
        fault_errno = EIO;
    else if (kind && strcmp(kind, "enospc") == 0)
        fault_errno = ENOSPC;
    fault_at = at ? atol(at) : 0;
    fault_lasts = lasts && strcmp(lasts, "1") == 0;
}

static int is_beneath_root(const char *path) {
    return root && path && strncmp(path, root, root_length) == 0 && (path[root_length] == '/' || !path[root_length]);
}

/* Counts a call on `path`, decides its fate and records it. */
static enum verdict judge(enum class class, const char *path, size_t bytes) {
    if (!is_beneath_root(path))
        return PASS;
    /* A single byte cannot be written in part, so for short writes such a call is not counted. */
    int is_short = (int)class == fault_class && fault_errno == 0;
    if (is_short && bytes < 2)
        return PASS;
    long number = atomic_fetch_add(&counts[class], 1) + 1;
    int injected = (int)class == fault_class && (number == fault_at || (fault_lasts && number > fault_at));
    char line[PATH_MAX + 64];
    int length = snprintf(line, sizeof line, "%s %ld %s%s\n", class_names[class], number, path + root_length,
                          injected ? " !" : "");
    syscall(SYS_write, report, line, (size_t)length);
    return !injected ? PASS : is_short ? SHORTEN : FAIL;
}

static enum verdict judge_descriptor(enum class class, int descriptor, size_t bytes) {
    char link[64], path[PATH_MAX];
    snprintf(link, sizeof link, "/proc/self/fd/%d", descriptor);
    long length = syscall(SYS_readlinkat, AT_FDCWD, link, path, sizeof path - 1);
    if (length <= 0)
        return PASS;
    path[length] = 0;
    return judge(class, path, bytes);
}

static int failed(void) {
    errno = fault_errno;
    return -1;
}

/* Writing. */

ssize_t write(int fd, const void *bytes, size_t count) {
    enum verdict verdict = judge_descriptor(WRITE, fd, count);
    return verdict == FAIL ? failed() : syscall(SYS_write, fd, bytes, verdict == SHORTEN ? count / 2 : count);
}

ssize_t pwrite64(int fd, const void *bytes, size_t count, off64_t at) {
    enum verdict verdict = judge_descriptor(WRITE, fd, count);
    return verdict == FAIL ? failed() : syscall(SYS_pwrite64, fd, bytes, verdict == SHORTEN ? count / 2 : count, at);
}

ssize_t pwrite(int fd, const void *bytes, size_t count, off_t at) { return pwrite64(fd, bytes, count, at); }

static size_t length_of(const struct iovec *parts, int count) {
    size_t length = 0;
    for (int each = 0; each < count; each++)
        length += parts[each].iov_len;
    return length;
}

/* A short write takes half of the first part that is not empty. */
static const struct iovec *first_part(const struct iovec *parts, int count) {
    while (count-- > 1 && parts->iov_len == 0)
        parts++;
    return parts;
}

ssize_t writev(int fd, const struct iovec *parts, int count) {
    enum verdict verdict = judge_descriptor(WRITE, fd, length_of(parts, count));
    const struct iovec *first = first_part(parts, count);
    if (verdict == SHORTEN)
        return syscall(SYS_write, fd, first->iov_base, (first->iov_len + 1) / 2);
    return verdict == FAIL ? failed() : syscall(SYS_writev, fd, parts, count);
}

ssize_t pwritev64(int fd, const struct iovec *parts, int count, off64_t at) {
    enum verdict verdict = judge_descriptor(WRITE, fd, length_of(parts, count));
    const struct iovec *first = first_part(parts, count);
    if (verdict == SHORTEN)
        return syscall(SYS_pwrite64, fd, first->iov_base, (first->iov_len + 1) / 2, at);
    return verdict == FAIL ? failed() : syscall(SYS_pwritev, fd, parts, (long)count, at, 0L);
}

ssize_t pwritev(int fd, const struct iovec *parts, int count, off_t at) { return pwritev64(fd, parts, count, at); }

/* Waiting for the disk. */

int fsync(int fd) { return judge_descriptor(SYNC, fd, 0) == FAIL ? failed() : (int)syscall(SYS_fsync, fd); }
int fdatasync(int fd) { return judge_descriptor(SYNC, fd, 0) == FAIL ? failed() : (int)syscall(SYS_fdatasync, fd); }
int syncfs(int fd) { return judge_descriptor(SYNC, fd, 0) == FAIL ? failed() : (int)syscall(SYS_syncfs, fd); }

/* Names. Paths are taken as absolute: the server uses no relative ones. */

int renameat2(int from_dir, const char *from, int to_dir, const char *to, unsigned flags) {
    if (judge(RENAME, to, 0) == FAIL)
        return failed();
    return (int)syscall(SYS_renameat2, from_dir, from, to_dir, to, flags);
}

int rename(const char *from, const char *to) { return renameat2(AT_FDCWD, from, AT_FDCWD, to, 0); }
int renameat(int from_dir, const char *from, int to_dir, const char *to) {
    return renameat2(from_dir, from, to_dir, to, 0);
}

int linkat(int from_dir, const char *from, int to_dir, const char *to, int flags) {
    if (judge(RENAME, to, 0) == FAIL)
        return failed();
    return (int)syscall(SYS_linkat, from_dir, from, to_dir, to, flags);
}

int link(const char *from, const char *to) { return linkat(AT_FDCWD, from, AT_FDCWD, to, 0); }

int unlinkat(int dir, const char *path, int flags) {
    return judge(REMOVE, path, 0) == FAIL ? failed() : (int)syscall(SYS_unlinkat, dir, path, flags);
}

int unlink(const char *path) { return unlinkat(AT_FDCWD, path, 0); }
int rmdir(const char *path) { return unlinkat(AT_FDCWD, path, AT_REMOVEDIR); }

int mkdirat(int dir, const char *path, mode_t mode) {
    return judge(CREATE, path, 0) == FAIL ? failed() : (int)syscall(SYS_mkdirat, dir, path, mode);
}

int mkdir(const char *path, mode_t mode) { return mkdirat(AT_FDCWD, path, mode); }

/* Opening counts where it may create a file. */

static int open_at(int dir, const char *path, int flags, mode_t mode) {
    if ((flags & O_CREAT) && judge(CREATE, path, 0) == FAIL)
        return failed();
    return (int)syscall(SYS_openat, dir, path, flags, mode);
}

#define MODE_OF(flags, mode)                                                                                           \
    mode_t mode = 0;                                                                                                   \
    if ((flags) & (O_CREAT | __O_TMPFILE)) {                                                                           \
        va_list rest;                                                                                                  \
        va_start(rest, flags);                                                                                         \
        mode = va_arg(rest, mode_t);                                                                                   \
        va_end(rest);                                                                                                  \
    }

int open(const char *path, int flags, ...) {
    MODE_OF(flags, mode)
    return open_at(AT_FDCWD, path, flags, mode);
}

int open64(const char *path, int flags, ...) {
    MODE_OF(flags, mode)
    return open_at(AT_FDCWD, path, flags, mode);
}

int openat(int dir, const char *path, int flags, ...) {
    MODE_OF(flags, mode)
    return open_at(dir, path, flags, mode);
}

int openat64(int dir, const char *path, int flags, ...) {
    MODE_OF(flags, mode)
    return open_at(dir, path, flags, mode);
}

/* Lengths. */

int ftruncate64(int fd, off64_t length) {
    return judge_descriptor(TRUNCATE, fd, 0) == FAIL ? failed() : (int)syscall(SYS_ftruncate, fd, length);
}

int ftruncate(int fd, off_t length) { return ftruncate64(fd, length); }

int truncate64(const char *path, off64_t length) {
    return judge(TRUNCATE, path, 0) == FAIL ? failed() : (int)syscall(SYS_truncate, path, length);
}

int truncate(const char *path, off_t length) { return truncate64(path, length); }

int fallocate64(int fd, int mode, off64_t at, off64_t length) {
    return judge_descriptor(TRUNCATE, fd, 0) == FAIL ? failed() : (int)syscall(SYS_fallocate, fd, mode, at, length);
}

int fallocate(int fd, int mode, off_t at, off_t length) { return fallocate64(fd, mode, at, length); }

/* Returns its error instead of setting errno. */
int posix_fallocate64(int fd, off64_t at, off64_t length) { return fallocate64(fd, 0, at, length) ? errno : 0; }
int posix_fallocate(int fd, off_t at, off_t length) { return posix_fallocate64(fd, at, length); }
