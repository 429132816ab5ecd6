/* SPDX-License-Identifier: BSD-2-Clause */
/* kernel/hv's other pure parts on the developer's machine: the guest's x2APIC and its CPUID. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "kernel/bits.h"
#include "kernel/hv/apic.h"
#include "kernel/hv/cpuid.h"
#include "tests/unit/random.h"

#define MSI UINT64_C(0xfee00000)

/* ---- the APIC ---- */

static struct hv_apic apic_on(void)
{
	struct hv_apic apic;

	hv_apic_reset(&apic);
	assert_int_equal(hv_apic_write(&apic, 0x80f, 0, 0x1ff), 0);
	return apic;
}

static void apic_priorities(void **state)
{
	struct hv_apic apic = apic_on();
	uint64_t value;

	(void)state;
	assert_int_equal(hv_apic_pending(&apic), -1);
	assert_int_equal(hv_apic_message(&apic, MSI, 0x41), 0);
	assert_int_equal(hv_apic_message(&apic, MSI, 0x45), 0);
	assert_int_equal(hv_apic_message(&apic, MSI, 0x45), 0);
	assert_int_equal(apic.merged, 1);
	assert_int_equal(hv_apic_pending(&apic), 0x45);
	hv_apic_accept(&apic, 0x45);
	assert_int_equal(hv_apic_pending(&apic), -1); /* the same class is in service */
	assert_false(hv_apic_blocked(&apic));
	assert_int_equal(hv_apic_read(&apic, 0x80a, 0, &value), 0);
	assert_int_equal(value, 0x40);
	assert_int_equal(hv_apic_message(&apic, MSI, 0xe0), 0);
	assert_int_equal(hv_apic_pending(&apic), 0xe0);
	assert_int_equal(hv_apic_write(&apic, 0x808, 0, 0xe0), 0);
	assert_int_equal(hv_apic_pending(&apic), -1);
	assert_true(hv_apic_blocked(&apic));
	assert_int_equal(hv_apic_write(&apic, 0x808, 0, 0), 0);
	hv_apic_accept(&apic, 0xe0);
	assert_int_equal(hv_apic_write(&apic, 0x80b, 0, 0), 0); /* EOI of e0, then of 45 */
	assert_int_equal(hv_apic_pending(&apic), -1);
	assert_int_equal(hv_apic_write(&apic, 0x80b, 0, 0), 0);
	assert_int_equal(hv_apic_pending(&apic), 0x41);
	assert_int_equal(hv_apic_write(&apic, 0x80b, 0, 1), -EPERM);
}

static void apic_off(void **state)
{
	struct hv_apic apic;

	(void)state;
	hv_apic_reset(&apic);
	assert_int_equal(hv_apic_message(&apic, MSI, 0x41), -EINVAL);
	assert_int_equal(hv_apic_pending(&apic), -1);
}

static void apic_timers(void **state)
{
	struct hv_apic apic = apic_on();
	uint64_t value;

	(void)state;
	assert_int_equal(hv_apic_write(&apic, 0x83e, 0, 0x3), 0);     /* divide by 16 */
	assert_int_equal(hv_apic_write(&apic, 0x832, 0, 0x20050), 0); /* periodic */
	assert_int_equal(hv_apic_write(&apic, 0x838, 1000, 100), 0);
	assert_int_equal(apic.timer_end, 1000 + 1600);
	assert_int_equal(hv_apic_read(&apic, 0x839, 1800, &value), 0);
	assert_int_equal(value, 50);
	hv_apic_timer(&apic, 2599);
	assert_int_equal(hv_apic_pending(&apic), -1);
	hv_apic_timer(&apic, 2600);
	assert_int_equal(hv_apic_pending(&apic), 0x50);
	assert_int_equal(apic.timer_end, 4200);
	hv_apic_accept(&apic, 0x50);
	assert_int_equal(hv_apic_write(&apic, 0x80b, 0, 0), 0);
	assert_int_equal(hv_apic_write(&apic, 0x832, 0, 0x40051), 0); /* deadline: the other is over */
	assert_true(apic.timer_end == HV_APIC_TIMER_NEVER);
	assert_int_equal(hv_apic_write(&apic, 0x6e0, 5000, 6000), 0);
	assert_int_equal(hv_apic_read(&apic, 0x6e0, 5500, &value), 0);
	assert_int_equal(value, 6000);
	assert_int_equal(hv_apic_read(&apic, 0x6e0, 6000, &value), 0);
	assert_int_equal(value, 0);
	assert_int_equal(hv_apic_pending(&apic), 0x51);
	assert_int_equal(hv_apic_write(&apic, 0x832, 0, 0x10052), 0); /* one-shot, masked */
	assert_int_equal(hv_apic_write(&apic, 0x838, 7000, 1), 0);
	hv_apic_timer(&apic, 8000);
	assert_int_equal(hv_apic_pending(&apic), 0x51);
	assert_true(apic.timer_end == HV_APIC_TIMER_NEVER);
}

