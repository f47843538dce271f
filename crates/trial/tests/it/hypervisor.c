/*
 * A double of the hypervisor for the boot test: a multiboot kernel that says on the first serial line what a host's
 * boot would say, and then ends in one of the ways in which a boot ends. It knows nothing of Xen.
 *
 * OUTCOME is one of GOOD, HANG and FAULT. The layout of what the loader hands over is section 3.3 of the Multiboot
 * specification 0.6.96.
 */

enum { GOOD, HANG, FAULT };

typedef unsigned int u32;

struct module {
    u32 start, end;
    const char *string;
    u32 reserved;
};

struct information {
    u32 flags, memory_lower, memory_upper, boot_device;
    const char *arguments;
    u32 module_count;
    const struct module *modules;
};

/* Magic, flags (modules on pages, memory map), and what makes their sum 0. */
__attribute__((section(".multiboot"), used, aligned(4)))
static const u32 header[3] = { 0x1badb002, 3, 0u - 0x1badb002 - 3 };

__asm__(".globl _start\n"
        "_start: movl $stack_top, %esp\n"
        "pushl %ebx\n"
        "call run\n"
        "1: hlt\n"
        "jmp 1b\n"
        ".section .bss\n"
        ".balign 16\n"
        ".skip 4096\n"
        "stack_top:\n"
        ".text\n");

static void out8(unsigned short port, unsigned char value)
{
    __asm__ volatile("outb %0, %1" : : "a"(value), "Nd"(port));
}

static void out16(unsigned short port, unsigned short value)
{
    __asm__ volatile("outw %0, %1" : : "a"(value), "Nd"(port));
}

static unsigned char in8(unsigned short port)
{
    unsigned char value;
    __asm__ volatile("inb %1, %0" : "=a"(value) : "Nd"(port));
    return value;
}

/* COM1: waits until its transmitter is empty. */
static void say(const char *text)
{
    for (; *text; text++) {
        while (!(in8(0x3fd) & 0x20)) {
        }
        out8(0x3f8, *text);
    }
}

static void said(const char *what, const char *text)
{
    say("(XEN) ");
    say(what);
    say(" ");
    say(text);
    say("\r\n");
}

void run(const struct information *information)
{
    said("Xen version", "0.0 (a double of the hypervisor)");
    said("arguments", information->arguments);
    for (u32 index = 0; index < information->module_count; index++)
        said("module", information->modules[index].string);

    if (OUTCOME == FAULT) {
        /* No interrupt can be delivered, not even that of the fault of doing so. */
        static const struct { unsigned short limit; u32 base; } __attribute__((packed)) nothing = { 0, 0 };
        __asm__ volatile("lidt %0; int3" : : "m"(nothing));
    }
    if (OUTCOME == GOOD) {
        say("X4C kernel 3.4.0-trial\r\nX4C capabilities control_d\r\nX4C xen 0.0-double\r\n"
            "X4C module xen-evtchn loaded\r\n(XEN) in between X4C module xen-netback no-device\r\nX4C end\r\n");
        /* PM1a control of the PIIX4 that qemu's machine `pc` has: sleep enable with type 0, soft off. */
        out16(0x604, 0x2000);
    }
    for (;;)
        __asm__ volatile("hlt");
}
