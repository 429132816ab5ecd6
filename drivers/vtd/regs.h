/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The registers of a VT-d unit and the descriptors of its invalidation queue. What it reads from memory to translate is
 * in drivers/vtd/tables.h.
 *
 * Section numbers are those of the Intel VT-d Architecture Specification, D51397-018 (registers: 11.4).
 */
#ifndef DRIVERS_VTD_REGS_H
#define DRIVERS_VTD_REGS_H

#include "drivers/vtd/tables.h"
#include "kernel/bits.h"

#define VTD_VER       0x000 /* 32 */
#define VTD_VER_MINOR GENMASK32(3, 0)
#define VTD_VER_MAJOR GENMASK32(7, 4)

#define VTD_CAP          0x008           /* 64 */
#define VTD_CAP_ND       GENMASK64(2, 0) /* domain ids have 4 + 2 * ND bits */
#define VTD_CAP_RWBF     BIT64(4)
#define VTD_CAP_PLMR     BIT64(5)
#define VTD_CAP_PHMR     BIT64(6)
#define VTD_CAP_CM       BIT64(7)
#define VTD_CAP_SAGAW    GENMASK64(12, 8)
#define VTD_CAP_SAGAW_39 BIT64(9)
#define VTD_CAP_SAGAW_48 BIT64(10)
#define VTD_CAP_SAGAW_57 BIT64(11)
#define VTD_CAP_MGAW     GENMASK64(21, 16) /* width - 1 */
#define VTD_CAP_ZLR      BIT64(22)
#define VTD_CAP_FRO      GENMASK64(33, 24) /* in units of VTD_OFFSET_UNIT bytes */
#define VTD_OFFSET_UNIT  16
#define VTD_CAP_SSLPS_2M BIT64(34)
#define VTD_CAP_SSLPS_1G BIT64(35)
#define VTD_CAP_PSI      BIT64(39)
#define VTD_CAP_NFR      GENMASK64(47, 40) /* fault records - 1 */
#define VTD_CAP_MAMV     GENMASK64(53, 48)
#define VTD_CAP_DWD      BIT64(54)
#define VTD_CAP_DRD      BIT64(55)
#define VTD_CAP_FS1GP    BIT64(56)
#define VTD_CAP_PI       BIT64(59)
#define VTD_CAP_FS5LP    BIT64(60)
#define VTD_CAP_ECMDS    BIT64(61)
#define VTD_CAP_ESIRTPS  BIT64(62)
#define VTD_CAP_ESRTPS   BIT64(63)

#define VTD_ECAP        0x010    /* 64 */
#define VTD_ECAP_C      BIT64(0) /* tables are snooped; 0: flush lines after writing */
#define VTD_ECAP_QI     BIT64(1)
#define VTD_ECAP_DT     BIT64(2)
#define VTD_ECAP_IR     BIT64(3)
#define VTD_ECAP_EIM    BIT64(4)
#define VTD_ECAP_PT     BIT64(6)
#define VTD_ECAP_SC     BIT64(7)
#define VTD_ECAP_IRO    GENMASK64(17, 8) /* in units of VTD_OFFSET_UNIT bytes */
#define VTD_ECAP_MHMV   GENMASK64(23, 20)
#define VTD_ECAP_MTS    BIT64(25)
#define VTD_ECAP_NEST   BIT64(26)
#define VTD_ECAP_PRS    BIT64(29)
#define VTD_ECAP_SRS    BIT64(31)
#define VTD_ECAP_NWFS   BIT64(33)
#define VTD_ECAP_EAFS   BIT64(34)
#define VTD_ECAP_PSS    GENMASK64(39, 35) /* PASID width - 1 */
#define VTD_ECAP_PASID  BIT64(40)
#define VTD_ECAP_DIT    BIT64(41)
#define VTD_ECAP_PDS    BIT64(42)
#define VTD_ECAP_SMTS   BIT64(43)
#define VTD_ECAP_VCS    BIT64(44)
#define VTD_ECAP_SSADS  BIT64(45)
#define VTD_ECAP_SSTS   BIT64(46)
#define VTD_ECAP_FSTS   BIT64(47)
#define VTD_ECAP_SMPWC  BIT64(48)
#define VTD_ECAP_RPS    BIT64(49)
#define VTD_ECAP_TDXCS  BIT64(50)
#define VTD_ECAP_PMS    BIT64(51)
#define VTD_ECAP_ADMS   BIT64(52)
#define VTD_ECAP_RPRIVS BIT64(53)
#define VTD_ECAP_HPTS   BIT64(55)
#define VTD_ECAP_PTRS   BIT64(56)
#define VTD_ECAP_SSIRWS BIT64(57)
#define VTD_ECAP_SMS    BIT64(58)
#define VTD_ECAP_EIMER  BIT64(61)
#define VTD_ECAP_IRREQ  BIT64(62)

