/* SPDX-License-Identifier: BSD-2-Clause */
/* AMD's Secure Virtual Machine with nested paging: AMD64 Architecture Programmer's Manual vol. 2, chapter 15. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "kernel/cpu.h"
#include "kernel/guest.h"
#include "kernel/hv/bitmaps.h"
#include "kernel/hv/ops.h"
#include "kernel/hv/svm.h"
#include "kernel/mem.h"
#include "kernel/smp.h"

#define GUEST_ASID 1U /* one guest at a time on a processor; another one's translations are flushed */

#define CR4_LA57    BIT64(12)
#define RFLAGS_RSVD BIT64(1)
#define DR6_RESET   UINT64_C(0xffff0ff0)
#define DR7_RESET   UINT64_C(0x400)
#define PAT_RESET   UINT64_C(0x0007040600070406)

/* What each processor needs to run guests. */
struct svm_cpu {
	void *host_save;   /* VM_HSAVE_PA: what VMRUN keeps */
	struct vmcb *host; /* what VMSAVE keeps */
	const struct svm_vcpu *last;
};

static struct svm_cpu cpus[SMP_MAX_CPUS];
static struct hv_bitmaps bitmaps;
static bool has_nrips;

static struct hv_stage2_format npt_format = {
        .present = BIT64(0),
        .table = BIT64(0) | BIT64(1) | BIT64(2),
        .ram = BIT64(0) | BIT64(1) | BIT64(2),
        /* PWT and PCD: entry 3 of the host's PAT, uncached. */
        .device = BIT64(0) | BIT64(1) | BIT64(2) | BIT64(3) | BIT64(4) | BIT64(63),
        .large = BIT64(7),
        .write = BIT64(1),
        .no_execute = BIT64(63),
        .dirty = BIT64(6),
};

static int svm_probe(const char **why)
{
	struct cpuid svm = cpu_cpuid_checked(CPUID_SVM, 0);

	if (!(cpu_cpuid_checked(0x80000001, 0).ecx & CPUID_X1_ECX_SVM))
		return -ENODEV;
	if (cpu_rdmsr(MSR_VM_CR) & VM_CR_SVMDIS) {
		*why = "firmware has disabled SVM (VM_CR.SVMDIS): switch on virtualization in its set-up";
		return -EPERM;
	}
	if (!(svm.edx & CPUID_SVM_EDX_NP)) {
		*why = "the processor has SVM, but no nested paging";
		return -ENODEV;
	}
	if (svm.ebx <= GUEST_ASID) {
		*why = "the processor has SVM, but no address space identifiers for guests";
		return -ENODEV;
	}
	has_nrips = svm.edx & CPUID_SVM_EDX_NRIPS;
	npt_format.huge = cpu_cpuid_checked(0x80000001, 0).edx & CPUID_X1_EDX_1G;
	return 0;
}

static void svm_describe(char *text, size_t size)
{
	snprintf(text, size, "SVM, nested paging, %u address space identifiers%s", cpu_cpuid(CPUID_SVM, 0).ebx,
	         has_nrips ? "" : "; no saving of the next instruction's address");
}

/* There is no control for any of them: what the processor has, its guests have. */
static uint32_t svm_offers(void)
{
	return HV_OFFER_XSAVES | HV_OFFER_UMWAIT;
}

/* Two bits an MSR, the lower one for reads, from three ranges of 2 KiB each (APM vol. 2, 15.11). */
static void msr_allow(uint8_t *msrs, uint32_t msr, bool write)
{
	uint32_t base = msr >= 0xc0010000 ? 0x1000 : msr >= 0xc0000000 ? 0x800 : 0;
	uint32_t bit = (msr & 0x1fff) * 2 + write;

	msrs[base + bit / 8] &= (uint8_t) ~(1U << (bit % 8));
}

static const struct hv_bitmap_format bitmap_format = {.port_pages = 3, .msr_pages = 2, .allow = msr_allow};

static int svm_enable(void)
{
	struct svm_cpu *cpu = &cpus[smp_id()];
	uint64_t efer = cpu_rdmsr(MSR_EFER);

	if (cpu->host && efer & EFER_SVME)
		return 0;
	if (cpu_rdmsr(MSR_VM_CR) & VM_CR_SVMDIS)
		return -EPERM; /* firmware may treat each processor differently */
	if (!cpu->host) {
		void *pages = page_alloc(2);

		if (!pages)
			return -ENOMEM;
		cpu->host_save = pages;
		cpu->host = (struct vmcb *)((uint8_t *)pages + PAGE_SIZE);
	}
	cpu->last = NULL;
	cpu_wrmsr(MSR_EFER, efer | EFER_SVME);
	cpu_wrmsr(MSR_VM_HSAVE_PA, phys_of(cpu->host_save));
	return 0;
}

