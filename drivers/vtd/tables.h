/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What a VT-d unit in scalable mode reads from memory, and the reasons it gives when it refuses. The driver and the
 * emulated unit share this file: constants only.
 *
 * Structures are arrays of 64-bit words, lowest first (q0, q1, ...); a mask belongs to the word its comment names.
 * Section numbers are those of the Intel VT-d Architecture Specification, D51397-018.
 */
#ifndef DRIVERS_VTD_TABLES_H
#define DRIVERS_VTD_TABLES_H

#include "kernel/bits.h"

/* Pointers of every table: 4 KiB aligned, and bits from the host address width upwards reserved. */
#define VTD_ADDRESS GENMASK64(63, 12)

#define VTD_DEVFN_OF(sid) ((sid)&0xffU)
#define VTD_BUS_OF(sid)   (((sid) >> 8) & 0xffU)

/* Root table (9.1): 256 entries of two words, by bus; the word is chosen by devfn bit 7. */
#define VTD_ROOT_ENTRIES           256
#define VTD_ROOT_WORDS             2
#define VTD_ROOT_PRESENT           BIT64(0)         /* LP in q0, UP in q1 */
#define VTD_ROOT_RESERVED          GENMASK64(11, 1) /* in either word */
#define VTD_ROOT_INDEX(bus, devfn) (2U * (bus) + ((devfn) >> 7))

/* Scalable-mode context entry (9.4): 128 a table, by devfn[6:0]. */
#define VTD_CTX_ENTRIES      128
#define VTD_CTX_WORDS        4
/* q0 */
#define VTD_CTX_PRESENT      BIT64(0)
#define VTD_CTX_FPD          BIT64(1)
#define VTD_CTX_DTE          BIT64(2) /* device TLB allowed; reserved if ECAP.DT=0 */
#define VTD_CTX_PASIDE       BIT64(3) /* requests with PASID allowed; reserved if ECAP.PASID=0 */
#define VTD_CTX_PRE          BIT64(4) /* page requests allowed; reserved if ECAP.PRS=0 */
#define VTD_CTX_HPTE         BIT64(5)
#define VTD_CTX_EPTR         BIT64(6)
#define VTD_CTX_RESERVED0    GENMASK64(8, 7)
#define VTD_CTX_PDTS         GENMASK64(11, 9) /* 2^(PDTS + 7) directory entries */
#define VTD_CTX_PASIDS(pdts) (UINT32_C(1) << ((pdts) + 13))
/* q1; q2 and q3 are reserved */
#define VTD_CTX_RID_PASID    GENMASK64(19, 0) /* reserved, and taken for 0, if ECAP.RPS=0 */
#define VTD_CTX_RID_PRIV     BIT64(20)
#define VTD_CTX_RESERVED1    GENMASK64(63, 21)

/* Scalable-mode PASID directory (9.5): one word an entry, by PASID[19:6]. */
#define VTD_PASIDDIR_PER_PAGE        512
#define VTD_PASIDDIR_PRESENT         BIT64(0)
#define VTD_PASIDDIR_FPD             BIT64(1)
#define VTD_PASIDDIR_RESERVED        GENMASK64(11, 2)
#define VTD_PASIDDIR_INDEX_OF(pasid) ((pasid) >> 6)

