/* SPDX-License-Identifier: BSD-2-Clause */
/* The posted-interrupt descriptor: when a notification is sent, and that no request is lost. */
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "drivers/vtd/posted.h"
#include "kernel/hv/posted.h"

#define NV 0x52

/* The layout is hardware's: bytes, not fields. */
static void posted_layout(void **state)
{
	struct hv_posted d;
	uint8_t bytes[64];
	bool merged;

	(void)state;
	hv_posted_init(&d, NV);
	memcpy(bytes, &d, sizeof(d));
	assert_int_equal(bytes[32], 0x02); /* SN */
	assert_int_equal(bytes[34], NV);
	hv_posted_run(&d, 0x12345678, true);
	assert_true(hv_posted_post(&d, 0x41, false, &merged));
	memcpy(bytes, &d, sizeof(d));
	assert_int_equal(bytes[8], 0x02);  /* vector 65 is bit 65 */
	assert_int_equal(bytes[32], 0x01); /* ON, no SN */
	assert_int_equal(bytes[34], NV);
	assert_int_equal(bytes[36] | bytes[37] << 8 | bytes[38] << 16 | bytes[39] << 24, 0x12345678);
	assert_int_equal(hv_posted_target(&d, true), 0x12345678);
	for (unsigned i = 40; i < 64; i++)
		assert_int_equal(bytes[i], 0);
	assert_int_equal(bytes[33] | bytes[35], 0);
	/* An xAPIC's id is in the second byte. */
	hv_posted_run(&d, 0x7f, false);
	memcpy(bytes, &d, sizeof(d));
	assert_int_equal(bytes[36], 0);
	assert_int_equal(bytes[37], 0x7f);
	assert_int_equal(hv_posted_target(&d, false), 0x7f);
}

/* Every combination of ON, SN and urgency (VT-d 5.2.3). */
static void posted_notification(void **state)
{
	(void)state;
	for (unsigned i = 0; i < 8; i++) {
		bool on = i & 1, suppressed = i & 2, urgent = i & 4, merged;
		struct hv_posted d;

		hv_posted_init(&d, NV);
		d.control = (d.control & ~POSTED_SN) | (on ? POSTED_ON : 0) | (suppressed ? POSTED_SN : 0);
		assert_int_equal(hv_posted_post(&d, 200, urgent, &merged), !on && (urgent || !suppressed));
		assert_false(merged);
		assert_int_equal(!!(d.control & POSTED_ON), on || urgent || !suppressed);
		assert_int_equal(!!(d.control & POSTED_SN), suppressed);
		assert_true(d.pir[3] == BIT64(200 - 192));
		assert_false(hv_posted_post(&d, 200, urgent, &merged) && (on || urgent || !suppressed));
		assert_true(merged);
		assert_int_equal(hv_posted_count(&d), 1);
	}
}

static void posted_drain(void **state)
{
	struct hv_posted d;
	uint32_t irr[8] = {0, 0, 1U << 1};
	bool merged;

	(void)state;
	hv_posted_init(&d, NV);
	/* Nobody runs it: three are posted without a sound, and wait. */
	assert_false(hv_posted_post(&d, 65, false, &merged));
	assert_false(hv_posted_post(&d, 31, false, &merged));
	assert_false(hv_posted_post(&d, 255, false, &merged));
	assert_int_equal(hv_posted_count(&d), 3);
	hv_posted_run(&d, 3, true);
	assert_int_equal(hv_posted_drain(&d, irr), 2); /* 65 was there */
	assert_int_equal(irr[0], 1U << 31);
	assert_int_equal(irr[2], 1U << 1);
	assert_int_equal(irr[7], 1U << 31);
	assert_int_equal(hv_posted_count(&d), 0);
	/* One notification until it is drained, then one again. */
	assert_true(hv_posted_post(&d, 40, false, &merged));
	assert_false(hv_posted_post(&d, 41, false, &merged));
	assert_int_equal(hv_posted_drain(&d, irr), 2);
	assert_true(hv_posted_post(&d, 42, false, &merged));
	/* It rests with a notification on its way; the next place must hear of what comes then. */
	hv_posted_rest(&d);
	assert_false(hv_posted_post(&d, 43, false, &merged));
	hv_posted_run(&d, 4, true);
	assert_true(hv_posted_post(&d, 44, false, &merged));
	assert_int_equal(hv_posted_drain(&d, irr), 3);
	assert_int_equal(FIELD_GET(POSTED_NV, d.control), NV);
	assert_int_equal(hv_posted_target(&d, true), 4);
}

/* The IOMMU's entry that names the descriptor, bit by bit. */
static void posted_irte(void **state)
{
	uint64_t entry[2];

	(void)state;
	vtd_irte_posted(entry, UINT64_C(0xffffffff00000000) | 1U << 18 | 0x1234, UINT64_C(0x123456789abcdec0), 0x51);
	assert_true(entry[0] == (1 | 1U << 15 | 0x51U << 16 | UINT64_C(0x9abcdec0) << 32));
	assert_true(entry[1] == (UINT64_C(0x12345678) << 32 | 1U << 18 | 0x1234));
}

/*
 * Four who post against one who drains: each request is drained once, and whoever has drained without being notified
 * again finds nothing, which is what lets a processor sleep.
 */
#define POSTERS 4
#define ROUNDS  50000

static struct hv_posted shared;
static uint32_t drained[8];
static unsigned notifications, posted, taken;

static void *poster(void *arg)
{
	unsigned first = 32 + 50 * (unsigned)(uintptr_t)arg;

	for (unsigned i = 0; i < ROUNDS; i++) {
		bool merged;

		if (hv_posted_post(&shared, (uint8_t)(first + i % 50), false, &merged))
			__atomic_fetch_add(&notifications, 1, __ATOMIC_SEQ_CST);
		if (!merged)
			__atomic_fetch_add(&posted, 1, __ATOMIC_SEQ_CST);
	}
	return NULL;
}

static void posted_races(void **state)
{
	pthread_t threads[POSTERS];
	unsigned heard = 0, idle = 0;

	(void)state;
	hv_posted_init(&shared, NV);
	hv_posted_run(&shared, 1, true);
	for (unsigned i = 0; i < POSTERS; i++)
		assert_int_equal(pthread_create(&threads[i], NULL, poster, (void *)(uintptr_t)i), 0);
	/* As a processor does: drains only when it was notified. */
	while (idle < 2000000 && __atomic_load_n(&posted, __ATOMIC_SEQ_CST) < 1000000) {
		unsigned now = __atomic_load_n(&notifications, __ATOMIC_SEQ_CST);

		if (now == heard) {
			idle++;
			continue;
		}
		idle = 0;
		heard = now;
		taken += hv_posted_drain(&shared, drained);
		memset(drained, 0, sizeof(drained));
	}
	for (unsigned i = 0; i < POSTERS; i++)
		pthread_join(threads[i], NULL);
	if (heard != notifications) {
		taken += hv_posted_drain(&shared, drained);
		heard = notifications;
	}
	assert_int_equal(hv_posted_count(&shared), 0);
	assert_int_equal(taken, posted);
	assert_true(notifications > 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(posted_layout), cmocka_unit_test(posted_notification), cmocka_unit_test(posted_drain),
	        cmocka_unit_test(posted_irte),   cmocka_unit_test(posted_races),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
