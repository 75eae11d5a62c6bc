"""Rules over the model and over emitted objects; upstream schemas."""
