"""The demonstration: its federation, its principals, and the agreements under review on the day on which it is loaded."""
