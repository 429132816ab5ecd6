/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * How a guest begins and ends. It runs the processor's own instructions and stops only where the hypervisor has to step
 * in; each way to stop has its own name, and none of them harms the host.
 */
#include <errno.h>
#include <string.h>

#include "kernel/hypercall.h"
#include "kernel/time.h"
#include "tests/suites/hv.h"
#include "tests/test.h"

GUEST(answer, "lea 1(%rdi), %rdi\n" EXIT);

TEST(hv_exit, "hv.end.exit_with_status", NEEDS_HV, "APM 2 15.5")
{
	struct hv_vm *vm = GUEST_VM(answer, 41);
	struct hv_result result;

	EXPECT_EQ(42, guest_exit_status(vm));
	EXPECT_ERRNO(EINVAL, hv_run(vm, 10, &result));
	GUEST_LOAD(vm, answer, 1000);
	EXPECT_EQ(1001, guest_exit_status(vm));
}
