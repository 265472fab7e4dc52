/*
 * Makes the disk of a process slow and its clock wrong while it runs. Preloaded with LD_PRELOAD;
 * `hammer hostile` compiles it and changes the numbers.
 *
 *   HAMMER_CONDITIONS  a file of two 64-bit integers, mapped into the process: how many microseconds each sync of a file
 *                      and each tenth write at an offset takes longer, and by how many seconds the wall clock is wrong
 *
 * Without the file nothing is changed. The monotonic clock, which measures timeouts, is never changed.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

struct conditions {
    _Atomic int64_t delay_us;
    _Atomic int64_t clock_offset_s;
};

static const struct conditions none;
static const struct conditions *conditions = &none;
static int (*real_clock_gettime)(clockid_t, struct timespec *);

__attribute__((constructor)) static void configure(void) {
    /* The C library's own reads the clock without a system call. */
    real_clock_gettime = (int (*)(clockid_t, struct timespec *))dlsym(RTLD_NEXT, "clock_gettime");
    const char *file = getenv("HAMMER_CONDITIONS");
    int fd = file ? (int)syscall(SYS_openat, AT_FDCWD, file, O_RDONLY | O_CLOEXEC) : -1;
    if (fd < 0)
        return;
    void *mapped = mmap(NULL, sizeof *conditions, PROT_READ, MAP_SHARED, fd, 0);
    if (mapped != MAP_FAILED)
        conditions = mapped;
    syscall(SYS_close, fd);
}

static void delay(void) {
    int64_t us = atomic_load_explicit(&conditions->delay_us, memory_order_relaxed);
    if (us > 0)
        nanosleep(&(struct timespec){.tv_sec = us / 1000000, .tv_nsec = us % 1000000 * 1000}, NULL);
}

int fsync(int fd) {
    delay();
    return (int)syscall(SYS_fsync, fd);
}

int fdatasync(int fd) {
    delay();
    return (int)syscall(SYS_fdatasync, fd);
}

/* Most writes end in the page cache even if the disk is slow. */
ssize_t pwrite64(int fd, const void *bytes, size_t count, off64_t at) {
    static atomic_uint writes;
    if (atomic_fetch_add_explicit(&writes, 1, memory_order_relaxed) % 10 == 0)
        delay();
    return syscall(SYS_pwrite64, fd, bytes, count, at);
}

ssize_t pwrite(int fd, const void *bytes, size_t count, off_t at) { return pwrite64(fd, bytes, count, at); }

static int64_t clock_offset_s(void) { return atomic_load_explicit(&conditions->clock_offset_s, memory_order_relaxed); }

int clock_gettime(clockid_t clock, struct timespec *now) {
    int result = real_clock_gettime ? real_clock_gettime(clock, now) : (int)syscall(SYS_clock_gettime, clock, now);
    if (result == 0 && (clock == CLOCK_REALTIME || clock == CLOCK_REALTIME_COARSE))
        now->tv_sec += clock_offset_s();
    return result;
}

int gettimeofday(struct timeval *restrict now, void *restrict zone) {
    (void)zone;
    struct timespec precise;
    clock_gettime(CLOCK_REALTIME, &precise);
    *now = (struct timeval){.tv_sec = precise.tv_sec, .tv_usec = precise.tv_nsec / 1000};
    return 0;
}

time_t time(time_t *into) {
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    if (into)
        *into = now.tv_sec;
    return now.tv_sec;
}
