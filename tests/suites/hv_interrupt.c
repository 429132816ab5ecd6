/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Interrupts into a guest: a message becomes a vector of its x2APIC, waits while the guest has interrupts off or is
 * busy with a more important one, wakes it from HLT, and comes just once. The guest's own timer and the host's
 * interrupts work beside it.
 */
#include <errno.h>

#include "kernel/apic.h"
#include "kernel/hypercall.h"
#include "kernel/irq.h"
#include "kernel/mem.h"
#include "kernel/smp.h"
#include "kernel/time.h"
#include "tests/suites/hv.h"
#include "tests/test.h"

#define DOORBELL HV_BAR_WINDOW_BASE
#define MSI      UINT64_C(0xfee00000)

GUEST(halt_woken, INTERRUPTS "mov $0xc0000000, %ebx\nmovl $0x41, (%rbx)\nsti\nhlt\nxor %edi, %edi\n" EXIT);

TEST(hv_msi_halt, "hv.interrupt.wakes_from_halt", NEEDS_HV, "SDM 3A 11.11")
{
	struct hv_vm *vm = guest_with_doorbell(GUEST_VM(halt_woken, 0));
	struct hv_stats stats;

	EXPECT_EQ(0, guest_exit_status(vm));
	EXPECT_EQ(1, guest_interrupts(vm, 0x41));
	hv_stats_get(vm, &stats);
	EXPECT_EQ(1, stats.injected);
	EXPECT_EQ(0, stats.merged);
}

/* Rung with interrupts off: it comes when they are on, by one exit that says so. */
GUEST(window,
      INTERRUPTS "mov $0xc0000000, %ebx\nmovl $0x41, (%rbx)\nmovl $0x41, (%rbx)\n"
                 "movzbl 0x9041, %edi\nsti\nnop\nnop\ncli\nmovzbl 0x9041, %eax\nshl $8, %eax\nor %eax, %edi\n" EXIT);

TEST(hv_window, "hv.interrupt.waits_for_sti", NEEDS_HV, "APM 2 15.21.4")
{
	struct hv_vm *vm = guest_with_doorbell(GUEST_VM(window, 0));
	struct hv_stats stats;

	EXPECT_EQ(0x100, guest_exit_status(vm));
	hv_stats_get(vm, &stats);
	/* None where the processor itself looks for its moment. */
	EXPECT_EQ(hv_posted_descriptor(vm) ? 0 : 1, stats.exits[HV_CAUSE_INTERRUPT_WINDOW]);
	EXPECT_EQ(1, stats.injected);
	EXPECT_EQ(1, stats.merged);
}

/* Two pending: the higher one first. The low one's handler would find the other not yet counted. */
GUEST(order,
      INTERRUPTS "mov $0xc0000000, %ebx\nmovl $0x41, (%rbx)\nmovl $0xd1, (%rbx)\n"
                 "mov $0x80, %eax\nmov $0x808, %ecx\nxor %edx, %edx\nwrmsr\nsti\nnop\nnop\n" /* TPR holds 41 back */
                 "movzbl 0x9041, %edi\nmovzbl 0x90d1, %eax\nshl $8, %eax\nor %eax, %edi\n"
                 "xor %eax, %eax\nmov %rax, %cr8\nnop\nnop\n"
                 "movzbl 0x9041, %eax\nshl $16, %eax\nor %eax, %edi\n" EXIT);

TEST(hv_priority, "hv.interrupt.priority", NEEDS_HV, "SDM 3A 11.8.3")
{
	struct hv_vm *vm = guest_with_doorbell(GUEST_VM(order, 0));

	EXPECT_EQ(0x10100, guest_exit_status(vm));
}

GUEST(self, INTERRUPTS "sti\nmov $0x83f, %ecx\nmov $0x55, %eax\nxor %edx, %edx\nwrmsr\n" /* self IPI */
                       "mov $0x830, %ecx\nmov $0x40056, %eax\nwrmsr\n"                   /* ICR, to itself */
                       "mov $0x830, %ecx\nmov $0xc0057, %eax\nwrmsr\nnop\n"              /* to all others: nobody */
                       "xor %edi, %edi\n" EXIT);

