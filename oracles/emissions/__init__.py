"""The emission oracle: takes signed reports from a folder, checks what the chain cannot see, and
brings them there."""
