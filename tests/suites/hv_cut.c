/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What ends a guest from outside the hypervisor: the runner's time limit, and an NMI. The one cuts off the run in the
 * middle, so the virtual processor is still in the real one when the test's end takes the machine apart; the other is
 * the host's, whoever runs. Each test here must end badly, and the tests after it show that nothing is left of it.
 */
#include "kernel/apic.h"
#include "kernel/smp.h"
#include "kernel/time.h"
#include "kernel/trap.h"
#include "tests/suites/hv.h"
#include "tests/test.h"

#define HOUR_MS 3600000U

/* Interrupts off, no exit. The flag says that it runs. */
GUEST(deaf, "movq $1, 0x30000\n1: pause\njmp 1b\n");
/* Interrupts on, and always in a handler or between two. */
GUEST(busy, INTERRUPTS "sti\nmovq $1, 0x30000\n"
                       "1: mov $0x83f, %ecx\nmov $0x41, %eax\nxor %edx, %edx\nwrmsr\njmp 1b\n");

TEST(cut_deaf, "hv.cut.time_limit_of_a_deaf_guest", NEEDS_HV, "kernel/guard.h")
{
	struct hv_vm *vm = GUEST_VM(deaf, 0);
	struct hv_result result;

	test_must_hang(50);
	hv_run(vm, HOUR_MS, &result);
}

TEST(cut_busy, "hv.cut.time_limit_of_a_busy_guest", NEEDS_HV, "kernel/guard.h")
{
	struct hv_vm *vm = GUEST_VM(busy, 0);
	struct hv_result result;

	test_must_hang(50);
	hv_run(vm, HOUR_MS, &result);
}

static void send_nmi(void *arg)
{
	const volatile uint64_t *flag = arg;

	if (WAIT_FOR(*flag == 1, 1000000))
		apic_send_nmi(smp_apic_id(0));
}

static void nmi_inside(struct hv_vm *vm)
{
	struct hv_result result;

	test_must_crash(TRAP_NMI, 0);
	EXPECT_OK(smp_start_work(1, send_nmi, guest_at(vm, GUEST_DATA)));
	hv_run(vm, GUEST_LIMIT_MS, &result);
}

static void collect(void *arg)
{
	(void)arg;
	smp_wait(1, 2000);
}

TEST(cut_nmi_deaf, "hv.cut.nmi_into_a_deaf_guest", NEEDS_HV | NEEDS_SMP, "SDM 3C 26.5.1")
{
	struct hv_vm *vm = GUEST_VM(deaf, 0);

	test_cleanup(collect, NULL);
	nmi_inside(vm);
}

TEST(cut_nmi_busy, "hv.cut.nmi_into_a_busy_guest", NEEDS_HV | NEEDS_SMP, "SDM 3C 26.5.1")
{
	struct hv_vm *vm = GUEST_VM(busy, 0);

	test_cleanup(collect, NULL);
	nmi_inside(vm);
}
