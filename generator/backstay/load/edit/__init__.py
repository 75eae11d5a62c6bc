"""Changes of YAML texts that leave everything else as it is: layout, quotes, comments."""