/* Scalable-mode PASID table entry (9.6): 64 a table, by PASID[5:0]. */
#define VTD_PASID_TABLE_ENTRIES         64
#define VTD_PASID_WORDS                 8
#define VTD_PASID_TABLE_INDEX_OF(pasid) ((pasid)&63U)
/* q0 */
#define VTD_PASID0_PRESENT              BIT64(0)
#define VTD_PASID0_FPD                  BIT64(1)
#define VTD_PASID0_AW                   GENMASK64(4, 2)
#define VTD_AW_39BIT                    1
#define VTD_AW_48BIT                    2
#define VTD_AW_57BIT                    3
#define VTD_PASID0_RESERVED             (BIT64(5) | GENMASK64(11, 10))
#define VTD_PASID0_PGTT                 GENMASK64(8, 6)
#define VTD_PGTT_FIRST                  1
#define VTD_PGTT_SECOND                 2
#define VTD_PGTT_NESTED                 3
#define VTD_PGTT_PASS_THROUGH           4
#define VTD_PASID0_SSADE                BIT64(9) /* reserved if ECAP.SSADS=0 */
#define VTD_PASID0_SSPTPTR              GENMASK64(63, 12)
/* q1 */
#define VTD_PASID1_DID                  GENMASK64(15, 0)
#define VTD_PASID1_RESERVED             (GENMASK64(22, 16) | GENMASK64(31, 27))
#define VTD_PASID1_PWSNP                BIT64(23) /* reserved if ECAP.SMPWC=0 */
#define VTD_PASID1_PGSNP                BIT64(24) /* reserved if ECAP.SC=0 */
#define VTD_PASID1_CD                   BIT64(25) /* this and the next two: reserved if ECAP.MTS=0 */
#define VTD_PASID1_EMTE                 BIT64(26)
#define VTD_PASID1_PAT                  GENMASK64(63, 32)
/* q2 */
#define VTD_PASID2_SRE                  BIT64(0) /* reserved if ECAP.SRS=0 */
#define VTD_PASID2_FSPM                 GENMASK64(3, 2)
#define VTD_FSPM_4LEVEL                 0
#define VTD_FSPM_5LEVEL                 1
#define VTD_PASID2_WPE                  BIT64(4)
#define VTD_PASID2_EAFE                 BIT64(7) /* reserved if ECAP.EAFS=0 */
#define VTD_PASID2_RESERVED             (BIT64(1) | GENMASK64(11, 8))
#define VTD_PASID2_FSPTPTR              GENMASK64(63, 12)
/* q3 to q7: reserved without host permission tables */

/* Page-table entries, both stages (9.7, 9.8). */
#define VTD_PT_ENTRIES               512
#define VTD_PT_INDEX(address, level) (((address) >> (12 + 9 * ((level)-1))) & 511U) /* level 1 holds 4 KiB leaves */
#define VTD_PT_PAGE_BYTES(level)     (UINT64_C(1) << (12 + 9 * ((level)-1)))
#define VTD_PT_ADDRESS               GENMASK64(51, 12)
#define VTD_PT_LARGE                 BIT64(7) /* PS: leaf at level 2 or 3 */

/* First stage */
#define VTD_FS_PRESENT      BIT64(0)
#define VTD_FS_WRITE        BIT64(1)
#define VTD_FS_USER         BIT64(2)
#define VTD_FS_PWT          BIT64(3)
#define VTD_FS_PCD          BIT64(4)
#define VTD_FS_ACCESSED     BIT64(5)
#define VTD_FS_DIRTY        BIT64(6)
#define VTD_FS_EXT_ACCESSED BIT64(10) /* ignored unless the PASID entry has EAFE */
#define VTD_FS_LARGE_PAT    BIT64(12)

/* Second stage */
#define VTD_SS_READ        BIT64(0)
#define VTD_SS_WRITE       BIT64(1)
#define VTD_SS_EMT         GENMASK64(5, 3)
#define VTD_SS_IPAT        BIT64(6)
#define VTD_SS_ACCESSED    BIT64(8)
#define VTD_SS_DIRTY       BIT64(9)
#define VTD_SS_SNOOP       BIT64(11) /* reserved if ECAP.SC=0, and in entries that are no leaves */
#define VTD_SS_RESERVED_TM BIT64(62)

/* The interrupt window: never the output of a translation (3.14). */
#define VTD_MSI_WINDOW_FIRST UINT64_C(0xfee00000)
#define VTD_MSI_WINDOW_LAST  UINT64_C(0xfeefffff)

