/* SPDX-License-Identifier: BSD-2-Clause */
#include "kernel/bits.h"
#include "kernel/guest.h"
#include "kernel/hv/cpuid.h"
#include "kernel/hv/xstate.h"

#define MAX_BASIC    0x0dU
#define MAX_EXTENDED 0x80000008U

/* Leaf 1. Not there: VMX, MONITOR, PCID, debug extensions, MCE, MTRR. */
#define L1_ECX_SSE3         BIT32(0)
#define L1_ECX_PCLMUL       BIT32(1)
#define L1_ECX_SSSE3        BIT32(9)
#define L1_ECX_CX16         BIT32(13)
#define L1_ECX_SSE4         (BIT32(19) | BIT32(20))
#define L1_ECX_X2APIC       BIT32(21)
#define L1_ECX_MOVBE        BIT32(22)
#define L1_ECX_POPCNT       BIT32(23)
#define L1_ECX_TSC_DEADLINE BIT32(24)
#define L1_ECX_AES          BIT32(25)
#define L1_ECX_XSAVE        BIT32(26)
#define L1_ECX_OSXSAVE      BIT32(27)
#define L1_ECX_AVX          (BIT32(12) | BIT32(28) | BIT32(29)) /* FMA and F16C with it */
#define L1_ECX_RDRAND       BIT32(30)
#define L1_ECX_HYPERVISOR   BIT32(31)
#define L1_ECX_ALLOWED                                                                                           \
	(L1_ECX_SSE3 | L1_ECX_PCLMUL | L1_ECX_SSSE3 | L1_ECX_CX16 | L1_ECX_SSE4 | L1_ECX_MOVBE | L1_ECX_POPCNT | \
	 L1_ECX_AES | L1_ECX_RDRAND)
#define L1_ECX_ALWAYS (L1_ECX_X2APIC | L1_ECX_TSC_DEADLINE | L1_ECX_HYPERVISOR)

#define L1_EDX_FPU   BIT32(0)
#define L1_EDX_PSE   BIT32(3)
#define L1_EDX_TSC   BIT32(4)
#define L1_EDX_MSR   BIT32(5)
#define L1_EDX_PAE   BIT32(6)
#define L1_EDX_CX8   BIT32(8)
#define L1_EDX_APIC  BIT32(9)
#define L1_EDX_SEP   BIT32(11)
#define L1_EDX_PGE   BIT32(13)
#define L1_EDX_CMOV  BIT32(15)
#define L1_EDX_PAT   BIT32(16)
#define L1_EDX_PSE36 BIT32(17)
#define L1_EDX_CLFSH BIT32(19)
#define L1_EDX_SIMD  GENMASK32(26, 23) /* MMX, FXSR, SSE, SSE2 */
#define L1_EDX_ALLOWED                                                                                           \
	(L1_EDX_FPU | L1_EDX_PSE | L1_EDX_TSC | L1_EDX_MSR | L1_EDX_PAE | L1_EDX_CX8 | L1_EDX_SEP | L1_EDX_PGE | \
	 L1_EDX_CMOV | L1_EDX_PAT | L1_EDX_PSE36 | L1_EDX_CLFSH | L1_EDX_SIMD)

/* Leaf 7. Not there: INVPCID, protection keys, CET, AVX-512, TSX. */
#define L7_EBX_FSGSBASE   BIT32(0)
#define L7_EBX_BMI1       BIT32(3)
#define L7_EBX_AVX2       BIT32(5)
#define L7_EBX_SMEP       BIT32(7)
#define L7_EBX_BMI2       BIT32(8)
#define L7_EBX_ERMS       BIT32(9)
#define L7_EBX_RDSEED     BIT32(18)
#define L7_EBX_ADX        BIT32(19)
#define L7_EBX_SMAP       BIT32(20)
#define L7_EBX_CLFLUSHOPT BIT32(23)
#define L7_EBX_CLWB       BIT32(24)
#define L7_EBX_ALLOWED                                                                                          \
	(L7_EBX_FSGSBASE | L7_EBX_BMI1 | L7_EBX_SMEP | L7_EBX_BMI2 | L7_EBX_ERMS | L7_EBX_RDSEED | L7_EBX_ADX | \
	 L7_EBX_SMAP | L7_EBX_CLFLUSHOPT | L7_EBX_CLWB)
#define L7_ECX_UMIP      BIT32(2)
#define L7_ECX_WAITPKG   BIT32(5)
#define L7_ECX_MOVDIRI   BIT32(27)
#define L7_ECX_MOVDIR64B BIT32(28)
#define L7_ECX_ENQCMD    BIT32(29)
#define L7_ECX_ALLOWED   (L7_ECX_UMIP | L7_ECX_MOVDIRI | L7_ECX_MOVDIR64B)
#define L7_EDX_FSRM      BIT32(4)

/* Leaf 0x80000001. Not there: SVM, RDTSCP. */
#define X1_ECX_ALLOWED (BIT32(0) | BIT32(5) | BIT32(8))                /* LAHF, LZCNT, PREFETCHW */
#define X1_EDX_ALLOWED (BIT32(11) | BIT32(20) | BIT32(26) | BIT32(29)) /* SYSCALL, NX, 1 GiB pages, long mode */

#define L6_EAX_ARAT         BIT32(2) /* the APIC timer never stops */
#define X7_EDX_CONSTANT_TSC BIT32(8)

/* Leaf 0Dh. */
#define LD_EAX_XSAVEOPT  BIT32(0)
#define LD_EAX_XSAVEC    BIT32(1)
#define LD_EAX_XGETBV1   BIT32(2)
#define LD_EAX_XSAVES    BIT32(3)
#define LD_ECX_ALIGNED   BIT32(1) /* of a component: on 64 bytes in the compacted format */
#define XSAVE_HEADER_END 0x240U

