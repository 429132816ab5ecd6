/* SPDX-License-Identifier: BSD-2-Clause */
/* VMCS field encodings, capability MSRs, controls, exit reasons: Intel SDM vol. 3, 24, 25 and appendices A to C. */
#ifndef KERNEL_HV_VMX_REGS_H
#define KERNEL_HV_VMX_REGS_H

#define VMX_ENTERED      0
#define VMX_FAIL_INVALID 1
#define VMX_FAIL_VALID   2

/* ---- fields (appendix B) ---- */

#define VMCS_VPID             0x0000
#define VMCS_PI_VECTOR        0x0002
#define VMCS_GUEST_ES         0x0800 /* ES CS SS DS FS GS LDTR TR, 2 apart */
#define VMCS_GUEST_CS         0x0802
#define VMCS_GUEST_SS         0x0804
#define VMCS_GUEST_LDTR       0x080c
#define VMCS_GUEST_TR         0x080e
#define VMCS_GUEST_INTERRUPTS 0x0810 /* highest requested, and above it highest in service */
#define VMCS_HOST_ES          0x0c00
#define VMCS_HOST_CS          0x0c02
#define VMCS_HOST_SS          0x0c04
#define VMCS_HOST_DS          0x0c06
#define VMCS_HOST_FS          0x0c08
#define VMCS_HOST_GS          0x0c0a
#define VMCS_HOST_TR          0x0c0c

#define VMCS_IO_BITMAP_A    0x2000
#define VMCS_IO_BITMAP_B    0x2002
#define VMCS_MSR_BITMAP     0x2004
#define VMCS_TSC_OFFSET     0x2010
#define VMCS_VIRTUAL_APIC   0x2012
#define VMCS_PI_DESCRIPTOR  0x2016
#define VMCS_EPTP           0x201a
#define VMCS_EOI_EXITING    0x201c /* four, 2 apart */
#define VMCS_XSS_EXITING    0x202c
#define VMCS_PASID_LOW      0x2038
#define VMCS_PASID_HIGH     0x203a
#define VMCS_GUEST_PHYSICAL 0x2400
#define VMCS_LINK_POINTER   0x2800
#define VMCS_GUEST_DEBUGCTL 0x2802
#define VMCS_GUEST_PAT      0x2804
#define VMCS_GUEST_EFER     0x2806
#define VMCS_HOST_PAT       0x2c00
#define VMCS_HOST_EFER      0x2c02

#define VMCS_PIN_CONTROLS      0x4000
#define VMCS_PROC_CONTROLS     0x4002
#define VMCS_EXCEPTIONS        0x4004
#define VMCS_PF_MASK           0x4006
#define VMCS_PF_MATCH          0x4008
#define VMCS_CR3_TARGETS       0x400a
#define VMCS_EXIT_CONTROLS     0x400c
#define VMCS_EXIT_MSR_STORES   0x400e
#define VMCS_EXIT_MSR_LOADS    0x4010
#define VMCS_ENTRY_CONTROLS    0x4012
#define VMCS_ENTRY_MSR_LOADS   0x4014
#define VMCS_ENTRY_EVENT       0x4016
#define VMCS_ENTRY_ERROR_CODE  0x4018
#define VMCS_TPR_THRESHOLD     0x401c
#define VMCS_PROC2_CONTROLS    0x401e
#define VMCS_INSTRUCTION_ERROR 0x4400
#define VMCS_EXIT_REASON       0x4402
#define VMCS_EXIT_EVENT        0x4404
#define VMCS_EXIT_ERROR_CODE   0x4406
#define VMCS_IDT_EVENT         0x4408
#define VMCS_IDT_ERROR_CODE    0x440a
#define VMCS_EXIT_LENGTH       0x440c
#define VMCS_GUEST_ES_LIMIT    0x4800 /* likewise 2 apart */
#define VMCS_GUEST_GDTR_LIMIT  0x4810
#define VMCS_GUEST_IDTR_LIMIT  0x4812
#define VMCS_GUEST_ES_RIGHTS   0x4814 /* likewise */
#define VMCS_GUEST_CS_RIGHTS   0x4816
#define VMCS_GUEST_SS_RIGHTS   0x4818
#define VMCS_INTERRUPTIBILITY  0x4824
#define VMCS_ACTIVITY          0x4826
#define VMCS_GUEST_SYSENTER_CS 0x482a
#define VMCS_PREEMPTION_TIMER  0x482e
#define VMCS_HOST_SYSENTER_CS  0x4c00