/* One command bit is changed at a time: see VTD_GSTS_LEVEL. */
#define VTD_GCMD       0x018 /* 32, write only */
#define VTD_GCMD_CFI   BIT32(23)
#define VTD_GCMD_SIRTP BIT32(24)
#define VTD_GCMD_IRE   BIT32(25)
#define VTD_GCMD_QIE   BIT32(26)
#define VTD_GCMD_WBF   BIT32(27)
#define VTD_GCMD_SRTP  BIT32(30)
#define VTD_GCMD_TE    BIT32(31)

#define VTD_GSTS       0x01c /* 32 */
#define VTD_GSTS_CFIS  BIT32(23)
#define VTD_GSTS_IRTPS BIT32(24)
#define VTD_GSTS_IRES  BIT32(25)
#define VTD_GSTS_QIES  BIT32(26)
#define VTD_GSTS_WBFS  BIT32(27)
#define VTD_GSTS_RTPS  BIT32(30)
#define VTD_GSTS_TES   BIT32(31)
/* What of GSTS goes back into GCMD when one bit changes: all but the one-shot commands. */
#define VTD_GSTS_LEVEL UINT32_C(0x96ffffff)

#define VTD_RTADDR       0x020 /* 64 */
#define VTD_RTADDR_RTA   GENMASK64(63, 12)
#define VTD_RTADDR_TTM   GENMASK64(11, 10)
#define VTD_TTM_LEGACY   0
#define VTD_TTM_SCALABLE 1
#define VTD_TTM_ABORT    3

#define VTD_FSTS     0x034    /* 32 */
#define VTD_FSTS_PFO BIT32(0) /* write 1 to clear, as IQE, ICE and ITE */
#define VTD_FSTS_PPF BIT32(1)
#define VTD_FSTS_IQE BIT32(4)
#define VTD_FSTS_ICE BIT32(5)
#define VTD_FSTS_ITE BIT32(6)
#define VTD_FSTS_FRI GENMASK32(15, 8)

/* Fault, invalidation completion and page request events: four registers each. */
#define VTD_FECTL        0x038
#define VTD_IECTL        0x0a0
#define VTD_PECTL        0x0e0
#define VTD_EVENT_CTL    0x0 /* 32, from the event's first register */
#define VTD_EVENT_CTL_IP BIT32(30)
#define VTD_EVENT_CTL_IM BIT32(31)
#define VTD_EVENT_DATA   0x4 /* 32 */
#define VTD_EVENT_ADDR   0x8 /* 32 */
#define VTD_EVENT_UADDR  0xc /* 32 */

#define VTD_PMEN        0x064 /* 32 */
#define VTD_PMEN_STATUS BIT32(0)
#define VTD_PMEN_EPM    BIT32(31)

#define VTD_IQH       0x080 /* 64, byte offset in bits 18:4 */
#define VTD_IQT       0x088 /* 64 */
#define VTD_IQ_OFFSET GENMASK64(18, 4)
#define VTD_IQA       0x090 /* 64 */
#define VTD_IQA_BASE  GENMASK64(63, 12)
#define VTD_IQA_DW    BIT64(11)       /* 256-bit descriptors */
#define VTD_IQA_SIZE  GENMASK64(2, 0) /* 2^QS pages */

#define VTD_ICS      0x09c /* 32 */
#define VTD_ICS_WAIT BIT32(0)

#define VTD_IQERCD        0x0b0 /* 64 */
#define VTD_IQERCD_IQEI   GENMASK64(3, 0)
#define VTD_IQERCD_ITESID GENMASK64(47, 32)
#define VTD_IQERCD_ICESID GENMASK64(63, 48)

#define VTD_IRTA      0x0b8 /* 64 */
#define VTD_IRTA_BASE GENMASK64(63, 12)
#define VTD_IRTA_EIM  BIT64(11)
#define VTD_IRTA_SIZE GENMASK64(3, 0) /* 2^(S + 1) entries */

#define VTD_PQH 0x0c0 /* 64 */
#define VTD_PQT 0x0c8 /* 64 */
#define VTD_PQA 0x0d0 /* 64 */
#define VTD_PRS 0x0dc /* 32 */

