/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What of VMX this machine has: Intel SDM vol. 3, 23.6 to 23.8 and appendix A. Each control that is wanted is looked up
 * in its capability register before it is used.
 */
#include <errno.h>
#include <stdio.h>

#include "kernel/cpu.h"
#include "kernel/hv/vmx.h"
#include "kernel/trap.h"

struct vmx_caps vmx_caps;
volatile uint32_t vmx_refused_field;

static char reason[200];

/* ---- what there is ---- */

struct control {
	uint32_t bit;
	bool needed;
	const char *name;
};

static const struct control pin_controls[] = {
        {PIN_INTERRUPT_EXITING, true, "external-interrupt exiting"},
        {PIN_NMI_EXITING, true, "NMI exiting"},
        {PIN_VIRTUAL_NMIS, false, "virtual NMIs"},
        {PIN_PREEMPTION_TIMER, false, "preemption timer"},
        {PIN_POSTED_INTERRUPTS, false, "posted interrupts"},
        {0, false, NULL},
};
static const struct control proc_controls[] = {
        {PROC_HLT, true, "HLT exiting"},
        {PROC_MWAIT, true, "MWAIT exiting"},
        {PROC_RDPMC, true, "RDPMC exiting"},
        {PROC_TPR_SHADOW, true, "TPR shadow"},
        {PROC_MOV_DR, true, "MOV-DR exiting"},
        {PROC_IO_BITMAPS, true, "I/O bitmaps"},
        {PROC_MSR_BITMAPS, true, "MSR bitmaps"},
        {PROC_MONITOR, true, "MONITOR exiting"},
        {PROC_SECONDARY, true, "secondary controls"},
        {0, false, NULL},
};
static const struct control proc2_controls[] = {
        {PROC2_EPT, true, "extended page tables (EPT)"},
        {PROC2_UNRESTRICTED, true, "unrestricted guest"},
        {PROC2_VPID, false, "VPID"},
        {PROC2_WBINVD, false, "WBINVD exiting"},
        {PROC2_XSAVES, false, "XSAVES"},
        {PROC2_PASID_TRANSLATION, false, "PASID translation"},
        {PROC2_USER_WAIT, false, "user wait"},
        {PROC2_VIRTUAL_DELIVERY, false, "virtual-interrupt delivery"},
        {PROC2_X2APIC, false, "virtual x2APIC"},
        {0, false, NULL},
};
static const struct control exit_controls[] = {
        {EXIT_SAVE_DEBUG, true, "saving of debug controls"},
        {EXIT_HOST_64, true, "64-bit host"},
        {EXIT_ACK, false, "acknowledgement of interrupts at exits"},
        {EXIT_SAVE_PAT, true, "saving of PAT"},
        {EXIT_LOAD_PAT, true, "loading of PAT at exits"},
        {EXIT_SAVE_EFER, true, "saving of EFER"},
        {EXIT_LOAD_EFER, true, "loading of EFER at exits"},
        {0, false, NULL},
};
/* Whether the guest is in long mode is set for each entry. */
static const struct control entry_controls[] = {
        {ENTRY_LOAD_DEBUG, true, "loading of debug controls"},
        {ENTRY_LOAD_PAT, true, "loading of PAT at entries"},
        {ENTRY_LOAD_EFER, true, "loading of EFER at entries"},
        {0, false, NULL},
};

/* The capability register's low half are the bits that must be set, its high half those that may be. */
static uint32_t settle(uint32_t msr, const struct control *wanted, const char **missing)
{
	uint64_t allowed = cpu_rdmsr(msr);
	uint32_t must = (uint32_t)allowed, may = (uint32_t)(allowed >> 32), value = must;

	for (; wanted->name; wanted++) {
		if (may & wanted->bit)
			value |= wanted->bit;
		else if (wanted->needed && !*missing)
			*missing = wanted->name;
	}
	return value;
}

