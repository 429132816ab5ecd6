/* SPDX-License-Identifier: BSD-2-Clause */
#include <stdarg.h>
#include <stdio.h>

#include "kernel/console.h"
#include "kernel/exit.h"
#include "kernel/panic.h"

_Noreturn void panic(const char *format, ...)
{
	char text[200];
	va_list args;

	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	console_printf("\n# PANIC: %s\n", text);
	platform_exit(0x14);
}
