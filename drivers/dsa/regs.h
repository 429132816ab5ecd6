/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The DSA's registers, one home for their layout: the driver, the virtual DSA and the device model all use this file.
 * Descriptors, completion records, opcodes and status codes are in <linux/idxd.h>.
 *
 * Section numbers are those of the Intel DSA Architecture Specification, 341204-006.
 */
#ifndef DRIVERS_DSA_REGS_H
#define DRIVERS_DSA_REGS_H

#include "kernel/bits.h"

#define DSA_PCI_VENDOR      0x8086
#define DSA_PCI_DEVICE_SPR  0x0b25
#define DSA_PCI_DEVICE_GNRD 0x11fb
#define DSA_PCI_DEVICE_DMR  0x1212
#define DSA_PCI_CLASS       0x088000

#define DSA_VERSION     0x00 /* 32 */
#define DSA_VERSION_1_0 0x0100
#define DSA_VERSION_2_0 0x0200

#define DSA_GENCAP                0x10 /* 64 */
#define DSA_GENCAP_BLOCK_ON_FAULT BIT64(0)
#define DSA_GENCAP_OVERLAP        BIT64(1)
#define DSA_GENCAP_CACHE_MEM      BIT64(2)
#define DSA_GENCAP_CACHE_FLUSH    BIT64(3)
#define DSA_GENCAP_CMDCAP         BIT64(4)
#define DSA_GENCAP_DURABLE_WRITE  BIT64(5)
#define DSA_GENCAP_INTER_DOMAIN   BIT64(6)
#define DSA_GENCAP_FETCH_STRIDE   BIT64(7)
#define DSA_GENCAP_DEST_READBACK  BIT64(8)
#define DSA_GENCAP_DRAIN_READBACK BIT64(9)
#define DSA_GENCAP_FILL16         BIT64(10)
#define DSA_GENCAP_CRC64          BIT64(11)
#define DSA_GENCAP_FAULT_INFO     BIT64(12)         /* byte 2 of the completion record */
#define DSA_GENCAP_EVENT_LOG      GENMASK64(14, 13) /* 0: none, else see DSA_EVL_ENTRY_SIZE */
#define DSA_GENCAP_BATCH_CONT     BIT64(15)
#define DSA_GENCAP_MAX_XFER       GENMASK64(20, 16) /* log2 bytes */
#define DSA_GENCAP_MAX_BATCH      GENMASK64(24, 21) /* log2 descriptors */
#define DSA_GENCAP_IMS_SIZE       GENMASK64(30, 25) /* in units of DSA_IMS_SIZE_UNIT entries */
#define DSA_IMS_SIZE_UNIT         256
#define DSA_GENCAP_CONFIG         BIT64(31)
#define DSA_GENCAP_EVL_DROP       BIT64(32) /* a full event log drops entries, instead of blocking the device */
#define DSA_GENCAP_BATCH1         BIT64(52)
#define DSA_GENCAP_STRICT_LIMIT   BIT64(53) /* no strict ordering for writes to memory */

#define DSA_WQCAP               0x20 /* 64 */
#define DSA_WQCAP_TOTAL_SIZE    GENMASK64(15, 0)
#define DSA_WQCAP_NUM_WQS       GENMASK64(23, 16)
#define DSA_WQCAP_WQCFG_SIZE    GENMASK64(27, 24) /* stride is 2^(value + 5) bytes */
#define DSA_WQCAP_SHARED        BIT64(48)
#define DSA_WQCAP_DEDICATED     BIT64(49)
#define DSA_WQCAP_ATS_DISABLE   BIT64(50)
#define DSA_WQCAP_PRIORITY      BIT64(51)
#define DSA_WQCAP_OCCUPANCY     BIT64(52)
#define DSA_WQCAP_OCCUPANCY_INT BIT64(53)
#define DSA_WQCAP_OPCFG         BIT64(54)
#define DSA_WQCAP_PRS_DISABLE   BIT64(55)

#define DSA_GRPCAP                0x30 /* 64 */
#define DSA_GRPCAP_NUM_GROUPS     GENMASK64(7, 0)
#define DSA_GRPCAP_READ_BUFFERS   GENMASK64(15, 8)
#define DSA_GRPCAP_RB_CONTROL     BIT64(16)
#define DSA_GRPCAP_RB_GLOBAL      BIT64(17)
#define DSA_GRPCAP_PROGRESS_LIMIT BIT64(18)

