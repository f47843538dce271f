/*
 * Test double of the program that puts a kernel image together: build RELEASE VMLINUX.GZ BZIMAGE. What comes out has the
 * header by which boot loaders, `file` and checks know an image (Documentation/x86/boot.txt, protocol 2.10), and no code.
 */
#include <stdio.h>
#include <string.h>

#define SETUP_SECTORS	1
#define SETUP_BYTES	((SETUP_SECTORS + 1) * 512)
#define TEXT		0x300

static unsigned char setup[SETUP_BYTES];

static void put(int at, unsigned long value, int bytes)
{
	for (int i = 0; i < bytes; i++)
		setup[at + i] = value >> (8 * i) & 0xff;
}

int main(int argc, char **argv)
{
	char buffer[4096];
	size_t bytes, length = 0;
	FILE *in, *out;

	if (argc != 4 || strlen(argv[1]) > 100 || !(in = fopen(argv[2], "rb")) || !(out = fopen(argv[3], "wb")))
		return 1;
	fwrite(setup, 1, SETUP_BYTES, out);
	while ((bytes = fread(buffer, 1, sizeof(buffer), in)) > 0) {
		fwrite(buffer, 1, bytes, out);
		length += bytes;
	}
	put(0x1f1, SETUP_SECTORS, 1);
	put(0x1fe, 0xaa55, 2);
	memcpy(setup + 0x202, "HdrS", 4);
	put(0x206, 0x020a, 2);
	put(0x20e, TEXT - 0x200, 2);	/* where the version is, from the end of the first sector */
	put(0x211, 1, 1);		/* loaded high: a bzImage */
	put(0x248, 0, 4);		/* the kernel: where it begins behind the setup, and how long it is */
	put(0x24c, length, 4);
	snprintf((char *)setup + TEXT, SETUP_BYTES - TEXT,
		 "%s MINIATURE, a test double of a kernel image: it does not boot", argv[1]);
	rewind(out);
	fwrite(setup, 1, SETUP_BYTES, out);
	return ferror(in) || fclose(out) != 0;
}
