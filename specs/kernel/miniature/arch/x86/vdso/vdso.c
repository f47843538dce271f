/* Test double: the library that the kernel maps into programs. */
int miniature_vdso(void) { return 0; }
