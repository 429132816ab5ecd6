/* SPDX-License-Identifier: BSD-2-Clause */
/* The kernel out of the gzip file (RFC 1952) that the loader carries. Knows nothing of UEFI. */
#ifndef BOOT_UNPACK_H
#define BOOT_UNPACK_H

#include <stddef.h>
#include <stdint.h>

/* The bytes that a gzip file of size bytes says it becomes. 0: it is too short to be one, or says more than ELF_MAX. */
uint64_t unpack_size(const void *file, size_t size);
/*
 * Unpack such a file to out, which has room for unpack_size() bytes; file and out do not overlap. The file may be
 * damaged in any way: what went wrong in its data shows in the CRC-32 behind them. allocate and release give and take
 * back about 12 KiB for the time of the call. Returns 0, -EINVAL (damaged; out holds anything) or -ENOMEM.
 */
int unpack(const void *file, size_t size, void *out, void *(*allocate)(size_t), void (*release)(void *));

#endif
