//! The client core for JavaScript: conversions only.
