/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tests/qemu/dsa/fiber.h"

#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <ucontext.h>

#if defined(__has_feature)
#if __has_feature(address_sanitizer)
#define SANITIZED 1
#endif
#elif defined(__SANITIZE_ADDRESS__)
#define SANITIZED 1
#endif

/* The address sanitizer wants to know of each change of stack. */
#ifdef SANITIZED
#include <sanitizer/common_interface_defs.h>
#define LEAVE(save, bottom, size) __sanitizer_start_switch_fiber(save, bottom, size)
#define ENTER(save, bottom, size) __sanitizer_finish_switch_fiber(save, bottom, size)
#else
#define LEAVE(save, bottom, size) ((void)(save), (void)(bottom), (void)(size))
#define ENTER(save, bottom, size) ((void)(save), (void)(bottom), (void)(size))
#endif

/* What a descriptor needs is some 20 KiB; the rest is for the memory that it reaches, which may be another device. */
#define STACK_SIZE (512U * 1024U)

struct dsa_fiber {
	ucontext_t inside, outside;
	void (*entry)(void *arg);
	void *arg;
	void *stack;
	bool ended;
	struct dsa_fiber *next;
	void *inside_fake, *outside_fake; /* the sanitizer's */
	const void *outside_bottom;
	size_t outside_size;
};

struct dsa_fiber *dsa_fiber_new(void)
{
	struct dsa_fiber *fiber = calloc(1, sizeof(*fiber));

	if (fiber)
		fiber->stack = mmap(NULL, STACK_SIZE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (!fiber || fiber->stack == MAP_FAILED) {
		fprintf(stderr, "intel-dsa: no memory for a descriptor's stack\n");
		exit(1);
	}
	/* A guard page at its end. */
	if (mprotect(fiber->stack, 4096, PROT_NONE)) {
		perror("intel-dsa: mprotect");
		exit(1);
	}
	return fiber;
}

void dsa_fiber_free(struct dsa_fiber *fiber)
{
	if (!fiber)
		return;
	munmap(fiber->stack, STACK_SIZE);
	free(fiber);
}

struct dsa_fiber *dsa_fiber_next(struct dsa_fiber *fiber, struct dsa_fiber *next)
{
	struct dsa_fiber *old = fiber->next;

	fiber->next = next;
	return old;
}

/* makecontext() passes integers only: the fiber comes as two halves of its address. */
static void trampoline(unsigned low, unsigned high)
{
	struct dsa_fiber *fiber =
	        (struct dsa_fiber *)(((unsigned long)high << 32) | low); /* NOLINT(performance-no-int-to-ptr) */

	ENTER(NULL, &fiber->outside_bottom, &fiber->outside_size);
	fiber->entry(fiber->arg);
	fiber->ended = true;
	LEAVE(NULL, fiber->outside_bottom, fiber->outside_size);
	setcontext(&fiber->outside);
	abort();
}

static bool enter(struct dsa_fiber *fiber)
{
	LEAVE(&fiber->outside_fake, fiber->stack, STACK_SIZE);
	if (swapcontext(&fiber->outside, &fiber->inside))
		abort();
	ENTER(fiber->outside_fake, NULL, NULL);
	return fiber->ended;
}

bool dsa_fiber_start(struct dsa_fiber *fiber, void (*entry)(void *arg), void *arg)
{
	unsigned long address = (unsigned long)fiber;

	fiber->entry = entry;
	fiber->arg = arg;
	fiber->ended = false;
	if (getcontext(&fiber->inside))
		abort();
	fiber->inside.uc_stack.ss_sp = fiber->stack;
	fiber->inside.uc_stack.ss_size = STACK_SIZE;
	fiber->inside.uc_link = NULL;
	makecontext(&fiber->inside, (void (*)(void))trampoline, 2, (unsigned)address, (unsigned)(address >> 32));
	return enter(fiber);
}

bool dsa_fiber_resume(struct dsa_fiber *fiber)
{
	return enter(fiber);
}

void dsa_fiber_suspend(struct dsa_fiber *fiber)
{
	LEAVE(&fiber->inside_fake, fiber->outside_bottom, fiber->outside_size);
	if (swapcontext(&fiber->inside, &fiber->outside))
		abort();
	ENTER(fiber->inside_fake, &fiber->outside_bottom, &fiber->outside_size);
}
