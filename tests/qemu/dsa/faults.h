/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The ways in which the model can be wrong on purpose (fault=), so that the firmware's tests can be shown to notice.
 * One table: the name on the command line, and what the hardware then does.
 */
#ifndef TESTS_QEMU_DSA_FAULTS_H
#define TESTS_QEMU_DSA_FAULTS_H

#define DSA_FAULT_TABLE(X)                                                                                             \
	/* operations: ops.c */                                                                                        \
	X(MEMMOVE_BIT_FLIP, "memmove-bit-flip", "one bit of each memory move's destination is flipped")                \
	X(MEMMOVE_SHORT, "memmove-short", "the last byte of a memory move is not written")                             \
	X(MEMMOVE_FORWARD, "memmove-forward", "overlapping moves always copy forward")                                 \
	X(FILL_PHASE, "fill-phase", "the fill pattern starts at its second byte")                                      \
	X(COMPARE_EQUAL, "compare-equal", "compare always finds its operands equal")                                   \
	X(COMPARE_OFFSET, "compare-offset", "compare reports the first difference one byte too far")                   \
	X(DUALCAST_ONE, "dualcast-one", "dualcast writes its first destination only")                                  \
	X(CRC_POLYNOMIAL, "crc-polynomial", "CRC generation uses CRC-32 (IEEE 802.3), not CRC-32C")                    \
	X(CRC_SEED_IGNORED, "crc-seed-ignored", "CRC generation starts from seed 0 always")                            \
	X(DIF_GUARD, "dif-guard", "DIF check does not look at the guard")                                              \
	X(DIF_INSERT_TAG, "dif-insert-tag", "the reference tag that DIF insert writes is one too high")                \
	X(DIF_UPDATE_TAG, "dif-update-tag", "the reference tag that DIF update writes stands still")                   \
	X(DIF_UPDATE_PASS, "dif-update-pass", "DIF update computes the guard that shall pass")                         \
	X(COMPVAL_PHASE, "compval-phase", "compare pattern starts the pattern at its second byte")                     \
	X(EXPECTED_IGNORED, "expected-ignored", "compares do not look at the expected result")                         \
	X(CRC_REFLECTION, "crc-reflection", "CRC generation does not reflect the data, whatever the flag says")        \
	X(CRC_SEED_ADDRESS, "crc-seed-address",                                                                        \
	  "CRC generation takes the seed of the descriptor where it should read it")                                   \
	X(DELTA_OFFSET, "delta-offset", "create delta counts offsets from 1")                                          \
	X(DELTA_OVERRUN, "delta-overrun", "create delta does not stop at the size of the record")                      \
	X(DELTA_ORDER, "delta-order", "apply delta takes offsets in any order")                                        \
	/* checks: checks.c */                                                                                         \
	X(FLAGS_UNCHECKED, "flags-unchecked", "reserved flags are accepted")                                           \
	X(RESERVED_UNCHECKED, "reserved-unchecked", "reserved fields are accepted")                                    \
	X(SIZE_UNCHECKED, "size-unchecked", "a transfer size of 0 or above the WQ's limit is accepted")                \
	X(OVERLAP_UNCHECKED, "overlap-unchecked", "overlapping operands are accepted")                                 \
	X(OPCODE_UNCHECKED, "opcode-unchecked", "an unknown opcode completes as a no-op")                              \
	X(REQUIRED_UNCHECKED, "required-unchecked", "flags that an operation requires may be missing")                 \
	X(WQ_LIMIT_UNCHECKED, "wq-limit-unchecked", "the WQ's limit of the transfer size is not looked at")            \
	X(COUNT_UNCHECKED, "count-unchecked", "a batch of any size is accepted")                                       \
	X(LIST_ALIGN_UNCHECKED, "list-align-unchecked", "a misaligned descriptor list is accepted")                    \
	X(CLASS_UNCHECKED, "class-unchecked",                                                                          \
	  "descriptors may use a traffic class that no enabled virtual channel has")                                   \
	X(CLASS_SWAPPED, "class-swapped", "the check of traffic classes takes each group's TC-A for its TC-B")         \
	X(FAULT_ADDRESS, "fault-address", "page faults name the page behind the one that is missing")                  \
	/* completion: engine.c */                                                                                     \
	X(COMPLETION_LOST, "completion-lost", "completion records are never written")                                  \
	X(COMPLETION_EMPTY, "completion-empty", "success is reported, and the operation was not done")                 \
	X(COMPLETION_STATUS, "completion-status", "success is reported as 0x02")                                       \
	X(COMPLETION_BYTES, "completion-bytes", "a full completion reports its size as bytes completed")               \
	X(CR_ALIGN_UNCHECKED, "cr-align-unchecked", "a misaligned completion record address is accepted")              \
	X(RECORD_UNASKED, "record-unasked", "a completion record is written whether or not it was asked for")          \
	X(BATCH_COUNT, "batch-count", "a batch reports one descriptor too many")                                       \
	X(BATCH_NESTED, "batch-nested", "a batch within a batch completes with success")                               \
	X(FENCE_IGNORED, "fence-ignored", "fences do nothing")                                                         \
	X(BATCH_STATUS, "batch-status", "a batch reports success although a descriptor of it failed")                  \
	X(BATCH_STOPS, "batch-stops", "a batch ends after the first descriptor of it that fails")                      \
	X(BATCH_LAST, "batch-last", "the last descriptor of a batch is not executed")                                  \
	X(CHILD_INTERRUPT_LOST, "child-interrupt-lost", "descriptors of a batch do not interrupt")                     \
	X(QUEUE_LIFO, "queue-lifo", "a WQ hands out its newest descriptor first")                                      \
	X(BATCH_EARLY, "batch-early", "a batch ends before its descriptors")                                           \
	X(FENCE_EARLY, "fence-early", "a fence does not wait for those before it that still run")                      \
	X(ORDER_PASSES, "order-passes", "a descriptor passes one that waits, although that has to write first")        \
	X(PROGRESS_LIMIT, "progress-limit", "a group's limits of descriptors in progress do nothing")                  \
	X(DRAIN_DESCRIPTOR_EARLY, "drain-descriptor-early", "a drain descriptor does not wait for those before it")    \
	/* interrupts: interrupts.c, engine.c */                                                                       \
	X(INTERRUPT_LOST, "interrupt-lost", "completion interrupts are not sent")                                      \
	X(INTERRUPT_VECTOR, "interrupt-vector", "completion interrupts use the next MSI-X entry")                      \
	X(IMS_ENTRY, "ims-entry", "completion interrupts use the next IMS entry")                                      \
	X(IMS_MASK_IGNORED, "ims-mask-ignored", "a masked IMS entry sends all the same")                               \
	X(HANDLE_UNCHECKED, "handle-unchecked", "any interrupt handle is accepted, its PASID not compared")            \
	X(INTCAUSE_STICKY, "intcause-sticky", "INTCAUSE cannot be cleared")                                            \
	X(INTERRUPT_UNASKED, "interrupt-unasked", "descriptors interrupt whether or not they ask for it")              \
	X(INTERRUPT_TABLE, "interrupt-table", "descriptors of IMS portals interrupt through the MSI-X table")          \
	X(IMS_PENDING_LOST, "ims-pending-lost",                                                                        \
	  "an interrupt that a masked IMS entry held back is not sent when it is unmasked")                            \
	X(IMS_IGNORE_IGNORED, "ims-ignore-ignored", "the ignore bit of interrupt permissions does nothing")            \
	X(IMS_ADDRESS_FREE, "ims-address-free", "an IMS entry takes any address")                                      \
	X(HANDLE_RANGE, "handle-range", "an interrupt handle beyond its table is accepted")                            \
	X(HANDLE_PASID_ENABLE, "handle-pasid-enable", "an interrupt handle without PASID serves WQs with one")         \
	X(OCCUPANCY_INTERRUPT_LOST, "occupancy-interrupt-lost", "the occupancy interrupt is never sent")               \
	X(COMMAND_INTERRUPT_LOST, "command-interrupt-lost", "commands end without the interrupt they asked for")       \
	X(COMMAND_INTERRUPT_UNASKED, "command-interrupt-unasked", "every command ends with an interrupt")              \
	X(COMMAND_ERROR_SILENT, "command-error-silent", "commands that fail end without the interrupt they asked for") \
	/* registers and commands: regs.c, commands.c */                                                               \
	X(GENCAP_XFER, "gencap-xfer", "GENCAP reports twice the maximum transfer size that Enable WQ accepts")         \
	X(WQCAP_SIZE, "wqcap-size", "WQCAP reports twice as many WQ entries as there are")                             \
	X(OPCAP_EXTRA, "opcap-extra", "OPCAP names an opcode that is not implemented")                                 \
	X(WQCFG_UNLOCKED, "wqcfg-unlocked", "WQCFG may be written while the WQ is enabled")                            \
	X(VERSION_RESERVED, "version-reserved", "VERSION has a reserved bit set")                                      \
	X(OFFSETS_OVERLAP, "offsets-overlap", "OFFSETS puts MSIXPERM where GRPCFG is")                                 \
	X(READ_WIDTH, "read-width", "reads of one byte return the lowest byte of the register")                        \
	X(UNLISTED_SCRATCH, "unlisted-scratch", "offset 0x18 is a register that keeps what is written")                \
	X(CMDSTS_WRITABLE, "cmdsts-writable", "the error code of CMDSTS may be written")                               \
	X(GENCTRL_STICKY, "genctrl-sticky", "bits of GENCTRL cannot be cleared")                                       \
	X(GRPCFG_UNLOCKED, "grpcfg-unlocked", "GRPCFG may be written while the device is enabled")                     \
	X(GENCFG_UNLOCKED, "gencfg-unlocked", "GENCFG may be written while the device is enabled")                     \
	X(WQ_STAYS_DISABLED, "wq-stays-disabled", "Enable WQ succeeds and changes nothing")                            \
	X(COMMAND_HANGS, "command-hangs", "Drain WQ never completes")                                                  \
	X(COMMAND_ERROR, "command-error", "commands that fail report success")                                         \
	X(COMMAND_UNKNOWN, "command-unknown", "commands that do not exist report success")                             \
	X(COMMAND_ACTIVE_SILENT, "command-active-silent",                                                              \
	  "a command while another one is active is dropped without a record in SWERROR")                              \
	X(CMDSTS_RESULT, "cmdsts-result", "the result field of CMDSTS keeps the command's code")                       \
	X(WQ_SET_UNCHECKED, "wq-set-unchecked", "commands on sets of WQs accept WQs that do not exist")                \
	X(CONFIG_UNCHECKED, "config-unchecked", "Enable Device does not look at the configuration")                    \
	X(WQ_CONFIG_UNCHECKED, "wq-config-unchecked", "Enable WQ does not look at the WQ's configuration")             \
	X(WQ_STAYS_ENABLED, "wq-stays-enabled", "Disable WQ succeeds and changes nothing")                             \
	X(DEVICE_STAYS_ENABLED, "device-stays-enabled", "Disable Device succeeds and the device stays enabled")        \
	X(RESET_WQ_SIZE, "reset-wq-size", "Reset WQ resets the size, too")                                             \
	X(DRAIN_EARLY, "drain-early", "drains and disables do not wait for descriptors in flight")                     \
	X(DISABLE_DROPS, "disable-drops", "Disable Device and Disable WQ drop what is queued")                         \
	X(DRAIN_PASID_EARLY, "drain-pasid-early", "Drain PASID does not wait")                                         \
	X(ABORT_IGNORED, "abort-ignored", "aborts of WQs do nothing")                                                  \
	X(RESET_KEEPS, "reset-keeps", "Reset Device keeps WQCFG and GRPCFG")                                           \
	X(RESET_SWERROR, "reset-swerror", "Reset Device clears SWERROR")                                               \
	X(RESET_INTERRUPTS, "reset-interrupts", "Reset Device keeps MSIXPERM and the IMS")                             \
	X(FLR_IGNORED, "flr-ignored", "a function level reset does nothing")                                           \
	X(HALT_MISSING, "halt-missing", "a change of PCI configuration while enabled does not halt the device")        \
	X(HALT_COMMANDS, "halt-commands", "a halted device executes commands")                                         \
	X(SWERROR_LOST, "swerror-lost", "SWERROR is never filled")                                                     \
	X(SWERROR_LAST, "swerror-last", "SWERROR keeps the last error, not the first")                                 \
	X(SWERROR_OVERFLOW_LOST, "swerror-overflow-lost", "SWERROR does not say that errors were lost")                \
	X(SWERROR_SILENT, "swerror-silent", "SWERROR is filled without an interrupt")                                  \
	X(SWERROR_WQ, "swerror-wq", "SWERROR names the WQ beside the one that it is about")                            \
	X(OVERFLOW_SILENT, "overflow-silent", "a write to a full WQ is dropped without a record in SWERROR")           \
	X(PORTAL_ACCEPTS_DISABLED, "portal-accepts-disabled", "a disabled WQ accepts descriptors")                     \
	X(PORTAL_SLOTS, "portal-slots", "only the first 64 bytes of a portal page take descriptors")                   \
	X(PORTAL_LIMITED_DEAD, "portal-limited-dead", "limited portals of dedicated WQs take nothing")                 \
	X(PORTAL_SMALL_WRITES, "portal-small-writes", "eight 8-byte writes to a portal are a descriptor")              \
	X(DUMMY_PORTAL, "dummy-portal", "the dummy portal page takes descriptors for WQ 0; with version=2.0")          \
	X(ABORT_UNRECORDED, "abort-unrecorded", "the PCI status says nothing of reads that were refused")              \
	X(SHARED_TAKES_POSTED, "shared-takes-posted", "a shared WQ accepts MOVDIR64B")                                 \
	X(DEDICATED_TAKES_DEFERRABLE, "dedicated-takes-deferrable", "a dedicated WQ accepts ENQCMD")                   \
	X(SHARED_DROPS, "shared-drops", "a full shared WQ drops what it should have refused")                          \
	/* performance monitoring: perfmon.c, perfmon_regs.c */                                                        \
	X(PERF_ANY_EVENT, "perf-any-event", "counters count each event of their category")                             \
	X(PERF_FILTER_IGNORED, "perf-filter-ignored", "the filters of counters do nothing")                            \
	X(PERF_PAGE_SIZE, "perf-page-size", "each translation counts as that of a 4 KiB page")                         \
	X(PERF_UNLOCKED, "perf-unlocked", "a counter that is enabled can be configured")                               \
	X(PERF_OVERFLOW_SILENT, "perf-overflow-silent", "counters overflow without the interrupt they asked for")      \
	X(PERF_FREEZE_IGNORED, "perf-freeze-ignored", "counters that are frozen go on")                                \
	X(PERF_ANY_PASID, "perf-any-pasid", "a filter for one PASID lets each PASID pass; with version=2.0")           \
	/* isolation: memory.c, portals.c */                                                                           \
	X(PASID_IGNORED, "pasid-ignored", "requests carry no PASID")                                                   \
	X(PASID_FIXED, "pasid-fixed", "requests carry PASID 1, whatever the WQ says")                                  \
	X(DESCRIPTOR_PASID, "descriptor-pasid", "descriptors of a dedicated WQ run with the PASID that they name")     \
	X(SHARED_PASID, "shared-pasid", "descriptors of shared WQs run with the PASID of the WQ")                      \
	/* DSA 2.0: evl.c, capability.c, enable.c, ops.c, batch.c; with version=2.0 */                                 \
	X(EVL_IGNORED, "evl-ignored", "errors go to SWERROR although the event log is on")                             \
	X(EVL_LOST, "evl-lost", "the tail of the event log goes on, and no entry is written")                          \
	X(EVL_WRAP, "evl-wrap", "the tail of the event log goes around one entry early")                               \
	X(EVL_OVERWRITES, "evl-overwrites", "a full event log loses its oldest entries")                               \
	X(EVL_INTERRUPTS, "evl-interrupts", "each entry interrupts, whether an interrupt is pending or not")           \
	X(EVL_UNLOCKED, "evl-unlocked", "EVLCFG may be written while the device is enabled")                           \
	X(EVL_CONFIG_UNCHECKED, "evl-config-unchecked", "Enable Device does not look at EVLCFG")                       \
	X(EVL_NO_RECORD, "evl-no-record", "entries of the event log have an empty completion record")                  \
	X(EVL_BATCH_ID, "evl-batch-id", "a batch has another name in the event log than what is in it")                \
	X(EVL_DRAIN_RECORD, "evl-drain-record", "a drain writes its record where the event log should have it")        \
	X(OPCFG_IGNORED, "opcfg-ignored", "a WQ runs what its OPCFG forbids")                                          \
	X(OPCFG_UNCHECKED, "opcfg-unchecked", "Enable WQ accepts operations that OPCAP lacks")                         \
	X(OPCFG_RESET, "opcfg-reset", "OPCFG is 0 after a reset")                                                      \
	X(PRS_DISABLE_UNCHECKED, "prs-disable-unchecked",                                                              \
	  "page requests can be switched off for a WQ without an event log")                                           \
	X(FILL16_HALF, "fill16-half", "fill by 16 bytes repeats the first 8")                                          \
	X(CRC64_POLYNOMIAL, "crc64-polynomial", "CRC64 uses the polynomial of ECMA-182")                               \
	X(DIX_TAG, "dix-tag", "DIX generation does not count the reference tag up")                                    \
	X(STRIDE_UNCHECKED, "stride-unchecked", "translation fetch accepts any stride")                                \
	X(FAULT_OPERAND, "fault-operand", "a page fault is always said to be of the source")                           \
	X(BATCH_ERROR_IGNORED, "batch-error-ignored", "a batch that goes on does not know of failures before")         \
	X(READBACK_FIELD, "readback-field", "a drain accepts an address that its flags do not ask for")                \
	/* inter-domain operations: idpt.c, memory.c, enable.c; with version=2.0 */                                    \
	X(DOMAIN_IGNORED, "domain-ignored", "inter-domain operations access memory as their own PASID")                \
	X(IDPT_SUBMITTER, "idpt-submitter", "an entry of the IDPT serves any submitter")                               \
	X(IDPT_UNUSABLE, "idpt-unusable", "an entry of the IDPT serves although it is not usable")                     \
	X(IDPT_PERMISSION, "idpt-permission", "an entry of the IDPT allows reads and writes, whatever it says")        \
	X(IDPT_WINDOW_IGNORED, "idpt-window-ignored", "the window of an entry of the IDPT is not looked at")           \
	X(IDPT_WINDOW_END, "idpt-window-end", "the window of an entry of the IDPT ends one byte late")                 \
	X(IDPT_OFFSET_IGNORED, "idpt-offset-ignored", "offsets in a window are taken for addresses")                   \
	X(IDPT_BITMAP_IGNORED, "idpt-bitmap-ignored", "submitters that a bitmap does not have are served")             \
	X(IDPT_BITMAP_BIT, "idpt-bitmap-bit", "the bits of each byte of a bitmap are read in reverse")                 \
	X(IDPT_BITMAP_STALE, "idpt-bitmap-stale", "Invalidate Submitter Bitmap Cache does nothing")                    \
	X(IDPT_HANDLE_STALE, "idpt-handle-stale", "a released handle of the IDPT is as good as before")                \
	X(IDPT_HANDLE_UNNAMED, "idpt-handle-unnamed", "errors do not say which handle of the IDPT was wrong")          \
	X(IDPT_UNLOCKED, "idpt-unlocked", "an entry of the IDPT may be written while it is usable")                    \
	X(IDPT_RESET, "idpt-reset", "Reset Device keeps the IDPT")                                                     \
	X(IDBR_UNCHECKED, "idbr-unchecked", "Enable Device does not look at IDBR")                                     \
	X(UPDATE_UNASKED, "update-unasked", "Update Window changes entries that do not allow it")                      \
	X(UPDATE_FOREIGN, "update-foreign", "Update Window changes entries of others")                                 \
	X(UPDATE_LOST, "update-lost", "Update Window succeeds and changes nothing")

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
