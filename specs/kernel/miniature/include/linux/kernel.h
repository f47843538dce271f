/* Test double: what every file of the miniature kernel includes. */
#ifndef MINIATURE_KERNEL_H
#define MINIATURE_KERNEL_H

#include <linux/compiler.h>
#include <acpi/acpiosxf.h>

void udelay(unsigned int microseconds);
void mdelay(unsigned int milliseconds);

#endif
