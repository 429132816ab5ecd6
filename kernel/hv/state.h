/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What of a guest's processor the virtualization extension does not switch: the registers that XSAVE keeps, XCR0, and
 * the MSRs IA32_XSS, IA32_PASID and IA32_UMWAIT_CONTROL.
 *
 * The host's own code uses none of the registers, so they are the guest's for a whole run, callbacks included, and
 * change hands at its ends. IA32_PASID is another matter: with it a driver's ENQCMD submits as whoever it names, so it
 * is the guest's only while the guest itself executes.
 *
 * XSAVE, not XSAVES: the supervisor components that a guest may have are these MSRs, and they are moved as such.
 * Protection keys are switched, though no guest is offered them: CR4 is the guest's, and with it their register. What
 * is beyond (AVX-512, tiles) no guest can reach, because neither XCR0 nor IA32_XSS takes what is not offered.
 *
 * All processors are taken to have what the one had that called hv_state_init().
 */
#ifndef KERNEL_HV_STATE_H
#define KERNEL_HV_STATE_H

#include <stdbool.h>
#include <stdint.h>

#include "kernel/hv/cpuid.h"

#define MSR_UMWAIT_CONTROL 0xe1U
#define MSR_PASID          0xd93U
#define MSR_XSS            0xda0U

#define HV_STATE_AREA 4096U

struct hv_state {
	uint64_t xcr0, xss, umwait;
	uint64_t pasid; /* as the guest has written it */
	/* The host's, while the guest's are in the processor. */
	uint64_t host_xcr0, host_xss, host_umwait, host_pasid;
	struct hv_state *outer; /* whose callback runs this guest */
	uint8_t area[HV_STATE_AREA] __attribute__((aligned(64)));
};

/* Find out what there is; offers: enum hv_offer. Once, before all else. */
void hv_state_init(uint32_t offers);
/* Whether the processor has ENQCMD and IA32_PASID. */
bool hv_state_has_pasid(void);
/* The state of a processor after reset, with all SSE exceptions masked. */
void hv_state_reset(struct hv_state *s);
/*
 * The two ends of a run, on the processor that runs it, with interrupts off. A run inside a callback of another guest
 * leaves that one's state as it was.
 */
void hv_state_load(struct hv_state *s);
void hv_state_save(struct hv_state *s);
/* It goes away, maybe because its run was cut off. */
void hv_state_forget(const struct hv_state *s);
/* The two ends of the guest's own execution, likewise: pasid goes into IA32_PASID, and is out of it again. */
void hv_state_enter(struct hv_state *s, uint64_t pasid);
void hv_state_leave(struct hv_state *s);

/* XSETBV, RDMSR and WRMSR in the guest, during its run. Return 0, -EPERM for #GP, -ENOENT: not one of these MSRs. */
int hv_state_xsetbv(struct hv_state *s, uint32_t index, uint64_t value);
int hv_state_msr_read(const struct hv_state *s, uint32_t msr, uint64_t *value);
int hv_state_msr_write(struct hv_state *s, uint32_t msr, uint64_t value);
/* What CPUID is to say of all this. */
void hv_state_cpuid(const struct hv_state *s, struct hv_cpuid_guest *out);

#endif
