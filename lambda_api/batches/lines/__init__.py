"""Lines of batches: requests on their way into jobs, and answers on their way into files."""
