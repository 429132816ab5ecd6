/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The processor's XSAVES and XRSTORS, which carry IA32_PASID from process to process: an operating system gives ENQCMD
 * to its processes only where they do. The compacted format is held against the standard one, component by component.
 */
#include "tests/suites/cpu.h"

#define CR0_TS      BIT64(3)
#define CR4_OSFXSR  BIT64(9)
#define CR4_OSXSAVE BIT64(18)

#define X87   0U
#define SSE   1U
#define PKRU  9U
#define PASID 10U
#define LAST  62U

/* Nothing to compare: MPX, whose registers change how code runs, and tiles, which fill two pages. */
#define LEFT_OUT (BIT64(3) | BIT64(4) | BIT64(17) | BIT64(18))

#define AREA_PAGES 2U
#define AREA_SIZE  (AREA_PAGES * PAGE_SIZE)

/* Offsets in an area (SDM volume 1, 13.4). */
#define MXCSR      0x18U
#define XMM        0xa0U
#define XMM_SIZE   0x100U
#define XSTATE_BV  0x200U
#define XCOMP_BV   0x208U
#define RESERVED   0x210U
#define EXTENDED   0x240U
#define COMPACTED  BIT64(63)
#define MXCSR_INIT 0x1f80U

static uint64_t cr4_before, xcr0_before;

static uint64_t enabled(void)
{
	struct cpuid leaf = cpu_cpuid_checked(0xd, 0);

	return (((uint64_t)leaf.edx << 32) | leaf.eax) & ~LEFT_OUT;
}

static uint64_t supervisor(void)
{
	struct cpuid leaf = cpu_cpuid_checked(0xd, 1);

	return ((uint64_t)leaf.edx << 32) | leaf.ecx;
}

static void leave(void *unused)
{
	(void)unused;
	if (supervisor() & BIT64(PASID))
		trap_wrmsr(MSR_PASID, 0);
	cpu_write_cr0(cpu_read_cr0() & ~CR0_TS);
	cpu_write_cr4(cpu_read_cr4() | CR4_OSXSAVE);
	trap_wrmsr(MSR_XSS, 0);
	cpu_xsetbv(xcr0_before);
	cpu_write_cr4(cr4_before);
}

/* All components on, IA32_PASID's with them where it is. */
static void enter(void)
{
	cr4_before = cpu_read_cr4();
	xcr0_before = cr4_before & CR4_OSXSAVE ? cpu_xgetbv() : BIT64(X87);
	test_cleanup(leave, NULL);
	cpu_write_cr4(cr4_before | CR4_OSFXSR | CR4_OSXSAVE);
	cpu_xsetbv(enabled());
	EXPECT_OK(trap_wrmsr(MSR_XSS, supervisor() & BIT64(PASID)));
}

static void need_pasid(void)
{
	if (!(supervisor() & BIT64(PASID)))
		SKIP("no PASID state component (CPUID.0Dh.1:ECX.10 = 0)");
}

static uint8_t *new_area(void)
{
	return test_pages(AREA_PAGES);
}

static uint64_t field(const uint8_t *area, size_t offset)
{
	uint64_t value;

	memcpy(&value, area + offset, sizeof(value));
	return value;
}

static void set_field(uint8_t *area, size_t offset, uint64_t value)
{
	memcpy(area + offset, &value, sizeof(value));
}

/* Offset of component in a compacted area of components (13.4.3), or of its end where component is LAST. */
static size_t compacted_offset(uint64_t components, unsigned component)
{
	size_t offset = EXTENDED;

	for (unsigned i = 2; i <= LAST; i++) {
		struct cpuid leaf;

		if (!(components & BIT64(i)) && i != component)
			continue;
		leaf = cpu_cpuid_checked(0xd, i);
		if (leaf.ecx & BIT32(1))
			offset = (offset + 63) & ~(size_t)63;
		if (i == component)
			return offset;
		offset += leaf.eax;
	}
	return offset;
}

