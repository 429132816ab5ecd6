/* SPDX-License-Identifier: BSD-2-Clause */
#include <errno.h>

#include "kernel/apic.h"
#include "kernel/bits.h"
#include "kernel/boot.h"
#include "kernel/cpu.h"
#include "kernel/mem.h"
#include "kernel/irq.h"
#include "kernel/mmio.h"
#include "kernel/time.h"
#include "kernel/trap.h"

#define CPUID_1_ECX_X2APIC BIT32(21)
#define MSR_APIC_BASE      0x1bU
#define APIC_BASE_EXTD     BIT64(10)
#define APIC_BASE_ENABLE   BIT64(11)
#define APIC_BASE_ADDRESS  GENMASK64(51, 12)
#define MSR_X2APIC         0x800U

/* Register offsets of the xAPIC; the x2APIC's MSR is 0x800 + offset / 16 (SDM vol. 3, tables 11-1 and 11-6). */
#define APIC_ID              0x20
#define APIC_TPR             0x80
#define APIC_EOI             0xb0
#define APIC_DFR             0xe0 /* xAPIC only */
#define APIC_SVR             0xf0
#define APIC_SVR_ENABLE      BIT32(8)
#define APIC_ICR             0x300
#define APIC_ICR_NMI         (UINT32_C(4) << 8)
#define APIC_ICR_INIT        (UINT32_C(5) << 8)
#define APIC_ICR_STARTUP     (UINT32_C(6) << 8)
#define APIC_ICR_PENDING     BIT32(12)
#define APIC_ICR_ASSERT      BIT32(14)
#define APIC_ICR_HIGH        0x310
#define APIC_LVT_TIMER       0x320
#define APIC_LVT_THERMAL     0x330
#define APIC_LVT_PERFORMANCE 0x340
#define APIC_LVT_LINT0       0x350
#define APIC_LVT_LINT1       0x360
#define APIC_LVT_ERROR       0x370
#define APIC_LVT_MASKED      BIT32(16)
#define APIC_LVT_NMI         (UINT32_C(4) << 8)
#define APIC_TIMER_INITIAL   0x380
#define APIC_TIMER_CURRENT   0x390
#define APIC_TIMER_DIVIDE    0x3e0
#define APIC_TIMER_DIVIDE_16 3

/* An IPI leaves in well under a microsecond; a hundred of them is a broken APIC. */
#define ICR_TIMEOUT_POLLS 1000000U

#define IOAPIC_SELECT     0x00
#define IOAPIC_WINDOW     0x10
#define IOAPIC_VERSION    1
#define IOAPIC_PIN(n)     (0x10 + 2 * (n))
#define IOAPIC_PIN_MASKED BIT32(16)

static bool x2apic;
static volatile void *xapic;
static uint64_t timer_hz;

static uint32_t apic_read(uint32_t reg)
{
	uint64_t value = 0;

	if (!x2apic)
		return mmio_read32(xapic, reg);
	trap_rdmsr(MSR_X2APIC + reg / 16, &value);
	return (uint32_t)value;
}

/* A hypervisor may lack a register of the x2APIC: that is no reason to stop. */
static void apic_write(uint32_t reg, uint32_t value)
{
	if (x2apic)
		trap_wrmsr(MSR_X2APIC + reg / 16, value);
	else
		mmio_write32(xapic, reg, value);
}

int apic_init(bool x2apic_opt_out)
{
	uint64_t base = cpu_rdmsr(MSR_APIC_BASE);
	bool has_x2apic = cpu_cpuid(1, 0).ecx & CPUID_1_ECX_X2APIC;

	/* Back from x2APIC mode leads only a detour that resets the APIC: what firmware switched on stays on. */
	x2apic = (base & APIC_BASE_EXTD) || (has_x2apic && !x2apic_opt_out);
	if (!x2apic)
		xapic = mmio_map(base & APIC_BASE_ADDRESS, PAGE_SIZE);
	return x2apic || xapic ? 0 : -ENOMEM;
}

void apic_init_cpu(void)
{
	uint64_t base = cpu_rdmsr(MSR_APIC_BASE);

	if (!(base & APIC_BASE_ENABLE)) {
		base |= APIC_BASE_ENABLE;
		cpu_wrmsr(MSR_APIC_BASE, base);
	}
	if (x2apic && !(base & APIC_BASE_EXTD))
		cpu_wrmsr(MSR_APIC_BASE, base | APIC_BASE_EXTD);
	if (!x2apic)
		apic_write(APIC_DFR, UINT32_MAX);
	apic_write(APIC_SVR, APIC_SVR_ENABLE | APIC_VECTOR_SPURIOUS);
	apic_write(APIC_TPR, 0);
	apic_write(APIC_LVT_TIMER, APIC_LVT_MASKED);
	apic_write(APIC_TIMER_DIVIDE, APIC_TIMER_DIVIDE_16);
	apic_write(APIC_LVT_THERMAL, APIC_LVT_MASKED);
	apic_write(APIC_LVT_PERFORMANCE, APIC_LVT_MASKED);
	apic_write(APIC_LVT_LINT0, APIC_LVT_MASKED);
	apic_write(APIC_LVT_LINT1, APIC_LVT_NMI);
	apic_write(APIC_LVT_ERROR, APIC_LVT_MASKED);
	/* A loader may leave an interrupt in service, which would block all others. */
	for (unsigned i = 0; i < 8; i++)
		apic_eoi();
}

