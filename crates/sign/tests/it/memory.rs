//! A payload is never held in memory.