/* Any MSRs, any values, any messages: vectors below 16 never come, and the sanitizers find nothing. */
static void apic_any(void **state)
{
	struct hv_apic apic = apic_on();
	uint64_t now = 0, value;

	(void)state;
	for (unsigned i = 0; i < 1000000; i++) {
		uint32_t msr = random64() % 8 ? (uint32_t)(0x800 + random64() % 0x40) : HV_MSR_TSC_DEADLINE;
		int vector;

		now += random64() % 1000;
		hv_apic_write(&apic, msr, now, random64() >> random64() % 64);
		hv_apic_read(&apic, msr, now, &value);
		hv_apic_message(&apic, MSI | (random64() & 0xfffff), (uint32_t)random64());
		hv_apic_timer(&apic, now);
		vector = hv_apic_pending(&apic);
		assert_true(vector == -1 || (vector >= 16 && vector < 256));
		if (vector >= 0)
			hv_apic_accept(&apic, (unsigned)vector);
	}
}

/* ---- CPUID ---- */

static struct cpuid all_ones(uint32_t leaf, uint32_t subleaf)
{
	(void)leaf, (void)subleaf;
	return (struct cpuid){UINT32_MAX, UINT32_MAX, UINT32_MAX, UINT32_MAX};
}

static struct cpuid all_zeros(uint32_t leaf, uint32_t subleaf)
{
	(void)leaf, (void)subleaf;
	return (struct cpuid){0};
}

/* A processor that has everything, what is not invented yet included, and one that has nothing. */
static void cpuid_lists(void **state)
{
	const struct hv_cpuid_guest one = {.hypercall = 1}, two = {.hypercall = 2};
	struct cpuid r = hv_cpuid(1, 0, &one, all_ones);

	(void)state;
	assert_int_equal(r.ecx & (BIT32(5) | BIT32(6) | BIT32(3) | BIT32(17) | BIT32(26) | BIT32(27) | BIT32(28)), 0);
	assert_int_equal(r.ebx >> 24, 0);
	r = hv_cpuid(1, 0, &one, all_zeros);
	assert_int_equal(r.ecx, BIT32(21) | BIT32(24) | BIT32(31));
	assert_int_equal(r.edx, BIT32(9));
	r = hv_cpuid(7, 0, &one, all_ones);
	assert_int_equal(r.eax, 0);
	assert_int_equal(r.ecx, BIT32(2) | BIT32(27) | BIT32(28));
	r = hv_cpuid(7, 1, &one, all_ones);
	assert_int_equal(r.eax | r.ebx | r.ecx | r.edx, 0);
	assert_int_equal(hv_cpuid(0x80000001, 0, &one, all_ones).ecx & BIT32(2), 0);
	assert_int_equal(hv_cpuid(0x40000001, 0, &two, all_ones).eax, 2);
	for (uint64_t leaf = 0; leaf < 0x100000000; leaf += leaf % 0x10000 < 0x40 ? 1 : 0x10000 - leaf % 0x10000) {
		r = hv_cpuid((uint32_t)leaf, 0, &one, all_ones);
		if (leaf > 0x0b && leaf != 0x40000000 && leaf != 0x40000001 && (leaf < 0x80000000 || leaf > 0x80000008))
			assert_int_equal(r.eax | r.ebx | r.ecx | r.edx, 0);
	}
}

