/* SPDX-License-Identifier: BSD-2-Clause */
/* The inter-domain permissions table (3.14, 9.2.18, 9.2.19, 9.2.29). */
#include <errno.h>

#include "drivers/dsa/dsa.h"
#include "kernel/mmio.h"

bool dsa_has_idpt(const struct dsa *dsa)
{
	return dsa->caps.idpt_entries != 0;
}

static uint64_t offset(const struct dsa *dsa, unsigned index, unsigned n)
{
	return dsa->caps.idpt + (uint64_t)index * DSA_IDPT_STRIDE(dsa->caps.idcap) + 8U * n;
}

uint64_t dsa_idpt_read(const struct dsa *dsa, unsigned index, unsigned n)
{
	return mmio_read64(dsa->regs, offset(dsa, index, n));
}

void dsa_idpt_write(struct dsa *dsa, unsigned index, unsigned n, uint64_t value)
{
	mmio_write64(dsa->regs, offset(dsa, index, n), value);
}

static int check_index(struct dsa *dsa, unsigned index)
{
	if (!dsa_has_idpt(dsa))
		return dsa_fail(dsa, -ENOTSUP, 0, "GENCAP.6=0 or IDCAP.23:8=0: the device has no IDPT");
	if (index >= dsa->caps.idpt_entries)
		return dsa_fail(dsa, -EINVAL, index, "IDCAP.23:8=%u: there is no entry %u of the IDPT",
		                dsa->caps.idpt_entries, index);
	return 0;
}

/* In use, fields are locked: the switches first. */
static void clear(struct dsa *dsa, unsigned index)
{
	for (unsigned n = 0; n < DSA_IDPT_QWORDS; n++)
		dsa_idpt_write(dsa, index, n, 0);
	dsa_idpt_write(dsa, index, 0, 0);
}

static uint64_t first_word(const struct dsa_grant *g)
{
	return FIELD_PREP(DSA_IDPT_TYPE, (uint64_t)(g->bitmap ? DSA_IDPT_MULTI : DSA_IDPT_SINGLE)) |
	       (g->bitmap ? 0 : FIELD_PREP(DSA_IDPT_SUBMITTER, (uint64_t)g->submitter)) |
	       FIELD_PREP(DSA_IDPT_ACCESS, (uint64_t)g->access) | (g->unusable ? 0 : DSA_IDPT_USABLE) |
	       (g->updatable ? DSA_IDPT_ALLOW_UPDATE : 0) | (g->read ? DSA_IDPT_READ : 0) |
	       (g->write ? DSA_IDPT_WRITE : 0) | (g->privileged ? DSA_IDPT_PRIV : 0) |
	       (g->window ? DSA_IDPT_WINDOW : 0) | (g->by_offset ? DSA_IDPT_OFFSET_MODE : 0);
}

int dsa_grant_open(struct dsa *dsa, unsigned index, const struct dsa_grant *g, uint16_t *handle)
{
	const uint64_t words[DSA_IDPT_QWORDS] = {first_word(g), g->base, g->size, g->bitmap};
	uint32_t result = index;
	int rc = check_index(dsa, index);

	if (rc)
		return rc;
	clear(dsa, index);
	/* The first word last: it puts the rest to use. */
	for (unsigned n = DSA_IDPT_QWORDS; n-- > 0;)
		dsa_idpt_write(dsa, index, n, words[n]);
	for (unsigned n = 0; n < DSA_IDPT_QWORDS; n++) {
		const uint64_t is = dsa_idpt_read(dsa, index, n);

		if (is != words[n])
			return dsa_fail(dsa, -EIO, (uint32_t)is, "IDPT[%u] quadword %u is 0x%llx after writing 0x%llx",
			                index, n, (unsigned long long)is, (unsigned long long)words[n]);
	}
	if (dsa_has_command(dsa, DSA_CMD_REQUEST_IDPT_HANDLE))
		rc = dsa_command(dsa, DSA_CMD_REQUEST_IDPT_HANDLE, index, &result);
	*handle = (uint16_t)result;
	return rc;
}

int dsa_grant_close(struct dsa *dsa, unsigned index)
{
	int rc = check_index(dsa, index);

	if (rc)
		return rc;
	clear(dsa, index);
	return dsa_has_command(dsa, DSA_CMD_RELEASE_IDPT_HANDLE)
	               ? dsa_command(dsa, DSA_CMD_RELEASE_IDPT_HANDLE, index, NULL)
	               : 0;
}

int dsa_bitmap_pasid(struct dsa *dsa, uint32_t pasid)
{
	int rc = check_index(dsa, 0);

	if (rc)
		return rc;
	if (dsa_state(dsa) != DSA_STATE_DISABLED)
		return dsa_fail(dsa, -EBUSY, 0, "IDBR is locked while the device is not Disabled");
	mmio_write32(dsa->regs, DSA_IDBR,
	             pasid == IOMMU_NO_PASID ? 0 : DSA_IDBR_PASID_EN | FIELD_PREP(DSA_IDBR_PASID, pasid));
	return 0;
}

int dsa_bitmap_changed(struct dsa *dsa, uint64_t address, uint32_t size)
{
	if (!dsa_has_command(dsa, DSA_CMD_INVALIDATE_BITMAP))
		return 0;
	mmio_write64(dsa->regs, DSA_CMDPARAM, address);
	return dsa_command(dsa, DSA_CMD_INVALIDATE_BITMAP, FIELD_PREP(DSA_CMD_BITMAP_SIZE, size), NULL);
}
