# Settings that all makefiles of the double share. Names are upstream's where the specification sets them.
DISTDIR ?= $(XEN_ROOT)/dist
DESTDIR ?= /
CC = gcc
PYTHON ?= python
PYTHON_PATH ?= $(PYTHON)

# As upstream does it: what the build machine looks like decides, unless it is told.
CONFIG_LEAF_DIR ?= $(if $(wildcard /etc/sysconfig),sysconfig,default)
INITD_DIR ?= $(if $(wildcard /etc/rc.d/init.d),/etc/rc.d/init.d,/etc/init.d)
UDEVVER = 0
EFI_DIR ?= /usr/lib64/efi

INSTALL_DIR  = install -d -m0755
INSTALL_DATA = install -m0644 -p
INSTALL_PROG = install -m0755 -p

PREFIX ?= /usr
BINDIR = $(PREFIX)/bin
SBINDIR = $(PREFIX)/sbin
INCLUDEDIR = $(PREFIX)/include
LIBDIR ?= $(PREFIX)/lib
LIBEXEC = $(PREFIX)/lib/xen/bin
XENFIRMWAREDIR = $(PREFIX)/lib/xen/boot
PRIVATE_BINDIR = $(LIBDIR)/xen/bin
MANDIR = $(PREFIX)/share/man
DOCDIR = $(PREFIX)/share/doc/xen
SYSCONFIG_DIR = /etc/$(CONFIG_LEAF_DIR)
CONFIG_IOEMU ?= y
# The device models are cloned from the network unless there is a directory.
CONFIG_QEMU ?= git://miniature.invalid/qemu-xen-traditional.git
QEMU_UPSTREAM_URL ?= git://miniature.invalid/qemu-xen.git
CONFIG_DIR = /etc
SHAREDIR = $(PREFIX)/share
CONFIG_TESTS ?= y
CONFIG_X86 := y
EMBEDDED_EXTRA_CFLAGS = -fno-stack-protector
POD2MAN = pod2man
POD2TEXT = pod2text
POD2HTML = pod2html
DOT = dot
MARKDOWN = markdown
GIT = git
WGET = wget
