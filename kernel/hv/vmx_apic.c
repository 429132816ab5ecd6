/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Interrupts that the processor delivers to its guest by itself: Intel SDM vol. 3, chapter 29. What is pending and in
 * service is in the virtual-APIC page while the guest executes, and in struct hv_apic otherwise, so that all that exits
 * finds it where the other backend has it. What others post meanwhile goes from the descriptor to the page without an
 * exit; where the x2APIC is virtual, the guest's EOI makes none either.
 */
#include "kernel/hv/vmx.h"
#include "kernel/irq.h"
#include "kernel/mem.h"

/* Registers in the page: 32 bits each, 16 bytes apart. */
#define APIC_TPR    0x80
#define APIC_ISR    0x100
#define APIC_IRR    0x200
#define APIC_STRIDE 0x10

#define STATUS_REQUESTED GENMASK64(7, 0)
#define STATUS_SERVICE   GENMASK64(15, 8)

static void on_notification(void *arg)
{
	(void)arg; /* it found the guest outside: the next entry looks into the descriptor */
}

/* One vector for all guests: which one is meant shows in its descriptor. */
static bool get_vector(uint8_t *vector)
{
	static struct irq irq;

	if (!irq.vector && irq_request(on_notification, NULL, "posted interrupts", &irq))
		return false;
	*vector = irq.vector;
	return true;
}

void vmx_settle_posted(struct vmx_caps *caps)
{
	caps->posted = caps->pin & PIN_POSTED_INTERRUPTS && caps->proc2 & PROC2_VIRTUAL_DELIVERY &&
	               caps->exit & EXIT_ACK && get_vector(&caps->notification);
	if (caps->posted)
		return;
	/* They need each other (26.2.1.1). */
	caps->pin &= ~PIN_POSTED_INTERRUPTS;
	caps->proc2 &= ~(PROC2_VIRTUAL_DELIVERY | PROC2_X2APIC);
	caps->exit &= ~EXIT_ACK;
}

struct hv_posted *vmx_posted(void *vcpu)
{
	return vmx_caps.posted ? &((struct vmx_vcpu *)vcpu)->posted : NULL;
}

void vmx_write_posted(const struct vmx_vcpu *v)
{
	vmx_write(VMCS_PI_VECTOR, vmx_caps.notification);
	vmx_write(VMCS_PI_DESCRIPTOR, phys_of(&v->posted));
	for (unsigned i = 0; i < 4; i++)
		vmx_write(VMCS_EOI_EXITING + 2 * i, 0);
	vmx_write(VMCS_GUEST_INTERRUPTS, 0);
}

static volatile uint32_t *reg(const struct vmx_vcpu *v, unsigned base, unsigned i)
{
	return (volatile uint32_t *)(v->apic + base + i * APIC_STRIDE);
}

static uint64_t highest(uint64_t so_far, unsigned word, uint32_t bits)
{
	return bits ? word * 32 + 31 - (unsigned)__builtin_clz(bits) : so_far;
}

void vmx_load_apic(void *vcpu, struct hv_apic *apic)
{
	struct vmx_vcpu *v = vcpu;
	uint64_t requested = 0, service = 0;

	vmx_select(v);
	for (unsigned i = 0; i < 8; i++) {
		uint32_t irr = __atomic_exchange_n(&apic->irr[i], 0, __ATOMIC_SEQ_CST);

		*reg(v, APIC_IRR, i) = irr;
		*reg(v, APIC_ISR, i) = apic->isr[i];
		requested = highest(requested, i, irr);
		service = highest(service, i, apic->isr[i]);
	}
	*reg(v, APIC_TPR, 0) = apic->tpr;
	vmx_write(VMCS_GUEST_INTERRUPTS, FIELD_PREP(STATUS_REQUESTED, requested) | FIELD_PREP(STATUS_SERVICE, service));
}

void vmx_store_apic(void *vcpu, struct hv_apic *apic)
{
	struct vmx_vcpu *v = vcpu;

	for (unsigned i = 0; i < 8; i++) {
		__atomic_fetch_or(&apic->irr[i], *reg(v, APIC_IRR, i), __ATOMIC_SEQ_CST);
		apic->isr[i] = *reg(v, APIC_ISR, i);
	}
}
