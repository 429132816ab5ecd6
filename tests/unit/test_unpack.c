/* SPDX-License-Identifier: BSD-2-Clause */
/* The kernel's unpacking in the loader, against what zlib packs. Every block has its exact size, so ASan sees all. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include <errno.h>
#include <zlib.h>

#include "boot/unpack.h"
#include "kernel/elf.h"
#include "tests/unit/random.h"

#define PLAIN   6000U
#define HEADER  10U
#define TRAILER 8U

static uint8_t plain[PLAIN];
static uint8_t packed[2 * PLAIN];
static size_t packed_size;

static int allocated;

static void *allocate(size_t bytes)
{
	allocated++;
	return malloc(bytes);
}

static void release(void *p)
{
	allocated--;
	free(p);
}

static void *nothing(size_t bytes)
{
	(void)bytes;
	return NULL;
}

/* Words that come again and bytes that do not, so that there are matches, literals and codes of the data's own. */
static int set_up(void **state)
{
	z_stream z = {.next_in = plain, .avail_in = PLAIN, .next_out = packed, .avail_out = sizeof(packed)};

	(void)state;
	for (size_t i = 0; i < PLAIN; i += 8) {
		uint64_t word = random64();

		word = i % 3 ? word & 0x0f0f : word;
		memcpy(&plain[i], &word, sizeof(word));
	}
	/* 16: with gzip's header and trailer. */
	assert_int_equal(deflateInit2(&z, 9, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY), Z_OK);
	assert_int_equal(deflate(&z, Z_FINISH), Z_STREAM_END);
	packed_size = z.total_out;
	deflateEnd(&z);
	return 0;
}

/* Unpack the first size bytes of packed. 0: it gave what was packed. 1: it gave something else. Else the error. */
static int unpacked(size_t size)
{
	uint8_t *file = malloc(size ? size : 1);
	uint64_t room;
	uint8_t *out;
	int err;

	assert_non_null(file);
	memcpy(file, packed, size);
	room = unpack_size(file, size);
	out = malloc(room ? room : 1);
	assert_non_null(out);
	err = unpack(file, size, out, allocate, release);
	if (err == 0 && (room != PLAIN || memcmp(out, plain, PLAIN) != 0))
		err = 1;
	assert_int_equal(allocated, 0);
	free(out);
	free(file);
	return err;
}

static void what_zlib_packs_is_unpacked(void **state)
{
	(void)state;
	assert_true(packed_size > HEADER + TRAILER && packed_size < PLAIN);
	assert_int_equal(unpack_size(packed, packed_size), PLAIN);
	assert_int_equal(unpacked(packed_size), 0);
}

static void a_flipped_bit_is_noticed(void **state)
{
	(void)state;
	for (size_t i = 0; i < packed_size; i++) {
		uint8_t bit = (uint8_t)(1U << random64() % 8);
		int err;

		packed[i] ^= bit;
		err = unpacked(packed_size);
		packed[i] ^= bit;
		/* Nothing hangs on the header's time and system, nor on the bits that fill up the data's last byte. */
		if (i < HEADER || i == packed_size - TRAILER - 1)
			assert_true(err == 0 || err == -EINVAL);
		else
			assert_int_equal(err, -EINVAL);
	}
}

static void a_byte_too_few_or_too_many_is_noticed(void **state)
{
	(void)state;
	for (size_t size = 0; size < packed_size; size++)
		assert_int_equal(unpacked(size), -EINVAL);
	/* With bytes behind it, and its own length at the end once more. */
	memcpy(packed + packed_size, packed + packed_size - TRAILER, TRAILER);
	assert_int_equal(unpacked(packed_size + TRAILER), -EINVAL);
}

static void garbage_is_no_gzip_file(void **state)
{
	uint8_t kept[sizeof(packed)];

	(void)state;
	memcpy(kept, packed, sizeof(packed));
	for (unsigned round = 0; round < 2000; round++) {
		size_t size = HEADER + TRAILER + random64() % 600;

		for (size_t i = HEADER; i < size; i++)
			packed[i] = (uint8_t)random64();
		packed[3] = (uint8_t)random64(); /* the header's flags: what else it holds */
		packed[size - 1] = packed[size - 2] = 0;
		assert_int_equal(unpacked(size), -EINVAL);
	}
	memcpy(packed, kept, sizeof(packed));
}

static void nobody_believes_any_size(void **state)
{
	static const uint32_t more = ELF_MAX + 1, all = ELF_MAX;
	uint8_t file[HEADER + TRAILER];

	(void)state;
	memset(file, 1, sizeof(file));
	memcpy(file + sizeof(file) - 4, &all, 4);
	assert_int_equal(unpack_size(file, sizeof(file)), ELF_MAX);
	assert_int_equal(unpack_size(file, sizeof(file) - 1), 0);
	memcpy(file + sizeof(file) - 4, &more, 4);
	assert_int_equal(unpack_size(file, sizeof(file)), 0);
	assert_int_equal(unpack(file, sizeof(file), NULL, allocate, release), -EINVAL);
}

static void no_memory_is_said(void **state)
{
	uint8_t *out = malloc(PLAIN);

	(void)state;
	assert_non_null(out);
	assert_int_equal(unpack(packed, packed_size, out, nothing, release), -ENOMEM);
	free(out);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(what_zlib_packs_is_unpacked),
	        cmocka_unit_test(a_flipped_bit_is_noticed),
	        cmocka_unit_test(a_byte_too_few_or_too_many_is_noticed),
	        cmocka_unit_test(garbage_is_no_gzip_file),
	        cmocka_unit_test(nobody_believes_any_size),
	        cmocka_unit_test(no_memory_is_said),
	};

	return cmocka_run_group_tests_name("unpack", tests, set_up, NULL);
}
