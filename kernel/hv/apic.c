/* SPDX-License-Identifier: BSD-2-Clause */
#include <errno.h>
#include <string.h>

#include "kernel/bits.h"
#include "kernel/hv/apic.h"

/* x2APIC registers, as MSR numbers minus 0x800. */
#define REG_ID               0x02
#define REG_VERSION          0x03
#define REG_TPR              0x08
#define REG_PPR              0x0a
#define REG_EOI              0x0b
#define REG_LDR              0x0d
#define REG_SVR              0x0f
#define SVR_ENABLE           BIT32(8)
#define SVR_WRITABLE         GENMASK32(9, 0)
#define REG_ISR              0x10
#define REG_TMR              0x18
#define REG_IRR              0x20
#define REG_ESR              0x28
#define ESR_ILLEGAL_SENT     BIT32(5)
#define ESR_ILLEGAL_RECEIVED BIT32(6)
#define REG_LVT_CMCI         0x2f
#define REG_ICR              0x30
#define ICR_VECTOR           GENMASK64(7, 0)
#define ICR_MODE             GENMASK64(10, 8)
#define ICR_LOGICAL          BIT64(11)
#define ICR_SHORTHAND        GENMASK64(19, 18)
#define ICR_DEST             GENMASK64(63, 32)
#define ICR_RESERVED         (GENMASK64(17, 16) | GENMASK64(13, 13) | GENMASK64(31, 20))
#define REG_LVT_TIMER        0x32
#define LVT_MASKED           BIT32(16)
#define LVT_TIMER_MODE       GENMASK32(18, 17)
#define TIMER_ONE_SHOT       0U
#define TIMER_PERIODIC       1U
#define TIMER_DEADLINE       2U
#define REG_LVT_ERROR        0x37
#define REG_INITIAL          0x38
#define REG_CURRENT          0x39
#define REG_DIVIDE           0x3e
#define REG_SELF_IPI         0x3f

#define LVT_TIMER    0 /* index in lvt[] of REG_LVT_TIMER; 1 to 5 follow it, 6 is REG_LVT_CMCI */
#define VERSION      (UINT32_C(5) << 16 | 0x14) /* six LVT entries, a version that Intel's processors have */
#define LOGICAL_ID   1U                         /* cluster 0, first member: derived from id 0 */
#define MODE_FIXED   0U
#define MODE_LOWEST  1U
#define FIRST_VECTOR 16U /* lower ones are illegal: Intel SDM vol. 3, 11.5.2 */

/* Interrupt messages: Intel SDM vol. 3, 11.11. */
#define MSI_WINDOW      GENMASK64(63, 20)
#define MSI_WINDOW_BASE UINT64_C(0xfee00000)
#define MSI_DEST        GENMASK64(19, 12)
#define MSI_REDIRECTION BIT64(3)
#define MSI_LOGICAL     BIT64(2)
#define MSI_DATA_VECTOR GENMASK32(7, 0)
#define MSI_DATA_MODE   GENMASK32(10, 8)

void hv_apic_reset(struct hv_apic *apic)
{
	memset(apic, 0, sizeof(*apic));
	apic->svr = 0xff;
	for (unsigned i = 0; i < HV_APIC_LVT_COUNT; i++)
		apic->lvt[i] = LVT_MASKED;
	apic->timer_end = HV_APIC_TIMER_NEVER;
}

static int highest(const uint32_t bits[8])
{
	for (unsigned i = 8; i-- > 0;) {
		uint32_t word = __atomic_load_n(&bits[i], __ATOMIC_ACQUIRE);

		if (word)
			return (int)(i * 32 + 31 - (unsigned)__builtin_clz(word));
	}
	return -1;
}

static bool takes(const struct hv_apic *apic, unsigned vector)
{
	return vector >= FIRST_VECTOR && __atomic_load_n(&apic->svr, __ATOMIC_RELAXED) & SVR_ENABLE;
}

static bool raise(struct hv_apic *apic, unsigned vector)
{
	uint32_t bit = BIT32(vector % 32);

	if (!takes(apic, vector))
		return false;
	if (__atomic_fetch_or(&apic->irr[vector / 32], bit, __ATOMIC_ACQ_REL) & bit)
		__atomic_fetch_add(&apic->merged, 1, __ATOMIC_RELAXED);
	return true;
}

static unsigned processor_priority(const struct hv_apic *apic)
{
	int in_service = highest(apic->isr);
	unsigned service_class = in_service < 0 ? 0 : (unsigned)in_service & 0xf0U;

	return (apic->tpr & 0xf0U) >= service_class ? apic->tpr : service_class;
}

int hv_apic_pending(const struct hv_apic *apic)
{
	int vector = highest(apic->irr);

	if (vector < 0 || ((unsigned)vector & 0xf0U) <= (processor_priority(apic) & 0xf0U))
		return -1;
	return vector;
}

