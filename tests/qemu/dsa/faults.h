/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The ways in which the model can be wrong on purpose (fault=), so that the firmware's tests can be shown to notice.
 * One table: the name on the command line, and what the hardware then does.
 */
#ifndef TESTS_QEMU_DSA_FAULTS_H
#define TESTS_QEMU_DSA_FAULTS_H

#define DSA_FAULT_TABLE(X)                                                                                       \
	/* operations: ops.c */                                                                                  \
	X(MEMMOVE_BIT_FLIP, "memmove-bit-flip", "one bit of each memory move's destination is flipped")          \
	X(MEMMOVE_SHORT, "memmove-short", "the last byte of a memory move is not written")                       \
	X(MEMMOVE_FORWARD, "memmove-forward", "overlapping moves always copy forward")                           \
	X(FILL_PHASE, "fill-phase", "the fill pattern starts at its second byte")                                \
	X(COMPARE_EQUAL, "compare-equal", "compare always finds its operands equal")                             \
	X(COMPARE_OFFSET, "compare-offset", "compare reports the first difference one byte too far")             \
	X(DUALCAST_ONE, "dualcast-one", "dualcast writes its first destination only")                            \
	X(CRC_POLYNOMIAL, "crc-polynomial", "CRC generation uses CRC-32 (IEEE 802.3), not CRC-32C")              \
	X(CRC_SEED_IGNORED, "crc-seed-ignored", "CRC generation starts from seed 0 always")                      \
	X(DIF_GUARD, "dif-guard", "DIF check does not look at the guard")                                        \
	/* checks: checks.c */                                                                                   \
	X(FLAGS_UNCHECKED, "flags-unchecked", "reserved flags are accepted")                                     \
	X(RESERVED_UNCHECKED, "reserved-unchecked", "reserved fields are accepted")                              \
	X(SIZE_UNCHECKED, "size-unchecked", "a transfer size of 0 or above the WQ's limit is accepted")          \
	X(OVERLAP_UNCHECKED, "overlap-unchecked", "overlapping operands are accepted")                           \
	X(OPCODE_UNCHECKED, "opcode-unchecked", "an unknown opcode completes as a no-op")                        \
	/* completion: engine.c */                                                                               \
	X(COMPLETION_LOST, "completion-lost", "completion records are never written")                            \
	X(COMPLETION_EMPTY, "completion-empty", "success is reported, and the operation was not done")           \
	X(COMPLETION_STATUS, "completion-status", "success is reported as 0x02")                                 \
	X(COMPLETION_BYTES, "completion-bytes", "a full completion reports its size as bytes completed")         \
	X(CR_ALIGN_UNCHECKED, "cr-align-unchecked", "a misaligned completion record address is accepted")        \
	X(BATCH_COUNT, "batch-count", "a batch reports one descriptor too many")                                 \
	X(BATCH_NESTED, "batch-nested", "a batch within a batch completes with success")                         \
	X(FENCE_IGNORED, "fence-ignored", "fences do nothing")                                                   \
	/* interrupts: interrupts.c */                                                                           \
	X(INTERRUPT_LOST, "interrupt-lost", "completion interrupts are not sent")                                \
	X(INTERRUPT_VECTOR, "interrupt-vector", "completion interrupts use the next MSI-X entry")                \
	X(IMS_ENTRY, "ims-entry", "completion interrupts use the next IMS entry")                                \
	X(IMS_MASK_IGNORED, "ims-mask-ignored", "a masked IMS entry sends all the same")                         \
	X(HANDLE_UNCHECKED, "handle-unchecked", "any interrupt handle is accepted, its PASID not compared")      \
	X(INTCAUSE_STICKY, "intcause-sticky", "INTCAUSE cannot be cleared")                                      \
	X(COMMAND_INTERRUPT_LOST, "command-interrupt-lost", "commands end without the interrupt they asked for") \
	/* registers and commands: regs.c, commands.c */                                                         \
	X(GENCAP_XFER, "gencap-xfer", "GENCAP reports twice the maximum transfer size that Enable WQ accepts")   \
	X(WQCAP_SIZE, "wqcap-size", "WQCAP reports twice as many WQ entries as there are")                       \
	X(OPCAP_EXTRA, "opcap-extra", "OPCAP names an opcode that is not implemented")                           \
	X(WQCFG_UNLOCKED, "wqcfg-unlocked", "WQCFG may be written while the WQ is enabled")                      \
	X(WQ_STAYS_DISABLED, "wq-stays-disabled", "Enable WQ succeeds and changes nothing")                      \
	X(COMMAND_HANGS, "command-hangs", "Drain WQ never completes")                                            \
	X(COMMAND_ERROR, "command-error", "commands that fail report success")                                   \
	X(DRAIN_EARLY, "drain-early", "drains and disables do not wait for descriptors in flight")               \
	X(DISABLE_DROPS, "disable-drops", "Disable Device and Disable WQ drop what is queued")                   \
	X(RESET_KEEPS, "reset-keeps", "Reset Device keeps WQCFG and GRPCFG")                                     \
	X(SWERROR_LOST, "swerror-lost", "SWERROR is never filled")                                               \
	X(OVERFLOW_SILENT, "overflow-silent", "a write to a full WQ is dropped without a record in SWERROR")     \
	X(PORTAL_ACCEPTS_DISABLED, "portal-accepts-disabled", "a disabled WQ accepts descriptors")               \
	/* isolation: memory.c */                                                                                \
	X(PASID_IGNORED, "pasid-ignored", "requests carry no PASID")                                             \
	X(PASID_FIXED, "pasid-fixed", "requests carry PASID 1, whatever the WQ says")

enum dsa_fault {
	DSA_FAULT_NONE,
#define X(id, name, text) DSA_FAULT_##id,
	DSA_FAULT_TABLE(X)
#undef X
	DSA_FAULT_COUNT
};

/* The fault of that name, or -1. */
int dsa_fault_parse(const char *name);
/* Name and effect of fault number n (1 and up); NULL behind the last. */
const char *dsa_fault_name(int n);
const char *dsa_fault_text(int n);

#endif