static void svm_disable(void)
{
	struct svm_cpu *cpu = &cpus[smp_id()];

	if (!cpu->host)
		return;
	cpu_wrmsr(MSR_VM_HSAVE_PA, 0);
	cpu_wrmsr(MSR_EFER, cpu_rdmsr(MSR_EFER) & ~EFER_SVME);
	page_free(cpu->host_save, 2);
	*cpu = (struct svm_cpu){0};
}

static void svm_destroy(void *vcpu)
{
	struct svm_vcpu *v = vcpu;

	for (unsigned i = 0; i < SMP_MAX_CPUS; i++)
		if (cpus[i].last == v)
			cpus[i].last = NULL;
	page_free(v->top, 1);
	page_free(v->vmcb, 1);
	page_free(v, 1);
}

static void init_controls(struct svm_vcpu *v, uint64_t nested_cr3)
{
	struct vmcb *c = v->vmcb;

	/* No guest has debug registers: DR0 to DR3 are not switched. CR reads stay free: TCG confuses their intercepts.
	 */
	c->dr_read = c->dr_write = UINT16_MAX;
	/* #DB and #AC only so that a guest cannot make the processor deliver one for ever without an exit. */
	c->exceptions = BIT32(EXCEPTION_DB) | BIT32(EXCEPTION_AC) | BIT32(EXCEPTION_MC);
	c->intercept1 = INTERCEPT_INTR | INTERCEPT_NMI | INTERCEPT_INIT | INTERCEPT_RDPMC | INTERCEPT_CPUID |
	                INTERCEPT_RSM | INTERCEPT_INVD | INTERCEPT_HLT | INTERCEPT_INVLPGA | INTERCEPT_IOIO |
	                INTERCEPT_MSR | INTERCEPT_FERR | INTERCEPT_SHUTDOWN;
	c->intercept2 = INTERCEPT2_VMRUN | INTERCEPT2_VMMCALL | INTERCEPT2_VMLOAD | INTERCEPT2_VMSAVE |
	                INTERCEPT2_STGI | INTERCEPT2_CLGI | INTERCEPT2_SKINIT | INTERCEPT2_RDTSCP | INTERCEPT2_WBINVD |
	                INTERCEPT2_MONITOR | INTERCEPT2_MWAIT | INTERCEPT2_MWAIT_ARMED | INTERCEPT2_XSETBV;
	c->iopm_pa = phys_of(bitmaps.ports);
	c->msrpm_pa = phys_of(bitmaps.msrs);
	c->asid = GUEST_ASID;
	c->nested = NESTED_ENABLE;
	c->nested_cr3 = nested_cr3;
}

/* Nested page tables have as many levels as the host's own (APM vol. 2, 15.25.3): what stage2.c makes hangs on a fifth.
 */
static int nested_root(struct svm_vcpu *v, const struct hv_stage2 *stage2, uint64_t *root)
{
	*root = phys_of(stage2->root);
	if (!(cpu_read_cr4() & CR4_LA57))
		return 0;
	v->top = page_alloc(1);
	if (!v->top)
		return -ENOMEM;
	v->top[0] = *root | npt_format.table;
	*root = phys_of(v->top);
	return 0;
}

static int svm_create(void **vcpu, const struct hv_stage2 *stage2)
{
	struct svm_vcpu *v;
	uint64_t root;
	int rc = hv_bitmaps_make(&bitmaps, &bitmap_format, false);

	*vcpu = NULL;
	if (rc)
		return rc;
	v = page_alloc(1);
	if (!v)
		return -ENOMEM;
	v->vmcb = page_alloc(1);
	rc = v->vmcb ? nested_root(v, stage2, &root) : -ENOMEM;
	if (rc) {
		svm_destroy(v);
		return rc;
	}
	init_controls(v, root);
	v->stale = 1;
	*vcpu = v;
	return 0;
}

