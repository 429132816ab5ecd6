/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The DSA as a QEMU device: PCI configuration space, BARs, memory with PASIDs through intel-iommu, time. What the
 * device does is in model.h; every call into it is made under QEMU's big lock.
 */
#include "qemu/osdep.h"
#include "qapi/error.h"
#include "qemu/error-report.h"
#include "qemu/module.h"
#include "qemu/timer.h"
#include "hw/i386/intel_iommu.h"
#include "hw/pci/msix.h"
#include "hw/pci/pci_device.h"
#include "hw/pci/pcie_aer.h"
#include "hw/qdev-properties.h"
#include "migration/vmstate.h"
#undef ARRAY_SIZE

#include "tests/qemu/dsa/model.h"
#include "tests/qemu/dsa/pci_caps.h"
#include "tests/qemu/dsa/tlb.h"
#include "tests/qemu/vtd/client.h"

#define TYPE_INTEL_DSA "intel-dsa"
OBJECT_DECLARE_SIMPLE_TYPE(IntelDSA, INTEL_DSA)

struct IntelDSA {
	PCIDevice parent_obj;
	MemoryRegion registers;
	MemoryRegion portals;
	QEMUTimer *timer;
	bool ticking;
	bool flr; /* the reset that comes is one of the function */
	struct dsa_model model;
	struct dsa_tlb tlb;
	uint8_t pieces[DSA_DESC_SIZE]; /* of DSA_FAULT_PORTAL_SMALL_WRITES, DSA_FAULT_DUMMY_PORTAL */
	/* properties */
	char *fault;
	char *inject;
	uint64_t late_ns;
	char *version;
	bool cmdcap;
	bool evl_drops;
	bool firmware_vcs;
	uint64_t service_ns;
	uint64_t command_ns;
	uint32_t work;
	uint32_t batches;
};

/* ---- memory and interrupts for the model ---- */

static AddressSpace *address_space(IntelDSA *s, const struct dsa_requester *who)
{
	PCIDevice *dev = PCI_DEVICE(s);
	X86IOMMUState *unit = x86_iommu_get_default();

	if (who->pasid != DSA_NO_PASID && unit && object_dynamic_cast(OBJECT(unit), TYPE_INTEL_IOMMU_DEVICE)) {
		VTDAddressSpace *as =
		        vtd_find_add_as(INTEL_IOMMU_DEVICE(unit), pci_get_bus(dev), dev->devfn, who->pasid);

		return &as->as;
	}
	return pci_get_address_space(dev);
}

/* What is given but not a user's is privileged to the IOMMU. */
static MemTxAttrs attributes(IntelDSA *s, const struct dsa_requester *who)
{
	return (MemTxAttrs){.requester_id = pci_requester_id(PCI_DEVICE(s)), .user = !who->priv};
}

/*
 * With ATS an access goes to where its translation says, untranslated otherwise. Returns whether there is such an
 * address: without one it was invalidated since, which the model does not let happen between the two.
 */
static bool translated(IntelDSA *s, const struct dsa_requester *who, uint64_t addr, bool write, uint64_t *output)
{
	return who->ats && dsa_tlb_lookup(&s->tlb, who, addr, write, output);
}

/* A read that was refused: the function says in its status that it got no data (PCIe 7.5.1.1.4). */
static int refused(IntelDSA *s)
{
	if (!dsa_is_wrong(&s->model, DSA_FAULT_ABORT_UNRECORDED))
		pci_word_test_and_set_mask(PCI_DEVICE(s)->config + PCI_STATUS, PCI_STATUS_REC_MASTER_ABORT);
	return -1;
}

static int memory_read(void *ctx, const struct dsa_requester *who, uint64_t addr, void *buf, size_t len)
{
	IntelDSA *s = ctx;
	AddressSpace *space = &address_space_memory;
	uint64_t at = addr;

	if (!translated(s, who, addr, false, &at))
		space = address_space(s, who);
	else if (!vtd_client_translated(PCI_DEVICE(s), at, false))
		return refused(s);
	return address_space_read(space, at, attributes(s, who), buf, len) == MEMTX_OK ? 0 : refused(s);
}