bool hv_apic_blocked(const struct hv_apic *apic)
{
	int vector = highest(apic->irr), in_service = highest(apic->isr);

	return vector >= 0 && hv_apic_pending(apic) < 0 &&
	       (in_service < 0 || ((unsigned)vector & 0xf0U) > ((unsigned)in_service & 0xf0U));
}

void hv_apic_accept(struct hv_apic *apic, unsigned vector)
{
	__atomic_fetch_and(&apic->irr[vector / 32], ~BIT32(vector % 32), __ATOMIC_ACQ_REL);
	apic->isr[vector / 32] |= BIT32(vector % 32);
}

int hv_apic_vector(const struct hv_apic *apic, uint64_t address, uint32_t data)
{
	uint64_t dest = FIELD_GET(MSI_DEST, address);
	uint32_t mode = FIELD_GET(MSI_DATA_MODE, data), vector = FIELD_GET(MSI_DATA_VECTOR, data);
	bool ours;

	if ((address & MSI_WINDOW) != MSI_WINDOW_BASE || (mode != MODE_FIXED && mode != MODE_LOWEST))
		return -EINVAL;
	/* Redirection hint 0 means physical whatever the mode bit says. */
	if (address & MSI_REDIRECTION && address & MSI_LOGICAL)
		ours = dest == 0xff || (dest & LOGICAL_ID && !(dest & 0xf0));
	else
		ours = dest == 0xff || dest == 0;
	return ours && takes(apic, vector) ? (int)vector : -EINVAL;
}

int hv_apic_message(struct hv_apic *apic, uint64_t address, uint32_t data)
{
	int vector = hv_apic_vector(apic, address, data);

	return vector >= 0 && raise(apic, (unsigned)vector) ? 0 : -EINVAL;
}

static void send_self(struct hv_apic *apic, unsigned vector)
{
	if (vector < FIRST_VECTOR)
		apic->esr |= ESR_ILLEGAL_SENT | ESR_ILLEGAL_RECEIVED;
	else
		raise(apic, vector);
}

/* There is no other processor, and INIT, STARTUP, NMI and SMI to oneself are not offered. */
static int write_icr(struct hv_apic *apic, uint64_t value)
{
	uint64_t dest = FIELD_GET(ICR_DEST, value), mode = FIELD_GET(ICR_MODE, value);
	bool ours;

	if (value & ICR_RESERVED)
		return -EPERM;
	switch (FIELD_GET(ICR_SHORTHAND, value)) {
	case 0:
		if (dest == UINT32_MAX)
			ours = true;
		else if (value & ICR_LOGICAL)
			ours = dest >> 16 == 0 && dest & LOGICAL_ID;
		else
			ours = dest == 0;
		break;
	case 3: /* all but oneself */
		ours = false;
		break;
	default:
		ours = true;
		break;
	}
	if (ours && (mode == MODE_FIXED || mode == MODE_LOWEST))
		send_self(apic, FIELD_GET(ICR_VECTOR, value));
	return 0;
}

/* ---- the timer ---- */

static uint32_t timer_mode(const struct hv_apic *apic)
{
	return FIELD_GET(LVT_TIMER_MODE, apic->lvt[LVT_TIMER]);
}

static uint64_t timer_period(const struct hv_apic *apic)
{
	unsigned code = (apic->divide & 3U) | ((apic->divide & 8U) >> 1);

	return (uint64_t)apic->initial << ((code + 1) & 7U);
}

static uint32_t timer_current(const struct hv_apic *apic, uint64_t now)
{
	uint64_t period = timer_period(apic);

	if (timer_mode(apic) == TIMER_DEADLINE || apic->timer_end == HV_APIC_TIMER_NEVER || apic->timer_end <= now ||
	    !period)
		return 0;
	return (uint32_t)((apic->timer_end - now) / (period / apic->initial));
}

static void timer_start(struct hv_apic *apic, uint64_t now)
{
	apic->timer_end = apic->initial ? now + timer_period(apic) : HV_APIC_TIMER_NEVER;
}

void hv_apic_timer(struct hv_apic *apic, uint64_t now)
{
	if (apic->timer_end > now)
		return;
	if (!(apic->lvt[LVT_TIMER] & LVT_MASKED))
		raise(apic, apic->lvt[LVT_TIMER] & 0xffU);
	apic->tsc_deadline = 0;
	apic->timer_end = HV_APIC_TIMER_NEVER;
	if (timer_mode(apic) == TIMER_PERIODIC)
		timer_start(apic, now); /* periods that were missed are not made up for */
}

