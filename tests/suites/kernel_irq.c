/* SPDX-License-Identifier: BSD-2-Clause */
/* Vectors of the local APIC: handed out once each, counted, held back while interrupts are off. */
#include <errno.h>

#include "kernel/apic.h"
#include "kernel/irq.h"
#include "kernel/smp.h"
#include "kernel/time.h"
#include "tests/test.h"

static volatile unsigned fired;
static const char *volatile running; /* what a dump would have said in the handler */

static void count(void *arg)
{
	(void)arg;
	running = irq_running();
	fired = fired + 1;
}

static struct irq irq;

static void release(void *arg)
{
	irq_release(arg);
}

static void request(void)
{
	fired = 0;
	EXPECT_OK(irq_request(count, NULL, "kernel.irq", &irq));
	test_cleanup(release, &irq);
}

TEST(irq_delivered, "kernel.irq.self_interrupt_arrives", NEEDS_NOTHING, "SDM 3A 11.6.1")
{
	request();
	EXPECT_EQ(smp_apic_id(0), irq.apic_id);
	for (unsigned i = 1; i <= 10; i++) {
		apic_send_vector(irq.apic_id, irq.vector);
		EXPECT_TRUE(WAIT_FOR(irq_count(&irq) == i, 100000));
		EXPECT_EQ(i, fired);
	}
}

TEST(irq_named, "kernel.irq.dumps_name_the_handler", NEEDS_NOTHING, "kernel/irq.h")
{
	running = "";
	request();
	EXPECT_EQ(0, irq_running() != NULL);
	apic_send_vector(irq.apic_id, irq.vector);
	EXPECT_TRUE(WAIT_FOR(fired == 1, 100000));
	EXPECT_STR_EQ("kernel.irq", running);
	EXPECT_EQ(0, irq_running() != NULL);
}

TEST(irq_held_back, "kernel.irq.held_back_while_off", NEEDS_NOTHING, "SDM 3A 6.8.1")
{
	int were_on;

	request();
	were_on = irq_save();
	apic_send_vector(irq.apic_id, irq.vector);
	time_delay_us(1000);
	EXPECT_EQ(0, fired);
	irq_restore(were_on);
	EXPECT_TRUE(WAIT_FOR(fired == 1, 100000));
}

TEST(irq_distinct, "kernel.irq.vectors_are_distinct", NEEDS_NOTHING, "kernel/irq.h")
{
	static struct irq irqs[16];

	for (unsigned i = 0; i < 16; i++) {
		EXPECT_OK(irq_request(count, NULL, "kernel.irq", &irqs[i]));
		test_cleanup(release, &irqs[i]);
		EXPECT_GE(32, irqs[i].vector);
		for (unsigned k = 0; k < i; k++)
			EXPECT_NE(irqs[k].vector, irqs[i].vector);
	}
}

static void send(void *arg)
{
	const struct irq *to = arg;

	apic_send_vector(to->apic_id, to->vector);
}

TEST(irq_from_other_cpu, "kernel.irq.from_another_processor", NEEDS_SMP, "SDM 3A 11.6.1")
{
	request();
	for (unsigned cpu = 1; cpu < smp_count(); cpu++) {
		EXPECT_OK(smp_run(cpu, send, &irq, 1000));
		EXPECT_TRUE(WAIT_FOR(fired == cpu, 100000));
	}
}
