/* SPDX-License-Identifier: BSD-2-Clause */
#include "kernel/hv/state.h"

#include <errno.h>
#include <string.h>

#include "kernel/bits.h"
#include "kernel/cpu.h"
#include "kernel/hv/ops.h"
#include "kernel/hv/xstate.h"
#include "kernel/smp.h"

#define CPUID_1_ECX_XSAVE   BIT32(26)
#define CPUID_7_ECX_WAITPKG BIT32(5)
#define CPUID_7_ECX_ENQCMD  BIT32(29)
#define CPUID_D1_EAX_XSAVES BIT32(3)
#define CR4_OSFXSR          BIT64(9)
#define CR4_OSXSAVE         BIT64(18)

#define UMWAIT_RESERVED (BIT64(1) | GENMASK64(63, 32))
#define PASID_RESERVED  (GENMASK64(30, 20) | GENMASK64(63, 32))

/* Where the legacy area has them (Intel SDM vol. 1, 10.5.1). */
#define FCW_RESET    0x37fU
#define MXCSR_OFFSET 24
#define MXCSR_RESET  0x1f80U

static struct {
	uint64_t switched; /* components that change hands; 0: no XSAVE, but FXSAVE */
	uint64_t xcr0;     /* components that guests are offered */
	bool xss;          /* there is IA32_XSS */
	bool xsaves;       /* guests may have XSAVES */
	bool pasid;
	bool waitpkg; /* guests may have UMWAIT */
} caps;

/* Whose state is in each processor. */
static struct hv_state *current[SMP_MAX_CPUS];

/* Those of wanted that the processor has, and whose place in the standard format is inside the area. */
static uint64_t components(uint64_t wanted)
{
	struct cpuid leaf = cpu_cpuid_checked(0xd, 0);
	uint64_t has = wanted & ((uint64_t)leaf.edx << 32 | leaf.eax);

	for (unsigned i = 2; i < 63; i++) {
		if (!(has & BIT64(i)))
			continue;
		leaf = cpu_cpuid_checked(0xd, i);
		if ((uint64_t)leaf.ebx + leaf.eax > HV_STATE_AREA)
			has &= ~BIT64(i);
	}
	return has;
}

void hv_state_init(uint32_t offers)
{
	uint32_t features = cpu_cpuid_checked(7, 0).ecx;

	memset(&caps, 0, sizeof(caps));
	caps.pasid = features & CPUID_7_ECX_ENQCMD;
	caps.waitpkg = features & CPUID_7_ECX_WAITPKG && offers & HV_OFFER_UMWAIT;
	if (!(cpu_cpuid(1, 0).ecx & CPUID_1_ECX_XSAVE))
		return;
	caps.switched = components(XSTATE_X87 | XSTATE_SSE | XSTATE_AVX | XSTATE_PKRU);
	caps.xcr0 = caps.switched & (XSTATE_X87 | XSTATE_SSE | XSTATE_AVX);
	caps.xss = cpu_cpuid_checked(0xd, 1).eax & CPUID_D1_EAX_XSAVES;
	caps.xsaves = caps.xss && offers & HV_OFFER_XSAVES;
}

bool hv_state_has_pasid(void)
{
	return caps.pasid;
}

void hv_state_reset(struct hv_state *s)
{
	const uint16_t control = FCW_RESET;
	const uint32_t mxcsr = MXCSR_RESET;

	/* With XSTATE_BV zero, XRSTOR makes everything new but MXCSR. */
	memset(s, 0, sizeof(*s));
	memcpy(s->area, &control, sizeof(control));
	memcpy(s->area + MXCSR_OFFSET, &mxcsr, sizeof(mxcsr));
	s->xcr0 = XSTATE_X87;
}

static void xsetbv(uint64_t value)
{
	__asm__ volatile("xsetbv" : : "c"(0), "a"((uint32_t)value), "d"((uint32_t)(value >> 32)) : "memory");
}

static uint64_t xgetbv(void)
{
	uint32_t lo, hi;

	__asm__ volatile("xgetbv" : "=a"(lo), "=d"(hi) : "c"(0));
	return (uint64_t)hi << 32 | lo;
}

/* An MSR takes value; returns what it was. */
static uint64_t exchange_msr(uint32_t msr, uint64_t value)
{
	uint64_t old = cpu_rdmsr(msr);

	if (old != value)
		cpu_wrmsr(msr, value);
	return old;
}

