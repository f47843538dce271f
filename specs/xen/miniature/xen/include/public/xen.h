/* Miniature of the hypervisor's public header: one structure, so that there is something to translate. */
#ifndef MINIATURE_XEN_H
#define MINIATURE_XEN_H

struct start_info {
    unsigned long pages;
    unsigned long flags;
};

#endif