#define DSA_ENGCAP             0x38 /* 64 */
#define DSA_ENGCAP_NUM_ENGINES GENMASK64(7, 0)
#define DSA_ENGCAP_WORK        GENMASK64(15, 8) /* these two with GRPCAP.18: how many an engine has in progress */
#define DSA_ENGCAP_BATCHES     GENMASK64(23, 16)

#define DSA_OPCAP 0x40 /* 256: bit n = opcode n */

#define DSA_OFFSETS          0x60 /* 128, each field in units of DSA_OFFSETS_UNIT bytes */
#define DSA_OFFSETS_UNIT     0x100
#define DSA_OFFSETS_GRPCFG   GENMASK64(15, 0)
#define DSA_OFFSETS_WQCFG    GENMASK64(31, 16)
#define DSA_OFFSETS_MSIXPERM GENMASK64(47, 32)
#define DSA_OFFSETS_IMS      GENMASK64(63, 48)
/* in the second quadword */
#define DSA_OFFSETS_PERFMON  GENMASK64(15, 0)
#define DSA_OFFSETS_IDPT     GENMASK64(31, 16) /* version 2 */

#define DSA_GENCFG          0x80 /* 32 */
#define DSA_GENCFG_RB_LIMIT GENMASK32(7, 0)
#define DSA_GENCFG_USER_INT BIT32(12)
#define DSA_GENCFG_EVL      BIT32(13)

#define DSA_GENCTRL           0x88 /* 32 */
#define DSA_GENCTRL_SWERR_INT BIT32(0)
#define DSA_GENCTRL_HALT_INT  BIT32(1)
#define DSA_GENCTRL_EVL_INT   BIT32(2)

#define DSA_GENSTS            0x90 /* 32 */
#define DSA_GENSTS_STATE      GENMASK32(1, 0)
#define DSA_STATE_DISABLED    0
#define DSA_STATE_ENABLED     1
#define DSA_STATE_DRAIN       2
#define DSA_STATE_HALT        3
#define DSA_GENSTS_RESET_TYPE GENMASK32(3, 2)
#define DSA_RESET_SOFTWARE    0
#define DSA_RESET_FLR         1
#define DSA_RESET_WARM        2
#define DSA_RESET_COLD        3

#define DSA_INTCAUSE                 0x98 /* 32, write 1 to clear */
#define DSA_INTCAUSE_SWERR           BIT32(0)
#define DSA_INTCAUSE_COMMAND         BIT32(1)
#define DSA_INTCAUSE_OCCUPANCY       BIT32(2)
#define DSA_INTCAUSE_PERFMON         BIT32(3)
#define DSA_INTCAUSE_HALT            BIT32(4)
#define DSA_INTCAUSE_EVL             BIT32(5)
#define DSA_INTCAUSE_HANDLES_REVOKED BIT32(31)

#define DSA_CMD              0xa0 /* 32 */
#define DSA_CMD_OPERAND      GENMASK32(19, 0)
#define DSA_CMD_CODE         GENMASK32(24, 20)
#define DSA_CMD_REQ_INT      BIT32(31)
/* The operand of commands on a set of WQs: the group of 16 and the bitmap within it. */
#define DSA_CMD_WQ_GROUP     GENMASK32(19, 16)
#define DSA_CMD_WQ_BITMAP    GENMASK32(15, 0)
/* The operand of Request and Release Interrupt Handle. */
#define DSA_CMD_HANDLE_IMS   BIT32(16)
#define DSA_CMD_HANDLE_INDEX GENMASK32(15, 0)
/* The operand of Request and Release IDPT Handle, and of Invalidate Submitter Bitmap Cache (its address: CMDPARAM). */
#define DSA_CMD_IDPT_INDEX   GENMASK32(15, 0)
#define DSA_CMD_BITMAP_SIZE  GENMASK32(16, 0) /* bytes */

