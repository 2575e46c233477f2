//! The password exchange of both sides: the only importer of opaque-ke.