static int memory_write(void *ctx, const struct dsa_requester *who, uint64_t addr, const void *buf, size_t len)
{
	IntelDSA *s = ctx;
	uint64_t output;

	if (translated(s, who, addr, true, &output)) {
		if (!vtd_client_translated(PCI_DEVICE(s), output, true))
			return -1;
		return address_space_write(&address_space_memory, output, attributes(s, who), buf, len) == MEMTX_OK
		               ? 0
		               : -1;
	}
	return address_space_write(address_space(s, who), addr, attributes(s, who), buf, len) == MEMTX_OK ? 0 : -1;
}

static int memory_translate(void *ctx, const struct dsa_requester *who, uint64_t addr, bool write)
{
	IntelDSA *s = ctx;
	struct vtd_ats_request request = {
	        .has_pasid = who->pasid != DSA_NO_PASID,
	        .pasid = who->pasid,
	        .privileged = who->priv && who->pasid != DSA_NO_PASID,
	        .no_write = !write,
	        .address = addr,
	};
	struct vtd_ats_result result;
	uint64_t output;
	bool granted;

	if (dsa_tlb_lookup(&s->tlb, who, addr, write, &output))
		return DSA_TRANSLATION_OK;
	vtd_client_translate(PCI_DEVICE(s), &request, &result);
	if (result.status != VTD_ATS_SUCCESS)
		return DSA_TRANSLATION_ERROR;
	granted = result.untranslated || (write ? result.write : result.read);
	dsa_model_translation(&s->model, who, granted ? result.bytes : 0);
	if (result.untranslated)
		return DSA_TRANSLATION_OK;
	if (!granted)
		return DSA_TRANSLATION_FAULT;
	dsa_tlb_insert(&s->tlb, who, addr, result.output + (addr - result.input), result.read, result.write);
	return DSA_TRANSLATION_OK;
}

static void model_page_request(void *ctx, const struct dsa_page_request *request)
{
	struct vtd_page_request page = {
	        .has_pasid = request->who.pasid != DSA_NO_PASID,
	        .pasid = request->who.pasid,
	        .privileged = request->who.priv && request->who.pasid != DSA_NO_PASID,
	        .read = !request->write,
	        .write = request->write,
	        .last = true,
	        .group = request->group,
	        .address = request->addr,
	};

	vtd_client_page_request(PCI_DEVICE(ctx), &page);
}

static void client_invalidate(PCIDevice *dev, bool has_pasid, bool all_pasids, uint32_t pasid, uint64_t first,
                              uint64_t bytes)
{
	dsa_tlb_invalidate(&INTEL_DSA(dev)->tlb, all_pasids, has_pasid ? pasid : DSA_NO_PASID, first, bytes);
}

static void client_page_response(PCIDevice *dev, const struct vtd_page_response *response)
{
	enum dsa_page_answer answer = DSA_PAGE_FAILED;
	uint16_t status = 0;

	if (response->code == VTD_PAGE_SUCCESS)
		answer = DSA_PAGE_GRANTED;
	else if (response->code == VTD_PAGE_INVALID)
		answer = DSA_PAGE_INVALID;
	else
		status = PCI_PRI_STATUS_RF; /* all other codes are treated as Response Failure */
	if (!dsa_model_page_response(&INTEL_DSA(dev)->model, response->group, answer))
		status |= PCI_PRI_STATUS_UPRGI;
	pci_word_test_and_set_mask(dev->config + DSA_PCI_PRI + PCI_PRI_STATUS, status);
}

static const struct vtd_client_ops client_ops = {
        .invalidate = client_invalidate,
        .page_response = client_page_response,
};

static void model_msix_notify(void *ctx, unsigned vector)
{
	msix_notify(PCI_DEVICE(ctx), vector);
}

static void model_msix_forget(void *ctx)
{
	for (unsigned i = 0; i < DSA_MODEL_VECTORS; i++)
		msix_clr_pending(PCI_DEVICE(ctx), (int)i);
}

static void model_message(void *ctx, uint64_t address, uint32_t data)
{
	MSIMessage msg = {.address = address, .data = data};

	msi_send_message(PCI_DEVICE(ctx), msg);
}

static uint64_t model_now(void *ctx)
{
	(void)ctx;
	return (uint64_t)qemu_clock_get_ns(QEMU_CLOCK_VIRTUAL);
}

static void model_schedule(void *ctx, uint64_t deadline)
{
	IntelDSA *s = ctx;

	timer_mod_ns(s->timer, (int64_t)deadline);
}

