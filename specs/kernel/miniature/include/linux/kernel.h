/* Test double: what every file of the miniature kernel includes. */
#ifndef MINIATURE_KERNEL_H
#define MINIATURE_KERNEL_H

#include <linux/compiler.h>
#include <acpi/acpiosxf.h>

void udelay(unsigned int microseconds);
void mdelay(unsigned int milliseconds);

/* depmod looks for what the kernel has by such names in System.map. */
#define EXPORT_SYMBOL(name) extern const char __ksymtab_##name[]; const char __ksymtab_##name[] = #name

/* What modules take from the kernel, by which they are sorted. */
void register_netdev(void);
void blk_init_queue(void);

#endif
