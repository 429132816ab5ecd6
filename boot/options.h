/* SPDX-License-Identifier: BSD-2-Clause */
/* Load options: what the firmware's boot menu, its shell or another loader wants the program to know. */
#ifndef BOOT_OPTIONS_H
#define BOOT_OPTIONS_H

#include <stddef.h>

/*
 * Turn size bytes of load options into text without a terminating NUL. They should be UTF-16, but some firmware puts
 * binary data there: then the whole is refused. A first word without '=' is the program's own name (the shell puts it
 * there) and is left out. Returns 0, -EINVAL (not text) or -ENOSPC (more than room characters).
 */
int options_text(const void *options, size_t size, char *text, size_t room, size_t *length);
/*
 * The part of size bytes of text that ends with its last whole line, if it has one: what is kept of a file that is cut
 * off, since half a line would say something else than the whole one.
 */
size_t options_whole_lines(const char *text, size_t size);

#endif
