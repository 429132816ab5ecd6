/* SPDX-License-Identifier: BSD-2-Clause */
#include <errno.h>
#include <linux/pci_regs.h>

#include "kernel/mem.h"
#include "kernel/mmio.h"
#include "kernel/time.h"
#include "tests/suites/vdsa.h"

#define BOUNDS_MAX 2

static struct bound bounds[BOUNDS_MAX];

void bound_close(struct bound *bound)
{
	int rc = bound->binding ? vdsa_bind_destroy(bound->binding) : 0;

	bound->binding = NULL;
	if (rc == 0) /* else the device may still reach its memory */
		hv_vm_destroy(bound->vm);
	bound->vm = NULL;
	if (rc < 0)
		test_note("vdsa_bind_destroy: -%s", test_errno_name(rc));
}

static void cleanup(void *arg)
{
	bound_close(arg);
}

void bound_prepare(unsigned wq)
{
	EXPECT_DSA(vdsa_bind_prepare(test_dsa(), wq));
}

void bound_prepare_two(void)
{
	struct dsa_wq_config config;

	if (test_dsa()->caps.wqs < 2 || test_dsa()->caps.wq_entries < 2)
		SKIP("the device has one WQ");
	bound_prepare(0);
	/* Once more, with two WQs. */
	EXPECT_DSA(dsa_disable(test_dsa()));
	config = dsa_wq_default(test_dsa());
	config.size = test_dsa()->caps.wq_entries / 2 < 16 ? 1 : 8;
	EXPECT_DSA(dsa_wq_configure(test_dsa(), 0, &config));
	EXPECT_DSA(dsa_wq_configure(test_dsa(), 1, &config));
	EXPECT_DSA(dsa_group_configure(test_dsa(), 0, 3, GENMASK64(test_dsa()->caps.engines - 1, 0)));
	EXPECT_DSA(dsa_enable(test_dsa()));
}

struct bound *bound_open(unsigned wq)
{
	const char *why = "";
	struct bound *bound = bounds;
	int rc;

	while (bound->vm != NULL)
		if (++bound == bounds + BOUNDS_MAX)
			FAIL("more than %d guests at once", BOUNDS_MAX);
	EXPECT_OK(hv_vm_create(&bound->vm));
	test_cleanup(cleanup, bound);
	EXPECT_OK(hv_ram_add(bound->vm, 0, BOUND_RAM_SIZE));
	rc = vdsa_bind_create(bound->vm, test_dsa(), wq, &bound->binding, &why);
	if (rc < 0)
		FAIL("vdsa_bind_create: -%s: %s", test_errno_name(rc), why);
	bound->v = vdsa_bind_vdsa(bound->binding);
	return bound;
}

struct bound *bound_fresh(void)
{
	bound_prepare(BOUND_WQ);
	return bound_open(BOUND_WQ);
}

static void msix_entry(struct bound *bound, unsigned vector)
{
	uint64_t at = VDSA_MSIX_TABLE + (uint64_t)vector * PCI_MSIX_ENTRY_SIZE;

	bound_write(bound, at + PCI_MSIX_ENTRY_LOWER_ADDR, 8, BOUND_MSI_ADDRESS);
	bound_write(bound, at + PCI_MSIX_ENTRY_DATA, 4, BOUND_MSI_DATA + vector);
	bound_write(bound, at + PCI_MSIX_ENTRY_VECTOR_CTRL, 4, 0);
}

void bound_start(struct bound *bound)
{
	bound_config_write(bound, PCI_COMMAND, 2, PCI_COMMAND_MEMORY | PCI_COMMAND_MASTER);
	msix_entry(bound, 0);
	msix_entry(bound, 1);
	bound_config_write(bound, VDSA_CAP_MSIX + PCI_MSIX_FLAGS, 2, PCI_MSIX_FLAGS_ENABLE);
	EXPECT_EQ(0, bound_command(bound, DSA_CMD_ENABLE_DEVICE, 0));
	EXPECT_EQ(0, bound_command(bound, DSA_CMD_ENABLE_WQ, 0));
	EXPECT_EQ(FIELD_PREP(DSA_CMDSTS_RESULT, (uint32_t)bound_info(bound).handle),
	          bound_command(bound, DSA_CMD_REQUEST_INT_HANDLE, 1));
}

struct bound *bound_running(void)
{
	struct bound *bound = bound_fresh();

	bound_start(bound);
	return bound;
}

uint32_t bound_config_read(struct bound *bound, uint32_t offset, unsigned width)
{
	return vdsa_config_read(bound->v, offset, width);
}

void bound_config_write(struct bound *bound, uint32_t offset, unsigned width, uint32_t value)
{
	vdsa_config_write(bound->v, offset, width, value);
}

