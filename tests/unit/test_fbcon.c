/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The screen console on a framebuffer that is plain memory of exactly its size. The test reads characters back by
 * comparing pixels with the font's glyphs, as an eye would.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include <errno.h>

#include "kernel/fbcon.h"
#include "kernel/mem.h"

#define BACKGROUND 0x101418U

extern const uint8_t font_psf[];

static struct boot_framebuffer fb;
static uint8_t *memory;
static int mapping_fails;

volatile void *mmio_map_write_combining(uint64_t phys, size_t size)
{
	if (mapping_fails)
		return NULL;
	assert_true(phys == fb.base);
	assert_int_equal(size, (size_t)fb.pitch * fb.height);
	return memory;
}

static int screen(uint32_t width, uint32_t height, uint32_t pitch, uint32_t pixel)
{
	size_t size = (size_t)pitch * height;

	free(memory);
	memory = malloc(size);
	assert_non_null(memory);
	memset(memory, 0xa5, size);
	fb = (struct boot_framebuffer){0xc0000000, size, width, height, pitch, pixel};
	return fbcon_init(&fb);
}

static int free_screen(void **state)
{
	(void)state;
	free(memory);
	memory = NULL;
	return 0;
}

static uint32_t pixel_at(uint32_t x, uint32_t y)
{
	uint32_t v;

	memcpy(&v, memory + (size_t)y * fb.pitch + x * 4U, sizeof(v));
	return v;
}

/* The character whose glyph is in that cell, or 0; its colour (0 for a blank) in *colour. */
static char char_at(unsigned row, unsigned column, unsigned scale, uint32_t *colour)
{
	uint8_t bits[16] = {0};

	*colour = 0;
	for (unsigned y = 0; y < 16 * scale; y++) {
		for (unsigned x = 0; x < 8 * scale; x++) {
			uint32_t v = pixel_at(column * 8 * scale + x, row * 16 * scale + y);

			if (v == BACKGROUND || v == 0x181410)
				continue;
			assert_true(*colour == 0 || *colour == v);
			*colour = v;
			bits[y / scale] |= (uint8_t)(0x80 >> x / scale);
		}
	}
	for (char c = ' '; c < 0x7f; c++)
		if (memcmp(bits, font_psf + 4 + c * 16, 16) == 0)
			return c;
	return 0;
}

static void assert_row(unsigned row, const char *text, unsigned scale)
{
	uint32_t colour;
	unsigned i;

	for (i = 0; text[i] != '\0'; i++)
		assert_int_equal(char_at(row, i, scale, &colour), text[i]);
	for (; i < fb.width / (8 * scale); i++)
		assert_int_equal(char_at(row, i, scale, &colour), ' ');
}

static uint32_t colour_of_row(unsigned row)
{
	uint32_t colour;

	for (unsigned i = 0; i < fb.width / 8; i++)
		if (char_at(row, i, 1, &colour) != ' ')
			return colour;
	return 0;
}

static void show(const char *text)
{
	fbcon_write(text, strlen(text));
}

static void text_before_init_is_dropped(void **state)
{
	(void)state;
	show("nobody sees this\n");
}

static void text_appears(void **state)
{
	(void)state;
	assert_int_equal(screen(640, 480, 640 * 4, BOOT_PIXEL_XRGB), 0);
	show("Hello, world!\n\tTab\nover\rOV\n");
	show("caf\xc3\xa9 \xe2\x82\xac \x1b[0m");
	assert_row(0, "Hello, world!", 1);
	assert_row(1, "        Tab", 1);
	assert_row(2, "OVer", 1);
	assert_row(3, "caf? ? ?[0m", 1);
}

static void long_lines_wrap(void **state)
{
	(void)state;
	assert_int_equal(screen(80, 96, 80 * 4, BOOT_PIXEL_XRGB), 0);
	show("0123456789\nnot ok 23456789");
	assert_row(0, "0123456789", 1);
	assert_row(1, "not ok 234", 1); /* a line that just fits left no empty row */
	assert_row(2, "56789", 1);
	assert_int_equal(colour_of_row(2), 0xff6050);
}

static void lines_have_colours(void **state)
{
	(void)state;
	assert_int_equal(screen(640, 480, 640 * 4, BOOT_PIXEL_XRGB), 0);
	show("ok 1 - a\nnot ");
	assert_int_equal(colour_of_row(1), 0xd8d8d8);
	show("ok 2 - b\n    not ok 1 - inner\n# note\nokay\n1..2\nBail out!\nok 3 # SKIP no DSA\n");
	assert_int_equal(colour_of_row(0), 0x60d070);
	assert_int_equal(colour_of_row(1), 0xff6050);
	assert_int_equal(colour_of_row(2), 0xff6050);
	assert_int_equal(colour_of_row(3), 0xa8a8a8);
	assert_int_equal(colour_of_row(5), 0xd8d8d8);
	assert_int_equal(colour_of_row(6), 0xff6050);
	assert_int_equal(colour_of_row(7), 0xd0b040);
	show("# VERDICT: PASS\n# VERDICT: ALL SKIPPED\n# VERDICT: HANG\n");
	assert_int_equal(colour_of_row(8), 0x60d070);
	assert_int_equal(colour_of_row(9), 0xd0b040);
	assert_int_equal(colour_of_row(10), 0xff6050);
	show("# failed    host a.b\n# crashed   host a.b\n# hung      host a.b\n# no set-up host a.b\n# failed: 0\n");
	for (unsigned row = 11; row < 15; row++)
		assert_int_equal(colour_of_row(row), 0xff6050);
	assert_int_equal(colour_of_row(15), 0xa8a8a8);
}

