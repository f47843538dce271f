/* Test double of a driver that loads firmware. The spec reads the names in the source, too. */
#include <linux/module.h>

#define FW_MIPS_FILE_06		"bnx2/miniature.fw"

MINIATURE_MODULE("Network cards that load firmware")
MODULE_FIRMWARE(FW_MIPS_FILE_06);
