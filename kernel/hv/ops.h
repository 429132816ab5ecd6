/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What a processor's virtualization extension has to offer: the one place between the hypervisor and SVM or VMX. Chosen
 * by CPUID feature bits, never by the vendor's name.
 */
#ifndef KERNEL_HV_OPS_H
#define KERNEL_HV_OPS_H

#include "kernel/hv/apic.h"
#include "kernel/hv/hv.h"
#include "kernel/hv/posted.h"
#include "kernel/hv/stage2.h"

/* Why the guest stopped, in terms that both vendors can fill in. */
enum hv_exit_reason {
	HV_EXIT_HYPERCALL,
	HV_EXIT_CPUID,
	HV_EXIT_MSR_READ,
	HV_EXIT_MSR_WRITE,
	HV_EXIT_PORT,
	HV_EXIT_STAGE2, /* guest-physical address without a mapping, or not for that access */
	HV_EXIT_HLT,
	HV_EXIT_INTERRUPT, /* a physical interrupt, NMI or INIT is pending and comes as soon as interrupts are on */
	HV_EXIT_WINDOW,    /* the interrupt window asked for is open */
	HV_EXIT_CR8,       /* MOV to CR8, while watched */
	HV_EXIT_EXCEPTION, /* an exception caught only so that its delivery cannot loop in the processor: to be given
	                      back */
	HV_EXIT_XSETBV,    /* with CR4.OSXSAVE set; the processor may not have checked the privilege level */
	HV_EXIT_PASID,     /* ENQCMD or ENQCMDS with a PASID that set_pasid() did not name */
	HV_EXIT_FORBIDDEN, /* an instruction that the guest does not have */
	HV_EXIT_RESUME,    /* the vendor's part has seen to it: go on where the guest is */
	HV_EXIT_NOTHING,   /* an instruction without effect here (WBINVD): go on behind it */
	HV_EXIT_SHUTDOWN,
	HV_EXIT_INIT,    /* an INIT signal reached the processor: not the guest's, but its run is over */
	HV_EXIT_INVALID, /* the processor refused the guest's state; the virtual processor must be started anew */
	HV_EXIT_MACHINE_CHECK,
	HV_EXIT_UNKNOWN,
};

/* What a guest may use beyond what every processor with the extension lets it use: bits of hv_ops.offers(). */
enum hv_offer {
	HV_OFFER_XSAVES = 1, /* XSAVES and XRSTORS */
	HV_OFFER_UMWAIT = 2, /* UMONITOR, UMWAIT, TPAUSE */
	HV_OFFER_PASIDS = 4, /* the processor looks up the PASID of a guest's ENQCMD and ENQCMDS: set_pasid() */
};

enum hv_event_kind {
	HV_EVENT_NONE,
	HV_EVENT_INTERRUPT,
	HV_EVENT_NMI,
	HV_EVENT_EXCEPTION,
};

/* Something that the processor delivers through the guest's IDT at the next entry. */
struct hv_event {
	enum hv_event_kind kind;
	uint8_t vector;
	bool has_error;
	uint32_t error;
};

struct hv_exit {
	enum hv_exit_reason reason;
	uint8_t length;        /* bytes of the instruction, 0: the processor does not say */
	struct hv_event event; /* its delivery was cut short by this exit; for EXCEPTION: the one to give back */
	uint64_t gpa;          /* STAGE2 */
	enum hv_access access; /* STAGE2 */
	bool table_walk;       /* STAGE2: it was one of the guest's own page tables */
	uint16_t port;         /* PORT */
	uint8_t width;         /* PORT: bytes */
	bool in;               /* PORT */
	bool string;           /* PORT: INS or OUTS */
	bool acknowledged;     /* INTERRUPT: the local APIC has given out vector, which is still to be dispatched */
	uint8_t vector;
	uint64_t code, info[2]; /* the vendor's own numbers, for dumps */
	const char *words;      /* what code means, or NULL */
};

struct hv_ops {
	const char *name;
	uint32_t hypercall; /* CPUID 0x40000001 EAX: which instruction calls, kernel/guest.h */
	const struct hv_stage2_format *stage2;

	/* As hv_init(). Also says whether the processor is one for these operations: -ENODEV without *why if not. */
	int (*probe)(const char **why);
	/* After probe(): what of the extension this processor has, and what it lacks, in words for people. */
	void (*describe)(char *text, size_t size);
	/* After probe(): enum hv_offer. */
	uint32_t (*offers)(void);
	/* On and off on the calling processor; on twice does nothing. enable() returns 0, -EPERM, -ENOMEM or -EIO (the
	 * processor refused). */
	int (*enable)(void);
	void (*disable)(void);

