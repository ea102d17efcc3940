"""State machines: no sequence of commands, duplicates and late events leads a record astray."""
