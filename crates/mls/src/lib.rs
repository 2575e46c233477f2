//! What a group is for Undertone: the only importer of OpenMLS.