static void model_hardware_error(void *ctx, uint32_t uncorrectable)
{
	PCIDevice *dev = PCI_DEVICE(ctx);
	const PCIEAERErr error = {.status = uncorrectable, .source_id = pci_requester_id(dev)};

	(void)pcie_aer_inject_error(dev, &error);
}

static const struct dsa_model_ops model_ops = {
        .memory = {.read = memory_read, .write = memory_write, .translate = memory_translate},
        .page_request = model_page_request,
        .msix_notify = model_msix_notify,
        .msix_forget = model_msix_forget,
        .message = model_message,
        .hardware_error = model_hardware_error,
        .now = model_now,
        .schedule = model_schedule,
};

static void tick(void *opaque)
{
	IntelDSA *s = opaque;

	s->ticking = true;
	dsa_model_tick(&s->model);
	s->ticking = false;
}

/*
 * A processor that polls a register can keep the timer's thread from QEMU's lock for seconds, and the device would
 * stand still. So what is due is done before a register is read, unless a descriptor is what reads it.
 */
static void catch_up(IntelDSA *s)
{
	if (s->ticking || !timer_pending(s->timer) || timer_expire_time_ns(s->timer) > (uint64_t)model_now(s))
		return;
	timer_del(s->timer);
	tick(s);
}

/* ---- BARs ---- */

static uint64_t registers_read(void *opaque, hwaddr addr, unsigned size)
{
	IntelDSA *s = opaque;

	catch_up(s);
	return dsa_model_read(&s->model, addr, size);
}

/* Where 64-byte writes come in pieces: a descriptor, when the last of them is there. */
static void write_piece(IntelDSA *s, hwaddr portal, uint64_t value)
{
	stq_le_p(s->pieces + portal % DSA_DESC_SIZE, value);
	if (portal % DSA_DESC_SIZE == DSA_DESC_SIZE - 8)
		(void)dsa_model_portal(&s->model, portal, s->pieces, false);
}

static void registers_write(void *opaque, hwaddr addr, uint64_t value, unsigned size)
{
	IntelDSA *s = opaque;

	if (dsa_is_wrong(&s->model, DSA_FAULT_DUMMY_PORTAL) && addr >= DSA_DUMMY_PORTAL && size == 8)
		write_piece(s, addr - DSA_DUMMY_PORTAL, value);
	dsa_model_write(&s->model, addr, size, value);
}

static const MemoryRegionOps registers_ops = {
        .read = registers_read,
        .write = registers_write,
        .endianness = DEVICE_LITTLE_ENDIAN,
        .valid = {.min_access_size = 1, .max_access_size = 8},
        .impl = {.min_access_size = 1, .max_access_size = 8},
};

/* 9.3: only 64-byte writes mean anything to a portal. */
static uint64_t portals_read(void *opaque, hwaddr addr, unsigned size)
{
	(void)opaque;
	(void)addr;
	(void)size;
	return UINT64_MAX;
}

static void portals_write(void *opaque, hwaddr addr, uint64_t value, unsigned size)
{
	IntelDSA *s = opaque;

	if (dsa_is_wrong(&s->model, DSA_FAULT_PORTAL_SMALL_WRITES) && size == 8)
		write_piece(s, addr, value);
}

static MemTxResult portals_write64b(void *opaque, hwaddr addr, const uint8_t data[64], bool deferrable, bool *retry,
                                    MemTxAttrs attrs)
{
	IntelDSA *s = opaque;
	bool again = dsa_model_portal(&s->model, addr, data, deferrable);

	(void)attrs;
	if (retry)
		*retry = again;
	return MEMTX_OK;
}

static const MemoryRegionOps portals_ops = {
        .read = portals_read,
        .write = portals_write,
        .write64b = portals_write64b,
        .endianness = DEVICE_LITTLE_ENDIAN,
        .valid = {.min_access_size = 1, .max_access_size = 8},
        .impl = {.min_access_size = 1, .max_access_size = 8},
};

/* ---- configuration space ---- */

static void config_write(PCIDevice *dev, uint32_t addr, uint32_t value, int len)
{
	IntelDSA *s = INTEL_DSA(dev);
	struct dsa_model_pci pci;

	pci_default_write_config(dev, addr, value, len);
	s->flr = true;
	pcie_cap_flr_write_config(dev, addr, value, len);
	s->flr = false;
	dsa_pci_state(dev, &pci);
	dsa_pci_page_requests(dev, pci.prs);
	if (!pci.ats)
		dsa_tlb_flush(&s->tlb);
	dsa_model_pci_changed(&s->model, &pci);
}