void apic_calibrate_timer(void)
{
	const uint64_t us = 1000;
	uint64_t from, to;
	uint32_t counted;

	from = time_ns();
	apic_write(APIC_TIMER_INITIAL, UINT32_MAX);
	time_delay_us(us);
	to = time_ns();
	counted = apic_read(APIC_TIMER_CURRENT);
	apic_write(APIC_TIMER_INITIAL, 0);
	/* 0: no timer (it would have to run at 60 THz to get there). */
	timer_hz = counted ? (uint64_t)(UINT32_MAX - counted) * UINT64_C(1000000000) / (to - from) : 0;
}

bool apic_has_timer(void)
{
	return timer_hz != 0;
}

void apic_timer_arm(uint64_t ns)
{
	const uint64_t longest_ns = UINT64_C(1000000000);
	uint64_t count;

	if (!timer_hz)
		return;
	count = (ns < longest_ns ? ns : longest_ns) * timer_hz / UINT64_C(1000000000) + (ns != 0);
	apic_write(APIC_LVT_TIMER, ns ? APIC_VECTOR_TIMER : APIC_LVT_MASKED);
	apic_write(APIC_TIMER_INITIAL, count < UINT32_MAX ? (uint32_t)count : UINT32_MAX);
}

bool apic_is_x2apic(void)
{
	return x2apic;
}

uint32_t apic_id(void)
{
	return x2apic ? apic_read(APIC_ID) : apic_read(APIC_ID) >> 24;
}

void apic_eoi(void)
{
	if (x2apic)
		cpu_wrmsr(MSR_X2APIC + APIC_EOI / 16, 0);
	else
		mmio_write32(xapic, APIC_EOI, 0);
}

static void send(uint32_t to, uint32_t what)
{
	int interrupts_on;

	if (x2apic) {
		cpu_mfence(); /* an x2APIC write does not wait for stores before it (SDM vol. 3, 11.12.3) */
		cpu_wrmsr(MSR_X2APIC + APIC_ICR / 16, (uint64_t)to << 32 | what);
		return;
	}
	/* An interrupt handler that sends must not come between the two. */
	interrupts_on = irq_save();
	mmio_write32(xapic, APIC_ICR_HIGH, to << 24);
	mmio_write32(xapic, APIC_ICR, what);
	irq_restore(interrupts_on);
	for (uint32_t polls = 0; polls < ICR_TIMEOUT_POLLS && mmio_read32(xapic, APIC_ICR) & APIC_ICR_PENDING; polls++)
		cpu_pause();
}

void apic_send_nmi(uint32_t to)
{
	send(to, APIC_ICR_NMI | APIC_ICR_ASSERT);
}

void apic_send_init(uint32_t to)
{
	send(to, APIC_ICR_INIT | APIC_ICR_ASSERT);
}

void apic_send_startup(uint32_t to, uint8_t page)
{
	send(to, APIC_ICR_STARTUP | APIC_ICR_ASSERT | page);
}

void apic_send_vector(uint32_t to, uint8_t vector)
{
	send(to, APIC_ICR_ASSERT | vector);
}

/* The 8259s get vectors of their own before they are masked: their spurious interrupts must not look like exceptions.
 */
static void mask_8259(void)
{
	const uint16_t command[] = {0x20, 0xa0}, data[] = {0x21, 0xa1};
	const uint8_t cascade[] = {1 << 2, 2};

	for (unsigned i = 0; i < 2; i++) {
		cpu_out8(command[i], 0x11);
		cpu_out8(data[i], (uint8_t)(TRAP_IRQ_FIRST + 8 * i));
		cpu_out8(data[i], cascade[i]);
		cpu_out8(data[i], 0x01);
		cpu_out8(data[i], 0xff);
	}
}

static void mask_ioapic(uint64_t address)
{
	volatile void *io = mmio_map(address, PAGE_SIZE);
	uint32_t pins;

	if (!io)
		return;
	mmio_write32(io, IOAPIC_SELECT, IOAPIC_VERSION);
	pins = (mmio_read32(io, IOAPIC_WINDOW) >> 16 & 0xff) + 1;
	for (uint32_t pin = 0; pin < pins; pin++) {
		mmio_write32(io, IOAPIC_SELECT, IOAPIC_PIN(pin));
		mmio_write32(io, IOAPIC_WINDOW, IOAPIC_PIN_MASKED);
	}
	mmio_unmap(io, PAGE_SIZE);
}

void apic_mask_legacy(const struct acpi_madt *madt)
{
	if (boot_in_guest())
		return;
	mask_8259();
	for (unsigned i = 0; i < madt->ioapic_count; i++)
		mask_ioapic(madt->ioapics[i].address);
}