static void svm_start(void *vcpu, const struct hv_regs *regs)
{
	const struct vmcb_segment data = {.selector = 0x10, .attributes = SEGMENT_DATA, .limit = UINT32_MAX};
	struct svm_vcpu *v = vcpu;
	struct vmcb *c = v->vmcb;
	uint64_t nested_cr3 = c->nested_cr3;

	/* Anew from the first byte: after a refused entry the block may hold the host's state. */
	memset(c, 0, sizeof(*c));
	init_controls(v, nested_cr3);
	c->es = c->ss = c->ds = c->fs = c->gs = data;
	c->cs = (struct vmcb_segment){.selector = 0x08, .attributes = SEGMENT_CODE_64, .limit = UINT32_MAX};
	c->tr = (struct vmcb_segment){.attributes = SEGMENT_TSS, .limit = 0x67};
	c->ldtr = (struct vmcb_segment){.attributes = SEGMENT_LDT};
	c->efer = regs->efer | EFER_SVME;
	c->cr0 = regs->cr0;
	c->cr3 = regs->cr3;
	c->cr4 = regs->cr4;
	c->dr6 = DR6_RESET;
	c->dr7 = DR7_RESET;
	c->pat = PAT_RESET;
	c->rflags = regs->rflags | RFLAGS_RSVD;
	c->rip = regs->rip;
	c->rsp = regs->gpr[HV_RSP];
	c->rax = regs->gpr[HV_RAX];
	memcpy(v->gpr, regs->gpr, sizeof(v->gpr));
	v->window = false;
	v->stale = 1;
}

/* ---- running ---- */

/* The control block is memory at all times; what the processor caches of it is never used (svm_run()). */
static void svm_attach(void *vcpu)
{
	(void)vcpu;
}

static void svm_detach(void *vcpu)
{
	(void)vcpu;
}

static void svm_run(void *vcpu, struct hv_exit *exit)
{
	struct svm_vcpu *v = vcpu;
	struct vmcb *c = v->vmcb;
	unsigned id = smp_id();
	struct svm_cpu *cpu = &cpus[id];

	/* All guests have the same ASID: translations are this guest's own only if it was the last one here, and if it
	 * was nowhere else since, where a flush would have gone. */
	c->tlb_control = __atomic_exchange_n(&v->stale, 0, __ATOMIC_SEQ_CST) || cpu->last != v || v->last_cpu != id
	                         ? TLB_FLUSH_ALL
	                         : 0;
	cpu->last = v;
	v->last_cpu = id;
	c->clean = 0; /* nothing is taken from the processor's cache of the block: exits here are rare by design */
	c->int_ctl = (c->int_ctl & INT_CTL_TPR) | INT_CTL_MASKING;
	c->intercept1 &= ~INTERCEPT_VINTR;
	if (v->window) {
		/* A virtual interrupt of the highest priority: it is never delivered, only its intercept is wanted. */
		c->int_ctl |= INT_CTL_IRQ | INT_CTL_IGNORE_TPR;
		c->intercept1 |= INTERCEPT_VINTR;
	}
	svm_enter(v->gpr, phys_of(c), phys_of(cpu->host));
	c->event_inj = 0;
	svm_decode_exit(c, has_nrips, exit);
}

static void svm_flush(void *vcpu)
{
	__atomic_store_n(&((struct svm_vcpu *)vcpu)->stale, 1, __ATOMIC_SEQ_CST);
}

const struct hv_ops hv_svm = {
        .name = "SVM",
        .hypercall = GUEST_HYPERCALL_VMMCALL,
        .stage2 = &npt_format,
        .probe = svm_probe,
        .describe = svm_describe,
        .offers = svm_offers,
        .enable = svm_enable,
        .disable = svm_disable,
        .create = svm_create,
        .destroy = svm_destroy,
        .start = svm_start,
        .attach = svm_attach,
        .detach = svm_detach,
        .run = svm_run,
        .flush = svm_flush,
        .get_regs = svm_get_regs,
        .set_regs = svm_set_regs,
        .set_cr2 = svm_set_cr2,
        .get_efer = svm_get_efer,
        .set_efer = svm_set_efer,
        .get_pat = svm_get_pat,
        .set_pat = svm_set_pat,
        .skip = svm_skip,
        .interruptible = svm_interruptible,
        .inject = svm_inject,
        .set_window = svm_set_window,
        .get_tpr = svm_get_tpr,
        .set_tpr = svm_set_tpr,
};
