//! The façade: everything that the page and the command may do.
pub mod view;
