/* Test double: where the kernel starts. */
#include <linux/kernel.h>

acpi_status __init acpi_os_initialize(void) { return 0; }

void udelay(unsigned int microseconds) { (void)microseconds; }
void mdelay(unsigned int milliseconds) { (void)milliseconds; }

void start_kernel(void);
void start_kernel(void)
{
	acpi_os_initialize();
	for (;;)
		;
}
