/* SPDX-License-Identifier: BSD-2-Clause */
/* A guest's registers and pending events, in its VMCB: APM vol. 2, appendix B and 15.20. */
#include <string.h>

#include "kernel/hv/svm.h"

#define RFLAGS_IF BIT64(9)
#define RFLAGS_RF BIT64(16)
#define EFER_LMA  BIT64(10)

void svm_get_regs(void *vcpu, struct hv_regs *regs)
{
	const struct svm_vcpu *v = vcpu;
	const struct vmcb *c = v->vmcb;

	memset(regs, 0, sizeof(*regs));
	memcpy(regs->gpr, v->gpr, sizeof(regs->gpr));
	regs->gpr[HV_RAX] = c->rax;
	regs->gpr[HV_RSP] = c->rsp;
	regs->rip = c->rip;
	regs->rflags = c->rflags;
	regs->cr0 = c->cr0;
	regs->cr2 = c->cr2;
	regs->cr3 = c->cr3;
	regs->cr4 = c->cr4;
	regs->efer = c->efer & ~EFER_SVME;
	regs->cs_base = c->cs.base;
	regs->ss_base = c->ss.base;
	regs->ds_base = c->ds.base;
	regs->es_base = c->es.base;
	regs->fs_base = c->fs.base;
	regs->gs_base = c->gs.base;
	regs->cpl = c->cpl;
	regs->code64 = c->efer & EFER_LMA && c->cs.attributes & SEGMENT_L;
	regs->code32 = !regs->code64 && c->cs.attributes & SEGMENT_D;
}

void svm_set_regs(void *vcpu, const struct hv_regs *regs)
{
	struct svm_vcpu *v = vcpu;

	memcpy(v->gpr, regs->gpr, sizeof(v->gpr));
	v->vmcb->rax = regs->gpr[HV_RAX];
	v->vmcb->rsp = regs->gpr[HV_RSP];
	v->vmcb->rip = regs->rip;
	v->vmcb->rflags = regs->rflags;
}

void svm_set_cr2(void *vcpu, uint64_t cr2)
{
	((struct svm_vcpu *)vcpu)->vmcb->cr2 = cr2;
}

uint64_t svm_get_efer(void *vcpu)
{
	return ((struct svm_vcpu *)vcpu)->vmcb->efer & ~EFER_SVME;
}

void svm_set_efer(void *vcpu, uint64_t efer)
{
	((struct svm_vcpu *)vcpu)->vmcb->efer = efer | EFER_SVME;
}

uint64_t svm_get_pat(void *vcpu)
{
	return ((struct svm_vcpu *)vcpu)->vmcb->pat;
}

void svm_set_pat(void *vcpu, uint64_t pat)
{
	((struct svm_vcpu *)vcpu)->vmcb->pat = pat;
}

void svm_skip(void *vcpu, uint64_t rip)
{
	struct vmcb *c = ((struct svm_vcpu *)vcpu)->vmcb;

	c->rip = rip;
	c->rflags &= ~RFLAGS_RF;
	c->int_state &= ~INT_STATE_SHADOW;
}

/* ---- events ---- */

bool svm_interruptible(void *vcpu)
{
	const struct vmcb *c = ((struct svm_vcpu *)vcpu)->vmcb;

	return c->rflags & RFLAGS_IF && !(c->int_state & INT_STATE_SHADOW) && !(c->event_inj & EVENT_VALID);
}

void svm_inject(void *vcpu, const struct hv_event *event)
{
	static const uint64_t types[] = {
	        [HV_EVENT_INTERRUPT] = EVENT_TYPE_INTR,
	        [HV_EVENT_NMI] = EVENT_TYPE_NMI,
	        [HV_EVENT_EXCEPTION] = EVENT_TYPE_EXCEPTION,
	};
	struct vmcb *c = ((struct svm_vcpu *)vcpu)->vmcb;

	c->event_inj =
	        EVENT_VALID | FIELD_PREP(EVENT_TYPE, types[event->kind]) | FIELD_PREP(EVENT_VECTOR, event->vector);
	if (event->has_error)
		c->event_inj |= EVENT_HAS_ERROR | FIELD_PREP(EVENT_ERROR, event->error);
}

void svm_set_window(void *vcpu, bool on)
{
	((struct svm_vcpu *)vcpu)->window = on;
}

uint8_t svm_get_tpr(void *vcpu)
{
	return (uint8_t)FIELD_GET(INT_CTL_TPR, ((struct svm_vcpu *)vcpu)->vmcb->int_ctl);
}

void svm_set_tpr(void *vcpu, uint8_t tpr, bool watch)
{
	struct vmcb *c = ((struct svm_vcpu *)vcpu)->vmcb;

	c->int_ctl = (c->int_ctl & ~INT_CTL_TPR) | FIELD_PREP(INT_CTL_TPR, tpr);
	c->cr_write = watch ? INTERCEPT_CR8 : 0;
}
