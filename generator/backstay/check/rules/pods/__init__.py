"""Rules about every pod, where the organisation asks for them."""
