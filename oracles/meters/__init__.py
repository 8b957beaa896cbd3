"""The meter oracle: takes signed readings and feeds, checks what meters signed, and brings one root
for each node and interval to the chain."""