/* A standard area whose components all have something in them. */
static uint8_t *random_state(void)
{
	uint8_t *area = new_area();

	for (unsigned i = 0; i < XMM_SIZE; i++)
		area[XMM + i] = (uint8_t)(test_random() >> 32);
	for (unsigned i = 2; i < LAST; i++) {
		struct cpuid leaf = cpu_cpuid_checked(0xd, i);

		if (!(enabled() & BIT64(i)))
			continue;
		for (unsigned n = 0; n < (i == PKRU ? 4 : leaf.eax); n++)
			area[leaf.ebx + n] = (uint8_t)(test_random() >> 32) | 1;
	}
	set_field(area, 0, 0x37f);
	set_field(area, MXCSR, MXCSR_INIT | 0x20);
	set_field(area, XSTATE_BV, enabled());
	return area;
}

/* The components of mask are the same in a standard and a compacted area. */
static void expect_same(const uint8_t *standard, const uint8_t *compacted, uint64_t mask)
{
	uint64_t format = field(compacted, XCOMP_BV);

	if (mask & BIT64(SSE)) {
		EXPECT_MEM_EQ(standard + XMM, compacted + XMM, XMM_SIZE);
		EXPECT_EQ((uint32_t)field(standard, MXCSR), (uint32_t)field(compacted, MXCSR));
	}
	for (unsigned i = 2; i < LAST; i++) {
		struct cpuid leaf = cpu_cpuid_checked(0xd, i);

		if (mask & BIT64(i))
			EXPECT_MEM_EQ(standard + leaf.ebx, compacted + compacted_offset(format, i), leaf.eax);
	}
}

/* CPUID's size is that of what is enabled, not of what could be. */
TEST(xsaves_size, "kernel.xsaves.size", NEEDS_XSAVES, "SDM 1:13.2")
{
	static const uint64_t masks[] = {1, 3, 7, UINT64_MAX};

	enter();
	for (size_t i = 0; i < ARRAY_SIZE(masks); i++) {
		uint64_t xcr0 = masks[i] & enabled();

		cpu_xsetbv(xcr0);
		for (unsigned n = 0; n < 2; n++) {
			uint64_t xss = n ? supervisor() & BIT64(PASID) : 0;

			test_context("XCR0 0x%llx, XSS 0x%llx", (unsigned long long)xcr0, (unsigned long long)xss);
			EXPECT_OK(trap_wrmsr(MSR_XSS, xss));
			EXPECT_EQ(compacted_offset(xcr0 | xss, LAST), cpu_cpuid(0xd, 1).ebx);
		}
	}
}

TEST(xsaves_pasid_leaf, "kernel.xsaves.pasid_leaf", NEEDS_XSAVES, "SDM 1:13.5.8")
{
	struct cpuid leaf = cpu_cpuid_checked(0xd, PASID);

	need_pasid();
	EXPECT_EQ(8, leaf.eax);
	EXPECT_EQ(0, leaf.ebx);
	EXPECT_EQ(1, leaf.ecx & 1);
	EXPECT_EQ(0, cpu_cpuid(0xd, 0).eax & BIT32(PASID));
}

TEST(xsaves_xss, "kernel.xsaves.xss_takes_what_cpuid_lists", NEEDS_XSAVES, "SDM 1:13.3")
{
	uint64_t value = 1;

	enter();
	for (unsigned i = 0; i < 64; i++) {
		test_context("bit %u", i);
		if (supervisor() & BIT64(i))
			continue;
		EXPECT_ERRNO(EIO, trap_wrmsr(MSR_XSS, BIT64(i)));
	}
	EXPECT_OK(trap_rdmsr(MSR_XSS, &value));
	EXPECT_EQ(supervisor() & BIT64(PASID), value);
}

