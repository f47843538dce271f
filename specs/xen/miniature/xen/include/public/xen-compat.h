/* Miniature: the list of versions is elsewhere. */
#define MINIATURE_INTERFACE 0x00040200
