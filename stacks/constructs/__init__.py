"""One construct per capability; the stacks introduce them to each other."""