TEST(hv_self, "hv.interrupt.to_itself", NEEDS_HV, "SDM 3A 11.12.11")
{
	struct hv_vm *vm = GUEST_VM(self, 0);

	EXPECT_EQ(0, guest_exit_status(vm));
	EXPECT_EQ(1, guest_interrupts(vm, 0x55));
	EXPECT_EQ(1, guest_interrupts(vm, 0x56));
	EXPECT_EQ(0, guest_interrupts(vm, 0x57));
}

/* RDI: TSC ticks to wait. Deadline mode, then one-shot by count. */
GUEST(timer, INTERRUPTS "mov $0x832, %ecx\nmov $0x40061, %eax\nxor %edx, %edx\nwrmsr\n"
                        "rdtsc\nshl $32, %rdx\nor %rdx, %rax\nadd %rdi, %rax\nmov %rax, %rdx\nshr $32, %rdx\n"
                        "mov $0x6e0, %ecx\nwrmsr\nsti\nhlt\ncli\n"
                        "mov $0x832, %ecx\nmov $0x62, %eax\nxor %edx, %edx\nwrmsr\n"
                        "mov $0x83e, %ecx\nmov $0xb, %eax\nwrmsr\n"
                        "mov $0x838, %ecx\nmov %edi, %eax\nwrmsr\nsti\n1: cmpb $0, 0x9062\nje 1b\n"
                        "xor %edi, %edi\n" EXIT);

TEST(hv_timer, "hv.interrupt.guest_timer", NEEDS_HV, "SDM 3A 11.5.4")
{
	struct hv_vm *vm = GUEST_VM(timer, time_tsc_hz() / 500); /* 2 ms, twice: once in HLT, once in a loop */
	uint64_t start = time_ns(), took;

	EXPECT_EQ(0, guest_exit_status(vm));
	took = time_ns() - start;
	EXPECT_EQ(1, guest_interrupts(vm, 0x61));
	EXPECT_EQ(1, guest_interrupts(vm, 0x62));
	EXPECT_GE(4000000, took);
	EXPECT_LE(1000000000, took);
}

/* ---- the host's interrupts ---- */

static struct irq host_irq;

static void host_handler(void *arg)
{
	hv_msi(arg, MSI, 0x41);
}

static void release_irq(void *arg)
{
	irq_release(arg);
}

static void request_irq(struct hv_vm *vm)
{
	EXPECT_OK(irq_request(host_handler, vm, "hv.interrupt", &host_irq));
	test_cleanup(release_irq, &host_irq);
}

/* What an interrupt from a device would do, from another processor so that it finds this one inside the guest. */
static void wait_and_send(void *arg)
{
	volatile uint64_t *flag = arg;

	if (WAIT_FOR(*flag == 1, 1000000))
		apic_send_vector(host_irq.apic_id, host_irq.vector);
}

GUEST(wait, INTERRUPTS "sti\nmovq $1, 0x30000\n1: cmpb $0, 0x9041\nje 1b\nxor %edi, %edi\n" EXIT);

TEST(hv_host_irq, "hv.interrupt.host_interrupt_becomes_guests", NEEDS_HV | NEEDS_SMP, "APM 2 15.13.1")
{
	struct hv_vm *vm = GUEST_VM(wait, 0);
	struct hv_stats stats;

	request_irq(vm);
	EXPECT_OK(smp_start_work(1, wait_and_send, guest_at(vm, GUEST_DATA)));
	EXPECT_EQ(0, guest_exit_status(vm));
	EXPECT_OK(smp_wait(1, 1000));
	EXPECT_EQ(1, irq_count(&host_irq));
	EXPECT_EQ(1, guest_interrupts(vm, 0x41));
	hv_stats_get(vm, &stats);
	EXPECT_GE(1, stats.exits[HV_CAUSE_INTERRUPT]);
}

static void wait_and_raise(void *arg)
{
	volatile uint64_t *flag = guest_at(arg, GUEST_DATA);

	if (WAIT_FOR(*flag == 1, 1000000))
		hv_msi(arg, MSI, 0x41);
}

TEST(hv_other_cpu, "hv.interrupt.from_another_processor", NEEDS_HV | NEEDS_SMP, "kernel/hv/hv.h")
{
	struct hv_vm *vm = GUEST_VM(wait, 0);
	uint64_t start = time_ns();

	EXPECT_OK(smp_start_work(1, wait_and_raise, vm));
	EXPECT_EQ(0, guest_exit_status(vm));
	EXPECT_OK(smp_wait(1, 1000));
	EXPECT_EQ(1, guest_interrupts(vm, 0x41));
	EXPECT_LE(5000000000, time_ns() - start); /* by a kick, not by the next time-out */
}