/* Every subset of the components makes a layout of its own. */
TEST(xsaves_layouts, "kernel.xsaves.layouts", NEEDS_XSAVES, "SDM 1:13.4.3, 13.11")
{
	uint8_t *state = random_state(), *area = new_area(), *user = new_area();

	enter();
	EXPECT_TRUE(cpu_xrstor(state, UINT64_MAX));
	for (uint64_t mask = enabled(); mask; mask = (mask - 1) & enabled()) {
		test_context("components 0x%llx", (unsigned long long)mask);
		memset(area, 0xff, AREA_SIZE);
		memset(area + RESERVED, 0, EXTENDED - RESERVED);
		EXPECT_TRUE(cpu_xsaves(area, mask));
		EXPECT_EQ(mask | COMPACTED, field(area, XCOMP_BV));
		/* x87 alone is as it was made, so that it may be left out. */
		EXPECT_EQ(mask & ~BIT64(X87), field(area, XSTATE_BV) & ~BIT64(X87));
		expect_same(state, area, mask);
		EXPECT_EQ(0xff, area[compacted_offset(mask, LAST)]);
		if (!(cpu_cpuid(0xd, 1).eax & BIT32(1)))
			continue;
		memcpy(user, area, AREA_SIZE);
		memset(user, 0xee, XSTATE_BV);
		EXPECT_TRUE(cpu_xsavec(user, mask));
		EXPECT_MEM_EQ(area + XSTATE_BV, user + XSTATE_BV, AREA_SIZE - XSTATE_BV);
		expect_same(state, user, mask);
	}
}

TEST(xsaves_restore, "kernel.xsaves.restore", NEEDS_XSAVES, "SDM 1:13.12")
{
	uint8_t *state = random_state(), *image = new_area(), *now = new_area();

	enter();
	EXPECT_TRUE(cpu_xrstor(state, UINT64_MAX));
	EXPECT_TRUE(cpu_xsaves(image, UINT64_MAX));
	/* No component is there: all go to their initial state, MXCSR with them. */
	set_field(now, XCOMP_BV, COMPACTED | enabled());
	EXPECT_TRUE(cpu_xrstors(now, UINT64_MAX));
	memset(now, 0xff, XSTATE_BV);
	memset(now + EXTENDED, 0xff, AREA_SIZE - EXTENDED);
	set_field(now, XCOMP_BV, 0);
	EXPECT_TRUE(cpu_xsave(now, UINT64_MAX));
	EXPECT_EQ(MXCSR_INIT, (uint32_t)field(now, MXCSR));
	for (unsigned i = 0; i < XMM_SIZE; i++)
		EXPECT_EQ(0, now[XMM + i]);
	for (unsigned i = 2; i < LAST; i++) {
		struct cpuid leaf = cpu_cpuid_checked(0xd, i);

		for (unsigned n = 0; enabled() & BIT64(i) && n < leaf.eax; n++)
			EXPECT_EQ(0, now[leaf.ebx + n]);
	}
	/* One after the other: the others stay as they are. */
	for (unsigned i = 1; i < LAST; i++) {
		if (!(enabled() & BIT64(i)))
			continue;
		test_context("component %u", i);
		EXPECT_TRUE(cpu_xrstors(image, BIT64(i)));
		memset(now, 0, AREA_SIZE);
		EXPECT_TRUE(cpu_xsave(now, UINT64_MAX));
		expect_same(now, image, enabled() & (BIT64(i + 1) - 2));
	}
	/* XRSTOR takes the compacted format too. */
	if (cpu_cpuid(0xd, 1).eax & BIT32(1)) {
		set_field(now, XSTATE_BV, 0);
		set_field(now, XCOMP_BV, COMPACTED | enabled());
		EXPECT_TRUE(cpu_xrstors(now, UINT64_MAX));
		EXPECT_TRUE(cpu_xsaves(image, 0) && cpu_xrstor(state, UINT64_MAX));
		EXPECT_TRUE(cpu_xsavec(image, UINT64_MAX));
		EXPECT_TRUE(cpu_xrstors(now, UINT64_MAX));
		EXPECT_TRUE(cpu_xrstor(image, UINT64_MAX));
		memset(now, 0, AREA_SIZE);
		EXPECT_TRUE(cpu_xsave(now, UINT64_MAX));
		expect_same(now, image, enabled());
	}
}

