"""A generator of plausible federations of any size, the same for the same seed; its modules from the lowest to the highest:

calendar, codes, names, tables   days, check digits, names, and the columns of the rows
federations                      unions above the grassroots
plan                             the grassroots unions, with their sizes and IDs
sealing                          encrypted values of members
grassroots                       a union and its employers, as other rows refer to them
persons, agreements, disputes    rows of one grassroots union
unions                           all rows of the grassroots unions of one township
run                              plan, rows in other processes, COPY
"""

from db.generate.run import Generated, generate, makers

__all__ = ["Generated", "generate", "makers"]
