"""What takes the keys while it is open: approvals, forms, lists to choose from."""