enum dsa_command {
	DSA_CMD_ENABLE_DEVICE = 1,
	DSA_CMD_DISABLE_DEVICE = 2,
	DSA_CMD_DRAIN_ALL = 3,
	DSA_CMD_ABORT_ALL = 4,
	DSA_CMD_RESET_DEVICE = 5,
	DSA_CMD_ENABLE_WQ = 6,
	DSA_CMD_DISABLE_WQ = 7,
	DSA_CMD_DRAIN_WQ = 8,
	DSA_CMD_ABORT_WQ = 9,
	DSA_CMD_RESET_WQ = 10,
	DSA_CMD_DRAIN_PASID = 11,
	DSA_CMD_ABORT_PASID = 12,
	DSA_CMD_REQUEST_INT_HANDLE = 13,
	DSA_CMD_RELEASE_INT_HANDLE = 14,
	DSA_CMD_REQUEST_IDPT_HANDLE = 15, /* 15 to 17: version 2 */
	DSA_CMD_RELEASE_IDPT_HANDLE = 16,
	DSA_CMD_INVALIDATE_BITMAP = 17,
};

#define DSA_CMDSTS        0xa8 /* 32 */
#define DSA_CMDSTS_ERROR  GENMASK32(7, 0)
#define DSA_CMDSTS_RESULT GENMASK32(23, 8)
#define DSA_CMDSTS_ACTIVE BIT32(31)

/* CMDSTS error codes (5.8.3). */
enum dsa_cmd_error {
	DSA_CMDERR_SUCCESS = 0x00,
	DSA_CMDERR_INVALID_CMD = 0x01,
	DSA_CMDERR_INVALID_WQ = 0x02,
	DSA_CMDERR_INTERNAL = 0x03,
	DSA_CMDERR_RESERVED = 0x04,
	DSA_CMDERR_HALTED = 0x05,
	DSA_CMDERR_DEV_NOT_DISABLED = 0x10,
	DSA_CMDERR_CONFIG = 0x11,
	DSA_CMDERR_BUS_MASTER = 0x12,
	DSA_CMDERR_PRS_ALLOC = 0x13,
	DSA_CMDERR_WQ_SIZES = 0x14,
	DSA_CMDERR_GROUP = 0x15,
	DSA_CMDERR_GROUP_WQ = 0x16,
	DSA_CMDERR_GROUP_ENGINE = 0x17,
	DSA_CMDERR_READ_BUFFERS = 0x18,
	DSA_CMDERR_EVL = 0x19,
	DSA_CMDERR_ATS = 0x1a,
	DSA_CMDERR_EVL_PASID = 0x1b,
	DSA_CMDERR_DEV_NOT_ENABLED = 0x20,
	DSA_CMDERR_WQ_NOT_DISABLED = 0x21,
	DSA_CMDERR_WQ_SIZE = 0x22,
	DSA_CMDERR_WQ_PRIORITY = 0x23,
	DSA_CMDERR_WQ_MODE = 0x24,
	DSA_CMDERR_WQ_BOF = 0x25,
	DSA_CMDERR_WQ_PASID = 0x26,
	DSA_CMDERR_WQ_MAX_BATCH = 0x27,
	DSA_CMDERR_WQ_MAX_XFER = 0x28,
	DSA_CMDERR_WQ_NO_GROUP = 0x29,
	DSA_CMDERR_WQ_PRIV = 0x2a,
	DSA_CMDERR_WQ_OCC_INT = 0x2b,
	DSA_CMDERR_WQ_ATS = 0x2c,
	DSA_CMDERR_WQ_OPCFG = 0x2d,
	DSA_CMDERR_WQ_PRS = 0x2e,
	DSA_CMDERR_DISABLE_DEV = 0x31,
	DSA_CMDERR_WQ_NOT_ENABLED = 0x32,
	DSA_CMDERR_INT_INDEX = 0x41,
	DSA_CMDERR_INT_NONE_LEFT = 0x42,
	DSA_CMDERR_IDPT_INDEX = 0x51,
	DSA_CMDERR_IDPT_NONE_LEFT = 0x52,
};

#define DSA_CMDCAP 0xb0 /* 64, exists if GENCAP.CMDCAP: bit n = command n */