/* Without OSFXSR the FXSAVE pair may leave the SSE registers out (Intel SDM vol. 2). */
static void put_in(struct hv_state *s)
{
	uint64_t cr4 = cpu_read_cr4();

	cpu_write_cr4(cr4 | CR4_OSFXSR | (caps.switched ? CR4_OSXSAVE : 0));
	if (caps.switched) {
		s->host_xcr0 = xgetbv();
		xsetbv(caps.switched);
		__asm__ volatile("xrstor64 (%0)" : : "r"(s->area), "a"(-1), "d"(-1) : "memory");
		xsetbv(s->xcr0);
	} else {
		__asm__ volatile("fxrstor64 (%0)" : : "r"(s->area) : "memory");
	}
	cpu_write_cr4(cr4);
	if (caps.xss)
		s->host_xss = exchange_msr(MSR_XSS, s->xss);
	if (caps.waitpkg)
		s->host_umwait = exchange_msr(MSR_UMWAIT_CONTROL, s->umwait);
}

static void take_out(struct hv_state *s)
{
	uint64_t cr4 = cpu_read_cr4();

	if (caps.waitpkg)
		exchange_msr(MSR_UMWAIT_CONTROL, s->host_umwait);
	if (caps.xss)
		exchange_msr(MSR_XSS, s->host_xss);
	cpu_write_cr4(cr4 | CR4_OSFXSR | (caps.switched ? CR4_OSXSAVE : 0));
	if (caps.switched) {
		xsetbv(caps.switched);
		__asm__ volatile("xsave64 (%0)" : : "r"(s->area), "a"(-1), "d"(-1) : "memory");
		xsetbv(s->host_xcr0);
	} else {
		__asm__ volatile("fxsave64 (%0)" : : "r"(s->area) : "memory");
	}
	cpu_write_cr4(cr4);
}

void hv_state_load(struct hv_state *s)
{
	struct hv_state **here = &current[smp_id()];

	s->outer = *here;
	if (s->outer)
		take_out(s->outer);
	put_in(s);
	*here = s;
}

void hv_state_save(struct hv_state *s)
{
	struct hv_state **here = &current[smp_id()];

	take_out(s);
	*here = s->outer;
	if (s->outer)
		put_in(s->outer);
	s->outer = NULL;
}

void hv_state_forget(const struct hv_state *s)
{
	for (unsigned i = 0; i < SMP_MAX_CPUS; i++)
		if (current[i] == s)
			current[i] = s->outer;
}

void hv_state_enter(struct hv_state *s, uint64_t pasid)
{
	if (caps.pasid)
		s->host_pasid = exchange_msr(MSR_PASID, pasid);
}

void hv_state_leave(struct hv_state *s)
{
	if (caps.pasid)
		exchange_msr(MSR_PASID, s->host_pasid);
}

/* ---- the guest's accesses ---- */

int hv_state_xsetbv(struct hv_state *s, uint32_t index, uint64_t value)
{
	uint64_t cr4 = cpu_read_cr4();

	/* Intel SDM vol. 1, 13.3: x87 always, AVX not without SSE. */
	if (index || value & ~caps.xcr0 || !(value & XSTATE_X87) || (value & XSTATE_AVX && !(value & XSTATE_SSE)))
		return -EPERM;
	s->xcr0 = value;
	cpu_write_cr4(cr4 | CR4_OSXSAVE);
	xsetbv(value);
	cpu_write_cr4(cr4);
	return 0;
}

int hv_state_msr_read(const struct hv_state *s, uint32_t msr, uint64_t *value)
{
	if (msr == MSR_XSS && caps.xsaves)
		*value = s->xss;
	else if (msr == MSR_UMWAIT_CONTROL && caps.waitpkg)
		*value = s->umwait;
	else if (msr == MSR_PASID && caps.pasid)
		*value = s->pasid;
	else
		return -ENOENT;
	return 0;
}

int hv_state_msr_write(struct hv_state *s, uint32_t msr, uint64_t value)
{
	if (msr == MSR_XSS && caps.xsaves) {
		/* Not the PASID component: XRSTORS would load any number into IA32_PASID. */
		return value ? -EPERM : 0;
	}
	if (msr == MSR_UMWAIT_CONTROL && caps.waitpkg) {
		if (value & UMWAIT_RESERVED)
			return -EPERM;
		s->umwait = value;
		cpu_wrmsr(msr, value);
		return 0;
	}
	if (msr == MSR_PASID && caps.pasid) {
		if (value & PASID_RESERVED)
			return -EPERM;
		s->pasid = value;
		return 0;
	}
	return -ENOENT;
}

void hv_state_cpuid(const struct hv_state *s, struct hv_cpuid_guest *out)
{
	out->xcr0 = s->xcr0;
	out->xcr0_offered = caps.xcr0;
	out->xsaves = caps.xsaves;
	out->waitpkg = caps.waitpkg;
}
