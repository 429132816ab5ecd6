/* SPDX-License-Identifier: BSD-2-Clause */
/* Intel's Virtual-Machine Extensions with extended page tables: Intel SDM vol. 3, chapters 23 to 33. */
#include <errno.h>
#include <string.h>

#include "kernel/cpu.h"
#include "kernel/guest.h"
#include "kernel/hv/bitmaps.h"
#include "kernel/hv/vmx.h"
#include "kernel/mem.h"
#include "kernel/time.h"

#define GUEST_VPID 1U /* one guest at a time on a processor; another one's translations are dropped */
#define APIC_TPR   0x80
#define NS_PER_S   UINT64_C(1000000000)

#define CR0_PE    BIT64(0)
#define RFLAGS_IF BIT64(9)
#define RFLAGS_RF BIT64(16)

#define EXCEPTION_DB 1
#define EXCEPTION_AC 17
#define EXCEPTION_MC 18

static struct hv_bitmaps bitmaps;

static struct hv_stage2_format ept_format = {
        .present = EPT_READ | EPT_WRITE | EPT_EXECUTE,
        .table = EPT_READ | EPT_WRITE | EPT_EXECUTE,
        .ram = EPT_READ | EPT_WRITE | EPT_EXECUTE | EPT_TYPE_WB,
        .device = EPT_READ | EPT_WRITE | EPT_IGNORE_PAT, /* uncached, whatever the guest's PAT says */
        .large = EPT_LARGE,
        .write = EPT_WRITE,
        .execute = EPT_EXECUTE,
};

/* One bit an MSR: reads of the low range, of the high one, then writes likewise, 1 KiB each (SDM vol. 3, 24.6.9). */
static void msr_allow(uint8_t *msrs, uint32_t msr, bool write)
{
	msrs[(write ? 0x800 : 0) + (msr >= 0xc0000000 ? 0x400 : 0) + (msr & 0x1fff) / 8] &=
	        (uint8_t) ~(1U << (msr % 8));
}

/* Each bitmap of ports has a page of its own (24.6.4). */
static const struct hv_bitmap_format bitmap_format = {.port_pages = 2, .msr_pages = 1, .allow = msr_allow};

void vmx_write_environment(const struct vmx_vcpu *v)
{
	/* #DB and #AC only so that a guest cannot make the processor deliver one for ever without an exit. */
	vmx_write(VMCS_EXCEPTIONS, BIT32(EXCEPTION_DB) | BIT32(EXCEPTION_AC) | BIT32(EXCEPTION_MC));
	vmx_write(VMCS_IO_BITMAP_A, phys_of(bitmaps.ports));
	vmx_write(VMCS_IO_BITMAP_B, phys_of(bitmaps.ports) + PAGE_SIZE);
	vmx_write(VMCS_MSR_BITMAP, phys_of(bitmaps.msrs));
	vmx_write(VMCS_VIRTUAL_APIC, phys_of(v->apic));
	vmx_write(VMCS_TPR_THRESHOLD, 0);
	if (vmx_caps.posted)
		vmx_write_posted(v);
	vmx_write(VMCS_EPTP, v->eptp);
	if (vmx_caps.proc2 & PROC2_XSAVES)
		vmx_write(VMCS_XSS_EXITING, 0); /* IA32_XSS is 0 while a guest runs */
	if (vmx_caps.proc2 & PROC2_VPID)
		vmx_write(VMCS_VPID, GUEST_VPID);
	if (vmx_caps.proc2 & PROC2_PASID_TRANSLATION) {
		vmx_write(VMCS_PASID_LOW, phys_of(v->pasids[0]));
		vmx_write(VMCS_PASID_HIGH, phys_of(v->pasids[1]));
	}
}

/* ---- life ---- */

static void vmx_destroy(void *vcpu)
{
	struct vmx_vcpu *v = vcpu;

	vmx_forget(v);
	vmx_pasid_destroy(v);
	page_free(v->vmcs, 1);
	page_free(v->apic, 1);
	page_free(v, 1);
}

