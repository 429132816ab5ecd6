/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Text on the firmware's linear framebuffer. The framebuffer is only ever written, never read (reads of it are slow),
 * and only where a character has changed. Lines get their colour from how they begin, so that a failed test is seen
 * from afar.
 */
#ifndef KERNEL_FBCON_H
#define KERNEL_FBCON_H

#include <stddef.h>

#include "kernel/boot_info.h"

/*
 * Map the framebuffer and clear it. Returns 0, -ENODEV (there is none), -EINVAL (its description contradicts itself, or
 * is too small for one character) or -ENOMEM (no room to map it). Needs mmio_map_write_combining().
 */
int fbcon_init(const struct boot_framebuffer *fb);
/*
 * Show size bytes of text: printable ASCII, '\n' (also returns to column 0), '\r' and '\t'. Anything else is a '?', a
 * UTF-8 sequence being one. Does nothing before fbcon_init(). Callers see to it that one processor writes at a time.
 */
void fbcon_write(const char *text, size_t size);

#endif
