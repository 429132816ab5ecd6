/* SPDX-License-Identifier: BSD-2-Clause */
#include "kernel/fbcon.h"

#include <errno.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "kernel/bits.h"
#include "kernel/mem.h"
#include "kernel/mmio.h"

#define GLYPH_WIDTH     8U
#define GLYPH_HEIGHT    16U
#define BYTES_PER_PIXEL 4U
#define WIDE_SCREEN     2560U /* pixels; wider ones get characters of twice the size */
#define MAX_COLUMNS     320U
#define MAX_ROWS        128U
#define TAB_WIDTH       8U
#define PSF1_MAGIC0     0x36
#define PSF1_MAGIC1     0x04
#define PSF1_HEADER     4

/* kernel/font.S */
extern const uint8_t font_psf[];

enum colour {
	COLOUR_TEXT,
	COLOUR_BAD,
	COLOUR_GOOD,
	COLOUR_COMMENT,
	COLOUR_SKIPPED,
	COLOUR_COUNT,
};

/* 0xRRGGBB */
static const uint32_t foregrounds[COLOUR_COUNT] = {
        [COLOUR_TEXT] = 0xd8d8d8,    [COLOUR_BAD] = 0xff6050,     [COLOUR_GOOD] = 0x60d070,
        [COLOUR_COMMENT] = 0xa8a8a8, [COLOUR_SKIPPED] = 0xd0b040,
};
#define BACKGROUND 0x101418

/* How a line begins, blanks left out, and what it holds behind that; the first that fits gives it its colour. */
static const struct {
	const char *prefix;
	const char *within;
	enum colour colour;
} line_colours[] = {
        {"not ok", "", COLOUR_BAD},           {"Bail out!", "", COLOUR_BAD},
        {"ok", " # SKIP", COLOUR_SKIPPED},    {"ok", "", COLOUR_GOOD},
        {"# failed ", "", COLOUR_BAD},        {"# crashed ", "", COLOUR_BAD},
        {"# hung ", "", COLOUR_BAD},          {"# no set-up ", "", COLOUR_BAD},
        {"# VERDICT: PASS", "", COLOUR_GOOD}, {"# VERDICT:", "SKIPPED", COLOUR_SKIPPED},
        {"# VERDICT:", "", COLOUR_BAD},       {"#", "", COLOUR_COMMENT},
};

/* What should be on the screen. */
struct row {
	char text[MAX_COLUMNS]; /* never a control character; blanks are ' ' */
	uint8_t colour;
	bool wrapped; /* goes on with the line of the row above, and has its colour */
};

struct cell {
	char glyph;
	uint8_t colour;
};

static struct {
	volatile uint8_t *pixels; /* NULL: no screen */
	uint32_t pitch;
	unsigned scale;
	bool swapped; /* red in the lowest byte */
	bool wide_stores;
	unsigned columns, rows;
	unsigned column, row;
	unsigned dirty_first, dirty_end; /* the rows that may differ from what is shown */
	struct row want[MAX_ROWS];
	struct cell shown[MAX_ROWS][MAX_COLUMNS];
} con;

static uint32_t pixel_of(uint32_t rgb)
{
	if (!con.swapped)
		return rgb;
	return (rgb & 0xff) << 16 | (rgb & 0xff00) | rgb >> 16;
}

/* Two pixels next to each other, the left one in the low half. */
static void put_pair(uint64_t offset, uint64_t pair)
{
	if (con.wide_stores) {
		mmio_write64(con.pixels, offset, pair);
		return;
	}
	mmio_write32(con.pixels, offset, (uint32_t)pair);
	mmio_write32(con.pixels, offset + BYTES_PER_PIXEL, (uint32_t)(pair >> 32));
}