static int vmx_create(void **vcpu, const struct hv_stage2 *stage2)
{
	struct vmx_vcpu *v;
	int rc = hv_bitmaps_make(&bitmaps, &bitmap_format, vmx_caps.posted && vmx_caps.proc2 & PROC2_X2APIC);

	*vcpu = NULL;
	if (rc)
		return rc;
	v = page_alloc(1);
	if (!v)
		return -ENOMEM;
	v->cpu = VMX_NOWHERE;
	v->vmcs = page_alloc(1);
	v->apic = page_alloc(1);
	if (!v->vmcs || !v->apic || vmx_pasid_init(v)) {
		vmx_destroy(v);
		return -ENOMEM;
	}
	hv_posted_init(&v->posted, vmx_caps.notification);
	*(uint32_t *)v->vmcs = vmx_caps.revision;
	v->eptp = phys_of(stage2->root) | EPTP_WRITE_BACK | EPTP_WALK_4;
	if (vmx_caps.ept & EPT_CAP_ACCESSED_DIRTY) {
		v->eptp |= EPTP_ACCESSED_DIRTY;
		ept_format.dirty = EPT_DIRTY;
	}
	ept_format.huge = vmx_caps.ept & EPT_CAP_1G;
	v->stale = 1;
	*vcpu = v;
	return 0;
}

static void vmx_start(void *vcpu, const struct hv_regs *regs)
{
	struct vmx_vcpu *v = vcpu;

	v->start = *regs;
	v->fresh = true;
	v->event = (struct hv_event){0};
	v->apic[APIC_TPR] = 0;
	v->window = false;
	v->stale = 1;
}

/* ---- running ---- */

static void write_event(const struct hv_event *event)
{
	static const uint64_t types[] = {
	        [HV_EVENT_INTERRUPT] = EVENT_TYPE_INTERRUPT,
	        [HV_EVENT_NMI] = EVENT_TYPE_NMI,
	        [HV_EVENT_EXCEPTION] = EVENT_TYPE_EXCEPTION,
	};
	uint64_t info;

	if (event->kind == HV_EVENT_NONE)
		return;
	info = EVENT_VALID | FIELD_PREP(EVENT_TYPE, types[event->kind]) | FIELD_PREP(EVENT_VECTOR, event->vector);
	/* Real mode has no error codes, and the entry would be refused (26.2.1.3). */
	if (event->has_error && vmx_read(VMCS_GUEST_CR0) & CR0_PE) {
		info |= EVENT_HAS_ERROR;
		vmx_write(VMCS_ENTRY_ERROR_CODE, event->error);
	}
	vmx_write(VMCS_ENTRY_EVENT, info);
	/* A delivered event ends the shadow of STI or MOV SS. */
	vmx_write(VMCS_INTERRUPTIBILITY, vmx_read(VMCS_INTERRUPTIBILITY) & ~(BLOCKED_STI | BLOCKED_MOV_SS));
}

static void write_timer(const struct vmx_vcpu *v)
{
	uint64_t ticks;

	if (!(vmx_caps.pin & PIN_PREEMPTION_TIMER))
		return;
	ticks = (v->limit_ns < NS_PER_S ? v->limit_ns : NS_PER_S) * time_tsc_hz() / NS_PER_S;
	ticks = (ticks >> vmx_caps.timer_shift) + 1;
	vmx_write(VMCS_PREEMPTION_TIMER, ticks < UINT32_MAX ? ticks : UINT32_MAX);
}

static bool was_nmi(const struct hv_exit *exit)
{
	return exit->reason == HV_EXIT_INTERRUPT && FIELD_GET(REASON_BASIC, exit->code) == REASON_EXCEPTION;
}

static void vmx_run(void *vcpu, struct hv_exit *exit)
{
	struct vmx_vcpu *v = vcpu;
	uint64_t host_cr2;
	unsigned failure;

	vmx_select(v);
	vmx_flush_stale(v);
	write_event(&v->event);
	write_timer(v);
	vmx_write(VMCS_PROC_CONTROLS, v->window ? vmx_caps.proc | PROC_WINDOW : vmx_caps.proc);
	v->event = (struct hv_event){0};
	if (vmx_refused_field) {
		*exit = (struct hv_exit){
		        .reason = HV_EXIT_INVALID, .words = "no such VMCS field", .code = vmx_refused_field};
		return;
	}
	host_cr2 = cpu_read_cr2();
	cpu_write_cr2(v->cr2);
	failure = vmx_enter(v->gpr, v->launched);
	v->cr2 = cpu_read_cr2();
	cpu_write_cr2(host_cr2);
	if (failure) {
		vmx_decode_failure(failure, exit);
		return;
	}
	v->launched = true;
	vmx_decode_exit(v, exit);
	/* The NMI has ended with the exit, and NMIs are blocked until an IRET: this is both. */
	if (was_nmi(exit))
		__asm__ volatile("int $2" : : : "memory");
}

