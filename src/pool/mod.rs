//! Who may reuse which connection.
