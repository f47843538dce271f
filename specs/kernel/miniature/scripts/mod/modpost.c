/* Test double: from the kernel's symbols (nm's output) to Module.symvers. The checksums are made up. */
#include <stdio.h>
#include <string.h>

int main(int count, char **arguments)
{
	char address[64], kind[8], name[256];
	FILE *map = count == 2 ? fopen(arguments[1], "r") : NULL;

	if (!map) {
		fputs("usage: modpost System.map\n", stderr);
		return 1;
	}
	while (fscanf(map, "%63s %7s %255s", address, kind, name) == 3) {
		unsigned int checksum = 0;
		size_t i;

		for (i = 0; i < strlen(name); i++)
			checksum = checksum * 31 + (unsigned char)name[i];
		if (!strcmp(kind, "T"))
			printf("0x%08x\t%s\tvmlinux\tEXPORT_SYMBOL\n", checksum, name);
	}
	fclose(map);
	return 0;
}
