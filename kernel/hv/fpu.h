/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef KERNEL_HV_FPU_H
#define KERNEL_HV_FPU_H

#include <stdint.h>

/*
 * The x87 and SSE registers. Neither this kernel nor its guests use them, but a hostile guest may: so hv_run() gives
 * each guest its own, once a run and not at each exit, since the host's code does not touch them. Trapping their use
 * instead (CR0.TS) would need CR0 intercepts, because CR0 is the guest's. What is beyond them (AVX, AMX, protection
 * keys) a guest could reach only by CR4.OSXSAVE under the host's XCR0: hv_fpu_enable() leaves only x87 in that.
 */
void hv_fpu_enable(void);
/* The state of a processor after FNINIT, with all SSE exceptions masked. */
void hv_fpu_reset(uint8_t state[512]);
/* Between which the guest's state is in the processor. */
void hv_fpu_load(const uint8_t state[512]);
void hv_fpu_save(uint8_t state[512]);

#endif
