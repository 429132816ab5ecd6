/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef KERNEL_PANIC_H
#define KERNEL_PANIC_H

#include <stdint.h>

/*
 * The kernel cannot go on: says why, with a backtrace. Within guard_run() that is a crash of the guarded function;
 * elsewhere the run ends with the verdict CRASH.
 */
_Noreturn void panic(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* Print the callers from frame pointer rbp on, as "# ..." lines with function names; the first line is for rip. */
void panic_backtrace(uint64_t rip, uint64_t rbp);
/* "function+0x12", or the bare address. */
void panic_symbol(uint64_t rip, char *text, unsigned size);

#endif
