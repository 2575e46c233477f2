//! The server: accounts, key packages, delivery, sessions and the web page, as a library without a main.
