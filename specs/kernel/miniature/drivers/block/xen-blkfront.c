/* Test double of a module. */
#include <linux/module.h>

MINIATURE_MODULE("Disks of a guest")

void miniature_blkfront(void);
void miniature_blkfront(void) { blk_init_queue(); }
