/* SPDX-License-Identifier: BSD-2-Clause */
#include "boot/unpack.h"

#include <libdeflate.h>

#include "boot/errno.h"
#include "kernel/elf.h"

#define GZIP_MIN 18U /* header and trailer: RFC 1952, 2.3 */

uint64_t unpack_size(const void *file, size_t size)
{
	uint32_t isize;

	if (size < GZIP_MIN)
		return 0;
	__builtin_memcpy(&isize, (const uint8_t *)file + size - sizeof(isize), sizeof(isize));
	return isize <= ELF_MAX ? isize : 0;
}

int unpack(const void *file, size_t size, void *out, void *(*allocate)(size_t), void (*release)(void *))
{
	struct libdeflate_decompressor *d;
	enum libdeflate_result result;
	uint64_t room = unpack_size(file, size);
	size_t used;

	if (room == 0)
		return -EINVAL;
	libdeflate_set_memory_allocator(allocate, release);
	d = libdeflate_alloc_decompressor();
	if (!d)
		return -ENOMEM;
	/* Without a place for the size of the output, anything but room bytes is an error. */
	result = libdeflate_gzip_decompress_ex(d, file, size, out, room, &used, NULL);
	libdeflate_free_decompressor(d);
	return result == LIBDEFLATE_SUCCESS && used == size ? 0 : -EINVAL;
}
