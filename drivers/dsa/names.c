/* SPDX-License-Identifier: BSD-2-Clause */
/* Codes in words. */
#include "drivers/dsa/dsa.h"

static const char *const commands[] = {
        [DSA_CMD_ENABLE_DEVICE] = "Enable Device",
        [DSA_CMD_DISABLE_DEVICE] = "Disable Device",
        [DSA_CMD_DRAIN_ALL] = "Drain All",
        [DSA_CMD_ABORT_ALL] = "Abort All",
        [DSA_CMD_RESET_DEVICE] = "Reset Device",
        [DSA_CMD_ENABLE_WQ] = "Enable WQ",
        [DSA_CMD_DISABLE_WQ] = "Disable WQ",
        [DSA_CMD_DRAIN_WQ] = "Drain WQ",
        [DSA_CMD_ABORT_WQ] = "Abort WQ",
        [DSA_CMD_RESET_WQ] = "Reset WQ",
        [DSA_CMD_DRAIN_PASID] = "Drain PASID",
        [DSA_CMD_ABORT_PASID] = "Abort PASID",
        [DSA_CMD_REQUEST_INT_HANDLE] = "Request Interrupt Handle",
        [DSA_CMD_RELEASE_INT_HANDLE] = "Release Interrupt Handle",
        [DSA_CMD_REQUEST_IDPT_HANDLE] = "Request IDPT Handle",
        [DSA_CMD_RELEASE_IDPT_HANDLE] = "Release IDPT Handle",
        [DSA_CMD_INVALIDATE_BITMAP] = "Invalidate Submitter Bitmap Cache",
};

static const char *const cmd_errors[] = {
        [DSA_CMDERR_SUCCESS] = "success",
        [DSA_CMDERR_INVALID_CMD] = "unknown or unsupported command",
        [DSA_CMDERR_INVALID_WQ] = "no such WQ",
        [DSA_CMDERR_INTERNAL] = "internal error",
        [DSA_CMDERR_RESERVED] = "reserved field is not zero",
        [DSA_CMDERR_HALTED] = "device is halted",
        [DSA_CMDERR_DEV_NOT_DISABLED] = "device is not Disabled",
        [DSA_CMDERR_CONFIG] = "configuration error",
        [DSA_CMDERR_BUS_MASTER] = "bus master enable is off",
        [DSA_CMDERR_PRS_ALLOC] = "page request allocation is 0 or too large",
        [DSA_CMDERR_WQ_SIZES] = "sum of WQ sizes exceeds total",
        [DSA_CMDERR_GROUP] = "group has WQs without engines or engines without WQs, or does not exist",
        [DSA_CMDERR_GROUP_WQ] = "WQ in two groups, in none, of size 0, or nonexistent",
        [DSA_CMDERR_GROUP_ENGINE] = "engine in two groups or nonexistent",
        [DSA_CMDERR_READ_BUFFERS] = "read buffer limits do not fit",
        [DSA_CMDERR_EVL] = "event log configuration",
        [DSA_CMDERR_ATS] = "ATS setting contradicts the platform",
        [DSA_CMDERR_EVL_PASID] = "event log or bitmap PASID or privilege not enabled in PCI configuration",
        [DSA_CMDERR_DEV_NOT_ENABLED] = "device is not Enabled",
        [DSA_CMDERR_WQ_NOT_DISABLED] = "WQ is not disabled",
        [DSA_CMDERR_WQ_SIZE] = "WQ size is 0",
        [DSA_CMDERR_WQ_PRIORITY] = "WQ priority is 0",
        [DSA_CMDERR_WQ_MODE] = "WQ mode not supported",
        [DSA_CMDERR_WQ_BOF] = "block on fault without page requests",
        [DSA_CMDERR_WQ_PASID] = "shared WQ without PASID, or PASID not enabled in PCI configuration",
        [DSA_CMDERR_WQ_MAX_BATCH] = "WQ maximum batch size out of range",
        [DSA_CMDERR_WQ_MAX_XFER] = "WQ maximum transfer size out of range",
        [DSA_CMDERR_WQ_NO_GROUP] = "WQ is in no group",
        [DSA_CMDERR_WQ_PRIV] = "privileged WQ, but privileged mode not enabled in PCI configuration",
        [DSA_CMDERR_WQ_OCC_INT] = "WQ occupancy interrupt handle invalid",
        [DSA_CMDERR_WQ_ATS] = "WQ ATS disable not supported",
        [DSA_CMDERR_WQ_OPCFG] = "WQ OPCFG has unsupported operations",
        [DSA_CMDERR_WQ_PRS] = "WQ PRS disable not possible",
        [DSA_CMDERR_DISABLE_DEV] = "device is not Enabled",
        [DSA_CMDERR_WQ_NOT_ENABLED] = "a WQ is not enabled",
        [DSA_CMDERR_INT_INDEX] = "no such interrupt table entry",
        [DSA_CMDERR_INT_NONE_LEFT] = "no interrupt handle left",
        [DSA_CMDERR_IDPT_INDEX] = "no such entry of the inter-domain permissions table",
        [DSA_CMDERR_IDPT_NONE_LEFT] = "no IDPT handle left",
};

