/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The capability registers (9.2.1 to 9.2.7). Version 1.0 has what a Sapphire Rapids part was seen to report.
 *
 * No raw registers of a version 2.0 part (Granite Rapids, Sierra Forest) are public. Its operations are: those that
 * tools name for it (0x7b00bf07ff). All else is what the specification offers in addition, on top of Sapphire Rapids'
 * numbers, and unverified: sizes, that of the inter-domain table too, how many descriptors an engine has in progress,
 * that Batch1 is missing, that the entries of the event log have 64 bytes, and that a full log blocks.
 */
#include "tests/qemu/dsa/model.h"

#define GENCAP_1 UINT64_C(0x00000040915f010f)
#define WQCAP_1  UINT64_C(0x003f000000080080)
#define GRPCAP_1 UINT64_C(0x0000000000036004)
#define ENGCAP_1 UINT64_C(0x0000000000000004)
#define OPCAP_1  UINT64_C(0x00000001003f03ff)

/* Bits 3 and 39:33 meant something before version 2 that they do not mean any more. */
#define GENCAP_2                                                                                                    \
	((GENCAP_1 & ~(DSA_GENCAP_CACHE_FLUSH | GENMASK64(39, 32))) | DSA_GENCAP_CMDCAP | DSA_GENCAP_FETCH_STRIDE | \
	 DSA_GENCAP_DRAIN_READBACK | DSA_GENCAP_FILL16 | DSA_GENCAP_CRC64 | DSA_GENCAP_FAULT_INFO |                 \
	 FIELD_PREP(DSA_GENCAP_EVENT_LOG, UINT64_C(1)) | DSA_GENCAP_BATCH_CONT | DSA_GENCAP_INTER_DOMAIN)
#define WQCAP_2 (WQCAP_1 | FIELD_PREP(DSA_WQCAP_WQCFG_SIZE, UINT64_C(1)) | DSA_WQCAP_OPCFG | DSA_WQCAP_PRS_DISABLE)
#define OPCAP_2 UINT64_C(0x0000007b00bf07ff)
#define IDCAP_2                                                                        \
	(FIELD_PREP(DSA_IDCAP_TYPES, BIT64(DSA_IDPT_SINGLE) | BIT64(DSA_IDPT_MULTI)) | \
	 FIELD_PREP(DSA_IDCAP_ENTRIES, (uint64_t)DSA_MODEL_IDPT) | DSA_IDCAP_OFFSET_MODE | DSA_IDCAP_SUPPRESS)

#define GRPCAP_2 (GRPCAP_1 | DSA_GRPCAP_PROGRESS_LIMIT)

_Static_assert((GENCAP_1 >> 32 & 0xff) == DSA_MODEL_WORK, "descriptors in an engine");
_Static_assert((WQCAP_1 & 0xffff) == DSA_MODEL_ENTRIES, "total size");
_Static_assert(((WQCAP_1 >> 16) & 0xff) == DSA_MODEL_WQS, "WQs");
_Static_assert((GRPCAP_1 & 0xff) == DSA_MODEL_GROUPS, "groups");
_Static_assert(((GRPCAP_1 >> 8) & 0xff) == DSA_MODEL_READ_BUFFERS, "read buffers");
_Static_assert(ENGCAP_1 == DSA_MODEL_ENGINES, "engines");

uint32_t dsa_version(const struct dsa_model *m)
{
	return m->config.version2 ? DSA_VERSION_2_0 : DSA_VERSION_1_0;
}

uint64_t dsa_gencap(const struct dsa_model *m)
{
	return (m->config.version2 ? GENCAP_2 : GENCAP_1) | (m->config.cmdcap ? DSA_GENCAP_CMDCAP : 0) |
	       (m->config.version2 && m->config.evl_drops ? DSA_GENCAP_EVL_DROP : 0);
}

uint64_t dsa_wqcap(const struct dsa_model *m)
{
	const uint64_t wqcap = m->config.version2 ? WQCAP_2 : WQCAP_1;

	return dsa_is_wrong(m, DSA_FAULT_WQCAP_SIZE) ? wqcap + DSA_MODEL_ENTRIES : wqcap;
}

uint64_t dsa_grpcap(const struct dsa_model *m)
{
	return m->config.version2 ? GRPCAP_2 : GRPCAP_1;
}

uint64_t dsa_engcap(const struct dsa_model *m)
{
	if (!m->config.version2)
		return ENGCAP_1;
	return ENGCAP_1 | FIELD_PREP(DSA_ENGCAP_WORK, (uint64_t)dsa_slots_offered(m, DSA_SLOT_WORK)) |
	       FIELD_PREP(DSA_ENGCAP_BATCHES, (uint64_t)dsa_slots_offered(m, DSA_SLOT_BATCH));
}

uint64_t dsa_opcap(const struct dsa_model *m, unsigned word)
{
	if (word)
		return 0;
	return m->config.version2 ? OPCAP_2 : OPCAP_1;
}

uint64_t dsa_idcap(const struct dsa_model *m)
{
	return m->config.version2 ? IDCAP_2 : 0;
}

uint64_t dsa_wq_opcodes(const struct dsa_model *m, unsigned wq, unsigned word)
{
	const uint32_t *opcfg = &m->wqs[wq].cfg[DSA_WQCFG_OPCFG + 2 * word];

	if (!(dsa_wqcap(m) & DSA_WQCAP_OPCFG))
		return dsa_opcap(m, word);
	return opcfg[0] | (uint64_t)opcfg[1] << 32;
}
