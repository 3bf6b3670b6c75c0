"""Pure rules and values of the field: no I/O, no database, no clock."""
