/* Test double: what the newest compiler that this tree knows can do. */
#define __used __attribute__((__used__))
