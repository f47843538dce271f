/* Miniature of the x86 part. */
typedef unsigned long xen_pfn_t;