#define VMCS_CR0_MASK           0x6000
#define VMCS_CR4_MASK           0x6002
#define VMCS_CR0_SHADOW         0x6004
#define VMCS_CR4_SHADOW         0x6006
#define VMCS_QUALIFICATION      0x6400
#define VMCS_GUEST_CR0          0x6800
#define VMCS_GUEST_CR3          0x6802
#define VMCS_GUEST_CR4          0x6804
#define VMCS_GUEST_ES_BASE      0x6806 /* likewise */
#define VMCS_GUEST_CS_BASE      0x6808
#define VMCS_GUEST_SS_BASE      0x680a
#define VMCS_GUEST_DS_BASE      0x680c
#define VMCS_GUEST_FS_BASE      0x680e
#define VMCS_GUEST_GS_BASE      0x6810
#define VMCS_GUEST_GDTR_BASE    0x6816
#define VMCS_GUEST_IDTR_BASE    0x6818
#define VMCS_GUEST_DR7          0x681a
#define VMCS_GUEST_RSP          0x681c
#define VMCS_GUEST_RIP          0x681e
#define VMCS_GUEST_RFLAGS       0x6820
#define VMCS_PENDING_DEBUG      0x6822
#define VMCS_GUEST_SYSENTER_ESP 0x6824
#define VMCS_GUEST_SYSENTER_EIP 0x6826
#define VMCS_HOST_CR0           0x6c00
#define VMCS_HOST_CR3           0x6c02
#define VMCS_HOST_CR4           0x6c04
#define VMCS_HOST_FS_BASE       0x6c06
#define VMCS_HOST_GS_BASE       0x6c08
#define VMCS_HOST_TR_BASE       0x6c0a
#define VMCS_HOST_GDTR_BASE     0x6c0c
#define VMCS_HOST_IDTR_BASE     0x6c0e
#define VMCS_HOST_SYSENTER_ESP  0x6c10
#define VMCS_HOST_SYSENTER_EIP  0x6c12
#define VMCS_HOST_RSP           0x6c14
#define VMCS_HOST_RIP           0x6c16

#ifndef __ASSEMBLER__

#include "kernel/bits.h"

/* ---- MSRs (appendix A) ---- */

#define MSR_FEATURE_CONTROL     0x3aU
#define FEATURE_CONTROL_LOCK    BIT64(0)
#define FEATURE_CONTROL_VMX     BIT64(2) /* outside SMX operation */
#define MSR_VMX_BASIC           0x480U
#define VMX_BASIC_REVISION      GENMASK64(30, 0)
#define VMX_BASIC_TRUE_CONTROLS BIT64(55)
#define MSR_VMX_PIN             0x481U
#define MSR_VMX_PROC            0x482U
#define MSR_VMX_EXIT            0x483U
#define MSR_VMX_ENTRY           0x484U
#define MSR_VMX_MISC            0x485U
#define VMX_MISC_TIMER_SHIFT    GENMASK64(4, 0)
#define MSR_VMX_CR0_FIXED0      0x486U
#define MSR_VMX_CR0_FIXED1      0x487U
#define MSR_VMX_CR4_FIXED0      0x488U
#define MSR_VMX_CR4_FIXED1      0x489U
#define MSR_VMX_PROC2           0x48bU
#define MSR_VMX_EPT_VPID_CAP    0x48cU
#define EPT_CAP_WALK_4          BIT64(6)
#define EPT_CAP_WRITE_BACK      BIT64(14)
#define EPT_CAP_2M              BIT64(16)
#define EPT_CAP_1G              BIT64(17)
#define EPT_CAP_INVEPT          BIT64(20)
#define EPT_CAP_ACCESSED_DIRTY  BIT64(21)
#define EPT_CAP_INVEPT_SINGLE   BIT64(25)
#define EPT_CAP_INVEPT_ALL      BIT64(26)
#define MSR_VMX_TRUE_PIN        0x48dU
#define MSR_VMX_TRUE_PROC       0x48eU
#define MSR_VMX_TRUE_EXIT       0x48fU
#define MSR_VMX_TRUE_ENTRY      0x490U

