/* Test double: where the kernel starts. */
#include <linux/kernel.h>

acpi_status __init acpi_os_initialize(void) { return 0; }

void udelay(unsigned int microseconds) { (void)microseconds; }
void mdelay(unsigned int milliseconds) { (void)milliseconds; }

void register_netdev(void) { }
EXPORT_SYMBOL(register_netdev);
void blk_init_queue(void) { }
EXPORT_SYMBOL(blk_init_queue);

void start_kernel(void);
void start_kernel(void)
{
	acpi_os_initialize();
	for (;;)
		;
}