static void write_lvt_timer(struct hv_apic *apic, uint32_t value)
{
	uint32_t before = timer_mode(apic);

	apic->lvt[LVT_TIMER] = value & (LVT_TIMER_MODE | LVT_MASKED | 0xffU);
	/* A change to or from deadline mode disarms the timer: Intel SDM vol. 3, 11.5.4.1. */
	if (before != timer_mode(apic) && (before == TIMER_DEADLINE || timer_mode(apic) == TIMER_DEADLINE)) {
		apic->timer_end = HV_APIC_TIMER_NEVER;
		apic->tsc_deadline = 0;
		apic->initial = 0;
	}
}

/* ---- MSRs ---- */

int hv_apic_read(struct hv_apic *apic, uint32_t msr, uint64_t now, uint64_t *value)
{
	uint32_t reg = msr - HV_APIC_MSR_FIRST;

	*value = 0;
	if (msr == HV_MSR_TSC_DEADLINE) {
		hv_apic_timer(apic, now);
		*value = apic->tsc_deadline;
		return 0;
	}
	switch (reg) {
	case REG_ID:
	case REG_ICR:
		break;
	case REG_VERSION:
		*value = VERSION;
		break;
	case REG_TPR:
		*value = apic->tpr;
		break;
	case REG_PPR:
		*value = processor_priority(apic);
		break;
	case REG_LDR:
		*value = LOGICAL_ID;
		break;
	case REG_SVR:
		*value = apic->svr;
		break;
	case REG_ISR ... REG_ISR + 7:
		*value = apic->isr[reg - REG_ISR];
		break;
	case REG_TMR ... REG_TMR + 7: /* all interrupts here are edges */
		break;
	case REG_IRR ... REG_IRR + 7:
		*value = __atomic_load_n(&apic->irr[reg - REG_IRR], __ATOMIC_ACQUIRE);
		break;
	case REG_ESR:
		*value = apic->esr;
		break;
	case REG_LVT_CMCI:
		*value = apic->lvt[HV_APIC_LVT_COUNT - 1];
		break;
	case REG_LVT_TIMER ... REG_LVT_ERROR:
		*value = apic->lvt[reg - REG_LVT_TIMER];
		break;
	case REG_INITIAL:
		*value = apic->initial;
		break;
	case REG_CURRENT:
		*value = timer_current(apic, now);
		break;
	case REG_DIVIDE:
		*value = apic->divide;
		break;
	default:
		return -EPERM;
	}
	return 0;
}

static int write_deadline(struct hv_apic *apic, uint64_t value)
{
	if (timer_mode(apic) != TIMER_DEADLINE)
		return 0; /* ignored: Intel SDM vol. 3, 11.5.4.1 */
	apic->tsc_deadline = value;
	apic->timer_end = value ? value : HV_APIC_TIMER_NEVER;
	return 0;
}

int hv_apic_write(struct hv_apic *apic, uint32_t msr, uint64_t now, uint64_t value)
{
	uint32_t reg = msr - HV_APIC_MSR_FIRST, low = (uint32_t)value;
	int vector;

	if (msr == HV_MSR_TSC_DEADLINE)
		return write_deadline(apic, value);
	if (reg == REG_ICR)
		return write_icr(apic, value);
	if (value > UINT32_MAX)
		return -EPERM;
	switch (reg) {
	case REG_TPR:
		if (low > 0xff)
			return -EPERM;
		apic->tpr = (uint8_t)low;
		break;
	case REG_EOI:
		if (low)
			return -EPERM;
		vector = highest(apic->isr);
		if (vector >= 0)
			apic->isr[vector / 32] &= ~BIT32((unsigned)vector % 32);
		break;
	case REG_SVR:
		if (low & ~SVR_WRITABLE)
			return -EPERM;
		__atomic_store_n(&apic->svr, low, __ATOMIC_RELAXED);
		if (!(low & SVR_ENABLE))
			for (unsigned i = 0; i < HV_APIC_LVT_COUNT; i++)
				apic->lvt[i] |= LVT_MASKED;
		break;
	case REG_ESR:
		if (low)
			return -EPERM;
		apic->esr = 0;
		break;
	case REG_LVT_TIMER:
		write_lvt_timer(apic, low);
		break;
	case REG_LVT_TIMER + 1 ... REG_LVT_ERROR:
		apic->lvt[reg - REG_LVT_TIMER] = low;
		break;
	case REG_LVT_CMCI:
		apic->lvt[HV_APIC_LVT_COUNT - 1] = low;
		break;
	case REG_INITIAL:
		if (timer_mode(apic) != TIMER_DEADLINE) {
			apic->initial = low;
			timer_start(apic, now);
		}
		break;
	case REG_DIVIDE:
		if (low & ~0xbU)
			return -EPERM;
		apic->divide = low;
		break;
	case REG_SELF_IPI:
		if (low & ~0xffU)
			return -EPERM;
		send_self(apic, low);
		break;
	default:
		return -EPERM;
	}
	return 0;
}
