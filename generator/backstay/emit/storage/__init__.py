"""The artifact store's credentials: by reference, never by value."""
