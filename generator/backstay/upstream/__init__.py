"""What is known of upstream versions; nothing else knows a version number."""