/* A guest on another processor than the one that the tests run on. */
static void run_elsewhere(void *arg)
{
	struct hv_result result;

	hv_run(arg, 1000, &result);
	hv_shutdown();
}

TEST(hv_migrates, "hv.run.on_another_processor", NEEDS_HV | NEEDS_SMP, "APM 2 15.30.4")
{
	struct hv_vm *vm = guest_with_doorbell(GUEST_VM(halt_woken, 0));

	EXPECT_OK(smp_run(1, run_elsewhere, vm, 3000));
	EXPECT_EQ(1, guest_interrupts(vm, 0x41));
	GUEST_LOAD(vm, halt_woken, 0);
	EXPECT_EQ(0, guest_exit_status(vm));
	EXPECT_EQ(1, guest_interrupts(vm, 0x41));
}

/* ---- messages that raise nothing ---- */

GUEST(listen, INTERRUPTS "mov $0xc0000000, %ebx\nmovl $0x41, (%rbx)\nsti\nhlt\nxor %edi, %edi\n" EXIT);

static void hostile(void *arg, uint64_t offset, unsigned width, uint64_t value)
{
	static const struct {
		uint64_t address;
		uint32_t data;
	} messages[] = {
	        {0, 0x50},
	        {UINT64_MAX, 0x50},
	        {UINT64_C(0x1fee00000), 0x50},
	        {0xfed00000, 0x50},
	        {0xfee01000, 0x50},
	        {0xfee7f000, 0x50},
	        {MSI, 0x00},
	        {MSI, 0x0f},
	        {MSI, 0x250},
	        {MSI, 0x450},
	        {MSI, 0x550},
	        {MSI, 0x750},
	        {MSI, 0x350},
	        {MSI | 0xc | 0x2000, 0x50},
	};
	unsigned *refused = guest_at(arg, GUEST_DATA);

	(void)offset, (void)width;
	for (unsigned i = 0; i < sizeof(messages) / sizeof(messages[0]); i++)
		*refused += hv_msi(arg, messages[i].address, messages[i].data) == -EINVAL;
	*refused -= sizeof(messages) / sizeof(messages[0]);
	hv_msi(arg, MSI | 0xff000, (uint32_t)value | 0x100); /* to all, lowest priority: that one counts */
}

TEST(hv_msi_hostile, "hv.interrupt.hostile_messages_harmless", NEEDS_HV, "SDM 3A 11.11")
{
	struct hv_vm *vm = GUEST_VM(listen, 0);
	const struct hv_mmio doorbell = {DOORBELL, 0x1000, guest_no_read, hostile, vm, "hostile"};
	struct hv_stats stats;

	EXPECT_EQ(-EINVAL, hv_msi(vm, MSI, 0x50)); /* the guest's APIC is not on yet */
	EXPECT_OK(hv_mmio_add(vm, &doorbell));
	EXPECT_EQ(0, guest_exit_status(vm));
	EXPECT_EQ(0, guest_u64(vm, GUEST_DATA));
	EXPECT_EQ(0, guest_interrupts(vm, 0x50));
	EXPECT_EQ(1, guest_interrupts(vm, 0x41));
	hv_stats_get(vm, &stats);
	EXPECT_EQ(1, stats.injected);
}

static void stop_write(void *arg, uint64_t offset, unsigned width, uint64_t value)
{
	(void)offset, (void)width, (void)value;
	hv_stop(arg);
}

GUEST(stopped, "mov $0xc0000000, %ebx\nmov %eax, (%rbx)\nmov $9, %edi\n" EXIT);

TEST(hv_stopped, "hv.end.stopped_by_a_callback", NEEDS_HV, "kernel/hv/hv.h")
{
	struct hv_vm *vm = GUEST_VM(stopped, 0);
	const struct hv_mmio region = {DOORBELL, 0x1000, guest_no_read, stop_write, vm, "stop"};

	EXPECT_OK(hv_mmio_add(vm, &region));
	guest_run(vm, HV_END_STOPPED);
	EXPECT_EQ(9, guest_exit_status(vm));
	hv_stop(vm); /* not for what is loaded after it */
	GUEST_LOAD(vm, stopped, 0);
	guest_run(vm, HV_END_STOPPED);
	EXPECT_EQ(9, guest_exit_status(vm));
}
