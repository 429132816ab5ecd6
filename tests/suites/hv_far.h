/* SPDX-License-Identifier: BSD-2-Clause */
/* Guests that run on other processors than the test's: for the suites of the hypervisor. */
#ifndef TESTS_SUITES_HV_FAR_H
#define TESTS_SUITES_HV_FAR_H

#include "tests/suites/hv.h"

#define NEEDS_FAR (NEEDS_HV | NEEDS_SMP)
/* A processor that is not the test's. */
#define FAR_CPU   1U

/* What one run on another processor may take; it ends by itself then. */
#define FAR_LIMIT_MS 20000U

/* Start hv_run() of vm on processor cpu (not 0) for at most timeout_ms. Stopped and waited for after the test. */
void far_start(struct hv_vm *vm, unsigned cpu, unsigned timeout_ms);
/* Wait for the end of the run on processor cpu, whichever it is; or one that must be of that kind. */
struct hv_result far_any_end(unsigned cpu);
struct hv_result far_end(unsigned cpu, enum hv_end end);
/* Run it there (0 is allowed here), however it ends. */
void far_run(struct hv_vm *vm, unsigned cpu, unsigned timeout_ms, struct hv_result *result);
/* Run it there, up to HYPERCALL_EXIT, whose status is returned. */
uint64_t far_exit_status(struct hv_vm *vm, unsigned cpu);
/* A run there that must end by its time limit, after timeout_ms. */
void far_slice(struct hv_vm *vm, unsigned cpu, unsigned timeout_ms);
/* Such runs, until the guest has written value (32 bits) to gpa of its memory. */
void far_slices_until(struct hv_vm *vm, unsigned cpu, uint64_t gpa, uint32_t value);
/* Wait for the guest to write value (32 bits) to gpa of its memory. */
void far_wait_u32(struct hv_vm *vm, uint64_t gpa, uint32_t value);
/* Wait until it has changed from value. Returns what it is then. */
uint32_t far_wait_change(struct hv_vm *vm, uint64_t gpa, uint32_t value);
uint32_t far_u32(struct hv_vm *vm, uint64_t gpa);
void far_put_u32(struct hv_vm *vm, uint64_t gpa, uint32_t value);

#endif