#define CPUID_1_ECX_VMX BIT32(5)

/* ---- controls (24.6 to 24.8) ---- */

#define PIN_INTERRUPT_EXITING BIT32(0)
#define PIN_NMI_EXITING       BIT32(3)
#define PIN_VIRTUAL_NMIS      BIT32(5)
#define PIN_PREEMPTION_TIMER  BIT32(6)
#define PIN_POSTED_INTERRUPTS BIT32(7)

#define PROC_WINDOW      BIT32(2)
#define PROC_HLT         BIT32(7)
#define PROC_MWAIT       BIT32(10)
#define PROC_RDPMC       BIT32(11)
#define PROC_CR3_LOAD    BIT32(15)
#define PROC_CR3_STORE   BIT32(16)
#define PROC_TPR_SHADOW  BIT32(21)
#define PROC_MOV_DR      BIT32(23)
#define PROC_IO_BITMAPS  BIT32(25)
#define PROC_MSR_BITMAPS BIT32(28)
#define PROC_MONITOR     BIT32(29)
#define PROC_SECONDARY   BIT32(31)

#define PROC2_EPT               BIT32(1)
#define PROC2_RDTSCP            BIT32(3)
#define PROC2_X2APIC            BIT32(4)
#define PROC2_VPID              BIT32(5)
#define PROC2_WBINVD            BIT32(6)
#define PROC2_UNRESTRICTED      BIT32(7)
#define PROC2_APIC_REGISTERS    BIT32(8)
#define PROC2_VIRTUAL_DELIVERY  BIT32(9)
#define PROC2_INVPCID           BIT32(12)
#define PROC2_XSAVES            BIT32(20)
#define PROC2_PASID_TRANSLATION BIT32(21)
#define PROC2_USER_WAIT         BIT32(26)

#define EXIT_SAVE_DEBUG BIT32(2)
#define EXIT_HOST_64    BIT32(9)
#define EXIT_ACK        BIT32(15)
#define EXIT_SAVE_PAT   BIT32(18)
#define EXIT_LOAD_PAT   BIT32(19)
#define EXIT_SAVE_EFER  BIT32(20)
#define EXIT_LOAD_EFER  BIT32(21)

#define ENTRY_LOAD_DEBUG BIT32(2)
#define ENTRY_LONG_MODE  BIT32(9)
#define ENTRY_LOAD_PAT   BIT32(14)
#define ENTRY_LOAD_EFER  BIT32(15)

/* ---- EPT (28.3.2) ---- */

#define EPT_READ            BIT64(0)
#define EPT_WRITE           BIT64(1)
#define EPT_EXECUTE         BIT64(2)
#define EPT_TYPE_WB         (UINT64_C(6) << 3) /* uncached is 0 */
#define EPT_IGNORE_PAT      BIT64(6)
#define EPT_LARGE           BIT64(7)
#define EPT_DIRTY           BIT64(9)
#define EPTP_WRITE_BACK     UINT64_C(6)
#define EPTP_WALK_4         (UINT64_C(3) << 3)
#define EPTP_ACCESSED_DIRTY BIT64(6)