static const char *settle_all(struct vmx_caps *caps)
{
	uint64_t basic = cpu_rdmsr(MSR_VMX_BASIC);
	bool exact = basic & VMX_BASIC_TRUE_CONTROLS;
	const char *missing = NULL;

	caps->revision = (uint32_t)FIELD_GET(VMX_BASIC_REVISION, basic);
	caps->pin = settle(exact ? MSR_VMX_TRUE_PIN : MSR_VMX_PIN, pin_controls, &missing);
	caps->proc = settle(exact ? MSR_VMX_TRUE_PROC : MSR_VMX_PROC, proc_controls, &missing);
	caps->exit = settle(exact ? MSR_VMX_TRUE_EXIT : MSR_VMX_EXIT, exit_controls, &missing);
	caps->entry = settle(exact ? MSR_VMX_TRUE_ENTRY : MSR_VMX_ENTRY, entry_controls, &missing);
	if (!missing && caps->proc & (PROC_CR3_LOAD | PROC_CR3_STORE))
		missing = "guests' access to CR3 without exits";
	if (missing)
		return missing;
	caps->proc2 = settle(MSR_VMX_PROC2, proc2_controls, &missing);
	if (missing)
		return missing;
	vmx_settle_posted(caps);
	caps->ept = cpu_rdmsr(MSR_VMX_EPT_VPID_CAP);
	if (!(caps->ept & EPT_CAP_WALK_4) || !(caps->ept & EPT_CAP_WRITE_BACK) || !(caps->ept & EPT_CAP_2M))
		return "EPT with four levels, write-back tables and 2 MiB pages";
	if (!(caps->ept & EPT_CAP_INVEPT) || !(caps->ept & (EPT_CAP_INVEPT_SINGLE | EPT_CAP_INVEPT_ALL)))
		return "INVEPT";
	caps->timer_shift = (unsigned)FIELD_GET(VMX_MISC_TIMER_SHIFT, cpu_rdmsr(MSR_VMX_MISC));
	caps->cr0_fixed0 = cpu_rdmsr(MSR_VMX_CR0_FIXED0);
	caps->cr0_fixed1 = cpu_rdmsr(MSR_VMX_CR0_FIXED1);
	caps->cr4_fixed0 = cpu_rdmsr(MSR_VMX_CR4_FIXED0);
	caps->cr4_fixed1 = cpu_rdmsr(MSR_VMX_CR4_FIXED1);
	return NULL;
}

bool vmx_locked_off(uint64_t *control)
{
	return trap_rdmsr(MSR_FEATURE_CONTROL, control) ||
	       (*control & FEATURE_CONTROL_LOCK && !(*control & FEATURE_CONTROL_VMX));
}

int vmx_probe(const char **why)
{
	const char *missing;
	uint64_t control;

	if (!(cpu_cpuid(1, 0).ecx & CPUID_1_ECX_VMX))
		return -ENODEV;
	if (vmx_locked_off(&control)) {
		*why = "firmware has disabled VMX (IA32_FEATURE_CONTROL is locked without bit 2): switch on VT-x in "
		       "its "
		       "set-up";
		return -EPERM;
	}
	missing = settle_all(&vmx_caps);
	if (missing) {
		snprintf(reason, sizeof(reason), "the processor has VMX, but not: %s", missing);
		*why = reason;
		return -ENODEV;
	}
	return 0;
}

void vmx_describe(char *text, size_t size)
{
	const struct {
		bool there;
		const char *name;
	} optional[] = {
	        {vmx_caps.ept & EPT_CAP_1G, "EPT pages of 1 GiB"},
	        {vmx_caps.ept & EPT_CAP_ACCESSED_DIRTY, "EPT dirty bits"},
	        {vmx_caps.proc2 & PROC2_VPID, "VPID"},
	        {vmx_caps.pin & PIN_PREEMPTION_TIMER, "preemption timer"},
	        {vmx_caps.pin & PIN_VIRTUAL_NMIS, "virtual NMIs"},
	        {vmx_caps.proc2 & PROC2_WBINVD, "WBINVD exiting"},
	        {vmx_caps.proc2 & PROC2_XSAVES, "XSAVES in guests"},
	        {vmx_caps.proc2 & PROC2_USER_WAIT, "UMWAIT in guests"},
	        {vmx_caps.proc2 & PROC2_PASID_TRANSLATION, "PASID translation"},
	        {vmx_caps.posted, "posted interrupts"},
	};
	int done = snprintf(text, size, "VMX, EPT, unrestricted guest");

	for (unsigned there = 2; there-- > 0;) {
		const char *before = there ? ", " : "; no ";

		for (unsigned i = 0; i < ARRAY_SIZE(optional) && done >= 0 && (size_t)done < size; i++) {
			if (optional[i].there != there)
				continue;
			done += snprintf(text + done, size - (size_t)done, "%s%s", before, optional[i].name);
			before = ", ";
		}
	}
}

uint32_t vmx_offers(void)
{
	return (vmx_caps.proc2 & PROC2_XSAVES ? HV_OFFER_XSAVES : 0) |
	       (vmx_caps.proc2 & PROC2_USER_WAIT ? HV_OFFER_UMWAIT : 0) |
	       (vmx_caps.proc2 & PROC2_PASID_TRANSLATION ? HV_OFFER_PASIDS : 0);
}