static const char *const statuses[] = {
        [DSA_COMP_NONE] = "not completed",
        [DSA_COMP_SUCCESS] = "success",
        [DSA_COMP_SUCCESS_PRED] = "success, result is not the expected one",
        [DSA_COMP_PAGE_FAULT_NOBOF] = "page fault, partial completion",
        [DSA_COMP_PAGE_FAULT_IR] = "page request refused, partial completion",
        [DSA_COMP_BATCH_FAIL] = "a descriptor of the batch did not succeed",
        [DSA_COMP_BATCH_PAGE_FAULT] = "page fault on the descriptor list",
        [DSA_COMP_DR_OFFSET_NOINC] = "delta record offsets do not ascend",
        [DSA_COMP_DR_OFFSET_ERANGE] = "delta record offset out of range",
        [DSA_COMP_DIF_ERR] = "DIF error",
        [DSA_COMP_BAD_OPCODE] = "operation not supported here",
        [DSA_COMP_INVALID_FLAGS] = "invalid flags",
        [DSA_COMP_NOZERO_RESERVE] = "reserved field is not zero",
        [DSA_COMP_XFER_ERANGE] = "transfer size out of range",
        [DSA_COMP_DESC_CNT_ERANGE] = "descriptor count out of range",
        [DSA_COMP_DR_ERANGE] = "delta record size out of range",
        [DSA_COMP_OVERLAP_BUFFERS] = "buffers overlap",
        [DSA_COMP_DCAST_ERR] = "dualcast destinations differ in bits 11:0",
        [DSA_COMP_DESCLIST_ALIGN] = "descriptor list not aligned",
        [DSA_COMP_INT_HANDLE_INVAL] = "invalid interrupt handle",
        [DSA_COMP_CRA_XLAT] = "completion record address not translated",
        [DSA_COMP_CRA_ALIGN] = "completion record address not aligned",
        [DSA_COMP_ADDR_ALIGN] = "address or size not aligned",
        [DSA_COMP_PRIV_BAD] = "privileged descriptor not allowed",
        [DSA_COMP_TRAFFIC_CLASS_CONF] = "traffic class not configured",
        [DSA_COMP_PFAULT_RDBA] = "page fault on a drain readback address",
        [DSA_COMP_HW_ERR1] = "read error: refused, aborted or timed out",
        [DSA_COMP_HW_ERR_DRB] = "error on a write or destination readback",
        [DSA_COMP_TRANSLATION_FAIL] = "translation request failed",
        [DSA_COMP_EVL_DRAIN] = "end of a drain, for the event log",
        [DSA_COMP_EVL_BATCH] = "end of a batch that has entries in the event log",
        [DSA_COMP_ID_NO_PASID] = "inter-domain operation on a WQ without PASID",
        [DSA_COMP_ID_HANDLE] = "IDPT handle is invalid, or its entry not for this submitter",
        [DSA_COMP_ID_PERMISSION] = "IDPT entry does not permit the access",
        [DSA_COMP_ID_WINDOW] = "outside of the IDPT entry's window",
        [DSA_COMP_ID_UPDATE] = "IDPT handle is invalid, or its entry not this submitter's to change",
        [DSA_COMP_ID_WINDOW_FIELD] = "fields of Update Window make no window",
        [DSA_COMP_ID_DOMAIN] = "domain cannot be accessed",
        [DSA_SWERR_CONFIG_CHANGED] = "PCI configuration changed while not Disabled",
        [DSA_SWERR_CMD_ACTIVE] = "command written while one was active",
        [DSA_SWERR_DWQ_FULL] = "submission to a full dedicated WQ",
        [DSA_SWERR_EVL_APPEND] = "event log entry could not be written",
};

static const char *const opcodes[] = {
        [DSA_OPCODE_NOOP] = "no-op",
        [DSA_OPCODE_BATCH] = "batch",
        [DSA_OPCODE_DRAIN] = "drain",
        [DSA_OPCODE_MEMMOVE] = "memory move",
        [DSA_OPCODE_MEMFILL] = "memory fill",
        [DSA_OPCODE_COMPARE] = "compare",
        [DSA_OPCODE_COMPVAL] = "compare immediate",
        [DSA_OPCODE_CR_DELTA] = "create delta record",
        [DSA_OPCODE_AP_DELTA] = "apply delta record",
        [DSA_OPCODE_DUALCAST] = "dualcast",
        [DSA_OP_TRANSLATION_FETCH] = "translation fetch",
        [DSA_OPCODE_CRCGEN] = "CRC generation",
        [DSA_OPCODE_COPY_CRC] = "copy with CRC",
        [DSA_OPCODE_DIF_CHECK] = "DIF check",
        [DSA_OPCODE_DIF_INS] = "DIF insert",
        [DSA_OPCODE_DIF_STRP] = "DIF strip",
        [DSA_OPCODE_DIF_UPDT] = "DIF update",
        [DSA_OP_DIX_GENERATE] = "DIX generation",
        [DSA_OPCODE_CFLUSH] = "cache flush",
        [DSA_OP_UPDATE_WINDOW] = "update window",
        [DSA_OP_ID_COPY] = "inter-domain copy",
        [DSA_OP_ID_FILL] = "inter-domain fill",
        [DSA_OP_ID_COMPARE] = "inter-domain compare",
        [DSA_OP_ID_COMPVAL] = "inter-domain compare immediate",
};

static const char *const states[] = {
        [DSA_STATE_DISABLED] = "Disabled",
        [DSA_STATE_ENABLED] = "Enabled",
        [DSA_STATE_DRAIN] = "being disabled or reset",
        [DSA_STATE_HALT] = "Halt",
};

#define NAME(table, code, unknown) ((code) < ARRAY_SIZE(table) && (table)[code] ? (table)[code] : (unknown))

const char *dsa_command_name(unsigned command)
{
	return NAME(commands, command, "unknown command");
}

const char *dsa_cmd_error_name(unsigned code)
{
	return NAME(cmd_errors, code, "unknown error");
}

const char *dsa_status_name(unsigned status)
{
	return NAME(statuses, status, "unknown status");
}

const char *dsa_opcode_name(unsigned opcode)
{
	return NAME(opcodes, opcode, "unknown operation");
}

const char *dsa_state_name(unsigned state)
{
	return NAME(states, state, "unknown state");
}
