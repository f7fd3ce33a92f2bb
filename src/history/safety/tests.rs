//! The checker itself: each invariant is shown to fire.