/* Interrupt remapping table entry (9.9), two words. */
#define VTD_IRTE_WORDS             2
/* q0 */
#define VTD_IRTE0_PRESENT          BIT64(0)
#define VTD_IRTE0_FPD              BIT64(1)
#define VTD_IRTE0_LOGICAL          BIT64(2)
#define VTD_IRTE0_REDIRECTION_HINT BIT64(3)
#define VTD_IRTE0_LEVEL            BIT64(4)
#define VTD_IRTE0_DELIVERY         GENMASK64(7, 5)
#define VTD_IRTE_FIXED             0
#define VTD_IRTE_LOWEST            1
#define VTD_IRTE_SMI               2
#define VTD_IRTE_NMI               4
#define VTD_IRTE_INIT              5
#define VTD_IRTE_EXTINT            7
#define VTD_IRTE0_POSTED           BIT64(15) /* IM */
#define VTD_IRTE0_VECTOR           GENMASK64(23, 16)
#define VTD_IRTE0_RESERVED         (GENMASK64(14, 12) | GENMASK64(31, 24)) /* of the remapped format */
#define VTD_IRTE0_DEST             GENMASK64(63, 32)                       /* with EIME */
#define VTD_IRTE0_DEST_XAPIC       GENMASK64(47, 40)                       /* without EIME */
/* q1 */
#define VTD_IRTE1_SID              GENMASK64(15, 0)
#define VTD_IRTE1_SQ               GENMASK64(17, 16)
#define VTD_SQ_ALL_BITS            0
#define VTD_SQ_IGNORE_2            1
#define VTD_SQ_IGNORE_2_1          2
#define VTD_SQ_IGNORE_2_0          3
#define VTD_IRTE1_SVT              GENMASK64(19, 18)
#define VTD_SVT_NO_CHECK           0
#define VTD_SVT_SID                1
#define VTD_SVT_BUS_RANGE          2 /* SID[15:8] first bus, SID[7:0] last */
#define VTD_IRTE1_RESERVED         GENMASK64(63, 20)

/* The address of a remappable interrupt message (5.1.2.2); data is 0 with SHV=0. */
#define VTD_MSI_ADDRESS     UINT64_C(0xfee00000)
#define VTD_MSI_HANDLE_LOW  GENMASK64(19, 5) /* handle[14:0] */
#define VTD_MSI_REMAPPABLE  BIT64(4)
#define VTD_MSI_SHV         BIT64(3)
#define VTD_MSI_HANDLE_HIGH BIT64(2) /* handle[15] */

