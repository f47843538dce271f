/* Test double of a driver inside the kernel: only when it is compiled as a module does it say what it asks for. */
#include <linux/module.h>

MODULE_FIRMWARE("built-in/" "example.fw");

void request_firmware(void);
void request_firmware(void) { }