#define DSA_SWERROR             0xc0 /* 256 */
#define DSA_SWERROR_VALID       BIT64(0)
#define DSA_SWERROR_OVERFLOW    BIT64(1)
#define DSA_SWERROR_DESC_VALID  BIT64(2)
#define DSA_SWERROR_WQ_VALID    BIT64(3)
#define DSA_SWERROR_BATCH       BIT64(4)
#define DSA_SWERROR_WRITE       BIT64(5)
#define DSA_SWERROR_PRIV        BIT64(6)
#define DSA_SWERROR_INFO_VALID  BIT64(7) /* version 2; 0: DSA_SWERROR_INFO holds for code 0x11 alone */
#define DSA_SWERROR_CODE        GENMASK64(15, 8)
#define DSA_SWERROR_WQ          GENMASK64(23, 16)
#define DSA_SWERROR_OPCODE      GENMASK64(39, 32)
#define DSA_SWERROR_PASID       GENMASK64(59, 40)
/* second quadword */
#define DSA_SWERROR_BATCH_INDEX GENMASK64(15, 0)
#define DSA_SWERROR_INFO        GENMASK64(63, 32)
/* and in DSA_SWERROR_INFO, after the code */
#define DSA_INFO_FLAGS          GENMASK32(23, 0)  /* 0x11: those that are invalid */
#define DSA_INFO_HANDLE         GENMASK32(15, 0)  /* 0x19: of the interrupt; 0x03, 0x04, 0x29 to 0x2c: of the IDPT */
#define DSA_INFO_OPERAND        GENMASK32(31, 29) /* page faults: enum dsa_operand */

/* Which operand of a descriptor faulted (8.2): bits 3:1 of the completion record's byte 2, and DSA_INFO_OPERAND. */
enum dsa_operand {
	DSA_OPERAND_UNKNOWN = 0,
	DSA_OPERAND_SOURCE =
	        1, /* the first source, descriptor list, delta record to apply, first readback, translation */
	DSA_OPERAND_SOURCE2 = 2,     /* second source, CRC seed, second readback */
	DSA_OPERAND_DESTINATION = 3, /* the first destination, delta record to create */
	DSA_OPERAND_DESTINATION2 = 4,
	DSA_OPERAND_RECORD = 5, /* the completion record */
};
#define DSA_CR_FAULT_MASKED  0x01 /* the record's byte 2: bits 11:0 of the fault address are not given */
#define DSA_CR_FAULT_OPERAND 0x0e

/* SWERROR codes beyond the completion status codes (5.8.2). */
#define DSA_SWERR_CONFIG_CHANGED 0x51 /* PCI configuration changed while not Disabled */
#define DSA_SWERR_CMD_ACTIVE     0x52 /* CMD written while a command was active */
#define DSA_SWERR_DWQ_FULL       0x53 /* posted write to a full dedicated WQ */
#define DSA_SWERR_EVL_APPEND     0x54

/* Event log (version 2), if GENCAP.EVENT_LOG: a ring in memory that the device fills and software empties (5.9). */
#define DSA_EVLCFG                 0xe0 /* 128, writable while Disabled */
#define DSA_EVLCFG_PASID_EN        BIT64(0)
#define DSA_EVLCFG_PRIV            BIT64(1)
#define DSA_EVLCFG_BASE            GENMASK64(63, 12)
/* second quadword */
#define DSA_EVLCFG_SIZE            GENMASK64(15, 0) /* entries; one of them stays free */
#define DSA_EVLCFG_PASID           GENMASK64(35, 16)
#define DSA_EVL_MIN_SIZE           64
#define DSA_EVLSTATUS              0xf0 /* 64 */
#define DSA_EVLSTATUS_HEAD         GENMASK64(15, 0)
#define DSA_EVLSTATUS_TAIL         GENMASK64(47, 32)
#define DSA_EVLSTATUS_PENDING      BIT64(62) /* write 1 to clear */
/* GENCAP.EVENT_LOG to bytes of an entry. */
#define DSA_EVL_ENTRY_SIZE(gencap) (UINT32_C(32) << FIELD_GET(DSA_GENCAP_EVENT_LOG, gencap))
#define DSA_EVL_ENTRY_MIN          64
/*
 * An entry (5.9): its first quadword is SWERROR's without VALID and OVERFLOW, and with the batch it belongs to; the
 * second has SWERROR's batch index and information, and more for the codes that have a completion record.
 */