	/* A virtual processor over those stage-2 tables. Returns 0 or -ENOMEM. */
	int (*create)(void **vcpu, const struct hv_stage2 *stage2);
	void (*destroy)(void *vcpu);
	/* Begin anew in 64-bit mode, ring 0, flat segments, with regs' general registers, RIP, RFLAGS, CR0, CR3, CR4,
	 * EFER. */
	void (*start)(void *vcpu, const struct hv_regs *regs);

	/*
	 * A virtual processor is on no processor between runs and on one during a run. attach() puts it on the one that
	 * calls, which has virtualization on (enable()); detach() ends that and leaves all of it in memory, so that any
	 * processor may attach it next (VMX: VMCLEAR). What stands above may be called from any processor while it is
	 * detached, flush() from any at any time; all else only in between and there. A callback that runs another
	 * guest attaches another one in between, on the same processor: the first is current again when that has been
	 * detached (VMX: VMPTRLD if it is not). Neither fails or allocates.
	 */
	void (*attach)(void *vcpu);
	void (*detach)(void *vcpu);

	/*
	 * Run until the next exit. Interrupts are off at the call and at the return; a physical interrupt that is
	 * pending or comes makes an exit, and is taken when the caller switches interrupts on.
	 */
	void (*run)(void *vcpu, struct hv_exit *exit);
	/*
	 * The next run() is to exit (INTERRUPT) after about ns (at most a second), whatever the guest does. May be
	 * NULL: then only the local APIC's timer does that.
	 */
	void (*set_limit)(void *vcpu, uint64_t ns);
	/*
	 * Stage-2 mappings have changed: translations made from them are gone before the guest executes again, on
	 * whichever processor, those included where it ran long ago. An atomic mark only: the caller makes a guest that
	 * is running exit.
	 */
	void (*flush)(void *vcpu);

	void (*get_regs)(void *vcpu, struct hv_regs *regs);
	/* General registers, RIP and RFLAGS only. */
	void (*set_regs)(void *vcpu, const struct hv_regs *regs);
	void (*set_cr2)(void *vcpu, uint64_t cr2);
	uint64_t (*get_efer)(void *vcpu);
	void (*set_efer)(void *vcpu, uint64_t efer);
	uint64_t (*get_pat)(void *vcpu);
	void (*set_pat)(void *vcpu, uint64_t pat);
	/*
	 * With HV_OFFER_PASIDS, else NULL: the guest's PASID guest goes out as host, or, without valid, makes an exit
	 * (PASID). From any processor at any time; the caller makes a guest that is running exit. Returns 0 or -ENOMEM.
	 */
	int (*set_pasid)(void *vcpu, uint32_t guest, uint32_t host, bool valid);
	/* RIP moves on to rip, as after an instruction: a shadow of STI or MOV SS ends. */
	void (*skip)(void *vcpu, uint64_t rip);

	/* Whether an interrupt could be injected now: RFLAGS.IF, no shadow, nothing to be injected already. */
	bool (*interruptible)(void *vcpu);
	void (*inject)(void *vcpu, const struct hv_event *event);
	/* Exit (WINDOW) as soon as interruptible() would be true. */
	void (*set_window)(void *vcpu, bool on);
	/* CR8, the upper four bits of the virtual APIC's task priority. */
	uint8_t (*get_tpr)(void *vcpu);
	/* watch: exit (CR8) when the guest writes it, because an interrupt waits for a lower one. */
	void (*set_tpr)(void *vcpu, uint8_t tpr, bool watch);

	/*
	 * Where the processor delivers interrupts to its guests itself, in order of priority and without exits, and
	 * takes them from a posted-interrupt descriptor: the one of this virtual processor. Else NULL, or all three are
	 * NULL: then interrupts are injected, and inject(), set_window() and set_tpr() see to their order.
	 */
	struct hv_posted *(*posted)(void *vcpu);
	/* Before each run(): what is pending and in service moves to where the processor looks... */
	void (*load_apic)(void *vcpu, struct hv_apic *apic);
	/* ... and back after it; bits of apic->irr that came meanwhile stay. */
	void (*store_apic)(void *vcpu, struct hv_apic *apic);
};

extern const struct hv_ops hv_svm;
extern const struct hv_ops hv_vmx;

#endif
