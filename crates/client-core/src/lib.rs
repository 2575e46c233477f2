//! The whole client without a screen: accounts, conversations, sync and store, natively and in WebAssembly.
