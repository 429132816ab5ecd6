/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef KERNEL_PANIC_H
#define KERNEL_PANIC_H

#include <stddef.h>
#include <stdint.h>

/*
 * The kernel cannot go on: says why, with a backtrace. Within guard_run() that is a crash of the guarded function;
 * elsewhere the run ends with the verdict CRASH.
 */
_Noreturn void panic(const char *format, ...) __attribute__((format(printf, 1, 2)));

/*
 * Print "# ..." lines with function names: the one of rip, then its callers, by the frame pointers from rbp on. If rip
 * is no code (a call through a bad pointer), the return address at rsp says who went there.
 */
void panic_backtrace(uint64_t rip, uint64_t rbp, uint64_t rsp);
/* "function+0x12", or the bare address where no function is known. */
void panic_symbol(uint64_t rip, char *text, size_t size);

#endif