static void vmx_flush(void *vcpu)
{
	__atomic_store_n(&((struct vmx_vcpu *)vcpu)->stale, 1, __ATOMIC_SEQ_CST);
}

static void vmx_set_limit(void *vcpu, uint64_t ns)
{
	((struct vmx_vcpu *)vcpu)->limit_ns = ns;
}

/* ---- registers that are not in vmx_guest.c ---- */

static void vmx_set_cr2(void *vcpu, uint64_t cr2)
{
	((struct vmx_vcpu *)vcpu)->cr2 = cr2;
}

static uint64_t vmx_get_pat(void *vcpu)
{
	vmx_select(vcpu);
	return vmx_read(VMCS_GUEST_PAT);
}

static void vmx_set_pat(void *vcpu, uint64_t pat)
{
	vmx_select(vcpu);
	vmx_write(VMCS_GUEST_PAT, pat);
}

static void vmx_skip(void *vcpu, uint64_t rip)
{
	vmx_select(vcpu);
	vmx_write(VMCS_GUEST_RIP, rip);
	vmx_write(VMCS_GUEST_RFLAGS, vmx_read(VMCS_GUEST_RFLAGS) & ~RFLAGS_RF);
	vmx_write(VMCS_INTERRUPTIBILITY, vmx_read(VMCS_INTERRUPTIBILITY) & ~(BLOCKED_STI | BLOCKED_MOV_SS));
}

static bool vmx_interruptible(void *vcpu)
{
	struct vmx_vcpu *v = vcpu;

	vmx_select(v);
	return v->event.kind == HV_EVENT_NONE && vmx_read(VMCS_GUEST_RFLAGS) & RFLAGS_IF &&
	       !(vmx_read(VMCS_INTERRUPTIBILITY) & (BLOCKED_STI | BLOCKED_MOV_SS));
}

static void vmx_inject(void *vcpu, const struct hv_event *event)
{
	((struct vmx_vcpu *)vcpu)->event = *event;
}

static void vmx_set_window(void *vcpu, bool on)
{
	((struct vmx_vcpu *)vcpu)->window = on;
}

static uint8_t vmx_get_tpr(void *vcpu)
{
	return ((struct vmx_vcpu *)vcpu)->apic[APIC_TPR] >> 4;
}

static void vmx_set_tpr(void *vcpu, uint8_t tpr, bool watch)
{
	struct vmx_vcpu *v = vcpu;

	vmx_select(v);
	v->apic[APIC_TPR] = (uint8_t)(tpr << 4);
	vmx_write(VMCS_TPR_THRESHOLD, watch ? tpr : 0);
}

const struct hv_ops hv_vmx = {
        .name = "VMX",
        .hypercall = GUEST_HYPERCALL_VMCALL,
        .stage2 = &ept_format,
        .probe = vmx_probe,
        .describe = vmx_describe,
        .offers = vmx_offers,
        .enable = vmx_enable,
        .disable = vmx_disable,
        .create = vmx_create,
        .destroy = vmx_destroy,
        .start = vmx_start,
        .run = vmx_run,
        .attach = vmx_attach,
        .detach = vmx_detach,
        .set_limit = vmx_set_limit,
        .flush = vmx_flush,
        .get_regs = vmx_get_regs,
        .set_regs = vmx_set_regs,
        .set_cr2 = vmx_set_cr2,
        .get_efer = vmx_get_efer,
        .set_efer = vmx_set_efer,
        .get_pat = vmx_get_pat,
        .set_pat = vmx_set_pat,
        .set_pasid = vmx_set_pasid,
        .skip = vmx_skip,
        .interruptible = vmx_interruptible,
        .inject = vmx_inject,
        .set_window = vmx_set_window,
        .get_tpr = vmx_get_tpr,
        .set_tpr = vmx_set_tpr,
        .posted = vmx_posted,
        .load_apic = vmx_load_apic,
        .store_apic = vmx_store_apic,
};