/* Fault reasons (7.1.3, 5.1.4.1). One row each: name, code, words. */
#define VTD_FAULT_REASONS(X)                                                                              \
	/* legacy-mode codes, which some emulated units also give in scalable mode */                     \
	X(LEGACY_ROOT_P, 0x01, "root entry not present (legacy code)")                                    \
	X(LEGACY_CTX_P, 0x02, "context entry not present (legacy code)")                                  \
	X(LEGACY_CTX_INVALID, 0x03, "context entry invalid (legacy code)")                                \
	X(LEGACY_ADDRESS, 0x04, "address beyond the guest address width (legacy code)")                   \
	X(LEGACY_WRITE, 0x05, "no write permission (legacy code)")                                        \
	X(LEGACY_READ, 0x06, "no read permission (legacy code)")                                          \
	X(LEGACY_PT_ACCESS, 0x07, "page-table entry access error (legacy code)")                          \
	X(LEGACY_ROOT_ACCESS, 0x08, "root entry access error (legacy code)")                              \
	X(LEGACY_CTX_ACCESS, 0x09, "context entry access error (legacy code)")                            \
	X(LEGACY_ROOT_RSVD, 0x0a, "root entry reserved bit (legacy code)")                                \
	X(LEGACY_CTX_RSVD, 0x0b, "context entry reserved bit (legacy code)")                              \
	X(LEGACY_PT_RSVD, 0x0c, "page-table entry reserved bit (legacy code)")                            \
	X(LEGACY_BLOCKED, 0x0d, "request type blocked (legacy code)")                                     \
	X(LEGACY_MSI_OUTPUT, 0x0e, "output in the interrupt range (legacy code)")                         \
	/* interrupt remapping */                                                                         \
	X(IR_REQ_RSVD, 0x20, "interrupt request reserved field")                                          \
	X(IR_INDEX, 0x21, "interrupt index beyond the table")                                             \
	X(IR_ENTRY_P, 0x22, "IRTE not present")                                                           \
	X(IR_ACCESS, 0x23, "interrupt remapping table access error")                                      \
	X(IR_ENTRY_RSVD, 0x24, "IRTE reserved field")                                                     \
	X(IR_COMPAT, 0x25, "compatibility format interrupt blocked")                                      \
	X(IR_SID, 0x26, "IRTE source-id check failed")                                                    \
	X(IR_PID_ACCESS, 0x27, "posted interrupt descriptor access error")                                \
	X(IR_PID_RSVD, 0x28, "posted interrupt descriptor reserved field")                                \
	X(IR_NOT_AN_INTERRUPT, 0x29, "request to the interrupt range that is no interrupt")               \
	X(IR_EIME, 0x2a, "x2APIC mode required but EIME is clear")                                        \
	X(IR_OFF, 0x2b, "MSI while interrupt remapping is off and required")                              \
	/* root table address register */                                                                 \
	X(RTA_TTM, 0x30, "translation table mode not supported (RTA.1)")                                  \
	X(RTA_LEGACY_PASID, 0x31, "request with PASID in legacy mode (RTA.2)")                            \
	X(RTA_LEGACY_PRQ, 0x32, "page request in legacy mode (RTA.3)")                                    \
	X(RTA_ABORT, 0x33, "abort-DMA mode active (RTA.4)")                                               \
	X(RTA_EXECUTE, 0x34, "execute requested (RTA.5)")                                                 \
	/* root entry */                                                                                  \
	X(ROOT_ACCESS, 0x38, "root entry access error (SRT.1)")                                           \
	X(ROOT_P, 0x39, "root entry not present (SRT.2)")                                                 \
	X(ROOT_RSVD, 0x3a, "root entry reserved bit (SRT.3)")                                             \
	/* context entry */                                                                               \
	X(CTX_ACCESS, 0x40, "context entry access error (SCT.1)")                                         \
	X(CTX_P, 0x41, "context entry not present (SCT.2)")                                               \
	X(CTX_RSVD, 0x42, "context entry reserved bit (SCT.3)")                                           \
	X(CTX_INVALID, 0x43, "context entry programmed wrong (SCT.4)")                                    \
	X(CTX_DTE, 0x44, "device TLB not allowed, DTE=0 (SCT.5)")                                         \
	X(CTX_PASIDE, 0x45, "request with PASID but PASIDE=0 (SCT.6)")                                    \
	X(CTX_PDTS, 0x46, "PASID beyond the directory (SCT.7)")                                           \
	X(CTX_PRE, 0x47, "page request but PRE=0 (SCT.8)")                                                \
	X(CTX_RID_PASID, 0x48, "PASID equals RID_PASID (SCT.9)")                                          \
	X(CTX_EPTR, 0x49, "translated request with PASID but EPTR=0 (SCT.10)")                            \
	/* PASID directory and table */                                                                   \
	X(PASIDDIR_ACCESS, 0x50, "PASID directory entry access error (SPD.1)")                            \
	X(PASIDDIR_P, 0x51, "PASID directory entry not present (SPD.2)")                                  \
	X(PASIDDIR_RSVD, 0x52, "PASID directory entry reserved bit (SPD.3)")                              \
	X(PASID_ACCESS, 0x58, "PASID table entry access error (SPT.1)")                                   \
	X(PASID_P, 0x59, "PASID table entry not present (SPT.2)")                                         \
	X(PASID_RSVD, 0x5a, "PASID table entry reserved bit (SPT.3)")                                     \
	X(PASID_INVALID, 0x5b, "PASID table entry: bad PGTT, AW, FSPM or FSPTPTR (SPT.4)")                \
	X(PASID_EXECUTE, 0x5c, "execute requested, not supported (SPT.5)")                                \
	X(PASID_SRE, 0x5d, "supervisor request but SRE=0 (SPT.6)")                                        \
	X(PASID_HPT, 0x60, "translated address beyond the host permission table (SPT.9)")                 \
	/* first stage */                                                                                 \
	X(FS_ACCESS, 0x70, "first-stage entry access error (SFS.1)")                                      \
	X(FS_P, 0x71, "first-stage entry not present (SFS.2)")                                            \
	X(FS_RSVD, 0x72, "first-stage entry reserved bit (SFS.3)")                                        \
	X(FS_TOP_ACCESS, 0x73, "first-stage top entry access error (SFS.4)")                              \
	X(FS_ADDRESS, 0x74, "nested: first-stage pointer beyond the second stage's width (SFS.5)")        \
	X(FS_TOP_NO_READ, 0x75, "nested: first-stage top entry not readable in the second stage (SFS.6)") \
	X(FS_NO_READ, 0x76, "nested: first-stage entry not readable in the second stage (SFS.7)")         \
	X(FS_NO_UPDATE, 0x77, "nested: no write right for an A/D update (SFS.8)")                         \
	X(FS_UPDATE_SNOOP, 0x90, "first-stage A/D update needed, walk not snooped (SFS.9)")               \
	X(FS_UPDATE, 0x91, "first-stage A/D update failed (SFS.10)")                                      \
	/* second stage */                                                                                \
	X(SS_ACCESS, 0x78, "second-stage entry access error (SSS.1)")                                     \
	X(SS_P, 0x79, "second-stage entry without any right (SSS.2)")                                     \
	X(SS_RSVD, 0x7a, "second-stage entry reserved bit (SSS.3)")                                       \
	X(SS_TOP_ACCESS, 0x7b, "second-stage top entry access error (SSS.4)")                             \
	X(SS_UPDATE_SNOOP, 0x7c, "second-stage A/D update needed, walk not snooped (SSS.5)")              \
	X(SS_UPDATE, 0x7d, "second-stage A/D update failed (SSS.6)")                                      \
	/* either */                                                                                      \
	X(NOT_CANONICAL, 0x80, "first-stage input not canonical (SGN.1)")                                 \
	X(USER, 0x81, "user request to a supervisor page (SGN.2)")                                        \
	X(HOST_ADDRESS, 0x83, "host address beyond the host address width (SGN.4)")                       \
	X(ADDRESS, 0x84, "address beyond the guest address width (SGN.5)")                                \
	X(WRITE, 0x85, "no write permission (SGN.6)")                                                     \
	X(READ, 0x86, "no read permission (SGN.7)")                                                       \
	X(MSI_OUTPUT, 0x87, "output in the interrupt range (SGN.8)")                                      \
	X(PSS, 0x89, "PASID beyond the supported size (SGN.10)")                                          \
	/* host permission table */                                                                       \
	X(HPT_ACCESS, 0xa0, "host permission table access error (HPT.1)")                                 \
	X(HPT_RSVD, 0xa1, "host permission table reserved bit (HPT.2)")                                   \
	X(HPT_ROOT_ACCESS, 0xa2, "host permission table root access error (HPT.3)")                       \
	X(HPT_NONE, 0xa3, "host permission table: no rights (HPT.4)")                                     \
	X(HPT_WRITE, 0xa4, "host permission table: no write permission (HPT.5)")                          \
	X(HPT_READ, 0xa5, "host permission table: no read permission (HPT.6)")

enum vtd_fault_reason {
#define VTD_FAULT_ENUM(name, code, words) VTD_FAULT_##name = code,
	VTD_FAULT_REASONS(VTD_FAULT_ENUM)
#undef VTD_FAULT_ENUM
};

/* Why the queue stopped (IQERCD.IQEI, 11.4.9.9). */
enum vtd_iq_error {
	VTD_IQE_NONE = 0,
	VTD_IQE_TAIL = 1,
	VTD_IQE_FETCH = 2,
	VTD_IQE_TYPE = 3,
	VTD_IQE_RESERVED = 4,
	VTD_IQE_WIDTH = 5,
	VTD_IQE_TAIL_ALIGN = 6,
	VTD_IQE_TTM = 7,
};

#endif