/* Components: AVX at 576, 256 bytes; 5 at 1088, 64 bytes, aligned; 9 at 2688, 8 bytes. */
static struct cpuid with_components(uint32_t leaf, uint32_t subleaf)
{
	if (leaf != 0x0d)
		return all_ones(leaf, subleaf);
	switch (subleaf) {
	case 0:
		return (struct cpuid){0x2e7, 2696, 2696, 0};
	case 1:
		return (struct cpuid){0x1f, 2696, 0xffff, 0};
	case 2:
		return (struct cpuid){256, 576, 0, 0};
	case 5:
		return (struct cpuid){64, 1088, 2, 0};
	case 9:
		return (struct cpuid){8, 2688, 0, 0};
	default:
		return (struct cpuid){0};
	}
}

/* The state that a guest may have, and no more; sizes follow what it has switched on. */
static void cpuid_state(void **state)
{
	struct hv_cpuid_guest guest = {.xcr0 = 1, .xcr0_offered = 7};
	struct cpuid r;

	(void)state;
	r = hv_cpuid(1, 0, &guest, all_ones);
	assert_int_equal(r.ecx & (BIT32(26) | BIT32(27) | BIT32(28)), BIT32(26) | BIT32(28));
	assert_int_equal(hv_cpuid(7, 0, &guest, all_ones).ebx & (BIT32(5) | BIT32(16)), BIT32(5));
	guest.osxsave = guest.waitpkg = guest.enqcmd = true;
	r = hv_cpuid(1, 0, &guest, all_ones);
	assert_int_equal(r.ecx & (BIT32(26) | BIT32(27)), BIT32(26) | BIT32(27));
	assert_int_equal(hv_cpuid(7, 0, &guest, all_ones).ecx & (BIT32(5) | BIT32(29)), BIT32(5) | BIT32(29));
	assert_int_equal(hv_cpuid(7, 0, &guest, all_zeros).ecx, 0);
	r = hv_cpuid(0x0d, 0, &guest, with_components);
	assert_int_equal(r.eax, 7);
	assert_int_equal(r.ebx, 576);
	assert_int_equal(r.ecx, 832);
	guest.xcr0 = 7;
	assert_int_equal(hv_cpuid(0x0d, 0, &guest, with_components).ebx, 832);
	r = hv_cpuid(0x0d, 1, &guest, with_components);
	assert_int_equal(r.eax, 7); /* no XSAVES, no XFD */
	assert_int_equal(r.ebx, 832);
	assert_int_equal(r.ecx, 0);
	guest.xsaves = true;
	assert_int_equal(hv_cpuid(0x0d, 1, &guest, with_components).eax, 0xf);
	assert_int_equal(hv_cpuid(0x0d, 2, &guest, with_components).eax, 256);
	r = hv_cpuid(0x0d, 9, &guest, with_components);
	assert_int_equal(r.eax | r.ebx | r.ecx | r.edx, 0);
	r = hv_cpuid(0x0d, 64 + 2, &guest, with_components);
	assert_int_equal(r.eax | r.ebx | r.ecx | r.edx, 0);
	/* Components with a gap between them. */
	guest.xcr0_offered = guest.xcr0 = 0x223;
	assert_int_equal(hv_cpuid(0x0d, 0, &guest, with_components).ebx, 2696);
	assert_int_equal(hv_cpuid(0x0d, 1, &guest, with_components).ebx, 576 + 64 + 8);
	guest.xcr0_offered = guest.xcr0 = 0x227 | 0x200;
	assert_int_equal(hv_cpuid(0x0d, 1, &guest, with_components).ebx, 832 + 64 + 8);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(apic_priorities), cmocka_unit_test(apic_off),    cmocka_unit_test(apic_timers),
	        cmocka_unit_test(apic_any),        cmocka_unit_test(cpuid_lists), cmocka_unit_test(cpuid_state),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
