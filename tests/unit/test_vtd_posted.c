// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The emulated unit's posted interrupts: which entries post, every reserved bit of entry and descriptor, when a
 * notification goes out and to whom, and what comes of a descriptor that changes meanwhile or cannot be reached.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "drivers/vtd/posted.h"
#include "drivers/vtd/regs.h"
#include "tests/qemu/vtd/fault.h"
#include "tests/qemu/vtd/posted.h"

/* A descriptor above 4 GiB, so that both halves of its address count. */
#define AT      UINT64_C(0x7654321040)
#define VECTOR  0x61
#define NV      0xf2
#define ID      UINT64_C(0x12345678)
#define ON      (UINT64_C(1) << 0)
#define SN      (UINT64_C(1) << 1)
#define CONTROL (AT + 32)

static struct {
	uint64_t descriptor[8];
	uint64_t deny; /* updates of this address fail */
	bool gone;     /* nothing answers at all */
	uint64_t race; /* software adds these to the word of ON once, just before it is updated */
	unsigned lose; /* that many updates find the word changed, and what it was again */
	struct vtd_walk_unit unit;
	uint64_t irte[VTD_IRTE_WORDS];
	struct vtd_post_result result;
} w;

static uint64_t *word(uint64_t pa)
{
	return pa >= AT && pa < AT + sizeof(w.descriptor) && pa % 8 == 0 ? &w.descriptor[(pa - AT) / 8] : NULL;
}

static int read_words(void *opaque, uint64_t pa, uint64_t *words, unsigned count)
{
	(void)opaque;
	if (w.gone || !word(pa) || !word(pa + (count - 1) * 8))
		return -1;
	memcpy(words, word(pa), count * sizeof(*words));
	return 0;
}

static int cmpxchg(void *opaque, uint64_t pa, uint64_t old, uint64_t new)
{
	(void)opaque;
	if (!word(pa) || pa == w.deny)
		return -1;
	if (pa == CONTROL) {
		*word(pa) |= w.race;
		w.race = 0;
	}
	if (w.lose) {
		w.lose--;
		return 1;
	}
	if (*word(pa) != old)
		return 1;
	*word(pa) = new;
	return 0;
}

static const struct vtd_walk_memory memory = {read_words, cmpxchg};

static int set_up(void **state)
{
	(void)state;
	memset(&w, 0, sizeof(w));
	w.unit = (struct vtd_walk_unit){.cap = VTD_CAP_PI, .memory = &memory};
	w.descriptor[4] = (uint64_t)NV << 16 | ID << 32;
	vtd_irte_posted(w.irte, UINT64_C(0x40018), AT, VECTOR);
	return 0;
}

static void post(bool eime)
{
	vtd_post(&w.unit, eime, w.irte, &w.result);
}

static void formats(void **state)
{
	(void)state;
	assert_true(vtd_irte_posts(&w.unit, w.irte));
	assert_false(vtd_irte_reserved(&w.unit, w.irte));
	w.irte[0] &= ~(UINT64_C(1) << 15);
	assert_false(vtd_irte_posts(&w.unit, w.irte));
	set_up(NULL);
	/* The mode bit, and what the address would be, on a unit without. */
	w.unit.cap = 0;
	assert_false(vtd_irte_posts(&w.unit, w.irte));
	assert_true(vtd_irte_reserved(&w.unit, w.irte));
	w.irte[1] = 0;
	assert_true(vtd_irte_reserved(&w.unit, w.irte));
	w.irte[0] = 1;
	assert_false(vtd_irte_reserved(&w.unit, w.irte));
}

/* By the specification's pictures (9.9, 9.10): the bits that a field owns. */
static void reserved_bits(void **state)
{
	static const struct {
		uint64_t mode, fields[2];
	} formats[] = {
	        {0, {0xffffffff00ff8fff, 0x00000000000fffff}},
	        {1 << 15, {0xffffffc000ffcf03, 0xffffffff000fffff}},
	};

	(void)state;
	for (unsigned f = 0; f < 2; f++) {
		for (unsigned bit = 0; bit < 128; bit++) {
			uint64_t irte[2] = {1 | formats[f].mode, 0};

			if (bit == 15)
				continue;
			irte[bit / 64] |= UINT64_C(1) << bit % 64;
			assert_int_equal(vtd_irte_reserved(&w.unit, irte),
			                 !(formats[f].fields[bit / 64] >> bit % 64 & 1));
		}
	}
}

static void every_vector(void **state)
{
	uint64_t all[4] = {0};

	(void)state;
	for (unsigned v = 0; v < 256; v++) {
		vtd_irte_posted(w.irte, 0, AT, (uint8_t)v);
		post(true);
		assert_int_equal(w.result.reason, 0);
		all[v / 64] |= UINT64_C(1) << v % 64;
		assert_memory_equal(w.descriptor, all, sizeof(all));
		assert_int_equal(w.result.notify, v == 0);
	}
	assert_int_equal(w.descriptor[4], ON | (uint64_t)NV << 16 | ID << 32);
}

