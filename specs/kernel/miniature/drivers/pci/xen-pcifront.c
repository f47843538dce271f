/* Test double of a module. */
#include <linux/module.h>

MINIATURE_MODULE("PCI devices of a guest")
