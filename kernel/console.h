/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The console: COM1, the hypervisor's console in a guest, and the screen, all at once. newlib's stdout ends here too;
 * console_printf() is for the kernel itself, since it neither allocates nor buffers and so works in a dump.
 */
#ifndef KERNEL_CONSOLE_H
#define KERNEL_CONSOLE_H

#include <stdarg.h>
#include <stddef.h>

#include "kernel/boot_info.h"

/* Find out which consoles there are. Before it, console_write() writes nothing. */
void console_init(void);
void console_write(const char *text, size_t size);
/* At most 255 characters are written. */
void console_printf(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* The screen (kernel/fbcon.c), if this image has one. */
int fbcon_init(const struct boot_framebuffer *fb) __attribute__((weak));
void fbcon_write(const char *text, size_t size) __attribute__((weak));

#endif
