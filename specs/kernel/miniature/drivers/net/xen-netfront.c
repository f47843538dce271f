/* Test double of a module. */
#include <linux/module.h>

MINIATURE_MODULE("Network interfaces of a guest")

void miniature_netfront(void);
void miniature_netfront(void) { register_netdev(); }
