//! The real programs, each started on a free port and ended by process id when its value is dropped.