#define DSA_EVL_BATCH_ID           GENMASK64(31, 24)
#define DSA_EVL_RCI                BIT64(48) /* second quadword: the completion interrupt is for software to raise */
#define DSA_EVL_IMS                BIT64(49) /* by way of the IMS */
#define DSA_EVL_RCR                BIT64(50) /* the completion record is for software to write */
#define DSA_EVL_FIRST              BIT64(51) /* the first entry of that batch */
#define DSA_EVL_RECORD             32        /* byte offset of the completion record */
/* Codes that only the event log has: the end of a drain, and of a batch whose descriptors have entries (5.9). */
#define DSA_COMP_EVL_DRAIN         0x26
#define DSA_COMP_EVL_BATCH         0x27

/* Inter-domain operations (version 2), if GENCAP.INTER_DOMAIN: memory of other PASIDs than the descriptor's (3.14). */
#define DSA_IDCAP               0x100            /* 64 */
#define DSA_IDCAP_TYPES         GENMASK64(1, 0)  /* bit n: entries of type n */
#define DSA_IDCAP_ENTRIES       GENMASK64(23, 8) /* of the inter-domain permissions table (IDPT) */
#define DSA_IDCAP_OFFSET_MODE   BIT64(24)
#define DSA_IDCAP_SUPPRESS      BIT64(25) /* DSA_DESC_SUPPRESS_DRAIN */
#define DSA_IDCAP_ENTRY_SIZE    GENMASK64(27, 26)
#define DSA_IDPT_STRIDE(idcap)  (UINT32_C(32) << FIELD_GET(DSA_IDCAP_ENTRY_SIZE, idcap))
#define DSA_IDBR                0x108 /* 32, writable while Disabled: how submitter bitmaps are read */
#define DSA_IDBR_PASID_EN       BIT32(0)
#define DSA_IDBR_PRIV           BIT32(1)
#define DSA_IDBR_TC             GENMASK32(4, 2)
#define DSA_IDBR_PASID          GENMASK32(27, 8)
/* An entry of the IDPT: four quadwords (9.2.29). */
#define DSA_IDPT_QWORDS         4
#define DSA_IDPT_USABLE         BIT64(0) /* by inter-domain operations */
#define DSA_IDPT_ALLOW_UPDATE   BIT64(1) /* by Update Window */
#define DSA_IDPT_TYPE           GENMASK64(3, 2)
#define DSA_IDPT_SINGLE         0 /* one submitter: its PASID is in the entry */
#define DSA_IDPT_MULTI          1 /* submitters in a bitmap: bit n, PASID n */
#define DSA_IDPT_SUBMITTER      GENMASK64(31, 12)
#define DSA_IDPT_READ           BIT64(32)
#define DSA_IDPT_WRITE          BIT64(33)
#define DSA_IDPT_PRIV           BIT64(34)         /* accesses with the descriptor's privilege; 0: without any */
#define DSA_IDPT_WINDOW         BIT64(35)         /* only addresses within the window */
#define DSA_IDPT_OFFSET_MODE    BIT64(36)         /* addresses are relative to the window */
#define DSA_IDPT_ACCESS         GENMASK64(63, 44) /* the PASID whose memory is accessed */
#define DSA_IDPT_WINDOW_BASE    1                 /* quadword */
#define DSA_IDPT_WINDOW_SIZE    2                 /* quadword, in bytes */
#define DSA_IDPT_BITMAP         3                 /* quadword */
#define DSA_IDPT_BITMAP_ADDRESS GENMASK64(63, 12)
/* Window flags of Update Window: they are bits 36 to 32 of an entry but for the privilege. */
#define DSA_WINDOW_READ         0x01
#define DSA_WINDOW_WRITE        0x02
#define DSA_WINDOW_ENABLE       0x04
#define DSA_WINDOW_OFFSET_MODE  0x08
#define DSA_WINDOW_RESERVED     0xf0
/* Bytes of an inter-domain descriptor. */
#define DSA_DESC_WINDOW_FLAGS   61 /* 8 bits, Update Window */
#define DSA_DESC_IDPT_HANDLE1   60 /* 16 bits, of (the first) source */
#define DSA_DESC_IDPT_HANDLE2   62 /* 16 bits, of the destination, second source, or window */

#define DSA_CMDPARAM 0xe000 /* 64, version 2 */

#define DSA_DUMMY_PORTAL 0xf000

/* MSIXPERM: 4 bytes an entry, 8 bytes apart. The same fields are in the control dword of an IMS entry. */
#define DSA_MSIXPERM_STRIDE  8
#define DSA_INTPERM_IGNORE   BIT32(2)
#define DSA_INTPERM_PASID_EN BIT32(3)
#define DSA_INTPERM_PASID    GENMASK32(31, 12)

