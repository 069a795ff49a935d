//! Files that people share.