uint64_t bound_read(struct bound *bound, uint64_t offset, unsigned width)
{
	return vdsa_mmio_read(bound->v, offset, width);
}

void bound_write(struct bound *bound, uint64_t offset, unsigned width, uint64_t value)
{
	vdsa_mmio_write(bound->v, offset, width, value);
}

uint32_t bound_command(struct bound *bound, enum dsa_command code, uint32_t operand)
{
	bound_write(bound, DSA_CMD, 4,
	            DSA_CMD_REQ_INT | FIELD_PREP(DSA_CMD_CODE, (uint32_t)code) | FIELD_PREP(DSA_CMD_OPERAND, operand));
	return (uint32_t)bound_read(bound, DSA_CMDSTS, 4);
}

struct vdsa_bind_info bound_info(struct bound *bound)
{
	struct vdsa_bind_info info;

	vdsa_bind_info(bound->binding, &info);
	return info;
}

void *bound_ram(struct bound *bound, uint64_t gpa)
{
	return hv_ram_ptr(bound->vm, gpa, PAGE_SIZE);
}

unsigned bound_execute(struct bound *bound, const struct dsa_hw_desc *desc)
{
	struct dsa_completion_record *cr = bound_ram(bound, BOUND_CR);

	dsa_cr_clear(cr);
	EXPECT_DSA(dsa_submit(test_dsa(), bound_info(bound).wq, DSA_LIMITED_IMS, desc));
	EXPECT_DSA(dsa_wait(test_dsa(), cr, 0));
	return dsa_cr_status(cr);
}

struct vtd_fault bound_fault(void)
{
	const struct pci_function *f = test_dsa()->pci;
	struct vtd_fault fault;

	if (!WAIT_FOR(vtd_fault_next_of(f->segment, f->sid, &fault) == 0, 100000))
		FAIL("the IOMMU reported no fault of the device within 100 ms");
	return fault;
}

void bound_physical_read(struct bound_physical *out)
{
	const struct dsa *dsa = test_dsa();
	const struct dsa_caps *c = &dsa->caps;

	*out = (struct bound_physical){0};
	for (unsigned i = 0; i < ARRAY_SIZE(out->config); i++)
		out->config[i] = pci_read32(dsa->pci, 4 * i);
	for (unsigned i = 0; i < ARRAY_SIZE(out->caps); i++)
		out->caps[i] = mmio_read64(dsa->regs, 8 * i);
	out->gencfg = mmio_read32(dsa->regs, DSA_GENCFG);
	out->genctrl = mmio_read32(dsa->regs, DSA_GENCTRL);
	out->state = dsa_state(dsa);
	for (unsigned i = 0; i < ARRAY_SIZE(out->grpcfg); i++)
		out->grpcfg[i] = mmio_read64(dsa->regs, c->grpcfg + 8 * i);
	for (unsigned wq = 1; wq < c->wqs && wq < ARRAY_SIZE(out->wqcfg); wq++)
		for (unsigned i = 0; i < 4; i++)
			out->wqcfg[wq][i] = dsa_wqcfg_read(dsa, wq, i);
	for (unsigned n = 0; n < c->msix_entries && n < ARRAY_SIZE(out->msix); n++)
		for (unsigned i = 0; i < 4; i++)
			out->msix[n][i] = mmio_read32(dsa->msix.table, n * PCI_MSIX_ENTRY_SIZE + 4 * i);
	for (unsigned n = 0; n < ARRAY_SIZE(out->ims); n++)
		for (unsigned i = 0; i < 4; i++)
			out->ims[n][i] = mmio_read32(dsa->regs, c->ims + n * DSA_IMS_STRIDE + 4 * i);
}

void bound_physical_same(const struct bound_physical *before)
{
	static struct bound_physical now; /* large for a stack */
	struct dsa_swerror error;

	bound_physical_read(&now);
	EXPECT_MEM_EQ(before->config, now.config, sizeof(now.config));
	EXPECT_MEM_EQ(before->caps, now.caps, sizeof(now.caps));
	EXPECT_EQ(before->gencfg, now.gencfg);
	EXPECT_EQ(before->genctrl, now.genctrl);
	EXPECT_EQ(before->state, now.state);
	EXPECT_MEM_EQ(before->grpcfg, now.grpcfg, sizeof(now.grpcfg));
	EXPECT_MEM_EQ(before->wqcfg, now.wqcfg, sizeof(now.wqcfg));
	EXPECT_MEM_EQ(before->msix, now.msix, sizeof(now.msix));
	EXPECT_MEM_EQ(before->ims, now.ims, sizeof(now.ims));
	EXPECT_ERRNO(ENOENT, dsa_swerror_read(test_dsa(), &error));
}