/* IMS entry */
#define DSA_IMS_STRIDE       16
#define DSA_IMS_ADDR         0 /* 64 */
#define DSA_IMS_ADDR_RESET   UINT64_C(0xfee00000)
#define DSA_IMS_ADDR_FIXED   GENMASK64(63, 20) /* must read 0xfee, or the write is ignored */
#define DSA_IMS_DATA         8                 /* 32 */
#define DSA_IMS_CTRL         12                /* 32 */
#define DSA_IMS_CTRL_MASK    BIT32(0)
#define DSA_IMS_CTRL_PENDING BIT32(1)

/* GRPCFG */
#define DSA_GRPCFG_STRIDE        64
#define DSA_GRPCFG_WQS           0  /* 256-bit bitmap */
#define DSA_GRPCFG_ENGINES       32 /* 64-bit bitmap */
#define DSA_GRPCFG_FLAGS         40 /* 64 */
#define DSA_GRPFLAGS_TC_A        GENMASK64(2, 0)
#define DSA_GRPFLAGS_TC_B        GENMASK64(5, 3)
#define DSA_GRPFLAGS_RB_GLOBAL   BIT64(7)
#define DSA_GRPFLAGS_RB_RESERVED GENMASK64(15, 8)
#define DSA_GRPFLAGS_RB_ALLOWED  GENMASK64(27, 20)
#define DSA_GRPFLAGS_DESC_LIMIT  GENMASK64(33, 32)
#define DSA_GRPFLAGS_BATCH_LIMIT GENMASK64(37, 36)

/* WQCFG: dword n at offset 4n, entries DSA_WQCAP_WQCFG_SIZE apart */
#define DSA_WQCFG_STRIDE(wqcap)  (UINT32_C(32) << FIELD_GET(DSA_WQCAP_WQCFG_SIZE, wqcap))
#define DSA_WQCFG_DWORDS         8  /* without OPCFG */
#define DSA_WQCFG_OPCFG          8  /* the first dword of it: bit n = opcode n is allowed; if WQCAP.OPCFG */
#define DSA_WQCFG_DWORDS_MAX     16 /* with it */
#define DSA_WQCFG0_SIZE          GENMASK32(15, 0)
#define DSA_WQCFG1_THRESHOLD     GENMASK32(15, 0)
#define DSA_WQCFG2_DEDICATED     BIT32(0)
#define DSA_WQCFG2_BOF           BIT32(1)
#define DSA_WQCFG2_ATS_DISABLE   BIT32(2)
#define DSA_WQCFG2_PRS_DISABLE   BIT32(3)
#define DSA_WQCFG2_PRIORITY      GENMASK32(7, 4)
#define DSA_WQCFG2_PASID         GENMASK32(27, 8)
#define DSA_WQCFG2_PASID_EN      BIT32(28)
#define DSA_WQCFG2_PRIV          BIT32(29)
#define DSA_WQCFG3_MAX_XFER      GENMASK32(4, 0)
#define DSA_WQCFG3_MAX_BATCH     GENMASK32(8, 5)
#define DSA_WQCFG4_INT_HANDLE    GENMASK32(15, 0)
#define DSA_WQCFG4_INT_IMS       BIT32(16)
#define DSA_WQCFG5_LIMIT         GENMASK32(15, 0)
#define DSA_WQCFG5_LIMIT_INT     BIT32(16)
#define DSA_WQCFG6_OCCUPANCY     GENMASK32(15, 0)
#define DSA_WQCFG6_OCC_GENERATED BIT32(16)
#define DSA_WQCFG6_MODE_SUPPORT  BIT32(29)
#define DSA_WQCFG6_STATE         GENMASK32(31, 30)
#define DSA_WQ_DISABLED          0
#define DSA_WQ_ENABLED           1
#define DSA_WQ_BUSY              2

/*
 * Performance monitoring: from OFFSETS.PERFMON on. Events are bits of a category's 28.
 */