static void reset(DeviceState *device)
{
	IntelDSA *s = INTEL_DSA(device);

	timer_del(s->timer);
	if (s->flr)
		dsa_pci_caps_flr(PCI_DEVICE(device));
	else
		dsa_pci_caps_reset(PCI_DEVICE(device), s->firmware_vcs);
	/* QEMU clears the command register behind this call: bus mastering is off as the rest is. */
	s->model.pci = (struct dsa_model_pci){0};
	dsa_tlb_flush(&s->tlb);
	if (s->flr)
		dsa_model_flr(&s->model);
	else
		dsa_model_reset(&s->model);
}

static bool parse_fault(IntelDSA *s, enum dsa_fault *fault, Error **errp)
{
	int n = s->fault ? dsa_fault_parse(s->fault) : DSA_FAULT_NONE;

	if (s->fault && !strcmp(s->fault, "help")) {
		for (n = 1; dsa_fault_name(n); n++)
			printf("%-24s %s\n", dsa_fault_name(n), dsa_fault_text(n));
		exit(0);
	}
	if (n < 0) {
		error_setg(errp, "intel-dsa: there is no fault '%s'; fault=help lists them", s->fault);
		return false;
	}
	*fault = (enum dsa_fault)n;
	return true;
}

static bool parse_version(IntelDSA *s, bool *version2, Error **errp)
{
	*version2 = s->version && !strcmp(s->version, "2.0");
	if (s->version && !*version2 && strcmp(s->version, "1.0")) {
		error_setg(errp, "intel-dsa: version '%s' is not modelled; version=1.0 and version=2.0 are",
		           s->version);
		return false;
	}
	if (s->evl_drops && !*version2) {
		error_setg(errp, "intel-dsa: evl-drops=on: only version=2.0 has an event log");
		return false;
	}
	return true;
}

static bool parse_inject(IntelDSA *s, struct dsa_inject *inject, Error **errp)
{
	const char *wrong;

	if (!s->inject)
		return true;
	if (!strcmp(s->inject, "help")) {
		for (int n = 1; dsa_injection_name(n); n++)
			printf("%-20s @ %-34s %s\n", dsa_injection_name(n), dsa_injection_moments(n),
			       dsa_injection_text(n));
		exit(0);
	}
	wrong = dsa_inject_parse(s->inject, inject);
	if (!wrong && inject->what == DSA_INJECT_HANDLES_REVOKED && !s->cmdcap)
		wrong = "without cmdcap=on there are no handles to revoke";
	if (wrong)
		error_setg(errp, "intel-dsa: inject=%s: %s; inject=help lists what there is", s->inject, wrong);
	return !wrong;
}

static void realize(PCIDevice *dev, Error **errp)
{
	IntelDSA *s = INTEL_DSA(dev);
	struct dsa_model_config config = {
	        .cmdcap = s->cmdcap,
	        .evl_drops = s->evl_drops,
	        .service_ns = s->service_ns,
	        .command_ns = s->command_ns,
	        .late_ns = s->late_ns,
	        .work = s->work,
	        .batches = s->batches,
	};

	if (!parse_fault(s, &config.fault, errp) || !parse_inject(s, &config.inject, errp))
		return;
	if (!parse_version(s, &config.version2, errp))
		return;
	if (s->service_ns > NANOSECONDS_PER_SECOND || s->command_ns > NANOSECONDS_PER_SECOND) {
		error_setg(errp, "intel-dsa: service-ns and command-ns are at most one second (%u)",
		           (unsigned)NANOSECONDS_PER_SECOND);
		return;
	}
	if (!s->late_ns || s->late_ns > 60 * (uint64_t)NANOSECONDS_PER_SECOND) {
		error_setg(errp, "intel-dsa: late-ns is from 1 to one minute (%" PRIu64 ")",
		           60 * (uint64_t)NANOSECONDS_PER_SECOND);
		return;
	}
	if (!s->work || s->work > DSA_MODEL_WORK || !s->batches || s->batches > DSA_MODEL_BATCHES) {
		error_setg(errp, "intel-dsa: work is from 1 to %u, and batches from 1 to %u", DSA_MODEL_WORK,
		           DSA_MODEL_BATCHES);
		return;
	}
	s->timer = timer_new_ns(QEMU_CLOCK_VIRTUAL, tick, s);
	dsa_model_init(&s->model, &model_ops, s, &config);
	memory_region_init_io(&s->registers, OBJECT(s), &registers_ops, s, "intel-dsa-registers", DSA_MODEL_BAR0_SIZE);
	memory_region_init_io(&s->portals, OBJECT(s), &portals_ops, s, "intel-dsa-portals", DSA_MODEL_BAR2_SIZE);
	pci_register_bar(dev, 0,
	                 PCI_BASE_ADDRESS_SPACE_MEMORY | PCI_BASE_ADDRESS_MEM_TYPE_64 | PCI_BASE_ADDRESS_MEM_PREFETCH,
	                 &s->registers);
	pci_register_bar(dev, 2,
	                 PCI_BASE_ADDRESS_SPACE_MEMORY | PCI_BASE_ADDRESS_MEM_TYPE_64 | PCI_BASE_ADDRESS_MEM_PREFETCH,
	                 &s->portals);
	if (!dsa_pci_caps_init(dev, errp))
		return;
	if (msix_init(dev, DSA_MODEL_VECTORS, &s->registers, 0, DSA_MODEL_MSIX_TABLE, &s->registers, 0,
	              DSA_MODEL_MSIX_PBA, DSA_PCI_MSIX, errp))
		return;
	dsa_pci_caps_link(dev);
	for (unsigned i = 0; i < DSA_MODEL_VECTORS; i++)
		msix_vector_use(dev, i);
	vtd_client_register(dev, &client_ops);
}

