"""What one object alone has to satisfy, said once as data: rules judge by it in Python, clusters by it in CEL."""
