//! Claims of the paper, one test each.
