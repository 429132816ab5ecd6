/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef KERNEL_HV_CPUID_H
#define KERNEL_HV_CPUID_H

#include "kernel/cpu.h"

/*
 * What CPUID says to a guest, made from the host's answers (host is called with leaves that it must answer with zeros
 * if it has none): an allow-list, so that what nobody here has thought of stays hidden. hypercall goes out in leaf
 * 0x40000001 (kernel/guest.h). osxsave and the like follow from the list: a guest has no XSAVE. Pure.
 */
struct cpuid hv_cpuid(uint32_t leaf, uint32_t subleaf, uint32_t hypercall,
                      struct cpuid (*host)(uint32_t leaf, uint32_t subleaf));

#endif
