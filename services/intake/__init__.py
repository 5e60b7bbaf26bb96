"""intake owns the doors, the receipt ledger and the quarantine; it never decides what a message becomes."""
