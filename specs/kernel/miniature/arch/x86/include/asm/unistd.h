/* Test double: a header that is installed for user space. */
#define MINIATURE_SYSTEM_CALLS 0