static void unrealize(PCIDevice *dev)
{
	IntelDSA *s = INTEL_DSA(dev);

	vtd_client_unregister(dev);
	dsa_model_free(&s->model);
	timer_free(s->timer);
	msix_uninit(dev, &s->registers, &s->registers);
	pcie_aer_exit(dev);
	pcie_cap_exit(dev);
}

static const Property properties[] = {
        DEFINE_PROP_STRING("fault", IntelDSA, fault),
        DEFINE_PROP_STRING("inject", IntelDSA, inject),
        DEFINE_PROP_UINT64("late-ns", IntelDSA, late_ns, NANOSECONDS_PER_SECOND),
        DEFINE_PROP_STRING("version", IntelDSA, version),
        DEFINE_PROP_BOOL("cmdcap", IntelDSA, cmdcap, false),
        DEFINE_PROP_BOOL("evl-drops", IntelDSA, evl_drops, false),
        DEFINE_PROP_BOOL("firmware-vcs", IntelDSA, firmware_vcs, true),
        DEFINE_PROP_UINT64("service-ns", IntelDSA, service_ns, 1000),
        DEFINE_PROP_UINT64("command-ns", IntelDSA, command_ns, 5000),
        /* Descriptors in progress in an engine. */
        DEFINE_PROP_UINT32("work", IntelDSA, work, DSA_MODEL_WORK),
        DEFINE_PROP_UINT32("batches", IntelDSA, batches, DSA_MODEL_BATCHES),
};

static const VMStateDescription vmstate = {
        .name = TYPE_INTEL_DSA,
        .unmigratable = 1,
};

static void class_init(ObjectClass *class, void *data)
{
	DeviceClass *device = DEVICE_CLASS(class);
	PCIDeviceClass *pci = PCI_DEVICE_CLASS(class);

	(void)data;
	pci->realize = realize;
	pci->exit = unrealize;
	pci->config_write = config_write;
	pci->vendor_id = DSA_PCI_VENDOR;
	pci->device_id = DSA_PCI_DEVICE_SPR;
	pci->subsystem_vendor_id = DSA_PCI_VENDOR;
	pci->subsystem_id = 0;
	pci->class_id = DSA_PCI_CLASS >> 8;
	device->desc = "Intel Data Streaming Accelerator 1.0 and 2.0";
	device->vmsd = &vmstate;
	device_class_set_legacy_reset(device, reset);
	device_class_set_props(device, properties);
	set_bit(DEVICE_CATEGORY_MISC, device->categories);
}

static const TypeInfo type = {
        .name = TYPE_INTEL_DSA,
        .parent = TYPE_PCI_DEVICE,
        .instance_size = sizeof(IntelDSA),
        .class_init = class_init,
        .interfaces = (InterfaceInfo[]){{INTERFACE_PCIE_DEVICE}, {}},
};

static void register_types(void)
{
	type_register_static(&type);
}

type_init(register_types)