/* One line of a glyph. pairs holds what two bits look like, the left one being the higher bit. */
static void draw_bits(uint64_t offset, uint8_t bits, const uint64_t pairs[4])
{
	if (con.scale == 1) {
		for (int shift = 6; shift >= 0; shift -= 2, offset += 2 * BYTES_PER_PIXEL)
			put_pair(offset, pairs[bits >> shift & 3]);
	} else {
		for (int shift = 7; shift >= 0; shift--, offset += 2 * BYTES_PER_PIXEL)
			put_pair(offset, pairs[bits >> shift & 1 ? 3 : 0]);
	}
}

static void draw_cell(unsigned row, unsigned column, struct cell cell)
{
	uint64_t fg = pixel_of(foregrounds[cell.colour]), bg = pixel_of(BACKGROUND);
	const uint64_t pairs[4] = {bg | bg << 32, bg | fg << 32, fg | bg << 32, fg | fg << 32};
	const uint8_t *glyph = font_psf + PSF1_HEADER + (uint8_t)cell.glyph * GLYPH_HEIGHT;
	uint64_t offset = (uint64_t)row * GLYPH_HEIGHT * con.scale * con.pitch +
	                  (uint64_t)column * GLYPH_WIDTH * con.scale * BYTES_PER_PIXEL;

	for (unsigned y = 0; y < GLYPH_HEIGHT * con.scale; y++, offset += con.pitch)
		draw_bits(offset, glyph[y / con.scale], pairs);
	con.shown[row][column] = cell;
}

/* Where word is in the columns of text from start on; con.columns if nowhere. */
static unsigned find(const char *text, unsigned start, const char *word)
{
	size_t length = strlen(word);

	for (; start + length <= con.columns; start++)
		if (memcmp(text + start, word, length) == 0)
			return start;
	return con.columns;
}

static enum colour colour_of(const char *text)
{
	unsigned indent = 0;

	while (indent < con.columns && text[indent] == ' ')
		indent++;
	for (size_t i = 0; i < ARRAY_SIZE(line_colours); i++)
		if (find(text, indent, line_colours[i].prefix) == indent &&
		    find(text, indent, line_colours[i].within) < con.columns)
			return line_colours[i].colour;
	return COLOUR_TEXT;
}

/* Once the row's text is there, or is to be shown as far as it is. */
static void settle_colour(struct row *row)
{
	if (!row->wrapped)
		row->colour = (uint8_t)colour_of(row->text);
}

/* Bring the screen up to what is wanted. */
static void flush(void)
{
	settle_colour(&con.want[con.row]);
	for (unsigned r = con.dirty_first; r < con.dirty_end; r++) {
		const struct row *want = &con.want[r];

		for (unsigned c = 0; c < con.columns; c++) {
			const struct cell *shown = &con.shown[r][c];

			if (shown->glyph == want->text[c] && (shown->colour == want->colour || want->text[c] == ' '))
				continue;
			draw_cell(r, c, (struct cell){want->text[c], want->colour});
		}
	}
	con.dirty_first = con.row;
	con.dirty_end = con.row + 1;
}

static void clear_rows(unsigned first)
{
	for (unsigned r = first; r < con.rows; r++) {
		memset(con.want[r].text, ' ', sizeof(con.want[r].text));
		con.want[r].colour = COLOUR_TEXT;
		con.want[r].wrapped = false;
	}
}

/* By a quarter of the screen at once: a device's memory is slow to write, and each scroll redraws all of it. */
static void scroll(void)
{
	unsigned by = con.rows > 4 ? con.rows / 4 : 1;

	memmove(&con.want[0], &con.want[by], (con.rows - by) * sizeof(con.want[0]));
	clear_rows(con.rows - by);
	con.row = con.rows - by;
	con.dirty_first = 0;
	con.dirty_end = con.rows;
}

static void next_row(bool wrapped)
{
	uint8_t colour;

	settle_colour(&con.want[con.row]);
	colour = con.want[con.row].colour;
	con.column = 0;
	if (++con.row == con.rows)
		scroll();
	else if (con.dirty_end <= con.row)
		con.dirty_end = con.row + 1;
	con.want[con.row].wrapped = wrapped;
	con.want[con.row].colour = wrapped ? colour : COLOUR_TEXT;
}

