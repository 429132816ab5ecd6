/* SPDX-License-Identifier: BSD-2-Clause */
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>

#include "kernel/boot.h"
#include "kernel/console.h"
#include "kernel/exit.h"
#include "kernel/paging.h"
#include "kernel/panic.h"
#include "kernel/percpu.h"

#define BACKTRACE_MAX 24

extern const char __kernel_start[], __text_end[];
/* Made from the first link by symtab.awk: offsets of functions, ascending, and their names in that order. */
extern const uint32_t symtab_count __attribute__((weak));
extern const uint32_t symtab_offsets[] __attribute__((weak));
extern const char symtab_names[] __attribute__((weak));

static bool is_code(uint64_t va)
{
	return va >= (uint64_t)(uintptr_t)__kernel_start && va < (uint64_t)(uintptr_t)__text_end;
}

void panic_symbol(uint64_t rip, char *text, size_t size)
{
	const char *name = symtab_names;
	uint32_t offset = (uint32_t)(rip - KERNEL_BASE), i = 0;

	if (!is_code(rip) || !name || symtab_count == 0 || offset < symtab_offsets[0]) {
		snprintf(text, size, "0x%llx", (unsigned long long)rip);
		return;
	}
	for (; i + 1 < symtab_count && symtab_offsets[i + 1] <= offset; i++)
		while (*name++)
			;
	snprintf(text, size, "%s+0x%x", name, (unsigned)(offset - symtab_offsets[i]));
}

static void print_frame(uint64_t rip, bool is_return)
{
	char text[96];

	/* A return address is behind its call, and may so belong to the next function. */
	panic_symbol(is_return ? rip - 1 : rip, text, sizeof(text));
	console_printf("#   %s %s\n", is_return ? "called by" : "in", text);
}

static bool is_readable(uint64_t va)
{
	uint64_t phys;

	return va % 8 == 0 && va >= PAGING_DIRECT && paging_translate(va, &phys) && paging_translate(va + 15, &phys);
}

void panic_backtrace(uint64_t rip, uint64_t rbp, uint64_t rsp)
{
	print_frame(rip, false);
	if (!is_code(rip) && is_readable(rsp) && is_code(*(const uint64_t *)rsp))
		print_frame(*(const uint64_t *)rsp, true);
	for (unsigned i = 0; i < BACKTRACE_MAX && is_readable(rbp); i++) {
		const uint64_t *frame = (const uint64_t *)rbp;

		if (!is_code(frame[1]))
			break;
		print_frame(frame[1], true);
		if (frame[0] <= rbp)
			break;
		rbp = frame[0];
	}
}

_Noreturn void panic(const char *format, ...)
{
	char text[200];
	va_list args;

	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	console_printf("\n# PANIC: %s\n", text);
	panic_backtrace((uint64_t)(uintptr_t)__builtin_return_address(0), *(const uint64_t *)__builtin_frame_address(0),
	                0);
	percpu_self()->panic_rip = (uint64_t)(uintptr_t)__builtin_return_address(0);
	__asm__ volatile("int3"); /* from a trap a guard finds its way back */
	platform_exit(EXIT_STATUS_CRASH);
}
