"""The parts of the report, a module each: a pure function from the context to a `Section`."""