#define INVEPT_SINGLE 1U
#define INVEPT_ALL    2U

/* ---- guest state ---- */

#define RIGHTS_CODE_64  0xa09bU /* present, ring 0, execute/read, accessed, L, G */
#define RIGHTS_DATA     0xc093U
#define RIGHTS_TSS      0x008bU
#define RIGHTS_UNUSABLE 0x10000U
#define RIGHTS_DPL      GENMASK64(6, 5)
#define RIGHTS_L        BIT64(13)
#define RIGHTS_D        BIT64(14)

#define BLOCKED_STI    BIT64(0)
#define BLOCKED_MOV_SS BIT64(1)
#define BLOCKED_NMI    BIT64(3)

/* ---- events: VM-entry, VM-exit and IDT-vectoring information (24.8.3, 24.9.2, 24.9.3) ---- */

#define EVENT_VECTOR         GENMASK64(7, 0)
#define EVENT_TYPE           GENMASK64(10, 8)
#define EVENT_TYPE_INTERRUPT 0U
#define EVENT_TYPE_NMI       2U
#define EVENT_TYPE_EXCEPTION 3U
#define EVENT_HAS_ERROR      BIT64(11)
#define EVENT_NMI_UNBLOCKED  BIT64(12) /* by the IRET that faulted */
#define EVENT_VALID          BIT64(31)

/* ---- exit reasons (appendix C) ---- */

#define REASON_BASIC         GENMASK64(15, 0)
#define REASON_ENTRY_FAILURE BIT64(31)

enum vmx_reason {
	REASON_EXCEPTION = 0,
	REASON_INTERRUPT = 1,
	REASON_TRIPLE_FAULT = 2,
	REASON_INIT = 3,
	REASON_WINDOW = 7,
	REASON_TASK_SWITCH = 9,
	REASON_CPUID = 10,
	REASON_GETSEC = 11,
	REASON_HLT = 12,
	REASON_INVD = 13,
	REASON_RDPMC = 15,
	REASON_RSM = 17,
	REASON_VMCALL = 18,
	REASON_VMCLEAR = 19,
	REASON_VMXON = 27,
	REASON_CR = 28,
	REASON_DR = 29,
	REASON_PORT = 30,
	REASON_RDMSR = 31,
	REASON_WRMSR = 32,
	REASON_BAD_STATE = 33,
	REASON_BAD_MSR = 34,
	REASON_MWAIT = 36,
	REASON_MONITOR = 39,
	REASON_ENTRY_MACHINE_CHECK = 41,
	REASON_TPR = 43,
	REASON_EPT_VIOLATION = 48,
	REASON_EPT_MISCONFIGURED = 49,
	REASON_INVEPT = 50,
	REASON_RDTSCP = 51,
	REASON_TIMER = 52,
	REASON_INVVPID = 53,
	REASON_WBINVD = 54,
	REASON_XSETBV = 55,
	REASON_VMFUNC = 59,
	REASON_ENQCMD = 72,
	REASON_ENQCMDS = 73,
};

/* ---- exit qualifications (27.2.1) ---- */

#define CR_NUMBER   GENMASK64(3, 0)
#define CR_TYPE     GENMASK64(5, 4) /* 0: MOV to it */
#define CR_REGISTER GENMASK64(11, 8)

#define PORT_WIDTH  GENMASK64(2, 0) /* less one */
#define PORT_IN     BIT64(3)
#define PORT_STRING BIT64(4)
#define PORT_NUMBER GENMASK64(31, 16)

#define EPT_WAS_WRITE      BIT64(1)
#define EPT_WAS_FETCH      BIT64(2)
#define EPT_LINEAR_VALID   BIT64(7)
#define EPT_NOT_TABLE_WALK BIT64(8) /* with a valid linear address */
#define EPT_NMI_UNBLOCKED  BIT64(12)

#endif
#endif