static void red_and_blue_swapped(void **state)
{
	(void)state;
	assert_int_equal(screen(640, 480, 640 * 4, BOOT_PIXEL_XBGR), 0);
	show("not ok");
	assert_int_equal(colour_of_row(0), 0x5060ff);
	assert_int_equal(pixel_at(639, 479), 0x181410);
}

static void scrolling_keeps_the_last_lines(void **state)
{
	char line[32];
	unsigned first;

	(void)state;
	assert_int_equal(screen(320, 20 * 16, 320 * 4, BOOT_PIXEL_XRGB), 0);
	for (unsigned i = 0; i < 1000; i++) {
		snprintf(line, sizeof(line), "%sline %u\n", i % 3 == 0 ? "ok " : "", i);
		show(line);
	}
	/* 1000 lines, then the cursor's own: find the top one and expect all that follow in order. */
	for (first = 980; first < 1000; first++) {
		uint32_t colour;

		snprintf(line, sizeof(line), "%sline %u", first % 3 == 0 ? "ok " : "", first);
		if (char_at(0, (unsigned)strlen(line) - 1, 1, &colour) == line[strlen(line) - 1])
			break;
	}
	for (unsigned row = 0; row < 20; row++) {
		unsigned n = first + row;

		snprintf(line, sizeof(line), "%sline %u", n % 3 == 0 ? "ok " : "", n);
		assert_row(row, n < 1000 ? line : "", 1);
		if (n < 1000)
			assert_int_equal(colour_of_row(row), n % 3 == 0 ? 0x60d070 : 0xd8d8d8);
	}
}

static void one_long_write_is_the_same(void **state)
{
	static char text[100000];
	size_t n = 0;

	(void)state;
	assert_int_equal(screen(320, 320, 320 * 4, BOOT_PIXEL_XRGB), 0);
	for (unsigned i = 0; i < 3000; i++)
		n += (size_t)snprintf(text + n, sizeof(text) - n, "%u\n", i);
	fbcon_write(text, n - 1);
	for (unsigned row = 0; row < 20; row++) {
		uint32_t colour;

		if (char_at(row, 0, 1, &colour) == '2' && char_at(row, 3, 1, &colour) == '9' &&
		    char_at(row, 2, 1, &colour) == '9')
			return;
	}
	fail_msg("the last line is not on the screen");
}

static void odd_pitch_and_margins(void **state)
{
	(void)state;
	/* Lines 4 bytes longer than a multiple of 8, and room left over to the right and below. */
	assert_int_equal(screen(1365, 769, 1367 * 4, BOOT_PIXEL_XRGB), 0);
	show("first\nsecond");
	assert_row(0, "first", 1);
	assert_row(1, "second", 1);
	assert_int_equal(pixel_at(1364, 768), BACKGROUND);
	assert_int_equal(pixel_at(1365, 0), 0xa5a5a5a5); /* what is no pixel was not touched */
}

static void wide_screens_get_large_characters(void **state)
{
	(void)state;
	assert_int_equal(screen(3840, 2160, 3840 * 4, BOOT_PIXEL_XRGB), 0);
	for (unsigned i = 0; i < 100; i++)
		show("x\n");
	show("# large");
	for (unsigned row = 0; row < 2160 / 32; row++) {
		uint32_t colour;

		if (char_at(row, 0, 2, &colour) == '#') {
			assert_row(row, "# large", 2);
			return;
		}
	}
	fail_msg("the last line is not on the screen");
}

static void more_than_the_text_buffer(void **state)
{
	(void)state;
	assert_int_equal(screen(2560, 4000, 2560 * 4, BOOT_PIXEL_XRGB), 0);
	for (unsigned i = 0; i < 1000; i++)
		show("some text that is repeated\n");
}

static void bad_descriptions(void **state)
{
	struct boot_framebuffer good = {0xc0000000, 640 * 480 * 4, 640, 480, 640 * 4, BOOT_PIXEL_XRGB};
	struct boot_framebuffer bad;

	(void)state;
	assert_int_equal(fbcon_init(&(struct boot_framebuffer){0}), -ENODEV);
#define BAD(field, value)                                    \
	do {                                                 \
		bad = good;                                  \
		bad.field = value;                           \
		assert_int_equal(fbcon_init(&bad), -EINVAL); \
		show("x");                                   \
	} while (0)
	BAD(pixel, 0);
	BAD(pixel, 3);
	BAD(width, 0);
	BAD(width, 641);
	BAD(width, UINT32_MAX);
	BAD(height, 0);
	BAD(height, 481);
	BAD(height, UINT32_MAX);
	BAD(pitch, 0);
	BAD(pitch, 2561);
	BAD(pitch, UINT32_MAX);
	BAD(size, 640 * 480 * 4 - 1);
	BAD(base, 0xc0000001);
	fb = good;
	mapping_fails = 1;
	assert_int_equal(fbcon_init(&good), -ENOMEM);
	mapping_fails = 0;
	show("x");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(text_before_init_is_dropped),
	        cmocka_unit_test(text_appears),
	        cmocka_unit_test(long_lines_wrap),
	        cmocka_unit_test(lines_have_colours),
	        cmocka_unit_test(red_and_blue_swapped),
	        cmocka_unit_test(scrolling_keeps_the_last_lines),
	        cmocka_unit_test(one_long_write_is_the_same),
	        cmocka_unit_test(odd_pitch_and_margins),
	        cmocka_unit_test(wide_screens_get_large_characters),
	        cmocka_unit_test(more_than_the_text_buffer),
	        cmocka_unit_test(bad_descriptions),
	};

	return cmocka_run_group_tests_name("fbcon", tests, NULL, free_screen);
}