TEST(xsaves_pasid, "kernel.xsaves.pasid", NEEDS_XSAVES | NEEDS_ENQCMD, "SDM 1:13.5.8")
{
	static const uint64_t values[] = {PASID_VALID | 0x12345, PASID_VALID, PASID_VALID | 0xfffff, 0x54321};
	uint8_t *area = new_area();
	uint64_t value, other = PASID_VALID | 0x77;

	need_pasid();
	enter();
	for (size_t i = 0; i < ARRAY_SIZE(values); i++) {
		test_context("IA32_PASID 0x%llx", (unsigned long long)values[i]);
		memset(area, 0, AREA_SIZE);
		EXPECT_OK(trap_wrmsr(MSR_PASID, values[i]));
		EXPECT_TRUE(cpu_xsaves(area, BIT64(PASID)));
		EXPECT_EQ(COMPACTED | BIT64(PASID), field(area, XCOMP_BV));
		EXPECT_EQ(BIT64(PASID), field(area, XSTATE_BV));
		EXPECT_EQ(values[i], field(area, EXTENDED));
		/* Behind all others. */
		EXPECT_TRUE(cpu_xsaves(area, UINT64_MAX));
		EXPECT_EQ(values[i], field(area, compacted_offset(enabled(), PASID)));

		EXPECT_OK(trap_wrmsr(MSR_PASID, other));
		EXPECT_TRUE(cpu_xrstors(area, ~BIT64(PASID)));
		EXPECT_OK(trap_rdmsr(MSR_PASID, &value));
		EXPECT_EQ(other, value);
		EXPECT_TRUE(cpu_xrstors(area, UINT64_MAX));
		EXPECT_OK(trap_rdmsr(MSR_PASID, &value));
		EXPECT_EQ(values[i], value);
		/* Not there: its initial state. */
		set_field(area, XSTATE_BV, field(area, XSTATE_BV) & ~BIT64(PASID));
		EXPECT_TRUE(cpu_xrstors(area, UINT64_MAX));
		EXPECT_OK(trap_rdmsr(MSR_PASID, &value));
		EXPECT_EQ(0, value);
		/* And in that state it is not saved. */
		EXPECT_TRUE(cpu_xsaves(area, UINT64_MAX));
		EXPECT_EQ(0, field(area, XSTATE_BV) & BIT64(PASID));
		EXPECT_TRUE((field(area, XCOMP_BV) & BIT64(PASID)) != 0);
	}
	/* Only where IA32_XSS has it. */
	EXPECT_OK(trap_wrmsr(MSR_PASID, other));
	EXPECT_OK(trap_wrmsr(MSR_XSS, 0));
	EXPECT_TRUE(cpu_xsaves(area, UINT64_MAX));
	EXPECT_EQ(COMPACTED | enabled(), field(area, XCOMP_BV));
	memset(area + EXTENDED, 0, AREA_SIZE - EXTENDED);
	EXPECT_TRUE(cpu_xrstors(area, UINT64_MAX));
	EXPECT_OK(trap_rdmsr(MSR_PASID, &value));
	EXPECT_EQ(other, value);
}