/* Fault recording registers: CAP.FRO, 16 bytes each, CAP.NFR + 1 of them. */
#define VTD_FRCD_STRIDE   16
#define VTD_FRCD_TOP      12 /* offset of the dword that holds F */
#define VTD_FRCD_TOP_F    BIT32(31)
/* first quadword */
#define VTD_FRCD0_ADDRESS GENMASK64(63, 12)
#define VTD_FRCD0_INDEX   GENMASK64(63, 48) /* interrupt faults */
/* second quadword */
#define VTD_FRCD1_SID     GENMASK64(15, 0)
#define VTD_FRCD1_T2      BIT64(28)
#define VTD_FRCD1_PRIV    BIT64(29)
#define VTD_FRCD1_EXE     BIT64(30)
#define VTD_FRCD1_PP      BIT64(31) /* the request had a PASID */
#define VTD_FRCD1_REASON  GENMASK64(39, 32)
#define VTD_FRCD1_PASID   GENMASK64(59, 40)
#define VTD_FRCD1_AT      GENMASK64(61, 60)
#define VTD_FRCD1_T1      BIT64(62)
#define VTD_FRCD1_F       BIT64(63)

/* Invalidation descriptors of 256 bits (6.5.2): q0 and q1; q2 and q3 are 0 in all kinds used here. */
#define VTD_QI_WORDS       4
#define VTD_QI_TYPE        GENMASK64(3, 0)
#define VTD_QI_GRANULARITY GENMASK64(5, 4)
#define VTD_QI_DID         GENMASK64(31, 16) /* kinds 1, 2, 6, 7 */
#define VTD_QI_PASID       GENMASK64(51, 32) /* kinds 6, 7, 8, 9 */
#define VTD_QI_ADDRESS     GENMASK64(63, 12) /* q1 of kinds 2, 3, 6, 8 */
#define VTD_QI_AM          GENMASK64(5, 0)   /* q1 of kinds 2, 6: 2^AM pages */
#define VTD_QI_IH          BIT64(6)          /* q1 of kinds 2, 6: only leaf entries changed */

#define VTD_QI_CONTEXT        1
#define VTD_QI_CONTEXT_GLOBAL 1
#define VTD_QI_CONTEXT_DEVICE 3
#define VTD_QI_CONTEXT_SID    GENMASK64(47, 32)
#define VTD_QI_CONTEXT_FM     GENMASK64(49, 48)

#define VTD_QI_IOTLB        2
#define VTD_QI_IOTLB_GLOBAL 1
#define VTD_QI_IOTLB_DOMAIN 2
#define VTD_QI_IOTLB_PAGE   3
#define VTD_QI_IOTLB_DW     BIT64(6) /* drain writes */
#define VTD_QI_IOTLB_DR     BIT64(7) /* drain reads */

#define VTD_QI_DEVTLB            3
#define VTD_QI_DEVTLB_MIP        GENMASK64(20, 16)
#define VTD_QI_DEVTLB_SID        GENMASK64(47, 32)
#define VTD_QI_DEVTLB_PFSID_LOW  GENMASK64(15, 12) /* kinds 3 and 8 */
#define VTD_QI_DEVTLB_PFSID_HIGH GENMASK64(63, 52)
#define VTD_QI_DEVTLB_ALL        UINT64_C(0x7ffffffffffff001) /* q1: everything */

#define VTD_QI_IEC                 4
#define VTD_QI_IEC_INDEX_SELECTIVE BIT64(4)
#define VTD_QI_IEC_IM              GENMASK64(31, 27)
#define VTD_QI_IEC_IIDX            GENMASK64(47, 32)

#define VTD_QI_WAIT      5
#define VTD_QI_WAIT_IF   BIT64(4)
#define VTD_QI_WAIT_SW   BIT64(5)
#define VTD_QI_WAIT_FN   BIT64(6)
#define VTD_QI_WAIT_PD   BIT64(7)
#define VTD_QI_WAIT_DATA GENMASK64(63, 32)

#define VTD_QI_PIOTLB      6
#define VTD_QI_PIOTLB_ALL  2
#define VTD_QI_PIOTLB_PAGE 3

#define VTD_QI_PASID_CACHE           7
#define VTD_QI_PASID_CACHE_DOMAIN    0
#define VTD_QI_PASID_CACHE_SELECTIVE 1
#define VTD_QI_PASID_CACHE_GLOBAL    3

#define VTD_QI_PDEVTLB     8
#define VTD_QI_PDEVTLB_MIP GENMASK64(8, 4)
#define VTD_QI_PDEVTLB_SID GENMASK64(31, 16)
#define VTD_QI_PDEVTLB_ALL UINT64_C(0x7ffffffffffff800) /* q1: everything of the PASID */

#define VTD_QI_PAGE_RESPONSE      9
#define VTD_QI_PAGE_RESPONSE_PP   BIT64(4)
#define VTD_QI_PAGE_RESPONSE_RC   GENMASK64(15, 12)
#define VTD_QI_PAGE_RESPONSE_RID  GENMASK64(31, 16)
#define VTD_QI_PAGE_RESPONSE_PRGI GENMASK64(11, 3) /* q1 */

#endif