static void put_glyph(char glyph)
{
	/* Only now, not when the column was filled: a line that just fits leaves no empty row. */
	if (con.column == con.columns)
		next_row(true);
	con.want[con.row].text[con.column++] = glyph;
}

static void put_byte(char c)
{
	if (c == '\n') {
		next_row(false);
	} else if (c == '\r') {
		con.column = 0;
	} else if (c == '\t') {
		do
			put_glyph(' ');
		while (con.column % TAB_WIDTH != 0 && con.column < con.columns);
	} else if (((uint8_t)c & 0xc0) != 0x80) { /* not the second or a later byte of a UTF-8 sequence */
		put_glyph(c >= ' ' && c < 0x7f ? c : '?');
	}
}

void fbcon_write(const char *text, size_t size)
{
	if (!con.pixels)
		return;
	for (size_t i = 0; i < size; i++)
		put_byte(text[i]);
	flush();
}

static bool makes_sense(const struct boot_framebuffer *fb)
{
	if (fb->pixel != BOOT_PIXEL_XRGB && fb->pixel != BOOT_PIXEL_XBGR)
		return false;
	if (fb->width < GLYPH_WIDTH || fb->height < GLYPH_HEIGHT)
		return false;
	if (fb->pitch / BYTES_PER_PIXEL < fb->width || !IS_ALIGNED(fb->pitch, BYTES_PER_PIXEL) ||
	    !IS_ALIGNED(fb->base, BYTES_PER_PIXEL))
		return false;
	return (uint64_t)fb->pitch * fb->height <= fb->size;
}

static void clear_screen(uint32_t width, uint32_t height)
{
	uint64_t bg = pixel_of(BACKGROUND);

	for (uint32_t y = 0; y < height; y++) {
		uint64_t line = (uint64_t)y * con.pitch;

		for (uint32_t x = 0; x + 1 < width; x += 2)
			put_pair(line + x * BYTES_PER_PIXEL, bg | bg << 32);
		mmio_write32(con.pixels, line + (width - 1) * BYTES_PER_PIXEL, (uint32_t)bg);
	}
}

static unsigned smaller(unsigned a, unsigned b)
{
	return a < b ? a : b;
}

int fbcon_init(const struct boot_framebuffer *fb)
{
	volatile void *pixels;

	con.pixels = NULL;
	if (fb->base == 0)
		return -ENODEV;
	if (!makes_sense(fb) || font_psf[0] != PSF1_MAGIC0 || font_psf[1] != PSF1_MAGIC1 || font_psf[3] != GLYPH_HEIGHT)
		return -EINVAL;
	pixels = mmio_map_write_combining(fb->base, (size_t)fb->pitch * fb->height);
	if (!pixels)
		return -ENOMEM;
	con.pitch = fb->pitch;
	con.scale = fb->width > WIDE_SCREEN && fb->height >= 2 * GLYPH_HEIGHT ? 2 : 1;
	con.swapped = fb->pixel == BOOT_PIXEL_XBGR;
	con.wide_stores = IS_ALIGNED(fb->base, 8U) && IS_ALIGNED(fb->pitch, 8U);
	con.columns = smaller(fb->width / (GLYPH_WIDTH * con.scale), MAX_COLUMNS);
	con.rows = smaller(fb->height / (GLYPH_HEIGHT * con.scale), MAX_ROWS);
	con.column = 0;
	con.row = 0;
	con.dirty_first = 0;
	con.dirty_end = 1;
	con.pixels = pixels;
	clear_rows(0);
	memset(con.shown, 0, sizeof(con.shown));
	for (unsigned r = 0; r < con.rows; r++)
		for (unsigned c = 0; c < con.columns; c++)
			con.shown[r][c].glyph = ' ';
	clear_screen(fb->width, fb->height);
	return 0;
}