/* Bytes of an area with those components, in the standard or the compacted format: Intel SDM vol. 1, 13.4. */
static uint32_t area_size(uint64_t components, bool compacted, struct cpuid (*host)(uint32_t, uint32_t))
{
	uint32_t size = XSAVE_HEADER_END;

	for (unsigned i = 2; i < 63; i++) {
		struct cpuid r;

		if (!(components & BIT64(i)))
			continue;
		r = host(0x0d, i);
		if (!compacted)
			size = r.ebx + r.eax > size ? r.ebx + r.eax : size;
		else
			size = (r.ecx & LD_ECX_ALIGNED ? ALIGN_UP(size, 64U) : size) + r.eax;
	}
	return size;
}

static struct cpuid extended_state(uint32_t subleaf, const struct hv_cpuid_guest *guest,
                                   struct cpuid (*host)(uint32_t, uint32_t))
{
	struct cpuid r = {0};

	if (!guest->xcr0_offered)
		return r;
	if (subleaf == 0) {
		r.eax = (uint32_t)guest->xcr0_offered;
		r.edx = (uint32_t)(guest->xcr0_offered >> 32);
		r.ebx = area_size(guest->xcr0, false, host);
		r.ecx = area_size(guest->xcr0_offered, false, host);
	} else if (subleaf == 1) {
		r.eax = host(0x0d, 1).eax &
		        (LD_EAX_XSAVEOPT | LD_EAX_XSAVEC | LD_EAX_XGETBV1 | (guest->xsaves ? LD_EAX_XSAVES : 0));
		if (r.eax & (LD_EAX_XSAVEC | LD_EAX_XSAVES))
			r.ebx = area_size(guest->xcr0, true, host);
	} else if (subleaf < 63 && guest->xcr0_offered & BIT64(subleaf)) {
		r = host(0x0d, subleaf);
	}
	return r;
}

static struct cpuid basic(uint32_t leaf, uint32_t subleaf, const struct hv_cpuid_guest *guest,
                          struct cpuid (*host)(uint32_t, uint32_t))
{
	struct cpuid r = host(leaf, subleaf), none = {0};
	bool avx = guest->xcr0_offered & XSTATE_AVX;

	switch (leaf) {
	case 0:
		r.eax = r.eax < MAX_BASIC ? r.eax : MAX_BASIC;
		return r;
	case 1:
		r.ebx = (r.ebx & 0xffff) | (UINT32_C(1) << 16); /* one processor, APIC id 0 */
		r.ecx = (r.ecx & (L1_ECX_ALLOWED | (avx ? L1_ECX_AVX : 0))) | L1_ECX_ALWAYS;
		r.ecx |= (guest->xcr0_offered ? L1_ECX_XSAVE : 0) | (guest->osxsave ? L1_ECX_OSXSAVE : 0);
		r.edx = (r.edx & L1_EDX_ALLOWED) | L1_EDX_APIC;
		return r;
	case 6:
		none.eax = L6_EAX_ARAT;
		return none;
	case 7:
		if (subleaf)
			return none;
		r.eax = 0;
		r.ebx &= L7_EBX_ALLOWED | (avx ? L7_EBX_AVX2 : 0);
		r.ecx &= L7_ECX_ALLOWED | (guest->waitpkg ? L7_ECX_WAITPKG : 0) | (guest->enqcmd ? L7_ECX_ENQCMD : 0);
		r.edx &= L7_EDX_FSRM;
		return r;
	case 0x0b: /* one thread, one core */
		none.ecx = subleaf & 0xff;
		if (subleaf < 2) {
			none.ebx = 1;
			none.ecx |= (subleaf + 1) << 8;
		}
		return none;
	case 0x0d:
		return extended_state(subleaf, guest, host);
	default:
		return none;
	}
}

static struct cpuid extended(uint32_t leaf, struct cpuid (*host)(uint32_t, uint32_t))
{
	struct cpuid r = host(leaf, 0), none = {0};

	switch (leaf) {
	case 0x80000000:
		r.eax = r.eax < MAX_EXTENDED ? r.eax : MAX_EXTENDED;
		return r;
	case 0x80000001:
		r.ebx = 0;
		r.ecx &= X1_ECX_ALLOWED;
		r.edx &= X1_EDX_ALLOWED;
		return r;
	case 0x80000002:
	case 0x80000003:
	case 0x80000004:
		return r;
	case 0x80000007:
		none.edx = r.edx & X7_EDX_CONSTANT_TSC;
		return none;
	case 0x80000008:
		none.eax = r.eax & 0xffff; /* address widths */
		return none;
	default:
		return none;
	}
}

struct cpuid hv_cpuid(uint32_t leaf, uint32_t subleaf, const struct hv_cpuid_guest *guest,
                      struct cpuid (*host)(uint32_t, uint32_t))
{
	struct cpuid r = {0};

	if (leaf == GUEST_CPUID_SIGNATURE)
		return (struct cpuid){GUEST_CPUID_HYPERCALL, 0x74696441, 0x74696441,
		                      0x74696441}; /* "Adit", three times */
	if (leaf == GUEST_CPUID_HYPERCALL) {
		r.eax = guest->hypercall;
		return r;
	}
	if (leaf <= MAX_BASIC)
		return basic(leaf, subleaf, guest, host);
	if (leaf >= 0x80000000 && leaf <= MAX_EXTENDED)
		return extended(leaf, host);
	return r;
}
