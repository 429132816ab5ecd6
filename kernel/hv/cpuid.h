/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef KERNEL_HV_CPUID_H
#define KERNEL_HV_CPUID_H

#include <stdbool.h>
#include <stdint.h>

#include "kernel/cpu.h"

/* What of the guest's own shows in its CPUID. */
struct hv_cpuid_guest {
	uint32_t hypercall;    /* goes out in leaf 0x40000001 (kernel/guest.h) */
	bool osxsave;          /* its CR4.OSXSAVE */
	uint64_t xcr0;         /* as it is now */
	uint64_t xcr0_offered; /* components that it may switch on; 0: it has no XSAVE */
	bool xsaves, waitpkg, enqcmd;
};

/*
 * What CPUID says to a guest, made from the host's answers (host is called with leaves that it must answer with zeros
 * if it has none): an allow-list, so that what nobody here has thought of stays hidden. Pure.
 */
struct cpuid hv_cpuid(uint32_t leaf, uint32_t subleaf, const struct hv_cpuid_guest *guest,
                      struct cpuid (*host)(uint32_t leaf, uint32_t subleaf));

#endif
