/* Test double of a module. */
#include <linux/module.h>

MINIATURE_MODULE("Bridge ports in packet filters")
MODULE_DEPENDS("bridge");