/* Each with exactly one thing wrong. */
TEST(xsaves_refused, "kernel.xsaves.refused", NEEDS_XSAVES, "SDM 1:13.11, 13.12")
{
	uint8_t *state = random_state(), *good = new_area(), *bad = new_area();
	const struct {
		const char *what;
		size_t at;
		uint64_t flip;
	} wrong[] = {
	        {"standard format", XCOMP_BV, COMPACTED},
	        {"component that does not exist", XCOMP_BV, BIT64(LAST)},
	        {"supervisor component that is off", XCOMP_BV, BIT64(8)},
	        {"XSTATE_BV beyond XCOMP_BV", XCOMP_BV, BIT64(SSE)},
	        {"XSTATE_BV's bit 63", XSTATE_BV, BIT64(63)},
	        {"byte 16 of the header", RESERVED, 1},
	        {"byte 24 of the header", RESERVED + 8, 1},
	        {"last byte of the header", EXTENDED - 8, BIT64(63)},
	        {"reserved bit of MXCSR", MXCSR, BIT64(16)},
	};

	enter();
	EXPECT_TRUE(cpu_xrstor(state, UINT64_MAX));
	EXPECT_TRUE(cpu_xsaves(good, UINT64_MAX));
	for (size_t i = 0; i < ARRAY_SIZE(wrong); i++) {
		test_context("%s", wrong[i].what);
		memcpy(bad, good, AREA_SIZE);
		set_field(bad, wrong[i].at, field(bad, wrong[i].at) ^ wrong[i].flip);
		EXPECT_FALSE(cpu_xrstors(bad, UINT64_MAX));
	}
	test_context("alignment");
	memcpy(bad + 32, good, AREA_SIZE - 32);
	EXPECT_FALSE(cpu_xrstors(bad + 32, UINT64_MAX));
	EXPECT_FALSE(cpu_xsaves(bad + 32, UINT64_MAX));
	test_context("CR0.TS");
	cpu_write_cr0(cpu_read_cr0() | CR0_TS);
	EXPECT_FALSE(cpu_xsaves(bad, UINT64_MAX));
	EXPECT_FALSE(cpu_xrstors(good, UINT64_MAX));
	cpu_write_cr0(cpu_read_cr0() & ~CR0_TS);
	test_context("CR4.OSXSAVE");
	cpu_write_cr4(cpu_read_cr4() & ~CR4_OSXSAVE);
	EXPECT_FALSE(cpu_xsaves(bad, UINT64_MAX));
	EXPECT_FALSE(cpu_xrstors(good, UINT64_MAX));
	cpu_write_cr4(cpu_read_cr4() | CR4_OSXSAVE);
	test_context("nothing wrong");
	EXPECT_TRUE(cpu_xrstors(good, UINT64_MAX));
}

TEST(xsaves_refused_pasid, "kernel.xsaves.refused_pasid", NEEDS_XSAVES | NEEDS_ENQCMD, "SDM 1:13.5.8, 13.12")
{
	static const unsigned reserved[] = {20, 30, 32, 63};
	uint8_t *area = new_area();
	uint64_t value, before = PASID_VALID | 5;

	need_pasid();
	enter();
	EXPECT_OK(trap_wrmsr(MSR_PASID, before));
	EXPECT_TRUE(cpu_xsaves(area, BIT64(PASID)));
	for (size_t i = 0; i < ARRAY_SIZE(reserved); i++) {
		test_context("bit %u", reserved[i]);
		set_field(area, EXTENDED, PASID_VALID | 6 | BIT64(reserved[i]));
		EXPECT_FALSE(cpu_xrstors(area, UINT64_MAX));
		EXPECT_ERRNO(EIO, trap_wrmsr(MSR_PASID, PASID_VALID | 6 | BIT64(reserved[i])));
		EXPECT_OK(trap_rdmsr(MSR_PASID, &value));
		EXPECT_EQ(before, value);
	}
	test_context("XRSTOR");
	set_field(area, EXTENDED, before);
	EXPECT_FALSE(cpu_xrstor(area, UINT64_MAX));
	test_context("IA32_XSS without it");
	EXPECT_OK(trap_wrmsr(MSR_XSS, 0));
	EXPECT_FALSE(cpu_xrstors(area, UINT64_MAX));
}

/* And the exception is #GP. */
TEST(xsaves_gp, "kernel.xsaves.exception", NEEDS_XSAVES, "SDM 1:13.12")
{
	uint8_t *area = new_area();

	enter();
	test_must_crash(GP_VECTOR, 0);
	__asm__ volatile("xrstors64 (%0)" : : "r"(area), "a"(-1), "d"(-1) : "memory");
}
