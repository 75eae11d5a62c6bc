"""What callers and servers mount and compile in: ConfigMaps of variables, and code that reads them."""
