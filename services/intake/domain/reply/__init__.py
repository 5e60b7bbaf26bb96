"""What of a mail is the sender's own answer, and what is quotation or signature."""
