/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A function that can stop in the middle and go on later, on a stack of its own: a descriptor that waits for a page,
 * while the others and the embedder go on. One runs at a time, and it runs in the thread that calls.
 */
#ifndef TESTS_QEMU_DSA_FIBER_H
#define TESTS_QEMU_DSA_FIBER_H

#include <stdbool.h>

struct dsa_fiber;

/* Never NULL: without memory for it the program ends. */
struct dsa_fiber *dsa_fiber_new(void);
/* It must not be suspended. NULL is fine. */
void dsa_fiber_free(struct dsa_fiber *fiber);

/* Of a list of fibers, the embedder's: sets which one comes next. Returns which one came next before. */
struct dsa_fiber *dsa_fiber_next(struct dsa_fiber *fiber, struct dsa_fiber *next);

/* Runs entry(arg), or goes on with it, until it returns or suspends itself. Returns whether it returned. */
bool dsa_fiber_start(struct dsa_fiber *fiber, void (*entry)(void *arg), void *arg);
bool dsa_fiber_resume(struct dsa_fiber *fiber);

/* From within: back to who started or resumed it. */
void dsa_fiber_suspend(struct dsa_fiber *fiber);

#endif
