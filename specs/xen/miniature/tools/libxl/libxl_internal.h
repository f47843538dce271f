/* Defines what must be defined before any header of the C library. */
#define _GNU_SOURCE
#include <stdio.h>
#include <sys/types.h>