/* ON, SN, urgency (5.2.3). */
static void notification(void **state)
{
	(void)state;
	for (unsigned i = 0; i < 8; i++) {
		bool on = i & 1, suppressed = i & 2, urgent = i & 4, tells = !on && (urgent || !suppressed);
		uint64_t before;

		set_up(NULL);
		w.descriptor[4] |= (on ? ON : 0) | (suppressed ? SN : 0);
		before = w.descriptor[4];
		w.irte[0] |= urgent ? VTD_IRTE0_URGENT : 0;
		assert_false(vtd_irte_reserved(&w.unit, w.irte));
		post(true);
		assert_int_equal(w.result.reason, 0);
		assert_int_equal(w.result.notify, tells);
		assert_int_equal(w.descriptor[1], UINT64_C(1) << (VECTOR - 64));
		assert_int_equal(w.descriptor[4], before | (tells ? ON : 0));
		if (tells) {
			assert_int_equal(w.result.vector, NV);
			assert_int_equal(w.result.destination, ID);
		}
	}
}

static void xapic(void **state)
{
	(void)state;
	w.descriptor[4] = UINT64_C(0x7f) << 40 | (uint64_t)NV << 16;
	post(false);
	assert_int_equal(w.result.reason, 0);
	assert_true(w.result.notify);
	assert_int_equal(w.result.destination, 0x7f);
	/* 32 bits of an id are no id of 8. */
	set_up(NULL);
	post(false);
	assert_int_equal(w.result.reason, VTD_FAULT_IR_PID_RSVD);
}

static void reserved_fields(void **state)
{
	(void)state;
	for (unsigned bit = 256; bit < 512; bit++) {
		bool field = bit <= 257 || (bit >= 272 && bit <= 279) || (bit >= 288 && bit <= 319);
		uint64_t before[8];

		set_up(NULL);
		w.descriptor[bit / 64] |= UINT64_C(1) << bit % 64;
		memcpy(before, w.descriptor, sizeof(before));
		post(true);
		assert_int_equal(w.result.reason, field ? 0 : VTD_FAULT_IR_PID_RSVD);
		if (!field) {
			assert_false(w.result.notify);
			assert_memory_equal(w.descriptor, before, sizeof(before));
		}
	}
}

static void unreachable(void **state)
{
	(void)state;
	w.gone = true;
	post(true);
	assert_int_equal(w.result.reason, VTD_FAULT_IR_PID_ACCESS);
	set_up(NULL);
	vtd_irte_posted(w.irte, 0, AT + 64, VECTOR);
	post(true);
	assert_int_equal(w.result.reason, VTD_FAULT_IR_PID_ACCESS);
	set_up(NULL);
	w.deny = AT + 8;
	post(true);
	assert_int_equal(w.result.reason, VTD_FAULT_IR_PID_ACCESS);
	assert_false(w.result.notify);
	set_up(NULL);
	w.deny = CONTROL;
	post(true);
	assert_int_equal(w.result.reason, VTD_FAULT_IR_PID_ACCESS);
	assert_false(w.result.notify);
}

/* Software changes the descriptor between the look and the update: what it is then counts. */
static void races(void **state)
{
	(void)state;
	w.lose = 3;
	post(true);
	assert_int_equal(w.result.reason, 0);
	assert_true(w.result.notify);
	assert_int_equal(w.descriptor[1], UINT64_C(1) << (VECTOR - 64));
	set_up(NULL);
	w.race = SN;
	post(true);
	assert_false(w.result.notify);
	assert_int_equal(w.descriptor[4] & (ON | SN), SN);
	set_up(NULL);
	w.race = ON;
	post(true);
	assert_false(w.result.notify);
	set_up(NULL);
	w.descriptor[1] = UINT64_C(1) << 5;
	w.lose = 1;
	post(true);
	assert_int_equal(w.descriptor[1], UINT64_C(1) << 5 | UINT64_C(1) << (VECTOR - 64));
}

static void wrong_on_purpose(void **state)
{
	(void)state;
	w.unit.wrong = VTD_WRONG(POSTED_BIT);
	post(true);
	assert_int_equal(w.descriptor[1], UINT64_C(1) << (VECTOR - 1 - 64));
	set_up(NULL);
	w.unit.wrong = VTD_WRONG(POSTED_LOST);
	post(true);
	assert_false(w.result.notify);
	assert_true(w.descriptor[4] & ON);
	set_up(NULL);
	w.unit.wrong = VTD_WRONG(POSTED_ON_UNSET);
	post(true);
	assert_true(w.result.notify);
	assert_false(w.descriptor[4] & ON);
	set_up(NULL);
	w.unit.wrong = VTD_WRONG(POSTED_ON_IGNORED);
	w.descriptor[4] |= ON;
	post(true);
	assert_true(w.result.notify);
	set_up(NULL);
	w.unit.wrong = VTD_WRONG(POSTED_SN_IGNORED);
	w.descriptor[4] |= SN;
	post(true);
	assert_true(w.result.notify);
	set_up(NULL);
	w.unit.wrong = VTD_WRONG(POSTED_URGENT_IGNORED);
	w.descriptor[4] |= SN;
	w.irte[0] |= VTD_IRTE0_URGENT;
	post(true);
	assert_false(w.result.notify);
	set_up(NULL);
	w.unit.wrong = VTD_WRONG(POSTED_RESERVED);
	w.descriptor[7] = 1;
	post(true);
	assert_int_equal(w.result.reason, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test_setup(formats, set_up),
	        cmocka_unit_test_setup(reserved_bits, set_up),
	        cmocka_unit_test_setup(every_vector, set_up),
	        cmocka_unit_test_setup(notification, set_up),
	        cmocka_unit_test_setup(xapic, set_up),
	        cmocka_unit_test_setup(reserved_fields, set_up),
	        cmocka_unit_test_setup(unreachable, set_up),
	        cmocka_unit_test_setup(races, set_up),
	        cmocka_unit_test_setup(wrong_on_purpose, set_up),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