#define DSA_PERFCAP              0x00 /* 64; 0: there is no performance monitoring */
#define DSA_PERFCAP_COUNTERS     GENMASK64(5, 0)
#define DSA_PERFCAP_WIDTH        GENMASK64(15, 8)
#define DSA_PERFCAP_CATEGORIES   GENMASK64(19, 16)
#define DSA_PERFCAP_CATEGORY_MAP GENMASK64(35, 20)
#define DSA_PERFCAP_FILTERS      GENMASK64(43, 36)
#define DSA_PERFCAP_PER_COUNTER  BIT64(52) /* CNTRCAP exists */
#define DSA_PERFCAP_WRITABLE     BIT64(53) /* CNTRDATA, of a counter that is enabled */
#define DSA_PERFCAP_FREEZE       BIT64(54)
#define DSA_PERFCAP_OVERFLOW_INT BIT64(55)
#define DSA_PERFRST              0x10 /* 32 */
#define DSA_PERFRST_CONFIG       BIT32(0)
#define DSA_PERFRST_COUNTERS     BIT32(1)
#define DSA_PERFFRZ              0x20                     /* 32, a bit for each counter */
#define DSA_OVFSTATUS            0x30                     /* 32, a bit for each counter, write 1 to clear */
#define DSA_EVNTCAP(category)    (0x080 + 8 * (category)) /* 64 */
#define DSA_EVNTCAP_EVENTS       GENMASK64(27, 0)
#define DSA_CNTRCFG(counter)     (0x100 + 8 * (counter)) /* 64 */
#define DSA_CNTRCFG_ENABLE       BIT64(0)
#define DSA_CNTRCFG_OVERFLOW_INT BIT64(1)
#define DSA_CNTRCFG_FREEZE_ALL   BIT64(2) /* all counters, on overflow */
#define DSA_CNTRCFG_CATEGORY     GENMASK64(11, 8)
#define DSA_CNTRCFG_EVENTS       GENMASK64(59, 32)
#define DSA_CNTRDATA(counter)    (0x200 + 8 * (counter)) /* 64 */
#define DSA_FLTCFG_STRIDE        32
#define DSA_FLTCFG(counter, f)   (0x300 + DSA_FLTCFG_STRIDE * (counter) + 4 * (f)) /* 32 */
#define DSA_FLTCFG_MASK          GENMASK32(15, 0) /* of all filters below but that of the PASID */
#define DSA_FILTER_WQ            0
#define DSA_FILTER_TC            1
#define DSA_FILTER_PAGE_SIZE     2
#define DSA_FILTER_TRANSFER_SIZE 3
#define DSA_FILTER_ENGINE        4
#define DSA_FILTER_PASID         5 /* version 2 */
#define DSA_FLTCFG_PASID         GENMASK32(19, 0)
#define DSA_FLTCFG_PASID_MODE    GENMASK32(21, 20)
#define DSA_FLTCFG_PASID_ONE     0 /* that one */
#define DSA_FLTCFG_PASID_ANY     1
#define DSA_FLTCFG_PASID_NONE    2
#define DSA_CNTRCAP(counter)     (0x800 + 64 * (counter))

