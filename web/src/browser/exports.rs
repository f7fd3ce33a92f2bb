//! What the page offers to scripts: the benches and the replay that the browser tests call.
