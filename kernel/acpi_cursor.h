/* SPDX-License-Identifier: BSD-2-Clause */
/* Reading an ACPI table: shared by acpi_parse.c and acpi_dmar.c only. */
#ifndef KERNEL_ACPI_CURSOR_H
#define KERNEL_ACPI_CURSOR_H

#include <errno.h>
#include <stdbool.h>
#include <string.h>

#include "kernel/acpi.h"

/* A stretch of the table that is still to be read, and the first fault seen. */
struct acpi_cursor {
	const uint8_t *at;
	size_t left;
	const char *why;
};

static inline void acpi_fault(struct acpi_cursor *c, const char *why)
{
	if (!c->why)
		c->why = why;
}

static inline int acpi_finish(const struct acpi_cursor *c, const char **why)
{
	*why = c->why;
	return c->why ? -EINVAL : 0;
}

/* Tables are packed and aligned to nothing. */
static inline uint16_t acpi_get16(const uint8_t *p)
{
	return (uint16_t)(p[0] | p[1] << 8);
}

static inline uint32_t acpi_get32(const uint8_t *p)
{
	return (uint32_t)acpi_get16(p) | (uint32_t)acpi_get16(p + 2) << 16;
}

static inline uint64_t acpi_get64(const uint8_t *p)
{
	return (uint64_t)acpi_get32(p) | (uint64_t)acpi_get32(p + 4) << 32;
}

/* Check the header and leave the cursor behind the fixed part of fixed bytes. */
static inline bool acpi_open(struct acpi_cursor *c, const void *table, size_t size, const char *signature, size_t fixed)
{
	size_t length;

	*c = (struct acpi_cursor){.at = table};
	if (size < sizeof(struct acpi_header)) {
		acpi_fault(c, "shorter than a table header");
		return false;
	}
	if (memcmp(c->at, signature, 4) != 0) {
		acpi_fault(c, "another table's signature");
		return false;
	}
	length = acpi_get32(c->at + offsetof(struct acpi_header, length));
	if (length > size) {
		acpi_fault(c, "length in the header reaches past the table's end");
		return false;
	}
	if (length < fixed) {
		acpi_fault(c, "shorter than its fixed part");
		return false;
	}
	c->at += fixed;
	c->left = length - fixed;
	return true;
}

/* Cut the next length bytes off as an entry of their own. length is at least 1 and at most c->left. */
static inline const uint8_t *acpi_take(struct acpi_cursor *c, size_t length)
{
	const uint8_t *entry = c->at;

	c->at += length;
	c->left -= length;
	return entry;
}

#endif
