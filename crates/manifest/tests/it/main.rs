//! Whole projects in, problems or data out.
