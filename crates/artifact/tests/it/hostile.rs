//! Bytes that nobody's rpm wrote: the parser refuses or reads them, and that is all it does.