#define DSA_EVENTS_WQ              0
#define DSA_EVENT_SWQ_LIMITED      BIT32(0) /* accepted */
#define DSA_EVENT_SWQ_LIMITED_FULL BIT32(1) /* Retry */
#define DSA_EVENT_SWQ              BIT32(2)
#define DSA_EVENT_SWQ_FULL         BIT32(3)
#define DSA_EVENT_DWQ              BIT32(4)
#define DSA_EVENT_DWQ_DROPPED      BIT32(5)
#define DSA_EVENT_DISCARDED        BIT32(6) /* version 2 */
#define DSA_EVENTS_ENGINE          1
#define DSA_EVENT_INPUT            BIT32(0) /* in units of DSA_EVENT_DATA_UNIT bytes */
#define DSA_EVENT_OUTPUT           BIT32(1) /* likewise */
#define DSA_EVENT_DATA_UNIT        32
#define DSA_EVENT_READER           BIT32(2) /* descriptors that read their first source */
#define DSA_EVENT_WRITER           BIT32(3) /* descriptors that wrote their first destination */
#define DSA_EVENT_FROM_BATCH       BIT32(4)
#define DSA_EVENT_FROM_WQ          BIT32(5)
#define DSA_EVENT_BITMAP_ALLOWED   BIT32(6)  /* version 2: submitters that a bitmap has */
#define DSA_EVENT_BITMAP_DENIED    BIT32(7)  /* and that it has not */
#define DSA_EVENT_READ             BIT32(8)  /* version 2, these three too; in units of DSA_EVENT_DATA_UNIT bytes */
#define DSA_EVENT_READER2          BIT32(9)  /* descriptors that read their second source */
#define DSA_EVENT_WRITER2          BIT32(10) /* descriptors that wrote their second destination */
#define DSA_EVENTS_TRANSLATION     2
#define DSA_EVENT_ATS_PASID        BIT32(0)
#define DSA_EVENT_ATS_PASID_FAULT  BIT32(1)
#define DSA_EVENT_ATS              BIT32(2)
#define DSA_EVENT_ATS_FAULT        BIT32(3)
#define DSA_EVENT_PRS_SUCCESS      BIT32(4)
#define DSA_EVENT_PRS_INVALID      BIT32(5)
#define DSA_EVENTS_OPERATION       3 /* opcodes 0x00 to 0x09, 0x10 to 0x15 and 0x20, without the gaps; then 0x0a, 0x17 */
#define DSA_EVENTS_COMPLETION      4
#define DSA_EVENT_MSIX             BIT32(0)
#define DSA_EVENT_IMS              BIT32(1)
#define DSA_EVENT_PARTIAL          BIT32(2)
#define DSA_EVENT_ERROR            BIT32(3)
#define DSA_EVENT_SUCCESS          BIT32(4)
#define DSA_EVENT_RECORD           BIT32(5)
#define DSA_EVENTS_OPERATION2      5 /* version 2: opcodes 0x23 to 0x26, then */
#define DSA_EVENT_UPDATE_WINDOW    BIT32(10)

/* Portals: BAR2 + wq * DSA_PORTAL_WQ_STRIDE + one of the four pages (9.3). */
#define DSA_PORTAL_SIZE      0x1000
#define DSA_PORTAL_WQ_STRIDE 0x4000
#define DSA_PORTAL_UNLIMITED 0x0000
#define DSA_PORTAL_LIMITED   0x1000
#define DSA_PORTAL_MSIX      0x0000
#define DSA_PORTAL_IMS       0x2000
#define DSA_DESC_SIZE        64
#define DSA_CR_SIZE          32

/* Operations of version 2 that <linux/idxd.h> does not name yet, and flags of their own that operations have. */
#define DSA_OP_TRANSLATION_FETCH 0x0a
#define DSA_OP_DIX_GENERATE      0x17
#define DSA_OP_UPDATE_WINDOW     0x21
#define DSA_OP_ID_COPY           0x23 /* inter-domain */
#define DSA_OP_ID_FILL           0x24
#define DSA_OP_ID_COMPARE        0x25
#define DSA_OP_ID_COMPVAL        0x26
#define DSA_DESC_FETCH_STRIDE    0x010000U /* translation fetch */
#define DSA_DESC_BATCH_ERROR     0x010000U /* batch */
#define DSA_DESC_READBACK1       0x010000U /* drain */
#define DSA_DESC_READBACK2       0x020000U
#define DSA_DESC_FILL16          0x040000U /* memory fill */
#define DSA_DESC_CRC64           0x080000U /* CRC generation, copy with CRC */
#define DSA_DESC_ALTERNATE1      0x010000U /* inter-domain: DSA_DESC_IDPT_HANDLE1 is for the first address */
#define DSA_DESC_ALTERNATE2      0x020000U /* inter-domain: DSA_DESC_IDPT_HANDLE2 is for the second address */
#define DSA_DESC_SUPPRESS_DRAIN  0x010000U /* Update Window: do not wait for who uses the window as it was */

/* Their completion status codes (5.8.1). */
#define DSA_COMP_ID_NO_PASID     0x28 /* the WQ has no PASID */
#define DSA_COMP_ID_HANDLE       0x29 /* no such handle, or the entry is not for this submitter */
#define DSA_COMP_ID_PERMISSION   0x2a
#define DSA_COMP_ID_WINDOW       0x2b /* outside of it */
#define DSA_COMP_ID_UPDATE       0x2c /* Update Window: no such handle, or the entry is not the submitter's to change */
#define DSA_COMP_ID_WINDOW_FIELD 0x2d /* Update Window: fields that make no window */
#define DSA_COMP_ID_DOMAIN       0x2e /* the domain cannot be accessed: ended by an abort */

#endif
