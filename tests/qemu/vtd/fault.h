/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Ways in which the emulated VT-d unit can be wrong on purpose, so that the suites can be shown to notice.
 */
#ifndef TESTS_QEMU_VTD_FAULT_H
#define TESTS_QEMU_VTD_FAULT_H

#include <stdint.h>

/* One row each: constant, the name in x-fault=, what goes wrong. */
#define VTD_WRONGS(X)                                                                                     \
	X(PASID_IGNORED, "pasid-ignored", "every request is translated by RID_PASID's entry")             \
	X(WRITE_ALLOWED, "stage-write-allowed", "writes go through without write permission")             \
	X(FAULT_NOT_RECORDED, "fault-not-recorded", "faults block the request but leave no record")       \
	X(FAULT_PASID, "fault-pasid", "fault records carry a wrong PASID")                                \
	X(FAULT_REASON, "fault-reason", "fault records carry a wrong reason")                             \
	X(IRTE_IGNORED, "irte-ignored", "remapped interrupts arrive on another vector")                   \
	X(IRTE_SID_IGNORED, "irte-sid-ignored", "the source-id check of IRTEs passes everybody")          \
	X(IOTLB_STALE, "iotlb-stale", "IOTLB invalidations complete and drop nothing")                    \
	X(SECOND_STAGE_IGNORED, "second-stage-ignored", "the second stage passes addresses unchanged")    \
	X(PASID_ABSENT, "pasid-absent-allowed", "PASID entries that are not present translate")           \
	X(PASID_RESERVED, "pasid-reserved-ignored", "reserved bits of PASID entries are not looked at")   \
	X(RID_PASID_NAMED, "rid-pasid-named", "a request may name RID_PASID as its PASID")                \
	X(CANONICAL, "canonical-unchecked", "first-stage addresses need not be canonical")                \
	X(WIDTH, "width-unchecked", "second-stage addresses beyond the width wrap round")                 \
	X(FPD_IGNORED, "fpd-ignored", "faults are recorded although an entry says not to")                \
	X(IRTE_ABSENT, "irte-absent-allowed", "IRTEs that are not present remap")                         \
	X(COMPAT_PASSES, "compatibility-passes", "interrupts in compatibility format pass")               \
	X(IOTLB_SHARED, "iotlb-shared", "translations of one PASID serve the others of the function")     \
	X(INTERRUPT_RANGE, "interrupt-range-open", "what is longer than an interrupt arrives as several") \
	X(POSTED_BIT, "posted-bit", "a posted interrupt sets the bit of another vector")                  \
	X(POSTED_LOST, "posted-lost", "posted interrupts are never told of, though ON is set")            \
	X(POSTED_ON_UNSET, "posted-on-unset", "the notification of a posted interrupt leaves ON clear")   \
	X(POSTED_ON_IGNORED, "posted-on-ignored", "posted interrupts are told of although ON is set")     \
	X(POSTED_SN_IGNORED, "posted-sn-ignored", "posted interrupts are told of although SN is set")     \
	X(POSTED_URGENT_IGNORED, "posted-urgent-ignored", "SN silences urgent posted interrupts, too")    \
	X(POSTED_RESERVED, "posted-reserved-ignored", "reserved fields of descriptors are not looked at")

enum vtd_wrong_bit {
#define VTD_WRONG_BIT(name, text, words) VTD_WRONG_BIT_##name,
	VTD_WRONGS(VTD_WRONG_BIT)
#undef VTD_WRONG_BIT
};

/* Names separated by colons to a set of VTD_WRONG(). 0, or -1 if a name is unknown; so is an empty one. */
int vtd_wrong_parse(const char *names, uint32_t *wrong);

/* Prints the names and what they do, one a line, on stdout. */
void vtd_wrong_list(void);

#define VTD_WRONG(name) (UINT32_C(1) << VTD_WRONG_BIT_##name)

#endif
