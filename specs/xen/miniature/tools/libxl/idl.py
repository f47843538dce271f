# Miniature of the language in which the types of libxl are described: a list of names.
import sys

class Type(object):
    def __init__(self, name):
        if type(name) != str:
            raise TypeError, "Require a string for the name."
        self.name = name

def parse(f):
    print >>sys.stderr, "Parsing %s" % f

    globs = {"Type": Type}
    locs = {}
    try:
        execfile(f, globs, locs)
    except SyntaxError,e:
        raise SyntaxError, \
              "line %d of %s: %s"\
              %(e.lineno,f,e.text)
    return sorted([t for t in locs.values() if isinstance(t, Type)], key=lambda t: t.name)
