/*
 * Test double: a module is its description. modinfo, depmod and insmod read the strings of the section .modinfo, each
 * "key=value" with its terminating zero. Inside the kernel nothing of it remains.
 */
#ifndef MINIATURE_MODULE_H
#define MINIATURE_MODULE_H

#include <linux/kernel.h>
#include <linux/mod_devicetable.h>

#ifdef MODULE
#define MODULE_STRING(id, key, value) \
	static const char id[] __used __section(".modinfo") __attribute__((aligned(1))) = key "=" value
#else
#define MODULE_STRING(id, key, value) struct id { int unused; }
#endif

#define MINIATURE_MODULE(description) \
	MODULE_STRING(module_description, "description", description " (miniature)"); \
	MODULE_STRING(module_license, "license", "GPL"); \
	MODULE_STRING(module_vermagic, "vermagic", UTS_RELEASE " SMP mod_unload modversions "); \
	int init_module(void); \
	void cleanup_module(void); \
	int init_module(void) { return 0; } \
	void cleanup_module(void) { }

#define MODULE_DEPENDS(names) MODULE_STRING(module_depends, "depends", names)
#define MODULE_FIRMWARE(name) MODULE_STRING(module_firmware, "firmware", name)

#endif
