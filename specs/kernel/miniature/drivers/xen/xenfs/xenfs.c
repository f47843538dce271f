/* Test double of a module. */
#include <linux/module.h>

MINIATURE_MODULE("Xen filesystem")
MODULE_DEPENDS("xen-privcmd");
