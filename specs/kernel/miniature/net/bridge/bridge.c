/* Test double of a module. */
#include <linux/module.h>

MINIATURE_MODULE("Bridge")
