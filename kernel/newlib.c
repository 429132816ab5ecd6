/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What newlib asks of a system. There are no files: descriptors 0 to 2 are the console, which nobody can type on.
 * newlib names these functions without an underscore in this configuration, but for _exit.
 */
#include <errno.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/lock.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <unistd.h>

#include "kernel/console.h"
#include "kernel/exit.h"
#include "kernel/lock.h"
#include "kernel/paging.h"
#include "kernel/panic.h"

/* newlib declares some of these only for other systems. */
int kill(pid_t pid, int signal);
void *sbrk(ptrdiff_t increment);

int write(int fd, const void *data, size_t size)
{
	if (fd != STDOUT_FILENO && fd != STDERR_FILENO) {
		errno = EBADF;
		return -1;
	}
	console_write(data, size);
	return (int)size;
}

int read(int fd, void *data, size_t size)
{
	(void)fd, (void)data, (void)size;
	return 0;
}

int close(int fd)
{
	(void)fd;
	return 0;
}

off_t lseek(int fd, off_t offset, int whence)
{
	(void)fd, (void)offset, (void)whence;
	errno = ESPIPE;
	return -1;
}

int isatty(int fd)
{
	return fd <= STDERR_FILENO;
}

int fstat(int fd, struct stat *st)
{
	(void)fd;
	*st = (struct stat){.st_mode = S_IFCHR};
	return 0;
}

pid_t getpid(void)
{
	return 1;
}

int kill(pid_t pid, int signal)
{
	(void)pid;
	panic("signal %d (abort)", signal);
}

void _exit(int status)
{
	platform_exit((unsigned)status);
}

void *sbrk(ptrdiff_t increment)
{
	void *old = increment >= 0 ? paging_grow_heap((size_t)increment) : NULL;

	if (old)
		return old;
	errno = ENOMEM;
	return (void *)-1;
}

/* newlib's own locks: the heap's and the streams' must hold between processors; the rest is used by one at a time. */
struct __lock {
	struct lock lock;
};

#define NEWLIB_LOCKS(X)           \
	X(malloc_recursive_mutex) \
	X(sinit_recursive_mutex)  \
	X(sfp_recursive_mutex)    \
	X(atexit_recursive_mutex) \
	X(env_recursive_mutex)    \
	X(at_quick_exit_mutex)    \
	X(tz_mutex)               \
	X(dd_hash_mutex)          \
	X(arc4random_mutex)

#define NEWLIB_LOCK(id) struct __lock __lock___##id = {LOCK_INIT("newlib " #id)};
NEWLIB_LOCKS(NEWLIB_LOCK)
#undef NEWLIB_LOCK

/* One lock a stream; newlib opens three. */
static struct __lock stream_locks[8];
static unsigned stream_locks_used;

void __retarget_lock_init(_LOCK_T *lock)
{
	if (stream_locks_used == sizeof(stream_locks) / sizeof(stream_locks[0]))
		panic("newlib: more than %u streams", stream_locks_used);
	*lock = &stream_locks[stream_locks_used++];
	(*lock)->lock.name = "newlib stream";
}

void __retarget_lock_init_recursive(_LOCK_T *lock)
{
	__retarget_lock_init(lock);
}

void __retarget_lock_close(_LOCK_T lock)
{
	(void)lock;
}

void __retarget_lock_close_recursive(_LOCK_T lock)
{
	(void)lock;
}

void __retarget_lock_acquire(_LOCK_T lock)
{
	lock_acquire(&lock->lock);
}

void __retarget_lock_acquire_recursive(_LOCK_T lock)
{
	lock_acquire(&lock->lock);
}

int __retarget_lock_try_acquire(_LOCK_T lock)
{
	lock_acquire(&lock->lock);
	return 0;
}

int __retarget_lock_try_acquire_recursive(_LOCK_T lock)
{
	lock_acquire(&lock->lock);
	return 0;
}

void __retarget_lock_release(_LOCK_T lock)
{
	lock_release(&lock->lock);
}

void __retarget_lock_release_recursive(_LOCK_T lock)
{
	lock_release(&lock->lock);
}
