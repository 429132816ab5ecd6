/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What an emulated device with a device TLB asks of the emulated VT-d unit: translations, pages, and to be told of
 * invalidations and page group responses. All calls are made under QEMU's big lock.
 */
#ifndef TESTS_QEMU_VTD_CLIENT_H
#define TESTS_QEMU_VTD_CLIENT_H

#include "tests/qemu/vtd/ats.h"
#include "tests/qemu/vtd/prq.h"

struct vtd_client_ops {
	/* Forget what a device TLB knows of the range: of one PASID, of all of them, or of requests without PASID. */
	void (*invalidate)(PCIDevice *dev, bool has_pasid, bool all_pasids, uint32_t pasid, uint64_t first,
	                   uint64_t bytes);
	/* May come before vtd_client_page_request() returns. */
	void (*page_response)(PCIDevice *dev, const struct vtd_page_response *response);
};

/* ops must outlive the registration. Any number of devices; without a VT-d unit too. */
void vtd_client_register(PCIDevice *dev, const struct vtd_client_ops *ops);
void vtd_client_unregister(PCIDevice *dev);

/*
 * Translation and page requests. request->sid is filled in here. Without a VT-d unit, or with translation off, a
 * translation request is an unsupported request, and a page request gets no response: nobody sends one.
 */
void vtd_client_translate(PCIDevice *dev, struct vtd_ats_request *request, struct vtd_ats_result *result);
void vtd_client_page_request(PCIDevice *dev, struct vtd_page_request *request);
/* Whether a request to an address that a translation gave is let through; if so, it goes to address_space_memory. */
bool vtd_client_translated(PCIDevice *dev, uint64_t address, bool write);

#endif
